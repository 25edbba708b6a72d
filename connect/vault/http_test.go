package vault_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
)

const (
	pk     = "pk_test_0123456789abcdef"
	sk     = "sk_test_CANARY0123456789"
	origin = "https://shop.example"
)

// site is a vault with its handler.
type site struct {
	*world
	http.Handler
}

func newSite(t testing.TB, change func(*vault.Config)) *site {
	t.Helper()
	w := newWorld(t, func(c *vault.Config) {
		c.Limits = vault.Limits{PerKey: 10_000, PerIP: 10_000}
		if change != nil {
			change(c)
		}
	})
	require.NoError(t, w.keys.Register(pk, vault.Key{ID: "key_1", Platform: platform, Origins: []string{origin}}))
	require.NoError(t, w.keys.Register("pk_test_of_the_other_one", vault.Key{ID: "key_2", Platform: "plat_2", Origins: []string{"https://other.example"}}))
	require.NoError(t, w.keys.Register(sk, vault.Key{ID: "key_3", Platform: platform, Secret: true, Origins: []string{origin}}))
	require.NoError(t, w.keys.Register("pk_live_0123456789abcdef", vault.Key{ID: "key_4", Platform: platform, Live: true, Origins: []string{origin}}))
	h, err := w.Handler()
	require.NoError(t, err)
	return &site{w, h}
}

// at is the site for a test of its own.
func (s *site) at(t testing.TB) *site {
	w := *s.world
	w.t, w.ctx = t, t.Context()
	return &site{&w, s.Handler}
}

// post is what a page of the shop sends; change makes it otherwise.
func (s *site) post(body string, change func(*http.Request)) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://vault.example/v1/tokens", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+pk)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", origin)
	return s.send(r, change)
}

func (s *site) get(path string, change func(*http.Request)) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.send(httptest.NewRequest(http.MethodGet, "https://vault.example/"+path, nil), change)
}

func (s *site) send(r *http.Request, change func(*http.Request)) *httptest.ResponseRecorder {
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	require.NotContains(s.t, w.Header().Get("Access-Control-Allow-Origin"), "*")
	require.False(s.t, w.Code >= 300 && w.Code < 400, "nothing is redirected")
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// code is that of an answer: "ok", or what is wrong.
func code(t testing.TB, w *httptest.ResponseRecorder) string {
	t.Helper()
	var a struct {
		Token string
		Error struct{ Code, Field string }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a), w.Body.String())
	if w.Code == http.StatusOK {
		require.NotEmpty(t, a.Token)
		return "ok"
	}
	require.NotEmpty(t, a.Error.Code)
	return a.Error.Code
}

const body = `{"country":"DE","currency":"EUR","iban":"` + iban + `","account_holder_name":"` + holder + `"}`

func TestDetailsBecomeAToken(t *testing.T) {
	s := newSite(t, nil)
	w := s.post(body, nil)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var a map[string]string
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
	ref, err := s.Use(s.ctx, vault.UseRequest{Key: "u", Platform: platform, Token: a["token"], Account: "acct_1"})
	require.NoError(t, err)
	require.Equal(t, iban, s.opened(ref.ID)[0].Fields.Reveal()["iban"])
	delete(a, "token")
	require.Equal(t, map[string]string{"kind": "bank", "country": "DE", "currency": "EUR", "last4": "3000", "bank": "37040044", "expires": "2026-03-02T09:15:00Z"}, a, "T9: no more leaves the vault")
	w = s.post(`{"kind":"identity","country":"US","id_number":"123-45-6789"}`, header("Origin", "https://vault.example")) // the vault's own frame
	require.Equal(t, "ok", code(t, w))
	require.NotContains(t, w.Body.String(), "45-6789")
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Type": "application/json",
		"Strict-Transport-Security": "max-age=31536000", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	} {
		require.Equal(t, want, w.Header().Get(name))
	}
}

