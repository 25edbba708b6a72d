package connect

import (
	"errors"

	"github.com/soukhq/souk/ledger"
)

// tallied is how many owners, charges, transfers and the like Verify adds up at once: some
// tens of megabytes. Of larger books each pass adds up a part of them.
const tallied = 1 << 17

// mostPasses is where it ends: what falls into one part of so many is kept, however much.
const mostPasses = 1 << 12

// pass is one reading of a platform's objects. It adds up what belongs to the owners,
// charges and so on whose ids fall into its part, and no other; so what it keeps does not
// grow with the books, and what is read from them is read once for each pass. The zero
// pass is the only one.
type pass struct {
	part, of int
	most     int            // of what it may keep; 0 is no bound
	peak     int            // what it has kept
	report   *ledger.Report // of all passes
}

// errTallied ends a pass that would keep too much. All are begun again, in more parts.
var errTallied = errors.New("more than a pass may keep")

// mine reports whether what has an id is added up in this pass.
func (p *pass) mine(id string) bool {
	if p.of < 2 {
		return true
	}
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return int((h^h>>32)%uint64(p.of)) == p.part
}

// begins an object: what is said of it is reported by the pass that it falls into.
func (t *tally) begins(id string) error {
	if t.report = t.pass.report; !t.mine(id) {
		t.report = &ledger.Report{}
	}
	n := len(t.sums) + len(t.given) + len(t.moved) + len(t.back) + len(t.captured) + len(t.increases) + len(t.held) + len(t.limits) + len(t.reviews) + len(t.advances) + t.also
	if t.peak = max(t.peak, n); t.most > 0 && n > t.most {
		return errTallied
	}
	return nil
}

// rest begins what is left over of sums of this pass: it is reported by no other.
func (t *tally) rest() { t.report = t.pass.report }

// inPasses lets fn go through the books in as many passes as it takes for each to keep at
// most so much, and returns how many they were and the most that one has kept.
func inPasses(r *ledger.Report, most int, fn func(*pass) error) (passes, peak int, err error) {
	found, more := len(r.Differences), r.More
	for of := 1; ; of *= 2 {
		if of == mostPasses {
			most = 0
		}
		r.Differences, r.More = r.Differences[:found], more
		peak, err = 0, nil
		for part := 0; part < of && err == nil; part++ {
			p := &pass{part: part, of: of, most: most, report: r}
			err = fn(p)
			peak = max(peak, p.peak)
		}
		if !errors.Is(err, errTallied) {
			return of, peak, err
		}
	}
}
