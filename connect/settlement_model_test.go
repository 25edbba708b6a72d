package connect_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// exchanged is one random charge that settles in another currency, or a commission
// that does, with its captures and refunds, answered in any order.
type exchanged struct {
	*market
	*rand.Rand
	quotes   *quotes
	paid     ledger.Currency
	amount   int64
	c        *connect.Charge
	captures []*connect.Capture
	refunds  []*connect.Refund
}

// Whatever is captured, refunded and declined in whatever order, the books agree after
// each step; and once all has gone back, or has failed, the house's position, its worth
// and its spread are nothing again. Of refunds at the rate of their day that is so of
// what the buyer had paid, and the rest is what the house has won or lost.
func TestSettlementsInAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		g := rand.New(rand.NewPCG(seed, 1))
		q := &quotes{}
		rules := []connect.CaptureRule{{Captures: 6, Over: decimal.New(10*g.Int64N(2), 0)}}
		w := &exchanged{Rand: g, quotes: q, market: newMarket(t, connecttest.Config{Config: connect.Config{Rates: q, CaptureRules: rules}})}
		w.move(0)
		if w.begin() {
			for range 14 {
				w.step()
				w.verify()
			}
			w.end(seed)
		}
	}
}

// move changes each rate by up to so many percent.
func (w *exchanged) move(percent int64) {
	list := make(map[ledger.Currency]decimal.Decimal)
	for _, x := range []struct {
		of    ledger.Currency
		value string
	}{{ledger.USD, "1.1"}, {ledger.JPY, "160"}, {ledger.KRW, "1500"}, {ledger.KWD, "0.335"}, {ledger.BTC, "0.00002"}} {
		by := decimal.New(100-percent+w.Int64N(2*percent+1), -2)
		list[x.of] = decimal.RequireFromString(x.value).Mul(by)
	}
	table, err := fx.NewTable(ledger.EUR, connecttest.Start, "test", list)
	require.NoError(w.t, err)
	w.quotes.RateProvider = table
}

func (w *exchanged) one(n int) bool { return w.IntN(n) == 0 }

func (w *exchanged) money(n int64) ledger.Money { return ledger.Minor(n, w.paid) }

// part is a random amount of at most so much, more than zero.
func (w *exchanged) part(n int64) ledger.Money { return w.money(1 + w.Int64N(max(n, 1))) }

// note passes on whether something was done; nothing may be left unknown.
func (w *exchanged) note(err error) bool {
	var e *ledger.Error
	require.True(w.t, err == nil || errors.As(err, &e) && e.Class != ledger.Unknown, "%v", err)
	return err == nil
}

func (w *exchanged) begin() bool {
	least := map[ledger.Currency]int64{ledger.EUR: 50, ledger.USD: 50, ledger.JPY: 50, ledger.KRW: 750, ledger.KWD: 200, ledger.BTC: 10000}
	currency := func() ledger.Currency {
		return []ledger.Currency{ledger.EUR, ledger.USD, ledger.JPY, ledger.KRW, ledger.KWD, ledger.BTC}[w.IntN(6)]
	}
	w.paid = currency()
	w.amount = least[w.paid] + w.Int64N(100*least[w.paid])
	if w.one(2) {
		price := pricing.Price{Percent: decimal.New(1+w.Int64N(2000), -2)}
		w.setPrices(pricing.List{Service: pricing.Prices{Rules: []pricing.Rule{{Name: "s", Kept: w.one(2), Price: price}}}})
	}
	r := connect.ChargeRequest{
		Key: w.key(), Amount: w.money(w.amount), Source: connect.TestCard, SettleIn: currency(), CaptureLater: w.one(2),
	}
	if w.one(2) {
		r.Source = connect.TestCardAtOnce
	}
	if w.one(2) {
		r.RefundRate = connect.RefundAtDay
	}
	left := w.amount
	for _, name := range strings.Split("abc"[:1+w.IntN(3)], "") {
		r.Tax = append(r.Tax, connect.Tax{Authority: name, Amount: w.part(left / 4)})
		left -= r.Tax[len(r.Tax)-1].Amount.Minor()
	}
	if !w.one(4) {
		r.AccountID = w.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative }).ID
		if r.Direct = w.one(2); !r.Direct && !r.CaptureLater && w.one(3) {
			r.TransferAmount = w.part(left)
		} else {
			r.ApplicationFee = w.part(left / 2)
			r.FeeTax = []connect.Tax{{Authority: "v", Amount: w.part(left / 3)}}
		}
		if r.Direct && w.one(2) {
			r.FeeIn = currency()
		}
	}
	var err error
	w.c, err = w.platform.Charge(w.ctx, r)
	return w.note(err)
}