// T1: only registered origins, no star, no null, no credentials, and a browser asks again
// after ten minutes.
func TestCORS(t *testing.T) {
	s := newSite(t, nil)
	preflight := func(origin string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodOptions, "https://vault.example/v1/tokens", nil)
		r.Header.Set("Access-Control-Request-Method", "POST")
		return s.send(r, header("Origin", origin))
	}
	w := preflight(origin)
	require.Equal(t, http.StatusNoContent, w.Code)
	require.Equal(t, []any{origin, "POST", "600"}, []any{w.Header().Get("Access-Control-Allow-Origin"), w.Header().Get("Access-Control-Allow-Methods"), w.Header().Get("Access-Control-Max-Age")})
	require.Contains(t, w.Header().Get("Vary"), "Origin")
	for _, bad := range []string{
		"null", "", "*", "https://shop.example.evil.example", "https://shop.example:444", "http://shop.example", "https://shop.example/", "https://SHOP.example",
		"https://evil.example", "https://shop.example https://evil.example", "https://shop.exampl\u0435",
	} {
		for _, w := range []*httptest.ResponseRecorder{preflight(bad), s.post(body, header("Origin", bad)), s.get("souk.js", header("Origin", cmpOr(bad, "null")))} {
			require.Equal(t, "forbidden_origin", code(t, w), bad)
			require.Equal(t, http.StatusForbidden, w.Code)
			require.Empty(t, w.Header().Values("Access-Control-Allow-Origin"))
		}
	}
	for name, change := range map[string]func(*http.Request){
		"no origin":             func(r *http.Request) { r.Header.Del("Origin") },
		"two origins":           func(r *http.Request) { r.Header.Add("Origin", origin) },
		"the other platform's":  header("Origin", "https://other.example"), // registered, but not for this key
		"a host that is no one": func(r *http.Request) { r.Host = "shop.example"; r.Header.Set("Origin", "https://evil.example") },
	} {
		require.Equal(t, "forbidden_origin", code(t, s.post(body, change)), name)
	}
	w = s.post(body, func(r *http.Request) { r.Host = "evil.example" }) // the header Host decides nothing
	require.Equal(t, "ok", code(t, w))
	require.Equal(t, origin, w.Header().Get("Access-Control-Allow-Origin"))
	require.Empty(t, w.Header().Get("Access-Control-Allow-Credentials"))
	require.Equal(t, origin, s.post(`{}`, nil).Header().Get("Access-Control-Allow-Origin"), "a page may read what is wrong")
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// T2: a publishable key alone; a secret one is refused and raises the alarm, once a minute.
func TestASecretKeyRaisesTheAlarm(t *testing.T) {
	s := newSite(t, nil)
	for key, want := range map[string]string{
		"pk_test_of_the_other_one": "forbidden_origin", "pk_test_unknown_unknown": "invalid_key", "pk_live_0123456789abcdef": "invalid_key",
		"sk_test_unknown_unknown": "publishable_key_required", "rk_test_unknown_unknown": "publishable_key_required", "sk_!": "publishable_key_required",
		"": "invalid_key", "pk_test_0123456789abcdeF": "invalid_key", strings.Repeat("p", 300): "invalid_key",
	} {
		require.Equal(t, want, code(t, s.post(body, header("Authorization", "Bearer "+key))), key)
	}
	require.Equal(t, "invalid_key", code(t, s.post(body, header("Authorization", "Basic "+pk))))
	require.Equal(t, "invalid_key", code(t, s.post(body, func(r *http.Request) { r.Header.Add("Authorization", "Bearer "+pk) })))
	require.Empty(t, s.events(), "what nobody knows writes nothing")
	for range 3 {
		w := s.post(body, header("Authorization", "Bearer "+sk))
		require.Equal(t, []any{"publishable_key_required", http.StatusForbidden}, []any{code(t, w), w.Code})
		require.Equal(t, "publishable_key_required", code(t, s.get("v1/frame?kind=bank&key="+sk, nil)))
	}
	require.Equal(t, []string{vault.EventSecretKeyUsed}, s.events())
	e := events(t, s.store)[0]
	require.Equal(t, []any{platform, "valarm_key_3"}, []any{e.Platform, e.Object.ID})
	s.clock.Advance(time.Minute)
	s.post(body, header("Authorization", "Bearer "+sk))
	require.Len(t, s.events(), 2)
	s.keys.Revoke(pk)
	require.Equal(t, "invalid_key", code(t, s.post(body, nil)), "a key that is revoked is none at once")
}

