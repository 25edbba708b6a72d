package webhook

import (
	"cmp"
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// Config says how events are delivered. The zero values of all but Engine are defaults.
type Config struct {
	Engine *connect.Engine

	// Body makes the body of a delivery, once: it is kept and sent as it is at each attempt.
	// Nil: Event as JSON. An error, or more than 256 KiB, ends the delivery with the code
	// body_failed and holds up no other.
	Body func(ctx context.Context, e Event) ([]byte, error)

	// Retries are the waits between the attempts of a delivery. After the last one it is
	// given up. Nil: over three days, from a minute to a day.
	Retries []time.Duration

	// DisableAfter is for how long nothing was taken before an endpoint is disabled. Zero:
	// five days.
	DisableAfter time.Duration

	// Keep is how long the body of a delivery that ended is kept, for Replay. Zero: 30 days.
	Keep time.Duration

	// Roll is how long an old secret still signs beside a new one. Zero: 24 hours.
	Roll time.Duration

	Timeout     time.Duration  // of an attempt; zero: 15 seconds
	Parallel    int            // how many endpoints are called at once; zero: 8
	PerEndpoint int            // how many requests of one are under way at once, unless it is ordered; zero: 4
	Endpoints   int            // of a platform, at most; zero: 16
	Ports       []int          // that endpoints may have; nil: 443 and 8443
	Deny        []netip.Prefix // addresses that no endpoint has, beside those that are not public: the host's own
	Header      string         // of the first signature; empty: DefaultHeader

	Resolver Resolver       // of hosts; nil: the system's
	RootCAs  *x509.CertPool // that certificates are checked with; nil: the system's

	// Sealer keeps the secrets of endpoints, which have to be known to sign. Nil: they stand
	// in the store as they are.
	Sealer Sealer

	// Live tells what is delivered whether it is about real money: Event.Live.
	Live bool

	// Development allows addresses without https, at any port and within networks. It is
	// refused with Live.
	Development bool

	dial func(ctx context.Context, network, address string) (net.Conn, error) // of tests
}

// Sealer keeps secrets: what it seals under a name, it opens under that name alone.
type Sealer interface {
	Seal(ctx context.Context, platform, name string, clear []byte) ([]byte, error)
	Open(ctx context.Context, platform, name string, sealed []byte) ([]byte, error)
}

// days3 are ten waits of 71 hours and 21 minutes in all.
func days3() []time.Duration {
	return []time.Duration{
		time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
}

func (c Config) fill() (Config, error) {
	bad := func(field, msg string) (Config, error) {
		return c, &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: field, Op: "webhook: config", Msg: msg}
	}
	switch {
	case c.Engine == nil:
		return bad("engine", "deliveries are of an engine's events")
	case c.Live && c.Development:
		return bad("development", "what is about real money goes to public addresses alone")
	case c.Retries != nil && len(c.Retries) == 0 || len(c.Retries) > 50 || slices.ContainsFunc(c.Retries, func(d time.Duration) bool { return d <= 0 }):
		return bad("retries", "there are 1 to 50 waits, above zero")
	case min(c.DisableAfter, c.Keep, c.Roll, c.Timeout) < 0 || c.Timeout > 5*time.Minute:
		return bad("timeout", "no time is negative, and an attempt takes five minutes at most")
	case min(c.Parallel, c.PerEndpoint, c.Endpoints) < 0 || max(c.Parallel, c.PerEndpoint) > 1000:
		return bad("parallel", "there are 0 to 1,000 at once")
	}
	if c.Retries == nil {
		c.Retries = days3()
	}
	for _, d := range []struct {
		is   *time.Duration
		zero time.Duration
	}{{&c.DisableAfter, 5 * 24 * time.Hour}, {&c.Keep, 30 * 24 * time.Hour}, {&c.Roll, 24 * time.Hour}, {&c.Timeout, 15 * time.Second}} {
		*d.is = cmp.Or(*d.is, d.zero)
	}
	c.Parallel, c.PerEndpoint, c.Endpoints = cmp.Or(c.Parallel, 8), cmp.Or(c.PerEndpoint, 4), cmp.Or(c.Endpoints, 16)
	if c.Header = cmp.Or(c.Header, DefaultHeader); c.Ports == nil {
		c.Ports = []int{443, 8443}
	}
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Body == nil {
		c.Body = func(_ context.Context, e Event) ([]byte, error) { return e.body() }
	}
	return c, nil
}

// life is how long a delivery is tried.
func (c *Config) life() (d time.Duration) {
	for _, wait := range c.Retries {
		d += wait
	}
	return d
}

// Hooks delivers the events of an engine to the endpoints of its platforms. It is safe for
// use by several goroutines; several, in one process or many, may share a store.
type Hooks struct {
	c      Config
	env    ledger.Env
	client *http.Client

	batch sync.Mutex // one is under way
	mu    sync.Mutex
	seen  map[string]ledger.Cursor // by platform: up to where the feed is known to have nothing for it
}

// New makes one, which delivers once it is attached:
//
//	hooks, err := webhook.New(webhook.Config{Engine: engine})
//	…
//	err = engine.Attach(hooks.Part())
//
// and the engine drains (Engine.Run).
func New(c Config) (*Hooks, error) {
	c, err := c.fill()
	if err != nil {
		return nil, err
	}
	return &Hooks{c: c, env: c.Engine.Env(), client: c.newClient(), seen: make(map[string]ledger.Cursor)}, nil
}

// Part is what connect.Engine.Attach takes.
func (h *Hooks) Part() connect.Part {
	return connect.Part{
		Kinds:   Kinds(),
		Workers: []ledger.Worker{{Kind: feedKind.Name, Do: h.read}, {Kind: deliveryKind.Name, Do: h.deliver}},
	}
}

// Kinds lists the kinds of objects that are kept, for the SQL views of a durable store.
func Kinds() []ledger.KindInfo {
	return []ledger.KindInfo{endpointKind.Info(), feedKind.Info(), deliveryKind.Info()}
}

// Close closes the connections that wait for the next delivery.
func (h *Hooks) Close() { h.client.CloseIdleConnections() }
