package connect

import (
	"maps"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// tallyNegatives adds up what stands behind balances below zero and what was paid of
// them, and holds them against the accounts: each that is below zero is known as such,
// and at rest the cover is what sellers are short of (identity 6 of the chart).
func tallyNegatives(v ledger.View, t *tally) error {
	short := make(map[ledger.Ref]ledger.Money)
	q := ledger.AccountQuery{Book: t.platform, Purpose: "available", Open: true}
	err := ledger.EachAccount(v, q, func(a ledger.Account) error {
		if a.Posted.Sign() < 0 && accountKind.Fits(a.Owner) && t.mine(negativeID(a.Owner, a.Currency)) {
			short[a.Ref] = a.Posted
		}
		return nil
	})
	if err != nil {
		return err
	}
	debits := &negativeParts{debited: make(map[string]int64), under: make(map[string]string), plans: make(map[string]string)}
	if err := tallyKind(v, t, &negativeDebitKind, debits.debit); err != nil {
		return err
	}
	if err := tallyKind(v, t, &paymentPlanKind, debits.plan); err != nil {
		return err
	}
	err = tallyKind(v, t, &negativeKind, func(t *tally, n *NegativeBalance) {
		debits.compare(t, n)
		r := ledger.Ref{Book: t.platform, Owner: n.Account, Purpose: "available", Currency: n.Currency}
		t.negative(n, short[r].Minor())
		delete(short, r)
	})
	t.rest()
	debits.orphans(t)
	for _, r := range slices.SortedFunc(maps.Keys(short), func(a, b ledger.Ref) int {
		return strings.Compare(a.Owner+" "+a.Currency.String(), b.Owner+" "+b.Currency.String())
	}) {
		t.report.Add("account "+r.Owner, "it is at %v, and nobody has taken note of that", short[r])
	}
	return err
}

// negativeParts are what debits and plans say of balances, by the balance's id.
type negativeParts struct {
	debited      map[string]int64  // in minor units
	under, plans map[string]string // the debit under way, and the plan that is kept
}

func (x *negativeParts) debit(t *tally, d *NegativeDebit) {
	id := negativeID(d.Account, d.Amount.Currency())
	if d.Status == NegativeDebitSucceeded {
		t.negativeDebit(d)
	}
	switch {
	case !t.mine(id):
	case d.Status == NegativeDebitSucceeded:
		x.debited[id] += d.Amount.Minor()
	case !d.over() && x.under[id] != "":
		t.pass.report.Add("negative debit "+d.ID, "it is %s, and so is %s", d.Status, x.under[id])
	case !d.over():
		x.under[id] = d.ID
	}
}

// negativeDebit adds up what came from a seller's bank.
func (t *tally) negativeDebit(d *NegativeDebit) {
	t.add(ledger.House, "bank_clearing/"+d.Rail, d.Amount, -1)
	t.add(d.Account, "balance", d.Amount, 1)
}

func (x *negativeParts) plan(t *tally, l *PaymentPlan) {
	total := ledger.Zero(l.Amount.Currency())
	for _, i := range l.Instalments {
		total = sum(total, i.Amount)
	}
	if total != l.Amount {
		t.report.Add("payment plan "+l.ID, "it is of %v; its instalments come to %v", l.Amount, total)
	}
	if id := negativeID(l.Account, l.Amount.Currency()); l.Status == PaymentPlanActive && t.mine(id) {
		x.plans[id] = l.ID
	}
}

// orphans reports what is of balances that are not there.
func (x *negativeParts) orphans(t *tally) {
	rest := make(map[string]bool)
	for id := range x.debited {
		rest[id] = true
	}
	for _, ids := range []map[string]string{x.under, x.plans} {
		for id := range ids {
			rest[id] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(rest)) {
		t.report.Add("negative balance "+id, "it has debits or plans and is not there")
	}
}

func (x *negativeParts) compare(t *tally, n *NegativeBalance) {
	if n.Debited.Minor() != x.debited[n.ID] || n.Debit != x.under[n.ID] || n.Plan != x.plans[n.ID] {
		t.report.Add("negative balance "+n.ID, "it counts %v as debited, the debit %q and the plan %q; there are %d minor units, %q and %q",
			n.Debited, n.Debit, n.Plan, x.debited[n.ID], x.under[n.ID], x.plans[n.ID])
	}
	delete(x.debited, n.ID)
	delete(x.under, n.ID)
	delete(x.plans, n.ID)
}

// negativeMoved adds up what was set aside and paid.
func (t *tally) negativeMoved(n *NegativeBalance) {
	t.add(t.platform, "cover", n.Cover, 1)
	t.add(t.platform, "balance", n.Cover, -1)
	t.add(t.platform, "balance", n.Collected, -1)
	t.add(n.Account, "balance", n.Collected, 1)
}

// negative adds up one balance that is or was below zero; has is what stands in its
// account if that is below zero.
func (t *tally) negative(n *NegativeBalance, has int64) {
	what := "negative balance " + n.ID
	t.negativeMoved(n)
	switch owes := -has; {
	case n.Stale && n.Work.Open(): // Drain has not seen it yet
	case n.Owes.Minor() != owes || n.below() != (owes > 0):
		t.report.Add(what, "it owes %v since %v; its account is %d minor units below zero", n.Owes, n.Since, owes)
	case n.Cover != n.kept() && n.Cover != sum(n.kept(), n.Owes):
		t.report.Add(what, "it has a cover of %v; it owes %v, and %v stays for debits", n.Cover, n.Owes, n.kept())
	case (n.Status == NegativeEnded) != (owes == 0 && n.Cover.IsZero()):
		t.report.Add(what, "it is %s, owes %v and has a cover of %v", n.Status, n.Owes, n.Cover)
	}
	if n.Cover.Sign() < 0 || n.Collected.Sign() < 0 || n.Debited.Sign() < 0 {
		t.report.Add(what, "it counts less than nothing")
	}
}
