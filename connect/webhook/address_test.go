package webhook

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// Addresses that may not be called are refused when an endpoint is made (W1, W3).
func TestForbiddenURLs(t *testing.T) {
	b := newBench(t)
	b.names.list["private.example.com"] = [][]string{{"10.0.0.1"}}
	b.names.list["mixed.example.com"] = [][]string{{"93.184.216.34", "::1"}}
	list := []string{
		"", "http://example.com/", "ftp://example.com/", "https:example.com", "//example.com/", "https://", "https:///x", "https://example.com:22/", "https://example.com:0/",
		"https://example.com:99999/", "https://u@example.com/", "https://u:p@example.com/", "https://example.com/#x", "https://example.com/#", "https://example.com/a b",
		"https://example.com\\@127.0.0.1/", "https://exämple.com/", "https://127。0。0。1/", "https://①②⑦.0.0.1/", "https://example.com/\r\nX: 1", "https://ex%61mple.com%00/",
		"https://localhost/", "https://localhost./", "https://a.localhost/", "https://metadata.google.internal/", "https://printer.local/", "https://intranet/", "https://0/",
		"https://2130706433/", "https://127.1/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://1.1.1.1.1/", "https://example..com/", "https://.example.com/",
		"https://private.example.com/", "https://mixed.example.com/", "https://" + strings.Repeat("a", 64) + ".com/", "https://example.com/" + strings.Repeat("a", 2048),
		"https://[fe80::1%25eth0]/", "https://[::1]:443/", "https://[::ffff:10.0.0.1]/",
	}
	for _, p := range nowhere {
		a := p.Addr()
		for _, in := range []netip.Addr{a, a.Next()} {
			host := in.String()
			if in.Is6() {
				host = "[" + host + "]"
			}
			list = append(list, "https://"+host+"/")
		}
	}
	for _, url := range list {
		_, err := b.hooks.CreateEndpoint(b.ctx, b.platform, EndpointRequest{Key: "k", URL: url})
		requireRefused(t, err, ledger.Invalid, "forbidden_url")
	}
	for i, url := range []string{"https://example.com", "https://EXAMPLE.com:8443/a?b=c&d=%20", "https://93.184.216.34/", "https://[2606:2800:220:1::1]/", "https://not-there-yet.example.com/"} {
		_, err := b.hooks.CreateEndpoint(b.ctx, b.platform, EndpointRequest{Key: fmt.Sprint(i), URL: url})
		require.NoError(t, err, url)
	}
	denied := newBench(t, func(c *Config) { c.Deny = []netip.Prefix{netip.MustParsePrefix("93.184.216.0/24")} })
	_, err := denied.hooks.CreateEndpoint(b.ctx, denied.platform, EndpointRequest{Key: "k", URL: "https://example.com/"})
	requireRefused(t, err, ledger.Invalid, "forbidden_url")
}

// The addresses that are named as examples are in the ranges that are refused, and public
// ones are not.
func TestPublicAddresses(t *testing.T) {
	var c Config
	for _, text := range []string{"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.167.1.1", "2606:4700::1111", "2003::1", "::ffff:8.8.8.8"} {
		require.Equal(t, !strings.HasPrefix(text, "::ffff"), c.public(netip.MustParseAddr(text)) && !strings.HasPrefix(text, "::ffff"), text)
	}
	for _, text := range []string{"169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::", "::7f00:1", "fe80::1%eth0"} {
		require.False(t, c.public(netip.MustParseAddr(text)), text)
	}
	require.False(t, c.public(netip.Addr{}))
}

// A name that answers something else when it is called is found out then (W2).
func TestRebinding(t *testing.T) {
	b := newBench(t)
	b.names.list["rebind.example.com"] = [][]string{{"93.184.216.34"}, {"127.0.0.1"}}
	e := b.endpoint("e", func(r *EndpointRequest) { r.URL = "https://rebind.example.com/" })
	b.happens("c")
	b.drain()
	require.Empty(t, b.dialed)
	require.Equal(t, CodeRefused, b.deliveries(e.ID)[0].Attempts[0].Code)

	// and the dialer looks at the address that the system is about to call
	real := newBench(t, func(c *Config) { c.dial = nil })
	c := real.hooks.c
	require.Error(t, c.control("tcp", "127.0.0.1:443", nil))
	require.Error(t, c.control("tcp", "[::ffff:10.0.0.1]:443", nil))
	require.Error(t, c.control("tcp", "garbage", nil))
	require.NoError(t, c.control("tcp", "8.8.8.8:443", nil))
}

