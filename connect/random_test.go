package connect_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Seeded marketplaces of many currencies, cards, banks and partners: whatever is
// asked in whatever order, every answer has a class, Verify finds nothing, and in
// the end no money is stuck (promises 1, 7, 9).
func TestRandomMarketplaces(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWild(t, seed)
			for range 120 {
				w.step()
				w.verify()
			}
			for range 40 { // the notice of a debit, its return, and the days until money is available
				w.wait(24 * time.Hour)
			}
			w.verify()
			w.verifyBalances()
			w.requireExplained()
			w.requireNothingStuck()
			w.requirePaymentsWhole()
			w.requireExposures()
		})
	}
}

// wild is a marketplace in which anything happens.
type wild struct {
	*market
	*rand.Rand
	delivery  ledger.Delivery
	platforms []*Platform
	sellers   []own
	charges   []own
	transfers []own

	grants, vouchers, payments []own
	codes                      []string
	customers, sources         []own

	sim *simulation // nil: nothing goes wrong but what cards and banks stand for
}

// own is an object and the platform that it is of.
type own struct {
	*Platform
	id string
}

func newWild(t testing.TB, seed uint64) *wild { return newWildOn(t, seed, nil) }

// newWildOn is newWild on a store; nil is one in memory.
func newWildOn(t testing.TB, seed uint64, s ledger.Store) *wild {
	return newWildIn(t, rand.New(rand.NewPCG(seed, 0)), s, nil)
}

// newWildIn is newWildOn in a simulation, if there is one.
func newWildIn(t testing.TB, r *rand.Rand, s ledger.Store, sim *simulation) *wild {
	w := &wild{Rand: r, sim: sim}
	w.delivery = pick(w, ledger.Keyed, ledger.Askable, ledger.Blind)
	rules := []connect.CaptureRule{{Method: "card", Captures: 1 + w.IntN(3), Over: decimal.New(w.Int64N(21), 0)}}
	c := connecttest.Config{Config: connect.Config{Store: s, CaptureRules: rules}, AcquirerDelivery: w.delivery, RailDelivery: w.delivery}
	platforms := 2
	if sim != nil {
		if w.one(2) {
			c.Config.Rules = randomRules()
		}
		platforms = sim.begin(w, &c)
	}
	if w.market = newMarket(t, c); sim != nil {
		sim.start()
	}
	for i := range platforms {
		p, err := w.Register(w.ctx, connect.PlatformRequest{
			Key: w.key(), Name: "P", Country: []string{"US", "DE"}[i%2], ShortBalance: []connect.ShortPolicy{connect.ShortNegative, connect.ShortRefuse}[i%2],
			Bank:   &connect.BankDetails{Token: payout.TestAccount, Country: "DE", Currency: ledger.EUR},
			Prices: []*pricing.List{nil, w.prices()}[i%2], Disputes: w.disputePolicy(), Markets: quiet(), Negative: negativePolicy(w.Uint64()),
			FailedRefunds: []connect.FailedRefundPolicy{"", connect.FailedStands}[i%2],
		})
		require.NoError(t, err)
		w.platforms = append(w.platforms, &Platform{p, w, false})
	}
	return w
}

// pause is how long somebody waits.
func (w *wild) pause() time.Duration {
	longest := 60 * time.Hour
	if w.sim != nil {
		longest = w.sim.pace
	}
	return time.Duration(w.Int64N(int64(longest)))
}

// prices are a commission in tiers with a promotion, and a service fee that a
// refund may keep.
func (w *wild) prices() *pricing.List {
	percent := func() decimal.Decimal { return decimal.New(w.Int64N(3000), -2) }
	return &pricing.List{
		Commission: pricing.Prices{
			Rules: []pricing.Rule{
				{Name: "yen", When: pricing.Match{Currency: ledger.JPY}, Price: pricing.Price{Graduated: true, Tiers: []pricing.Tier{
					{UpTo: ledger.Minor(30000, ledger.JPY), Percent: percent()}, {Percent: percent()},
				}}},
				{Name: "others", Price: pricing.Price{Percent: percent()}},
			},
			Modifiers: []pricing.Modifier{{Name: "promotion", Percent: percent().Neg()}},
		},
		Service: pricing.Prices{Rules: []pricing.Rule{{Name: "buyers", Price: pricing.Price{Percent: percent()}, Kept: w.one(2), OfTotal: w.one(2)}}},
	}
}

