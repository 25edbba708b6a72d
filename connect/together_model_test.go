package connect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

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
	for seed := uint64(20000); seed < 22000; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { runTogether(t, seed) })
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
	for range 16 {
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
	w.r = connect.ChargeRequest{Key: w.key(), Source: connect.TestCard, CaptureLater: w.one(2)}
	if w.one(3) {
		w.r.Source = connect.TestCardAtOnce
	}
	amount := int64(60) + w.Int64N(3000)
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
			w.r.Tax = append(w.r.Tax, connect.Tax{Authority: name, Amount: w.part(amount / 8)})
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

// step records a capture, a refund or a release, answers one, or lets time pass.
func (w *together) step() {
	w.c = w.now(w.c)
	switch w.IntN(12) {
	case 0, 1:
		if w.c.Authorization != nil {
			amount := w.part(paid(w.c).Minor())
			k, err := w.by().In(w.Store()).Capture(w.ctx, connect.CaptureRequest{Key: w.key(), ChargeID: w.c.ID, Amount: amount, KeepRest: !w.one(4)})
			w.say("capture %v", amount)
			if w.note(err) {
				w.captures = append(w.captures, k)
			}
		}
	case 2, 3:
		w.answerCapture(!w.one(5))
	case 4, 5, 6:
		w.refund()
	case 7:
		w.answerRefund(!w.one(3))
	case 8:
		switch {
		case w.one(5) && w.c.Acquirer != "":
			w.say("fails late")
			w.note(w.News(w.ctx, connect.News{Key: w.c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "late"}}))
		case w.one(3) && len(w.captures)+len(w.refunds) == 0:
			w.say("time")
			w.pass(time.Duration(w.IntN(60)) * time.Hour)
		}
	case 10:
		if w.c.Authorization != nil && w.one(2) {
			w.say("increase")
			_, err := w.platform.IncreaseAuthorization(w.ctx, connect.IncreaseRequest{Key: w.key(), ChargeID: w.c.ID, Amount: w.part(500)})
			w.note(err)
		}
	case 11:
		w.transfer()
	case 9:
		if w.c.Hold != nil {
			r := connect.ReleaseRequest{Key: w.key(), ChargeID: w.c.ID}
			if w.one(2) {
				r.Amount = ledger.Minor(1+w.Int64N(w.c.Amount.Minor()), w.c.Amount.Currency())
			}
			w.say("release %v", r.Amount)
			_, err := w.by().Release(w.ctx, r)
			w.note(err)
		}
	}
}

// transfer hands some of the platform's own charge on, or takes it back.
func (w *together) transfer() {
	if w.c.Account != "" {
		return
	}
	if len(w.transfers) > 0 && w.one(2) {
		w.say("reverse")
		_, err := w.by().ReverseTransfer(w.ctx, connect.ReverseTransferRequest{Key: w.key(), TransferID: w.transfers[w.IntN(len(w.transfers))], Amount: ledger.Minor(1+w.Int64N(100), w.c.Amount.Currency())})
		w.note(err)
		return
	}
	r := connect.TransferRequest{Key: w.key(), ChargeID: w.c.ID, To: w.seller, Amount: ledger.Minor(1+w.Int64N(w.c.Amount.Minor()), w.c.Amount.Currency())}
	if w.one(2) {
		r.Hold = &connect.HoldTerms{}
	}
	w.say("transfer %v", r.Amount)
	x, err := w.by().Transfer(w.ctx, r)
	if w.note(err) {
		w.transfers = append(w.transfers, x.ID)
	}
}

// takeBack reverses what is left of all transfers.
func (w *together) takeBack() bool {
	for _, id := range w.transfers {
		x, err := w.platform.GetTransfer(w.ctx, id)
		require.NoError(w.t, err)
		if x.Reversed == x.Amount {
			continue
		}
		if _, err := w.by().ReverseTransfer(w.ctx, connect.ReverseTransferRequest{Key: w.key(), TransferID: id}); !w.note(err) {
			return false
		}
	}
	return true
}

