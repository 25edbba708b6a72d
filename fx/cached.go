package fx

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Cached is a RateProvider that asks another one, such as a service on the network, not
// for each payment: what that answered for a moment serves for a while. It is safe for use
// by several goroutines, of which one asks for a pair and the others wait. Make it with
// NewCached.
type Cached struct {
	c CacheConfig

	mu    sync.Mutex
	pairs map[pair]*cachedPair
}

// CacheConfig says what a Cached does. The zero values of all but Provider are defaults.
type CacheConfig struct {
	Provider RateProvider

	// For is how long an answer serves, counted from the moment for which it was asked. Of
	// an earlier moment it says nothing. Zero: 15 minutes.
	For time.Duration

	// Stale is how long it serves beyond that while the provider does not answer, or answers
	// with anything but ledger.NotFound. Zero: not at all.
	Stale time.Duration

	// Pairs are kept at most; the one asked for longest ago gives way. Zero: 4,096.
	Pairs int
}

// cachedPair is what is known of a pair. Whoever asks holds the lock, which is a channel,
// so that who waits may go.
type cachedPair struct {
	lock  chan struct{}
	rate  Rate
	asked time.Time
	has   bool

	fails  int // how often the provider had no answer; with failed under the lock of the Cached
	failed error
}

// NewCached makes one. A Provider that is nil, or anything negative, is ledger.Invalid.
func NewCached(c CacheConfig) (*Cached, error) {
	if c.Provider == nil || c.For < 0 || c.Stale < 0 || c.Pairs < 0 {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: "cache", Op: "fx: cached", Msg: "it has a provider, and nothing negative"}
	}
	if c.For == 0 {
		c.For = 15 * time.Minute
	}
	if c.Pairs == 0 {
		c.Pairs = 4096
	}
	return &Cached{c: c, pairs: make(map[pair]*cachedPair)}, nil
}

// Rate implements RateProvider. What fails is not kept, but who waited for it meanwhile has
// the same failure: a provider that is slow to fail would else be waited for by one after the
// other.
func (c *Cached) Rate(ctx context.Context, base, quote ledger.Currency, at time.Time) (Rate, error) {
	p, fails := c.pair(pair{base, quote})
	select {
	case p.lock <- struct{}{}:
	case <-ctx.Done():
		return Rate{}, &ledger.Error{Class: ledger.Unavailable, Code: "rate_unavailable", Field: "rate", Op: "fx: cached", Msg: "nobody waits any more", Err: ctx.Err()}
	}
	defer func() { <-p.lock }()
	age := at.Sub(p.asked)
	if p.has && age >= 0 && age < c.c.For {
		return p.rate, nil
	}
	var r Rate
	err := c.failedSince(p, fails)
	if err == nil {
		if r, err = ask(ctx, c.c.Provider, base, quote, at); err != nil && ctx.Err() == nil && !errors.Is(err, ledger.NotFound) {
			c.fail(p, err)
		}
	}
	switch {
	case err == nil:
		if !p.has || age >= 0 || age <= -c.c.For { // else it is of the past, and the next to ask is of now; unless a clock was ahead
			p.rate, p.asked, p.has = r, at, true
		}
		return r, nil
	case p.has && age >= 0 && age < c.c.For+c.c.Stale && !errors.Is(err, ledger.NotFound):
		return p.rate, nil
	}
	return Rate{}, err
}

// fail notes that the provider had no answer.
func (c *Cached) fail(p *cachedPair, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.fails++
	p.failed = err
}

// failedSince is what the provider last failed with, if that was since it had failed so often.
func (c *Cached) failedSince(p *cachedPair, fails int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.fails == fails {
		return nil
	}
	return p.failed
}

// pair is what is known of one, new if nothing is, and how often it has failed.
func (c *Cached) pair(k pair) (*cachedPair, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pairs[k]
	if p == nil {
		for len(c.pairs) >= c.c.Pairs {
			c.forget()
		}
		p = &cachedPair{lock: make(chan struct{}, 1)}
		c.pairs[k] = p
	}
	return p, p.fails
}

// forget lets the pair go that was asked for longest ago. Who is at it goes on with it.
func (c *Cached) forget() {
	var oldest pair
	var when time.Time
	first := true
	for k, p := range c.pairs {
		select {
		case p.lock <- struct{}{}:
		default:
			continue // somebody is at it
		}
		if asked := p.asked; first || asked.Before(when) {
			oldest, when, first = k, asked, false
		}
		<-p.lock
	}
	if first { // all are being asked for: any one
		for oldest = range c.pairs {
			break
		}
	}
	delete(c.pairs, oldest)
}
