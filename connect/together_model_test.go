package connect_test

import (
	"errors"
	"fmt"
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

// together is one random charge that is as many things at once as it may be, and what
// is captured, refunded, released, declined and fails of it, by two engines on one
// store, answered in any order.
type together struct {
	*market
	*rand.Rand
	second    *connect.Platform
	cur       ledger.Currency
	whole     bool // refunds take back all that they may
	seller    string
	r         connect.ChargeRequest
	c         *connect.Charge
	captures  []*connect.Capture
	refunds   []*connect.Refund
	transfers []string
	refuses   bool // the seller must not have less than nothing
	start     map[string]int64
	log       []string
}

// Whatever a charge is at once and whatever becomes of it in whatever order, the books
// agree after each step, nobody has less than nothing who must not, and once all has
// gone back or has failed nobody keeps a unit and nothing is set aside (promises 3, 8,
// 9, 11 and 12).
func TestAllTogetherInAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		runTogether(t, seed)
	}
}

func runTogether(t *testing.T, seed uint64) {
	g := rand.New(rand.NewPCG(seed, 4))
	table, err := fx.NewTable(ledger.EUR, connecttest.Start, "test", map[ledger.Currency]decimal.Decimal{
		ledger.USD: decimal.RequireFromString("1.1"), ledger.JPY: decimal.New(160, 0), ledger.KWD: decimal.RequireFromString("0.335"),
	})
	require.NoError(t, err)
	rules := []connect.CaptureRule{{Captures: 6, Over: decimal.New(10*g.Int64N(2), 0)}}
	w := &together{Rand: g, market: newMarket(t, connecttest.Config{Config: connect.Config{Rates: table, CaptureRules: rules}})}
	defer func() {
		if t.Failed() {
			t.Logf("seed %d: %s", seed, strings.Join(w.log, "\n"))
		}
	}()
	if !w.begin() {
		return
	}
	for range 20 {
		w.step()
		w.verify()
		w.nobodyShort()
	}
	w.end()
}

func (w *together) one(n int) bool { return w.IntN(n) == 0 }

func (w *together) money(n int64) ledger.Money { return ledger.Minor(n, w.cur) }

func (w *together) part(n int64) ledger.Money { return w.money(1 + w.Int64N(max(n, 1))) }

func (w *together) say(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf(format, args...))
}

// note passes on whether something was done; nothing may be left unknown.
func (w *together) note(err error) bool {
	if err != nil {
		w.say("  %v", err)
	}
	var e *ledger.Error
	require.True(w.t, err == nil || errors.As(err, &e) && e.Class != ledger.Unknown, "%v", err)
	return err == nil
}

// by is one of the two engines.
func (w *together) by() *connect.Platform {
	if w.one(2) {
		return w.second
	}
	return w.platform
}

func (w *together) begin() bool {
	ids := connecttest.Counter()
	newID := func(prefix string) string { return ids(prefix + "second") }
	other, err := connect.New(connect.Config{Store: w.Store(), Now: w.Clock.Now, NewID: newID, Acquirer: w.Acquirer, Rail: w.Rail})
	require.NoError(w.t, err)
	w.second, err = other.Platform(w.ctx, w.platform.ID())
	require.NoError(w.t, err)
	w.cur = []ledger.Currency{ledger.USD, ledger.JPY, ledger.KWD}[w.IntN(3)]
	w.whole = !w.one(4)
	_, err = w.platform.RecordTopUp(w.ctx, connect.TopUpRequest{Key: w.key(), Amount: w.money(1_000_000)})
	require.NoError(w.t, err)
	w.seller = w.market.seller(func(a *connect.AccountRequest) {
		if w.refuses = w.one(2); !w.refuses {
			a.ShortBalance = connect.ShortNegative
		}
		if w.one(2) {
			a.FeesPayer = connect.PartyPlatform
		}
	}).ID
	if w.one(3) {
		_, err := w.platform.UpdatePlatform(w.ctx, connect.PlatformUpdate{Key: w.key(), ShortBalance: connect.ShortRefuse})
		require.NoError(w.t, err)
	}
	w.prices()
	w.r = connect.ChargeRequest{Key: w.key(), Source: connect.TestCard, CaptureLater: !w.one(4)}
	if w.one(3) {
		w.r.Source = connect.TestCardAtOnce
	}
	amount := int64(60) + w.Int64N(3000)
	if w.one(2) {
		amount = 55 + w.Int64N(60)
	}
	if w.cur == ledger.KWD {
		amount += 200
	}
	if !w.one(6) {
		w.r.AccountID = w.seller
		w.r.Direct = w.one(2)
	}
	if w.one(2) {
		w.lines(amount)
	} else {
		w.r.Amount = w.money(amount)
		for _, name := range strings.Split("abc"[:1+w.IntN(3)], "") {
			w.r.Tax = append(w.r.Tax, connect.Tax{Authority: name, Amount: w.part(amount / 4)})
		}
	}
	if w.r.AccountID != "" {
		switch {
		case w.one(3):
			w.r.ApplicationFee = w.part(amount / 4)
			if w.one(2) {
				w.r.FeeTax = []connect.Tax{{Authority: "v", Amount: w.part(amount / 16)}}
			}
		case w.one(4) && !w.r.Direct && !w.r.CaptureLater:
			w.r.TransferAmount = w.part(amount / 2)
		}
	}
	switch w.IntN(4) {
	case 0, 1:
		w.tenders(amount)
	case 2:
		if w.r.AccountID != "" {
			w.r.Hold, w.r.TransferGroup = &connect.HoldTerms{}, "g"
		}
	}
	if len(w.r.Tenders) == 0 && len(w.r.Lines) == 0 {
		if w.one(3) {
			w.r.SettleIn = []ledger.Currency{ledger.USD, ledger.JPY, ledger.KWD, ledger.EUR}[w.IntN(4)]
		}
		if w.one(3) && w.r.Direct && w.r.Hold == nil {
			w.r.FeeIn = []ledger.Currency{ledger.USD, ledger.JPY, ledger.KWD, ledger.EUR}[w.IntN(4)]
		}
	}
	w.start = w.sums()
	w.say("%s", described(&w.r))
	w.c, err = w.platform.Charge(w.ctx, w.r)
	return w.note(err) && w.c.Status != connect.ChargeFailed
}

