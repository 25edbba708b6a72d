package connect

import "github.com/soukhq/souk/ledger"

// bankChange compares a change of bank details with its proposal.
func (s *signatures) bankChange(t *tally, x *BankChange) {
	what := "bank change " + x.ID
	if (x.Status == BankChangeMade) == x.Made.IsZero() {
		t.report.Add(what, "it is %s, which is not what was done", x.Status)
	}
	if x.Signed == nil && x.Status != BankChangeMade {
		t.report.Add(what, "it is %s, and nobody has proposed it", x.Status)
	}
	if x.Signed != nil && x.Status == BankChangeMade {
		s.signed(t, what, true, *x.Signed, x.Made, ledger.Money{})
	}
}
