package connect

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Config sets an engine up. The zero value runs in memory, with simulators, the
// real clock and the default prices.
type Config struct {
	Store    ledger.Store    // nil: in memory
	Acquirer Acquirer        // nil: a Simulator
	Rail     payout.Rail     // nil: a payout.Simulator
	Rates    fx.RateProvider // nil: fx.ExampleRates
	Prices   *pricing.Table  // nil: pricing.Default
	Markets  *market.Set     // nil: market.Builtin
	Tax      TaxCalculator   // asked for the taxes on charges with lines; nil: requests state them
	Taxes    *tax.Table      // for taxes on commissions; nil: tax.Builtin
	Calendar payout.Calendar // banks' holidays besides the weekends

	// Bitcoin sets up how coins are taken. Nil: simulated; or, where Live, not at
	// all.
	Bitcoin *bitcoin.Config

	// Debits sets up bank debits. Nil: as the zero DebitConfig.
	Debits *DebitConfig

	// Banks says what it takes to change where an account is paid. Nil: as the zero
	// BankConfig.
	Banks *BankConfig

	// Monitor sets up the limits of card networks on disputes. Nil: as the zero
	// MonitorConfig.
	Monitor *MonitorConfig

	// CaptureRules say for how long authorizations last and what may be captured of
	// them; of several that fit the first does. Nil: DefaultCaptureRules.
	CaptureRules []CaptureRule

	// DisputeWindows say for how long buyers may dispute what they paid. Nil:
	// DefaultDisputeWindows. Windows that held once stay in the list.
	DisputeWindows []DisputeWindow
	// Rules are asked about every new charge, before anybody is asked for its money, and
	// every transfer: in their order, and after them those that RulesOf has for the
	// platform. The first that allows or blocks has the last word (compliance.Decide).
	// What was paid already when it is recorded (NewRecorded, RecordCashSale, coins) is
	// asked about by none. Nil: everything goes on.
	Rules   []compliance.Rule
	RulesOf func(platform string) []compliance.Rule
	// ReviewTime is how long what a rule lets a person look at waits for them, before it is
	// refused; 0 is 72 hours. Authorizations end on their own, after 4 to 10 days.
	ReviewTime time.Duration

	Now   func() time.Time           // nil: the real clock
	NewID func(prefix string) string // nil: sortable random ids

	// Logger is told of what somebody should look at: work that fails, answers and
	// news that cannot be booked. Nil: nothing is logged.
	Logger *slog.Logger

	// Lease is how long one carrying out may take before another process may
	// take it over, and when a call outside is given up; 0 is one minute. Retry is
	// how long after an attempt without an answer it is asked again, twice as long
	// each time up to an hour; 0 is 30 seconds. Poll is how often the
	// rail's news are read; 0 is 15 minutes.
	Lease, Retry, Poll time.Duration

	// Seal is how often Drain seals what was written (Engine.Seal); 0 is an hour.
	Seal time.Duration

	// Live is for real money. It is refused while any part is a simulator, an
	// example or in memory. A store is live or not for good.
	Live bool
}

// fill puts the defaults in.
func (c Config) fill() (Config, error) {
	if c.Store == nil {
		c.Store = ledger.NewMemory()
	}
	if c.Acquirer == nil {
		c.Acquirer = NewSimulator(SimulatorConfig{Now: c.Now})
	}
	if c.Rail == nil {
		c.Rail = payout.NewSimulator(payout.SimulatorConfig{Now: c.Now, Calendar: c.Calendar})
	}
	if c.Rates == nil {
		rates, err := fx.ExampleRates()
		if err != nil {
			return c, err
		}
		c.Rates = rates
	}
	if c.Prices == nil {
		c.Prices = pricing.Default()
	}
	if c.Markets == nil {
		c.Markets = market.Builtin()
	}
	if c.Taxes == nil {
		c.Taxes = tax.Builtin()
	}
	if c.CaptureRules == nil {
		c.CaptureRules = DefaultCaptureRules()
	}
	if c.DisputeWindows == nil {
		c.DisputeWindows = DefaultDisputeWindows()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		span *time.Duration
		or   time.Duration
	}{{&c.Lease, time.Minute}, {&c.Retry, 30 * time.Second}, {&c.Poll, 15 * time.Minute}, {&c.ReviewTime, 72 * time.Hour}, {&c.Seal, time.Hour}} {
		if *d.span == 0 {
			*d.span = d.or
		}
	}
	c, err := c.fillBitcoin()
	if err != nil {
		return c, err
	}
	if c, err = c.fillDebits(); err != nil {
		return c, err
	}
	if c, err = c.fillMonitor(); err != nil {
		return c, err
	}
	if c, err = c.fillBanks(); err != nil {
		return c, err
	}
	return c, c.check()
}

func (c Config) check() error {
	bad := func(code, field, msg string) error {
		return &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Op: "connect: config", Msg: msg}
	}
	for _, d := range []struct {
		field string
		span  time.Duration
	}{{"lease", c.Lease}, {"retry", c.Retry}, {"poll", c.Poll}, {"reviewTime", c.ReviewTime}, {"seal", c.Seal}} {
		if d.span < 0 {
			return bad("invalid_config", d.field, "a duration is zero or more")
		}
	}
	for _, part := range []struct{ field, name string }{{"acquirer", c.Acquirer.Info().Name}, {"rail", c.Rail.Info().Name}} {
		if !validName(part.name) {
			return bad("invalid_config", part.field, "its name is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
		}
	}
	if _, ok := c.Rail.(payout.Asker); !ok && c.Rail.Info().Delivery == ledger.Askable {
		return bad("invalid_config", "rail", "a rail whose delivery is askable implements payout.Asker")
	}
	if err := c.Prices.Check(); err != nil {
		return err
	}
	if err := c.Taxes.Check(); err != nil {
		return err
	}
	if err := checkCaptureRules(c.CaptureRules); err != nil {
		return err
	}
	if err := checkDisputeWindows(c.DisputeWindows); err != nil {
		return err
	}
	if slices.Contains(c.Rules, nil) {
		return bad("invalid_config", "rules", "a rule is missing")
	}
	if !c.Live {
		return nil
	}
	var parts []string
	for _, p := range []struct {
		field string
		part  any
	}{{"Store", c.Store}, {"Acquirer", c.Acquirer}, {"Rail", c.Rail}, {"Rates", c.Rates}} {
		if t, ok := p.part.(ledger.TestOnly); ok && t.TestOnly() != "" {
			parts = append(parts, p.field+" is "+t.TestOnly())
		}
	}
	if c.Bitcoin != nil {
		parts = append(parts, c.Bitcoin.Parts()...)
	}
	if len(parts) > 0 {
		return bad("not_for_live", "live", "real money needs real parts: "+strings.Join(parts, ", "))
	}
	return nil
}
