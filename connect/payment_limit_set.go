package connect

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/soukhq/souk/ledger"
)

// maxLimits bounds the limits of a platform, and of an account.
const maxLimits = 20

// SetLimitRequest sets a limit.
type SetLimitRequest struct {
	Key       string `json:"-"`
	AccountID string `json:"account,omitzero"` // whose payments it is of; empty: all of the platform's
	Each      bool   `json:"each,omitzero"`    // of the platform's: each account's by itself
	// Name is how the host calls it: 1–40 lower-case letters, digits, dots, dashes and
	// underscores. A limit of that name that its owner has is replaced.
	Name   string       `json:"name,omitzero"`
	Of     LimitOf      `json:"of,omitzero"`     // empty: LimitCharges
	Amount ledger.Money `json:"amount,omitzero"` // in all; a limit is of an amount or of a count
	Count  int64        `json:"count,omitzero"`  // how many: 1–1,000,000,000
	Window LimitWindow  `json:"window,omitzero"` // empty: LimitDay
	Days   int          `json:"days,omitzero"`   // of LimitRolling, 1–366
}

// SetLimit limits how much may be charged or transferred in a time, or how often, from
// now on. A payment takes of it when it is recorded, and what is beyond is refused with
// class State and code limit_exceeded; a charge gives back what is not paid in the end.
// An amount is of payments in its currency: those in others have limits of their own.
// A limit that replaces one of the same window goes on from what that had counted; what
// is given back to the former later is not there under the new one.
func (p *Platform) SetLimit(ctx context.Context, r SetLimitRequest) (*PaymentLimit, error) {
	verb := simpleVerb[PaymentLimit]{name: "set limit", kind: &limitKind, replayed: (*PaymentLimit).replay}
	l, err := simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*PaymentLimit, error) {
		l := &PaymentLimit{
			ID: u.NewID(limitKind.Prefix), Platform: p.id, Account: r.AccountID, Name: r.Name, Of: r.Of, Each: r.Each,
			Window: r.Window, Days: r.Days, Amount: r.Amount, Count: r.Count, Created: u.At(),
		}
		if err := p.checkLimit(u, l); err != nil {
			return nil, err
		}
		err := p.changeLimits(u, l.Account, func(list []PaymentLimit) ([]PaymentLimit, error) {
			if i := slices.IndexFunc(list, func(o PaymentLimit) bool { return o.Name == l.Name }); i >= 0 {
				l.Replaces = list[i].ID
				if err := p.endLimit(u, l.Replaces); err != nil {
					return nil, err
				}
				list = slices.Delete(list, i, i+1)
			}
			if len(list) == maxLimits {
				return nil, badState("too_many_limits", "limits", "there are at most twenty limits")
			}
			return append(list, *l), nil
		})
		if err != nil {
			return nil, err
		}
		return l, p.putLimit(u, l, EventLimitSet)
	})
	p.reread(ctx, err)
	return l, err
}

func (p *Platform) putLimit(u *ledger.Unit, l *PaymentLimit, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: limitKind.ID(l.ID)})
	return limitKind.Put(u, l.ID, l)
}

func (p *Platform) checkLimit(u *ledger.Unit, l *PaymentLimit) error {
	bad := func(field, msg string) error { return badField("invalid_limit", field, msg) }
	if l.Of == "" {
		l.Of = LimitCharges
	}
	if l.Window == "" {
		l.Window = LimitDay
	}
	if holdsCard(l.Name) {
		return cardIn("name")
	}
	if !validName(l.Name) {
		return bad("name", "its name is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	}
	switch {
	case l.Of != LimitCharges && l.Of != LimitTransfers:
		return bad("of", "a limit is of charges or of transfers")
	case l.Each && l.Account != "":
		return bad("each", "an account's own limit is of that account")
	case l.Window != LimitDay && l.Window != LimitWeek && l.Window != LimitMonth && l.Window != LimitRolling:
		return bad("window", "a limit holds for a day, a week, a month or rolling days")
	case l.Window == LimitRolling && (l.Days < 1 || l.Days > 366), l.Window != LimitRolling && l.Days != 0:
		return bad("days", "a rolling limit has 1 to 366 days, and others none")
	case (l.Amount == ledger.Money{}) == (l.Count == 0):
		return bad("amount", "a limit is of an amount or of a count")
	case l.Count < 0 || l.Count > 1_000_000_000:
		return bad("count", "a count is 1 to 1,000,000,000")
	case l.Amount.Sign() < 0 || l.Count == 0 && l.Amount.IsZero() || l.Amount.Minor() > 1000*maximum:
		return badField("invalid_amount", "amount", "a limit is more than zero, of at most fifteen digits")
	}
	if l.Count == 0 {
		return p.e.checkCurrency("amount", l.Amount.Currency(), u.At())
	}
	return nil
}

// changeLimits changes the limits of an account, or of the platform itself.
func (p *Platform) changeLimits(u *ledger.Unit, account string, change func([]PaymentLimit) ([]PaymentLimit, error)) error {
	if account != "" {
		a, err := p.account(u, account)
		if err != nil {
			return err
		}
		if a.Limits, err = change(a.Limits); err != nil {
			return err
		}
		u.Emit(ledger.Event{Type: EventAccountUpdated, Platform: p.id, Object: accountKind.ID(a.ID)})
		return accountKind.Put(u, a.ID, a)
	}
	o, err := platformKind.Get(u, p.id)
	if err != nil {
		return err
	}
	if o.Limits, err = change(o.Limits); err != nil {
		return err
	}
	u.Emit(ledger.Event{Type: EventPlatformUpdated, Platform: p.id, Object: platformKind.ID(p.id)})
	return platformKind.Put(u, p.id, o)
}

// reread remembers the profile as it is after a change of it; if that fails the next
// verb finds out.
func (p *Platform) reread(ctx context.Context, err error) {
	if err != nil {
		return
	}
	if v, err := readProfile(ctx, p.store, p.id); err == nil {
		p.profile.Store(v)
	}
}

// endLimit notes that a limit has ended.
func (p *Platform) endLimit(u *ledger.Unit, id string) error {
	l, err := p.limit(u, id)
	if err != nil {
		return err
	}
	l.Ended = u.At()
	return p.putLimit(u, l, EventLimitEnded)
}

// limit returns a limit of the platform that holds.
func (p *Platform) limit(u *ledger.Unit, id string) (*PaymentLimit, error) {
	l, err := limitKind.Get(u, id)
	switch {
	case err != nil:
		return nil, notFoundOr(err, "limit")
	case l.Platform != p.id:
		return nil, notFound("limit")
	case !l.Ended.IsZero():
		return nil, badState("invalid_state", "limit", "the limit has ended")
	}
	return l, nil
}

// EndLimitRequest ends a limit.
type EndLimitRequest struct {
	Key     string `json:"-"`
	LimitID string `json:"limit,omitzero"`
}

// EndLimit ends a limit: payments are recorded without it from now on.
func (p *Platform) EndLimit(ctx context.Context, r EndLimitRequest) (*PaymentLimit, error) {
	verb := simpleVerb[PaymentLimit]{name: "end limit", kind: &limitKind, replayed: (*PaymentLimit).replay, target: r.LimitID}
	l, err := simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*PaymentLimit, error) {
		l, err := p.limit(u, r.LimitID)
		if err != nil {
			return nil, err
		}
		err = p.changeLimits(u, l.Account, func(list []PaymentLimit) ([]PaymentLimit, error) {
			return slices.DeleteFunc(list, func(o PaymentLimit) bool { return o.ID == l.ID }), nil
		})
		if err != nil {
			return nil, err
		}
		l.Ended = u.At()
		return l, p.putLimit(u, l, EventLimitEnded)
	})
	p.reread(ctx, err)
	return l, err
}

