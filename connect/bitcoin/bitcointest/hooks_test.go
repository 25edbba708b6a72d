package bitcointest

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout/bank"
)

// faulty is the simulator with hooks through which a fault gets in.
type faulty struct {
	*bitcoin.Simulator
	mu     sync.Mutex
	asked  map[string]int // how often each key was asked for an address
	sent   []string       // keys of orders
	looks  int64
	refuse bool
	queues bool // every order at first

	info    func(bitcoin.WalletInfo) bitcoin.WalletInfo
	key     func(f *faulty, key string) string                                    // under which an address is asked for
	address func(string) string                                                   // changes an address
	look    func(f *faulty, l bitcoin.Look) bitcoin.Look                          // changes what is seen
	before  func(o *bitcoin.Order)                                                // changes an order on its way
	after   func(o bitcoin.Order, a bitcoin.Answer) bitcoin.Answer                // changes an answer
	fails   func(o bitcoin.Order, a bitcoin.Answer) error                         // makes it an error
	lookup  func(key string, a bitcoin.Answer, err error) (bitcoin.Answer, error) // changes what is known
	double  bool                                                                  // every order is sent twice
	forgets bool                                                                  // everything, when it is opened again
	deaf    bool                                                                  // to contexts
	silent  bool                                                                  // it tells no news
}

func newFaulty(kind ledger.Delivery) *faulty {
	return &faulty{Simulator: bitcoin.NewSimulator(bitcoin.SimulatorConfig{Delivery: kind}), asked: make(map[string]int)}
}

func (f *faulty) harness() Harness {
	somebody := bank.TestBitcoin("somebody")
	h := Harness{
		Addresses: f, Chain: f, Wallet: f, To: somebody,
		Pay: f.Pay, Mine: f.Mine, Reorganise: f.Reorganise, Replace: func(tx string) { f.Replace(tx) },
		Refused: func() bitcoin.Order {
			f.refuse = true
			return bitcoin.Order{Address: somebody, Satoshi: 100_000, CostBy: bitcoin.House}
		},
		Settle: func() {}, News: f.news, Sends: f.Taken,
	}
	if f.forgets {
		h.Reopen = func() bitcoin.Wallet { return newFaulty(f.Info().Delivery) }
	}
	return h
}

func (f *faulty) news() (list []bitcoin.News) {
	if f.silent {
		return nil
	}
	for _, key := range f.sent {
		if n, ok := f.Told(key); ok {
			list = append(list, n)
		}
	}
	return list
}

func (f *faulty) context(ctx context.Context) context.Context {
	if f.deaf {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (f *faulty) Address(ctx context.Context, key string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked[key]++; f.key != nil {
		key = f.key(f, key)
	}
	a, err := f.Simulator.Address(f.context(ctx), key)
	if f.address != nil {
		a = f.address(a)
	}
	return a, err
}

func (f *faulty) Look(ctx context.Context, address string) (bitcoin.Look, error) {
	f.looks++
	l, err := f.Simulator.Look(f.context(ctx), address)
	if f.look != nil {
		l = f.look(f, l)
	}
	return l, err
}

func (f *faulty) Info() bitcoin.WalletInfo {
	i := f.Simulator.Info()
	if f.info != nil {
		i = f.info(i)
	}
	return i
}

func (f *faulty) Send(ctx context.Context, key string, o bitcoin.Order) (bitcoin.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, key)
	if f.before != nil {
		f.before(&o)
	}
	switch {
	case f.refuse && f.Taken(key) == 0:
		f.Next(bitcoin.Refuse)
	case f.queues:
		f.Next(bitcoin.Queue)
	}
	f.refuse = false
	a, err := f.Simulator.Send(f.context(ctx), key, o)
	if f.double {
		a, err = f.Simulator.Send(f.context(ctx), key, o)
	}
	if f.after != nil && err == nil {
		a = f.after(o, a)
	}
	if f.fails != nil && err == nil {
		err = f.fails(o, a)
	}
	return a, err
}

func (f *faulty) Lookup(ctx context.Context, key string) (bitcoin.Answer, error) {
	a, err := f.Simulator.Lookup(f.context(ctx), key)
	if f.lookup != nil {
		a, err = f.lookup(key, a, err)
	}
	return a, err
}

// counted is a text that differs each time.
func (f *faulty) counted() string { return strconv.FormatInt(f.looks, 10) }

// later moves the moments at which outputs were first seen.
func later(f *faulty, l bitcoin.Look) bitcoin.Look {
	for i := range l.Sightings {
		l.Sightings[i].First = l.Sightings[i].First.Add(time.Duration(f.looks) * time.Second)
	}
	return l
}
