package webhook_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/webhook"
	"github.com/soukhq/souk/ledger"
)

// forbids are URLs beside those of the list of bad inputs that nothing is sent to.
var forbids = []string{
	"https://localhost/", "https://a.localhost/", "https://hooks.example#f", "https://hooks.example:/", "https://hooks.example:80/", "https://hooks.example:0443/x",
	"https://", "https:hooks.example", "//hooks.example/", "https://hooks/", "https://hooks..example/", "https://2130706433/", "https://127.0.0.1.0x1/",
	"https://[fe80::1%25eth0]/", "https://[::127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[::ffff:0:127.0.0.1]/", "https://[3fff::1]/", "https://[2001:db8::1]/", "https://[fec0::1]/", "https://[ff02::1]/",
	"https://100.64.0.1/", "https://192.0.0.1/", "https://192.88.99.1/", "https://198.18.0.1/", "https://198.51.100.1/", "https://203.0.113.1/", "https://240.0.0.1/", "https://255.255.255.255/",
	"https://metadata/", "https://instance-data.ec2.internal/", "https://printer.local/", "https://hooks.example /", "https://hooks.example/\x00", "https://hooks.example/é", "HTTP://hooks.example/",
	"https://hooks.example@127.0.0.1/", "https://" + strings.Repeat("a", 2100) + ".example/", "https://nowhere.example/", "https://inner.example/", "https://mixed.example/", "https://mapped.example/",
}

var resolves = names{
	"hooks.example": {"93.184.215.14", "2606:2800:21f:cb07::1"}, "inner.example": {"10.0.0.1"}, "mixed.example": {"93.184.215.14", "127.0.0.1"}, "mapped.example": {"::ffff:10.0.0.1"},
	"dns-that-resolves-to-10.0.0.1.example": {"10.0.0.1"}, "dns-rebinding-second-lookup-127.example": {"93.184.215.14"},
}

// W1, W3: at creation.
func TestW1URLsAtCreation(t *testing.T) {
	b := newStage(t, webhook.Config{Lookup: resolves}, nil)
	for _, u := range forbids {
		_, err := b.p.Create(b.ctx, webhook.EndpointRequest{Key: b.key(), URL: u})
		require.Equal(t, "forbidden_url", codeOf(t, err), u)
	}
	for _, u := range []string{"https://hooks.example", "https://hooks.example:8443/a?b=c%20d", "https://HOOKS.example:443/", "https://93.184.215.14/", "https://[2606:2800:21f:cb07::1]/"} {
		_, err := b.p.Create(b.ctx, webhook.EndpointRequest{Key: b.key(), URL: strings.ReplaceAll(u, "HOOKS", "hooks")})
		require.NoError(t, err, u)
	}
	list, err := b.p.List(b.ctx)
	require.NoError(t, err)
	require.Len(t, list, 5)
}

// badLine is a line of the list of bad inputs.
type badLine struct {
	Area, Operation, Field, Expect string
	Value                          json.RawMessage
}

