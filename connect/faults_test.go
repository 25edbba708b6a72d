package connect_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// A crash, a lost answer, a lost race or a dead store between any two steps:
// retried with the same keys, or simply drained, everything comes to the same
// end as if nothing had happened (promises 24, 26, 35, 42; edge-cases 95 and 99).

// world is what outlives a crash: the store, the acquirer, the rail, the clock.
type world struct {
	books *ledger.Memory
	store *faults.Store
	clock *connecttest.Clock
	acq   *witness
	rail  *payout.Simulator
	newID func(string) string
}

func newWorld(d ledger.Delivery, plans ...faults.Plan) *world {
	w := &world{books: ledger.NewMemory(), clock: connecttest.NewClock(connecttest.Start), newID: connecttest.Counter()}
	w.store = faults.Wrap(w.books, plans...)
	w.acq = &witness{Simulator: connect.NewSimulator(connect.SimulatorConfig{Delivery: d, Now: w.clock.Now}), said: make(map[string]connect.Answer)}
	w.rail = payout.NewSimulator(payout.SimulatorConfig{Delivery: d, Now: w.clock.Now})
	return w
}

// witness is an acquirer that keeps what it said, also where nobody heard it.
type witness struct {
	*connect.Simulator
	mu   sync.Mutex
	said map[string]connect.Answer
}

func (w *witness) note(key string, a connect.Answer, err error) (connect.Answer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.said[key] = a
	}
	return a, err
}

func (w *witness) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	a, err := w.Simulator.Authorize(ctx, key, o)
	return w.note(key, a, err)
}

func (w *witness) Refund(ctx context.Context, key string, o connect.RefundOrder) (connect.Answer, error) {
	a, err := w.Simulator.Refund(ctx, key, o)
	return w.note(key, a, err)
}

// engine starts a process on the world.
func (w *world) engine(t *testing.T) *connect.Engine {
	eng, err := connect.New(connect.Config{Store: w.store, Acquirer: w.acq, Rail: w.rail, Now: w.clock.Now, NewID: w.newID})
	require.NoError(t, err)
	return eng
}

// made is what a business day makes; what is not made yet is empty.
type made struct{ seller, charge, refund, payout string }

// day does a business day, each step under its own key. A step that fails is
// left for the next time; the steps after it are tried all the same.
func (w *world) day(t *testing.T) (m made) {
	defer survived()
	ctx := context.Background()
	eng := w.engine(t)
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	if err != nil {
		return m
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return m
	}
	m.seller = a.ID
	c, err := p.Charge(ctx, connect.ChargeRequest{
		Key: "charge", Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: connect.TestCard,
		Tax: []connect.Tax{{Authority: "nyc", Amount: usd(80)}},
	})
	if err == nil {
		m.charge = c.ID
		r, err := p.Refund(ctx, connect.RefundRequest{Key: "refund", ChargeID: c.ID, Amount: usd(250), ReverseTransfer: true, RefundFee: true})
		if err == nil {
			m.refund = r.ID
		}
	}
	_, _ = p.RecordCashSale(ctx, connect.CashSaleRequest{Key: "cash", AccountID: a.ID, Commission: usd(40)})
	w.after(t, eng, 3*24*time.Hour)
	_, _ = p.Transfer(ctx, connect.TransferRequest{Key: "transfer", To: a.ID, Amount: usd(5)})
	if po, err := p.Payout(ctx, connect.PayoutRequest{Key: "payout", AccountID: a.ID, Amount: usd(300)}); err == nil {
		m.payout = po.ID
	}
	w.after(t, eng, 2*24*time.Hour)
	return m
}

// after lets time pass, and drains as often as it takes for leases to run out.
func (w *world) after(t *testing.T, eng *connect.Engine, d time.Duration) {
	w.clock.Advance(d)
	for range 3 {
		_, _ = eng.Drain(context.Background())
		w.clock.Advance(20 * time.Minute)
	}
}

// end heals the world, goes through the day again under the same keys, tells
// what was said and not heard, and lets everything come to rest.
func (w *world) end(t *testing.T) made {
	ctx := context.Background()
	w.store.Heal()
	w.day(t)
	eng := w.engine(t)
	for key, a := range w.acq.said {
		if err := eng.News(ctx, connect.News{Key: key, Answer: a}); err != nil && !errors.Is(err, ledger.NotFound) {
			require.NoError(t, err)
		}
	}
	m := w.day(t) // what the first day could not do for want of money
	done, err := eng.Drain(ctx)
	require.NoError(t, err)
	require.NoError(t, done.Err)
	return m
}

