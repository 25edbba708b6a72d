package vault_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
)

// The keys of an engine's platforms open the vault from the pages that those have
// registered: publishable ones, until they are revoked.
func TestPlatformKeys(t *testing.T) {
	ctx := t.Context()
	m, err := connecttest.New(connecttest.Config{})
	require.NoError(t, err)
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "DE", Client: &connect.Client{Origins: []string{"https://shop.example"}, Redirects: []string{"https://shop.example/back"}}})
	require.NoError(t, err)
	keys := vault.PlatformKeys(m.Engine)
	make := func(kind connect.KeyKind) (*connect.APIKey, vault.Key) {
		k, err := p.CreateKey(ctx, connect.KeyRequest{Key: string(kind), Kind: kind})
		require.NoError(t, err)
		found, err := keys.Key(ctx, k.Secret.Plain())
		require.NoError(t, err)
		require.Equal(t, []any{k.ID, p.ID(), false, []string{"https://shop.example"}}, []any{found.ID, found.Platform, found.Live, found.Origins})
		return k, found
	}
	open, found := make(connect.KeyPublishable)
	require.False(t, found.Secret)
	_, found = make(connect.KeySecret)
	require.True(t, found.Secret)
	_, err = p.RevokeKey(ctx, connect.RevokeKeyRequest{Key: "r", KeyID: open.ID})
	require.NoError(t, err)
	for _, text := range []string{open.Secret.Plain(), "pk_test_" + strings.Repeat("0", 52), "", "x"} {
		_, err = keys.Key(ctx, text)
		require.ErrorIs(t, err, ledger.NotFound)
	}
	registered := func(origin string) bool {
		ok, err := keys.Registered(ctx, origin)
		require.NoError(t, err)
		return ok
	}
	require.True(t, registered("https://shop.example"))
	require.False(t, registered("https://other.example"))
	_, err = p.UpdatePlatform(ctx, connect.PlatformUpdate{Key: "u", Client: &connect.Client{Origins: []string{"https://other.example"}, Redirects: []string{"https://shop.example/back"}}})
	require.NoError(t, err)
	require.False(t, registered("https://other.example"), "not at once")
	m.Clock.Advance(time.Minute)
	require.True(t, registered("https://other.example"))
	require.False(t, registered("https://shop.example"))
}

// A token that was made for an account of a platform becomes its bank account, with what
// tells that another has the same one, which has no digits that look like a number.
func TestBankOf(t *testing.T) {
	w := newWorld(t, nil)
	m, err := connecttest.New(connecttest.Config{})
	require.NoError(t, err)
	p, err := m.Register(w.ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "DE"})
	require.NoError(t, err)
	var prints []string
	for _, key := range []string{"a", "b"} {
		a, err := p.CreateAccount(w.ctx, connect.AccountRequest{Key: key, Country: "DE"})
		require.NoError(t, err)
		r := german(a.ID)
		r.Platform = p.ID()
		token, err := w.Tokenise(w.ctx, r)
		require.NoError(t, err)
		for range 2 { // a form that is sent again
			d, err := w.BankOf(w.ctx, p, a, token.Token)
			require.NoError(t, err)
			require.Equal(t, []any{"DE", ledger.EUR, "3000"}, []any{d.Country, d.Currency, d.Last4})
			require.NotContains(t, d.Token, token.Token)
			if prints = append(prints, d.Fingerprint); len(prints) == 1 {
				_, err = p.AddBank(w.ctx, connect.AddBankRequest{Key: "bank", AccountID: a.ID, Bank: d, Default: true})
				require.NoError(t, err)
			}
		}
		other, err := p.CreateAccount(w.ctx, connect.AccountRequest{Key: "other " + key, Country: "DE"})
		require.NoError(t, err)
		_, err = w.BankOf(w.ctx, p, other, token.Token)
		require.Error(t, err, "it is another's")
	}
	for _, x := range prints {
		require.Equal(t, prints[0], x)
		require.Empty(t, strings.Trim(x, "abcdefghijklmnop:"), "letters alone")
	}
}
