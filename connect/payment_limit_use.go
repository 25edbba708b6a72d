package connect

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// limitMoves are what a unit of work has moved in accounts of limits so far: in them,
// and in the accounts that it filled first.
type limitMoves map[ledger.Ref]int64

// takeLimits takes a payment of an account, or of the platform itself, out of the
// limits that count it: guarded, so that the store refuses what is beyond one. It is
// the first thing that a payment posts.
func (p *Platform) takeLimits(u *ledger.Unit, object ledger.ID, prof *Profile, of LimitOf, account string, m ledger.Money, moves limitMoves) ([]LimitUse, error) {
	var uses []LimitUse
	var limits []*PaymentLimit
	add := func(list []PaymentLimit, owner string, each bool) {
		for i := range list {
			l := &list[i]
			if l.Of != of || l.Each != each {
				continue
			}
			takes, ok := l.takes(m)
			x := l.use(owner, u.At(), takes)
			if _, another := moves[x.left()]; ok && (l.Count == 0 || !another) { // several sources are one payment
				limits, uses = append(limits, l), append(uses, x)
			}
		}
	}
	ofPlatform, own, err := p.limitsNow(u, prof, account)
	if err != nil {
		return nil, err
	}
	add(ofPlatform, p.id, false)
	if account != "" && account != p.id {
		add(ofPlatform, account, true)
		add(own, account, false)
	}
	if len(uses) == 0 {
		return nil, nil
	}
	return uses, p.takeUses(u, object, limits, uses, moves)
}

// limitsNow are the limits of the platform and of an account. Where none is remembered
// none is read, since the commit checks that; what is remembered may refuse nothing, as
// another process may have changed it.
func (p *Platform) limitsNow(u *ledger.Unit, prof *Profile, account string) (ofPlatform, own []PaymentLimit, err error) {
	if len(prof.Limits) > 0 {
		if prof, err = platformKind.Get(u, p.id); err != nil {
			return nil, nil, err
		}
	}
	if account == "" || account == p.id {
		return prof.Limits, nil, nil
	}
	s, err := p.expectSeller(u, account)
	if err != nil || len(s.limits) == 0 {
		return prof.Limits, nil, err
	}
	a, err := p.account(u, account)
	if err != nil {
		return nil, nil, err
	}
	return prof.Limits, a.Limits, nil
}

// takeUses takes what payments use; what is beyond any limit is refused in the name of
// all that it is beyond.
func (p *Platform) takeUses(u *ledger.Unit, object ledger.ID, limits []*PaymentLimit, uses []LimitUse, moves limitMoves) error {
	refs := make([]ledger.Ref, len(uses))
	for i := range uses {
		refs[i] = uses[i].left()
	}
	accounts, err := u.Peek(refs...)
	if err != nil {
		return err
	}
	b := &books{u: u, p: p, object: object}
	var beyond []string
	for i := range uses {
		x, has := &uses[i], int64(0)
		_, filled := moves[refs[i]]
		if accounts[i].Version == 0 && !filled { // expected to be so: another process may have begun the window since
			if accounts[i], err = u.Account(refs[i]); err != nil {
				return err
			}
		}
		if accounts[i].Version == 0 && !filled {
			if has, err = p.fillLimit(b, limits[i], x); err != nil {
				return err
			}
		} else if has = moves[refs[i]]; accounts[i].Version > 0 {
			has += accounts[i].Posted.Minor()
			if x.Moving {
				back, err := p.daysBack(b, limits[i], x, moves)
				if err != nil {
					return err
				}
				has += back
			}
		}
		if has < x.Amount.Minor() {
			beyond = append(beyond, x.Name+", of which "+ledger.Minor(max(has, 0), x.Amount.Currency()).String()+" is left")
		}
		b.postLimit("allowance used", out(refs[i], x.Amount), in(x.used(), x.Amount))
		if moves != nil {
			moves[refs[i]] += has - x.Amount.Minor()
			if accounts[i].Version > 0 {
				moves[refs[i]] -= accounts[i].Posted.Minor()
			}
		}
	}
	if len(beyond) > 0 {
		return overLimit(strings.Join(beyond, "; "))
	}
	return nil
}

// overLimit is the error of what is beyond a limit.
func overLimit(which string) error {
	return badState("limit_exceeded", "amount", "it is beyond the limit "+which)
}