// balances returns what everybody has, by account.
func (w *world) balances(t *testing.T) map[string]string {
	have := make(map[string]string)
	err := w.books.Read(context.Background(), func(v ledger.View) error {
		list, err := v.AccountsOf(ledger.AccountQuery{Open: true, Limit: ledger.MaxPage})
		for _, a := range list {
			owner := a.Owner[:4] // ids differ from run to run
			if !a.Posted.IsZero() || !a.Held.IsZero() {
				have[owner+" "+a.Purpose] = a.Posted.String() + " held " + a.Held.Amount()
			}
		}
		return err
	})
	require.NoError(t, err)
	return have
}

func (w *world) verify(t *testing.T) {
	r, err := w.engine(t).Verify(context.Background())
	require.NoError(t, err)
	require.NoError(t, r.Err())
}

// whateverFails requires that a day ends the same whatever fails between any two of its
// steps, once it was gone through again and again under the same keys. It returns how.
func whateverFails(t *testing.T, day func(*world), end func(*world) map[string]string) map[string]string {
	t.Helper()
	days := func(w *world) map[string]string {
		day(w)
		w.store.Heal()
		day(w)
		day(w)
		return end(w)
	}
	clean := newWorld(ledger.Keyed)
	day(clean)
	want := days(newWorld(ledger.Keyed))
	for plan := range plans(clean.store.Log()) {
		w := newWorld(ledger.Keyed, plan)
		require.Equal(t, want, days(w), plan.String())
		w.verify(t)
	}
	return want
}

// plans are all faults at all calls, but for a race that is lost for ever: each
// unit would try it to its bound, which the ledger's own tests show. Unless
// SOUK_LONG is set, only crashes and lost answers strike at every call (before a Read
// or behind it is one to a process that stops), and the others and those that last at
// every seventh, at another one for each kind.
func plans(log []faults.Call) iter.Seq[faults.Plan] {
	long := os.Getenv("SOUK_LONG") != ""
	every := []faults.Kind{faults.After, faults.CrashAfter}
	return func(yield func(faults.Plan) bool) {
		for p := range faults.Plans(log, faults.All()...) {
			struck := long || !p.Always && slices.Contains(every, p.Kind) || (p.Call+int(p.Kind))%7 == 0 ||
				p.Kind == faults.CrashBefore && log[p.Call-1].Commit
			if struck && !(p.Always && p.Kind == faults.Conflict) && !yield(p) {
				return
			}
		}
	}
}

func TestFaultsBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	for _, delivery := range []ledger.Delivery{ledger.Keyed, ledger.Askable} {
		t.Run(delivery.String(), func(t *testing.T) {
			t.Parallel()
			clean := newWorld(delivery)
			clean.day(t)
			calls := clean.store.Log()
			clean.end(t)
			want := clean.balances(t)
			runs := 0
			for plan := range plans(calls) {
				w := newWorld(delivery, plan)
				w.day(t)
				m := w.end(t)
				runs++
				require.Equal(t, want, w.balances(t), plan.String())
				require.Equal(t, 1, w.acq.Taken(m.charge), plan.String())
				require.Equal(t, 1, w.acq.Taken(m.refund), plan.String())
				require.Equal(t, 1, w.rail.Taken(m.payout+"-1"), plan.String())
				w.verify(t)
			}
			require.Greater(t, runs, 2*len(calls))
		})
	}
}

// The same where the partners are blind: nothing is ever sent twice, and what
// was sent and not heard is booked when news of it comes. What a crash kept
// from being sent, or what nobody can tell, rests in unknown with its money
// where the record put it.
func TestFaultsWithBlindPartners(t *testing.T) {
	t.Parallel()
	clean := newWorld(ledger.Blind)
	clean.day(t)
	calls := clean.store.Log()
	rested := 0
	for plan := range plans(calls) {
		w := newWorld(ledger.Blind, plan)
		w.day(t)
		m := w.end(t)
		w.verify(t)
		for _, key := range []string{m.charge, m.refund} {
			require.LessOrEqual(t, w.acq.Taken(key), 1, plan.String())
		}
		require.LessOrEqual(t, w.rail.Taken(m.payout+"-1"), 1, plan.String())
		p, err := w.engine(t).Platform(context.Background(), platformOf(t, w))
		require.NoError(t, err)
		c, err := p.GetCharge(context.Background(), m.charge)
		require.NoError(t, err, plan.String())
		if w.acq.Taken(m.charge) == 1 {
			require.Equal(t, connect.ChargeSucceeded, c.Status, plan.String())
		} else {
			require.Equal(t, connect.ChargeUnknown, c.Status, plan.String())
			rested++
		}
	}
	require.Positive(t, rested, "some crash came between the record and the sending")
}

func platformOf(t *testing.T, w *world) string {
	var id string
	err := w.books.Read(context.Background(), func(v ledger.View) error {
		list, err := v.Find(ledger.Query{Kind: "connect.platform", Name: "platforms"})
		if err == nil {
			id = list[0].ID.ID
		}
		return err
	})
	require.NoError(t, err)
	return id
}
