package connect

import (
	"cmp"
	"context"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// CoinRefundRequest refunds a payment that was made in bitcoin.
type CoinRefundRequest struct {
	Key             string            `json:"-"`
	ChargeID        string            `json:"charge,omitzero"`
	Amount          ledger.Money      `json:"amount,omitzero"`          // as in RefundRequest
	ReverseTransfer bool              `json:"reverseTransfer,omitzero"` // likewise
	RefundFee       bool              `json:"refundFee,omitzero"`       // likewise
	Fee             FeePolicy         `json:"fee,omitzero"`             // likewise
	FeeAmount       ledger.Money      `json:"feeAmount,omitzero"`       // likewise
	Reason          string            `json:"reason,omitzero"`          // likewise
	Address         string            `json:"address,omitzero"`         // the buyer's; empty: Receiver.RefundTo
	Metadata        map[string]string `json:"metadata,omitzero"`

	rate, inBase fx.Rate
}

// refund is what it says of the refund.
func (r *CoinRefundRequest) refund() *RefundRequest {
	return &RefundRequest{ChargeID: r.ChargeID, Amount: r.Amount, ReverseTransfer: r.ReverseTransfer, RefundFee: r.RefundFee, Fee: r.Fee, FeeAmount: r.FeeAmount, Reason: r.Reason, Metadata: r.Metadata}
}

// RefundCoins gives a payment in bitcoin back: as many coins as its amount is worth
// today. The return is how the coins go; its Refund is the refund, as of any other
// payment.
func (p *Platform) RefundCoins(ctx context.Context, r CoinRefundRequest) (*CoinReturn, error) {
	if err := p.may(ctx, "RefundCoins"); err != nil {
		return nil, err
	}
	return coinRefundTask.do(ctx, p, r.Key, r)
}

var coinRefundTask = returnTask("coin refund", prepareCoinRefund, recordCoinRefund)

// prepareCoinRefund asks for today's rates.
func prepareCoinRefund(ctx context.Context, p *Platform, r *CoinRefundRequest) error {
	if p.e.c.Bitcoin == nil {
		return badState("bitcoin_not_taken", "bitcoin", "the engine was set up without a wallet")
	}
	c, err := p.itself().GetCharge(ctx, r.ChargeID)
	if err != nil {
		return err
	}
	r.rate, r.inBase, err = p.coinRates(ctx, c.Amount.Currency(), p.e.env.Time())
	return err
}

func recordCoinRefund(u *ledger.Unit, p *Platform, req *CoinRefundRequest, w ledger.Work) (*CoinReturn, error) {
	ask := req.refund()
	if err := checkRefund(ask); err != nil {
		return nil, err
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	c, from, err := p.coinPayment(u, req.ChargeID)
	if err != nil {
		return nil, err
	}
	if ask.ReverseTransfer && c.Account == "" {
		return nil, badField("no_transfer", "reverseTransfer", "the platform charged for itself: there is no transfer to reverse")
	}
	if ask.Fee != "" {
		if err := c.takesBack(ask); err != nil {
			return nil, err
		}
	}
	ask = ask.withFees(prof, c)
	r := &Refund{
		ID: u.NewID(refundKind.Prefix), Platform: p.id, Charge: c.ID, Account: c.Account, Reason: req.Reason,
		Status: RefundPending, Created: u.At(), Metadata: req.Metadata,
	}
	if r.Amount, err = c.refundable(req.Amount); err != nil {
		return nil, err
	}
	coins, err := satoshiFor(r.Amount, req.rate)
	if err != nil {
		return nil, err
	}
	x, err := p.newCoinReturn(u, from, ledger.Minor(coins, ledger.BTC), req.Address, req.Metadata, w)
	if err != nil {
		return nil, err
	}
	x.Refund, x.Rate = r.ID, req.rate
	if x.Value = r.Amount; prof.Base != r.Amount.Currency() {
		if x.Value, err = req.inBase.Of(x.Satoshi, ledger.RoundHalfEven); err != nil {
			return nil, err
		}
	}
	if err := c.begin(r, ask); err != nil {
		return nil, err
	}
	if err := p.setAside(u, prof, c, r); err != nil {
		return nil, err
	}
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return nil, err
	}
	if err := p.putRefund(u, r, EventRefundCreated); err != nil {
		return nil, err
	}
	return x, p.putCoinReturn(u, x, EventCoinReturnCreated)
}

// coinPayment returns a payment in bitcoin, and the receiver that it came through.
func (p *Platform) coinPayment(u *ledger.Unit, id string) (*Charge, *Receiver, error) {
	c, err := p.charge(u, id)
	if err != nil {
		return nil, nil, err
	}
	if c.Method != MethodBitcoin || !receiverKind.Fits(c.Source) {
		return nil, nil, badState("not_bitcoin", "charge", "the charge was not paid in bitcoin; its acquirer gives it back")
	}
	r, err := p.receiver(u, c.Source)
	if err == nil && r.Wallet != walletName(p.e) {
		err = badState("other_wallet", "charge", "the charge was paid to another wallet, "+r.Wallet)
	}
	return c, r, err
}

// settleCoinRefund books what the wallet says of a refund: flow B3 of the chart,
// for a seller with the reversal and the commission of flow R3.
func (p *Platform) settleCoinRefund(u *ledger.Unit, x *CoinReturn, a bitcoin.Answer) error {
	r, err := refundKind.Get(u, x.Refund)
	if err != nil {
		return err
	}
	c, err := p.charge(u, r.Charge)
	if err != nil {
		return err
	}
	r.Settled, r.Reference = u.At(), a.Tx
	if a.Status == bitcoin.Refused {
		if err := cmp.Or(x.become(CoinReturnFailed, a.Code), r.become(RefundFailed, a.Code)); err != nil {
			return err
		}
		return p.coinRefundRefused(u, c, r)
	}
	if err := cmp.Or(x.become(CoinReturnSucceeded, ""), r.become(RefundSucceeded, "")); err != nil {
		return err
	}
	if err := p.postCoinRefund(u, x, c, r); err != nil {
		return err
	}
	p.letGo(u, r, ledger.CaptureHold)
	c.end(r, true)
	if err := p.putCharge(u, c, EventChargeRefunded); err != nil {
		return err
	}
	return p.putRefund(u, r, EventRefundUpdated)
}

// coinRefundRefused lets go of what was set aside. If the chain took the payment
// back meanwhile, what it left for this refund is undone too.
func (p *Platform) coinRefundRefused(u *ledger.Unit, c *Charge, r *Refund) error {
	p.letGo(u, r, ledger.ReleaseHold)
	c.end(r, false)
	c.owes(r, u.At())
	if c.Status != ChargeSucceeded {
		if err := p.keepUp(u, c, r); err != nil {
			return err
		}
		s := p.sides(c, r.FromPlatform.Purpose, r.FromAccount.Purpose)
		p.sharesUndone(&books{u: u, p: p, object: refundKind.ID(r.ID)}, s, shares{r.Reversal, r.FeeBack, r.FeeTax, r.Tax})
	}
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return err
	}
	return p.putRefund(u, r, EventRefundFailed)
}

