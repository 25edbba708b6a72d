package connect

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// VerifyPositions reports, of all platforms, positions in currencies that are closed and
// whose value is not: identity 7 of the chart. It is for who covers and revalues positions;
// else such a value is what was gained or lost, and not booked yet, which is why Verify
// does not ask for it.
func (e *Engine) VerifyPositions(ctx context.Context) (*ledger.Report, error) {
	r := &ledger.Report{}
	err := e.c.Store.Read(ctx, func(v ledger.View) error {
		return eachObject(v, ledger.Query{Kind: platformKind.Name, Name: "platforms"}, func(o ledger.Object) error {
			return verifyPositions(v, r, o.ID.ID)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("connect: verify positions: %w", err)
	}
	return r, nil
}

func verifyPositions(v ledger.View, r *ledger.Report, platform string) error {
	bought, value := make(map[string]bool), make(map[string]ledger.Money)
	err := ledger.EachAccount(v, ledger.AccountQuery{Book: platform, Owner: ledger.House, Open: true}, func(a ledger.Account) error {
		switch name, of, _ := strings.Cut(a.Purpose, "/"); {
		case name == "fx_position":
			r.Accounts++
			bought[a.Currency.String()] = !a.Posted.IsZero()
		case name == "fx_value":
			r.Accounts++
			value[of] = a.Posted
		}
		return nil
	})
	for _, c := range slices.Sorted(maps.Keys(value)) {
		if m := value[c]; !bought[c] && !m.IsZero() {
			r.Add("platform "+platform, "its position in %s is closed, and %v of what it cost is not", c, m)
		}
	}
	return err
}

// standing holds the accounts of a platform against what the chart says of them by
// themselves, whatever the objects say.
type standing struct {
	v ledger.View
	t *tally
}

func (s *standing) account(a ledger.Account) error {
	if a.Purpose == "available" && a.Posted.Sign() < 0 && s.t.mine(a.Owner) {
		return s.explained(a)
	}
	return nil
}

// explained reports a balance below zero that entries whose reason is forced do not
// account for: no other takes it there (identity 2). It is read backwards until they do.
func (s *standing) explained(a ledger.Account) error {
	if c, err := s.v.Carried(a.Ref); err != nil || c.Entries > 0 {
		return err // they may be in an archive
	}
	owes, page := -a.Posted.Minor(), ledger.Page{Desc: true, Limit: 64}
	for {
		list, err := s.v.Entries(a.Ref, page)
		if err != nil {
			return err
		}
		forced, err := s.forced(a.Ref, list)
		if err != nil {
			return err
		}
		if owes -= forced; owes <= 0 {
			return nil
		}
		if len(list) < page.Limit {
			s.t.report.Add("platform "+s.t.platform+", "+a.Owner, "%v in %s is below zero, and %v of that by no entry that may take it there",
				a.Posted, a.Purpose, ledger.Minor(owes, a.Currency))
			return nil
		}
		page.After, page.Limit = list[len(list)-1].Place(ledger.ByPosting), ledger.MaxPage
	}
}

// forced is what forced entries of a page took out of an account.
func (s *standing) forced(r ledger.Ref, list []ledger.Posted) (minor int64, err error) {
	var ids []string
	for i := range list {
		if list[i].Amount.Sign() < 0 {
			ids = append(ids, list[i].Transaction)
		}
	}
	txs, err := s.v.Transactions(ids...)
	for i := range txs {
		for _, e := range txs[i].Entries {
			if e.Account == r && e.Forced && e.Amount.Sign() < 0 {
				minor -= e.Amount.Minor()
			}
		}
	}
	return minor, err
}
