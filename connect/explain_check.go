package connect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// finish orders what was found, adds it up and holds it against what the objects say.
func (x *explain) finish() error {
	if len(x.out.Objects) > 1 {
		slices.SortStableFunc(x.out.Objects, func(a, b ExplainedObject) int {
			first := func(o ExplainedObject) int {
				if o.ID == x.out.Object {
					return 0
				}
				return 1
			}
			return cmp.Or(first(a)-first(b), a.Created.Compare(b.Created), strings.Compare(a.ID.ID, b.ID.ID))
		})
	}
	x.book()
	is := newTally(x.p.id, x.report, x.said.today)
	for i := range x.out.Steps {
		x.tallyStep(is, &x.out.Steps[i].Transaction)
	}
	x.leave()
	x.merge()
	x.said.compare(is)
	for _, d := range x.report.Differences {
		x.out.Differences = append(x.out.Differences, d.String())
	}
	if x.report.More > 0 {
		x.out.Differences = append(x.out.Differences, fmt.Sprintf("and %d more", x.report.More))
	}
	return nil
}

// tallyStep adds up a transaction as the tally of objects does: what an owner has, is
// one sum; what is in transit is told apart too.
func (x *explain) tallyStep(is *tally, t *ledger.Transaction) {
	for i := range t.Entries {
		a, m := t.Entries[i].Account, t.Entries[i].Amount
		p, ok := ledger.PurposeOf(a.Purpose)
		switch {
		case !ok:
		case x.credit != "":
			if a.Owner == x.credit {
				is.add(a.Owner, "credit", m, 1)
			}
		case p.Group == ledger.GroupSellers:
			is.add(a.Owner, "balance", m, 1)
			if p.Name == "in_transit" {
				is.add(a.Owner, "in_transit", m, 1)
			}
		case p.Name == "credit":
			is.add(a.Owner, "credit", m, 1)
		case p.Group == ledger.GroupTax, p.Name == "acquirer", p.Name == "bank_clearing", p.Name == "processing_fees",
			p.Name == "disputed", p.Name == "losses", x.disputed && p.Name == "suspense":
			is.add(a.Owner, a.Purpose, m, 1)
		case t.Object.Kind == refundKind.Name: // its coins are those of a return, which shows them
		case x.coins && (p.Name == "unapplied" || p.Name == "wallet" || p.Name == "suspense"):
			is.add(a.Owner, a.Purpose, m, 1)
		}
	}
}

// merge leaves out of what objects say what entries do not show: what is set aside
// within an account, lots of credit, and coins where their receiver is no part.
func (x *explain) merge() {
	for k, m := range x.said.sums {
		name, _, _ := strings.Cut(k.what, "/")
		switch {
		case strings.HasPrefix(k.what, "held "), k.what == "lots", k.what == "reserved lots",
			!x.coins && (name == "wallet" || name == "unapplied" || name == "suspense" && !x.disputed):
			delete(x.said.sums, k)
		case k.what == purposeHeld, k.what == "frozen", k.what == "unclaimed", k.what == "cover", k.what == "reserved":
			delete(x.said.sums, k)
			x.said.add(k.owner, "balance", m, 1)
		}
	}
}

// leave adds up what the steps left with each owner.
func (x *explain) leave() {
	sums := make(map[tallyKey]ledger.Money)
	var order []tallyKey
	for i := range x.out.Steps {
		for _, e := range x.out.Steps[i].Transaction.Entries {
			what := e.Account.Purpose
			if p, ok := ledger.PurposeOf(what); ok && p.Group == ledger.GroupSellers {
				what = p.Name
			}
			k := tallyKey{e.Account.Owner, what, e.Amount.Currency()}
			was, ok := sums[k]
			if !ok {
				was = ledger.Zero(k.cur)
				order = append(order, k)
			}
			next, err := was.Add(e.Amount)
			if err != nil {
				x.report.Add("owner "+k.owner, "what was posted to %s does not fit: %v", k.what, err)
				continue
			}
			sums[k] = next
		}
	}
	slices.SortFunc(order, func(a, b tallyKey) int {
		return cmp.Or(strings.Compare(a.owner, b.owner), strings.Compare(a.what, b.what), strings.Compare(a.cur.String(), b.cur.String()))
	})
	for _, k := range order {
		if !sums[k].IsZero() {
			x.out.Left = append(x.out.Left, ExplainedLeft{k.owner, k.what, sums[k]})
		}
	}
}