func (w *together) prices() {
	var l pricing.List
	when := pricing.Match{Currency: w.cur}
	fall := pricing.Price{Tiers: []pricing.Tier{{UpTo: w.money(300 + w.Int64N(500)), Percent: decimal.New(30, 0)}, {Percent: decimal.New(5, 0)}}}
	rise := pricing.Price{Percent: decimal.New(w.Int64N(3000), -2)}
	pick := func() pricing.Price {
		p := rise
		if w.one(2) {
			p = fall
		}
		return p
	}
	if w.one(2) {
		l.Commission.Rules = []pricing.Rule{{Name: "c", When: when, Price: pick()}}
	}
	if w.one(3) {
		l.Service.Rules = []pricing.Rule{{Name: "s", When: when, Kept: w.one(2), Price: pick()}}
	}
	w.setPrices(l)
}

func (w *together) lines(amount int64) {
	add := func(l connect.Line) { w.r.Lines = append(w.r.Lines, l) }
	owner := func() string {
		if w.r.AccountID == "" && w.one(2) {
			return w.seller
		}
		if w.one(3) {
			return w.platform.ID()
		}
		return ""
	}
	add(connect.Line{Kind: connect.LineGoods, Amount: w.money(amount)})
	for range w.IntN(3) {
		kind := []connect.LineKind{connect.LineGoods, connect.LineDelivery, connect.LineTip}[w.IntN(3)]
		add(connect.Line{Kind: kind, Owner: owner(), Amount: w.part(amount / 2)})
	}
	if w.one(2) {
		off := 1 + w.Int64N(amount/2)
		d := connect.Line{Kind: connect.LineDiscount, Amount: w.money(-off), On: []string{"1"}}
		if w.r.Hold == nil && w.one(2) {
			d.PlatformPays = w.money(w.Int64N(off + 1))
		}
		add(d)
	}
	for i := range w.IntN(3) {
		add(connect.Line{Kind: connect.LineTax, Amount: w.part(amount / 10), Authority: fmt.Sprint("t", i), Included: w.one(3), SellerRemits: w.one(5)})
	}
}

func (w *together) tenders(amount int64) {
	if w.one(2) {
		_, err := w.platform.GrantCredit(w.ctx, connect.GrantRequest{Key: w.key(), BuyerID: "b", Amount: w.part(amount)})
		require.NoError(w.t, err)
		w.r.Tenders = append(w.r.Tenders, connect.TenderRequest{BuyerID: "b"})
	}
	for i := range w.IntN(3) {
		v, err := w.platform.IssueVoucher(w.ctx, connect.VoucherRequest{Key: w.key(), Prepaid: w.one(2), Amount: w.part(amount), Code: fmt.Sprintf("VOUCHER-1234-ABCD-%d", i)})
		require.NoError(w.t, err)
		w.r.Tenders = append(w.r.Tenders, connect.TenderRequest{Code: v.Code})
	}
	for i := range w.r.Tenders {
		if w.one(2) {
			w.r.Tenders[i].Amount = w.part(amount / 4)
		}
	}
}