func pick[T any](w *wild, list ...T) T { return list[w.IntN(len(list))] }

func (w *wild) one(in int) bool { return w.IntN(in) == 0 }

func (w *wild) bank() string {
	return pick(w, payout.TestAccount, payout.TestNoAccount, payout.TestRefused, payout.TestReturned,
		payout.TestLostAnswer, payout.TestLostRequest, payout.TestToldTwice, payout.TestPaidAfterReturned)
}

func (w *wild) card() string {
	return pick(w, connect.TestCard, connect.TestCardAtOnce, connect.TestDeclined, connect.TestRefundPending, connect.TestRefundDeclined,
		connect.TestChallenge, connect.TestSoftDecline, connect.TestOverCapture, connect.TestFailsLater,
		connect.TestReceived, connect.TestReceivedDeclined, connect.TestAnswerLost, connect.TestRequestLost, connect.TestAnsweredTwice)
}

// note requires that a refusal is one: nothing is lost and nobody raced.
func (w *wild) note(err error) bool {
	if err == nil {
		return true
	}
	var e *ledger.Error
	require.ErrorAs(w.t, err, &e)
	require.NotErrorIs(w.t, err, ledger.Unknown)
	require.NotErrorIs(w.t, err, ledger.Conflict)
	return false
}

// action is something that happens in a random marketplace.
type action struct {
	name   string
	weight int // how often it is chosen, of the sum of all; a simulation draws its own
	do     func(w *wild, who own, cur ledger.Currency)
}

// actions are all that happens. What is added here is simulated, too.
func actions() []action {
	return []action{
		{"open", 1, (*wild).openOrPay},
		{"pay", 3, (*wild).pay},
		{"give back", 2, func(w *wild, _ own, _ ledger.Currency) { w.giveBack() }},
		{"pay out", 1, (*wild).payOut},
		{"move", 1, (*wild).move},
		{"go on", 2, func(w *wild, _ own, _ ledger.Currency) { w.goOn() }},
		{"fail", 1, func(w *wild, _ own, _ ledger.Currency) { w.fail() }},
		{"wait", 1, func(w *wild, _ own, _ ledger.Currency) { w.wait(w.pause()) }},
		{"share", 2, func(w *wild, _ own, _ ledger.Currency) { w.share() }},
		{"take back", 1, (*wild).takeBack},
		{"on hold", 3, func(w *wild, _ own, _ ledger.Currency) { w.onHold() }},
		{"credit", 2, func(w *wild, who own, cur ledger.Currency) { w.credit(who.Platform, cur) }},
		{"split", 1, (*wild).split},
		{"disputes", 3, func(w *wild, _ own, _ ledger.Currency) { w.disputes() }},
		{"hand", 2, (*wild).hand},
		{"owes", 2, (*wild).owes},
		// In simulations alone:
		{"meet", 0, func(w *wild, who own, _ ledger.Currency) { w.meet(who) }},
		{"keep", 0, func(w *wild, _ own, _ ledger.Currency) { w.keep() }},
		{"give", 0, func(w *wild, _ own, _ ledger.Currency) { w.give() }},
		{"again", 0, func(w *wild, who own, _ ledger.Currency) { w.again(who) }},
		{"raise", 0, func(w *wild, _ own, _ ledger.Currency) { w.raise() }},
		{"mandates", 0, (*wild).mandates},
		{"coins", 0, (*wild).coins},
		{"odds", 0, (*wild).odds},
		{"warn", 0, func(w *wild, _ own, _ ledger.Currency) { w.warnings() }},
		{"limits", 0, (*wild).limits},
		{"review", 0, (*wild).reviewed},
		{"bulk", 0, (*wild).bulk},
		{"close", 0, (*wild).closes},
		{"pause", 0, (*wild).paused},
		{"hand over", 0, (*wild).handOver},
		{"banks", 0, (*wild).banks},
		{"grows", 0, (*wild).grows},
	}
}

// currencies are those of random payments.
var currencies = []ledger.Currency{ledger.USD, ledger.JPY, ledger.KWD, ledger.HUF, ledger.EUR}

func (w *wild) step() {
	who := own{Platform: pick(w, w.platforms...)}
	if len(w.sellers) > 0 && !w.one(6) {
		who = pick(w, w.sellers...)
	}
	cur := pick(w, currencies...)
	n, list, weights := 0, actions(), w.weights()
	for _, weight := range weights {
		n += weight
	}
	n = w.IntN(n)
	for i, a := range list {
		if n -= weights[i]; n < 0 {
			a.do(w, who, cur)
			return
		}
	}
}