func (w *together) refund() {
	own := w.c.Account != ""
	r := connect.RefundRequest{Key: w.key(), ChargeID: w.c.ID, ReverseTransfer: own && !w.c.Direct, RefundFee: own}
	if !w.whole && own && w.one(2) {
		r.RefundFee = false
		r.ReverseTransfer = r.ReverseTransfer && w.one(2)
	}
	left := paid(w.c).Minor()
	switch {
	case len(w.c.Lines) > 0 && w.one(2):
		for _, x := range w.c.Lines {
			if x.Parts == nil || w.one(2) {
				continue
			}
			l := connect.RefundLine{Line: x.Name}
			if w.one(2) {
				l.Amount = w.part(x.Amount.Minor())
			}
			r.Lines = append(r.Lines, l)
		}
	case w.one(3):
		r.Amount = w.part(left / 20)
	case !w.one(4):
		r.Amount = w.part(left)
	}
	if w.one(4) {
		r.IntoCredit, r.BuyerID = true, "b"
	}
	if n := len(w.c.Tenders); n > 0 && w.one(2) {
		r.To = append(r.To, w.c.Tenders[w.IntN(n)].Of, connect.TenderSource)
	}
	w.send(r)
}

func (w *together) send(r connect.RefundRequest) {
	w.say("refund %v %v lines %v credit %v to %v", r.Amount, r.RefundFee, r.Lines, r.IntoCredit, r.To)
	re, err := w.by().In(w.Store()).Refund(w.ctx, r)
	if w.note(err) {
		w.say("  %s: %v, reversal %v, fee %v, discount %v", re.Status, re.Amount, re.Reversal, re.FeeBack, re.DiscountBack)
		if re.Status == connect.RefundPending {
			w.refunds = append(w.refunds, re)
		}
	}
}

func (w *together) answer(key string, amount ledger.Money, ok bool) {
	a := connect.Answer{Status: connect.Declined, Code: "no"}
	if ok {
		a = connect.Answer{Status: connect.Approved, Amount: amount, Reference: "r"}
	}
	w.say("answer %s %v %v", key, amount, ok)
	require.NoError(w.t, w.News(w.ctx, connect.News{Key: key, Answer: a}))
}

func (w *together) answerCapture(ok bool) {
	for _, k := range w.captures {
		amount := k.Amount.Minor()
		for _, t := range k.Tenders {
			amount -= t.Minor()
		}
		w.answer(k.ID, w.money(amount), ok)
	}
	w.captures = nil
}

func (w *together) answerRefund(ok bool) {
	if len(w.refunds) == 0 {
		return
	}
	i := w.IntN(len(w.refunds))
	r := w.refunds[i]
	w.refunds = append(w.refunds[:i], w.refunds[i+1:]...)
	amount := r.Amount
	for _, t := range r.Tenders {
		amount = ledger.Minor(amount.Minor()-t.Amount.Minor(), amount.Currency())
	}
	if r.Exchanged != nil {
		amount = r.Exchanged.Presented
	}
	w.answer(r.ID, amount, ok)
}

// end gives all back that is left, and looks at who has what.
func (w *together) end() {
	w.say("end")
	for len(w.refunds) > 0 {
		w.answerRefund(!w.one(3))
	}
	w.answerCapture(true)
	w.c = w.now(w.c)
	if w.c.Status == connect.ChargeAuthorized || w.c.Status == connect.ChargeSucceeded && w.c.Authorization != nil && !w.c.Authorization.Ended {
		_, err := w.by().Cancel(w.ctx, connect.CancelRequest{Key: w.key(), ChargeID: w.c.ID})
		w.note(err)
		w.c = w.now(w.c)
	}
	if !w.takeBack() {
		return
	}
	w.c = w.now(w.c)
	back := w.c.Refunded
	if w.c.Settlement != nil {
		back = w.c.Settlement.Refunded
	}
	both := w.c.Failure != nil && !back.IsZero()
	if left := paid(w.c).Minor() - back.Minor(); w.c.Status == connect.ChargeSucceeded && left > 0 {
		own := w.c.Account != ""
		n := len(w.refunds)
		w.send(connect.RefundRequest{Key: w.key(), ChargeID: w.c.ID, Amount: w.money(left), ReverseTransfer: own && !w.c.Direct, RefundFee: own})
		if len(w.refunds) > n {
			w.answerRefund(true)
		}
		w.c = w.now(w.c)
		if w.c.Refunded != w.c.Amount {
			return // a seller who must not go below zero has not got it
		}
	}
	w.verify()
	w.nobodyShort()
	w.nobodyKeeps(both)
}

