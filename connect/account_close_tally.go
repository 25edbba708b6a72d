package connect

import "github.com/soukhq/souk/ledger"

// accountClosing compares a closing with its account.
func (s *signatures) accountClosing(v ledger.View) func(*tally, *AccountClosing) {
	return func(t *tally, c *AccountClosing) {
		what := "closing " + c.ID
		list, err := v.Objects(accountKind.ID(c.Account))
		if err != nil || list[0].Version == 0 {
			t.report.Add(what, "its account is not there")
			return
		}
		a, err := accountKind.Decode(list[0])
		closes, closed := c.Status == AccountClosingOpen, c.Status == AccountClosingDone
		if err != nil || (a.Closing == c.ID) != closes || closed && (a.Closed.IsZero() || !a.Closed.Equal(c.Ended)) {
			t.report.Add(what, "it is %s, and its account says otherwise", c.Status)
		}
	}
}