// weights are how often each action is chosen.
func (w *wild) weights() []int {
	if w.sim != nil {
		return w.sim.weights
	}
	var list []int
	for _, a := range actions() {
		list = append(list, a.weight)
	}
	return list
}

func (w *wild) open(p *Platform) {
	r := connecttest.Seller(pick(w, "US", "DE", "GB"))
	r.Key, r.Bank.Token = w.key(), w.bank()
	if w.one(2) {
		r.ShortBalance = w.short()
	}
	if w.one(2) {
		r.FeesPayer = connect.PartyPlatform
	}
	if w.one(3) {
		r.LossesBearer = connect.PartyHouse
	}
	a, err := p.CreateAccount(w.ctx, r)
	require.NoError(w.t, err)
	w.sellers = append(w.sellers, own{p, a.ID})
}

// openOrPay opens an account; or pays, where a simulation has enough of them.
func (w *wild) openOrPay(who own, cur ledger.Currency) {
	if w.enough(len(w.sellers)) {
		w.pay(who, cur)
		return
	}
	w.open(who.Platform)
}

// enough tells that a simulation has enough of something.
func (w *wild) enough(n int) bool { return w.sim != nil && n >= w.sim.crowd }

func (w *wild) pay(who own, cur ledger.Currency) {
	share := 20000 + w.Int64N(100000)
	r := connect.ChargeRequest{Key: w.key(), Amount: ledger.Minor(share, cur), AccountID: who.id, Source: w.card(), CaptureLater: w.one(2)}
	for i := range w.IntN(4) {
		tax := 1 + w.Int64N(share/3)
		r.Tax = append(r.Tax, connect.Tax{Authority: fmt.Sprint("t", i), Amount: ledger.Minor(tax, cur)})
		share -= tax
	}
	if who.id != "" && !w.one(3) {
		r.ApplicationFee = ledger.Minor(w.Int64N(share+1), cur)
	}
	if rest := share - r.ApplicationFee.Minor(); who.id != "" && rest > 0 && w.one(3) {
		r.FeeTax = append(r.FeeTax, connect.Tax{Authority: "t0", Amount: ledger.Minor(1+w.Int64N(rest), cur)})
	}
	w.shape(who, &r)
	w.debited(who, &r)
	w.itemise(who, &r)
	w.tender(who.Platform, &r)
	c, err := who.Charge(w.ctx, r)
	if w.note(err) {
		w.charges = append(w.charges, own{who.Platform, c.ID})
	}
}

func (w *wild) giveBack() {
	if len(w.charges) == 0 {
		return
	}
	of := pick(w, w.charges...)
	c, err := of.GetCharge(w.ctx, of.id)
	require.NoError(w.t, err)
	r := connect.RefundRequest{Key: w.key(), ChargeID: of.id, ReverseTransfer: w.one(2)}
	if c.Direct && !w.one(4) {
		r.ReverseTransfer = false
	}
	r.RefundFee = (r.ReverseTransfer || c.Direct) && w.one(2)
	if !w.one(3) {
		r.Amount = ledger.Minor(1+w.Int64N(paid(c).Minor()), paid(c).Currency())
	}
	w.nameLines(c, &r)
	w.into(c, &r)
	w.whole(c, &r)
	_, err = of.Refund(w.ctx, r)
	w.note(err)
	w.refuse(of, c)
}

// goOn captures, cancels or confirms a charge, in the host's transaction at times;
// or its buyer acts.
func (w *wild) goOn() {
	if len(w.charges) == 0 {
		return
	}
	of := w.charges[len(w.charges)-1-w.IntN(min(len(w.charges), 12))]
	c, err := of.GetCharge(w.ctx, of.id)
	require.NoError(w.t, err)
	p := of.Platform
	if w.one(4) {
		p = p.In(w.Store())
	}
	switch w.IntN(6) {
	case 0:
		_, err = p.Cancel(w.ctx, connect.CancelRequest{Key: w.key(), ChargeID: of.id})
	case 1:
		w.Acquirer.Act(of.id+[]string{"", "-3ds"}[c.Retry], !w.one(4))
	case 2:
		_, err = p.Confirm(w.ctx, connect.ConfirmRequest{Key: w.key(), ChargeID: of.id})
	default:
		r := connect.CaptureRequest{Key: w.key(), ChargeID: of.id, KeepRest: w.one(2)}
		if !w.one(3) {
			r.Amount = ledger.Minor(1+w.Int64N(paid(c).Minor()*6/5), paid(c).Currency())
		}
		if c.Account != "" && w.one(3) {
			r.ApplicationFee = ledger.Minor(w.Int64N(c.ApplicationFee.Minor()+1), paid(c).Currency())
		}
		_, err = p.Capture(w.ctx, r)
	}
	w.note(err)
}

