package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/oauth"
	"github.com/soukhq/souk/internal/shareddata"
)

// The whole flow: consent, code, tokens, reads, refresh, introspection, revocation.
func TestTheWholeFlow(t *testing.T) {
	w := newWorld(t)
	back := w.back(w.page(w.ask()))
	require.Equal(t, "xyz", back.Get("state"))
	require.Equal(t, "read_only", back.Get("scope"))
	require.Equal(t, issuer, back.Get("iss")) // O4, RFC 9207
	res := w.post(oauth.PathToken, w.redeem(back.Get("code")))
	require.Equal(t, "no-store, private", res.Header.Get("Cache-Control"))
	out := decoded(t, res)
	require.Equal(t, w.account.ID, out["account"], out)
	require.EqualValues(t, 3600, out["expires_in"])
	access, refresh := out["access_token"].(string), out["refresh_token"].(string)

	on, err := w.shop.On(w.ctx, w.account.ID)
	require.NoError(t, err)
	_, err = on.Charge(w.ctx, connect.ChargeRequest{Key: "c"})
	require.Error(t, err)
	require.Equal(t, w.account.ID, decoded(t, w.read("/v1/account", access))["id"])
	for _, path := range []string{"balance", "balance_transactions", "charges", "refunds", "disputes", "transfers", "payouts", "events"} {
		res := w.read("/v1/"+path, access)
		require.Equal(t, 200, res.StatusCode, "%s: %s", path, body(t, res))
	}
	require.Equal(t, 404, w.read("/v1/charges/ch_none", access).StatusCode)
	require.Equal(t, 404, w.read("/v1/keys", access).StatusCode)

	next, refresh2 := w.given(w.post(oauth.PathToken, w.refreshing(refresh)))
	require.NotEqual(t, access, next)
	told := decoded(t, w.post(oauth.PathIntrospect, url.Values{"token": {next}, "client_id": {clientID(w.shop)}, "client_secret": {w.secret}}))
	require.Equal(t, true, told["active"])
	require.Equal(t, w.account.ID, told["sub"])
	w.m.Clock.Advance(time.Hour)
	require.Equal(t, 401, w.read("/v1/account", next).StatusCode)
	require.Equal(t, 200, w.post(oauth.PathRevoke, url.Values{"token": {refresh2}, "client_id": {clientID(w.shop)}, "client_secret": {w.secret}}).StatusCode)
	w.refused(w.post(oauth.PathToken, w.refreshing(refresh2)), 400, "invalid_grant")
	told = decoded(t, w.post(oauth.PathIntrospect, url.Values{"token": {refresh2}, "client_id": {clientID(w.shop)}, "client_secret": {w.secret}}))
	require.Equal(t, map[string]any{"active": false}, told)
	meta := decoded(t, w.get(oauth.PathMetadata, ""))
	require.Equal(t, issuer, meta["issuer"])
	require.Equal(t, []any{"S256"}, meta["code_challenge_methods_supported"])
}

// The user says no: the platform hears access_denied, with the issuer (O4).
func TestTheUserDenies(t *testing.T) {
	w := newWorld(t)
	f := w.page(w.ask())
	f.Set("decision", "deny")
	back := w.back(f)
	require.Equal(t, "access_denied", back.Get("error"))
	require.Equal(t, issuer, back.Get("iss"))
	require.Equal(t, "xyz", back.Get("state"))
	require.Empty(t, back.Get("code"))
}

