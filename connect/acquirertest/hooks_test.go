package acquirertest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// request is one call of an acquirer, for hooks. Exactly one order is set.
type request struct {
	n         int // counts the calls
	key       string
	authorize *connect.AuthorizeOrder
	capture   *connect.CaptureOrder
	cancel    *connect.CancelOrder
	refund    *connect.RefundOrder
	save      *connect.SaveOrder
	increase  *connect.IncreaseOrder
}

// amount is what the order is of.
func (r request) amount() ledger.Money {
	switch {
	case r.authorize != nil:
		return r.authorize.Amount
	case r.capture != nil:
		return r.capture.Amount
	case r.refund != nil:
		return r.refund.Amount
	case r.increase != nil:
		return r.increase.Total
	}
	return ledger.Money{}
}

// faulty is a simulated acquirer with hooks through which a fault gets in.
type faulty struct {
	*connect.Simulator
	mu    sync.Mutex
	now   time.Time
	calls int

	info     func(connect.AcquirerInfo) connect.AcquirerInfo
	before   func(r *request)                                    // changes the order on its way
	instead  func(r request) (connect.Answer, bool)              // answers without doing anything
	after    func(r request, a connect.Answer) connect.Answer    // changes the answer
	fails    func(r request, a connect.Answer) error             // makes it an error
	mismatch func(r request) connect.Answer                      // answers what should be an error
	lookup   func(connect.Answer, error) (connect.Answer, error) // changes what is known
	deaf     bool                                                // to contexts
	forgets  bool                                                // everything, when it is opened again
}

func newFaulty(p fault) *faulty {
	f := &faulty{now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	f.Simulator = connect.NewSimulator(connect.SimulatorConfig{Delivery: p.kind, Now: f.time})
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
	f.now = f.now.Add(time.Minute)
}

func (f *faulty) harness() Harness {
	h := Harness{
		Acquirer: f, Currency: ledger.USD, Source: connect.TestCard, Declined: []string{connect.TestDeclined},
		Challenge: connect.TestChallenge, Act: f.Act,
		Settle: f.settle, News: f.Notifications, Actions: f.Taken,
	}
	if f.forgets {
		h.Reopen = func() connect.Acquirer {
			return connect.NewSimulator(connect.SimulatorConfig{Delivery: f.Info().Delivery, Now: f.time})
		}
	}
	return h
}

func (f *faulty) Info() connect.AcquirerInfo {
	i := f.Simulator.Info()
	if f.info != nil {
		i = f.info(i)
	}
	return i
}

// call makes one call with all hooks.
func (f *faulty) call(ctx context.Context, r request, do func(context.Context, request) (connect.Answer, error)) (connect.Answer, error) {
	f.mu.Lock()
	f.calls++
	r.n = f.calls
	f.mu.Unlock()
	if f.deaf {
		ctx = context.WithoutCancel(ctx)
	}
	if f.before != nil {
		f.before(&r)
	}
	if f.instead != nil {
		if a, ok := f.instead(r); ok {
			return a, nil
		}
	}
	a, err := do(ctx, r)
	if f.mismatch != nil && errors.Is(err, ledger.Exists) {
		return f.mismatch(r), nil
	}
	if f.after != nil && err == nil {
		a = f.after(r, a)
	}
	if f.fails != nil && err == nil {
		err = f.fails(r, a)
	}
	return a, err
}

func (f *faulty) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	return f.call(ctx, request{key: key, authorize: &o}, func(ctx context.Context, r request) (connect.Answer, error) {
		return f.Simulator.Authorize(ctx, r.key, *r.authorize)
	})
}

func (f *faulty) Capture(ctx context.Context, key string, o connect.CaptureOrder) (connect.Answer, error) {
	return f.call(ctx, request{key: key, capture: &o}, func(ctx context.Context, r request) (connect.Answer, error) {
		return f.Simulator.Capture(ctx, r.key, *r.capture)
	})
}

func (f *faulty) Cancel(ctx context.Context, key string, o connect.CancelOrder) (connect.Answer, error) {
	return f.call(ctx, request{key: key, cancel: &o}, func(ctx context.Context, r request) (connect.Answer, error) {
		return f.Simulator.Cancel(ctx, r.key, *r.cancel)
	})
}

func (f *faulty) Refund(ctx context.Context, key string, o connect.RefundOrder) (connect.Answer, error) {
	return f.call(ctx, request{key: key, refund: &o}, func(ctx context.Context, r request) (connect.Answer, error) {
		return f.Simulator.Refund(ctx, r.key, *r.refund)
	})
}

func (f *faulty) SaveSource(ctx context.Context, key string, o connect.SaveOrder) (connect.Answer, error) {
	return f.call(ctx, request{key: key, save: &o}, func(ctx context.Context, r request) (connect.Answer, error) {
		return f.Simulator.SaveSource(ctx, r.key, *r.save)
	})
}

func (f *faulty) Increase(ctx context.Context, key string, o connect.IncreaseOrder) (connect.Answer, error) {
	return f.call(ctx, request{key: key, increase: &o}, func(ctx context.Context, r request) (connect.Answer, error) {
		return f.Simulator.Increase(ctx, r.key, *r.increase)
	})
}

func (f *faulty) Lookup(ctx context.Context, key string) (connect.Answer, error) {
	if f.deaf {
		ctx = context.WithoutCancel(ctx)
	}
	a, err := f.Simulator.Lookup(ctx, key)
	if f.lookup != nil {
		a, err = f.lookup(a, err)
	}
	return a, err
}
