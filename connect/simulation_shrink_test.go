package connect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/soukhq/souk/ledger"
)

// shrink leaves steps out, ever smaller blocks of them, as long as the marketplace still
// fails; each step draws from its own number, so that the others do what they did. It
// gives up after a while.
func (l *lifetime) shrink(t testing.TB, within time.Duration) *lifetime {
	until := time.Now().Add(within)
	fails := func(steps []int) *lifetime {
		x := &lifetime{seed: l.seed, world: l.world, steps: steps, blame: l.blame, planted: l.planted}
		if x.why = x.live(t, ledger.NewMemory(), newCover()); x.why == "" {
			return nil
		}
		return x
	}
	best := fails(l.steps[:min(l.lived, len(l.steps))])
	if best == nil {
		return nil // it does not fail in memory, or only in the end
	}
	for block := len(best.steps) / 2; block > 0; block /= 2 {
		for at := 0; at < len(best.steps) && time.Now().Before(until); {
			rest := slices.Delete(slices.Clone(best.steps), at, min(at+block, len(best.steps)))
			if x := fails(rest); x != nil {
				best = x
			} else {
				at += block
			}
		}
	}
	return best
}

// report says what happened before it failed, and as little as does.
func (l *lifetime) report(t testing.TB) string {
	text := func(l *lifetime, last int) string {
		return fmt.Sprintf("seed %d, marketplace %d, after %d of %d steps: %s\n\n%s", l.seed, l.world, l.lived, len(l.steps), l.why, strings.Join(l.lines(last), "\n"))
	}
	all := text(l, 60)
	if !*simulationLeast {
		return all
	}
	if least := l.shrink(t, 20*time.Second); least != nil {
		all += fmt.Sprintf("\n\nThe least that fails, steps %v: %s", least.steps, text(least, 200))
	}
	return all
}

// A marketplace that fails is made as small as it still fails: of hundreds of steps those
// two stay that are to blame.
func TestSimulationShrinks(t *testing.T) {
	l := newLifetime(1, 0, 200)
	l.blame = func(done []int) bool { return slices.Contains(done, 30) && slices.Contains(done, 150) }
	l.why = l.live(t, ledger.NewMemory(), newCover())
	if l.why == "" {
		t.Fatal("nothing failed")
	}
	least := l.shrink(t, time.Minute)
	if !slices.Equal(least.steps, []int{30, 150}) {
		t.Fatalf("left were %v", least.steps)
	}
}
