package connect

import "github.com/soukhq/souk/ledger"

// aboveMinimum is what a payout takes of what an account has, without the balance that
// its reserve terms leave there: of class State is minimum_balance (amount).
func (p *Platform) aboveMinimum(u *ledger.Unit, prof *Profile, owner string, asked, taken ledger.Money) (ledger.Money, error) {
	if owner == p.id || !prof.Reserving {
		return taken, nil
	}
	s, err := p.expectSeller(u, owner)
	if err != nil {
		return taken, err
	}
	rule := s.reserveRule(prof) // of an account that closes: no minimum
	if rule == nil {
		return taken, nil
	}
	stays := amountIn(rule.Terms.Minimum, taken.Currency())
	if stays.IsZero() {
		return taken, nil
	}
	free, err := p.spendable(u, owner, taken.Currency())
	if err != nil {
		return taken, err
	}
	most := minus(free, stays)
	switch {
	case asked.IsZero() && most.Sign() > 0:
		return most, nil
	case most.Sign() <= 0 || taken.Minor() > most.Minor():
		return taken, badState("minimum_balance", "amount", "payouts leave "+stays.String()+" available")
	}
	return taken, nil
}