// sums are what everybody has, of all purposes and in all currencies, and what is set
// aside.
func (w *together) sums() map[string]int64 {
	sums := map[string]int64{}
	require.NoError(w.t, w.Store().Read(w.ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{Book: w.platform.ID()}, func(a ledger.Account) error {
			name := a.Owner + " " + a.Posted.Currency().String()
			switch {
			case a.Owner == ledger.House, strings.HasPrefix(a.Purpose, "tax/"), a.Purpose == "held":
				name = a.Owner + " " + a.Purpose + " " + a.Posted.Currency().String()
			case a.Purpose == "credit":
				name = "credit " + a.Posted.Currency().String()
			}
			sums[name] += a.Posted.Minor()
			sums["set aside"] += a.Held.Minor()
			return nil
		})
	}))
	return sums
}

// nobodyShort: what must not be below zero is not.
func (w *together) nobodyShort() {
	require.NoError(w.t, w.Store().Read(w.ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{Book: w.platform.ID()}, func(a ledger.Account) error {
			if a.Purpose == "credit" || a.Purpose == "held" || strings.HasPrefix(a.Purpose, "tax/") {
				require.GreaterOrEqual(w.t, a.Posted.Minor(), a.Held.Minor(), "%v", a.Ref)
			}
			if w.refuses && a.Owner == w.seller && a.Purpose == "available" && w.now(w.c).Failure == nil {
				require.GreaterOrEqual(w.t, a.Posted.Minor(), a.Held.Minor(), "%v", a.Ref)
			}
			return nil
		})
	}))
}

// nobodyKeeps: all went back, so that everybody has what they had, but for what was
// paid for processing, and what the buyer has as credit now instead of money.
func (w *together) nobodyKeeps(both bool) {
	now := w.sums()
	for name := range now {
		change := now[name] - w.start[name]
		switch {
		case strings.HasSuffix(name[:len(name)-4], " tax/v") && !w.whole: // the commission is kept, and so is the tax on it
		case strings.Contains(name, " held ") && !w.whole: // so is the share
		case name == "set aside", strings.Contains(name, " tax/"), strings.Contains(name, " held "):
			require.Zero(w.t, now[name], "%s", name)
		case strings.HasPrefix(name, ledger.House+" fx"):
			require.True(w.t, change == 0 || both || !w.whole, "%s has %d", name, change)
		case w.whole && strings.HasPrefix(name, w.seller+" ") && !(both && w.c.Direct): // else they gave it twice, and the buyer has both
			fee := int64(0)
			if w.c.Direct && w.c.FeesPayer != connect.PartyPlatform && strings.HasSuffix(name, w.c.Amount.Currency().String()) {
				fee = w.c.ProcessingFee.Minor()
			}
			if w.c.Status == connect.ChargeCanceled || w.c.Status == connect.ChargeAuthorized {
				fee = 0
			}
			require.Equal(w.t, -fee, change, "%s", name)
		case w.whole && !both && strings.HasPrefix(name, w.platform.ID()+" "):
			fee := int64(0)
			if !(w.c.Direct && w.c.FeesPayer != connect.PartyPlatform) && strings.HasSuffix(name, w.c.Amount.Currency().String()) {
				fee = w.c.ProcessingFee.Minor()
			}
			require.Equal(w.t, -fee, change, "%s", name)
		}
	}
}

// described is what a charge asks for, without what it leaves out.
func described(r *connect.ChargeRequest) string {
	b, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
