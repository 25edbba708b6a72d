package connect

import (
	"maps"
	"slices"

	"github.com/soukhq/souk/ledger"
)

// tallyWriteOffs adds up what was written off and recovered, and compares it with
// what was approved.
func (s *signatures) tallyWriteOffs(v ledger.View, t *tally) error {
	recovered := make(map[string]int64)
	err := tallyKind(v, t, &recoveryKind, func(t *tally, r *Recovery) {
		if t.recovery(r); t.mine(r.WriteOff) {
			recovered[r.WriteOff] += r.Amount.Minor()
		}
	})
	if err != nil {
		return err
	}
	err = tallyKind(v, t, &writeOffKind, func(t *tally, w *WriteOff) {
		s.writeOff(t, w, recovered[w.ID])
		delete(recovered, w.ID)
	})
	for _, id := range slices.Sorted(maps.Keys(recovered)) {
		t.report.Add("write-off "+id, "something of it was recovered, and it is not there")
	}
	return err
}

// writeOff compares a write-off with its proposal and with what was recovered of it.
func (s *signatures) writeOff(t *tally, w *WriteOff, back int64) {
	what := "write-off " + w.ID
	if w.Status == WriteOffMade {
		s.signed(t, what, true, w.Signed, w.Made, w.Amount)
		t.add(w.Account, "balance", w.Amount, 1)
		t.add(ledger.House, "losses", w.Amount, -1)
	} else if !w.Made.IsZero() {
		t.report.Add(what, "it is %s, which is not what was done", w.Status)
	}
	if n := w.Recovered.Minor(); n != back || n < 0 || n > w.Amount.Minor() || n > 0 && w.Status != WriteOffMade {
		t.report.Add(what, "it counts %v as recovered, of at most %v; its recoveries add up to %d minor units", w.Recovered, w.Amount, back)
	}
}

func (t *tally) recovery(r *Recovery) {
	t.add(r.Account, "balance", r.Amount, -1)
	t.add(ledger.House, "losses", r.Amount, 1)
}
