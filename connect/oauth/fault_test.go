package oauth_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/oauth"
	"github.com/soukhq/souk/ledger"
)

// cut is a store of which one call fails, before it or after it, and all that follow.
type cut struct {
	ledger.Store
	at    int // 0: none
	after bool
	off   bool
}

func (c *cut) fails() bool {
	if c.at > 0 {
		if c.at--; c.at == 0 {
			c.off = true
			return true
		}
	}
	return c.off
}

func (c *cut) Read(ctx context.Context, fn func(ledger.View) error) error {
	if c.fails() {
		return ledger.Unavailable
	}
	return c.Store.Read(ctx, fn)
}

func (c *cut) Commit(ctx context.Context, x *ledger.Change) (*ledger.Receipt, error) {
	was := c.off
	if c.fails() {
		if c.after && !was {
			_, _ = c.Store.Commit(ctx, x)
		}
		return nil, ledger.Unavailable
	}
	return c.Store.Commit(ctx, x)
}

// Between any two calls of the store the process may stop, while a code is redeemed or a
// token refreshed. Then the client has no answer: a code is used up at most, and the user
// agrees again; a refresh that is asked again gets the answer that was lost.
func TestWhatIsCutOff(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			books := &cut{Store: ledger.NewMemory(), after: after}
			w := newWorldOn(t, books)
			code := w.code(w.ask())
			books.at = n
			res := w.post(oauth.PathToken, w.redeem(code))
			done := books.at > 0
			books.at, books.off = 0, false
			if done {
				require.Equal(t, http.StatusOK, res.StatusCode)
				break
			}
			require.NotEqual(t, http.StatusOK, res.StatusCode, "%v %d", after, n)
			w.post(oauth.PathToken, w.redeem(code)) // works, or is used up
			access, refresh := w.tokens(w.ask())
			require.Equal(t, http.StatusOK, w.read("/v1/account", access).StatusCode)
			books.at = n
			res = w.post(oauth.PathToken, w.refreshing(refresh))
			books.at, books.off = 0, false
			if res.StatusCode != http.StatusOK {
				w.m.Clock.Advance(time.Second)
				access, _ = w.given(w.post(oauth.PathToken, w.refreshing(refresh)))
				require.Equal(t, http.StatusOK, w.read("/v1/account", access).StatusCode)
			}
		}
	}
}
