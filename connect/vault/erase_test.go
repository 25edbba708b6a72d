package vault_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

// Of somebody who was erased a tombstone is left, and no key (promise 69).
func TestAnErasedPersonIsATombstone(t *testing.T) {
	w := newWorld(t, nil)
	one, two := w.used(german("acct_1"), "acct_1"), w.used(german(""), "acct_1")
	fresh := w.token(german("acct_1"))
	stays := w.used(german("acct_2"), "acct_2")
	before := objects(t, w.store, "vault.reference", "account", platform+"|acct_1")
	w.pass(time.Minute)
	done, err := w.Erase(w.ctx, vault.EraseRequest{Platform: platform, Account: "acct_1"})
	require.NoError(t, err)
	require.Equal(t, vault.Erasure{References: 3, Keys: 2}, *done)
	for _, o := range w.opened(one.ID, two.ID) {
		requireCode(t, o.Err, ledger.State, "erased")
	}
	require.NoError(t, w.opened(stays.ID)[0].Err)
	_, err = w.Use(w.ctx, vault.UseRequest{Key: "late", Platform: platform, Token: fresh, Account: "acct_1"})
	requireCode(t, err, ledger.State, "token_expired")
	list, err := w.References(w.ctx, platform, "acct_1")
	require.NoError(t, err)
	require.Len(t, list, 3)
	for _, ref := range list {
		require.Equal(t, []any{vault.Erased, "", "", w.clock.Now()}, []any{ref.Status, ref.Last4, ref.Bank, ref.Erased})
	}
	// Whoever has a copy of the rows from before finds no key for them any more.
	_, err = ledger.Update(w.ctx, w.store, func(u *ledger.Unit) error {
		for _, o := range before {
			now, err := u.Object(o.ID)
			require.NoError(t, err)
			now.Data, now.Keys = o.Data, o.Keys
			u.Put(now)
		}
		return nil
	})
	require.NoError(t, err)
	requireCode(t, w.opened(one.ID)[0].Err, ledger.State, "erased")
	requireCode(t, w.opened(two.ID)[0].Err, ledger.State, "erased")
}

// Erasing again has no effect, and who comes back has a new key.
func TestErasingAgain(t *testing.T) {
	w := newWorld(t, nil)
	ref := w.used(german("acct_1"), "acct_1")
	for i, want := range []vault.Erasure{{References: 1, Keys: 1}, {}} {
		done, err := w.Erase(w.ctx, vault.EraseRequest{Platform: platform, ID: ref.ID})
		require.NoError(t, err)
		require.Equal(t, want, *done, i)
	}
	back := w.used(german("acct_1"), "acct_1")
	require.NoError(t, w.opened(back.ID)[0].Err)
	require.ErrorIs(t, w.opened(ref.ID)[0].Err, ledger.State)
	for _, r := range []vault.EraseRequest{{Platform: platform}, {Platform: platform, ID: ref.ID, Account: "acct_1"}, {Platform: platform, Account: "a|b"}} {
		_, err := w.Erase(w.ctx, r)
		require.ErrorIs(t, err, ledger.Invalid)
	}
	done, err := w.Erase(w.ctx, vault.EraseRequest{Platform: "plat_2", Account: "acct_1"})
	require.NoError(t, err)
	require.Zero(t, *done, "another platform's account of that name is another's")
	require.NoError(t, w.opened(back.ID)[0].Err)
}

// One reference of an account goes, and the key of the others stays.
func TestOneOfTwoIsErased(t *testing.T) {
	w := newWorld(t, nil)
	one, two := w.used(german("acct_1"), "acct_1"), w.used(german("acct_1"), "acct_1")
	done, err := w.Erase(w.ctx, vault.EraseRequest{Platform: platform, ID: one.ID})
	require.NoError(t, err)
	require.Equal(t, vault.Erasure{References: 1}, *done)
	require.NoError(t, w.opened(two.ID)[0].Err)
	k, err := sealed.DataKeys.Read(w.ctx, w.store, sealed.DataKeyID(platform, "acct_1"))
	require.NoError(t, err)
	require.True(t, k.Usable())
}