// O5 and O10: a code is bound to its client, its address and its verifier, and burned by
// whoever presents it otherwise; a challenge may not be left out or downgraded.
func TestO5CodeInjectionAndO10Downgrade(t *testing.T) {
	w := newWorld(t)
	other := w.platform("Other", connect.ClientPublic)
	for name, change := range map[string]func(url.Values){
		"another client":   func(f url.Values) { f.Set("client_id", clientID(other)); f.Del("client_secret") },
		"another address":  func(f url.Values) { f.Set("redirect_uri", redirect+"/") },
		"no address":       func(f url.Values) { f.Del("redirect_uri") },
		"another verifier": func(f url.Values) { f.Set("code_verifier", strings.Repeat("a", 43)) },
		"no verifier":      func(f url.Values) { f.Del("code_verifier") },
	} {
		code := w.code(w.ask())
		f := w.redeem(code)
		change(f)
		w.refused(w.post(oauth.PathToken, f), 400, "invalid_grant")
		out := decoded(t, w.post(oauth.PathToken, w.redeem(code)))
		require.Equal(t, "invalid_grant", out["error"], "%s: it is burned", name)
	}
	w = newWorld(t, func(c *oauth.Config) { c.PKCEOptional = true })
	q := w.ask()
	q.Del("code_challenge")
	q.Del("code_challenge_method")
	w.refused(w.post(oauth.PathToken, w.redeem(w.code(q))), 400, "invalid_grant") // a verifier without a challenge
}

// O6: a code counts once. The second time, what it gave is revoked, and of fifty who are
// as fast one gets an answer.
func TestO6CodeReplay(t *testing.T) {
	w := newWorld(t)
	code := w.code(w.ask())
	access, refresh := w.given(w.post(oauth.PathToken, w.redeem(code)))
	require.Equal(t, 200, w.read("/v1/account", access).StatusCode)
	w.refused(w.post(oauth.PathToken, w.redeem(code)), 400, "invalid_grant")
	require.Equal(t, 401, w.read("/v1/account", access).StatusCode)
	w.refused(w.post(oauth.PathToken, w.refreshing(refresh)), 400, "invalid_grant")
	_, err := w.shop.On(w.ctx, w.account.ID)
	require.Error(t, err, "the connection is revoked")

	code = w.code(w.ask())
	var wait sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range 50 {
		wait.Go(func() {
			res := w.post(oauth.PathToken, w.redeem(code))
			mu.Lock()
			statuses[res.StatusCode]++
			mu.Unlock()
		})
	}
	wait.Wait()
	require.LessOrEqual(t, statuses[200], 1)
	require.Equal(t, 50, statuses[200]+statuses[400])
}

// O7: a code lives for five minutes, and no guess writes a row.
func TestO7CodeLife(t *testing.T) {
	w := newWorld(t)
	code := w.code(w.ask())
	require.Len(t, code, 3+52)
	w.m.Clock.Advance(5 * time.Minute)
	w.refused(w.post(oauth.PathToken, w.redeem(code)), 400, "invalid_grant")
	w.refused(w.post(oauth.PathToken, w.redeem("ac_guess")), 400, "invalid_grant")
	w.refused(w.post(oauth.PathToken, w.redeem("ac_"+strings.Repeat("c", 20_000))), 413, "invalid_request")
}

// O16: refresh tokens rotate. One that is used again is answered the same for a moment,
// for a client that lost the answer, and ends the family after that; none opens more than
// before; and a family has an end.
func TestO16Refresh(t *testing.T) {
	w := newWorld(t)
	_, first := w.tokens(w.ask())
	a1, r1 := w.given(w.post(oauth.PathToken, w.refreshing(first)))
	w.m.Clock.Advance(9 * time.Second)
	a2, r2 := w.given(w.post(oauth.PathToken, w.refreshing(first)))
	require.Equal(t, []string{a1, r1}, []string{a2, r2}, "the same successor")
	wider := w.refreshing(r1)
	wider.Set("scope", "read_write")
	w.refused(w.post(oauth.PathToken, wider), 400, "invalid_scope")
	w.m.Clock.Advance(time.Second)
	w.refused(w.post(oauth.PathToken, w.refreshing(first)), 400, "invalid_grant")
	w.refused(w.post(oauth.PathToken, w.refreshing(r1)), 400, "invalid_grant")
	require.Equal(t, 401, w.read("/v1/account", a1).StatusCode)

	_, last := w.tokens(w.ask())
	w.m.Clock.Advance(180 * 24 * time.Hour)
	w.refused(w.post(oauth.PathToken, w.refreshing(last)), 400, "invalid_grant")

	other := w.platform("Other", connect.ClientPublic)
	_, mine := w.tokens(w.ask())
	f := w.refreshing(mine)
	f.Set("client_id", clientID(other))
	f.Del("client_secret")
	w.refused(w.post(oauth.PathToken, f), 400, "invalid_grant")
	w.given(w.post(oauth.PathToken, w.refreshing(mine))) // another client changes nothing
}

