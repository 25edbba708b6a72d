package connect

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// VerifyBalances reads the balance transactions of all owners of all platforms and
// holds them against their balances: identity 2 of the chart. Verify does not, since it
// takes about as long again. A host can run it at night, or before a period is closed.
func (e *Engine) VerifyBalances(ctx context.Context) (*ledger.Report, error) {
	r := &ledger.Report{}
	err := e.c.Store.Read(ctx, func(v ledger.View) error {
		return eachObject(v, ledger.Query{Kind: platformKind.Name, Name: "platforms"}, func(o ledger.Object) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return verifyLines(v, r, o.ID.ID)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("connect: verify balances: %w", err)
	}
	return r, nil
}

// verifyLines holds the balance transactions of all owners of a platform against
// their balances: identity 2 of the chart. Their net amounts add up to what an owner
// has, and their changes to what stands in each purpose.
func verifyLines(v ledger.View, r *ledger.Report, platform string) error {
	owners := make(map[string]map[lineSum]ledger.Money)
	err := ledger.EachAccount(v, ledger.AccountQuery{Book: platform}, func(a ledger.Account) error {
		purpose, ok := ledger.PurposeOf(a.Purpose)
		if !ok || purpose.Group != ledger.GroupSellers {
			return nil
		}
		has := owners[a.Owner]
		if has == nil {
			has = make(map[lineSum]ledger.Money)
			owners[a.Owner] = has
		}
		r.Accounts++
		return addLine(has, lineSum{purpose.Name, a.Currency}, a.Posted, counted(purpose.Name))
	})
	if err != nil {
		return err
	}
	for _, owner := range slices.Sorted(maps.Keys(owners)) {
		if err := verifyOwner(v, r, platform, owner, owners[owner]); err != nil {
			return err
		}
	}
	return nil
}

// lineSum is a purpose and a currency; the empty purpose is what is counted of all.
type lineSum struct {
	purpose  string
	currency ledger.Currency
}

func addLine(sums map[lineSum]ledger.Money, k lineSum, m ledger.Money, both bool) error {
	for {
		has, ok := sums[k]
		if !ok {
			has = ledger.Zero(k.currency)
		}
		next, err := has.Add(m)
		if err != nil {
			return err
		}
		if sums[k] = next; !both {
			return nil
		}
		k.purpose, both = "", false
	}
}

func verifyOwner(v ledger.View, r *ledger.Report, platform, owner string, has map[lineSum]ledger.Money) error {
	said := make(map[lineSum]ledger.Money)
	err := ledger.EachAccount(v, ledger.AccountQuery{Book: platform, Owner: owner}, func(a ledger.Account) error {
		if purpose, ok := ledger.PurposeOf(a.Purpose); !ok || purpose.Group != ledger.GroupSellers {
			return nil
		}
		name, _, _ := strings.Cut(a.Purpose, "/")
		c, err := v.Carried(a.Ref)
		if err == nil && c.Entries > 0 { // what is in an archive
			err = addLine(said, lineSum{name, a.Currency}, c.Balance, counted(name))
		}
		if err != nil {
			return err
		}
		return eachLine(v, a, func(l *BalanceTransaction) error { return l.addTo(said, r) })
	})
	if err != nil {
		return err
	}
	sorted := func(m map[lineSum]ledger.Money) []lineSum {
		return slices.SortedFunc(maps.Keys(m), func(a, b lineSum) int {
			return cmp.Or(strings.Compare(a.purpose, b.purpose), strings.Compare(a.currency.String(), b.currency.String()))
		})
	}
	for _, k := range sorted(has) {
		m := has[k]
		if said[k] != m && !(said[k] == ledger.Money{} && m.IsZero()) {
			r.Add("platform "+platform+", "+owner, "its balance transactions add up to %v in %s, the ledger has %v", said[k], orAll(k.purpose), m)
		}
		delete(said, k)
	}
	for _, k := range sorted(said) {
		if m := said[k]; !m.IsZero() {
			r.Add("platform "+platform+", "+owner, "its balance transactions add up to %v in %s, which the ledger does not have", m, orAll(k.purpose))
		}
	}
	return nil
}

// eachLine calls fn with the lines whose transactions name an account as the first of
// its owner's: so each line is met once, whatever accounts it touched. It reads a page
// of entries at a time, and forgets it.
func eachLine(v ledger.View, a ledger.Account, fn func(*BalanceTransaction) error) error {
	page := ledger.Page{Limit: ledger.MaxPage}
	for {
		list, err := v.Entries(a.Ref, page)
		if err != nil {
			return err
		}
		ids := make([]string, len(list))
		for i := range list {
			ids[i] = list[i].Transaction
		}
		s := newSteps(v, a.Book)
		if err := s.around(ids); err != nil {
			return err
		}
		for _, id := range ids {
			if t := s.read[id]; t != nil && firstOf(t, a.Ref) == a.Ref {
				if l := s.line(id, a.Owner, a.Currency); l != nil {
					if err := fn(l); err != nil {
						return err
					}
				}
			}
		}
		if len(list) < page.Limit {
			return nil
		}
		page.After = list[len(list)-1].Place(ledger.ByPosting)
	}
}

// firstOf is the first account of a transaction that belongs to the owner of another,
// in its currency.
func firstOf(t *ledger.Transaction, of ledger.Ref) ledger.Ref {
	for i := range t.Entries {
		r := t.Entries[i].Account
		if p, ok := ledger.PurposeOf(r.Purpose); ok && p.Group == ledger.GroupSellers && r.Owner == of.Owner && r.Currency == of.Currency {
			return r
		}
	}
	return ledger.Ref{}
}

func orAll(purpose string) string {
	if purpose == "" {
		return "all"
	}
	return purpose
}

// addTo counts a line, which may be none.
func (l *BalanceTransaction) addTo(said map[lineSum]ledger.Money, r *ledger.Report) error {
	if l == nil {
		return nil
	}
	if l.Type == "" || minus(l.Amount, l.Fee) != l.Net {
		r.Add("balance transaction "+l.ID, "it is of type %q, and %v less %v is not %v", l.Type, l.Amount, l.Fee, l.Net)
	}
	if err := addLine(said, lineSum{"", l.Currency}, l.Net, false); err != nil {
		return err
	}
	for _, c := range l.Changes {
		if err := addLine(said, lineSum{c.Purpose, l.Currency}, c.Amount, false); err != nil {
			return err
		}
	}
	return nil
}
