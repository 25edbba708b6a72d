package ledger

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

// ids is how many ids the properties below are tried on.
func ids() int {
	if os.Getenv("SOUK_LONG") == "1" {
		return 10_000_000
	}
	return 1_000_000
}

// Promise 51: ids of one maker rise, so none repeats, while the clock stands,
// goes back, and jumps.
func TestIDsRiseWhateverTheClockDoes(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	n := 0
	clocks := map[string]func() time.Time{
		"frozen":       func() time.Time { return noon },
		"backward":     func() time.Time { return noon.Add(-time.Duration(n) * time.Millisecond) },
		"to and fro":   func() time.Time { return noon.Add(time.Duration(n%4096-2048) * time.Hour) },
		"before 1970":  func() time.Time { return time.Date(1931, 1, 1, 0, 0, 0, 0, time.UTC) },
		"far ahead":    func() time.Time { return time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) },
		"as it should": func() time.Time { return noon.Add(time.Duration(n) * time.Microsecond) },
	}
	for name, now := range clocks {
		t.Run(name, func(t *testing.T) {
			next := NewIDs(now, rand.Reader)
			last := ""
			for n = range ids() / len(clocks) {
				id := next("ch_")
				if id <= last || len(id) != 29 || id[:3] != "ch_" {
					require.Failf(t, "ids do not rise", "%s after %s", id, last)
				}
				last = id
			}
		})
	}
}

// An id at the end of its 80 bits goes on into the next millisecond.
func TestIDsCarryOver(t *testing.T) {
	m := &idMaker{now: func() time.Time { return time.UnixMilli(5) }, entropy: bytes.NewReader(bytes.Repeat([]byte{0xff}, 1024)), ms: 5, hi: 1<<16 - 1, lo: 1<<64 - 1}
	m.used = len(m.buf)
	last := "0000000005zzzzzzzzzzzzzzzz"
	ms, hi, lo := m.next()
	require.Equal(t, []uint64{6, 0, 1<<40 - 1}, []uint64{ms, hi, lo})
	require.Greater(t, m.id(""), last)
}

// Makers in other goroutines and other processes make other ids (promise 51).
func TestIDsAreUniqueAcrossMakers(t *testing.T) {
	frozen := func() time.Time { return time.UnixMilli(1_700_000_000_000) }
	shared := NewIDs(frozen, rand.Reader)
	var mu sync.Mutex
	var all []string
	var group sync.WaitGroup
	for i := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			next := shared
			if i%2 == 1 {
				next = NewIDs(frozen, rand.Reader) // another process
			}
			mine := make([]string, 20_000)
			for j := range mine {
				mine[j] = next("x_")
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		}()
	}
	group.Wait()
	slices.Sort(all)
	require.Len(t, slices.Compact(all), 160_000)
}

func TestIDsSortAsTheirTimes(t *testing.T) {
	now := time.UnixMilli(0)
	next := NewIDs(func() time.Time { return now }, rand.Reader)
	last := ""
	for shift := range 47 {
		now = time.UnixMilli(1 << shift)
		id := next("")
		require.Greater(t, id, last)
		require.Equal(t, "", strings.Trim(id, idAlphabet))
		last = id
	}
	require.True(t, slices.IsSorted([]byte(idAlphabet)))
}

// Without randomness there is no id, and never a predictable one.
func TestIDsNeedRandomness(t *testing.T) {
	next := NewIDs(time.Now, iotest.ErrReader(errors.New("dry")))
	require.Panics(t, func() { next("x_") })
	short := NewIDs(time.Now, bytes.NewReader(make([]byte, 100)))
	require.Panics(t, func() { short("x_") })
}

// The zero Env is the real clock and random ids; times come in UTC, to the
// microsecond.
func TestEnvDefaults(t *testing.T) {
	before := time.Now()
	got := Env{}.Time()
	require.False(t, got.Before(before.Truncate(time.Microsecond)) || got.After(time.Now()))
	require.Equal(t, time.UTC, got.Location())
	require.Zero(t, got.Nanosecond()%1000)
	require.NotEqual(t, Env{}.ID("a_"), Env{}.ID("a_"))
	fixed := Env{Now: func() time.Time { return time.Unix(1, 999_999_999).In(time.FixedZone("x", 3600)) }, NewID: func(p string) string { return p + "1" }}
	require.Equal(t, time.Unix(1, 999_999_000).UTC(), fixed.Time())
	require.Equal(t, "ch_1", fixed.ID("ch_"))
}
