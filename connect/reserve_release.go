package connect

import (
	"errors"
	"time"

	"github.com/soukhq/souk/ledger"
)

// freeReserve gives an amount of a reserve back to its account: the second line of flow
// V1. What is free is frozen first, where an order by law wants it.
func (p *Platform) freeReserve(u *ledger.Unit, r *Reserve, m ledger.Money) error {
	c := m.Currency()
	b := &books{u: u, p: p, object: reserveKind.ID(r.ID)}
	b.post(r.freed(), out(p.of(r.Account, r.purpose(), c), m), in(p.of(r.Account, "available", c), m))
	r.Released = sum(r.Released, m)
	if err := p.putReserve(u, r, EventReserveReleased); err != nil {
		return err
	}
	return p.freezeFree(u, r.Account, c)
}

// freeForRefund frees what a seller lacks for a refund of what is kept back for what may be
// disputed: what is refunded cannot be. One who may owe it has it set off later, by Draw.
func (p *Platform) freeForRefund(u *ledger.Unit, prof *Profile, a *Account, c *Charge, gives ledger.Money) error {
	if !prof.Reserving || a.ShortBalance == ShortNegative || gives.Sign() <= 0 || frozenIn(a.Freezes, gives.Currency()) != nil {
		return nil
	}
	if _, enough, err := p.sellerHas(u, c, gives.Minor()); err != nil || enough {
		return err
	}
	free, err := p.spendable(u, a.ID, gives.Currency())
	if err != nil {
		return err
	}
	list, err := p.openReserves(u, a.ID, gives.Currency())
	if err != nil {
		return err
	}
	for _, r := range list {
		if m := min(gives.Minor()-free.Minor(), r.Left().Minor()); r.Type == ReserveExposure && m > 0 {
			return p.freeReserve(u, r, ledger.Minor(m, gives.Currency()))
		}
	}
	return nil
}

// reserveDue lets Drain release a reserve whose day has come, or look at one that follows
// what may be disputed. A reserve that is not due, and one that was released, stays as it
// is: so it is released once, whatever the clock does.
func (p *Platform) reserveDue(u *ledger.Unit, id string) error {
	r, err := reserveKind.Get(u, id)
	if err != nil || r.Status != ReserveOpen || !r.Work.Open() || u.At().Before(r.Work.Due) {
		return err
	}
	if r.Type != ReserveExposure {
		return p.freeReserve(u, r, r.Left())
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	s, err := p.expectSeller(u, r.Account)
	if err != nil {
		return err
	}
	if _, err := p.spendable(u, r.Account, r.Amount.Currency()); err != nil {
		return err
	}
	list, err := p.openReserves(u, r.Account, r.Amount.Currency())
	if err != nil {
		return err
	}
	rule := s.reserveRule(prof)
	takes, draw := rule != nil && rule.Terms.Exposure, rule != nil && rule.Terms.Draw
	return p.followExposure(u, r, list, takes, draw)
}

// reserveWatch lets Drain look whether an account owes something that its reserves may
// pay. There is one for an account at most, under its id.
type reserveWatch struct {
	Platform string      `json:"platform"`
	Account  string      `json:"account"`
	Created  time.Time   `json:"created"`
	Work     ledger.Work `json:"work,omitzero"`
}

var reserveWatchKind = ledger.Kind[reserveWatch]{
	Name:   "connect.reserve_watch",
	Prefix: accountKind.Prefix,
	Keys: func(w *reserveWatch) []ledger.Key {
		return w.Work.Keys(ledger.Key{Name: "platform", Value: w.Platform, At: w.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "due", Path: "work.due", Type: ledger.TimeColumn},
	},
}

// watchReserves begins to look at an account.
func (p *Platform) watchReserves(u *ledger.Unit, account string) error {
	w, err := reserveWatchKind.Get(u, account)
	if errors.Is(err, ledger.NotFound) {
		w, err = &reserveWatch{Platform: p.id, Account: account, Created: u.At()}, nil
	}
	if err != nil || w.Work.Open() {
		return err
	}
	w.Work.Later(u.At().Add(reserveLook))
	return reserveWatchKind.Put(u, account, w)
}

// drawReserves lets Drain fill what an account owes from its reserves, the oldest first,
// where its terms say so by now.
func (p *Platform) drawReserves(u *ledger.Unit, account string) error {
	w, err := reserveWatchKind.Get(u, account)
	if err != nil || !w.Work.Open() || u.At().Before(w.Work.Due) {
		return err
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	s, err := p.expectSeller(u, account)
	if err != nil {
		return err
	}
	list, err := p.openReserves(u, account, 0)
	if err != nil {
		return err
	}
	rule := s.reserveRule(prof)
	if w.Work.Later(u.At().Add(reserveLook)); rule == nil || !rule.Terms.Draw || len(list) == 0 {
		w.Work.Done()
		return reserveWatchKind.Put(u, account, w)
	}
	for _, r := range list {
		if err := p.drawReserve(u, r); err != nil {
			return err
		}
	}
	return reserveWatchKind.Put(u, account, w)
}

// drawReserve fills what an account owes in the currency of one of its reserves.
func (p *Platform) drawReserve(u *ledger.Unit, r *Reserve) error {
	c := r.Amount.Currency()
	if r.Type == ReserveLate {
		return nil
	}
	own := p.of(r.Account, "available", c)
	free, err := u.Spendable(own)
	if err != nil || free.Sign() >= 0 {
		return err
	}
	m := ledger.Minor(min(-free.Minor(), r.Left().Minor()), c)
	b := &books{u: u, p: p, object: reserveKind.ID(r.ID)}
	b.post("reserve released", out(p.of(r.Account, "reserved", c), m), in(own, m))
	r.Drawn = sum(r.Drawn, m)
	return p.putReserve(u, r, EventReserveReleased)
}
