package connect

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// account adds up what the ledger says. Purposes that no object accounts for
// are left to the ledger's own checks.
func (t *tally) account(a ledger.Account) error {
	if _, ok := ledger.PurposeOf(a.Purpose); !ok {
		return nil
	}
	t.add(a.Owner, "held "+a.Purpose, a.Held, 1)
	t.overdue(a)
	if p, _ := ledger.PurposeOf(a.Purpose); p.Name == "credit" {
		t.creditHeld(a)
		return nil
	}
	t.posted(a.Ref, a.Posted)
	return nil
}

// posted adds what stands in an account, or has been booked there, to what that is
// compared by.
func (t *tally) posted(a ledger.Ref, m ledger.Money) {
	p, _ := ledger.PurposeOf(a.Purpose)
	switch p.Name {
	case "pending", "available", "in_transit":
		t.add(a.Owner, "balance", m, 1)
		if p.Name == "in_transit" {
			t.add(a.Owner, "in_transit", m, 1)
		}
	case purposeHeld, "acquirer", "processing_fees", "tax", "bank_clearing", "wallet", "unapplied", "suspense", "disputed", "losses", "frozen", "unclaimed", "cover", "reserved":
		t.add(a.Owner, a.Purpose, m, 1)
	}
}

// overdue reports money that should have become available the day before
// yesterday or earlier, and that no refund under way keeps.
func (t *tally) overdue(a ledger.Account) {
	day, ok := strings.CutPrefix(a.Purpose, pendingPrefix)
	if !ok || a.Posted.IsZero() || !a.Held.IsZero() {
		return
	}
	if d, err := payout.ParseDay(day); err != nil || d < t.today-1 {
		t.report.Add("platform "+t.platform+", "+a.Owner, "%v is still pending for %s", a.Posted, day)
	}
}

// compare reports where what the objects say is not what the ledger says.
func (t *tally) compare(is *tally) {
	keys := make(map[tallyKey]bool)
	for k := range t.sums {
		keys[k] = true
	}
	for k := range is.sums {
		keys[k] = true
	}
	order := func(a, b tallyKey) int {
		return cmp.Or(strings.Compare(a.owner, b.owner), strings.Compare(a.what, b.what), strings.Compare(a.cur.String(), b.cur.String()))
	}
	for _, k := range slices.SortedFunc(maps.Keys(keys), order) {
		if said, has := t.sums[k].Minor(), is.sums[k].Minor(); said != has {
			t.report.Add("platform "+t.platform+", "+k.owner+" "+k.what, "the ledger has %v, the objects add up to %v",
				ledger.Minor(has, k.cur), ledger.Minor(said, k.cur))
		}
	}
}
