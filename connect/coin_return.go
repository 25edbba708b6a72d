package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// CoinReturnStatus is where a return of coins stands.
type CoinReturnStatus string

// The states of a return.
const (
	CoinReturnPending   CoinReturnStatus = "pending" // recorded, its coins set aside; the wallet's answer is still to come
	CoinReturnSucceeded CoinReturnStatus = "succeeded"
	CoinReturnFailed    CoinReturnStatus = "failed"  // refused; nothing moved
	CoinReturnUnknown   CoinReturnStatus = "unknown" // sent blind, and the answer was lost: only news can tell
)

// CoinReturn is coins on their way back to a buyer: what a receiver has beside its
// payment (ReturnCoins), or what a payment is worth that is refunded (RefundCoins).
type CoinReturn struct {
	ID       string            `json:"id"`
	Platform string            `json:"platform"`
	Receiver string            `json:"receiver"`
	Refund   string            `json:"refund,omitzero"` // the refund that it carries out
	Wallet   string            `json:"wallet"`
	Address  string            `json:"address"`
	Satoshi  ledger.Money      `json:"satoshi"` // what the order is for, in BTC
	CostBy   bitcoin.Bearer    `json:"costBy"`  // of what the network takes
	Status   CoinReturnStatus  `json:"status"`
	Code     string            `json:"code,omitzero"`
	Created  time.Time         `json:"created"`
	Settled  time.Time         `json:"settled,omitzero"`
	Metadata map[string]string `json:"metadata,omitzero"`

	// Of a refund: what the coins were worth when it was asked for, in the base
	// currency of the platform's books, and the rate.
	Value ledger.Money `json:"value,omitzero"`
	Rate  fx.Rate      `json:"rate,omitzero"`

	// Set when it succeeds.
	Tx   string       `json:"tx,omitzero"`
	Sent ledger.Money `json:"sent,omitzero"` // what arrives
	Cost ledger.Money `json:"cost,omitzero"` // what the network took

	Work ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (x *CoinReturn) loaded() {
	asZero(ledger.Zero(ledger.BTC), &x.Sent, &x.Cost)
}

// hold names what is set aside for it.
func (x *CoinReturn) hold() string { return "hold_" + x.ID }

var coinReturnKind = ledger.Kind[CoinReturn]{
	Name:   "connect.coin_return",
	Prefix: "cret_",
	Loaded: (*CoinReturn).loaded,
	Keys: func(x *CoinReturn) []ledger.Key {
		return x.Work.Keys(ledger.Key{Name: "platform", Value: x.Platform, At: x.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "receiver", Path: "receiver"}, {Name: "refund", Path: "refund"},
		{Name: "satoshi", Path: "satoshi.amountMinor", Type: ledger.IntegerColumn}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "tx", Path: "tx"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// ReturnRequest sends coins of a receiver back.
type ReturnRequest struct {
	Key        string            `json:"-"`
	ReceiverID string            `json:"receiver,omitzero"`
	Satoshi    ledger.Money      `json:"satoshi,omitzero"` // in BTC; the zero Money is all that is free
	Address    string            `json:"address,omitzero"` // the buyer's; empty: Receiver.RefundTo
	Metadata   map[string]string `json:"metadata,omitzero"`
}

// ReturnCoins sends coins back that came late, or were too few or too many. Who
// bears what the network takes is set in bitcoin.Config. A wallet that refuses
// makes a return whose Status is CoinReturnFailed, not an error.
func (p *Platform) ReturnCoins(ctx context.Context, r ReturnRequest) (*CoinReturn, error) {
	if err := p.may(ctx, "ReturnCoins"); err != nil {
		return nil, err
	}
	return coinReturnTask.do(ctx, p, r.Key, r)
}

// GetCoinReturn returns a return of the platform.
func (p *Platform) GetCoinReturn(ctx context.Context, id string) (*CoinReturn, error) {
	return get(ctx, p, &coinReturnKind, id, "coin return", func(x *CoinReturn) string { return x.Platform })
}

var coinReturnLister = &lister[CoinReturn]{what: "coin returns", kind: &coinReturnKind, platform: func(x *CoinReturn) string { return x.Platform }}

// ListCoinReturns returns a page of the platform's returns.
func (p *Platform) ListCoinReturns(ctx context.Context, r ListRequest) (*List[CoinReturn], error) {
	return coinReturnLister.page(ctx, p, r)
}

// CoinReturns walks the platform's returns, newest first.
func (p *Platform) CoinReturns(ctx context.Context, r ListRequest) iter.Seq2[*CoinReturn, error] {
	return coinReturnLister.each(ctx, p, r, func(x *CoinReturn) string { return x.ID })
}

func (p *Platform) putCoinReturn(u *ledger.Unit, x *CoinReturn, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: coinReturnKind.ID(x.ID)})
	return coinReturnKind.Put(u, x.ID, x)
}

var coinReturnTask = returnTask("coin return", nil, recordCoinReturn)

// returnTask is the path of every verb that sends coins: they differ in how they
// begin.
func returnTask[Req any](verb string, prepare func(context.Context, *Platform, *Req) error,
	record func(*ledger.Unit, *Platform, *Req, ledger.Work) (*CoinReturn, error)) *task[Req, CoinReturn, bitcoin.Answer] {
	return &task[Req, CoinReturn, bitcoin.Answer]{
		verb: verb,
		kind: &coinReturnKind,
		head: func(x *CoinReturn) head {
			return head{id: x.ID, platform: x.Platform, partner: x.Wallet, work: &x.Work, replayed: &x.Replayed}
		},
		partner:  walletName,
		prepare:  prepare,
		record:   record,
		carryOut: sendCoins,
		settle:   settleCoinReturn,
		rest: func(u *ledger.Unit, p *Platform, x *CoinReturn, code string) error {
			x.Work.Done()
			if err := x.become(CoinReturnUnknown, code); err != nil {
				return err
			}
			return p.putCoinReturn(u, x, EventCoinReturnUpdated)
		},
		open: func(x *CoinReturn, a bitcoin.Answer) (bool, error) {
			open := x.Status == CoinReturnPending || x.Status == CoinReturnUnknown
			if !open && a.Status != bitcoin.Queued && (a.Status == bitcoin.Sent) != (x.Status == CoinReturnSucceeded) {
				return false, badState("contradicting_news", "status", "another answer has been booked")
			}
			return open, nil
		},
		late: func(*ledger.Unit, *Platform, *CoinReturn, bitcoin.Answer) error { return nil },
	}
}

func recordCoinReturn(u *ledger.Unit, p *Platform, req *ReturnRequest, w ledger.Work) (*CoinReturn, error) {
	if _, err := p.expectProfile(u); err != nil {
		return nil, err
	}
	r, coins, err := p.freeCoins(u, req.ReceiverID, req.Satoshi)
	if err != nil {
		return nil, err
	}
	x, err := p.newCoinReturn(u, r, coins, req.Address, req.Metadata, w)
	if err != nil {
		return nil, err
	}
	r.Returning = sum(r.Returning, coins)
	u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: x.hold(), Account: p.unapplied(r), Amount: coins, Object: coinReturnKind.ID(x.ID)})
	if err := p.putReceiver(u, r, EventReceiverUpdated); err != nil {
		return nil, err
	}
	return x, p.putCoinReturn(u, x, EventCoinReturnCreated)
}

