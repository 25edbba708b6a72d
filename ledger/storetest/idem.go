package storetest

import (
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

func changeReplay(t *trial) {
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 100)
	t.open(account(b))
	c := t.moves("transfer", a, b, 1)
	c.At = c.At.Add(123456 * time.Microsecond)
	c.Put = []ledger.Object{object(t.id("charge", "1"), 0, "{}")}
	first := t.commit(c)
	before := t.dump(t.s)
	for _, s := range []ledger.Store{t.s, t.second} {
		r, err := s.Commit(t.ctx, c)
		require.NoError(t, err)
		require.True(t, r.Replayed && !r.ByKey, "a change whose answer was lost is handed in again")
		require.Equal(t, first.Made, r.Made)
	}
	t.same(before, t.dump(t.s), "a replay wrote something")
	rest := *c // the id and the time tell, to the microsecond and in any zone
	rest.Post, rest.At = nil, c.At.Add(300).In(time.FixedZone("here", 3600))
	require.True(t, t.commit(&rest).Replayed)
	t.same(before, t.dump(t.s), "a replay wrote something")
	other := *c
	other.At = other.At.Add(time.Microsecond) // a second change that was given the same id
	t.refused(&other, ledger.Exists, "change_exists")
	same := t.moves("transfer", a, b, 1)
	var applied atomic.Int64
	errs := together(20, func(int) error {
		r, err := t.s.Commit(t.ctx, same)
		if err == nil && !r.Replayed {
			applied.Add(1)
		}
		return err
	})
	require.Equal(t, 20, t.won(errs, ledger.Unknown))
	require.EqualValues(t, 1, applied.Load(), "one change had several effects")
	t.has(b, 2, 0)
}

// keyed is a transfer of one cent with a key, which makes two objects.
func (t *trial) keyed(a, b ledger.Ref, key string, hash byte) *ledger.Change {
	c := t.moves("transfer", a, b, 1)
	c.Idem = ledger.Idem{Scope: t.book, Key: key, Hash: [32]byte{hash}}
	c.Put = []ledger.Object{object(t.id("transfer", key), 0, "{}"), object(t.id("fee", key), 0, "{}")}
	return c
}

func keyReplay(t *trial) {
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 100)
	t.open(account(b))
	t.commit(t.keyed(a, b, "k", 1))
	before := t.dump(t.s)
	t.clock.move(400 * 24 * time.Hour) // promise 29: no key expires by itself
	for range 3 {
		r := t.commit(t.keyed(a, b, "k", 1))
		require.True(t, r.Replayed && r.ByKey)
		require.Equal(t, []ledger.ID{t.id("transfer", "k"), t.id("fee", "k")}, r.Made)
	}
	t.same(before, t.dump(t.s), "promise 21: a replay wrote something")
	other := t.keyed(a, b, "k", 2)
	other.Put = []ledger.Object{object(t.id("transfer", "other"), 0, "{}")}
	t.refused(other, ledger.Exists, "idempotency_mismatch")
	other.Idem.Hash = [32]byte{0: 1, 31: 1} // every byte of a hash counts
	t.refused(other, ledger.Exists, "idempotency_mismatch")
	// The key is judged before anything else that could be wrong now.
	late := t.keyed(a, b, "k", 1)
	late.Expect = []ledger.Expectation{{Account: a, Version: 1}}
	late.Post[0].Entries = []ledger.Entry{move(a, -1000), move(b, 1000)}
	require.True(t, t.commit(late).Replayed, "promise 21: what is true now does not matter to a replay")

	made, replayed := []ledger.ID(nil), false
	r, err := t.env.Update(t.ctx, t.s, func(u *ledger.Unit) (err error) {
		made, replayed, err = u.Once(ledger.Idem{Scope: t.book, Key: "k", Hash: [32]byte{1}})
		return err
	})
	require.NoError(t, err)
	require.True(t, replayed && r.Replayed)
	require.Equal(t, r.Made, made)
	_, err = t.env.Update(t.ctx, t.s, func(u *ledger.Unit) error {
		_, _, err := u.Once(ledger.Idem{Scope: t.book, Key: "k", Hash: [32]byte{2}})
		return err
	})
	t.isError(err, ledger.Exists, "idempotency_mismatch")
	t.same(before, t.dump(t.s), "something was written")
}

