package connect

// reserve adds up what a reserve keeps back, and compares what people freed of it with
// their proposals and counts.
func (s *signatures) reserve(t *tally, r *Reserve) {
	what := "reserve " + r.ID
	left := r.Left()
	t.add(r.Account, r.purpose(), left, 1)
	t.add(r.Account, "balance", left, -1)
	if left.Sign() < 0 || r.Released.Sign() < 0 || r.Drawn.Sign() < 0 || r.Amount.Sign() <= 0 || (r.Status == ReserveOpen) == left.IsZero() {
		t.report.Add(what, "it is %s, and of %v it has released %v and drawn %v", r.Status, r.Amount, r.Released, r.Drawn)
	}
	if r.Status == ReserveOpen && (r.Type == ReserveRolling || r.Type == ReserveRisk) && r.ReleaseOn < t.today-1 {
		t.report.Add(what, "%v of it should have been released on %s", left, r.ReleaseOn)
	}
	early := int64(0)
	for _, x := range r.Early {
		s.signed(t, what, false, x.Signed, x.Made, x.Amount)
		early += x.Amount.Minor()
	}
	if early > r.Released.Minor() {
		t.report.Add(what, "people freed more of it than it says that it has released")
	}
}