// newCoinReturn checks what all coins that go back have in common.
func (p *Platform) newCoinReturn(u *ledger.Unit, r *Receiver, coins ledger.Money, address string, meta map[string]string, w ledger.Work) (*CoinReturn, error) {
	if err := checkMetadata(meta); err != nil {
		return nil, err
	}
	to, err := p.e.buyersAddress(address, "address")
	if err != nil {
		return nil, err
	}
	if to == "" {
		to = r.RefundTo
	}
	switch {
	case to == "":
		return nil, badField("invalid_address", "address", "the buyer's address is not known")
	case to == r.Address:
		return nil, badField("invalid_address", "address", "this is where the coins came in")
	case coins.Minor() < bitcoin.Dust:
		return nil, badField("amount_below_minimum", "satoshi", "the network does not carry so few coins")
	}
	x := &CoinReturn{
		ID: u.NewID(coinReturnKind.Prefix), Platform: p.id, Receiver: r.ID, Wallet: r.Wallet, Address: to, Satoshi: coins,
		CostBy: p.e.c.Bitcoin.CostBy, Status: CoinReturnPending, Created: u.At(), Metadata: meta, Work: w,
	}
	x.loaded()
	return x, nil
}

// sendCoins asks the wallet to send.
func sendCoins(ctx context.Context, p *Platform, x *CoinReturn, send bool) (bitcoin.Answer, error) {
	w := p.e.c.Bitcoin.Wallet
	i := w.Info()
	order := bitcoin.Order{Address: x.Address, Satoshi: x.Satoshi.Minor(), CostBy: x.CostBy}
	return deliver(ctx, delivery{kind: i.Delivery, keyLife: i.KeyLife, settling: i.Settling, now: p.e.env.Time}, attemptOf(&x.Work, send, x.Code == codeQueued),
		func(ctx context.Context) (bitcoin.Answer, error) { return w.Send(ctx, x.ID, order) },
		func(ctx context.Context) (bitcoin.Answer, error) { return w.Lookup(ctx, x.ID) })
}

