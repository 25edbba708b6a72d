package oauth_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/oauth"
)

// O2, O18, O19, O30: the pages take nothing from elsewhere, are in no frame, run no script
// and are kept by nobody.
func TestO2O18O30Pages(t *testing.T) {
	w := newWorld(t)
	res := w.get(oauth.PathAuthorize+"?"+w.ask().Encode(), "s1")
	text := body(t, res)
	require.Equal(t, "no-referrer", res.Header.Get("Referrer-Policy"))
	require.Equal(t, "DENY", res.Header.Get("X-Frame-Options"))
	require.Equal(t, "no-store, private", res.Header.Get("Cache-Control"))
	csp := res.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self' https://app.example"} {
		require.Contains(t, csp, part)
	}
	require.NotContains(t, csp, "script-src")
	require.NotContains(t, csp, "unsafe")
	require.NotRegexp(t, regexp.MustCompile(`(?i)<script|src=|href=|postMessage|\son\w+=`), text)
	require.NotContains(t, text, "ac_")
}

// O3: tokens are in no address, and none in an address opens anything.
func TestO3TokensAreInNoAddress(t *testing.T) {
	w := newWorld(t)
	access, _ := w.tokens(w.ask())
	res := w.get("/v1/account?access_token="+access, "")
	w.refused(res, 400, "invalid_request")
	f := w.redeem("ac_x")
	w.refused(w.post(oauth.PathToken+"?client_secret=x", f), 400, "invalid_request")
}

// O8: there is no grant but by a code.
func TestO8OnlyCodes(t *testing.T) {
	w := newWorld(t)
	for _, kind := range []string{"token", "code token", "id_token", "none"} {
		q := w.ask()
		q.Set("response_type", kind)
		res := w.get(oauth.PathAuthorize+"?"+q.Encode(), "s1")
		require.Empty(t, res.Header.Get("Location"))
		w.refused(res, 400, "unsupported_response_type")
	}
	for kind, code := range map[string]string{"password": "unsupported_grant_type", "implicit": "unsupported_grant_type", "client_credentials": "unauthorized_client", "": "invalid_request"} {
		f := w.redeem("ac_x")
		f.Set("grant_type", kind)
		w.refused(w.post(oauth.PathToken, f), 400, code)
	}
}

// O9, O26: an answer counts from the session and the user that the page was drawn for,
// with what stood in the page, once and for ten minutes.
func TestO9CSRFAndO26Session(t *testing.T) {
	w := newWorld(t)
	w.users["s2"] = oauth.User{ID: "u1", Session: "s2", Accounts: w.users["s1"].Accounts} // signed in anew
	w.users["evil"] = oauth.User{ID: "u2", Session: "evil"}
	refused := func(f url.Values, by string) {
		t.Helper()
		res := w.post(oauth.PathConsent, f, session(by))
		require.Equal(t, 400, res.StatusCode)
		require.Empty(t, res.Header.Get("Location"))
	}
	f := w.page(w.ask())
	refused(f, "s2")
	refused(f, "evil")
	refused(f, "nobody")
	for field, v := range map[string]string{"check": "x", "request": "ocs_x", "account": "acct_x"} {
		g := url.Values{}
		for k, old := range f {
			g[k] = old
		}
		g.Set(field, v)
		refused(g, "s1")
	}
	w.back(f)
	refused(f, "s1")
	late := w.page(w.ask())
	w.m.Clock.Advance(10 * time.Minute)
	refused(late, "s1")
	q := w.ask()
	q.Del("state")
	w.refused(w.get(oauth.PathAuthorize+"?"+q.Encode(), "s1"), 400, "invalid_request")
}

// O11, O20, O24: nothing in the store is a code, a token or a secret that could be used.
func TestO24TheStoreHasNoSecrets(t *testing.T) {
	w := newWorld(t)
	f := w.page(w.ask())
	code := w.back(f).Get("code")
	access, refresh := w.given(w.post(oauth.PathToken, w.redeem(code)))
	a2, r2 := w.given(w.post(oauth.PathToken, w.refreshing(refresh)))
	dump := w.dump()
	for _, secret := range []string{code, access, refresh, a2, r2, w.secret, f.Get("check")} {
		require.NotContains(t, dump, secret)
		require.NotContains(t, dump, base64.StdEncoding.EncodeToString([]byte(secret)))
	}
	require.Contains(t, dump, w.account.ID, "the dump has what it should")
}

