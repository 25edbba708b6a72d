package connect

import (
	"maps"
	"slices"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// tally adds up what the objects of a platform say its accounts hold.
type tally struct {
	*pass
	platform string
	report   *ledger.Report
	today    payout.Day
	sums     map[tallyKey]ledger.Money
	given    map[string]*given // by charge
	moved    map[string]int64  // by charge: what transfers of it gave and did not take back
	back     map[string]*back  // by transfer
	captured map[string]*captured

	limits  map[ledger.Ref]int64 // what payments take of limits
	reviews map[string]bool      // for which payments wait

	increases map[string]*increases
	advances  map[string]int64     // by advance: what refunds say was given
	held      map[string]*heldSums // by share

	also int // how much else is kept, for what is added up now
}

// back is what the reversals of a transfer add up to, in minor units.
type back struct{ reversed, taken int64 }

// given is what the refunds of a charge add up to, in minor units.
type given struct {
	refunded, refunding, reversed, reverseBase, feeBack, feeBase, serviceBack int64
	platformBack, discountBack, feeStated                                     int64
	standing                                                                  int64            // of refunds that failed and whose parts stand: the buyer may be refunded it again
	failed                                                                    map[string]int64 // of refunds that failed: what the buyer was to get
	byLine                                                                    map[string]*LineParts
	tax, feeTax                                                               map[string]int64
	exchanged                                                                 exchangedBack
	converted                                                                 feeSum
	tenders                                                                   map[string]int64 // by what had paid
	disputed                                                                  int
	excess                                                                    int64
}

// tallyKey is an account, or for "balance" an owner's pending, available and
// in_transit together; "held" is before the purpose of what is set aside.
type tallyKey struct {
	owner, what string
	cur         ledger.Currency
}

func (t *tally) add(owner, what string, m ledger.Money, sign int64) {
	if m.IsZero() || !t.mine(owner) {
		return
	}
	k := tallyKey{owner, what, m.Currency()}
	have, ok := t.sums[k]
	if !ok {
		have = ledger.Zero(k.cur)
	}
	next, err := have.Add(ledger.Minor(sign*m.Minor(), k.cur))
	if err != nil {
		t.pass.report.Add("platform "+t.platform, "what its objects say of %s %s overflows", owner, what)
		return
	}
	t.sums[k] = next
}

func newTally(platform string, r *ledger.Report, today payout.Day) *tally {
	return (&pass{report: r}).tally(platform, today)
}

// tally is an empty one of a pass.
func (p *pass) tally(platform string, today payout.Day) *tally {
	return &tally{
		pass: p, platform: platform, report: p.report, today: today,
		sums: make(map[tallyKey]ledger.Money), given: make(map[string]*given), moved: make(map[string]int64), back: make(map[string]*back),
		captured: make(map[string]*captured), held: make(map[string]*heldSums),
	}
}

func (t *tally) charge(c *Charge) {
	t.uses(c.Limits, c.waitsFor())
	t.compareByLine(c)
	t.compareGiven(c)
	t.comparePrices(c)
	t.compareLines(c)
	t.compareCaptures(c)
	t.compareIncreases(c)
	t.tenders(c)
	if c.Status != ChargeSucceeded && !c.Failure.booked() {
		t.undone(c)
		return
	}
	t.failure(c)
	t.disputableUntil(c)
	if c.Acquirer != "" || c.Rail != "" { // else it was paid in coins
		t.add(ledger.House, c.clearing(), c.presented(), -1)
	}
	t.add(ledger.House, "processing_fees", c.ProcessingFee, 1)
	owner, payer := t.platform, t.platform // where it came in, and who pays for the processing
	if c.Direct {
		owner = c.Account
	}
	if c.sellerPays() {
		payer = c.Account
	}
	t.add(owner, "balance", c.Amount, 1)
	t.add(payer, "balance", c.ProcessingFee, -1)
	for _, x := range c.Tax {
		t.add(owner, "balance", x.Amount, -1)
		t.add(t.platform, "tax/"+x.Authority, x.Amount, 1)
	}
	if c.Account == "" {
		return
	}
	given, fee := c.given(), c.commission()
	t.add(t.platform, "balance", given, -1)
	t.add(c.Account, "balance", given, 1)
	t.add(c.Account, "balance", fee, -1)
	t.add(t.platform, "balance", fee, 1)
	t.feeSettlement(c)
	t.add(c.Account, "balance", c.Discount, 1)
	t.add(t.platform, "balance", c.Discount, -1)
	for _, x := range c.FeeTax {
		t.add(c.Account, "balance", x.Amount, -1)
		t.add(t.platform, "tax/"+x.Authority, x.Amount, 1)
	}
}

// compareGiven reports where what a charge counts is not what its refunds add up
// to, or is more than there was.
func (t *tally) compareGiven(c *Charge) {
	g := t.given[c.ID]
	delete(t.given, c.ID)
	if g == nil {
		g = &given{}
	}
	check := func(what string, counted ledger.Money, sum, most int64) {
		if n := counted.Minor(); n != sum || n < 0 || n > most {
			t.report.Add("charge "+c.ID, "it counts %v as %s; its refunds add up to %v, of at most %v", counted, what,
				ledger.Minor(sum, c.Amount.Currency()), ledger.Minor(most, c.Amount.Currency()))
		}
	}
	if len(c.Disputed) != g.disputed || c.DisputedExcess.Minor() != g.excess {
		t.report.Add("charge "+c.ID, "it counts %d disputes that are open, and %v beyond it; there are %d, and %d", len(c.Disputed), c.DisputedExcess, g.disputed, g.excess)
	}
	t.compareSettlement(c, g.exchanged)
	t.compareFeeBack(c, g.converted)
	t.compareTenders(c, g)
	t.compareOwed(c, g)
	amount := c.Amount.Minor()
	check("refunded", c.Refunded, g.refunded, amount)
	check("being refunded", c.Refunding, g.refunding, amount-c.Refunded.Minor())
	check("taken back", c.Reversed, g.reversed, c.given().Minor())
	check("refunded with a part of what the seller gets", c.ReverseBase, g.reverseBase, c.share().Minor())
	check("commission given back", c.FeeBack, g.feeBack, c.ApplicationFee.Minor())
	check("refunded with commission", c.FeeBase, g.feeBase, amount+g.standing)
	check("commission given back as stated", c.FeeStated, g.feeStated, c.FeeBack.Minor())
	most := int64(0)
	if c.Account == "" {
		most = c.share().Minor()
	}
	check("transferred", c.Transferred, t.moved[c.ID], most)
	delete(t.moved, c.ID)
	check("refunded of the platform's lines", c.PlatformBack, g.platformBack, c.PlatformPart.Minor())
	check("given back of discounts", c.DiscountBack, g.discountBack, c.Discount.Minor())
	check("refunded of the service fee", c.ServiceBack, g.serviceBack, c.ServiceFee.Minor())
	for _, x := range c.Tax {
		check("refunded of the tax "+x.Authority, x.Refunded, g.tax[x.Authority], x.Amount.Minor())
	}
	for _, x := range c.FeeTax {
		check("given back of the commission's tax "+x.Authority, x.Refunded, g.feeTax[x.Authority], x.Amount.Minor())
	}
}

// comparePrices reports where a fee is not what its price came to, or a price not
// the sum of its parts.
func (t *tally) comparePrices(c *Charge) {
	for _, x := range []struct {
		what string
		fee  ledger.Money
		line *pricing.Line
	}{{"commission", c.terms().ApplicationFee, c.Commission}, {"service fee", c.terms().ServiceFee, c.Service}, {"processing fee", c.ProcessingFee, c.Processing}} {
		if x.line != nil && (x.line.Amount != x.fee || !x.line.Whole()) {
			t.report.Add("charge "+c.ID, "its %s is %v; its price is %v, of parts that may not add up to that", x.what, x.fee, x.line.Amount)
		}
	}
}

// orphans reports refunds and transfers of charges that are not there, and
// reversals of transfers that are not.
func (t *tally) orphans() {
	for _, id := range slices.Sorted(maps.Keys(t.given)) {
		t.report.Add("charge "+id, "it has refunds and is not there")
	}
	for _, id := range slices.Sorted(maps.Keys(t.moved)) {
		t.report.Add("charge "+id, "it has transfers and is not there")
	}
	for _, id := range slices.Sorted(maps.Keys(t.back)) {
		t.report.Add("transfer "+id, "it has reversals and is not there")
	}
	for _, id := range slices.Sorted(maps.Keys(t.held)) {
		t.report.Add("held share "+id, "it has releases or refunds and is not there")
	}
	for _, id := range slices.Sorted(maps.Keys(t.advances)) {
		t.report.Add("advance "+id, "refunds say that it was given, and it is not there")
	}
	for _, id := range slices.Sorted(maps.Keys(t.captured)) {
		t.report.Add("charge "+id, "it has captures and is not there, or was captured at once")
	}
	for _, id := range slices.Sorted(maps.Keys(t.increases)) {
		t.report.Add("charge "+id, "it has increases and is not there")
	}
}

func (t *tally) transfer(x *Transfer) {
	if x.Status == TransferInReview {
		t.uses(nil, x.Review)
	}
	if x.Status != TransferMade {
		return
	}
	t.uses(x.Limits, "")
	t.add(x.From, "balance", x.Amount, -1)
	t.add(x.To, "balance", x.received(), 1)
	b := t.back[x.ID]
	if delete(t.back, x.ID); b == nil {
		b = &back{}
	}
	for _, count := range []struct {
		what        string
		has, of     ledger.Money
		fromObjects int64
	}{{"reversed", x.Reversed, x.Amount, b.reversed}, {"taken back", x.TakenBack, x.Received, b.taken}} {
		if n := count.has.Minor(); n != count.fromObjects || n < 0 || n > count.of.Minor() {
			t.report.Add("transfer "+x.ID, "it counts %v as %s, of at most %v; its reversals add up to %d minor units", count.has, count.what, count.of, count.fromObjects)
		}
	}
	if x.Charge != "" && t.mine(x.Charge) {
		t.moved[x.Charge] += x.Amount.Minor() - x.Reversed.Minor()
	}
}

func (t *tally) reversal(x *TransferReversal) {
	b := t.back[x.Transfer]
	if b == nil {
		b = &back{}
		if t.mine(x.Transfer) {
			t.back[x.Transfer] = b
		}
	}
	b.reversed += x.Amount.Minor()
	b.taken += x.Taken.Minor()
	taken, returned := x.Amount, x.Amount
	if !x.Taken.IsZero() {
		taken, returned = x.Taken, x.Returned
	}
	t.add(x.From, "balance", taken, -1)
	t.add(x.To, "balance", returned, 1)
}

func (t *tally) topUp(x *TopUp) {
	if x.Status == TopUpSucceeded {
		t.add(ledger.House, "bank_clearing/"+x.Rail, x.Amount, -1)
		t.add(t.platform, "balance", x.Amount, 1)
	}
}

func (t *tally) cashSale(c *CashSale) {
	t.add(c.Account, "balance", c.Commission, -1)
	t.add(t.platform, "balance", c.Commission, 1)
	for _, x := range c.Tax {
		t.add(c.Account, "balance", x.Amount, -1)
		t.add(t.platform, "tax/"+x.Authority, x.Amount, 1)
	}
}

func (t *tally) payout(o *payout.Payout) {
	t.add(o.Owner, "balance", o.From, -1)
	t.add(o.Owner, "balance", o.Bought, 1)
	fromBalance := o.Source == "available"
	switch o.Status {
	case payout.Paid:
		t.add(ledger.House, "bank_clearing/"+o.Rail, o.Amount, 1)
		if fromBalance {
			t.add(o.Owner, "balance", o.Amount, -1)
		} else {
			t.add(o.Owner, o.Source, o.Amount, -1)
		}
	case payout.Pending, payout.InTransit, payout.Unknown:
		if fromBalance {
			t.add(o.Owner, "in_transit", o.Amount, 1)
		} else {
			t.add(o.Owner, "held "+o.Source, o.Amount, 1)
		}
	}
}
