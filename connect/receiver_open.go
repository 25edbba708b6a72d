package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout/bank"
)

// receiverTask opens a receiver, and then looks at its address for as long as
// something may happen there: both are outside calls whose answers are booked.
var receiverTask = &task[ReceiverRequest, Receiver, receiverNews]{
	verb: "receiver",
	kind: &receiverKind,
	head: func(r *Receiver) head {
		return head{id: r.ID, platform: r.Platform, partner: r.Wallet, work: &r.Work, replayed: &r.Replayed}
	},
	partner: walletName,
	record:  recordReceiver,
	carryOut: func(ctx context.Context, p *Platform, r *Receiver, _ bool) (receiverNews, error) {
		if r.Address == "" {
			return p.quoteReceiver(ctx, r)
		}
		look, err := p.e.c.Bitcoin.Chain.Look(ctx, r.Address)
		return receiverNews{look: &look}, noAnswer(err)
	},
	settle: settleReceiver,
	rest: func(u *ledger.Unit, p *Platform, r *Receiver, code string) error {
		r.Work.Done()
		if r.Code = code; r.Address != "" { // what the chain says cannot be booked: somebody must look
			return p.putReceiver(u, r, EventReceiverUpdated)
		}
		if err := r.become(ReceiverFailed); err != nil {
			return err
		}
		return p.putReceiver(u, r, EventReceiverFailed)
	},
	open: func(r *Receiver, _ receiverNews) (bool, error) { return r.Status != ReceiverFailed, nil },
	late: func(*ledger.Unit, *Platform, *Receiver, receiverNews) error { return nil },
}

// receiverNews is what the outside says of a receiver: its address and rate, or
// what lies at the address.
type receiverNews struct {
	address      bank.BitcoinAddress
	rate, inBase fx.Rate
	look         *bitcoin.Look
}

// walletName names the engine's wallet; it is empty if it has none.
func walletName(e *Engine) string {
	if e.c.Bitcoin == nil {
		return ""
	}
	return e.c.Bitcoin.Wallet.Info().Name
}

func recordReceiver(u *ledger.Unit, p *Platform, asked *ReceiverRequest, w ledger.Work) (*Receiver, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	if p.e.c.Bitcoin == nil {
		return nil, badState("bitcoin_not_taken", "bitcoin", "the engine was set up without a wallet")
	}
	if asked.Amount.Currency() == ledger.BTC || asked.Net.Currency() == ledger.BTC {
		return nil, badField("unsupported_currency", "amount", "an amount is in money; the rate says how many coins that is")
	}
	if asked.RefundTo, err = p.e.buyersAddress(asked.RefundTo, "refundTo"); err != nil {
		return nil, err
	}
	if err := checkEmail(asked.Email); err != nil {
		return nil, err
	}
	id := u.NewID(receiverKind.Prefix)
	req := asked.charge(id)
	if err := p.checkCharge(u, prof, &req); err != nil {
		return nil, err
	}
	if req.AccountID != "" {
		if err := p.mayCharge(u, req.AccountID); err != nil {
			return nil, err
		}
		if err := p.capable(u, req.AccountID, Transfers); err != nil {
			return nil, err
		}
	}
	r := &Receiver{
		ID: id, Platform: p.id, Account: req.AccountID, Wallet: walletName(p.e), Email: asked.Email, Description: asked.Description,
		RefundTo: asked.RefundTo, Status: ReceiverPending, Created: u.At(), Metadata: asked.Metadata, Work: w,
		Terms: Charge{
			Platform: p.id, Account: req.AccountID, Amount: req.Amount, ApplicationFee: req.ApplicationFee, Tax: slices.Clone(req.Tax),
			FeeTax: slices.Clone(req.FeeTax), Category: req.Category, Method: req.Method, Source: id, Description: req.Description,
			Created: u.At(), Metadata: req.Metadata,
		},
	}
	if err := p.priceCharge(u, prof, &req, &r.Terms); err != nil {
		return nil, err
	}
	r.Amount = r.Terms.Amount
	r.loaded()
	return r, p.putReceiver(u, r, EventReceiverPending)
}

// buyersAddress checks an address that coins may be sent to; none is fine.
func (e *Engine) buyersAddress(text, field string) (string, error) {
	if text == "" {
		return "", nil
	}
	a, err := bank.ParseBitcoin(text)
	if err == nil {
		err = a.On(e.c.Live)
	}
	return a.Text, inField(field, err)
}

