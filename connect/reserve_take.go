package connect

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// reserveLook is how often reserves are looked at that follow what happens: those of
// exposure after they have grown, and accounts whose debts draw on theirs.
const reserveLook = time.Hour

// keepBack keeps back what the reserve terms of an account want of what has become
// available to it, in the same change (flow V1 of the chart). The platform has none.
// What the account owes is filled first: a reserve leaves it at zero or more.
func (p *Platform) keepBack(u *ledger.Unit, account string, net ledger.Money) error {
	if account == "" || account == p.id || net.Sign() <= 0 {
		return nil
	}
	prof, err := p.expectProfile(u)
	if err != nil || !prof.Reserving {
		return err
	}
	s, err := p.expectSeller(u, account)
	if err != nil {
		return err
	}
	rule := s.reserveRule(prof)
	if rule == nil && s.riskReserve.IsZero() {
		return nil
	}
	if rule == nil {
		rule = &ReserveRule{}
	}
	t, cur := &rule.Terms, net.Currency()
	free, err := p.spendable(u, account, cur)
	if err != nil {
		return err
	}
	left := min(free.Minor(), net.Minor())
	if !t.Percent.IsZero() && left > 0 {
		r := p.newReserve(u, account, ReserveRolling, rule.Plan, cur)
		if left, err = p.keepPart(u, r, net, left, t.Percent, t.Days, t.Draw); err != nil {
			return err
		}
	}
	// Of an account that closes all that may be disputed is kept back anyway.
	if !s.riskReserve.IsZero() && left > 0 && !s.closes {
		r := p.newReserve(u, account, ReserveRisk, "", cur)
		if left, err = p.keepPart(u, r, net, left, s.riskReserve, p.riskDays(u), t.Draw); err != nil {
			return err
		}
	}
	return p.keepMore(u, account, rule, ledger.Minor(left, cur))
}

// keepPart keeps a percentage of a net back for some days, of at most so much, and returns
// what is left of that.
func (p *Platform) keepPart(u *ledger.Unit, r *Reserve, net ledger.Money, left int64, percent decimal.Decimal, days int, draw bool) (int64, error) {
	part, err := net.Times(percent.Div(decimal.New(100, 0)), ledger.RoundHalfUp)
	if err != nil {
		return left, err
	}
	m := ledger.Minor(min(part.Minor(), left), net.Currency())
	if m.Sign() <= 0 {
		return left, nil
	}
	r.Net, r.ReleaseOn = net, dayOf(u)+payout.Day(days)
	r.Work.Later(r.ReleaseOn.Time())
	return left - m.Minor(), p.keep(u, r, m, draw)
}

// reserveRule is what counts for an account: its own, or else the platform's. While it
// closes, all that may still be disputed is kept back besides.
func (s *sighting) reserveRule(prof *Profile) *ReserveRule {
	if s.closes {
		return &closingRule
	}
	rule := prof.Reserve
	if s.reserve != nil {
		rule = s.reserve
	}
	return rule
}

func (p *Platform) spendable(u *ledger.Unit, account string, c ledger.Currency) (ledger.Money, error) {
	ref := p.of(account, "available", c)
	u.Open(ledger.Account{Ref: ref})
	return u.Spendable(ref)
}

// newReserve is a reserve that has taken nothing yet.
func (p *Platform) newReserve(u *ledger.Unit, account string, t ReserveType, plan string, c ledger.Currency) *Reserve {
	r := &Reserve{
		ID: u.NewID(reserveKind.Prefix), Platform: p.id, Account: account, Type: t, Plan: plan, Amount: ledger.Zero(c),
		Status: ReserveOpen, Created: u.At(),
	}
	r.loaded()
	return r
}

// keep takes an amount for a reserve.
func (p *Platform) keep(u *ledger.Unit, r *Reserve, m ledger.Money, draw bool) error {
	c, event := m.Currency(), EventReserveTaken
	if !r.Amount.IsZero() {
		event = EventReserveUpdated
	}
	var err error
	if r.Amount, err = r.Amount.Add(m); err != nil {
		return err
	}
	b := &books{u: u, p: p, object: reserveKind.ID(r.ID)}
	b.post("reserve", out(p.of(r.Account, "available", c), m), in(p.of(r.Account, "reserved", c), m))
	if draw {
		if err := p.watchReserves(u, r.Account); err != nil {
			return err
		}
	}
	return p.putReserve(u, r, event)
}

