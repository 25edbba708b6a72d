package hosted

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/hosted"
	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/e2e/browser"
	"github.com/soukhq/souk/ledger/sealed"
)

// on serves on a port of this machine, under a name of its own: names are what parts origins.
func on(t *testing.T, name string) (net.Listener, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return l, "http://" + name + ":" + l.Addr().String()[strings.LastIndexByte(l.Addr().String(), ':')+1:]
}

func listen(t *testing.T, l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
}

// A seller's bank details go from the hosted pages into the vault, whose fields those pages
// cannot read, and are the account's: typed by keyboard.
func TestBankDetailsByTheVault(t *testing.T) {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	require.NoError(t, err)
	pagesAt, origin := on(t, "127.0.0.1")
	vaultAt, vaultOrigin := on(t, "localhost")
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "DE",
		Client: &connect.Client{Redirects: []string{origin + "/again", origin + "/done"}, Origins: []string{origin}}})
	require.NoError(t, err)
	key, err := p.CreateKey(ctx, connect.KeyRequest{Key: "k", Kind: connect.KeyPublishable})
	require.NoError(t, err)
	wrapper, err := sealed.NewLocalKeys("k", map[string][]byte{"k": bytes.Repeat([]byte{1}, 32)})
	require.NoError(t, err)
	index, err := sealed.NewIndex("i", bytes.Repeat([]byte{2}, 32))
	require.NoError(t, err)
	v, err := vault.New(vault.Config{Store: m.Store(), Env: m.Env(), Wrapper: wrapper, Index: index, Keys: vault.PlatformKeys(m.Engine), Origin: vaultOrigin})
	require.NoError(t, err)
	require.NoError(t, m.Attach(v.Part()))
	h, err := v.Handler()
	require.NoError(t, err)
	listen(t, vaultAt, h)
	pages, err := hosted.New(hosted.Config{Engine: m.Engine, Base: origin + "/onboarding", TermsVersion: "1", BankOf: v.BankOf,
		Vault: &hosted.Vault{Script: vaultOrigin + "/souk.js", Integrity: vault.Integrity(), PublishableKey: key.Secret.Plain()}})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/onboarding/", pages)
	listen(t, pagesAt, mux)

	a, err := p.CreateAccount(ctx, connect.AccountRequest{Key: "a", Country: "DE", Type: compliance.Individual})
	require.NoError(t, err)
	link, err := pages.CreateLink(ctx, p, hosted.LinkRequest{AccountID: a.ID, RefreshURL: origin + "/again", ReturnURL: origin + "/done", Language: "en"})
	require.NoError(t, err)
	seen := browser.Open(t)
	window := seen.Context
	require.NoError(t, chromedp.Do(window, chromedp.EmulateViewport(360, 740), chromedp.Navigate(link.URL)))
	_, err = tab(window)
	require.NoError(t, err)
	require.NoError(t, press(window))
	_, err = chromedp.Run(window, chromedp.Poll[bool](`!!document.querySelector("#souk-bank iframe") && document.querySelector("#souk-bank iframe").offsetHeight > 60`))
	require.NoError(t, err, "%v", seen.Problems())

	// from the last field before the vault's frame into it, and on to the button behind
	_, err = chromedp.Run(window, chromedp.Evaluate[bool](`(() => { const all = [...document.querySelectorAll("button[type=submit]")]; const of = document.getElementById("souk-bank").closest("form"); all[all.findIndex(b => b.form === of) - 1].focus(); return true })()`))
	require.NoError(t, err)
	fill := func(texts ...string) {
		t.Helper()
		require.NoError(t, chromedp.Do(window, chromedp.KeyEvent(kb.Tab)))
		seen.Focused(t, "IFRAME")
		var actions []chromedp.Action[chromedp.Void]
		for _, text := range texts {
			actions = append(actions, chromedp.KeyEvent(text), chromedp.KeyEvent(kb.Tab))
		}
		require.NoError(t, chromedp.Do(window, actions...))
		seen.Focused(t, "BUTTON")
		x, err := chromedp.Run(window, chromedp.Evaluate[at](focus))
		require.NoError(t, err)
		require.True(t, x.submits() && strings.HasSuffix(x.Form, "/bank"), "%+v", x)
	}
	fill("DE89370400440532013000", "", "Zoe Kanarienvogel")
	seen.Keep(t, "bank-360.png")
	require.NoError(t, press(window))
	a, err = p.GetAccount(ctx, a.ID)
	require.NoError(t, err)
	require.Len(t, a.Banks, 1, "%v", seen.Problems())
	require.Equal(t, []any{"DE", "3000"}, []any{a.Banks[0].Country, a.Banks[0].Last4})
	require.NotEmpty(t, a.Banks[0].Fingerprint)
	text, err := chromedp.Run(window, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
	require.NoError(t, err)
	require.NotContains(t, text, "370400440532013000")
	require.Empty(t, seen.Problems())
}