// badLines are the lines about webhooks of the list of bad inputs.
func badLines(t *testing.T, area, operation string) (list []badLine) {
	var all []badLine
	text, err := os.ReadFile("../testdata/bad-inputs.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &all))
	for _, l := range all {
		if l.Area == area && l.Operation == operation {
			list = append(list, l)
		}
	}
	require.NotEmpty(t, list)
	return list
}

func TestBadURLs(t *testing.T) {
	b := newStage(t, webhook.Config{Lookup: resolves}, nil)
	for _, l := range badLines(t, "webhook_out", "create_webhook_endpoint") {
		var u string
		require.NoError(t, json.Unmarshal(l.Value, &u))
		_, err := b.p.Create(b.ctx, webhook.EndpointRequest{Key: b.key(), URL: u})
		if strings.Contains(u, "rebinding") { // at creation its address is public: W2 has it at delivery
			require.NoError(t, err)
			continue
		}
		require.Equal(t, l.Expect, codeOf(t, err), u)
	}
}

// W1, W2: at delivery, on the address itself; a name that resolves otherwise now, or to a
// private address among others, is not dialled.
func TestW2Rebinding(t *testing.T) {
	for name, then := range map[string][]string{
		"loopback": {"127.0.0.1"}, "mixed": {"93.184.215.14", "10.0.0.1"}, "mapped": {"::ffff:127.0.0.1"}, "six": {"::1"}, "metadata": {"169.254.169.254"}, "gone": nil,
	} {
		t.Run(name, func(t *testing.T) {
			lookup := names{"hooks.example": {"93.184.215.14"}}
			dialled := 0
			b := newStage(t, webhook.Config{Lookup: lookup, Dial: func(context.Context, string, string) (net.Conn, error) {
				dialled++
				return nil, net.ErrClosed
			}}, nil)
			e := b.endpoint(only(connect.EventChargeSucceeded))
			lookup["hooks.example"] = then
			b.charge()
			require.Equal(t, 1, b.run().Failed)
			require.Zero(t, dialled)
			require.Equal(t, webhook.NoAnswer, b.all(e.ID)[0].Result)
		})
	}
}

// W1: the host's own addresses.
func TestW1OwnAddresses(t *testing.T) {
	b := newStage(t, webhook.Config{Deny: []netip.Prefix{netip.MustParsePrefix("93.184.215.0/24")}}, nil)
	_, err := b.p.Create(b.ctx, webhook.EndpointRequest{Key: "k", URL: "https://hooks.example/"})
	require.Equal(t, "forbidden_url", codeOf(t, err))
}

// W3: redirects are not followed, no proxy is asked, plain http goes to loopback alone and
// only if a test says so.
func TestW3NoRedirectsNoProxy(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	b := newStage(t, webhook.Config{}, nil)
	e := b.endpoint(only(connect.EventChargeSucceeded))
	for _, code := range []int{301, 302, 303, 307, 308} {
		b.answer = func(w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, "http://169.254.169.254/", code)
		}
		b.charge()
		require.Equal(t, 1, b.run().Failed)
		require.Len(t, b.took(), 1)
		require.Equal(t, webhook.Answered3xx, b.all(e.ID)[0].Result)
	}
	loop := newStage(t, webhook.Config{Loopback: true}, nil)
	sink := httptest.NewServer(http.HandlerFunc(loop.serve))
	defer sink.Close()
	loop.endpoint(only(connect.EventChargeSucceeded), func(r *webhook.EndpointRequest) { r.URL = sink.URL })
	_, err := loop.p.Create(loop.ctx, webhook.EndpointRequest{Key: "k", URL: "http://hooks.example/"})
	require.Equal(t, "forbidden_url", codeOf(t, err))
	loop.charge()
	require.Equal(t, 1, loop.run().Delivered)
}

