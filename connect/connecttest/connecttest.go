// Package connecttest sets up engines for a host's tests: a clock that the test
// moves, simulators with switches, ids that repeat from run to run.
package connecttest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock at a moment.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now returns the clock's time; it is what connect.Config.Now wants.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock; back, if d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Set moves the clock to a moment.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = at
}

// Counter returns a maker of ids that count: "ch_000001", "re_000002". Two runs
// that do the same get the same ids.
func Counter() func(prefix string) string {
	var mu sync.Mutex
	n := 0
	return func(prefix string) string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("%s%06d", prefix, n)
	}
}

// Start is where the clock of an engine begins unless Config says otherwise: a
// Monday morning.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// Config sets a test engine up. Whatever it leaves out is simulated; its Now and
// NewID are replaced by Clock and Counter.
type Config struct {
	connect.Config
	Start            time.Time       // zero: Start
	AcquirerDelivery ledger.Delivery // how the simulated acquirer treats a repeated key
	RailDelivery     ledger.Delivery // and the simulated rail
	WalletDelivery   ledger.Delivery // and the simulated wallet
}

// Marketplace is an engine with its clock and its simulators.
type Marketplace struct {
	*connect.Engine
	Clock    *Clock
	Acquirer *connect.Simulator // nil if Config brought another
	Rail     *payout.Simulator  // nil if Config brought another
	Coins    *bitcoin.Simulator // nil if Config brought other parts
}

// New sets an engine up.
func New(c Config) (*Marketplace, error) {
	if c.Start.IsZero() {
		c.Start = Start
	}
	m := &Marketplace{Clock: NewClock(c.Start)}
	c.Now, c.NewID = m.Clock.Now, Counter()
	if c.Acquirer == nil {
		m.Acquirer = connect.NewSimulator(connect.SimulatorConfig{Delivery: c.AcquirerDelivery, Now: m.Clock.Now})
		c.Acquirer = m.Acquirer
	}
	if c.Rail == nil {
		m.Rail = payout.NewSimulator(payout.SimulatorConfig{Delivery: c.RailDelivery, Now: m.Clock.Now, Calendar: c.Calendar})
		c.Rail = m.Rail
	}
	var coins bitcoin.Config
	if c.Bitcoin != nil {
		coins = *c.Bitcoin
	}
	if coins.Wallet == nil && coins.Chain == nil && coins.Addresses == nil {
		m.Coins = bitcoin.NewSimulator(bitcoin.SimulatorConfig{Delivery: c.WalletDelivery, Now: m.Clock.Now})
		coins.Wallet, coins.Chain, coins.Addresses = m.Coins, m.Coins, m.Coins
	}
	c.Bitcoin = &coins
	var err error
	m.Engine, err = connect.New(c.Config)
	return m, err
}

// Pass lets time pass, a day at a time, and drains after each step and at the
// end. The error is the first failure, also of single pieces of work. Time does
// not pass backwards: a d below zero is refused.
func (m *Marketplace) Pass(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return &ledger.Error{Class: ledger.Invalid, Code: "invalid_duration", Field: "d", Op: "connecttest: pass"}
	}
	for {
		step := min(d, 24*time.Hour)
		m.Clock.Advance(step)
		d -= step
		done, err := m.Drain(ctx)
		if err == nil {
			err = done.Err
		}
		if err != nil || d <= 0 {
			return err
		}
	}
}

// Seller returns a request for an account of a country, complete with made-up
// details and a bank account that is paid. Its key is the country's; change
// what a test needs otherwise. A country that is not in compliance.Countries has
// no details, and CreateAccount refuses it.
func Seller(country string) connect.AccountRequest {
	details, _ := compliance.TestDetails(country, compliance.Individual)
	currency, _ := compliance.DefaultCurrency(country)
	return connect.AccountRequest{
		Key: "seller-" + country, Country: country, Details: details,
		Bank: &connect.BankDetails{Token: payout.TestAccount, Country: country, Currency: currency, Last4: "6789"},
	}
}