// keyUnderLoad sends one request fifty times at once, and another one under the
// same key now and then.
func keyUnderLoad(t *trial) {
	const n = 50
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 1000)
	t.open(account(b))
	var applied, replayed, refused atomic.Int64
	errs := together(n, func(i int) error {
		hash := byte(1)
		if i%10 == 9 {
			hash = 2
		}
		c := t.keyed(a, b, "k", hash)
		c.Put = []ledger.Object{object(t.id("transfer", data(int64(i))), 0, "{}")}
		r, err := t.s.Commit(t.ctx, c)
		var e *ledger.Error
		switch {
		case err == nil && r.Replayed:
			replayed.Add(1)
		case err == nil:
			applied.Add(1)
		case errors.As(err, &e) && e.Code == "idempotency_mismatch":
			refused.Add(1)
			return nil
		}
		return err
	})
	require.Equal(t, n, t.won(errs, ledger.Unknown))
	require.EqualValues(t, 1, applied.Load(), "promise 23: effects of one key")
	require.EqualValues(t, n-1, replayed.Load()+refused.Load())
	t.has(b, 1, 0)
	made := 0
	for i := range n {
		if t.object(t.id("transfer", data(int64(i)))).Version > 0 {
			made++
		}
	}
	require.Equal(t, 1, made, "promise 22: a refused or replayed request made an object")
}

func keyScopes(t *trial) {
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 100)
	t.open(account(b))
	// Pairs that are the same text when they are joined carelessly.
	pairs := [][2]string{
		{t.book, "k"}, {t.book + "/acct", "k"}, {t.book + "/acct/k", "k"}, {t.book, "acct/k"},
		{t.book + "/", "acct|k"}, {t.book, "|k"}, {t.book, "k "}, {t.book, " k"}, {t.book, "K"},
		{t.book, strings.Repeat("k", 255)}, {t.book, `k'; DROP TABLE x; --`}, {t.book, `"k"\`}, {t.book, "%"}, {t.book, "_"},
	}
	for i, p := range pairs {
		c := t.keyed(a, b, "x"+data(int64(i)), 1)
		c.Idem.Scope, c.Idem.Key = p[0], p[1]
		require.False(t, t.commit(c).Replayed, "promise 25: %q and a pair before it are one", p)
		require.True(t, t.commit(c).Replayed)
		c.ID = t.env.ID("chg_")
		require.True(t, t.commit(c).Replayed, "%q is not found again", p)
	}
	t.has(b, int64(len(pairs)), 0)
	for _, p := range [][2]string{
		{"", "k"}, {t.book, ""}, {t.book + "|x", "k"}, {strings.Repeat("s", 201), "k"}, {t.book, strings.Repeat("k", 256)},
		{t.book, "k\n"}, {t.book, "k\x00"}, {t.book, "ключ"}, {"\xff", "k"},
	} {
		c := t.keyed(a, b, "bad", 1)
		c.Idem.Scope, c.Idem.Key = p[0], p[1]
		t.refused(c, ledger.Invalid, "invalid_idempotency_key")
	}
}

func keyRefused(t *trial) {
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 100)
	t.open(account(b))
	wrong := t.keyed(a, b, "k", 1)
	wrong.Post[0].Entries = []ledger.Entry{move(a, -101), move(b, 101)}
	t.refused(wrong, ledger.InsufficientFunds, "insufficient_funds")
	wrong.Post[0].Entries = []ledger.Entry{move(a, -1)}
	t.refused(wrong, ledger.Invalid, "unbalanced_journal")
	require.False(t, t.commit(t.keyed(a, b, "k", 2)).Replayed, "promise 28: a refusal kept the key")
	t.has(b, 1, 0)
}

func keyAlone(t *trial) {
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 100)
	t.open(account(b))
	ask := func() *ledger.Receipt {
		c := t.change()
		c.Idem = ledger.Idem{Scope: t.book, Key: "k", Hash: [32]byte{1}}
		return t.commit(c)
	}
	before := t.dump(t.s)
	for range 2 {
		r := ask()
		require.False(t, r.Replayed)
		require.Empty(t, r.Made)
	}
	t.same(before, t.dump(t.s), "something was written")
	require.False(t, t.commit(t.keyed(a, b, "k", 1)).Replayed, "asking for a key used it up")
	r := ask()
	require.True(t, r.Replayed)
	require.Equal(t, []ledger.ID{t.id("transfer", "k"), t.id("fee", "k")}, r.Made)
	c := t.change()
	c.Idem = ledger.Idem{Scope: t.book, Key: "k", Hash: [32]byte{3}}
	t.refused(c, ledger.Exists, "idempotency_mismatch")
}