// T4: rates are limited by key and by address, and headers that anybody can write do not
// change the address.
func TestRates(t *testing.T) {
	s := newSite(t, func(c *vault.Config) { c.Limits = vault.Limits{PerKey: 5, PerIP: 3} })
	from := func(address string) func(*http.Request) {
		return func(r *http.Request) {
			r.RemoteAddr = address
			r.Header.Set("X-Forwarded-For", "203.0.113."+address[:1])
		}
	}
	for i, c := range []struct{ address, want string }{
		{"192.0.2.1:1", "ok"}, {"192.0.2.1:2", "ok"}, {"192.0.2.1:3", "ok"}, {"192.0.2.1:4", "rate_limited"},
		{"198.51.100.1:1", "ok"}, {"198.51.100.1:1", "ok"}, {"198.51.100.1:1", "rate_limited"}, // the key's five are used up
	} {
		w := s.post(body, from(c.address))
		require.Equal(t, c.want, code(t, w), i)
		if c.want != "ok" {
			require.Equal(t, []any{http.StatusTooManyRequests, "60"}, []any{w.Code, w.Header().Get("Retry-After")})
		}
	}
	s.clock.Advance(time.Minute)
	require.Equal(t, "ok", code(t, s.post(body, from("192.0.2.1:5"))))
	for range 4 {
		s.send(httptest.NewRequest(http.MethodOptions, "/v1/tokens", nil), from("192.0.2.9:1"))
	}
	require.Equal(t, "rate_limited", code(t, s.send(httptest.NewRequest(http.MethodOptions, "/v1/tokens", nil), from("192.0.2.9:1"))))

	wide := newSite(t, func(c *vault.Config) { c.Limits.PerIP = 3 })
	for i, want := range []string{"ok", "ok", "ok", "rate_limited"} { // one network of IPv6 is one address
		require.Equal(t, want, code(t, wide.post(body, from(fmt.Sprintf("[2001:db8::%d]:1", i+1)))), i)
	}
	require.Equal(t, "ok", code(t, wide.post(body, from("[2001:db8:0:1::1]:1"))))

	proxied := newSite(t, func(c *vault.Config) {
		c.Limits.PerIP = 1
		c.ClientIP = func(r *http.Request) netip.Addr { a, _ := netip.ParseAddr(r.Header.Get("X-Real-IP")); return a }
	})
	require.Equal(t, "ok", code(t, proxied.post(body, header("X-Real-IP", "192.0.2.1"))))
	require.Equal(t, "ok", code(t, proxied.post(body, header("X-Real-IP", "192.0.2.2"))))
	require.Equal(t, "rate_limited", code(t, proxied.post(body, header("X-Real-IP", "::ffff:192.0.2.2"))))
	require.Equal(t, "ok", code(t, proxied.post(body, header("X-Real-IP", "nonsense"))))
	require.Equal(t, "rate_limited", code(t, proxied.post(body, header("X-Real-IP", ""))))
}

// T4: an account that the vault has already is answered like one that it has not.
func TestKnownAccountsAreAnsweredAlike(t *testing.T) {
	s := newSite(t, nil)
	answer := func() map[string]string {
		w := s.post(body, nil)
		require.Equal(t, http.StatusOK, w.Code)
		var a map[string]string
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
		require.Len(t, a["token"], len("btok_")+26)
		delete(a, "token")
		return a
	}
	unknown := answer()
	_ = s.used(german(""), "acct_1")
	require.Equal(t, unknown, answer())
}

