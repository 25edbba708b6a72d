package oauth

import (
	"sync"
	"time"
)

// brake counts failed attempts in a minute, in this process: guessing is slowed down, and
// no row is written for it.
type brake struct {
	most, all int

	mu     sync.Mutex
	minute time.Time
	total  int
	of     map[string]int
}

// clients bounds how many are told apart in a minute; the rest count together.
const clients = 10_000

func (b *brake) turn(now time.Time) {
	if m := now.Truncate(time.Minute); !m.Equal(b.minute) {
		b.minute, b.total, b.of = m, 0, make(map[string]int)
	}
}

// holds tells whether somebody has failed too often.
func (b *brake) holds(who string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(now)
	return b.of[who] >= b.most || b.total >= b.all
}

// failed counts.
func (b *brake) failed(who string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(now)
	b.total++
	if _, known := b.of[who]; !known && len(b.of) >= clients {
		who = ""
	}
	b.of[who]++
}
