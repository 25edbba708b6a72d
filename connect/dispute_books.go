package connect

import (
	"slices"

	"github.com/soukhq/souk/ledger"
)

// posting is one transaction of an object, to be booked or undone.
type posting struct {
	reason string
	lines  []line
}

func (b *books) postAll(list []posting) {
	for _, x := range list {
		b.post(x.reason, x.lines...)
	}
}

// wonFor are the reasons for which the postings of a dispute are taken back.
var wonFor = map[string]string{
	"dispute": "dispute won", "fx result": "fx result", "tax refunded": "tax collected",
	"transfer reversal": "transfer reversal undone", "fee refund": "fee refund undone", "discount returned": "transfer reversal undone",
}

// undoAll books the negatives of postings.
func (b *books) undoAll(list []posting) {
	for _, x := range list {
		lines := make([]line, len(x.lines))
		for i, l := range x.lines {
			lines[i] = line{account: l.account, minor: -l.minor}
		}
		b.post(wonFor[x.reason], lines...)
	}
}

// disputed are the postings by which a dispute takes its amount. A seller's comes out
// of held first, and with it come the platform's parts of a direct charge.
func (p *Platform) disputed(d *Dispute) ([]posting, error) {
	r := d.Taken
	from, fee := r.sources(p), sum(sum(r.FeeBack, r.ServiceBack), r.PlatformBack)
	lines := []line{out(from.platform, r.cost())}
	if r.Direct {
		from.short[1] = "" // the reason forces it
		lines = from.fromSeller(r.cost(), from.credit(fee.Minor(), addTax(r.FeeTax)))
	}
	bridge := "disputed/" + d.Acquirer
	lines = append(lines, p.givenBack(bridge, r.cost(), r.exchange())...)
	if cur := d.Excess.Currency(); d.Excess.Sign() > 0 {
		whole := p.house(bridge, cur)
		at := slices.IndexFunc(lines, func(l line) bool { return l.account == whole })
		if at < 0 {
			at, lines = len(lines), append(lines, line{account: whole})
		}
		lines[at].minor += d.Excess.Minor()
		lines = append(lines, out(p.house("suspense", cur), d.Excess))
	}
	result, err := p.fxResult(r)
	list := []posting{{"dispute", lines}, {"fx result", result}}
	if r.Direct {
		list = append(list,
			posting{"discount returned", []line{out(from.seller, r.DiscountBack), in(from.platform, r.DiscountBack)}},
			posting{"fee refund", p.feeBackLines(r, from, fee)})
	}
	return list, err
}

// disputedTaxes are those by which taxes of a lost dispute are owed no longer.
func (p *Platform) disputedTaxes(r *Refund) (list []posting) {
	cur := r.Amount.Currency()
	to := p.of(p.id, r.FromPlatform.Purpose, cur)
	if r.Direct {
		to = p.of(r.Account, r.FromAccount.Purpose, cur)
	}
	for _, t := range r.Tax {
		list = append(list, posting{"tax refunded", []line{out(p.of(p.id, "tax/"+t.Authority, cur), t.Amount), in(to, t.Amount)}})
	}
	return list
}

// disputedExcess is the one by which what lay in suspense is borne by somebody.
func (p *Platform) disputedExcess(d *Dispute) []posting {
	cur := d.Excess.Currency()
	bearer := p.of(p.id, "available", cur)
	switch {
	case d.Policy.HouseBearsExcess:
		bearer = p.house("losses", cur)
	case d.Taken.Direct:
		bearer = p.of(d.Account, "available", cur)
	}
	return []posting{{"dispute", []line{out(bearer, d.Excess), in(p.house("suspense", cur), d.Excess)}}}
}

// recovered are those by which the seller's part is pulled back (flow D2 of the chart).
func (p *Platform) recovered(r *Refund) []posting {
	from := r.sources(p)
	return []posting{
		{"transfer reversal", append(from.fromSeller(r.Reversal, from.credit(r.FeeBack.Minor(), addTax(r.FeeTax))), in(from.platform, r.Reversal))},
		{"discount returned", []line{out(from.seller, r.DiscountBack).force(from.short[1]), in(from.platform, r.DiscountBack)}},
		{"fee refund", p.feeBackLines(r, from, r.FeeBack)},
	}
}

// feeBackLines give a seller a part of a commission back, with its taxes.
func (p *Platform) feeBackLines(r *Refund, from *sources, fee ledger.Money) []line {
	lines := from.feeBack(fee, addTax(r.FeeTax))
	for _, t := range r.FeeTax {
		lines = append(lines, out(p.of(p.id, "tax/"+t.Authority, r.Amount.Currency()), t.Amount))
	}
	return lines
}
