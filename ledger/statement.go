package ledger

import (
	"context"
	"slices"
	"time"
)

// StatementRequest asks for the statement of one account over a period.
type StatementRequest struct {
	Account Ref
	By      TimeKind
	From    time.Time // inclusive; zero is the beginning
	To      time.Time // exclusive; zero is the end
	Limit   int       // lines at most; 0 is 10,000. A longer statement is refused, so that none is cut
}

// Statement is what happened in one account over a period.
type Statement struct {
	Account Ref
	Opening Money
	Lines   []StatementLine
	Closing Money
}

// StatementLine is an entry with the balance after it, in the order asked for.
type StatementLine struct {
	Posted
	Balance Money // by the statement's time; Posted.Balance is by posting
}

// NewStatement reads a statement in one consistent moment. An account that does
// not exist is NotFound, account_not_found; a period that ends before it begins
// is invalid_range, and one of more lines than the limit statement_too_long.
func NewStatement(ctx context.Context, s Store, r StatementRequest) (*Statement, error) {
	switch {
	case r.Limit < 0:
		return nil, invalid("invalid_limit", "limit", "a statement has a limit of one line or more")
	case r.Limit == 0:
		r.Limit = 10000
	}
	if err := r.Account.check(); err != nil {
		return nil, err
	}
	if r.By > ByEffective || !r.From.IsZero() && !r.To.IsZero() && !r.From.Before(r.To) {
		return nil, invalid("invalid_range", "from", "a statement goes from an earlier to a later moment")
	}
	r.From, r.To = AskedTime(r.From), AskedTime(r.To)
	st := &Statement{Account: r.Account}
	err := read(ctx, s, func(v View) (err error) {
		if list, err := v.Accounts(r.Account); err != nil {
			return err
		} else if list[0].Version == 0 {
			return noAccount(r.Account)
		}
		if st.Opening, err = opening(v, r); err != nil {
			return err
		}
		return st.fill(v, r)
	})
	if err != nil {
		return nil, err
	}
	return st, nil
}

func (st *Statement) fill(v View, r StatementRequest) error {
	balance := st.Opening
	p := Page{By: r.By, From: r.From, To: r.To, Limit: MaxPage}
	for {
		list, err := v.Entries(r.Account, p)
		if err != nil {
			return err
		}
		for _, e := range list {
			if balance, err = balance.Add(e.Amount); err != nil {
				return err
			}
			st.Lines = append(st.Lines, StatementLine{e, balance})
		}
		if len(st.Lines) > r.Limit {
			return invalid("statement_too_long", "limit", "the period has more entries than the limit; ask for a shorter one")
		}
		if len(list) < MaxPage {
			st.Closing = balance
			return nil
		}
		p.After = list[len(list)-1].Place(r.By)
	}
}

// opening returns the balance before the period. By effective time it is the
// balance by posting, corrected by the entries that were posted on one side of
// the period's start and count on the other: those are few, and only they are
// read.
func opening(v View, r StatementRequest) (Money, error) {
	if r.From.IsZero() {
		return Zero(r.Account.Currency), nil
	}
	balance, err := v.BalanceAt(r.Account, r.From.Add(-time.Microsecond))
	if err != nil || r.By == ByPosting {
		return balance, err
	}
	p := Page{Moved: true, Limit: MaxPage}
	for {
		list, err := v.Entries(r.Account, p)
		if err != nil {
			return Money{}, err
		}
		for _, e := range list {
			switch was, counts := e.At.Before(r.From), e.Effective.Before(r.From); {
			case was && !counts:
				balance, err = balance.Sub(e.Amount)
			case !was && counts:
				balance, err = balance.Add(e.Amount)
			}
			if err != nil {
				return Money{}, err
			}
		}
		if len(list) < MaxPage {
			return balance, nil
		}
		p.After = list[len(list)-1].Place(ByPosting)
	}
}

// TrialLine is the sum of the accounts of one purpose and currency.
type TrialLine struct {
	Purpose  string // without its detail where the chart owes it to sellers and platforms; with it everywhere else
	Currency Currency
	Accounts int
	Balance  Money
}

// TrialBalance is the sum of every account of a book by purpose and currency.
type TrialBalance struct {
	Lines  []TrialLine // in the order of the chart, then of their names
	Totals []Money     // per currency, in the order of their codes: zero each, or the books are wrong
}

// NewTrialBalance adds up one book, or all books together (""), in one
// consistent moment. Closed accounts are empty and left out.
func NewTrialBalance(ctx context.Context, s Store, book string) (*TrialBalance, error) {
	type key struct {
		purpose string
		cur     Currency
	}
	sums := make(map[key]*TrialLine)
	err := read(ctx, s, func(v View) error {
		return eachAccount(v, AccountQuery{Book: book, Open: true}, func(a Account) error {
			if p, ok := PurposeOf(a.Purpose); ok && p.Group == GroupAllowances {
				return nil // a limit is not money
			}
			k := key{a.Purpose, a.Currency}
			if p, ok := PurposeOf(a.Purpose); ok && p.Group == GroupSellers {
				k.purpose = p.Name
			}
			line, ok := sums[k]
			if !ok {
				line = &TrialLine{Purpose: k.purpose, Currency: k.cur, Balance: Zero(k.cur)}
				sums[k] = line
			}
			var err error
			line.Accounts++
			line.Balance, err = line.Balance.Add(a.Posted)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	t := &TrialBalance{}
	for _, line := range sums {
		t.Lines = append(t.Lines, *line)
	}
	slices.SortFunc(t.Lines, compareTrial)
	return t, t.total()
}

func (t *TrialBalance) total() error {
	for _, line := range t.Lines {
		i, ok := slices.BinarySearchFunc(t.Totals, line.Currency, func(m Money, c Currency) int {
			return compareCurrency(m.cur, c)
		})
		if !ok {
			t.Totals = slices.Insert(t.Totals, i, Zero(line.Currency))
		}
		sum, err := t.Totals[i].Add(line.Balance)
		if err != nil {
			return err
		}
		t.Totals[i] = sum
	}
	return nil
}

// IsZero reports whether every currency adds up to nothing, as it must.
func (t *TrialBalance) IsZero() bool {
	for _, m := range t.Totals {
		if !m.IsZero() {
			return false
		}
	}
	return true
}

func compareTrial(a, b TrialLine) int {
	x, y := chartPlace(a.Purpose), chartPlace(b.Purpose)
	switch {
	case x != y:
		return x - y
	case a.Purpose != b.Purpose:
		if a.Purpose < b.Purpose {
			return -1
		}
		return 1
	}
	return compareCurrency(a.Currency, b.Currency)
}

func compareCurrency(a, b Currency) int {
	return Ref{Currency: a}.Compare(Ref{Currency: b})
}

// chartPlace is a purpose's row in the chart; the host's own come last.
func chartPlace(purpose string) int {
	p, ok := PurposeOf(purpose)
	if !ok {
		return len(chart)
	}
	return slices.IndexFunc(chart[:], func(c Purpose) bool { return c.Name == p.Name })
}

// eachAccount pages through the accounts of a query.
func eachAccount(v View, q AccountQuery, fn func(Account) error) error {
	q.Limit = MaxPage
	for {
		list, err := v.AccountsOf(q)
		if err != nil {
			return err
		}
		for _, a := range list {
			if err := fn(a); err != nil {
				return err
			}
		}
		if len(list) < q.Limit {
			return nil
		}
		q.After = list[len(list)-1].Ref
	}
}
