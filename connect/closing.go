package connect

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// RollForward is what stood in each purpose of a platform's book before a period, what
// moved it by reason, and what stood there after: by the time at which entries count.
type RollForward struct {
	Platform string     `json:"platform"`
	From     payout.Day `json:"from"`
	To       payout.Day `json:"to"` // the first day after the period
	Lines    []RollLine `json:"lines,omitzero"`
	// Differences is where opening and movements are not what the balance at the end
	// says. It is empty, or the books are wrong.
	Differences []string `json:"differences,omitzero"`
}

// RollLine is one purpose in one currency: Opening and all Movements are Closing. The
// purpose has no detail where the chart owes it to sellers and platforms, and has it
// everywhere else, as in a trial balance.
type RollLine struct {
	Purpose   string          `json:"purpose"`
	Currency  ledger.Currency `json:"currency"`
	Opening   ledger.Money    `json:"opening"`
	Movements []RollMovement  `json:"movements,omitzero"` // in the order of their reasons
	Closing   ledger.Money    `json:"closing"`
}

// RollMovement is what the entries of one reason came to.
type RollMovement struct {
	Reason  string       `json:"reason"`
	Entries int          `json:"entries"`
	Amount  ledger.Money `json:"amount"`
}

// RollForward adds up a period of days in UTC, from one to before another. It reads
// every account of the platform at one moment; a period that begins within what was
// moved to an archive is refused (State, period_archived).
func (p *Platform) RollForward(ctx context.Context, from, to payout.Day) (*RollForward, error) {
	if err := p.may(ctx, "RollForward"); err != nil {
		return nil, err
	}
	out := &RollForward{Platform: p.id, From: from, To: to}
	if err := checkDays(from, to); err != nil {
		return nil, fmt.Errorf("connect: roll-forward: %w", err)
	}
	err := p.store.Read(ctx, func(v ledger.View) error {
		r := rolling{lines: make(map[rollKey]*RollLine), counted: make(map[rollKey]ledger.Money)}
		if err := p.eachPeriod(ctx, v, from, to, r.add); err != nil {
			return err
		}
		out.Lines, out.Differences = r.end()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("connect: roll-forward: %w", err)
	}
	return out, nil
}

func checkDays(from, to payout.Day) error {
	if from >= to {
		return badField("invalid_range", "from", "a period goes from an earlier to a later day")
	}
	return nil
}

// accountPeriod is one account over a period.
type accountPeriod struct {
	account          ledger.Account
	opening, closing ledger.Money
	entries          []ledger.Posted
}

// eachPeriod calls fn with each account of the book that is about money: what stood in
// it before and after, and what counts in between. What fn gets is a page of entries
// of an account at a time; only its first page says what stood there.
func (p *Platform) eachPeriod(ctx context.Context, v ledger.View, from, to payout.Day, fn func(*accountPeriod) error) error {
	return ledger.EachAccount(v, ledger.AccountQuery{Book: p.id}, func(a ledger.Account) error {
		purpose, ok := ledger.PurposeOf(a.Purpose)
		if a.Entries == 0 || ok && purpose.Group == ledger.GroupAllowances {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		x := &accountPeriod{account: a}
		var err error
		if x.opening, err = countsBefore(v, a.Ref, from.Time()); err != nil {
			return err
		}
		if x.closing, err = countsBefore(v, a.Ref, to.Time()); err != nil {
			return err
		}
		page := ledger.Page{By: ledger.ByEffective, From: from.Time(), To: to.Time(), Limit: ledger.MaxPage}
		for {
			if x.entries, err = v.Entries(a.Ref, page); err != nil {
				return err
			}
			if err := fn(x); err != nil {
				return err
			}
			if len(x.entries) < page.Limit {
				return nil
			}
			page.After = x.entries[len(x.entries)-1].Place(ledger.ByEffective)
			x.opening, x.closing = ledger.Zero(a.Currency), ledger.Zero(a.Currency)
		}
	})
}

// countsBefore is the balance of an account of all that counts before a moment: the
// balance by posting, corrected by the few entries whose two times lie on both sides.
func countsBefore(v ledger.View, r ledger.Ref, at time.Time) (ledger.Money, error) {
	m, err := v.BalanceAt(r, at.Add(-time.Microsecond))
	page := ledger.Page{Moved: true, Limit: ledger.MaxPage}
	for err == nil {
		var list []ledger.Posted
		if list, err = v.Entries(r, page); err != nil {
			break
		}
		for i := range list {
			switch was, counts := list[i].At.Before(at), list[i].Effective.Before(at); {
			case was && !counts:
				m, err = m.Sub(list[i].Amount)
			case !was && counts:
				m, err = m.Add(list[i].Amount)
			}
			if err != nil {
				return m, err
			}
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].Place(ledger.ByPosting)
	}
	return m, err
}

type rollKey struct {
	purpose  string
	currency ledger.Currency
}

// rollPurpose is under which purpose an account is reported.
func rollPurpose(purpose string) string {
	if p, ok := ledger.PurposeOf(purpose); ok && p.Group == ledger.GroupSellers {
		return p.Name
	}
	return purpose
}

type rolling struct {
	lines   map[rollKey]*RollLine
	counted map[rollKey]ledger.Money // opening and movements
}

func (r *rolling) add(x *accountPeriod) error {
	k := rollKey{rollPurpose(x.account.Purpose), x.account.Currency}
	l := r.lines[k]
	if l == nil {
		zero := ledger.Zero(k.currency)
		l = &RollLine{Purpose: k.purpose, Currency: k.currency, Opening: zero, Closing: zero}
		r.lines[k], r.counted[k] = l, zero
	}
	var err error
	add := func(to *ledger.Money, m ledger.Money) {
		if err == nil {
			*to, err = to.Add(m)
		}
	}
	counted := r.counted[k]
	add(&l.Opening, x.opening)
	add(&l.Closing, x.closing)
	add(&counted, x.opening)
	for i := range x.entries {
		e := &x.entries[i]
		n, found := slices.BinarySearchFunc(l.Movements, e.Reason, func(m RollMovement, reason string) int { return strings.Compare(m.Reason, reason) })
		if !found {
			l.Movements = slices.Insert(l.Movements, n, RollMovement{Reason: e.Reason, Amount: ledger.Zero(k.currency)})
		}
		l.Movements[n].Entries++
		add(&l.Movements[n].Amount, e.Amount)
		add(&counted, e.Amount)
	}
	r.counted[k] = counted
	return err
}

// end puts the lines in the order of the chart; what neither was nor moved is left out.
func (r *rolling) end() (lines []RollLine, differences []string) {
	chart := ledger.Chart()
	place := func(purpose string) int {
		name, _, _ := strings.Cut(purpose, "/")
		if n := slices.IndexFunc(chart, func(p ledger.Purpose) bool { return p.Name == name }); n >= 0 {
			return n
		}
		return len(chart)
	}
	for _, l := range r.lines {
		if !l.Opening.IsZero() || !l.Closing.IsZero() || len(l.Movements) > 0 {
			lines = append(lines, *l)
		}
	}
	slices.SortFunc(lines, func(a, b RollLine) int {
		return cmp.Or(place(a.Purpose)-place(b.Purpose), strings.Compare(a.Purpose, b.Purpose), strings.Compare(a.Currency.String(), b.Currency.String()))
	})
	for i := range lines {
		l := &lines[i]
		if has := r.counted[rollKey{l.Purpose, l.Currency}]; has != l.Closing {
			differences = append(differences, fmt.Sprintf("%s in %s: opening and movements are %v, the balance is %v", l.Purpose, l.Currency, has, l.Closing))
		}
	}
	return lines, differences
}
