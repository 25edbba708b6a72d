package wire_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/acquirer/internal/wire"
	"github.com/soukhq/souk/ledger"
)

// A request that is under way is made again for a bounded time, and not after its
// caller has gone.
func TestPersist(t *testing.T) {
	calls := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.WriteHeader(http.StatusConflict)
	}))
	t.Cleanup(s.Close)
	var waited time.Duration
	gone := errors.New("gone")
	c := wire.Client{Op: "test", Wait: func(_ context.Context, d time.Duration) error {
		if waited += d; waited < 0 {
			return gone
		}
		return nil
	}}
	busy := func(r wire.Reply) bool { return r.Status == http.StatusConflict }
	_, err := c.Persist(t.Context(), wire.Request{Method: http.MethodPost, URL: s.URL}, busy)
	require.ErrorIs(t, err, ledger.Unknown)
	require.Equal(t, 8, calls)
	require.Equal(t, 6350*time.Millisecond, waited)
	waited = -time.Hour
	_, err = c.Persist(t.Context(), wire.Request{Method: http.MethodPost, URL: s.URL}, busy)
	require.ErrorIs(t, err, gone)
	require.Equal(t, 9, calls)

	ctx, cancel := context.WithCancel(t.Context())
	plain := wire.Client{Wait: nil}
	_, err = plain.Persist(ctx, wire.Request{Method: http.MethodPost, URL: s.URL}, func(wire.Reply) bool { cancel(); return true })
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 10, calls)
}

// Secrets are not sent elsewhere: to where a redirect leads, or in the clear.
func TestNoRedirects(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	s := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	t.Cleanup(s.Close)
	for _, client := range []*http.Client{nil, {}} {
		c := wire.Client{HTTP: client}
		r, err := c.Do(t.Context(), wire.Request{Method: http.MethodPost, URL: s.URL, Body: []byte("x")})
		require.NoError(t, err)
		require.Equal(t, http.StatusTemporaryRedirect, r.Status)
	}
	require.Zero(t, elsewhere)
	for base, ok := range map[string]bool{
		"https://api.example": true, "https://api.example/v71/": true, "http://127.0.0.1:99": true, "http://[::1]:99": true, "http://localhost": true,
		"http://api.example": false, "http://localhost.example": false, "ftp://localhost": false, "": false, "api.example": false,
		"https://user:secret@api.example": false, "https://api.example?x=1": false, "https://api.example#x": false, "https://": false,
	} {
		have, is := wire.CheckBase(base)
		require.Equal(t, ok, is, base)
		if ok {
			require.Equal(t, strings.TrimSuffix(base, "/"), have)
		}
	}
}

// What goes into a path or a header is plain.
func TestNames(t *testing.T) {
	for text, ok := range map[string]bool{"pi_1": true, "A-z": true, "": false, "a/b": false, "..": false, "a b": false, "é": false, strings.Repeat("x", 256): false} {
		require.Equal(t, ok, wire.Token(text), "%q", text)
	}
	for text, ok := range map[string]bool{"a b": true, "": false, " a": false, "a\r\nb": false, "é": false, "aaaaaaaaaaa": false} {
		require.Equal(t, ok, wire.Key(text, 10), "%q", text)
	}
}

// Amounts go out in the API's digits and come back, or are none.
func TestMoney(t *testing.T) {
	three := func(ledger.Currency) int { return 3 }
	none := func(ledger.Currency) int { return 0 }
	n, ok := wire.Units(ledger.Minor(150, ledger.EUR), three)
	require.True(t, ok)
	require.EqualValues(t, 1500, n)
	require.Equal(t, ledger.Minor(150, ledger.EUR), wire.Money(n, "EUR", three))
	for _, m := range []ledger.Money{ledger.Minor(150, ledger.EUR), ledger.Minor(100, ledger.BTC), {}} {
		_, ok = wire.Units(m, none)
		require.False(t, ok, "%v", m)
	}
	require.Zero(t, wire.Money(1, "EURO", three))
	require.Zero(t, wire.Money(1501, "EUR", three), "half a cent")
}
