package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/oauth"
)

// badInput is a line of bad-inputs.json: an input, and the answer that it must get.
type badInput struct {
	Area, Operation, Field string
	Value                  json.RawMessage
	Expect                 string
}

// values are what a line says of a parameter: none, one or several.
func (b badInput) values(t *testing.T) []string {
	var one string
	if json.Unmarshal(b.Value, &one) == nil {
		return []string{one}
	}
	var special struct {
		Absent bool              `json:"$absent"`
		Seq    []string          `json:"$seq"`
		Repeat []json.RawMessage `json:"$repeat"`
	}
	require.NoError(t, json.Unmarshal(b.Value, &special), string(b.Value))
	if len(special.Repeat) == 2 {
		var unit string
		var n int
		require.NoError(t, json.Unmarshal(special.Repeat[0], &unit))
		require.NoError(t, json.Unmarshal(special.Repeat[1], &n))
		return []string{strings.Repeat(unit, n)}
	}
	return special.Seq
}

// Every line of the area oauth is judged. An answer that goes with an error page is 400 and
// leads nowhere. "slow_down_429" is reached after Config.Failures, not a thousand attempts.
func TestBadInputs(t *testing.T) {
	text, err := os.ReadFile("../testdata/bad-inputs.json")
	require.NoError(t, err)
	var lines []badInput
	require.NoError(t, json.Unmarshal(text, &lines))
	ran := 0
	for _, b := range lines {
		if b.Area != "oauth" {
			continue
		}
		ran++
		name := b.Operation + " " + b.Field + " " + string(b.Value)
		t.Run(name[:min(len(name), 80)], func(t *testing.T) {
			w := newWorld(t)
			switch b.Operation {
			case "GET /oauth/authorize":
				w.judgeAuthorize(b)
			case "POST /oauth/token":
				w.judgeToken(b)
			case "POST /oauth/deauthorize":
				f := url.Values{"client_id": {clientID(w.shop)}, "client_secret": {w.secret}}
				w.refused(w.post(oauth.PathDeauthorize, f), 400, b.Expect)
			default:
				t.Fatal(b.Operation)
			}
		})
	}
	require.Equal(t, 58, ran)
}

func (w *world) judgeAuthorize(b badInput) {
	w.t.Helper()
	q := w.ask()
	q[b.Field] = b.values(w.t)
	if b.Field == "client_id" && q.Get(b.Field) == "ca_disabled" {
		_, err := w.shop.UpdatePlatform(w.ctx, connect.PlatformUpdate{Key: "off", Client: &connect.Client{Redirects: []string{redirect}, Disabled: true}})
		require.NoError(w.t, err)
		q.Set("client_id", clientID(w.shop))
	}
	res := w.get(oauth.PathAuthorize+"?"+q.Encode(), "s1")
	require.Empty(w.t, res.Header.Get("Location"))
	switch b.Expect {
	case "error_page_no_redirect":
		require.Equal(w.t, 400, res.StatusCode)
		require.Contains(w.t, res.Header.Get("Content-Type"), "text/html")
	case "ok", "ok_escaped":
		text := body(w.t, res)
		require.Equal(w.t, 200, res.StatusCode, text)
		require.NotContains(w.t, text, "<script>")
	default:
		w.refused(res, 400, b.Expect)
	}
}

func (w *world) judgeToken(b badInput) {
	w.t.Helper()
	value := b.values(w.t)
	f := w.redeem(w.code(w.ask()))
	var change []func(*http.Request)
	path := oauth.PathToken
	status := 400
	switch b.Field + " " + first(value) {
	case "code used":
		access, _ := w.given(w.post(path, f))
		w.refused(w.post(path, f), 400, "invalid_grant")
		require.Equal(w.t, 401, w.read("/v1/account", access).StatusCode)
		return
	case "code expired_601s":
		w.m.Clock.Advance(601 * time.Second)
	case "code_verifier sent though no challenge was stored":
		w = newWorld(w.t, func(c *oauth.Config) { c.PKCEOptional = true })
		q := w.ask()
		q.Del("code_challenge")
		q.Del("code_challenge_method")
		f = w.redeem(w.code(q))
	case "client authentication wrong secret":
		f.Set("client_secret", "wrong")
		status = 401
	case "client authentication disabled secret":
		for k, err := range w.shop.Keys(w.ctx, connect.ListRequest{}) {
			require.NoError(w.t, err)
			_, err = w.shop.RevokeKey(w.ctx, connect.RevokeKeyRequest{Key: "r", KeyID: k.ID})
			require.NoError(w.t, err)
		}
		status = 401
	case "client authentication secret in query string":
		path += "?client_secret=" + w.secret
		f.Del("client_secret")
	case "client authentication basic and body both":
		change = append(change, func(r *http.Request) { r.SetBasicAuth(clientID(w.shop), w.secret) })
	case "client authentication 1000 wrong in 60 s":
		f.Set("client_secret", "wrong")
		for range 60 {
			w.refused(w.post(path, f), 401, "invalid_client")
		}
		w.refused(w.post(path, f), 429, "slow_down")
		return
	case "refresh_token rotated (reused)":
		access, refresh := w.given(w.post(path, f))
		_, next := w.given(w.post(path, w.refreshing(refresh)))
		w.m.Clock.Advance(time.Minute)
		w.refused(w.post(path, w.refreshing(refresh)), 400, "invalid_grant")
		w.refused(w.post(path, w.refreshing(next)), 400, "invalid_grant")
		require.Equal(w.t, 401, w.read("/v1/account", access).StatusCode)
		return
	case "refresh_token revoked":
		_, refresh := w.given(w.post(path, f))
		w.post(oauth.PathRevoke, url.Values{"token": {refresh}, "client_id": {clientID(w.shop)}, "client_secret": {w.secret}})
		f = w.refreshing(refresh)
	case "refresh_token scope wider than granted":
		_, refresh := w.given(w.post(path, f))
		f = w.refreshing(refresh)
		f.Set("scope", "read_write")
	default:
		f[b.Field] = value
	}
	if b.Expect == "payload_too_large" {
		require.Equal(w.t, 413, w.post(path, f, change...).StatusCode)
		return
	}
	w.refused(w.post(path, f, change...), status, b.Expect)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