// postCoinRefund posts it: the house sells coins of its own to the platform, whose
// refund it is.
func (p *Platform) postCoinRefund(u *ledger.Unit, x *CoinReturn, c *Charge, r *Refund) error {
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	if err := p.keepUp(u, c, r); err != nil {
		return err
	}
	s := p.sides(c, r.FromPlatform.Purpose, r.FromAccount.Purpose)
	b := &books{u: u, p: p, object: refundKind.ID(r.ID)}
	if err := p.postAdvance(b, r); err != nil {
		return err
	}
	lines := []line{out(s.platform, r.Amount).force(r.FromPlatform.Short)}
	for _, l := range p.bought(prof.Base, x.Satoshi, x.Value, r.Amount) {
		lines = append(lines, line{account: l.account, minor: -l.minor})
	}
	b.post("refund", append(lines, in(p.wallet(x.Wallet), x.Satoshi))...)
	for _, t := range r.Tax {
		b.post("tax refunded", out(p.of(p.id, "tax/"+t.Authority, t.Amount.Currency()), t.Amount), in(s.platform, t.Amount))
	}
	if r.Reverses {
		b.post("transfer reversal", out(s.seller, r.Reversal).force(r.FromAccount.Short), in(s.platform, r.Reversal))
		back := []line{out(s.platform, r.FeeBack).force(r.FromPlatform.Short), {account: s.seller, minor: r.FeeBack.Minor() + addTax(r.FeeTax)}}
		for _, t := range r.FeeTax {
			back = append(back, out(p.of(p.id, "tax/"+t.Authority, t.Amount.Currency()), t.Amount))
		}
		b.post("fee refund", back...)
	}
	if x.CostBy == bitcoin.House {
		p.postCost(b, x, ledger.Ref{})
	}
	return nil
}