// step records a capture or a refund, or answers one.
func (w *exchanged) step() {
	w.c = w.now(w.c)
	switch w.IntN(6) {
	case 0:
		if w.c.Authorization != nil {
			k, err := w.platform.In(w.Store()).Capture(w.ctx, connect.CaptureRequest{
				Key: w.key(), ChargeID: w.c.ID, Amount: w.part(w.amount), KeepRest: !w.one(3),
			})
			if w.note(err) {
				w.captures = append(w.captures, k)
			}
		}
	case 1:
		w.answerCapture(!w.one(5))
	case 2:
		w.refund(w.part(paid(w.c).Minor()))
	case 3:
		w.refund(w.part(paid(w.c).Minor() / 20))
	case 4:
		w.answerRefund(!w.one(3))
	case 5:
		if w.one(12) {
			w.note(w.News(w.ctx, connect.News{Key: w.c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "late"}}))
		}
	}
}

func (w *exchanged) refund(amount ledger.Money) {
	own := w.c.Account != ""
	w.move(30)
	r, err := w.platform.In(w.Store()).Refund(w.ctx, connect.RefundRequest{
		Key: w.key(), ChargeID: w.c.ID, Amount: amount, ReverseTransfer: own && !w.c.Direct, RefundFee: own,
	})
	if w.note(err) {
		w.refunds = append(w.refunds, r)
	}
}

func (w *exchanged) answer(key string, amount ledger.Money, ok bool) {
	a := connect.Answer{Status: connect.Declined, Code: "no"}
	if ok {
		a = connect.Answer{Status: connect.Approved, Amount: amount, Reference: "r"}
	}
	require.NoError(w.t, w.News(w.ctx, connect.News{Key: key, Answer: a}))
}

func (w *exchanged) answerCapture(ok bool) {
	for _, k := range w.captures {
		w.answer(k.ID, k.Amount, ok)
	}
	w.captures = nil
}

func (w *exchanged) answerRefund(ok bool) {
	if len(w.refunds) == 0 {
		return
	}
	i := w.IntN(len(w.refunds))
	r := w.refunds[i]
	w.refunds = append(w.refunds[:i], w.refunds[i+1:]...)
	amount := r.Amount
	if r.Exchanged != nil {
		amount = r.Exchanged.Presented
	}
	w.answer(r.ID, amount, ok)
}

// end refunds what is left, and looks at what the house and the authorities have.
func (w *exchanged) end(seed uint64) {
	for len(w.refunds) > 0 {
		w.answerRefund(!w.one(3))
	}
	w.answerCapture(true)
	w.c = w.now(w.c)
	back := w.c.Refunded
	if w.c.Settlement != nil {
		back = w.c.Settlement.Refunded
	}
	if left := paid(w.c).Minor() - back.Minor(); w.c.Status == connect.ChargeSucceeded && left > 0 {
		w.refund(w.money(left))
		w.answerRefund(true)
	}
	w.verify()
	if w.c.Status == connect.ChargeFailed && !back.IsZero() {
		return // the buyer has both
	}
	require.NoError(w.t, w.Store().Read(w.ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{Book: w.platform.ID()}, func(a ledger.Account) error {
			if a.Owner == ledger.House && w.comesBack(a.Ref) || strings.HasPrefix(a.Purpose, "tax/") {
				require.True(w.t, a.Posted.IsZero(), "seed %d: %v has %v", seed, a.Ref, a.Posted)
			}
			return nil
		})
	}))
}

// comesBack tells whether an account of the house has nothing once all of the charge has
// gone back.
func (w *exchanged) comesBack(r ledger.Ref) bool {
	s := w.c.Settlement
	if s == nil || s.RefundRate == connect.RefundAtCharge {
		return r.Purpose != "processing_fees"
	}
	if sold := strings.TrimPrefix(r.Purpose, "fx_value/"); w.c.FeeSettlement == nil && sold == w.c.Amount.Currency().String() {
		return w.houseHas("fx_position", w.c.Amount.Currency()) == 0 // then it is worth nothing
	}
	bought := r.Purpose == "fx_position" && r.Currency == w.paid || r.Purpose == "fx_value/"+w.paid.String()
	return strings.HasPrefix(r.Purpose, "acquirer/") || bought && w.c.FeeSettlement == nil
}