// W4: an answer without end, one that comes a byte at a time, headers without end; and a
// certificate that nobody trusts.
func TestW4Answers(t *testing.T) {
	try := func(c webhook.Config, answer func(http.ResponseWriter, *http.Request, string)) webhook.Result {
		b := newStage(t, c, nil)
		b.answer = answer
		e := b.endpoint(only(connect.EventChargeSucceeded))
		b.charge()
		b.run()
		return b.all(e.ID)[0].Result
	}
	chunk := make([]byte, 4096)
	written := make(chan int, 1)
	require.Equal(t, webhook.Answered2xx, try(webhook.Config{}, func(w http.ResponseWriter, r *http.Request, _ string) {
		n := 0
		for r.Context().Err() == nil {
			m, err := w.Write(chunk)
			if n += m; err != nil {
				break
			}
		}
		written <- n
	}), "an endless body is cut off")
	require.Less(t, <-written, 32<<20)
	short := webhook.Config{Timeout: 100 * time.Millisecond}
	slow := func(w http.ResponseWriter, r *http.Request, _ string) {
		for i := 0; r.Context().Err() == nil && i < 200; i++ {
			_, _ = w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			wait(r.Context(), 10*time.Millisecond)
		}
	}
	require.Equal(t, webhook.NoAnswer, try(short, slow), "a byte at a time")
	require.Equal(t, webhook.NoAnswer, try(short, func(_ http.ResponseWriter, r *http.Request, _ string) { wait(r.Context(), 2*time.Second) }), "no headers")
	require.Equal(t, webhook.NoAnswer, try(webhook.Config{}, func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("X", strings.Repeat("x", 64<<10))
	}), "headers without end")
	require.Equal(t, webhook.NoAnswer, try(webhook.Config{TLS: &tls.Config{}}, nil), "self-signed")
	require.Equal(t, webhook.Answered2xx, try(webhook.Config{}, func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte("no gzip at all"))
	}), "nothing is unpacked")
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// W5: nothing of an answer or of a failure to reach anybody is shown but its class.
func TestW5NothingRaw(t *testing.T) {
	b := newStage(t, webhook.Config{}, nil)
	b.endpoint(only("charge.*"))
	b.answer = func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("X-Inner", "canary")
		w.WriteHeader(418)
		_, _ = w.Write([]byte("canary"))
	}
	b.charge()
	b.run()
	require.NoError(t, b.Store().Read(b.ctx, func(v ledger.View) error {
		list, err := v.Find(ledger.Query{Kind: "webhook.delivery", Name: "platform", Value: b.shop.ID()})
		for _, o := range list {
			require.NotContains(t, string(o.Data), "canary")
			require.NotContains(t, string(o.Data), "418")
		}
		require.NotEmpty(t, list)
		return err
	}))
	b.server.Close()
	b.charge()
	b.run()
	_, err := b.p.Create(b.ctx, webhook.EndpointRequest{Key: "k", URL: "https://nowhere.example/"})
	require.NotContains(t, err.Error(), "no such host")
}

// W6: while a secret rolls both sign; afterwards the old one does not.
func TestW6Rolling(t *testing.T) {
	b := newStage(t, webhook.Config{Sealer: mirror{}}, nil)
	e := b.endpoint(only(connect.EventChargeSucceeded))
	rolled, err := b.p.Roll(b.ctx, webhook.RollRequest{Key: "r", EndpointID: e.ID, Overlap: time.Hour})
	require.NoError(t, err)
	again, err := b.p.Roll(b.ctx, webhook.RollRequest{Key: "r", EndpointID: e.ID, Overlap: time.Hour})
	require.NoError(t, err)
	require.Equal(t, rolled.Secret, again.Secret)
	require.True(t, again.Replayed)
	require.NotEqual(t, e.Secret, rolled.Secret)
	require.Len(t, rolled.Secrets, 2)
	check := func(secret string, ok bool) {
		t.Helper()
		b.charge()
		b.run()
		g := b.took()[0]
		for _, header := range []string{"", webhook.DefaultHeader} {
			g.Header.Del(header)
			_, err := b.verifier(secret).Verify(g.Header, []byte(g.Body))
			require.Equal(t, ok, err == nil, "%v", err)
		}
	}
	check(e.Secret, true)
	check(rolled.Secret, true)
	b.Clock.Advance(time.Hour)
	check(e.Secret, false)
	check(rolled.Secret, true)
	_, err = b.p.Roll(b.ctx, webhook.RollRequest{Key: "now", EndpointID: e.ID})
	require.NoError(t, err)
	check(rolled.Secret, false)
	shown, err := b.p.Get(b.ctx, e.ID)
	require.NoError(t, err)
	for _, s := range shown.Secrets {
		require.Empty(t, s.Kept)
	}
	_, err = b.p.Roll(b.ctx, webhook.RollRequest{Key: "long", EndpointID: e.ID, Overlap: 8 * 24 * time.Hour})
	require.Equal(t, "invalid_overlap", codeOf(t, err))
	require.NoError(t, b.Store().Read(b.ctx, func(v ledger.View) error {
		list, err := v.Objects(ledger.ID{Kind: "webhook.endpoint", ID: e.ID})
		require.NotContains(t, string(list[0].Data), "whsec")
		return err
	}))
}

// mirror seals by turning bits, bound to what it seals for.
type mirror struct{}

