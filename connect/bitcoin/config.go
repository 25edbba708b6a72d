package bitcoin

import (
	"cmp"
	"slices"
	"time"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// Config sets up how coins are taken. The zero value is all simulated: one coin is
// 250.00 USD.
type Config struct {
	// The host's parts, all three or none: without any, a Simulator stands for them.
	Addresses Addresses
	Chain     Chain
	Wallet    Wallet

	// Rates says what one coin (ledger.BTC) is worth; nil is the engine's own, or
	// the simulator's.
	Rates fx.RateProvider

	Window time.Duration // for how long a rate is guaranteed; 0 is 10 minutes
	// Confirmations is how many a payment needs before it counts, by its size; nil
	// is DefaultConfirmations.
	Confirmations []Tier
	CostBy        Bearer // of what goes back; empty is Buyer
	AtOnce        bool   // what was paid is available to the seller at once, and not after the platform's delay

	// Poll is how often an address is looked at while something may happen to it; 0
	// is one minute. From a day after its window on it is once an hour, until Watch
	// after the window; 0 is 30 days.
	Poll, Watch time.Duration

	Now func() time.Time // the simulator's clock; nil is the real one
}

// Tier says how many confirmations a payment of up to so many satoshi needs.
type Tier struct {
	UpTo int64 // satoshi; 0, in the last one, is any amount
	Need int64 // confirmations, 0 to Deep
}

// Deep is how many confirmations nobody expects to be undone.
const Deep = 100

// The bounds of amounts, in satoshi.
const (
	Dust    = 546                      // less is not carried by the network (P2PKH outputs; Bitcoin Core's policy)
	Most    = 21_000_000 * 100_000_000 // there are no more
	MaxKept = 500                      // outputs to one address that are kept
)

// DefaultConfirmations asks for one up to a tenth of a coin, three up to one coin,
// and six for more.
func DefaultConfirmations() []Tier {
	return []Tier{{UpTo: 10_000_000, Need: 1}, {UpTo: 100_000_000, Need: 3}, {Need: 6}}
}

// Need returns how many confirmations an amount of satoshi needs.
func Need(tiers []Tier, satoshi int64) int64 {
	for _, t := range tiers {
		if t.UpTo == 0 || satoshi <= t.UpTo {
			return t.Need
		}
	}
	return Deep
}

// Fill returns the config with its defaults. What makes no sense is of class
// Invalid, code invalid_config, with the field.
func (c Config) Fill() (Config, error) {
	have := 0
	for _, there := range []bool{c.Addresses != nil, c.Chain != nil, c.Wallet != nil} {
		if there {
			have++
		}
	}
	switch have {
	case 0:
		s := NewSimulator(SimulatorConfig{Now: c.Now})
		c.Addresses, c.Chain, c.Wallet = s, s, s
	case 3:
	default:
		return c, badConfig("bitcoin", "addresses, chain and wallet come together")
	}
	if s, ok := c.Wallet.(*Simulator); ok && c.Rates == nil {
		c.Rates = s
	}
	c.Window, c.Poll = cmp.Or(c.Window, 10*time.Minute), cmp.Or(c.Poll, time.Minute)
	c.Watch, c.CostBy = cmp.Or(c.Watch, 30*24*time.Hour), cmp.Or(c.CostBy, Buyer)
	if c.Confirmations == nil {
		c.Confirmations = DefaultConfirmations()
	}
	c.Confirmations = slices.Clone(c.Confirmations)
	return c, c.check()
}

func (c Config) check() error {
	for _, d := range []struct {
		field string
		span  time.Duration
	}{{"bitcoin.window", c.Window}, {"bitcoin.poll", c.Poll}, {"bitcoin.watch", c.Watch}} {
		if d.span < 0 {
			return badConfig(d.field, "a duration is zero or more")
		}
	}
	if c.CostBy != Buyer && c.CostBy != House {
		return badConfig("bitcoin.costBy", "the buyer or the house bears the network's cost")
	}
	for i, t := range c.Confirmations {
		last := i == len(c.Confirmations)-1
		switch {
		case t.Need < 0 || t.Need > Deep:
			return badConfig("bitcoin.confirmations", "a payment needs 0 to 100 confirmations")
		case last != (t.UpTo == 0):
			return badConfig("bitcoin.confirmations", "the last tier, and no other, is for any amount")
		case t.UpTo < 0, i > 0 && !last && t.UpTo <= c.Confirmations[i-1].UpTo:
			return badConfig("bitcoin.confirmations", "tiers rise")
		case i > 0 && t.Need < c.Confirmations[i-1].Need:
			return badConfig("bitcoin.confirmations", "more coins need no fewer confirmations")
		}
	}
	if len(c.Confirmations) == 0 {
		return badConfig("bitcoin.confirmations", "there is at least one tier")
	}
	return nil
}

// Parts names the parts that are only for tests.
func (c Config) Parts() (list []string) {
	for _, p := range []struct {
		field string
		part  any
	}{{"Bitcoin.Addresses", c.Addresses}, {"Bitcoin.Chain", c.Chain}, {"Bitcoin.Wallet", c.Wallet}, {"Bitcoin.Rates", c.Rates}} {
		if t, ok := p.part.(ledger.TestOnly); ok {
			list = append(list, p.field+" is "+t.TestOnly())
		}
	}
	return list
}

func badConfig(field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: field, Op: "bitcoin: config", Msg: msg}
}
