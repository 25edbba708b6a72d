package connect

import (
	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
)

// DebitConfig sets up bank debits. The zero value takes the schemes as they come with
// souk, tells of rates of returns and stops nothing.
type DebitConfig struct {
	Schemes *debit.Set // nil: debit.Builtin
	// WarnAt is at how many percent of a scheme's limit of returns the platform is
	// warned: 1–100; 0 is 80.
	WarnAt int
	// Least is of how many debits within the window a rate is looked at; 0 is 20. One
	// return of two debits says nothing.
	Least int
	// Block refuses new debits of a scheme by whoever has reached a limit of it.
	Block bool
}

// fillDebits puts the defaults of Config.Debits in.
func (c Config) fillDebits() (Config, error) {
	d := DebitConfig{}
	if c.Debits != nil {
		d = *c.Debits
	}
	if d.Schemes == nil {
		d.Schemes = debit.Builtin()
	}
	if d.WarnAt == 0 {
		d.WarnAt = 80
	}
	if d.Least == 0 {
		d.Least = 20
	}
	if d.WarnAt < 1 || d.WarnAt > 100 || d.Least < 1 {
		return c, &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: "debits", Op: "connect: config",
			Msg: "a warning comes at 1 to 100 percent of a limit, of at least one debit"}
	}
	c.Debits = &d
	return c, nil
}