// O12: a token opens one account, for its platform, and a key is no token.
func TestO12StolenTokens(t *testing.T) {
	w := newWorld(t)
	access, refresh := w.tokens(w.ask())
	for _, bad := range []string{"", "x", w.secret, refresh, access + "x", access[:len(access)-1], strings.Repeat("a", 100_000)} {
		require.Equal(t, 401, w.read("/v1/account", bad).StatusCode)
	}
	other := w.platform("Other", connect.ClientConfidential)
	k, err := other.CreateKey(w.ctx, connect.KeyRequest{Key: "k", Kind: connect.KeySecret})
	require.NoError(t, err)
	told := decoded(t, w.post(oauth.PathIntrospect, url.Values{"token": {access}, "client_id": {clientID(other)}, "client_secret": {k.Secret.Plain()}}))
	require.Equal(t, map[string]any{"active": false}, told)
	require.Equal(t, 200, w.post(oauth.PathRevoke, url.Values{"token": {access}, "client_id": {clientID(other)}, "client_secret": {k.Secret.Plain()}}).StatusCode)
	require.Equal(t, 200, w.read("/v1/account", access).StatusCode, "another client revokes nothing")
	seller, err := other.CreateAccount(w.ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	require.NotContains(t, body(t, w.read("/v1/account", access)), seller.ID)
}

// O13: who has to sign in first comes back to a path of this host, and to no address that a
// request names.
func TestO13NoOpenRedirector(t *testing.T) {
	w := newWorld(t)
	q := w.ask()
	q.Set("return_to", "https://evil.example")
	res := w.get(oauth.PathAuthorize+"?"+q.Encode(), "")
	u, err := url.Parse(res.Header.Get("Location"))
	require.NoError(t, err)
	require.Empty(t, u.Host)
	require.True(t, strings.HasPrefix(u.Query().Get("back"), oauth.PathAuthorize+"?"))
}

// O14: nothing here sends a post on with 307 or 308.
func TestO14NoRedirectKeepsABody(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NotRegexp(t, regexp.MustCompile(`\b30[78]\b|TemporaryRedirect|PermanentRedirect|X-Forwarded`), string(text), f) // O15, too
	}
	w := newWorld(t)
	res := w.post(oauth.PathConsent, w.page(w.ask()), session("s1"))
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
}

// O15: what a proxy says is not read.
func TestO15ProxyHeaders(t *testing.T) {
	w := newWorld(t)
	res := w.post(oauth.PathConsent, w.page(w.ask()), session("s1"), func(r *http.Request) {
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("X-Forwarded-Proto", "http")
		r.Host = "evil.example"
	})
	require.NotContains(t, res.Header.Get("Location"), "evil")
}

// O17: no id of a client is one of an account or a platform.
func TestO17Namespaces(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{w.shop.ID(), w.account.ID, w.account.Platform, "ca_" + strings.TrimPrefix(w.account.Platform, "plat_")} {
		q := w.ask()
		q.Set("client_id", id)
		res := w.get(oauth.PathAuthorize+"?"+q.Encode(), "s1")
		require.Equal(t, 400, res.StatusCode)
		require.Contains(t, res.Header.Get("Content-Type"), "text/html")
	}
}

// O21: a name that could pass for another is not shown, and the page says where the user
// is sent back to.
func TestO21Phishing(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"P\u0430yPal", "Shop\u202egro", "Sh\u200bop", "\u0395bay"} {
		_, err := w.shop.UpdatePlatform(w.ctx, connect.PlatformUpdate{Key: name[:1] + "k", Branding: &connect.Branding{DisplayName: name}})
		require.Error(t, err, name)
	}
	text := body(t, w.get(oauth.PathAuthorize+"?"+w.ask().Encode(), "s1"))
	require.Contains(t, text, "app.example")
	require.Contains(t, text, "Shop")
}

// O23: whoever had the user's consent asks for it again.
func TestO23ConsentIsAskedAgain(t *testing.T) {
	w := newWorld(t)
	w.tokens(w.ask())
	w.page(w.ask())
}

// O25: guessing is slowed down, of one client and of all, and no row is written for it.
func TestO25Guessing(t *testing.T) {
	w := newWorld(t, func(c *oauth.Config) { c.Failures = 5 })
	f := w.redeem("ac_x")
	f.Set("client_secret", "sk_test_"+strings.Repeat("A", 52))
	for range 5 {
		w.refused(w.post(oauth.PathToken, f), 401, "invalid_client")
	}
	before := w.dump()
	w.refused(w.post(oauth.PathToken, f), 429, "slow_down")
	require.Equal(t, before, w.dump())
	w.m.Clock.Advance(time.Minute)
	w.refused(w.post(oauth.PathToken, f), 401, "invalid_client")
}

// O27: a client says who it is in its own way, and in one.
func TestO27CounterfeitClients(t *testing.T) {
	w := newWorld(t)
	basic := func(user, pass string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, pass) }
	}
	without := func(fields ...string) url.Values {
		f := w.redeem("ac_x")
		for _, x := range fields {
			f.Del(x)
		}
		return f
	}
	w.refused(w.post(oauth.PathToken, without("client_secret")), 401, "invalid_client")
	w.refused(w.post(oauth.PathToken, without("client_secret", "client_id")), 401, "invalid_client")
	w.refused(w.post(oauth.PathToken, without(), basic(clientID(w.shop), w.secret)), 400, "invalid_request")
	w.refused(w.post(oauth.PathToken, without("client_secret"), basic("ca_other", w.secret)), 401, "invalid_client")
	w.refused(w.post(oauth.PathToken, without("client_secret"), basic(clientID(w.shop), "wrong")), 401, "invalid_client")
	w.refused(w.post(oauth.PathToken, without("client_secret"), func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+w.secret) }), 401, "invalid_client")
	w.refused(w.post(oauth.PathToken, without("client_secret"), basic(clientID(w.shop), w.secret)), 400, "invalid_grant")
	w.refused(w.post(oauth.PathToken, without("client_secret", "client_id"), basic(w.secret, "")), 400, "invalid_grant")
	public := w.platform("App", connect.ClientPublic)
	k, err := public.CreateKey(w.ctx, connect.KeyRequest{Key: "k", Kind: connect.KeySecret})
	require.NoError(t, err)
	f := without()
	f.Set("client_id", clientID(public))
	f.Set("client_secret", k.Secret.Plain())
	w.refused(w.post(oauth.PathToken, f), 401, "invalid_client") // a public client has no secret
}