// fail tells that a payment failed after all, or that the network let it go.
func (w *wild) fail() {
	if len(w.charges) == 0 || !w.one(3) {
		return
	}
	of := pick(w, w.charges...)
	a := connect.Answer{Status: pick(w, connect.Failed, connect.Canceled), Code: "told"}
	w.note(w.News(w.ctx, connect.News{Key: of.id, Answer: a}))
}

func (w *wild) payOut(who own, cur ledger.Currency) {
	r := connect.PayoutRequest{Key: w.key(), AccountID: who.id, Amount: ledger.Zero(cur)}
	switch {
	case w.one(5):
		r.AccountID, r.Authority = "", fmt.Sprint("t", w.IntN(3))
		r.Bank = &connect.BankDetails{Token: w.bank(), Country: "DE", Currency: cur}
	case w.one(3):
		r.Amount = ledger.Minor(100*(1+w.Int64N(300)), cur)
	}
	p, joined := who.Platform, w.one(4)
	if joined {
		p = p.In(w.Store())
	}
	o, err := p.Payout(w.ctx, r)
	if w.note(err) && joined && w.one(2) {
		if _, err = who.CancelPayout(w.ctx, connect.CancelPayoutRequest{Key: w.key(), PayoutID: o.ID}); w.sim == nil {
			require.NoError(w.t, err, "nobody has begun to carry it out")
		}
		w.note(err)
	}
}

func (w *wild) move(who own, cur ledger.Currency) {
	if who.id == "" {
		return
	}
	if w.one(2) {
		_, err := who.RecordCashSale(w.ctx, connect.CashSaleRequest{
			Key: w.key(), AccountID: who.id, Commission: ledger.Minor(w.Int64N(2000), cur),
			Tax: []connect.Tax{{Authority: "t0", Amount: ledger.Minor(1+w.Int64N(500), cur)}},
		})
		w.note(err)
		return
	}
	_, err := who.Transfer(w.ctx, connect.TransferRequest{Key: w.key(), To: who.id, Amount: ledger.Minor(1+w.Int64N(5000), cur)})
	w.note(err)
}

// wait lets time pass, does what is due, and hears what there is to hear.
func (w *wild) wait(d time.Duration) {
	w.Clock.Advance(d)
	w.drain()
	for _, n := range w.heard() {
		// What was told to have failed or to be let go may be approved in truth.
		if err := w.News(w.ctx, n); err != nil {
			requireCode(w.t, err, ledger.State, "contradicting_news")
		}
	}
}

// inTransit reports whether a payout is under way.
func (w *wild) inTransit() (any bool) {
	err := w.Store().Read(w.ctx, func(v ledger.View) error {
		list, err := v.AccountsOf(ledger.AccountQuery{Open: true, Limit: ledger.MaxPage})
		any = slices.ContainsFunc(list, func(a ledger.Account) bool { return a.Purpose == "in_transit" && !a.Posted.IsZero() })
		return err
	})
	require.NoError(w.t, err)
	return any
}

// requireNothingStuck: with partners that can be asked everything comes to an
// end. A blind one may never have had what it was sent.
func (w *wild) requireNothingStuck() {
	if w.delivery == ledger.Blind {
		return
	}
	err := w.Store().Read(w.ctx, func(v ledger.View) error {
		list, err := v.AccountsOf(ledger.AccountQuery{Open: true, Limit: ledger.MaxPage})
		for _, a := range list {
			require.True(w.t, a.Held.IsZero(), "%v holds %v", a.Ref, a.Held)
			require.False(w.t, strings.HasPrefix(a.Purpose, "pending/"), "%v still has %v", a.Ref, a.Posted)
			require.True(w.t, a.Purpose != "in_transit" || a.Posted.IsZero(), "%v still has %v", a.Ref, a.Posted)
		}
		return err
	})
	require.NoError(w.t, err)
}
