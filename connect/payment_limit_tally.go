package connect

import (
	"strings"

	"github.com/soukhq/souk/ledger"
)

// uses adds up what a payment takes of limits, and the reviews for which payments wait.
func (t *tally) uses(list []LimitUse, review string) {
	for i := range list {
		x := &list[i]
		if x.Amount.IsZero() || !t.mine(x.Owner) {
			continue
		}
		ref := x.left()
		if x.Moving {
			ref = x.used()
		}
		if t.limits == nil {
			t.limits = make(map[ledger.Ref]int64)
		}
		t.limits[ref] += x.Amount.Minor()
	}
	if review != "" && t.mine(review) {
		if t.reviews == nil {
			t.reviews = make(map[string]bool)
		}
		t.reviews[review] = true
	}
}

// tallyLimits reports where a limit says that more or less was used than payments say
// that they take of it, and payments that wait for a review which does not wait for
// them. A limit that replaces another may say more: what that had counted.
func tallyLimits(v ledger.View, t *tally) error {
	t.rest()
	err := eachObject(v, ledger.Query{Kind: limitKind.Name, Name: "platform", Value: t.platform}, func(o ledger.Object) error {
		l, err := limitKind.Decode(o)
		if err != nil {
			return err
		}
		return t.limit(v, l)
	})
	for ref, used := range t.limits {
		t.report.Add("limit "+strings.Split(ref.Purpose, "/")[1], "payments of %s take %d of it in %s, which is not there", ref.Owner, used, ref.Purpose)
	}
	if err != nil {
		return err
	}
	err = eachObject(v, ledger.Query{Kind: reviewKind.Name, Name: "open", Value: t.platform}, func(o ledger.Object) error {
		r, err := reviewKind.Decode(o)
		if err != nil {
			return err
		}
		if t.mine(r.ID) && !t.reviews[r.ID] {
			t.report.Add("review "+r.ID, "it is open, and nothing waits for it")
		}
		delete(t.reviews, r.ID)
		return nil
	})
	for id := range t.reviews {
		t.report.Add("review "+id, "a payment waits for it, and it is not open")
	}
	return err
}

// limit compares the accounts of a limit with what payments take of it.
func (t *tally) limit(v ledger.View, l *PaymentLimit) error {
	prefix := "allowance/" + l.ID + "/"
	days, left := make(map[string]int64), make(map[string]ledger.Money)
	err := ledger.EachAccount(v, ledger.AccountQuery{Book: limitsBook, Purpose: prefix}, func(a ledger.Account) error {
		if !t.mine(a.Owner) {
			return nil
		}
		takes := t.limits[a.Ref]
		delete(t.limits, a.Ref)
		used := l.whole().Minor() - a.Posted.Minor()
		if l.Window == LimitRolling {
			if strings.HasSuffix(a.Purpose, "/rolling") {
				left[a.Owner] = a.Posted
				return nil
			}
			if a.Closed { // it was given back
				return nil
			}
			used = a.Posted.Minor()
			days[a.Owner] += used
		}
		if used != takes && (l.Replaces == "" || used < takes) {
			t.report.Add("limit "+l.ID, "%s counts %d of %s; payments take %d", a.Purpose, used, a.Owner, takes)
		}
		return nil
	})
	for owner, m := range left {
		if m.Minor()+days[owner] != l.whole().Minor() {
			t.report.Add("limit "+l.ID, "%v is left to %s and %d was used; it is of %v", m, owner, days[owner], l.whole())
		}
	}
	return err
}
