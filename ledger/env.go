package ledger

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	"sync"
	"time"
)

// Env is the clock and the ids that a change is made with. The zero value is
// the real clock and random ids. It is the only place where souk reads either.
type Env struct {
	Now   func() time.Time           // nil is time.Now
	NewID func(prefix string) string // nil makes sortable random ids; it must never repeat one
}

// defaultIDs makes ids for every Env that has no maker of its own.
var defaultIDs = NewIDs(time.Now, rand.Reader)

// Time returns the clock's time in UTC, to the microsecond.
func (e Env) Time() time.Time {
	if e.Now == nil {
		return atTime(time.Now())
	}
	return atTime(e.Now())
}

// Secret returns a new text that nobody can guess, of letters and digits and at least
// 128 random bits: for a code that is worth money to whoever has it. Ids are no such
// thing: those of one moment lie close together.
func Secret() string { return rand.Text() }

// ID returns a new id with a prefix: "ch_" + 26 characters.
func (e Env) ID(prefix string) string {
	if e.NewID == nil {
		return defaultIDs(prefix)
	}
	return e.NewID(prefix)
}

// idAlphabet is base 32 without letters that are mistaken for digits, in the
// order of ASCII, so that ids sort as the numbers behind them do.
const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// idMaker makes ids of 48 bits of milliseconds and 80 random bits. Within a
// millisecond, and when the clock goes back, the random part grows by a random
// step instead, so ids of one maker always rise.
type idMaker struct {
	now     func() time.Time
	entropy io.Reader

	mu     sync.Mutex
	ms     uint64
	hi, lo uint64 // the 80 bits: 16 and 64
	buf    [512]byte
	used   int
}

// NewIDs returns a maker of ids that are unique and rise in order, whatever
// the clock does. entropy is read in blocks; a source that fails panics, since
// no id can be made without it.
func NewIDs(now func() time.Time, entropy io.Reader) func(prefix string) string {
	m := &idMaker{now: now, entropy: entropy}
	m.used = len(m.buf)
	return m.id
}

func (m *idMaker) id(prefix string) string {
	ms, hi, lo := m.next()
	b := make([]byte, 0, 64)
	b = append(b, prefix...)
	for shift := 45; shift >= 0; shift -= 5 {
		b = append(b, idAlphabet[ms>>shift&31])
	}
	b = append(b, idAlphabet[hi>>11&31], idAlphabet[hi>>6&31], idAlphabet[hi>>1&31], idAlphabet[hi&1<<4|lo>>60])
	for shift := 55; shift >= 0; shift -= 5 {
		b = append(b, idAlphabet[lo>>shift&31])
	}
	return string(b)
}

// next returns the next number: milliseconds, and 16 and 64 bits.
func (m *idMaker) next() (ms, hi, lo uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := uint64(max(m.now().UnixMilli(), 0)) & (1<<48 - 1)
	if now > m.ms {
		m.ms = now
		m.hi, m.lo = m.random()>>49, m.random() // the top bit stays free to grow into
		return m.ms, m.hi, m.lo
	}
	step := m.random()>>24 + 1
	sum := m.lo + step
	if sum < m.lo {
		if m.hi++; m.hi == 1<<16 {
			m.hi = 0
			m.ms++
		}
	}
	m.lo = sum
	return m.ms, m.hi, m.lo
}

// random returns 64 random bits.
func (m *idMaker) random() uint64 {
	if m.used+8 > len(m.buf) {
		if _, err := io.ReadFull(m.entropy, m.buf[:]); err != nil {
			panic("ledger: no randomness for ids: " + err.Error())
		}
		m.used = 0
	}
	n := binary.LittleEndian.Uint64(m.buf[m.used:])
	clear(m.buf[m.used : m.used+8])
	m.used += 8
	return n
}
