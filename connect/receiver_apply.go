package connect

import (
	"context"
	"fmt"
	"slices"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// ApplyRequest takes coins that a receiver has for a payment after all: they came
// late, or were too few or too many.
type ApplyRequest struct {
	Key        string       `json:"-"`
	ReceiverID string       `json:"receiver,omitzero"`
	Satoshi    ledger.Money `json:"satoshi,omitzero"` // in BTC; the zero Money is all that is free
	// Guaranteed takes the rate that the receiver was promised, else it is today's.
	Guaranteed bool `json:"guaranteed,omitzero"`

	// What a ChargeRequest says, of what the coins are worth. There is no service
	// fee: the buyer pays nothing on top any more.
	ApplicationFee ledger.Money      `json:"applicationFee,omitzero"`
	NoFee          bool              `json:"noFee,omitzero"`
	FeeTax         []Tax             `json:"feeTax,omitzero"`
	Tax            []Tax             `json:"tax,omitzero"`
	Description    string            `json:"description,omitzero"`
	Metadata       map[string]string `json:"metadata,omitzero"`
}

// ApplyCoins makes a payment of coins that a receiver has and that are none yet. It
// is a charge of its own for what they are worth, to the receiver's seller. Coins
// of a receiver that is still open wait for its window to end.
func (p *Platform) ApplyCoins(ctx context.Context, r ApplyRequest) (*Charge, error) {
	if err := p.may(ctx, "ApplyCoins"); err != nil {
		return nil, err
	}
	if r.ApplicationFee.IsZero() && r.ApplicationFee != (ledger.Money{}) {
		r.NoFee = true // as in Charge
	}
	verb := simpleVerb[Charge]{name: "apply coins", kind: &chargeKind, replayed: func(c *Charge) *bool { return &c.Replayed }}
	rate, inBase, err := p.applyRates(ctx, &r)
	if err != nil {
		return nil, fmt.Errorf("connect: apply coins: %w", err)
	}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Charge, error) { return p.apply(u, &r, rate, inBase) })
}

// applyRates asks for today's rates, unless nothing depends on them: the rate was
// guaranteed, or the key was used before.
func (p *Platform) applyRates(ctx context.Context, r *ApplyRequest) (rate, inBase fx.Rate, err error) {
	if err := ledger.CheckKey(r.Key); err != nil || r.Guaranteed {
		return rate, inBase, err
	}
	if p.e.c.Bitcoin == nil {
		return rate, inBase, badState("bitcoin_not_taken", "bitcoin", "the engine was set up without a wallet")
	}
	hash, err := ledger.HashRequest("apply coins", r)
	if err != nil {
		return rate, inBase, err
	}
	var cur ledger.Currency
	receipt, err := p.unit(ctx, func(u *ledger.Unit) error {
		if _, _, err := u.Once(ledger.Idem{Scope: p.scopeOfKeys(), Key: r.Key, Hash: hash}); err != nil {
			return err
		}
		was, err := p.receiver(u, r.ReceiverID)
		if err == nil {
			cur = was.Amount.Currency()
		}
		return err
	})
	if err != nil || receipt.ByKey {
		return rate, inBase, err
	}
	return p.coinRates(ctx, cur, p.e.env.Time())
}

func (p *Platform) apply(u *ledger.Unit, req *ApplyRequest, rate, inBase fx.Rate) (*Charge, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	r, coins, err := p.freeCoins(u, req.ReceiverID, req.Satoshi)
	if err != nil {
		return nil, err
	}
	if req.Guaranteed {
		rate = r.Rate
	}
	amount, err := rate.Of(coins, ledger.RoundHalfEven)
	if err != nil {
		return nil, err
	}
	value := amount
	switch {
	case amount.Currency() == prof.Base:
	case req.Guaranteed:
		value, err = r.Value.Proportion(coins, r.Satoshi)
	default:
		value, err = inBase.Of(coins, ledger.RoundHalfEven)
	}
	if err != nil {
		return nil, err
	}
	c, err := p.appliedCharge(u, prof, r, req, amount)
	if err != nil {
		return nil, err
	}
	r.Applied = sum(r.Applied, coins)
	if err := p.coinCharge(u, r, c, coins, value); err != nil {
		return nil, err
	}
	return c, p.putReceiver(u, r, EventReceiverUpdated)
}

// appliedCharge checks and prices the charge that coins become.
func (p *Platform) appliedCharge(u *ledger.Unit, prof *Profile, r *Receiver, req *ApplyRequest, amount ledger.Money) (*Charge, error) {
	ask := ChargeRequest{
		Amount: amount, Source: r.ID, AccountID: r.Account, ApplicationFee: req.ApplicationFee, NoFee: req.NoFee, FeeTax: req.FeeTax,
		Tax: req.Tax, Category: r.Terms.Category, Method: MethodBitcoin, Description: req.Description, Metadata: req.Metadata,
	}
	if err := p.checkCharge(u, prof, &ask); err != nil {
		return nil, err
	}
	if r.Account != "" {
		if err := p.expectSelling(u, r.Account); err != nil {
			return nil, err
		}
	}
	c := &Charge{
		Platform: p.id, Account: r.Account, Amount: amount, ApplicationFee: req.ApplicationFee, Tax: slices.Clone(req.Tax),
		FeeTax: slices.Clone(req.FeeTax), Category: ask.Category, Method: ask.Method, Source: r.ID, Description: req.Description,
		Created: u.At(), Metadata: req.Metadata,
	}
	without := *prof
	if prof.Prices != nil {
		without.Prices = prof.Prices.Clone()
		without.Prices.Service = pricing.Prices{}
	}
	return c, p.priceCharge(u, &without, &ask, c)
}

// freeCoins returns a receiver of the platform and how many of its coins are
// meant: those asked for, or all that are free.
func (p *Platform) freeCoins(u *ledger.Unit, id string, asked ledger.Money) (*Receiver, ledger.Money, error) {
	if p.e.c.Bitcoin == nil {
		return nil, asked, badState("bitcoin_not_taken", "bitcoin", "the engine was set up without a wallet")
	}
	r, err := p.receiver(u, id)
	if err != nil {
		return nil, asked, err
	}
	free := r.Free()
	switch {
	case r.Wallet != walletName(p.e):
		return nil, asked, badState("other_wallet", "receiver", "the receiver's coins are in another wallet, "+r.Wallet)
	case r.Status == ReceiverOpen || r.Status == ReceiverPending:
		return nil, asked, badState("receiver_open", "receiver", "what came may still become the payment that was asked for")
	case asked == ledger.Money{}:
		asked = free
	case asked.Currency() != ledger.BTC:
		return nil, asked, badField("currency_mismatch", "satoshi", "coins are in BTC")
	case asked.Sign() <= 0:
		return nil, asked, badField("invalid_amount", "satoshi", "it is more than zero")
	}
	if asked.Minor() > free.Minor() || asked.Sign() <= 0 {
		return nil, asked, short(p.unapplied(r), ledger.Minor(max(asked.Minor(), 1), ledger.BTC), ledger.Minor(max(free.Minor(), 0), ledger.BTC))
	}
	return r, asked, nil
}