// A scope that was narrowed by a refresh reads and does not write.
func TestO22ScopesNarrow(t *testing.T) {
	w := newWorld(t)
	q := w.ask()
	q.Set("scope", "read_write read_write")
	_, r := w.tokens(q)
	f := w.refreshing(r)
	f.Set("scope", "read_only")
	out := decoded(t, w.post(oauth.PathToken, f))
	require.Equal(t, "read_only", out["scope"])
	for _, bad := range []string{"all", `read"only`, strings.Repeat("a ", 5000)} {
		q.Set("scope", bad)
		w.refused(w.get(oauth.PathAuthorize+"?"+q.Encode(), "s1"), 400, "invalid_scope")
	}
}

// O32: who disconnected an account, or had it disconnected, gets nothing more (promise
// 66), and one who is not connected cannot disconnect it.
func TestO32Deauthorize(t *testing.T) {
	w := newWorld(t)
	access, refresh := w.tokens(w.ask())
	f := url.Values{"client_id": {clientID(w.shop)}, "client_secret": {w.secret}}
	w.refused(w.post(oauth.PathDeauthorize, f), 400, "invalid_request")
	f.Set("account", "acct_unknown")
	w.refused(w.post(oauth.PathDeauthorize, f), 401, "invalid_client")
	other := w.platform("Other", connect.ClientConfidential)
	k, err := other.CreateKey(w.ctx, connect.KeyRequest{Key: "k", Kind: connect.KeySecret})
	require.NoError(t, err)
	theirs := url.Values{"client_id": {clientID(other)}, "client_secret": {k.Secret.Plain()}, "account": {w.account.ID}}
	w.refused(w.post(oauth.PathDeauthorize, theirs), 401, "invalid_client")
	require.Equal(t, 200, w.read("/v1/account", access).StatusCode)
	f.Set("account", w.account.ID)
	require.Equal(t, 200, w.post(oauth.PathDeauthorize, f).StatusCode)
	require.Equal(t, 401, w.read("/v1/account", access).StatusCode)
	w.refused(w.post(oauth.PathToken, w.refreshing(refresh)), 400, "invalid_grant")
	w.tokens(w.ask()) // connected again, the old tokens stay closed
	require.Equal(t, 401, w.read("/v1/account", access).StatusCode)
}

// RFC 7636: the vectors of its appendix, and what a verifier is.
func TestVectorsOfRFC7636(t *testing.T) {
	var v struct {
		B struct {
			Verifier  string `json:"code_verifier"`
			Challenge string `json:"code_challenge"`
		} `json:"rfc7636_appendix_b"`
		Rules []struct {
			Verifier string
			Valid    bool
		} `json:"rfc7636_verifier_rules"`
	}
	require.NoError(t, json.Unmarshal(shareddata.Read(t, "oauth-webhooks/rfc-vectors.json"), &v))
	w := newWorld(t)
	q := w.ask()
	q.Set("code_challenge", v.B.Challenge)
	f := w.redeem(w.code(q))
	f.Set("code_verifier", v.B.Verifier)
	w.given(w.post(oauth.PathToken, f))
	require.NotEmpty(t, v.Rules)
	for _, r := range v.Rules {
		f := w.redeem("ac_none")
		f.Set("code_verifier", r.Verifier)
		code := "invalid_request"
		if r.Valid {
			code = "invalid_grant"
		}
		w.refused(w.post(oauth.PathToken, f), http.StatusBadRequest, code)
	}
}