// quoteReceiver asks for the address and the rates. Neither costs anything, and
// the same key gets the same address; so what was lost is asked for again.
func (p *Platform) quoteReceiver(ctx context.Context, r *Receiver) (n receiverNews, err error) {
	c, now := p.e.c.Bitcoin, p.e.env.Time()
	never := func(err error) (receiverNews, error) { return n, fmt.Errorf("%w: %w", errRest, err) }
	if n.rate, n.inBase, err = p.coinRates(ctx, r.Amount.Currency(), now); err != nil {
		if errors.Is(err, ledger.NotFound) || errors.Is(err, ledger.Invalid) {
			return never(err)
		}
		return n, noAnswer(err)
	}
	need, err := satoshiFor(r.Amount, n.rate)
	if err == nil && need < bitcoin.Dust {
		err = badField("amount_below_minimum", "amount", "the network does not carry so few coins")
	}
	if err == nil && need > bitcoin.Most {
		err = badField("amount_too_large", "amount", "there are not as many coins")
	}
	if err != nil {
		return never(err)
	}
	text, err := c.Addresses.Address(ctx, r.ID)
	if err != nil {
		return n, noAnswer(err)
	}
	if n.address, err = bank.ParseBitcoin(text); err == nil && !p.preview {
		err = n.address.On(p.e.c.Live)
	}
	if err == nil && !n.address.Known() {
		err = badField("invalid_address", "address", "nobody can own an address of this kind yet")
	}
	if err != nil {
		return never(err)
	}
	return n, nil
}

// coinRates asks what a coin is worth, in a currency and in the platform's books.
func (p *Platform) coinRates(ctx context.Context, cur ledger.Currency, at time.Time) (rate, inBase fx.Rate, err error) {
	base := p.Profile().Base
	rates := p.e.c.Bitcoin.Rates
	if rate, err = rates.Rate(ctx, ledger.BTC, cur, at); err != nil {
		return rate, inBase, err
	}
	if rate.Base != ledger.BTC || rate.Quote != cur {
		return rate, inBase, badField("invalid_rate", "rate", "the rate is of another pair")
	}
	if err := rate.Check(); err != nil {
		return rate, inBase, err
	}
	switch base {
	case cur:
		inBase = rate
	case ledger.BTC:
		inBase = fx.Identity(ledger.BTC, at)
	default:
		inBase, err = rates.Rate(ctx, ledger.BTC, base, at)
	}
	return rate, inBase, err
}

// satoshiFor is how many satoshi an amount is at a rate, rounded up: what comes in
// is worth at least the amount.
func satoshiFor(amount ledger.Money, rate fx.Rate) (int64, error) {
	rate.Base, rate.Quote, rate.Value, rate.Per = rate.Quote, rate.Base, rate.Per, rate.Value
	m, err := rate.Of(amount, ledger.RoundUp)
	return m.Minor(), err
}

// settleReceiver books what the outside says.
func settleReceiver(u *ledger.Unit, p *Platform, r *Receiver, n receiverNews) error {
	r.Work.Attempt = 0 // it answered: the next question does not wait for longer
	if n.look != nil {
		return p.lookedAt(u, r, *n.look)
	}
	if r.Address != "" {
		r.Work.Later(p.nextLook(u, r))
		return receiverKind.Put(u, r.ID, r)
	}
	c := p.e.c.Bitcoin
	need, err := satoshiFor(r.Amount, n.rate)
	if err != nil {
		return err
	}
	r.Satoshi = ledger.Minor(need, ledger.BTC)
	if r.Value = r.Amount; n.inBase.Quote != r.Amount.Currency() {
		if r.Value, err = n.inBase.Of(r.Satoshi, ledger.RoundHalfEven); err != nil {
			return err
		}
	}
	mark := coinAddressKind.Prefix + n.address.Text
	switch _, err := coinAddressKind.Get(u, mark); {
	case err == nil:
		return badState("invalid_answer", "address", "the wallet gave the address of another receiver")
	case !errors.Is(err, ledger.NotFound):
		return err
	}
	if err := coinAddressKind.Put(u, mark, &coinAddress{Receiver: r.ID}); err != nil {
		return err
	}
	if err := r.become(ReceiverOpen); err != nil {
		return err
	}
	r.Address, r.Rate, r.Until = n.address.Text, n.rate, u.At().Add(c.Window)
	r.Need, r.Code = bitcoin.Need(c.Confirmations, need), ""
	r.Work.Later(p.nextLook(u, r))
	return p.putReceiver(u, r, EventReceiverOpened)
}

// nextLook is when an address is looked at again; never is the zero time.
func (p *Platform) nextLook(u *ledger.Unit, r *Receiver) time.Time {
	c := p.e.c.Bitcoin
	switch {
	case u.At().Before(r.Until.Add(24 * time.Hour)):
		return u.At().Add(c.Poll)
	case u.At().Before(r.Until.Add(c.Watch)) || !bitcoin.Settled(r.Coins):
		return u.At().Add(max(c.Poll, time.Hour))
	}
	return time.Time{}
}
