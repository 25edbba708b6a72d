package ledger_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/ledger"
)

// pair is a store and the model that it must follow.
type pair struct {
	store ledger.Store
	model *model
	codes map[string]int // how often each answer was given
}

func newPair(s ledger.Store) *pair {
	return &pair{store: s, model: newModel(), codes: map[string]int{}}
}

// step hands a change to both and compares the answers.
func (p *pair) step(t testing.TB, c *ledger.Change) {
	t.Helper()
	next := p.model.clone()
	code, replayed := next.commit(c)
	r, err := p.store.Commit(t.Context(), c)
	var e *ledger.Error
	if errors.As(err, &e) && e.Code == "amount_too_large" && p.atTheEdge(c) {
		// Near the ends of 64 bits the store may refuse a sum that it cannot
		// compute on its way to an answer; the model's integers have no end.
		p.codes[e.Code]++
		return
	}
	p.codes[code]++
	switch {
	case code == "":
		require.NoError(t, err)
		require.Equal(t, replayed, r.Replayed)
		p.model = next
	case err == nil:
		require.Failf(t, "not refused", "the model says %s", code)
	default:
		require.NotNil(t, e, "%v", err)
		require.Equal(t, code, e.Code, "%v", err)
	}
}

// atTheEdge reports whether a change, or what it touches, is very large.
func (p *pair) atTheEdge(c *ledger.Change) bool {
	const large = math.MaxInt64 / 4
	big := func(n int64) bool { return n > large || n < -large }
	touches := func(r ledger.Ref) bool {
		a := p.model.accounts[r]
		return a != nil && (big(a.posted.Int64()) || big(a.held.Int64()))
	}
	for _, tx := range c.Post {
		for _, e := range tx.Entries {
			if big(e.Amount.Minor()) || touches(e.Account) {
				return true
			}
		}
	}
	for _, h := range c.Holds {
		if big(h.Amount.Minor()) || touches(h.Account) {
			return true
		}
	}
	return false
}

// agree compares all that the store holds with the model.
func (p *pair) agree(t testing.TB) {
	t.Helper()
	require.NoError(t, p.store.Read(t.Context(), func(v ledger.View) error {
		accounts, err := v.Accounts(world...)
		if err != nil {
			return err
		}
		for i, r := range world {
			a, want := accounts[i], p.model.accounts[r]
			if want == nil {
				require.Zero(t, a.Version, r)
				continue
			}
			require.Equal(t, want.posted.Int64(), a.Posted.Minor(), "promise 3: balance of %v", r)
			require.Equal(t, want.held.Int64(), a.Held.Minor(), "held in %v", r)
			require.Equal(t, []any{want.version, want.closed, want.floor, want.shared}, []any{a.Version, a.Closed, a.Floor, a.Shared}, r)
		}
		for id, version := range p.model.objects {
			list, err := v.Objects(id)
			if err != nil {
				return err
			}
			require.Equal(t, version, list[0].Version, id)
		}
		return nil
	}))
	for key, made := range p.model.keys {
		c := &ledger.Change{ID: "ask", At: noon, Idem: key}
		c.Idem.Hash[0] = p.model.hashes[key]
		r, err := p.store.Commit(t.Context(), c)
		require.NoError(t, err)
		require.True(t, r.Replayed)
		require.ElementsMatch(t, made, r.Made, "promise 21: what the key made")
	}
	report, err := ledger.Verify(t.Context(), p.store)
	require.NoError(t, err)
	require.NoError(t, report.Err())
}

// Any changes in any order: the store answers as the model does, and holds what
// the model holds (promises 1 to 6, 21, 22, 28 and 35). Failures are shrunk.
func TestStoreFollowsTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dice := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "die") }
		s := ledger.Store(ledger.NewMemory())
		if dice(2) == 1 {
			s = ledger.Overlay(s)
		}
		p, tb := newPair(s), modelTB{t, rt}
		p.step(tb, openWorld(dice))
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			p.step(tb, drawChange(dice, p.model))
		}
		p.agree(tb)
	})
}

// A long walk reaches every answer that there is.
func TestLongWalkWithTheModel(t *testing.T) {
	walks := uint64(12)
	if os.Getenv("SOUK_LONG") == "1" {
		walks = 1000
	}
	codes := map[string]int{}
	for seed := range walks {
		r := rand.New(rand.NewPCG(seed, 1))
		p := newPair(ledger.NewMemory())
		p.codes = codes
		p.step(t, openWorld(r.IntN))
		for range 400 {
			p.step(t, drawChange(r.IntN, p.model))
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		p.agree(t)
	}
	for _, code := range []string{
		"", "account_closed", "account_exists", "account_not_empty", "account_not_found", "amount_too_large", "capture_without_entry", "changed",
		"currency_mismatch", "hold_exceeded", "hold_exists", "hold_not_expired", "hold_not_found", "idempotency_mismatch", "insufficient_funds",
		"invalid_amount", "invalid_floor", "invalid_hold", "not_forced", "object_exists", "repeated_account", "shared_account", "transaction_exists", "unbalanced_journal",
	} {
		require.NotZero(t, codes[code], "no change was answered with %q: %v", code, codes)
	}
}
