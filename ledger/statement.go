package ledger

import (
	"context"
	"maps"
	"math/big"
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
// is invalid_range, and one of more lines than the limit statement_too_long. One
// that begins within what was moved to an archive is State, period_archived; by
// effective time it begins after both times of all that was moved.
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
		if c, err := v.Carried(r.Account); err != nil {
			return err
		} else if !c.begins(r.From, r.By) {
			return c.Archived(r.Account, "from")
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
// consistent moment. Closed accounts are empty and left out. Sums may leave 64
// bits on their way; a line or a total that ends beyond them is an error of class
// Invalid and code amount_too_large, whose message names the line and says the
// exact sum.
func NewTrialBalance(ctx context.Context, s Store, book string) (*TrialBalance, error) {
	sums := make(map[TrialLine]*trialSum)
	err := read(ctx, s, func(v View) error {
		return EachAccount(v, AccountQuery{Book: book, Open: true}, func(a Account) error {
			p, ok := PurposeOf(a.Purpose)
			if ok && p.Group == GroupAllowances {
				return nil // a limit is not money
			}
			k := TrialLine{Purpose: a.Purpose, Currency: a.Currency}
			if ok && p.Group == GroupSellers {
				k.Purpose = p.Name
			}
			sum := sums[k]
			if sum == nil {
				sum = new(trialSum)
				sums[k] = sum
			}
			sum.accounts++
			sum.minor.Add(&sum.minor, big.NewInt(a.Posted.minor))
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return newTrialBalance(sums)
}

// trialSum is what the accounts of a line add up to.
type trialSum struct {
	accounts int
	minor    big.Int
}

func newTrialBalance(sums map[TrialLine]*trialSum) (*TrialBalance, error) {
	t := &TrialBalance{}
	totals := make(map[Currency]*big.Int)
	for line, sum := range sums {
		total := totals[line.Currency]
		if total == nil {
			total = new(big.Int)
			totals[line.Currency] = total
		}
		total.Add(total, &sum.minor)
		line.Accounts = sum.accounts
		t.Lines = append(t.Lines, line)
	}
	slices.SortFunc(t.Lines, compareTrial)
	for i := range t.Lines {
		line := &t.Lines[i]
		sum := &sums[TrialLine{Purpose: line.Purpose, Currency: line.Currency}].minor
		if !sum.IsInt64() {
			return nil, trialTooLarge(line.Purpose, line.Currency, sum)
		}
		line.Balance = Minor(sum.Int64(), line.Currency)
	}
	for _, c := range slices.SortedFunc(maps.Keys(totals), compareCurrency) {
		if !totals[c].IsInt64() {
			return nil, trialTooLarge("the total", c, totals[c])
		}
		t.Totals = append(t.Totals, Minor(totals[c].Int64(), c))
	}
	return t, nil
}

func trialTooLarge(what string, c Currency, minor *big.Int) *Error {
	return &Error{Class: Invalid, Code: "amount_too_large", Field: "balance", Op: "ledger: trial balance",
		Msg: what + " in " + c.String() + " adds up to " + minor.String() + " minor units, which do not fit 64 bits"}
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

// EachAccount calls fn with every account of a query, a page of which is read at a
// time, until fn returns an error. Limit is not looked at.
func EachAccount(v View, q AccountQuery, fn func(Account) error) error {
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
