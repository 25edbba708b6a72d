package connect_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// Users are sent back to addresses that were registered, which are https without tricks:
// what bad-inputs.json has of redirects is refused at registration, unless it is an
// address that a client may have, which is then compared character by character (O1).
func TestRedirects(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	try := func(c connect.Client) error {
		_, err := m.platform.Preview().UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "k", Client: &c})
		return err
	}
	text, err := os.ReadFile("testdata/bad-inputs.json")
	require.NoError(t, err)
	var lines []badInput
	require.NoError(t, json.Unmarshal(text, &lines))
	has := &connect.Client{Kind: connect.ClientConfidential, Redirects: []string{"https://app.example/cb"}}
	tried := 0
	for _, b := range lines {
		var address string
		if b.Area != "oauth" || b.Field != "redirect_uri" || json.Unmarshal(b.Value, &address) != nil {
			continue
		}
		tried++
		_, ok := has.RedirectOf(address)
		require.False(t, ok, address)
	}
	require.Equal(t, 13, tried)
	for _, bad := range []string{
		"", "x", "https://", "http://app.example/cb", "https://app.example/cb#f", "https://a@app.example/cb", "https://app.example/a/../b", "https://app.example/./b",
		"https://app.example/%2e%2e/b", "https://*.example/cb", "javascript:alert(1)", "data:text/html,x", "//app.example/cb", "https://\u0430pp.example/cb",
		"https://APP.example/cb", "https://app.example/a b", "https://app.example\\@evil.example/", "http://127.0.0.1.evil.example/", "http://localhost/cb",
		"https://app.example/" + strings.Repeat("a", 500), "custom:/cb", "https://app.example/cb#",
	} {
		requireAbout(t, try(connect.Client{Redirects: []string{bad}}), "client.redirects", "invalid_redirect")
	}
	requireAbout(t, try(connect.Client{Redirects: []string{"https://a.example/", "https://a.example/"}}), "client.redirects", "invalid_redirect")
	requireAbout(t, try(connect.Client{Kind: "x"}), "client.kind", "invalid_client_kind")
	for _, good := range []string{"https://app.example/cb", "https://app.example:8443/cb?x=1", "http://127.0.0.1/cb", "http://[::1]/cb"} {
		require.NoError(t, try(connect.Client{Redirects: []string{good}}), good)
	}
	for _, bad := range []string{"", "*", "null", "https://a.example/", "https://a.example:443", "http://a.example", "https://a.example/x", "HTTPS://a.example", "https://*.example", "https://a@b.example"} {
		requireAbout(t, try(connect.Client{Origins: []string{bad}}), "client.origins", "invalid_origin")
	}
	require.NoError(t, try(connect.Client{Origins: []string{"https://a.example", "https://a.example:8443", "http://localhost:3000"}}))
}

// How a platform shows itself is checked, and a name that can pass for another refused.
func TestBranding(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	for field, b := range map[string]connect.Branding{
		"branding.displayName":  {DisplayName: "P\u0430yPal"},
		"branding.color":        {Color: "red"},
		"branding.iconURL":      {IconURL: "http://a.example/i.png"},
		"branding.logoURL":      {LogoURL: "javascript:alert(1)"},
		"branding.supportURL":   {SupportURL: "https://a@b.example"},
		"branding.supportEmail": {SupportEmail: "x"},
	} {
		_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "k", Branding: &b})
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, field, e.Field)
	}
	prof, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "k", Branding: &connect.Branding{
		DisplayName: "Café Zoë", Color: "#1a2B3c", IconURL: "https://a.example/i.png", SupportEmail: "help@a.example",
	}})
	require.NoError(t, err)
	require.Equal(t, "Café Zoë", prof.Branding.DisplayName)
}
