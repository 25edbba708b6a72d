package connect

import (
	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect/monitor"
	"github.com/soukhq/souk/ledger"
)

// MonitorConfig sets up how disputes are counted against the limits of card networks. The
// zero value takes the limits as they come with souk.
type MonitorConfig struct {
	Programs *monitor.Set // nil: monitor.Builtin
	// WarnAt is at how many percent of a programme's lowest level the platform is warned:
	// 1–100; 0 is 75.
	WarnAt int
	// Reserves keeps money of sellers back where a platform's policy wants it; nil: as
	// reserves of type risk, Account.RiskReserve of what becomes available.
	Reserves RiskReserver
}

// RiskReserver keeps money of sellers back while they are disputed too often.
type RiskReserver interface {
	// ReserveAtRisk is called in the change in which the level of an account changes: from
	// then on percent of what it earns is kept back, beside what else is; zero ends that.
	// An error ends the change, which Drain tries again.
	ReserveAtRisk(u *ledger.Unit, p *Platform, account string, percent decimal.Decimal) error
}

// fillMonitor puts the defaults of Config.Monitor in.
func (c Config) fillMonitor() (Config, error) {
	m := MonitorConfig{}
	if c.Monitor != nil {
		m = *c.Monitor
	}
	if m.Programs == nil {
		m.Programs = monitor.Builtin()
	}
	if m.Reserves == nil {
		m.Reserves = riskReserves{}
	}
	if m.WarnAt == 0 {
		m.WarnAt = 75
	}
	if m.WarnAt < 1 || m.WarnAt > 100 {
		return c, &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: "monitor", Op: "connect: config",
			Msg: "a warning comes at 1 to 100 percent of a level"}
	}
	c.Monitor = &m
	return c, nil
}

// RiskPolicy is what a platform does about sellers whose payments are disputed too often
// for a card network, beside being told. It is applied when a seller's level changes.
type RiskPolicy struct {
	Warning RiskAction `json:"warning,omitzero"` // near to a level, or at one at which the network warns
	Limit   RiskAction `json:"limit,omitzero"`   // at a level, which the network makes somebody pay for
}

// RiskAction is what is done while a level lasts.
type RiskAction struct {
	PauseCharges bool `json:"pauseCharges,omitzero"` // no new charges of the seller's
	PausePayouts bool `json:"pausePayouts,omitzero"` // no new payouts to the seller
	// Reserve is the part of what the seller earns, in percent, that is kept back: 0–100, of
	// two places at most.
	Reserve decimal.Decimal `json:"reserve,omitzero"`
}

// of is what is done at a level.
func (r RiskPolicy) of(level RateLevel) RiskAction {
	switch level {
	case RateLimited:
		return r.Limit
	case RateWarning:
		return r.Warning
	}
	return RiskAction{}
}

func (r RiskPolicy) check(e *Engine) error {
	for field, a := range map[string]RiskAction{"risk.warning.reserve": r.Warning, "risk.limit.reserve": r.Limit} {
		switch {
		case a.Reserve.Exponent() < -2 || a.Reserve.Exponent() > 2 || a.Reserve.Sign() < 0 || a.Reserve.GreaterThan(decimal.New(100, 0)):
			return badField("invalid_request", field, "a reserve is 0 to 100 percent, of two places at most")
		}
	}
	return nil
}
