package connect

import "slices"

// dormancy adds up what is set aside for an owner who cannot be reached. What a payout
// to the authority took is the payout's.
func (s *signatures) dormancy(t *tally, d *Dormancy) {
	what := "dormancy " + d.ID
	for i, n := range d.Notices {
		if n.At.Before(d.Since) || i > 0 && n.At.Before(d.Notices[i-1].At) {
			t.report.Add(what, "its notices are out of order")
		}
	}
	set := d.Status == DormancyUnclaimed || d.Status == DormancySurrendered
	if set {
		t.add(d.Account, "unclaimed", d.Amount, 1)
		t.add(d.Account, "balance", d.Amount, -1)
	}
	if set && d.Amount.Sign() <= 0 || d.Status == DormancyNoticed && !d.Amount.IsZero() {
		t.report.Add(what, "it is %s, and has %v", d.Status, d.Amount)
	}
	done := d.Earlier
	if x := d.Surrender; x != nil && x.Payout != "" {
		done = append(slices.Clip(done), *x)
	}
	for _, x := range done {
		s.signed(t, what, true, x.Signed, d.Created, x.Amount)
	}
	if d.Status == DormancySurrendered && len(done) == 0 {
		t.report.Add(what, "it was surrendered, and nobody has approved that")
	}
}
