package vault_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
)

// modelled is what the model knows of a token.
type modelled struct {
	token, bound, owner string
	id                  string // once it was used
	status              vault.Status
	expires             time.Time
}

// random does what may happen in a vault in any order, and holds each token against what it
// must be by then (promise 64).
type random struct {
	*world
	tokens []*modelled
	master int
}

func (x *random) draw(t *rapid.T) *modelled {
	if len(x.tokens) == 0 {
		t.Skip("there is no token")
	}
	return x.tokens[rapid.IntRange(0, len(x.tokens)-1).Draw(t, "token")]
}

func (x *random) account(t *rapid.T) string {
	return rapid.SampledFrom([]string{"acct_1", "acct_2"}).Draw(t, "account")
}

// lapse is what time does to tokens that were not used.
func (x *random) lapse() {
	for _, m := range x.tokens {
		if m.status == vault.Fresh && !x.clock.Now().Before(m.expires) {
			m.status = vault.Expired
		}
	}
}

func (x *random) tokenise(t *rapid.T) {
	m := &modelled{bound: rapid.SampledFrom([]string{"", "acct_1", "acct_2"}).Draw(t, "bound"), status: vault.Fresh, expires: x.clock.Now().Add(15 * time.Minute)}
	m.token, m.owner = x.token(german(m.bound)), m.bound
	x.tokens = append(x.tokens, m)
}

func (x *random) use(t *rapid.T) {
	m, account := x.draw(t), x.account(t)
	ref, err := x.Use(x.ctx, vault.UseRequest{Key: x.key(), Platform: platform, Token: m.token, Account: account})
	switch {
	case m.owner != "" && m.owner != account:
		require.ErrorIs(t, err, ledger.NotFound)
	case m.status == vault.Used:
		requireCode(x.t, err, ledger.State, "token_used")
	case m.status != vault.Fresh:
		requireCode(x.t, err, ledger.State, "token_expired")
	default:
		require.NoError(t, err)
		m.status, m.owner, m.id = vault.Used, account, ref.ID
	}
}

func (x *random) erase(t *rapid.T) {
	account, want := x.account(t), 0
	for _, m := range x.tokens {
		if m.owner == account && (m.status == vault.Used || m.status == vault.Fresh) {
			m.status = vault.Erased
			want++
		}
	}
	_, err := x.Drain(x.ctx) // what is over is forgotten as that
	require.NoError(t, err)
	done, err := x.Erase(x.ctx, vault.EraseRequest{Platform: platform, Account: account})
	require.NoError(t, err)
	require.Equal(t, want, done.References)
}

func (x *random) rotate(w *turned) {
	old, next := fmt.Sprintf("k%d", x.master%10), fmt.Sprintf("k%d", (x.master+1)%10)
	w.set(masters(x.t, next, old, next))
	x.clock.Advance(time.Second)
	done, err := x.Rotate(x.ctx, vault.RotateRequest{From: old, Reseal: x.master%2 == 0})
	require.NoError(x.t, err)
	require.NoError(x.t, done.Err)
	w.set(masters(x.t, next, next))
	x.master++
}

func (x *random) check(t *rapid.T) {
	x.lapse()
	for i, m := range x.tokens {
		if m.id == "" {
			continue
		}
		o := x.opened(m.id)[0]
		if m.status == vault.Used {
			require.NoError(t, o.Err, i)
			require.Equal(t, iban, o.Fields.Reveal()["iban"])
		} else {
			require.ErrorIs(t, o.Err, ledger.State, i)
		}
		ref, err := x.Reference(x.ctx, platform, m.id)
		require.NoError(t, err)
		require.Equal(t, []any{m.status, m.owner}, []any{ref.Status, ref.Account})
		require.Equal(t, m.status == vault.Used, ref.Last4 != "")
	}
}

func TestVaultsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &turned{w: masters(t, "k0", "k0")}
		x := &random{world: newWorld(t, func(c *vault.Config) { c.Wrapper = w })}
		rt.Repeat(map[string]func(*rapid.T){
			"tokenise": x.tokenise, "use": x.use, "erase": x.erase,
			"rotate": func(*rapid.T) { x.rotate(w) },
			"pass": func(t *rapid.T) {
				x.pass(time.Duration(rapid.IntRange(1, 8).Draw(t, "minutes")) * time.Minute)
				x.lapse()
			},
			"": x.check,
		})
	})
}
