package webhook_test

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/soukhq/souk/connect/webhook"
	"github.com/soukhq/souk/ledger"
)

// names is a resolver for tests; a host that it does not list does not exist.
type names map[string][]string

func (n names) LookupNetIP(_ context.Context, _, host string) (list []netip.Addr, err error) {
	for _, a := range n[host] {
		list = append(list, netip.MustParseAddr(a))
	}
	if list == nil {
		return nil, errors.New("no such host")
	}
	return list, nil
}

// got is a request that the receiver got.
type got struct {
	Path   string
	Header http.Header
	Body   string
}

// stage is a marketplace with a receiver.
type stage struct {
	*connecttest.Marketplace
	t      testing.TB
	ctx    context.Context
	hooks  *webhook.Hooks
	shop   *connect.Platform
	p      *webhook.Platform
	seller *connect.Account

	mu     sync.Mutex
	got    []got
	answer func(http.ResponseWriter, *http.Request, string)
	server *httptest.Server
	keys   int
}

// newStage sets up hooks whose connections all go to the receiver.
func newStage(t testing.TB, c webhook.Config, s ledger.Store) *stage {
	b := &stage{t: t, ctx: t.Context()}
	b.server = httptest.NewTLSServer(http.HandlerFunc(b.serve))
	t.Cleanup(b.server.Close)
	var err error
	b.Marketplace, err = connecttest.New(connecttest.Config{Config: connect.Config{Store: s}})
	require.NoError(t, err)
	b.hooks = b.attach(b.Engine, c)
	b.shop, err = b.Register(b.ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	require.NoError(t, err)
	b.seller, err = b.shop.CreateAccount(b.ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	b.p, err = b.hooks.Platform(b.ctx, b.shop.ID())
	require.NoError(t, err)
	return b
}

func (b *stage) attach(e *connect.Engine, c webhook.Config) *webhook.Hooks {
	if c.Lookup == nil {
		c.Lookup = names{"hooks.example": {"93.184.215.14"}, "dead.example": {"93.184.215.15"}, "other.example": {"93.184.215.16"}}
	}
	if c.Dial == nil && !c.Loopback {
		c.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, b.server.Listener.Addr().String())
		}
	}
	if c.TLS == nil {
		c.TLS = b.server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		c.TLS.InsecureSkipVerify = true // the receiver's certificate is for example.com
	}
	h, err := webhook.New(e, c)
	require.NoError(b.t, err)
	b.t.Cleanup(h.Close)
	return h
}

func (b *stage) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	b.got = append(b.got, got{r.Host + r.URL.Path, r.Header.Clone(), string(body)})
	answer := b.answer
	b.mu.Unlock()
	if answer != nil {
		answer(w, r, string(body))
	}
}

// status lets the receiver answer a status.
func (b *stage) status(code int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(code) }
}

// took returns and forgets what the receiver got.
func (b *stage) took() []got {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.got
	b.got = nil
	return list
}

func (b *stage) key() string { b.keys++; return fmt.Sprint("key-", b.keys) }

func (b *stage) endpoint(change ...func(*webhook.EndpointRequest)) *webhook.Endpoint {
	b.t.Helper()
	r := webhook.EndpointRequest{Key: b.key(), URL: "https://hooks.example/in"}
	for _, c := range change {
		c(&r)
	}
	e, err := b.p.Create(b.ctx, r)
	require.NoError(b.t, err)
	return e
}

func only(types ...string) func(*webhook.EndpointRequest) {
	return func(r *webhook.EndpointRequest) { r.Types = types }
}

func (b *stage) charge() *connect.Charge {
	b.t.Helper()
	c, err := b.shop.Charge(b.ctx, connect.ChargeRequest{Key: b.key(), Amount: ledger.Minor(1000, ledger.USD), AccountID: b.seller.ID, Source: connect.TestCard})
	require.NoError(b.t, err)
	return c
}

// run reads the feed and delivers what is due.
func (b *stage) run() webhook.Sent {
	b.t.Helper()
	done, err := b.Drain(b.ctx)
	require.NoError(b.t, err)
	require.NoError(b.t, done.Err)
	sent, err := b.hooks.Deliver(b.ctx)
	require.NoError(b.t, err)
	require.NoError(b.t, sent.Err)
	return sent
}

// all returns the deliveries to an endpoint, newest first.
func (b *stage) all(endpoint string) []*webhook.Delivery {
	b.t.Helper()
	page, err := b.p.ListDeliveries(b.ctx, webhook.DeliveriesRequest{EndpointID: endpoint, Limit: 100})
	require.NoError(b.t, err)
	return page.Items
}

func codeOf(t testing.TB, err error) string {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	return e.Code
}

func (b *stage) verifier(secrets ...string) *webhook.Verifier {
	return &webhook.Verifier{Secrets: secrets, Now: b.Clock.Now}
}

// The whole way: an endpoint, an event, a signed delivery, Verify.
func TestAnEventIsDelivered(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	b.charge() // before the endpoint: not delivered to it
	b.Clock.Advance(time.Minute)
	e := b.endpoint(only("charge.*"))
	c := b.charge()
	require.Equal(t, 2, b.run().Delivered)
	list := b.took()
	require.Len(t, list, 2)
	for i, of := range []string{connect.EventChargePending, connect.EventChargeSucceeded} {
		got := list[i]
		require.Equal(t, "hooks.example/in", got.Path)
		require.Empty(t, got.Header.Get("Accept-Encoding"))
		v := b.verifier(e.Secret)
		event, err := v.Verify(got.Header, []byte(got.Body))
		require.NoError(t, err)
		require.Equal(t, of, event.Type)
		require.Equal(t, b.seller.ID, event.Account)
		require.Equal(t, b.shop.ID(), event.Platform)
		require.Equal(t, webhook.APIVersion, event.APIVersion)
		require.Contains(t, string(event.Data.Object), `"id":"`+c.ID+`"`)
		require.Contains(t, string(event.Data.Object), `"status":"succeeded"`)
		require.Equal(t, event.ID, got.Header.Get(webhook.HeaderID))
		got.Header.Del(webhook.DefaultHeader)
		_, err = v.Verify(got.Header, []byte(got.Body))
		require.NoError(t, err, "and in the other style")
		_, err = v.Verify(got.Header, []byte(got.Body+" "))
		require.Equal(t, "signature_invalid", codeOf(t, err))
	}
	require.Zero(t, b.run(), "and once")
	require.Empty(t, b.took())
	for _, d := range b.all(e.ID) {
		require.Equal(t, webhook.Delivered, d.Status)
		require.Equal(t, webhook.Answered2xx, d.Result)
		require.Equal(t, 1, d.Attempts)
	}
}
