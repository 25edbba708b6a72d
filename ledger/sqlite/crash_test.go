package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Promises 32, 35 and 36: processes that are killed under load lose nothing that
// they were told, leave nothing by halves, and need no repair.
func TestProcessesAreKilledUnderLoad(t *testing.T) {
	for processes := 1; processes <= 2; processes++ {
		t.Run(fmt.Sprint(processes), func(t *testing.T) {
			cycles := 5
			if long() {
				cycles = 200
			}
			const perFile = 20 // all of a file is read again in each of its lives
			r := rand.New(rand.NewPCG(32, uint64(processes)))
			answered := 0
			for first := 0; first < cycles; first += perFile {
				answered += killAgain(t, r, processes, min(perFile, cycles-first))
			}
			require.Greater(t, answered, 5*cycles)
			t.Logf("%d lives, %d keys answered", cycles, answered)
		})
	}
}

// killAgain starts processes on a new file and kills them, some lives long, and
// returns how many keys they got answers for.
func killAgain(t *testing.T, r *rand.Rand, processes, lives int) (answered int) {
	t.Helper()
	path := file(t)
	if processes > 1 { // how many set up a file at once is another test's
		require.NoError(t, open(t, path).Close())
	}
	var told []string
	for life := range lives {
		var running []*asker
		for p := range processes {
			running = append(running, startAsker(t, path, string(rune('a'+p)), life, 0))
		}
		if life == 0 {
			for _, a := range running {
				told = append(told, a.told)
			}
		}
		if r.IntN(3) == 0 { // it may be opening the file, or setting it up
			time.Sleep(time.Duration(r.IntN(120)) * time.Millisecond)
		} else {
			hear(t, 1+r.Int64N(2000), running...)
		}
		running[0].kill(t)
		for _, a := range running[1:] {
			if r.IntN(2) == 0 { // it goes on without the other
				hear(t, 1+r.Int64N(500), a)
			}
			a.kill(t)
		}
		answered = requireAnswered(t, path, told...)
	}
	return answered
}
