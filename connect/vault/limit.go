package vault

import (
	"net/netip"
	"sync"
	"time"
)

// Limits bound how many requests are answered in a minute, by each process. 0 is what is
// said below; there is no way to have none.
type Limits struct {
	PerKey int // of one key; 600
	PerIP  int // of one address (of IPv6: of one network of 64 bits), and in all 20 times this of addresses that are not told apart; 30
}

func (l Limits) valid() bool { return l.PerKey >= 0 && l.PerIP >= 0 }

func (l Limits) fill() Limits {
	if l.PerKey == 0 {
		l.PerKey = 600
	}
	if l.PerIP == 0 {
		l.PerIP = 30
	}
	return l
}

// maxCounted is how many keys and addresses are counted apart. Who comes from more shares
// one count with all others of whom there was no room, so that addresses without end take no
// memory without end.
const maxCounted = 100_000

// rates counts requests by minute.
type rates struct {
	mu     sync.Mutex
	minute int64
	counts map[string]int
}

func newRates() *rates { return &rates{counts: make(map[string]int)} }

// take counts a request and reports whether it is within the limit.
func (r *rates) take(now time.Time, name string, limit int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if minute := now.Unix() / 60; minute != r.minute {
		r.minute = minute
		clear(r.counts)
	}
	if _, ok := r.counts[name]; !ok && len(r.counts) >= maxCounted {
		name, limit = "others", limit*20
	}
	if r.counts[name] >= limit {
		return false
	}
	r.counts[name]++
	return true
}

// network is what an address is counted as: a host gets 2^64 addresses of IPv6 as easily as
// one.
func network(ip netip.Addr) string {
	ip = ip.Unmap()
	if ip.Is4() {
		return ip.String()
	}
	p, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
