package connect

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// RefundStatus is where a refund stands.
type RefundStatus string

// The states of a refund.
const (
	RefundWaiting   RefundStatus = "waiting" // recorded, and asked of nobody: who gives it has too little (ShortWait)
	RefundPending   RefundStatus = "pending" // recorded, its money set aside; the acquirer's answer is still to come
	RefundSucceeded RefundStatus = "succeeded"
	RefundFailed    RefundStatus = "failed"   // declined, and nothing moved; or refused later, and what moved is undone (Refused)
	RefundCanceled  RefundStatus = "canceled" // called off while it waited; nothing moved
	RefundUnknown   RefundStatus = "unknown"  // sent blind, and the answer was lost: only news can tell
)

// Refund gives all or part of a charge back to the buyer.
type Refund struct {
	ID       string       `json:"id"`
	Platform string       `json:"platform"`
	Charge   string       `json:"charge"`
	Account  string       `json:"account,omitzero"`
	Acquirer string       `json:"acquirer"`
	Rail     string       `json:"rail,omitzero"` // of a bank debit: the money is paid to the account that was debited
	Amount   ledger.Money `json:"amount"`
	Reversal ledger.Money `json:"reversal"` // pulled back from the seller
	FeeBack  ledger.Money `json:"feeBack"`  // of the application fee, given back to the seller
	// Exchanged is what the buyer gets where the charge settles in another currency,
	// which all other amounts are in.
	Exchanged *Exchanged `json:"exchanged,omitzero"`
	// Day is what the refund costs where that is at the rate of its day (RefundAtDay);
	// Amount and Exchanged, and all other amounts, are at that of the charge still.
	Day    *RefundDay `json:"day,omitzero"`
	RateBy *Signed    `json:"rateBy,omitzero"` // who stated the rate (RefundAtStated)
	// ServiceBack is what of the service fee goes back to the buyer.
	ServiceBack ledger.Money      `json:"serviceBack,omitzero"`
	FeeStep     *FeeStep          `json:"feeStep,omitzero"`   // how much of the platform's own currency FeeBack and ServiceBack cost it
	FeeStated   bool              `json:"feeStated,omitzero"` // FeeBack was stated (FeeExact), and is no part that goes with the amount
	FeeTax      []Tax             `json:"feeTax,omitzero"`    // of the taxes on the application fee, given back to the seller
	Tax         []Tax             `json:"tax,omitzero"`
	Reverses    bool              `json:"reverses,omitzero"`    // asked to pull the seller's part back
	Returns     bool              `json:"returns,omitzero"`     // asked to give the commission back
	Direct      bool              `json:"direct,omitzero"`      // of a direct charge: the seller gives it
	ReverseBase ledger.Money      `json:"reverseBase,omitzero"` // of the share, what goes back with a part of a stated TransferAmount
	Reason      string            `json:"reason,omitzero"`
	Status      RefundStatus      `json:"status"`
	Code        string            `json:"code,omitzero"`
	Reference   string            `json:"reference,omitzero"`
	Created     time.Time         `json:"created"`
	Settled     time.Time         `json:"settled,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`
	Via         string            `json:"via,omitzero"` // the platform that made it for an account that exists by itself (Platform.On)

	// Of a charge with lines: which lines it named, what went back of the platform's own,
	// and what the seller gave back of the platform's part of discounts.
	Lines        []RefundedLine `json:"lines,omitzero"`
	PlatformBack ledger.Money   `json:"platformBack,omitzero"`
	DiscountBack ledger.Money   `json:"discountBack,omitzero"`

	// Where the money is taken from, decided when it is set aside.
	FromPlatform RefundLeg `json:"fromPlatform"`
	FromAccount  RefundLeg `json:"fromAccount,omitzero"`
	FromHeld     *HeldPart `json:"fromHeld,omitzero"` // what of the share waits and goes back first; nil: nothing
	Held         bool      `json:"held,omitzero"`     // made by Drain, since the share had waited too long or that was decided

	// What does not go back to the charge's source; and for a charge that sold store
	// credit, the Credit that it is taken from.
	Tenders    []RefundTender `json:"tenders,omitzero"`
	CreditOf   string         `json:"creditOf,omitzero"`
	FromCredit RefundLeg      `json:"fromCredit,omitzero"`

	// What the platform pays for a seller who has too little (ShortAdvance), and where that
	// comes from; and what a refund waits for.
	Advanced    ledger.Money `json:"advanced,omitzero"`
	FromAdvance RefundLeg    `json:"fromAdvance,omitzero"`
	Wait        *RefundWait  `json:"wait,omitzero"`

	Refused *RefusedRefund `json:"refused,omitzero"` // that it failed after it had succeeded
	Repays  string         `json:"repays,omitzero"`  // the refund that failed, and whose place it takes
	Way     *RefundWay     `json:"way,omitzero"`     // how it goes, if not to what had paid
	Alone   bool           `json:"alone,omitzero"`   // all but the money of the refund whose place it takes stands

	Work ledger.Work `json:"work,omitzero"`

	waitDays int // how long it may wait; 0: not at all

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// RefundLeg is one party's side of a refund.
type RefundLeg struct {
	Purpose string       `json:"purpose"`        // of the ledger account: pending/<day> or available
	Hold    string       `json:"hold,omitzero"`  // what is set aside there, if anything
	Held    ledger.Money `json:"held,omitzero"`  // how much
	Short   ShortPolicy  `json:"short,omitzero"` // what happens if it is not enough
}

// loaded gives amounts of nothing their currency back, which storage leaves out.
func (r *Refund) loaded() {
	for _, m := range []*ledger.Money{&r.Advanced, &r.ServiceBack, &r.ReverseBase, &r.PlatformBack, &r.DiscountBack} {
		if m.IsZero() {
			*m = ledger.Zero(r.Amount.Currency())
		}
	}
	if r.Day != nil {
		r.Day.loaded()
	}
	if r.Wait != nil {
		r.Wait.loaded(ledger.Zero(r.Amount.Currency()))
	}
	if r.FromHeld != nil {
		r.FromHeld.loaded(ledger.Zero(r.Amount.Currency()))
	}
}

var refundKind = ledger.Kind[Refund]{
	Name:   "connect.refund",
	Prefix: "re_",
	Loaded: (*Refund).loaded,
	Keys: func(r *Refund) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 4),
			ledger.Key{Name: "platform", Value: r.Platform, At: r.Created},
			ledger.Key{Name: "charge", Value: r.Charge, At: r.Created})
		if r.Account != "" {
			keys = append(keys, ledger.Key{Name: "account", Value: r.Account, At: r.Created})
		}
		return r.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "charge", Path: "charge"}, {Name: "account", Path: "account"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// RefundRequest refunds a charge.
type RefundRequest struct {
	Key      string `json:"-"`
	ChargeID string `json:"charge,omitzero"`
	// Amount goes back to the buyer; the zero Money is all that is left, but for a
	// service fee that is kept (pricing.Rule.Kept). An amount that is stated may
	// give that back too, once all else has gone back.
	Amount ledger.Money `json:"amount,omitzero"`
	// Lines name what is given back of a charge that has lines: the amount is what the
	// buyer paid for that, with its taxes and less its discounts, and the commission
	// goes back as it was taken of them. A service fee stays. Without them all of the
	// charge that refunds by lines have left goes back in proportion.
	Lines []RefundLine `json:"lines,omitzero"`
	// ReverseTransfer pulls the seller's part of the amount back; without it
	// the platform bears the refund. It needs a charge of the platform for a seller:
	// a direct charge is the seller's to refund, and what was transferred of a charge
	// for the platform comes back by ReverseTransfer.
	ReverseTransfer bool `json:"reverseTransfer,omitzero"`
	// RefundFee gives the seller the same part of the commission back. It needs
	// ReverseTransfer, or a direct charge.
	RefundFee bool `json:"refundFee,omitzero"`
	// Fee says more exactly how much of the commission goes back. Empty is FeeProportional
	// with RefundFee, and else what the platform does by default (Profile.RefundFees)
	// where the refund is one that can give it back.
	Fee       FeePolicy    `json:"fee,omitzero"`
	FeeAmount ledger.Money `json:"feeAmount,omitzero"` // with FeeExact: how much, in the charge's currency
	// IntoCredit gives store credit instead of money: to BuyerID, or if that is empty
	// to the buyer whose credit paid for some of the charge. No acquirer has a part
	// in it.
	IntoCredit bool   `json:"intoCredit,omitzero"`
	BuyerID    string `json:"buyer,omitzero"`
	// To is the order in which what paid for the charge gets its money back:
	// TenderSource and the ids of credits and vouchers (Tender.Of). What is not named
	// gets nothing. Empty is the source first, and then tenders, the last first. What
	// a voucher at the platform's cost had paid goes to the platform.
	To []string `json:"to,omitzero"`
	// Stated is the rate of a refund of a charge whose refunds state theirs (RefundAtStated).
	Stated *StatedRate `json:"stated,omitzero"`
	// WaitDays is for how many days the refund waits for money, where somebody who gives it
	// has too little and waits (ShortWait): 1–180; 0 is 30. Then it fails.
	WaitDays int               `json:"waitDays,omitzero"`
	Reason   string            `json:"reason,omitzero"` // duplicate, fraudulent or requested_by_customer
	Metadata map[string]string `json:"metadata,omitzero"`

	// Repays names a refund of the charge that has failed: this one takes its place, for
	// what the buyer is still owed of it (Charge.Owed), with all that it took and gave
	// back. It goes to the source again, into credit (IntoCredit), to a bank account of
	// the buyer, or was paid by hand.
	Repays string       `json:"repays,omitzero"`
	Bank   *BankDetails `json:"bank,omitzero"` // of the buyer, on the engine's rail, in the multiples that banks pay; with Repays
	Paid   string       `json:"paid,omitzero"` // what proves that it was paid out of the rail's account by hand, 1–200 characters; with Repays

	held bool         // by Drain, of a share that has waited
	most ledger.Money // what a bulk has set aside for it; the zero Money: no bound

	standing bool   // of which all but the money stands
	day      *rates // of the moment, where the charge needs them
}

// Refund gives money back to a buyer. Refunds of a charge add up to at most its
// amount, pending ones included. The taxes and the service fee in it go back in
// proportion; the processing fee does not. For a charge that is refunded at the rate of
// the day (RefundAtDay) the engine's RateProvider is asked: without a rate nothing is
// written, and the error is the provider's, or of class Invalid, code invalid_rate. While
// a dispute takes money of it, a charge cannot be refunded (class State, code disputed).
func (p *Platform) Refund(ctx context.Context, r RefundRequest) (*Refund, error) {
	if err := p.may(ctx, "Refund"); err != nil {
		return nil, err
	}
	return p.withRateOfDay(ctx, &r, func() (*Refund, error) { return refundTask.do(ctx, p, r.Key, r) })
}

// GetRefund returns a refund of the platform.
func (p *Platform) GetRefund(ctx context.Context, id string) (*Refund, error) {
	return get(ctx, p, &refundKind, id, "refund", func(r *Refund) string { return r.Platform })
}

var refundTask = &task[RefundRequest, Refund, Answer]{
	verb: "refund",
	kind: &refundKind,
	head: func(r *Refund) head {
		return head{id: r.ID, platform: r.Platform, partner: r.Acquirer, rail: r.Rail, work: &r.Work, replayed: &r.Replayed}
	},
	partner:  acquirerName,
	record:   recordRefund,
	ready:    readyRefund,
	carryOut: askRefund,
	settle:   settleRefund,
	rest: func(u *ledger.Unit, p *Platform, r *Refund, code string) error {
		r.Work.Done()
		if err := r.become(RefundUnknown, code); err != nil {
			return err
		}
		return p.putRefund(u, r, EventRefundUpdated)
	},
	open: openRefund,
	late: func(u *ledger.Unit, p *Platform, r *Refund, a Answer) error {
		if r.Reference != "" || a.Reference == "" {
			return nil
		}
		r.Reference = a.Reference
		return p.putRefund(u, r, EventRefundUpdated)
	},
}

// charge returns a charge of the platform, expected unchanged.
func (p *Platform) charge(u *ledger.Unit, id string) (*Charge, error) {
	c, err := chargeKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "charge")
	}
	if c.Platform != p.id {
		return nil, notFound("charge")
	}
	return c, nil
}