// codeQueued is the code of a return that the wallet has and has not sent yet.
const codeQueued = "queued"

// settleCoinReturn books the wallet's answer.
func settleCoinReturn(u *ledger.Unit, p *Platform, x *CoinReturn, a bitcoin.Answer) error {
	if a.Status == bitcoin.Queued {
		fresh := x.Code != codeQueued
		if err := x.become(CoinReturnPending, codeQueued); err != nil {
			return err
		}
		if x.Work.Later(u.At().Add(p.e.backOff(x.Work.Attempt))); p.e.c.Bitcoin.Wallet.Info().Delivery == ledger.Blind {
			x.Work.Done()
		}
		if fresh {
			return p.putCoinReturn(u, x, EventCoinReturnUpdated)
		}
		return coinReturnKind.Put(u, x.ID, x)
	}
	if a.Status == bitcoin.Sent {
		if err := x.answered(a); err != nil {
			return err
		}
	} else if a.Status != bitcoin.Refused {
		return badField("invalid_answer", "status", "the wallet's answer is none")
	}
	x.Settled = u.At()
	x.Work.Done()
	book := p.settleReturn
	if x.Refund != "" {
		book = p.settleCoinRefund
	}
	if err := book(u, x, a); err != nil {
		return err
	}
	if x.Status == CoinReturnFailed {
		return p.putCoinReturn(u, x, EventCoinReturnFailed)
	}
	return p.putCoinReturn(u, x, EventCoinReturnSucceeded)
}

// answered keeps what the wallet says it sent, which must be what it was asked to.
func (x *CoinReturn) answered(a bitcoin.Answer) error {
	whole := a.Satoshi
	if x.CostBy == bitcoin.Buyer {
		whole += a.Cost
	}
	if a.Satoshi <= 0 || a.Cost < 0 || a.Satoshi > bitcoin.Most || a.Cost > bitcoin.Most || whole != x.Satoshi.Minor() {
		return badState("amount_mismatch", "satoshi", "the wallet answered for another amount")
	}
	x.Tx, x.Sent, x.Cost = a.Tx, ledger.Minor(a.Satoshi, ledger.BTC), ledger.Minor(a.Cost, ledger.BTC)
	return nil
}

// settleReturn posts coins that left a receiver: flow B2 of the chart.
func (p *Platform) settleReturn(u *ledger.Unit, x *CoinReturn, a bitcoin.Answer) error {
	r, err := p.receiver(u, x.Receiver)
	if err != nil {
		return err
	}
	r.Returning = minus(r.Returning, x.Satoshi)
	step := ledger.HoldStep{Op: ledger.ReleaseHold, ID: x.hold(), Account: p.unapplied(r), Amount: x.Satoshi}
	if a.Status == bitcoin.Refused {
		u.Hold(step)
		if err := x.become(CoinReturnFailed, a.Code); err != nil {
			return err
		}
		return p.bookCoins(u, r, r.Coins, true)
	}
	step.Op = ledger.CaptureHold
	u.Hold(step)
	if err := x.become(CoinReturnSucceeded, ""); err != nil {
		return err
	}
	b := &books{u: u, p: p, object: coinReturnKind.ID(x.ID)}
	b.post("receipt returned", out(p.unapplied(r), x.Sent), in(p.wallet(x.Wallet), x.Sent))
	p.postCost(b, x, p.unapplied(r))
	r.Returned = sum(r.Returned, x.Satoshi)
	return p.putReceiver(u, r, EventReceiverUpdated)
}

// postCost posts what the network took: from the buyer's coins, or from the house.
func (p *Platform) postCost(b *books, x *CoinReturn, buyers ledger.Ref) {
	from := buyers
	if x.CostBy == bitcoin.House {
		from = p.house("processing_cost", ledger.BTC)
	}
	b.post("network cost", out(from, x.Cost), in(p.wallet(x.Wallet), x.Cost))
}
