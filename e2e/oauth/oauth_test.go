package oauth_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/oauth"
)

// host is a host whose only user is always signed in.
type host struct{ user oauth.User }

func (h *host) SignedIn(*http.Request) (oauth.User, bool)     { return h.user, true }
func (h *host) SignIn(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }

var hiddenField = regexp.MustCompile(`name="(request|check)" value="([^"]*)"`)

// golang.org/x/oauth2 walks the whole flow with PKCE, as a confidential client in both ways
// of saying who it is, and as a public one; its tokens are refreshed by its own source, and
// die with the connection.
func TestTheWholeFlow(t *testing.T) {
	for name, c := range map[string]struct {
		kind  connect.ClientKind
		style oauth2.AuthStyle
	}{
		"basic":  {connect.ClientConfidential, oauth2.AuthStyleInHeader},
		"body":   {connect.ClientConfidential, oauth2.AuthStyleInParams},
		"detect": {connect.ClientConfidential, oauth2.AuthStyleAutoDetect},
		"public": {connect.ClientPublic, oauth2.AuthStyleInParams},
	} {
		t.Run(name, func(t *testing.T) { walk(t, c.kind, c.style) })
	}
}

func walk(t *testing.T, kind connect.ClientKind, style oauth2.AuthStyle) {
	ctx := t.Context()
	m, err := connecttest.New(connecttest.Config{Start: time.Now()}) // the client's clock is the real one
	require.NoError(t, err)
	var provider http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { provider.ServeHTTP(w, r) }))
	defer server.Close()
	const redirect = "https://app.example/cb"
	shop, err := m.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Shop", Country: "US", Client: &connect.Client{Kind: kind, Redirects: []string{redirect}}})
	require.NoError(t, err)
	account, err := m.OpenAccount(ctx, connect.OpenAccountRequest{Key: "a", Name: "Zoe", Account: connecttest.Seller("US")})
	require.NoError(t, err)
	users := &host{oauth.User{ID: "u1", Session: "s1", Accounts: []oauth.UserAccount{{ID: account.ID, Name: "Zoe"}}}}
	provider, err = oauth.New(oauth.Config{Engine: m.Engine, Users: users, Issuer: server.URL})
	require.NoError(t, err)

	prof := shop.Profile()
	conf := &oauth2.Config{
		ClientID: prof.ClientID(), RedirectURL: redirect, Scopes: []string{"read_write"},
		Endpoint: oauth2.Endpoint{AuthURL: server.URL + oauth.PathAuthorize, TokenURL: server.URL + oauth.PathToken, AuthStyle: style},
	}
	if kind == connect.ClientConfidential {
		k, err := shop.CreateKey(ctx, connect.KeyRequest{Key: "k", Kind: connect.KeySecret})
		require.NoError(t, err)
		conf.ClientSecret = k.Secret.Reveal()
	}
	verifier := oauth2.GenerateVerifier()
	code := consent(t, conf.AuthCodeURL("state-1", oauth2.S256ChallengeOption(verifier)), server.URL, account.ID)
	token, err := conf.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	require.NoError(t, err)
	require.Equal(t, account.ID, token.Extra("account"))
	require.Equal(t, "Bearer", token.Type())

	require.Contains(t, get(t, conf.Client(ctx, token), server.URL+"/v1/account"), account.ID)
	old := *token
	old.Expiry = time.Now().Add(-time.Minute)
	next, err := conf.TokenSource(ctx, &old).Token()
	require.NoError(t, err)
	require.NotEqual(t, token.AccessToken, next.AccessToken)
	require.NotEqual(t, token.RefreshToken, next.RefreshToken)
	require.Contains(t, get(t, conf.Client(ctx, next), server.URL+"/v1/balance"), account.ID)

	_, err = m.Disconnect(ctx, connect.DisconnectRequest{Key: "end", AccountID: account.ID, PlatformID: shop.ID()})
	require.NoError(t, err)
	res, err := conf.Client(ctx, next).Get(server.URL + "/v1/account")
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusUnauthorized, res.StatusCode)
	next.Expiry = time.Now().Add(-time.Minute)
	_, err = conf.TokenSource(ctx, next).Token()
	var refused *oauth2.RetrieveError
	require.True(t, errors.As(err, &refused))
	require.Equal(t, "invalid_grant", refused.ErrorCode)
	_, err = conf.Exchange(context.WithoutCancel(ctx), code, oauth2.VerifierOption(verifier))
	require.Error(t, err)
}

// consent is the user in a browser, who allows it.
func consent(t *testing.T, at, server, account string) string {
	t.Helper()
	page := get(t, http.DefaultClient, at)
	f := url.Values{"account": {account}, "decision": {"allow"}}
	for _, field := range hiddenField.FindAllStringSubmatch(page, -1) {
		f.Set(field[1], field[2])
	}
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.PostForm(server+oauth.PathConsent, f)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
	back, err := url.Parse(res.Header.Get("Location"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(back.String(), "https://app.example/cb?"))
	require.Equal(t, "state-1", back.Query().Get("state"))
	require.Equal(t, server, back.Query().Get("iss"))
	return back.Query().Get("code")
}

func get(t *testing.T, c *http.Client, at string) string {
	t.Helper()
	res, err := c.Get(at)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode, string(text))
	return string(text)
}