// GetLimit returns a limit of the platform.
func (p *Platform) GetLimit(ctx context.Context, id string) (*PaymentLimit, error) {
	return get(ctx, p, &limitKind, id, "limit", func(l *PaymentLimit) string { return l.Platform })
}

var limitLister = &lister[PaymentLimit]{what: "limits", kind: &limitKind, account: "account", platform: func(l *PaymentLimit) string { return l.Platform }}

// ListLimits returns a page of the platform's limits, those that have ended too.
func (p *Platform) ListLimits(ctx context.Context, r ListRequest) (*List[PaymentLimit], error) {
	return limitLister.page(ctx, p, r)
}

// Limits walks the platform's limits, newest first.
func (p *Platform) Limits(ctx context.Context, r ListRequest) iter.Seq2[*PaymentLimit, error] {
	return limitLister.each(ctx, p, r, func(l *PaymentLimit) string { return l.ID })
}

// Allowance is what a limit still allows an owner now.
type Allowance struct {
	Limit PaymentLimit `json:"limit"`
	Owner string       `json:"owner"` // an account, or the platform
	Left  ledger.Money `json:"left"`  // a count is in COUNT/0
}

// Allowances returns what the limits that count payments of an account still allow:
// the platform's, those of each account, its own. Empty: those of the platform alone.
// In a Preview after a verb it is what that verb would leave.
func (p *Platform) Allowances(ctx context.Context, accountID string) (list []Allowance, err error) {
	if err := p.may(ctx, "Allowances"); err != nil {
		return nil, err
	}
	_, err = p.unit(ctx, func(u *ledger.Unit) error {
		list = nil
		prof, err := platformKind.Get(u, p.id)
		if err != nil {
			return err
		}
		own := []PaymentLimit(nil)
		if accountID != "" {
			a, err := p.account(u, accountID)
			if err != nil {
				return err
			}
			own = a.Limits
		}
		for _, l := range append(slices.Clip(prof.Limits), own...) {
			owner := p.id
			if l.Each || l.Account != "" {
				owner = accountID
			}
			if owner == "" {
				continue
			}
			left, err := p.allows(u, &l, owner)
			if err != nil {
				return err
			}
			list = append(list, Allowance{l, owner, left})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("connect: allowances: %w", err)
	}
	return list, nil
}

// allows is what a limit still allows an owner.
func (p *Platform) allows(u *ledger.Unit, l *PaymentLimit, owner string) (ledger.Money, error) {
	whole := l.whole()
	x := l.use(owner, u.At(), ledger.Zero(whole.Currency()))
	list, err := u.Peek(x.left())
	if err != nil {
		return whole, err
	}
	if list[0].Version == 0 {
		used, err := p.countedBefore(u, l, &x)
		return ledger.Minor(max(whole.Minor()-used, 0), whole.Currency()), err
	}
	left := list[0].Posted
	if !x.Moving {
		return left, nil
	}
	first, prefix := l.firstDay(u.At()), "allowance/"+l.ID+"/"
	err = u.View(func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{Book: limitsBook, Owner: owner, Purpose: prefix, Open: true}, func(a ledger.Account) error {
			if a.Purpose[len(prefix):] < first {
				left = sum(left, a.Posted)
			}
			return nil
		})
	})
	return left, err
}
