package connect_test

import (
	"cmp"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// interposed is a store on which something happens before the reading of a number.
type interposed struct {
	ledger.Store
	left int
	do   func()
}

func (s *interposed) Read(ctx context.Context, fn func(ledger.View) error) error {
	if s.left--; s.left == 0 {
		s.do()
	}
	return s.Store.Read(ctx, fn)
}

// A window begins once, though two processes make its first payments, whatever the one has
// read when the other is done.
func TestAWindowBeginsOnce(t *testing.T) {
	for at, over := 1, false; !over; at++ {
		m := newMarket(t, connecttest.Config{})
		a := m.seller().ID
		m.limit(connect.SetLimitRequest{Name: "daily", AccountID: a, Amount: usd(5000)})
		pay := func(p *connect.Platform, key string) error {
			_, err := p.Charge(m.ctx, connect.ChargeRequest{Key: key, Amount: usd(3000), AccountID: a, Source: connect.TestCard})
			return err
		}
		_, other := m.second()
		var second error
		s := &interposed{Store: m.Store(), left: at}
		s.do = func() { second = pay(other, "other") }
		eng, err := connect.New(connect.Config{Store: s, Now: m.Clock.Now, Acquirer: m.Acquirer, Rail: m.Rail})
		require.NoError(t, err)
		p, err := eng.Platform(m.ctx, m.platform.ID())
		require.NoError(t, err)
		first := pay(p, "one")
		if over = s.left > 0; over {
			second = pay(other, "other")
		}
		require.NotEqual(t, first == nil, second == nil, "read %d: %v, %v", at, first, second)
		require.Equal(t, "limit_exceeded", codeOf(t, cmp.Or(first, second)), "read %d", at)
		require.EqualValues(t, 2000, m.allowed(m.platform, a, "daily"), "read %d", at)
		m.verify()
	}
}