// namesLimit turns the store's refusal of what is beyond a limit, which another process
// used up meanwhile, into the engine's.
func (p *Platform) namesLimit(err error) error {
	var e *ledger.Error
	if !errors.As(err, &e) || e.Class != ledger.InsufficientFunds || e.Account.Book != limitsBook {
		return err
	}
	id := strings.Split(e.Account.Purpose, "/")[1]
	list := p.profile.Load().Limits
	if s, ok := p.e.known.get(e.Account.Owner); ok {
		list = append(slices.Clip(list), s.limits...)
	}
	name := id
	for i := range list {
		if list[i].ID == id {
			name = list[i].Name
		}
	}
	return overLimit(name + ", of which " + e.Have.String() + " is left")
}

// fillLimit opens what a limit allows in a new window, and returns it: less what the
// limit that it replaces had counted in the same window.
func (p *Platform) fillLimit(b *books, l *PaymentLimit, x *LimitUse) (int64, error) {
	ref, whole := x.left(), l.whole()
	b.postLimit("allowance filled", out(fills(whole.Currency()), whole), in(ref, whole))
	before, err := p.countedBefore(b.u, l, x)
	if err != nil || before == 0 {
		return whole.Minor(), err
	}
	used := ledger.Minor(min(before, whole.Minor()), whole.Currency())
	b.postLimit("allowance used", out(ref, used), in(x.used(), used))
	return whole.Minor() - used.Minor(), nil
}

// countedBefore is what the limits that one replaces have counted in its window.
func (p *Platform) countedBefore(u *ledger.Unit, l *PaymentLimit, x *LimitUse) (int64, error) {
	for id := l.Replaces; id != ""; {
		old, err := limitKind.Get(u, id)
		if err != nil {
			return 0, err
		}
		was := old.use(x.Owner, u.At(), x.Amount)
		if old.Window != l.Window || old.whole().Currency() != x.Amount.Currency() {
			return 0, nil
		}
		list, err := u.Peek(was.left())
		if err != nil {
			return 0, err
		}
		if list[0].Version > 0 && was.Moving {
			return p.countedDays(u, old, &was)
		}
		if list[0].Version > 0 {
			return old.whole().Minor() - list[0].Posted.Minor(), nil
		}
		id = old.Replaces
	}
	return 0, nil
}

// countedDays is what a rolling limit counts on the days that are in its window still:
// nothing gives the others back once it has ended.
func (p *Platform) countedDays(u *ledger.Unit, l *PaymentLimit, x *LimitUse) (used int64, err error) {
	prefix := "allowance/" + l.ID + "/"
	first := l.firstDay(u.At())
	err = u.View(func(v ledger.View) error {
		used = 0
		return ledger.EachAccount(v, ledger.AccountQuery{Book: limitsBook, Owner: x.Owner, Purpose: prefix, Open: true}, func(a ledger.Account) error {
			if day := a.Purpose[len(prefix):]; a.Ref != x.left() && day >= first {
				used += a.Posted.Minor()
			}
			return nil
		})
	})
	return used, err
}

// firstDay is the first day of the window of a rolling limit.
func (l *PaymentLimit) firstDay(at time.Time) string {
	return at.UTC().AddDate(0, 0, 1-l.Days).Format(time.DateOnly)
}

// daysBack gives a rolling limit back what was used on days that have left its window,
// and returns how much that is.
func (p *Platform) daysBack(b *books, l *PaymentLimit, x *LimitUse, moves limitMoves) (back int64, err error) {
	first := l.firstDay(b.u.At())
	prefix := "allowance/" + l.ID + "/"
	q := ledger.AccountQuery{Book: limitsBook, Owner: x.Owner, Purpose: prefix, Open: true, Limit: 10}
	for {
		var list []ledger.Account
		err := b.u.View(func(v ledger.View) (err error) {
			list, err = v.AccountsOf(q)
			return err
		})
		if err != nil {
			return back, err
		}
		for _, a := range list {
			if a.Purpose[len(prefix):] >= first { // "rolling" is the last
				return back, nil
			}
			if _, done := moves[a.Ref]; done {
				continue
			}
			b.u.AssumeOpen(a.Ref)
			b.postLimit("allowance returned", out(a.Ref, a.Posted), in(x.left(), a.Posted))
			b.u.Close(a.Ref)
			back += a.Posted.Minor()
			if moves != nil {
				moves[a.Ref] = 0
			}
		}
		if len(list) < q.Limit {
			return back, nil
		}
		q.After = list[len(list)-1].Ref
	}
}

// postLimit books in the book of limits.
func (b *books) postLimit(reason string, lines ...line) {
	own := *b.p
	own.id = limitsBook
	c := books{u: b.u, p: &own, object: b.object}
	c.post(reason, lines...)
}
