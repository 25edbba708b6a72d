package webhook

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// names is a resolver that a test fills: of what each name answers, one after the other.
type names struct {
	mu   sync.Mutex
	list map[string][][]string
}

func (n *names) LookupNetIP(_ context.Context, _, host string) (out []netip.Addr, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	answers := n.list[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	for _, a := range answers[0] {
		out = append(out, netip.MustParseAddr(a))
	}
	if len(answers) > 1 {
		n.list[host] = answers[1:]
	}
	return out, nil
}

// came is a request that an endpoint got.
type came struct {
	header http.Header
	body   []byte
	msg    *Message
	err    error
}

// bench is a marketplace with hooks, and a server that stands for all endpoints.
type bench struct {
	*connecttest.Marketplace
	t        testing.TB
	ctx      context.Context
	platform *connect.Platform
	hooks    *Hooks
	config   Config
	names    *names
	server   *httptest.Server

	mu     sync.Mutex
	answer func(w http.ResponseWriter, r *http.Request, body []byte)
	got    []came
	secret []string
	dialed []string
}

func newBench(t testing.TB, change ...func(*Config)) *bench {
	return newBenchIn(t, nil, change...)
}

func newBenchIn(t testing.TB, store ledger.Store, change ...func(*Config)) *bench {
	t.Helper()
	var c connecttest.Config
	c.Store = store
	m, err := connecttest.New(c)
	require.NoError(t, err)
	b := &bench{Marketplace: m, t: t, ctx: context.Background(), names: &names{list: map[string][][]string{
		"example.com": {{"93.184.216.34"}}, "other.example.com": {{"93.184.216.35"}},
	}}}
	b.server = httptest.NewTLSServer(http.HandlerFunc(b.serve))
	t.Cleanup(b.server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(b.server.Certificate())
	b.config = Config{Engine: m.Engine, Resolver: b.names, RootCAs: pool, dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		b.mu.Lock()
		b.dialed = append(b.dialed, address)
		b.mu.Unlock()
		return new(net.Dialer).DialContext(ctx, network, b.server.Listener.Addr().String())
	}}
	for _, fn := range change {
		fn(&b.config)
	}
	b.hooks, err = New(b.config)
	require.NoError(t, err)
	t.Cleanup(b.hooks.Close)
	require.NoError(t, m.Attach(b.hooks.Part()))
	b.platform, err = m.Register(b.ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	return b
}

func (b *bench) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	v := Verifier{Secrets: b.secret, Now: b.Clock.Now}
	msg, err := v.Verify(r.Header, body)
	b.got = append(b.got, came{r.Header, body, msg, err})
	answer := b.answer
	b.mu.Unlock()
	if answer != nil {
		answer(w, r, body)
	}
}

// taken are the requests that came since the last time.
func (b *bench) taken() []came {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.got
	b.got = nil
	return list
}

func (b *bench) answers(fn func(w http.ResponseWriter, r *http.Request, body []byte)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = fn
}

func (b *bench) endpoint(key string, change ...func(*EndpointRequest)) *NewEndpoint {
	b.t.Helper()
	r := EndpointRequest{Key: key, URL: "https://example.com/hooks", Types: []string{"customer.*"}}
	for _, fn := range change {
		fn(&r)
	}
	e, err := b.hooks.CreateEndpoint(b.ctx, b.platform, r)
	require.NoError(b.t, err)
	b.mu.Lock()
	b.secret = append(b.secret, e.Secret.Plain())
	b.mu.Unlock()
	return e
}

// happens lets something happen to an object of its own: a customer is there.
func (b *bench) happens(key string) string {
	b.t.Helper()
	c, err := b.platform.CreateCustomer(b.ctx, connect.CustomerRequest{Key: key})
	require.NoError(b.t, err)
	return c.ID
}

func (b *bench) drain() {
	b.t.Helper()
	done, err := b.Drain(b.ctx)
	require.NoError(b.t, err)
	require.NoError(b.t, done.Err)
}

func (b *bench) later(d time.Duration) {
	b.t.Helper()
	b.Clock.Advance(d)
	b.drain()
}

func (b *bench) deliveries(endpoint string) []*Delivery {
	b.t.Helper()
	list, err := b.hooks.Deliveries(b.ctx, b.platform, DeliveriesRequest{EndpointID: endpoint, Limit: 1000})
	require.NoError(b.t, err)
	return list
}

func requireRefused(t testing.TB, err error, class ledger.Class, code string) {
	t.Helper()
	var e *ledger.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.Equal(t, []any{class, code}, []any{e.Class, e.Code}, "%v", err)
}

func field(t testing.TB, body []byte, path ...string) any {
	var x any
	require.NoError(t, json.Unmarshal(body, &x))
	for _, p := range path {
		x = x.(map[string]any)[p]
	}
	return x
}

// gone lets a second thing happen to it.
func (b *bench) gone(customer string) {
	b.t.Helper()
	_, err := b.platform.DeleteCustomer(b.ctx, connect.DeleteCustomerRequest{Key: "gone " + customer, CustomerID: customer})
	require.NoError(b.t, err)
}
