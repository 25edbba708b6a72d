package connect_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
)

// posts is a marketplace with a charge that was only received, and what its acquirer
// posts: that it was approved, and a dispute.
type posts struct {
	books            *ledger.Memory
	acq              *posting
	clock            *connecttest.Clock
	newID            func(string) string
	charge, platform string
	note             connect.Notification
}

func newPosts(t *testing.T) *posts {
	t.Helper()
	p := &posts{books: ledger.NewMemory(), clock: connecttest.NewClock(connecttest.Start), newID: connecttest.Counter()}
	p.acq = &posting{Simulator: connect.NewSimulator(connect.SimulatorConfig{NewsOnly: true, Now: p.clock.Now})}
	platform, err := p.engine(t, p.books).Register(t.Context(), connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	require.NoError(t, err)
	c, err := platform.Charge(t.Context(), connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestReceived})
	require.NoError(t, err)
	p.charge, p.platform = c.ID, platform.ID()
	p.note = posted(t,
		connect.Notice{ID: "1", Event: "paid", News: connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Approved, Reference: "r", Amount: usd(1000)}}},
		connect.Notice{ID: "2", Event: "dispute", Unhandled: "souk books no disputes yet"})
	return p
}

func (p *posts) engine(t *testing.T, s ledger.Store) *connect.Engine {
	t.Helper()
	e, err := connect.New(connect.Config{Store: s, Acquirer: p.acq, Now: p.clock.Now, NewID: p.newID})
	require.NoError(t, err)
	return e
}

// ends requires that the charge was booked once, and the dispute kept once.
func (p *posts) ends(t *testing.T, what string) {
	t.Helper()
	e := p.engine(t, p.books)
	done, err := e.Notify(t.Context(), p.note)
	require.NoError(t, err, what)
	require.Equal(t, connect.Notified{Ignored: 2}, done, what)
	r, err := e.Verify(t.Context())
	require.NoError(t, err)
	require.NoError(t, r.Err(), what)
	page, err := e.UnbookedNotices(t.Context(), connect.ListRequest{})
	require.NoError(t, err)
	require.Len(t, page.Items, 1, what)
	platform, err := e.Platform(t.Context(), p.platform)
	require.NoError(t, err)
	c, err := platform.GetCharge(t.Context(), p.charge)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status, what)
	b, err := platform.Balance(t.Context(), p.platform)
	require.NoError(t, err)
	require.Equal(t, usd(1000-59), b.In(ledger.USD).Pending, what)
}

// Whatever fails while a notification is booked, the same again brings it to its end,
// and only once (promises 31 and 35).
func TestFaultsOfNotices(t *testing.T) {
	t.Parallel()
	try := func(p *posts, s ledger.Store) (err error) {
		defer survived()
		_, err = p.engine(t, s).Notify(t.Context(), p.note)
		return err
	}
	clean := newPosts(t)
	store := faults.Wrap(clean.books)
	require.NoError(t, try(clean, store))
	clean.ends(t, "without a fault")
	require.Greater(t, store.Calls(), 4)
	for plan := range plans(store.Log()) {
		p := newPosts(t)
		s := faults.Wrap(p.books, plan)
		_ = try(p, s) // whatever it says, it is posted again
		s.Heal()
		require.NoError(t, try(p, s), plan.String())
		p.ends(t, plan.String())
	}
}

// Two processes are posted the same at once: each notice is booked, or kept, once.
func TestRacesOfNotices(t *testing.T) {
	p := newPosts(t)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		e := p.engine(t, p.books)
		wg.Go(func() { _, errs[i] = e.Notify(t.Context(), p.note) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	p.ends(t, "eight at once")
}