// What an endpoint answers is success or one of a few words: nothing of it is followed,
// unpacked, or read without end (W3, W4, W5).
func TestAnswers(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Timeout = 300 * time.Millisecond })
	e := b.endpoint("e")
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request, _ []byte)
		code   string
	}{
		"nothing": {func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(http.StatusNoContent) }, ""},
		"a redirect": {func(w http.ResponseWriter, r *http.Request, _ []byte) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		}, CodeRedirect},
		"another": {func(w http.ResponseWriter, r *http.Request, _ []byte) {
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
		}, CodeRedirect},
		"not found": {func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			http.Error(w, "secret of the network", http.StatusNotFound)
		}, CodeClient},
		"an error": {func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			http.Error(w, "secret of the network", http.StatusServiceUnavailable)
		}, CodeServer},
		"no answer":   {func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() }, CodeTimeout},
		"it hangs up": {func(http.ResponseWriter, *http.Request, []byte) { panic(http.ErrAbortHandler) }, CodeConnection},
		"much":        {func(w http.ResponseWriter, _ *http.Request, _ []byte) { _, _ = w.Write(make([]byte, 10<<20)) }, ""},
		"no end": {func(w http.ResponseWriter, r *http.Request, _ []byte) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		}, ""},
		"long headers": {func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.Header().Set("X", strings.Repeat("x", 128<<10))
		}, CodeConnection},
	} {
		_, err := b.hooks.UpdateEndpoint(b.ctx, b.platform, EndpointUpdate{EndpointID: e.ID, Enable: true})
		require.NoError(t, err)
		b.answers(c.answer)
		b.happens(name)
		b.drain()
		d := b.deliveries(e.ID)[0]
		require.Equal(t, c.code, d.Attempts[0].Code, name)
		require.NotContains(t, fmt.Sprintf("%+v", d.Attempts), "secret of the network", name)
		require.NoError(t, b.hooks.abandon(b.ctx, d.ID))
	}
}

// abandon ends a delivery of a test.
func (h *Hooks) abandon(ctx context.Context, id string) error {
	_, err := h.env.Update(ctx, h.store(), func(u *ledger.Unit) error {
		d, err := deliveryKind.Get(u, id)
		if err != nil {
			return err
		}
		d.end(u.At(), Failed, "test")
		return deliveryKind.Put(u, id, d)
	})
	return err
}

// A certificate that nobody has signed is refused.
func TestSelfSigned(t *testing.T) {
	b := newBench(t, func(c *Config) { c.RootCAs = nil })
	e := b.endpoint("e")
	b.happens("c")
	b.drain()
	require.Equal(t, CodeTLS, b.deliveries(e.ID)[0].Attempts[0].Code)
	require.Empty(t, b.taken())
}

// A server that sends its headers a byte at a time gets no longer than any other.
func TestSlowLoris(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = bufio.NewReader(conn).ReadByte()
				tick := time.NewTicker(20 * time.Millisecond)
				defer tick.Stop()
				for _, b := range []byte("HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 1000)) {
					select {
					case <-stop:
						return
					case <-tick.C:
						if _, err := conn.Write([]byte{b}); err != nil {
							return
						}
					}
				}
			}()
		}
	}()
	b := newBench(t, func(c *Config) { c.Development, c.Timeout, c.dial = true, 200*time.Millisecond, nil })
	e := b.endpoint("e", func(r *EndpointRequest) { r.URL = "http://" + listener.Addr().String() + "/" })
	b.happens("c")
	b.drain()
	require.Equal(t, CodeTimeout, b.deliveries(e.ID)[0].Attempts[0].Code)
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"https://example.com/", "https://127.1/", "https://[::1]/", "https://a@b.c/", "https://0x7f.1/"} {
		f.Add(s)
	}
	c, err := Config{Engine: newBench(f).Engine}.fill()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		u, err := c.checkURL(text)
		if err != nil {
			requireRefused(t, err, ledger.Invalid, "forbidden_url")
			return
		}
		require.Equal(t, "https", u.Scheme)
		if a, err := netip.ParseAddr(u.Hostname()); err == nil {
			require.True(t, c.public(a))
		} else {
			require.Contains(t, u.Hostname(), ".")
		}
	})
}