// In tests a card form takes the documented numbers and no other, on the server too; where
// it is live, or an acquirer has fields of its own, there is none.
func TestCards(t *testing.T) {
	s := newSite(t, nil)
	card := func(number string) string {
		return `{"kind":"card","number":"` + number + `","exp_month":"12","exp_year":"2030","cvc":"123"}`
	}
	w := s.post(card("4242 4242 4242 4242"), nil)
	require.JSONEq(t, `{"token":"`+connect.TestCard+`","kind":"card","last4":"4242"}`, w.Body.String())
	for _, number := range []string{"4242424242424241", "4111111111111111", "5500000000000004", "", "4242424242424242x", "378282246310005"} {
		w := s.post(card(number), nil)
		require.Equal(t, "incorrect_number", code(t, w))
		require.True(t, number == "" || !strings.Contains(w.Body.String(), number))
	}
	for change, want := range map[string]string{
		`"exp_month":"13"`: "invalid_expiry_month", `"exp_month":""`: "invalid_expiry_month", `"exp_year":"2026","exp_month":"2"`: "invalid_expiry_year",
		`"exp_year":"30"`: "invalid_expiry_year", `"cvc":"12"`: "invalid_cvc", `"cvc":"12a"`: "invalid_cvc", `"pan":"1"`: "invalid_request",
	} {
		fields := map[string]string{"kind": "card", "number": "4242424242424242", "exp_month": "12", "exp_year": "2030", "cvc": "123"}
		require.NoError(t, json.Unmarshal([]byte("{"+change+"}"), &fields))
		text, err := json.Marshal(fields)
		require.NoError(t, err)
		require.Equal(t, want, code(t, s.post(string(text), nil)), change)
	}
	require.Empty(t, s.events(), "nothing of a card is kept")
	fields := func(s *site) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "https://vault.example/v1/card-fields", nil)
		r.Header.Set("Authorization", "Bearer "+pk)
		return s.send(r, header("Origin", origin))
	}
	require.JSONEq(t, `{"name":"test"}`, fields(s).Body.String())
	other := newSite(t, func(c *vault.Config) { c.Cards = acquirerFields{} })
	require.JSONEq(t, `{"name":"acme","settings":{"for":"plat_1"}}`, fields(other).Body.String())
	require.Equal(t, "card_not_taken", code(t, other.post(card("4242424242424242"), nil)))
	live := newSite(t, func(c *vault.Config) { c.Live, c.Store = true, kept{ledger.NewMemory()} })
	require.NoError(t, live.keys.Register(pk, vault.Key{ID: "key_1", Platform: platform, Live: true, Origins: []string{origin}}))
	require.Equal(t, "card_not_taken", code(t, live.post(card("4242424242424242"), nil)))
	require.Equal(t, "card_not_taken", code(t, fields(live)))
	require.Equal(t, "card_not_taken", code(t, live.get("v1/frame?kind=card&key="+pk+"&origin="+origin, nil)))
}

type acquirerFields struct{}

func (acquirerFields) CardFields(_ context.Context, platform string) (vault.CardMount, error) {
	return vault.CardMount{Name: "acme", Settings: map[string]string{"for": platform}}, nil
}

// What is not there, or is asked in another way, is refused, and a broken store says no more
// than that.
func TestOtherRequests(t *testing.T) {
	s := newSite(t, nil)
	require.Equal(t, http.StatusNotFound, s.get("v1/other", nil).Code)
	require.Equal(t, http.StatusNotFound, s.get("", nil).Code)
	w := s.get("v1/tokens", nil)
	require.Equal(t, []any{http.StatusMethodNotAllowed, "POST, OPTIONS"}, []any{w.Code, w.Header().Get("Allow")})
	require.Equal(t, "ok", code(t, s.post(body, header("X-HTTP-Method-Override", "DELETE"))))
	require.Equal(t, "ok", code(t, s.post(body, header("Api-Version", "1"))))
	require.Equal(t, "invalid_version", code(t, s.post(body, header("Api-Version", "9999-01-01"))))
	require.Equal(t, "unsupported_media_type", code(t, s.post(body, header("Content-Type", "text/xml"))))
	require.Equal(t, "unsupported_media_type", code(t, s.post(body, header("Content-Encoding", "gzip"))))
	require.Equal(t, "invalid_request", code(t, s.post("", func(r *http.Request) { r.Body = io.NopCloser(broken{}) })))
	bad := newSite(t, func(c *vault.Config) { c.Store = gone{} })
	w = bad.post(body, nil)
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.JSONEq(t, `{"error":{"code":"unavailable","message":"try again later"}}`, w.Body.String())
	none, err := vault.New(vault.Config{Wrapper: masters(t, "k1", "k1"), Index: index(t, "i1")})
	require.NoError(t, err)
	_, err = none.Handler()
	require.ErrorIs(t, err, ledger.Invalid)
}
