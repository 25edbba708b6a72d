package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

const (
	iban     = "DE89370400440532013000"
	holder   = "Zoe Kanarienvogel"
	platform = "plat_1"
)

// world is a vault with a clock that is moved.
type world struct {
	*vault.Vault
	t     testing.TB
	ctx   context.Context
	clock *connecttest.Clock
	store ledger.Store
	keys  *vault.MemoryKeys
	n     int
}

func masters(t testing.TB, newest string, names ...string) *sealed.LocalKeys {
	t.Helper()
	keys := make(map[string][]byte)
	for _, n := range names {
		keys[n] = bytes.Repeat([]byte{n[len(n)-1]}, 32)
	}
	l, err := sealed.NewLocalKeys(newest, keys)
	require.NoError(t, err)
	return l
}

func index(t testing.TB, name string) *sealed.Index {
	t.Helper()
	i, err := sealed.NewIndex(name, bytes.Repeat([]byte(name[:1]), 32))
	require.NoError(t, err)
	return i
}

// newWorld sets a vault up; change makes it otherwise.
func newWorld(t testing.TB, change func(*vault.Config)) *world {
	t.Helper()
	clock := connecttest.NewClock(connecttest.Start)
	w := &world{t: t, ctx: t.Context(), clock: clock, keys: new(vault.MemoryKeys)}
	c := vault.Config{
		Store: ledger.NewMemory(), Env: ledger.Env{Now: clock.Now, NewID: connecttest.Counter()},
		Wrapper: masters(t, "k1", "k1"), Index: index(t, "i1"), Keys: w.keys, Origin: "https://vault.example",
	}
	if change != nil {
		change(&c)
	}
	w.store = c.Store
	var err error
	w.Vault, err = vault.New(c)
	require.NoError(t, err)
	return w
}

func (w *world) key() string {
	w.n++
	return "key-" + strconv.Itoa(w.n)
}

func german(account string) vault.TokeniseRequest {
	return vault.TokeniseRequest{
		Platform: platform, Account: account, Kind: vault.Bank, Country: "DE", Currency: ledger.EUR,
		Fields: sealed.NewClear(map[string]string{"iban": iban, "account_holder_name": holder}),
	}
}

func (w *world) token(r vault.TokeniseRequest) string {
	w.t.Helper()
	t, err := w.Tokenise(w.ctx, r)
	require.NoError(w.t, err)
	return t.Token
}

// used returns the reference of details that were tokenised and used.
func (w *world) used(r vault.TokeniseRequest, account string) *vault.Reference {
	w.t.Helper()
	ref, err := w.Use(w.ctx, vault.UseRequest{Key: w.key(), Platform: r.Platform, Token: w.token(r), Account: account})
	require.NoError(w.t, err)
	return ref
}

func (w *world) opened(tokens ...string) []sealed.Opened {
	w.t.Helper()
	d, err := w.Detokeniser("rail test", vault.Bank)
	require.NoError(w.t, err)
	list, err := d.Detokenise(w.ctx, sealed.Request{Tokens: tokens, Purpose: "payout"})
	require.NoError(w.t, err)
	return list
}

func (w *world) events() (types []string) {
	w.t.Helper()
	for _, e := range events(w.t, w.store) {
		types = append(types, e.Type)
	}
	return types
}

func events(t testing.TB, s ledger.Store) (list []ledger.Event) {
	t.Helper()
	after := ledger.Cursor("")
	for {
		var page []ledger.Event
		require.NoError(t, s.Read(t.Context(), func(v ledger.View) (err error) {
			page, after, err = v.Events(after, "", 1000)
			return err
		}))
		if list = append(list, page...); len(page) == 0 {
			return list
		}
	}
}

// objects lists all objects of the vault's kinds by a key of theirs.
func objects(t testing.TB, s ledger.Store, kind, name, value string) (list []ledger.Object) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) (err error) {
		list, err = v.Find(ledger.Query{Kind: kind, Name: name, Value: value, Limit: 1000})
		return err
	}))
	return list
}

func requireCode(t testing.TB, err error, class ledger.Class, code string) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{class, code}, []any{e.Class, e.Code}, "%v", err)
	require.True(t, errors.Is(err, class))
}

func (w *world) pass(d time.Duration) {
	w.t.Helper()
	w.clock.Advance(d)
	done, err := w.Drain(w.ctx)
	require.NoError(w.t, err)
	require.NoError(w.t, done.Err)
}

// broken is a request that is cut off.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// gone is a store that tells of its inside when it fails.
type gone struct{}

func (gone) Read(context.Context, func(ledger.View) error) error {
	return fmt.Errorf("dial tcp 10.0.0.1: password of souk is wrong")
}

func (gone) Commit(context.Context, *ledger.Change) (*ledger.Receipt, error) {
	return nil, &ledger.Error{Class: ledger.Unavailable, Code: "down", Msg: "10.0.0.1"}
}

// errorCode is the code of an error, which is typed.
func errorCode(t testing.TB, err error) string {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	return e.Code
}