// O28: pages are drawn for those who are signed in alone, and not without a bound.
func TestO28Exhaustion(t *testing.T) {
	w := newWorld(t, func(c *oauth.Config) { c.Pending = 3 })
	for range 3 {
		w.page(w.ask())
	}
	w.refused(w.get(oauth.PathAuthorize+"?"+w.ask().Encode(), "s1"), 429, "slow_down")
	before := w.dump()
	for range 5 {
		w.get(oauth.PathAuthorize+"?"+w.ask().Encode(), "")
	}
	require.Equal(t, before, w.dump())
	w.m.Clock.Advance(10 * time.Minute)
	w.page(w.ask())
}

// O31: a parameter that comes twice is refused.
func TestO31Duplicates(t *testing.T) {
	w := newWorld(t)
	q := w.ask()
	q.Add("scope", "read_write")
	w.refused(w.get(oauth.PathAuthorize+"?"+q.Encode(), "s1"), 400, "invalid_request")
	f := w.redeem("ac_x")
	f.Add("grant_type", "refresh_token")
	w.refused(w.post(oauth.PathToken, f), 400, "invalid_request")
}

// O33: nothing of a request is in a page but escaped.
func TestO33Reflection(t *testing.T) {
	w := newWorld(t)
	const evil = `"><script>alert(1)</script>`
	q := w.ask()
	q.Set("state", evil)
	q.Set("prefill[business_name]", evil)
	f := w.page(q)
	require.Equal(t, evil, w.back(f).Get("state"), "given back as it came")
	q.Set("scope", "x")
	res := w.get(oauth.PathAuthorize+"?"+q.Encode(), "s1")
	require.Equal(t, "application/json", res.Header.Get("Content-Type"))
	require.NotContains(t, body(t, res), "<script>")
	q.Set("client_id", evil)
	require.NotContains(t, body(t, w.get(oauth.PathAuthorize+"?"+q.Encode(), "s1")), "alert")
}

// A public client on this machine has any port, and no other path or host (RFC 8252).
func TestLoopbackRedirects(t *testing.T) {
	w := newWorld(t)
	p, err := w.m.Register(w.ctx, connect.PlatformRequest{Key: "native", Name: "Native", Country: "US", Client: &connect.Client{
		Kind: connect.ClientPublic, Redirects: []string{"http://127.0.0.1/cb"},
	}})
	require.NoError(t, err)
	for address, status := range map[string]int{
		"http://127.0.0.1:51004/cb": 200, "http://127.0.0.1/cb": 200, "http://127.0.0.1:51004/other": 400, "http://localhost:51004/cb": 400,
		"https://127.0.0.1:51004/cb": 400, "http://127.0.0.1.evil.example/cb": 400, "http://[::1]:51004/cb": 400,
	} {
		q := w.ask()
		q.Set("client_id", clientID(p))
		q.Set("redirect_uri", address)
		require.Equal(t, status, w.get(oauth.PathAuthorize+"?"+q.Encode(), "s1").StatusCode, address)
	}
}

// No handler panics, or answers anything but what it says, whatever comes (promise 70).
func FuzzHandlers(f *testing.F) {
	f.Add("GET", oauth.PathAuthorize, "client_id=ca_1&state=%zz", "")
	f.Add("POST", oauth.PathToken, "", "grant_type=authorization_code&code=ac_x&client_id=ca_1")
	f.Add("POST", oauth.PathConsent, "", "request=ocs_1&check=x")
	f.Add("GET", "/v1/charges/a/b", "limit=0", "")
	f.Add("POST", oauth.PathIntrospect, "a=b", "token=\x00")
	var w *world
	f.Fuzz(func(t *testing.T, method, path, query, text string) {
		if w == nil || w.t != t {
			w = newWorld(t)
		}
		r, err := http.NewRequest(method, issuer, strings.NewReader(text)) //nolint:noctx // answered in place
		if err != nil || path == "" || path[0] != '/' {
			return
		}
		r.URL.Path, r.URL.RawQuery = path, query
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer "+text)
		r.AddCookie(&http.Cookie{Name: "session", Value: "s1"})
		rec := httptest.NewRecorder()
		w.p.ServeHTTP(rec, r)
		require.Contains(t, []int{200, 303, 400, 401, 403, 404, 405, 413, 429}, rec.Code)
	})
}
