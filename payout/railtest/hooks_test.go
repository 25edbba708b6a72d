package railtest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// faulty is a simulated rail with hooks through which a fault gets in.
type faulty struct {
	*payout.Simulator
	mu    sync.Mutex
	now   time.Time
	calls int // of Submit

	info     func(payout.RailInfo) payout.RailInfo
	before   func(n int, batch []payout.Instruction) ([]payout.Instruction, error) // n counts the calls
	acks     func(batch []payout.Instruction, acks []payout.Ack) []payout.Ack
	mismatch func(key string) payout.Ack // answers what should be an error
	news     func(after string, list []payout.Update) []payout.Update
	cursor   func(after string) string
	asked    func(payout.Ack, bool) (payout.Ack, bool)
	refused  []string // keys
	deaf     bool     // to contexts
	forgets  bool     // everything, when it is opened again
	hidden   bool     // without Ask
}

func newFaulty(p fault) *faulty {
	f := &faulty{now: noon}
	f.Simulator = payout.NewSimulator(payout.SimulatorConfig{Delivery: p.kind, Now: f.time})
	p.wrong(f)
	return f
}

func (f *faulty) time() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *faulty) settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.AddDate(0, 0, 10)
}

func (f *faulty) harness() Harness {
	to := func(token string) payout.Destination {
		return payout.Destination{Token: token, Country: "US", Currency: ledger.USD}
	}
	h := Harness{
		Rail: f, Payee: to(payout.TestAccount), Payments: f.Taken, Settle: f.settle,
		Payers: SimulatedPayers(), DueDate: payout.DayOf(noon, time.UTC) + 1,
		Others: []payout.Destination{to(payout.TestNoAccount), to(payout.TestReturned), to(payout.TestRefused)},
	}
	if f.hidden {
		h.Rail = struct{ payout.Rail }{f}
	}
	if f.forgets {
		h.Reopen = func() payout.Rail {
			return payout.NewSimulator(payout.SimulatorConfig{Delivery: f.Info().Delivery, Now: f.time})
		}
	}
	return h
}

// instruction changes every instruction on its way.
func (f *faulty) instruction(change func(*payout.Instruction)) {
	f.before = func(_ int, batch []payout.Instruction) ([]payout.Instruction, error) { return each(batch, change), nil }
}

// each changes every element of a list.
func each[T any](list []T, change func(*T)) []T {
	for i := range list {
		change(&list[i])
	}
	return list
}

func (f *faulty) Info() payout.RailInfo {
	i := f.Simulator.Info()
	if f.info != nil {
		i = f.info(i)
	}
	return i
}

func (f *faulty) Submit(ctx context.Context, batch []payout.Instruction) ([]payout.Ack, error) {
	if f.deaf {
		ctx = context.WithoutCancel(ctx)
	}
	if n := f.count(); f.before != nil {
		var err error
		if batch, err = f.before(n, slices.Clone(batch)); err != nil {
			return nil, err
		}
	}
	acks, err := f.Simulator.Submit(ctx, batch)
	if f.mismatch != nil && errors.Is(err, ledger.Exists) {
		return []payout.Ack{f.mismatch(batch[0].Key)}, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range acks {
		if !a.Accepted {
			f.refused = append(f.refused, a.Key)
		}
	}
	if f.acks != nil && err == nil {
		acks = f.acks(batch, acks)
	}
	return acks, err
}

func (f *faulty) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	return f.calls
}

func (f *faulty) Updates(ctx context.Context, after string) ([]payout.Update, string, error) {
	if f.deaf {
		ctx = context.WithoutCancel(ctx)
	}
	if f.cursor != nil {
		after = f.cursor(after)
	}
	list, next, err := f.Simulator.Updates(ctx, after)
	if f.mu.Lock(); f.news != nil && err == nil {
		list = f.news(after, list)
	}
	f.mu.Unlock()
	return list, next, err
}

func (f *faulty) Ask(ctx context.Context, key string) (payout.Ack, bool, error) {
	ack, seen, err := f.Simulator.Ask(ctx, key)
	if f.asked != nil && err == nil {
		ack, seen = f.asked(ack, seen)
	}
	return ack, seen, err
}

// SimulatedPayers are those of all schemes.
func SimulatedPayers() map[string]payout.Destination {
	list := make(map[string]payout.Destination)
	for scheme, at := range map[string]struct {
		country  string
		currency ledger.Currency
	}{
		"ach": {"US", ledger.USD}, "bacs": {"GB", ledger.GBP}, "becs": {"AU", ledger.AUD}, "pad": {"CA", ledger.CAD}, "sepa": {"DE", ledger.EUR}, "sepa_b2b": {"DE", ledger.EUR},
	} {
		list[scheme] = payout.Destination{Token: payout.TestAccount, Country: at.country, Currency: at.currency}
	}
	return list
}
