package vault_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

// turned is a wrapper whose keys are changed under a vault that is at work, and which can
// be gone.
type turned struct {
	mu sync.Mutex
	w  sealed.KeyWrapper
	ok func(about string) bool
}

func (x *turned) now(about string) (sealed.KeyWrapper, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ok != nil && !x.ok(about) {
		return nil, &ledger.Error{Class: ledger.Unavailable, Code: "unavailable"}
	}
	return x.w, nil
}

func (x *turned) set(w sealed.KeyWrapper) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.w = w
}

func (x *turned) Wrap(ctx context.Context, key []byte, about string) (sealed.Wrapped, error) {
	w, err := x.now(about)
	if err != nil {
		return sealed.Wrapped{}, err
	}
	return w.Wrap(ctx, key, about)
}

func (x *turned) Unwrap(ctx context.Context, k sealed.Wrapped, about string) ([]byte, error) {
	w, err := x.now(about)
	if err != nil {
		return nil, err
	}
	return w.Unwrap(ctx, k, about)
}

// T7: keys rotate while others read and write: everything opens at every moment, and in the
// end without the old master.
func TestKeysRotateWhileOthersRead(t *testing.T) {
	x := &turned{w: masters(t, "k1", "k1")}
	w := newWorld(t, func(c *vault.Config) { c.Wrapper = x })
	var ids []string
	for i := range 12 {
		ids = append(ids, w.used(german(fmt.Sprintf("acct_%d", i%5)), fmt.Sprintf("acct_%d", i%5)).ID)
		ids = append(ids, w.used(german(""), "acct_9").ID)
	}
	x.set(masters(t, "k2", "k1", "k2"))
	stop, seen := make(chan struct{}), make(chan error, 4)
	d, err := w.Detokeniser("rail test", vault.Bank)
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 2 { // readers
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				list, err := d.Detokenise(w.ctx, sealed.Request{Tokens: ids[:6], Purpose: "read"})
				for _, o := range list {
					if err == nil {
						err = o.Err
					}
					if err == nil && o.Fields.Reveal()["iban"] != iban {
						err = errors.New("another value")
					}
				}
				if err != nil && !errors.Is(err, ledger.Conflict) {
					seen <- err
					return
				}
			}
		})
	}
	var made []string
	group.Go(func() { // and a writer
		for i := range 20 {
			account := fmt.Sprintf("acct_%d", i%5)
			tok, err := w.Tokenise(w.ctx, german(account))
			if err == nil {
				var ref *vault.Reference
				ref, err = w.Use(w.ctx, vault.UseRequest{Key: fmt.Sprintf("w%d", i), Platform: platform, Token: tok.Token, Account: account})
				if err == nil {
					made = append(made, ref.ID)
				}
			}
			if err != nil && !errors.Is(err, ledger.Conflict) {
				seen <- err
				return
			}
		}
	})
	w.clock.Advance(time.Second)
	r := vault.RotateRequest{From: "k1", Reseal: true, Since: w.clock.Now()}
	for {
		done, err := w.Rotate(w.ctx, r)
		require.NoError(t, err)
		if done.Failed == 0 {
			break
		}
		require.ErrorIs(t, done.Err, ledger.Conflict)
	}
	close(stop)
	group.Wait()
	close(seen)
	for err := range seen {
		require.NoError(t, err)
	}
	require.Empty(t, objects(t, w.store, "sealed.key", "master", "k1"))
	x.set(masters(t, "k2", "k2")) // the old master is gone
	for _, o := range w.opened(append(ids, made...)...) {
		require.NoError(t, o.Err)
		require.Equal(t, iban, o.Fields.Reveal()["iban"])
	}
	require.Contains(t, w.events(), vault.EventResealed)
}

// A rotation that was cut off goes on: what failed is as it was, and the next call does it.
// A second one has nothing to do.
func TestARotationGoesOn(t *testing.T) {
	x := &turned{w: masters(t, "k1", "k1")}
	w := newWorld(t, func(c *vault.Config) { c.Wrapper = x })
	one, two := w.used(german("acct_1"), "acct_1"), w.used(german("acct_2"), "acct_2")
	away := sealed.DataKeyID(platform, "acct_2")
	x.w, x.ok = masters(t, "k2", "k1", "k2"), func(about string) bool { return about != away }
	w.clock.Advance(time.Second)
	r := vault.RotateRequest{From: "k1", Reseal: true, Since: w.clock.Now()}
	done, err := w.Rotate(w.ctx, r)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1, 1}, []int{done.Keys, done.Values, done.Failed})
	require.ErrorIs(t, done.Err, ledger.Unavailable)
	x.ok = nil
	w.clock.Advance(time.Hour)
	done, err = w.Rotate(w.ctx, r)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1, 0}, []int{done.Keys, done.Values, done.Failed}, "the other is done")
	done, err = w.Rotate(w.ctx, r)
	require.NoError(t, err)
	require.Zero(t, *done)
	x.w = masters(t, "k2", "k2")
	for _, o := range w.opened(one.ID, two.ID) {
		require.NoError(t, o.Err)
	}
	w.clock.Advance(time.Second)
	done, err = w.Rotate(w.ctx, vault.RotateRequest{From: "k2", Reseal: true}) // under the same master
	require.NoError(t, err)
	require.Equal(t, []int{2, 2}, []int{done.Keys, done.Values})
	done, err = w.Rotate(w.ctx, vault.RotateRequest{From: "k2"})
	require.NoError(t, err)
	require.Zero(t, *done, "and without sealing anew there is nothing to do")
	x.ok = func(string) bool { return false }
	_, err = w.Rotate(w.ctx, r)
	require.ErrorIs(t, err, ledger.Unavailable)
}

// The index is made anew with what is sealed anew, where its key is another.
func TestTheIndexRotates(t *testing.T) {
	store := ledger.NewMemory()
	w := newWorld(t, func(c *vault.Config) { c.Store = store })
	one, two := w.used(german(""), "acct_1"), w.used(german(""), "acct_2")
	next := newWorld(t, func(c *vault.Config) { c.Store, c.Index, c.Env.NewID = store, index(t, "j2"), nil })
	next.clock.Advance(time.Hour)
	next.n = 100
	third := next.used(german(""), "acct_3")
	shared, err := next.Shared(next.ctx, platform, third.ID)
	require.NoError(t, err)
	require.Empty(t, shared, "two indexes have nothing in common")
	_, err = next.Rotate(next.ctx, vault.RotateRequest{From: "k1", Reseal: true})
	require.NoError(t, err)
	shared, err = next.Shared(next.ctx, platform, third.ID)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{one.ID, two.ID}, []string{shared[0].ID, shared[1].ID})
}