// keepMore fills a fixed amount, and the exposure, from at most so much. How much may be
// disputed is looked up later: what comes in is kept back whole until then.
func (p *Platform) keepMore(u *ledger.Unit, account string, rule *ReserveRule, left ledger.Money) error {
	t, c := &rule.Terms, left.Currency()
	fixed := amountIn(t.Fixed, c)
	if left.Sign() <= 0 || fixed.IsZero() && !t.Exposure {
		return nil
	}
	list, err := p.openReserves(u, account, c)
	if err != nil {
		return err
	}
	if wants := fixed.Minor() - keptBack(list, ReserveFixed); wants > 0 {
		m := ledger.Minor(min(wants, left.Minor()), c)
		if err := p.keep(u, p.standing(u, list, account, ReserveFixed, rule.Plan, c), m, t.Draw); err != nil {
			return err
		}
		left = minus(left, m)
	}
	if !t.Exposure || left.IsZero() {
		return nil
	}
	r := p.standing(u, list, account, ReserveExposure, rule.Plan, c)
	if soon := u.At().Add(reserveLook); !r.Work.Open() || r.Work.Due.After(soon) {
		r.Work.Later(soon)
	}
	return p.keep(u, r, left, t.Draw)
}

// keptBack is what reserves keep back, those of a type or with none all.
func keptBack(list []*Reserve, t ReserveType) (minor int64) {
	for _, r := range list {
		if t == "" && r.Type != ReserveLate || r.Type == t && t != "" {
			minor += r.Left().Minor()
		}
	}
	return minor
}

// standing is the open reserve of a type that grows, or a new one.
func (p *Platform) standing(u *ledger.Unit, list []*Reserve, account string, t ReserveType, plan string, c ledger.Currency) *Reserve {
	for _, r := range list {
		if r.Type == t {
			r.Plan = plan
			return r
		}
	}
	return p.newReserve(u, account, t, plan, c)
}

// keepStanding takes what stands of a rule, at once, of what is available in a currency.
func (p *Platform) keepStanding(u *ledger.Unit, account string, rule *ReserveRule, c ledger.Currency) error {
	free, err := p.spendable(u, account, c)
	if err != nil || free.Sign() <= 0 {
		return err
	}
	if !rule.Terms.Exposure {
		return p.keepMore(u, account, rule, free)
	}
	only := *rule
	only.Terms.Exposure = false
	if err := p.keepMore(u, account, &only, free); err != nil {
		return err
	}
	list, err := p.openReserves(u, account, c)
	if err != nil {
		return err
	}
	return p.followExposure(u, p.standing(u, list, account, ReserveExposure, rule.Plan, c), list, true, rule.Terms.Draw)
}

// followExposure makes a reserve what may still be disputed less what other reserves keep
// back: it takes what is missing, as far as it is available and takes says so, or frees
// what is more. It is looked at again the next day.
func (p *Platform) followExposure(u *ledger.Unit, r *Reserve, list []*Reserve, takes, draw bool) error {
	c := r.Amount.Currency()
	free, err := p.spendable(u, r.Account, c) // before what it is compared with
	if err != nil {
		return err
	}
	var x *Exposure
	if err := u.View(func(v ledger.View) (err error) { x, err = exposureOf(v, r.Account, u.At()); return err }); err != nil {
		return err
	}
	has := r.Left().Minor()
	others := keptBack(list, "")
	for _, o := range list {
		if o.ID == r.ID {
			others -= has
		}
	}
	wants := max(x.In(c).Amount.Minor()-others, 0)
	r.Work.Later((dayOf(u) + 1).Time())
	switch {
	case wants < has:
		return p.freeReserve(u, r, ledger.Minor(has-wants, c))
	case wants > has && takes && free.Sign() > 0:
		return p.keep(u, r, ledger.Minor(min(wants-has, free.Minor()), c), draw)
	case r.Amount.IsZero():
		return nil // nothing was ever taken: there is none
	}
	return reserveKind.Put(u, r.ID, r)
}

// keepCharged keeps back of a charge, or of a capture as a charge, whose seller has it at
// once.
func (p *Platform) keepCharged(u *ledger.Unit, c *Charge) error {
	if c.AccountIn != "available" || c.Account == "" || c.waitsAs().Amount.Sign() > 0 || c.Failure != nil {
		return nil
	}
	return p.keepBack(u, c.Account, c.sellerNet())
}

// keepTransferred keeps back of a transfer that its receiver has at once.
func (p *Platform) keepTransferred(u *ledger.Unit, t *Transfer, in string, m ledger.Money) error {
	if in != "available" {
		return nil
	}
	return p.keepBack(u, t.To, m)
}
