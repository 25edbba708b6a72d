package connect

import (
	"slices"

	"github.com/soukhq/souk/ledger"
)

// freeze adds up what a freeze blocks, and compares it with its proposals and with
// what its account knows of it.
func (s *signatures) freeze(v ledger.View) func(*tally, *Freeze) {
	return func(t *tally, f *Freeze) {
		what := "freeze " + f.ID
		active := f.Status == FreezeActive
		if active || f.Status == FreezeLifted {
			s.signed(t, what, true, f.Signed, f.Made, ledger.Money{})
		}
		if x := f.Lift; x != nil && !x.Made.IsZero() {
			s.signed(t, what, true, x.Signed, x.Made, ledger.Money{})
		} else if f.Status == FreezeLifted {
			t.report.Add(what, "it is lifted, and nobody has approved that")
		}
		if x := f.Relift; x != nil && !x.Made.IsZero() {
			s.signed(t, what, true, x.Signed, x.Made, ledger.Money{})
		}
		for _, m := range f.Frozen {
			t.add(f.Account, "frozen", m, 1)
			t.add(f.Account, "balance", m, -1)
			back := slices.ContainsFunc(f.Surrenders, func(x Surrender) bool { return x.Back })
			if m.Sign() <= 0 || !active && !back || !f.Everything && (m.Currency() != f.Amount.Currency() || m.Minor() > f.Amount.Minor()) {
				t.report.Add(what, "it is %s, and blocks %v", f.Status, m)
			}
		}
		for _, x := range f.Surrenders {
			s.signed(t, what, true, x.Signed, f.Created, x.Amount)
			if !x.Back {
				t.add(f.Account, "frozen", x.Amount, 1)
				t.add(f.Account, "balance", x.Amount, -1)
			}
		}
		list, err := v.Objects(accountKind.ID(f.Account))
		if err != nil || list[0].Version == 0 {
			t.report.Add(what, "its account is not there")
			return
		}
		a, err := accountKind.Decode(list[0])
		if err != nil || slices.Contains(a.Freezes, f.stands()) != active {
			t.report.Add(what, "it is %s, and its account says otherwise", f.Status)
		}
	}
}
