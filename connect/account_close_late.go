package connect

import "github.com/soukhq/souk/ledger"

// wonDispute gives a dispute's amount back that was won. What an account gets of it that
// has closed since waits in held until a person decides (flow D3 of the chart): a reserve
// of type late, which ReleaseReserve makes available.
func (p *Platform) wonDispute(b *books, c *Charge, d *Dispute) error {
	if c.Account == "" {
		return p.giveUp(b, c, d)
	}
	s, err := p.expectSeller(b.u, c.Account)
	if err != nil {
		return err
	}
	if !s.closed {
		return p.giveUp(b, c, d)
	}
	cur := c.Amount.Currency()
	before, err := p.spendable(b.u, c.Account, cur)
	if err != nil {
		return err
	}
	if err := p.giveUp(b, c, d); err != nil {
		return err
	}
	after, err := p.spendable(b.u, c.Account, cur)
	if err != nil {
		return err
	}
	b.late = ledger.Minor(min(after.Minor()-before.Minor(), after.Minor()), cur)
	return nil
}

// keepLate keeps what came for an account after it had closed, once the dispute is booked:
// what the orders leave of it that stand against the account.
func (p *Platform) keepLate(b *books, account, dispute string) error {
	if b.late.Sign() <= 0 {
		return nil
	}
	if err := p.freezeFree(b.u, account, b.late.Currency()); err != nil {
		return err
	}
	free, err := p.spendable(b.u, account, b.late.Currency())
	if err != nil {
		return err
	}
	m := ledger.Minor(min(b.late.Minor(), free.Minor()), b.late.Currency())
	if m.Sign() <= 0 {
		return nil
	}
	r := p.newReserve(b.u, account, ReserveLate, "", m.Currency())
	r.Amount, r.Dispute = m, dispute
	lines := &books{u: b.u, p: p, object: reserveKind.ID(r.ID)}
	lines.post("dispute won", out(p.of(account, "available", m.Currency()), m), in(p.of(account, purposeHeld, m.Currency()), m))
	return p.putReserve(b.u, r, EventReserveTaken)
}

// purpose is where a reserve lies, and freed the reason for which it becomes available.
func (r *Reserve) purpose() string {
	if r.Type == ReserveLate {
		return purposeHeld
	}
	return "reserved"
}

func (r *Reserve) freed() string {
	if r.Type == ReserveLate {
		return "release"
	}
	return "reserve released"
}
