package connect

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// BalanceTransactionsRequest asks for one page of what happened to a balance, newest
// first.
type BalanceTransactionsRequest struct {
	AccountID string                 // an account of the platform; its own id, or empty, is the platform itself
	Currency  ledger.Currency        // zero: all
	Type      BalanceTransactionType // empty: all
	Category  ReportingCategory      // empty: all
	SourceID  string                 // only what steps of this object did: a charge, a refund, a payout … (all that Explain knows)
	// From and To are days in UTC, of posting: from the first one to before the second.
	// Zero is no bound.
	From, To payout.Day
	Moves    bool // also what only moved between the owner's own purposes (TypeMove)
	// After is Next of the page before, or the id of a balance transaction of the list;
	// empty starts.
	After string
	Limit int // 1–100; 0 is 10
}

// BalanceTransactionList is one page. Next goes on from it; it is set where More is.
// A page may hold fewer than were asked for, and More, where few of many are wanted.
type BalanceTransactionList struct {
	Items []*BalanceTransaction
	More  bool
	Next  string
}

// mostScanned is how many entries one page looks at for what is wanted.
const mostScanned = 2000

// ListBalanceTransactions returns a page of the balance transactions of an account of
// the platform, or of the platform itself. What is posted while pages are read comes
// before the first one, so that none is seen twice or left out. The list ends where an archive
// begins. A page costs a read of the owner's accounts, one of each that was posted to in
// the time it covers, and those of the transactions behind its lines and their sources,
// however long the history is.
func (p *Platform) ListBalanceTransactions(ctx context.Context, r BalanceTransactionsRequest) (*BalanceTransactionList, error) {
	if err := p.may(ctx, "ListBalanceTransactions"); err != nil {
		return nil, err
	}
	page, err := p.balanceTransactions(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("connect: balance transactions: %w", err)
	}
	return page, nil
}

// BalanceTransactions walks them, newest first.
func (p *Platform) BalanceTransactions(ctx context.Context, r BalanceTransactionsRequest) iter.Seq2[*BalanceTransaction, error] {
	return func(yield func(*BalanceTransaction, error) bool) {
		if r.Limit == 0 {
			r.Limit = maxList
		}
		for {
			page, err := p.ListBalanceTransactions(ctx, r)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, l := range page.Items {
				if !yield(l, nil) {
					return
				}
			}
			if !page.More {
				return
			}
			r.After = page.Next
		}
	}
}

// GetBalanceTransaction returns one. What was moved to an archive is not found.
func (p *Platform) GetBalanceTransaction(ctx context.Context, id string) (*BalanceTransaction, error) {
	if err := p.may(ctx, "GetBalanceTransaction"); err != nil {
		return nil, err
	}
	transaction, owner, cur, ok := parseBalanceTransactionID(id)
	if !ok || p.on != nil && owner != p.on.account {
		return nil, fmt.Errorf("connect: balance transaction: %w", notFound("balance transaction"))
	}
	var l *BalanceTransaction
	err := p.store.Read(ctx, func(v ledger.View) error {
		s := newSteps(v, p.id)
		if err := s.around([]string{transaction}); err != nil {
			return err
		}
		if l = s.line(transaction, owner, cur); l == nil {
			return notFound("balance transaction")
		}
		return p.tellSources(v, []*BalanceTransaction{l})
	})
	if err != nil {
		return nil, fmt.Errorf("connect: balance transaction: %w", err)
	}
	return disclosed(ctx, p, l)
}

func (r *BalanceTransactionsRequest) check() error {
	if r.Limit == 0 {
		r.Limit = defaultList
	}
	switch {
	case r.Limit < 1 || r.Limit > maxList:
		return badField("invalid_limit", "limit", "a page holds 1 to 100 objects")
	case r.From != 0 && r.To != 0 && r.From >= r.To:
		return badField("invalid_range", "from", "the list goes from an earlier to a later day")
	}
	return nil
}

func (p *Platform) balanceTransactions(ctx context.Context, r BalanceTransactionsRequest) (*BalanceTransactionList, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	b, err := p.emptyBalance(ctx, r.AccountID)
	if err != nil {
		return nil, err
	}
	after, err := parseAfter(r.After)
	if err != nil {
		return nil, err
	}
	var page *BalanceTransactionList
	err = p.store.Read(ctx, func(v ledger.View) (err error) {
		l := &lineReader{p: p, owner: b.Owner, r: &r, steps: newSteps(v, p.id), page: &BalanceTransactionList{}}
		page = l.page
		return l.run(v, after)
	})
	if err != nil {
		return nil, err
	}
	for i, l := range page.Items {
		if page.Items[i], err = disclosed(ctx, p, l); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// afterPlace is a cursor: a place, and the days of pending money whose accounts have
// entries before it. Without that list every later day would have to be asked.
type afterPlace struct {
	linePlace
	id   string          // or a line's, whose place is looked up
	days map[string]bool // "2026-11-30 USD"; nil: they are not known
}

func (a afterPlace) String() string {
	text := "after_" + strconv.FormatInt(a.at.UnixMicro(), 36) + ":" + a.transaction + ":" + a.currency
	days := make([]string, 0, len(a.days))
	for d := range a.days {
		days = append(days, d)
	}
	slices.Sort(days)
	return text + ":" + strings.Join(days, ",")
}

func parseAfter(text string) (a afterPlace, err error) {
	bad := badField("invalid_cursor", "after", "this is neither the end of a page nor the id of a balance transaction")
	rest, ok := strings.CutPrefix(text, "after_")
	if !ok {
		if _, _, _, ok := parseBalanceTransactionID(text); !ok && text != "" {
			return a, bad
		}
		a.id = text
		return a, nil
	}
	parts := strings.Split(rest, ":")
	n := len(parts)
	if n < 4 {
		return a, bad
	}
	micro, err := strconv.ParseInt(parts[0], 36, 64)
	if err != nil {
		return a, bad
	}
	a.at, a.transaction, a.currency = ledger.AskedTime(time.UnixMicro(micro)), strings.Join(parts[1:n-2], ":"), parts[n-2]
	a.days = make(map[string]bool)
	for d := range strings.SplitSeq(parts[n-1], ",") {
		if d != "" {
			a.days[d] = true
		}
	}
	return a, nil
}

// dayKey names an account of pending money in a cursor; empty: it is none.
func dayKey(r ledger.Ref) string {
	day, ok := strings.CutPrefix(r.Purpose, pendingPrefix)
	if !ok {
		return ""
	}
	return day + " " + r.Currency.String()
}
