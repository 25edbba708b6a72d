package webhook

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// Sealer keeps secrets unreadable in the store. about names the secret it belongs to; what
// was sealed for one is not to be opened for another.
type Sealer interface {
	Seal(ctx context.Context, about string, plain []byte) ([]byte, error)
	Open(ctx context.Context, about string, sealed []byte) ([]byte, error)
}

// Resolver looks host names up; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Config sets the deliveries up. The zero value is right for most.
type Config struct {
	Header string // that has t=…,v1=…; empty: Souk-Signature

	// Schedule is how long after each failed attempt the next is made; after the last a
	// delivery is parked. Nil: DefaultSchedule, three days. Attempts are made up to a tenth
	// later than it says, each endpoint at its own time.
	Schedule []time.Duration

	DisableAfter time.Duration // of failures without one success, until an endpoint is disabled; 0 is 5 days
	Retention    time.Duration // for how long finished deliveries are listed and can be replayed; 0 is 30 days
	Timeout      time.Duration // of one attempt in all, below Lease; 0 is 15 s
	Lease        time.Duration // after which another process may repeat an attempt; 0 is a minute

	Parallel  int // attempts at once; 0 is 32
	PerTenant int // of them of one platform; 0 is a quarter of Parallel
	PerHost   int // of them to one host, and connections to it; 0 is 4

	Ports    []int          // that URLs may have; nil: 443 and 8443
	Deny     []netip.Prefix // addresses that nothing is sent to, besides private and special ones: one's own
	Loopback bool           // for tests: http and any port, to loopback addresses alone

	Sealer Sealer   // nil: secrets are kept as they are
	Render Render   // nil: the columns of the object's kind
	Lookup Resolver // nil: net.DefaultResolver

	// Dial connects to an address that was checked; for tests. Nil: the network, where the
	// address of the connection itself is checked once more.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	TLS  *tls.Config // nil: the system's roots, TLS 1.2 or later
}

// Render makes the object of an event's body: JSON of an object. An event that it has an
// error for is parked at once, for each endpoint. It gets the object as it stands, of version
// 0 if it is not there, and is called inside a unit of work: it asks nobody outside.
type Render func(e ledger.Event, o ledger.Object) ([]byte, error)

// DefaultSchedule returns the waits after failed attempts: ten attempts in 71 hours and 35
// minutes, the first ones soon.
func DefaultSchedule() []time.Duration {
	return []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 14 * time.Hour, 16 * time.Hour, 24 * time.Hour}
}

// Hooks delivers the events of an engine's platforms.
type Hooks struct {
	c       Config
	eng     *connect.Engine
	env     ledger.Env
	guard   *guard
	client  *http.Client
	columns map[string][]ledger.Column
}

// New attaches deliveries to an engine, once for each.
func New(eng *connect.Engine, c Config) (*Hooks, error) {
	if eng == nil {
		return nil, bad("missing_argument", "engine", "there is no engine")
	}
	if err := c.fill(); err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	if eng.Live() && c.Loopback {
		return nil, bad("invalid_config", "loopback", "with real money, deliveries go to public addresses alone")
	}
	h := &Hooks{c: c, eng: eng, env: eng.Env(), columns: make(map[string][]ledger.Column)}
	h.guard = &guard{ports: c.Ports, deny: c.Deny, loopback: c.Loopback, lookup: c.Lookup, dial: c.Dial}
	h.client = newClient(&h.c, h.guard)
	for _, k := range connect.Kinds() {
		h.columns[k.Name] = k.Columns
	}
	err := eng.Attach(connect.Part{
		Kinds:   Kinds(),
		Workers: []ledger.Worker{{Kind: feedKind.Name, Do: h.follow}, {Kind: deliveryKind.Name, Do: h.expire}},
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// Kinds lists the kinds of objects of this package, for the SQL views of a durable store.
func Kinds() []ledger.KindInfo {
	return []ledger.KindInfo{endpointKind.Info(), feedKind.Info(), deliveryKind.Info()}
}

// Close lets idle connections go.
func (h *Hooks) Close() { h.client.CloseIdleConnections() }

func (c *Config) fill() error {
	if c.Header == "" {
		c.Header = DefaultHeader
	}
	if c.Schedule == nil {
		c.Schedule = DefaultSchedule()
	}
	if c.Ports == nil {
		c.Ports = []int{443, 8443}
	}
	if c.Lookup == nil {
		c.Lookup = net.DefaultResolver
	}
	for _, d := range []struct {
		span *time.Duration
		or   time.Duration
	}{{&c.DisableAfter, 5 * 24 * time.Hour}, {&c.Retention, 30 * 24 * time.Hour}, {&c.Timeout, 15 * time.Second}, {&c.Lease, time.Minute}} {
		if *d.span == 0 {
			*d.span = d.or
		}
		if *d.span < 0 {
			return bad("invalid_config", "config", "no time is below zero")
		}
	}
	for _, n := range []struct {
		number *int
		or     int
	}{{&c.Parallel, 32}, {&c.PerTenant, max(1, c.Parallel/4)}, {&c.PerHost, 4}} {
		if *n.number == 0 {
			*n.number = n.or
		}
		if *n.number < 0 {
			return bad("invalid_config", "config", "no number is below zero")
		}
	}
	switch {
	case c.Timeout >= c.Lease:
		return bad("invalid_config", "timeout", "an attempt ends before its lease")
	case len(c.Schedule) > 100 || slices.ContainsFunc(c.Schedule, func(d time.Duration) bool { return d <= 0 }):
		return bad("invalid_config", "schedule", "it has up to 100 waits, each above zero")
	case !token(c.Header):
		return bad("invalid_config", "header", "it is the name of an HTTP header")
	}
	return nil
}

func bad(code, field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Msg: msg}
}

// notFound is the one answer for what is not there and for what is another platform's.
func notFound(what string) error {
	return &ledger.Error{Class: ledger.NotFound, Code: "not_found", Field: what, Msg: "there is no such " + what}
}

// token reports whether a text can name a header.
func token(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