func recordRefund(u *ledger.Unit, p *Platform, req *RefundRequest, w ledger.Work) (*Refund, error) {
	if err := checkRefund(req); err != nil {
		return nil, err
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	c, err := p.charge(u, req.ChargeID)
	if err != nil {
		return nil, err
	}
	if err := checkRefundTo(c, req); err != nil {
		return nil, err
	}
	if req, err = p.repays(u, c, req); err != nil {
		return nil, err
	}
	if err := p.mayRefund(c, req); err != nil {
		return nil, err
	}
	req = req.withFees(prof, c)
	r, err := p.newRefund(u, c, req, w)
	if err != nil {
		return nil, err
	}
	if c.CreditSale != nil {
		if err := p.refundsSale(u, c, r, req.Amount); err != nil {
			return nil, err
		}
	}
	if err := c.begin(r, req); err != nil {
		return nil, err
	}
	if err := p.sentTo(u, c, r, req); err != nil {
		return nil, err
	}
	if c.CreditSale == nil {
		if err := p.setAside(u, prof, c, r); err != nil {
			return nil, err
		}
	}
	switch {
	case r.within() && r.Status == RefundWaiting: // for whoever finishes it
		if r.Rail == "" {
			r.Acquirer = acquirerName(p.e)
		}
	case r.within():
		return r, p.refundedWithin(u, c, r)
	}
	if err := p.putCharge(u, c, EventChargeUpdated); err != nil {
		return nil, err
	}
	return r, p.putRefund(u, r, EventRefundCreated)
}

func (p *Platform) putRefund(u *ledger.Unit, r *Refund, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: refundKind.ID(r.ID)})
	return refundKind.Put(u, r.ID, r)
}

// askRefund asks the acquirer to give the money back.
func askRefund(ctx context.Context, p *Platform, r *Refund, send bool) (Answer, error) {
	c, err := chargeKind.Read(ctx, p.store, r.Charge)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", errUnsent, err)
	}
	if c.Debit != nil || r.Way != nil {
		return askRail(ctx, p, r.instruction(c), &r.Work, send)
	}
	refund := func(ctx context.Context) (Answer, error) {
		return p.e.c.Acquirer.Refund(ctx, r.ID, RefundOrder{Reference: c.Reference, Amount: r.presented()})
	}
	return p.e.askAbout(ctx, r.ID, r.Reference, attemptOf(&r.Work, send, r.Reference != ""), refund)
}
