package oauth_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/oauth"
	"github.com/soukhq/souk/ledger"
)

const (
	issuer   = "https://souk.example"
	redirect = "https://app.example/cb"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

// world is a provider with a client, a user who is signed in by a cookie, and an account.
type world struct {
	t       *testing.T
	ctx     context.Context
	m       *connecttest.Marketplace
	p       *oauth.Provider
	shop    *connect.Platform
	secret  string
	account *connect.Account
	users   map[string]oauth.User // by session
}

func (w *world) SignedIn(r *http.Request) (oauth.User, bool) {
	c, err := r.Cookie("session")
	if err != nil {
		return oauth.User{}, false
	}
	u, ok := w.users[c.Value]
	return u, ok
}

func (w *world) SignIn(rw http.ResponseWriter, r *http.Request) {
	http.Redirect(rw, r, "/login?back="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
}

func newWorld(t *testing.T, change ...func(*oauth.Config)) *world {
	t.Helper()
	return newWorldOn(t, nil, change...)
}

func newWorldOn(t *testing.T, books ledger.Store, change ...func(*oauth.Config)) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context()}
	var err error
	w.m, err = connecttest.New(connecttest.Config{Config: connect.Config{Store: books}})
	require.NoError(t, err)
	w.shop = w.platform("Shop", connect.ClientConfidential)
	k, err := w.shop.CreateKey(w.ctx, connect.KeyRequest{Key: "k", Kind: connect.KeySecret})
	require.NoError(t, err)
	w.secret = k.Secret.Plain()
	w.account, err = w.m.OpenAccount(w.ctx, connect.OpenAccountRequest{Key: "a", Name: "Zoe", Account: connecttest.Seller("US")})
	require.NoError(t, err)
	w.users = map[string]oauth.User{"s1": {ID: "u1", Session: "s1", Accounts: []oauth.UserAccount{{ID: w.account.ID, Name: "Zoe's"}}}}
	c := oauth.Config{Engine: w.m.Engine, Users: w, Issuer: issuer}
	for _, f := range change {
		f(&c)
	}
	w.p, err = oauth.New(c)
	require.NoError(t, err)
	return w
}

func (w *world) platform(name string, kind connect.ClientKind) *connect.Platform {
	w.t.Helper()
	p, err := w.m.Register(w.ctx, connect.PlatformRequest{
		Key: name, Name: name, Country: "US", Client: &connect.Client{Kind: kind, Redirects: []string{redirect}},
	})
	require.NoError(w.t, err)
	return p
}

func clientID(p *connect.Platform) string { prof := p.Profile(); return prof.ClientID() }

func challenge(v string) string {
	sum := sha256.Sum256([]byte(v))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ask are the parameters of an authorization request.
func (w *world) ask() url.Values {
	return url.Values{
		"client_id": {clientID(w.shop)}, "response_type": {"code"}, "redirect_uri": {redirect}, "scope": {"read_only"}, "state": {"xyz"},
		"code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"},
	}
}

func (w *world) do(r *http.Request) *http.Response {
	rec := httptest.NewRecorder()
	w.p.ServeHTTP(rec, r)
	return rec.Result()
}

func (w *world) get(path, session string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, issuer+path, nil)
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: session})
	}
	return w.do(r)
}

func (w *world) post(path string, f url.Values, change ...func(*http.Request)) *http.Response {
	r := httptest.NewRequest(http.MethodPost, issuer+path, strings.NewReader(f.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range change {
		c(r)
	}
	return w.do(r)
}

func session(s string) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "session", Value: s}) }
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(b)
}

func decoded(t testing.TB, r *http.Response) map[string]any {
	t.Helper()
	var out map[string]any
	require.NoError(t, json.Unmarshal([]byte(body(t, r)), &out))
	return out
}

var hiddenField = regexp.MustCompile(`name="(request|check)" value="([^"]*)"`)

// page draws the consent page and returns its form, as it would be allowed.
func (w *world) page(q url.Values) url.Values {
	w.t.Helper()
	res := w.get(oauth.PathAuthorize+"?"+q.Encode(), "s1")
	text := body(w.t, res)
	require.Equal(w.t, 200, res.StatusCode, text)
	f := url.Values{"account": {w.account.ID}, "decision": {"allow"}}
	for _, m := range hiddenField.FindAllStringSubmatch(text, -1) {
		f.Set(m[1], m[2])
	}
	require.Len(w.t, f, 4)
	return f
}

// back is where the user is sent after an answer.
func (w *world) back(f url.Values) url.Values {
	w.t.Helper()
	res := w.post(oauth.PathConsent, f, session("s1"))
	require.Equal(w.t, http.StatusSeeOther, res.StatusCode, body(w.t, res))
	u, err := url.Parse(res.Header.Get("Location"))
	require.NoError(w.t, err)
	require.True(w.t, strings.HasPrefix(u.String(), redirect+"?"), u)
	return u.Query()
}

func (w *world) code(q url.Values) string {
	w.t.Helper()
	return w.back(w.page(q)).Get("code")
}

// redeem are the parameters of a token request.
func (w *world) redeem(code string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier},
		"client_id": {clientID(w.shop)}, "client_secret": {w.secret},
	}
}

func (w *world) refreshing(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {clientID(w.shop)}, "client_secret": {w.secret}}
}

// tokens walks the whole flow.
func (w *world) tokens(q url.Values) (access, refresh string) {
	w.t.Helper()
	return w.given(w.post(oauth.PathToken, w.redeem(w.code(q))))
}

func (w *world) given(res *http.Response) (access, refresh string) {
	w.t.Helper()
	out := decoded(w.t, res)
	require.Equal(w.t, 200, res.StatusCode, out)
	return out["access_token"].(string), out["refresh_token"].(string)
}

// refused is the error of an answer.
func (w *world) refused(res *http.Response, status int, code string) {
	w.t.Helper()
	out := decoded(w.t, res)
	require.Equal(w.t, status, res.StatusCode, out)
	require.Equal(w.t, code, out["error"], out)
}

func (w *world) read(path, access string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, issuer+path, nil)
	r.Header.Set("Authorization", "Bearer "+access)
	return w.do(r)
}

// dump is everything that the store has.
func (w *world) dump() string {
	w.t.Helper()
	var b strings.Builder
	kinds := append(connect.Kinds(), oauth.Kinds()...)
	require.NoError(w.t, w.m.Store().Read(w.ctx, func(v ledger.View) error {
		for after := ledger.Cursor(""); ; {
			events, next, err := v.Events(after, "", 0)
			if err != nil || len(events) == 0 {
				return err
			}
			ids := make([]ledger.ID, 0, len(events))
			for _, e := range events {
				b.WriteString(e.Type + e.Object.ID)
				b.Write(e.Data)
				ids = append(ids, e.Object)
			}
			list, err := v.Objects(ids...)
			if err != nil {
				return err
			}
			for _, o := range list {
				b.Write(o.Data)
			}
			after = next
		}
	}))
	require.NotEmpty(w.t, kinds)
	return b.String()
}