func (mirror) Seal(_ context.Context, about string, plain []byte) ([]byte, error) {
	return turn([]byte(about + "\n" + string(plain))), nil
}

func (mirror) Open(_ context.Context, about string, sealed []byte) ([]byte, error) {
	plain, ok := strings.CutPrefix(string(turn(sealed)), about+"\n")
	if !ok {
		return nil, fmt.Errorf("sealed for another")
	}
	return []byte(plain), nil
}

func turn(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = ^c
	}
	return out
}

// W8: a platform with many dead endpoints does not delay others. None of its connections is
// answered until the others' event has come.
func TestW8Flood(t *testing.T) {
	lookup := names{"hooks.example": {"93.184.215.14"}}
	for i := range 20 {
		lookup[fmt.Sprintf("dead%d.example", i)] = []string{"93.184.215.15"}
	}
	b := newStage(t, webhook.Config{Lookup: lookup, Parallel: 8}, nil)
	other, err := b.Register(b.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	for i := range 20 {
		b.endpoint(only(connect.EventChargeSucceeded), func(r *webhook.EndpointRequest) { r.URL = fmt.Sprintf("https://dead%d.example/", i) })
	}
	for range 60 { // more than one page of what is due
		b.charge()
	}
	p, err := b.hooks.Platform(b.ctx, other.ID())
	require.NoError(t, err)
	_, err = p.Create(b.ctx, webhook.EndpointRequest{Key: "k", URL: "https://hooks.example/", Types: []string{connect.EventAccountCreated}})
	require.NoError(t, err)
	_, err = other.CreateAccount(b.ctx, connect.AccountRequest{Key: "a", Country: "US"})
	require.NoError(t, err)
	came := make(chan struct{})
	dead := 0
	b.answer = func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Host == "hooks.example" {
			close(came)
			return
		}
		select {
		case <-came:
		case <-r.Context().Done():
		}
		b.mu.Lock()
		dead++
		b.mu.Unlock()
		w.WriteHeader(500)
	}
	sent := b.run()
	require.Equal(t, 1, sent.Delivered)
	require.Equal(t, 1200, sent.Failed)
	require.Equal(t, 1200, dead)
}

// Nothing is left running.
func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	b := newStage(t, webhook.Config{}, nil)
	b.endpoint()
	b.charge()
	b.run()
	ctx, stop := context.WithCancel(b.ctx)
	b.answer = func(_ http.ResponseWriter, r *http.Request, _ string) { stop(); wait(r.Context(), 2*time.Second) }
	b.charge()
	_, err := b.Drain(b.ctx)
	require.NoError(t, err)
	require.ErrorIs(t, b.hooks.Run(ctx, nil), context.Canceled)
	b.hooks.Close()
	b.server.Close()
	for i := 0; i < 500 && runtime.NumGoroutine() > before; i++ {
		wait(context.Background(), 10*time.Millisecond)
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
}

// W4: no more than PerHost connections at once to one host, however much is due, and however
// its name is written.
func TestW4ConnectionsPerHost(t *testing.T) {
	address := []string{"93.184.215.14"}
	lookup := names{"hooks.example": address, "HOOKS.example": address}
	b := newStage(t, webhook.Config{Parallel: 16, PerTenant: 16, PerHost: 3, Lookup: lookup}, nil)
	for _, url := range []string{"https://HOOKS.example/", "https://hooks.example:8443/"} {
		b.endpoint(only(connect.EventChargeSucceeded), func(r *webhook.EndpointRequest) { r.URL = url })
	}
	for range 12 {
		b.charge()
	}
	now, most := 0, 0
	b.answer = func(_ http.ResponseWriter, r *http.Request, _ string) {
		b.mu.Lock()
		now++
		most = max(most, now)
		b.mu.Unlock()
		wait(r.Context(), 5*time.Millisecond)
		b.mu.Lock()
		now--
		b.mu.Unlock()
	}
	require.Equal(t, 24, b.run().Delivered)
	require.Equal(t, 3, most)
}
