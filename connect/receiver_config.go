package connect

import (
	"context"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
)

// fillBitcoin puts the defaults of Config.Bitcoin in. Without one everything is
// simulated, or coins are not taken at all where money is real.
func (c Config) fillBitcoin() (Config, error) {
	if c.Bitcoin == nil && c.Live {
		return c, nil
	}
	b := bitcoin.Config{Now: c.Now}
	if c.Bitcoin != nil {
		b = *c.Bitcoin
	}
	b, err := b.Fill()
	if err != nil {
		return c, err
	}
	if b.Rates == nil {
		b.Rates = c.Rates
	}
	if !validName(b.Wallet.Info().Name) {
		return c, &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: "bitcoin.wallet", Op: "connect: config",
			Msg: "its name is 1 to 40 lower-case letters, digits, dots, dashes and underscores"}
	}
	c.Bitcoin = &b
	return c, nil
}

// unseen is the outside of a preview: an empty chain, a wallet that sends all that
// it is told to, and addresses that are nobody's.
type unseen struct{ bitcoin.WalletInfo }

// previewBitcoin is the same configuration with nobody behind it but its rates.
func previewBitcoin(c *bitcoin.Config) *bitcoin.Config {
	if c == nil {
		return nil
	}
	p, out := *c, unseen{c.Wallet.Info()}
	p.Wallet, p.Chain, p.Addresses = out, out, bitcoin.NewSimulator(bitcoin.SimulatorConfig{Name: "preview"})
	return &p
}

func (u unseen) Info() bitcoin.WalletInfo { return u.WalletInfo }

func (unseen) Look(context.Context, string) (bitcoin.Look, error) { return bitcoin.Look{}, nil }

func (unseen) Send(_ context.Context, _ string, o bitcoin.Order) (bitcoin.Answer, error) {
	return bitcoin.Answer{Status: bitcoin.Sent, Satoshi: o.Satoshi, Tx: "preview"}, nil
}

func (unseen) Lookup(context.Context, string) (bitcoin.Answer, error) {
	return bitcoin.Answer{}, &ledger.Error{Class: ledger.NotFound, Code: "not_found", Op: "connect: preview"}
}
