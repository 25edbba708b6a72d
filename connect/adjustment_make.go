package connect

import (
	"cmp"
	"context"

	"github.com/soukhq/souk/ledger"
)

// AdjustRequest changes a balance by hand.
type AdjustRequest struct {
	Key       string           `json:"-"`
	By        Actor            `json:"by,omitzero"`
	AccountID string           `json:"account,omitzero"` // empty, or its own id: the platform itself, at the house's cost
	Amount    ledger.Money     `json:"amount,omitzero"`  // more than zero is given to them, less is taken; at most twelve digits
	Bearer    Party            `json:"bearer,omitzero"`  // PartyPlatform or PartyHouse; zero: PartyPlatform
	Reason    AdjustmentReason `json:"reason,omitzero"`
	// Force takes it though the account does not have it, down to what its terms let it
	// owe (AccountRequest.MayOwe).
	Force       bool              `json:"force,omitzero"`
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters; AdjustOther needs it
	Document    string            `json:"document,omitzero"`    // the reference of what proves it, at most 200 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// Adjust gives an amount to an account, or takes it, at the cost or in favour of the
// platform or the house. It is made at once where that is within what the actor may
// do alone today (RightLimits), and is at the platform's cost; else it is proposed,
// and made by ApproveProposal. Errors are those of ChargeFee; of class Forbidden is
// right_missing (by.rights).
func (p *Platform) Adjust(ctx context.Context, r AdjustRequest) (*Adjustment, error) {
	verb := simpleVerb[Adjustment]{name: "adjust", kind: &adjustmentKind, replayed: (*Adjustment).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Adjustment, error) { return p.newAdjustment(u, &r) })
}

func (p *Platform) newAdjustment(u *ledger.Unit, r *AdjustRequest) (*Adjustment, error) {
	if _, err := p.expectProfile(u); err != nil {
		return nil, err
	}
	a := &Adjustment{
		ID: u.NewID(adjustmentKind.Prefix), Platform: p.id, Owner: cmp.Or(r.AccountID, p.id), Amount: r.Amount,
		Bearer: cmp.Or(r.Bearer, PartyPlatform), Reason: r.Reason, Description: r.Description, Document: r.Document,
		Forced: r.Force, Status: AdjustmentProposed, Created: u.At(), Metadata: r.Metadata,
	}
	if err := p.checkAdjustment(u, a); err != nil {
		return nil, err
	}
	makes, _ := a.actions()
	s, alone, err := p.asks(u, r.By, &Proposal{Action: makes, Object: a.ID, Account: a.Owner, Amount: a.size(), Description: a.Description})
	if err != nil {
		return nil, err
	}
	if a.Signed = s; alone {
		return a, p.makeAdjustment(u, a)
	}
	return a, p.putAdjustment(u, a, s, EventAdjustmentProposed)
}

func (p *Platform) checkAdjustment(u *ledger.Unit, a *Adjustment) error {
	if a.Amount.Minor() == -1<<63 {
		return badField("amount_too_large", "amount", "an adjustment has at most twelve digits")
	}
	if err := p.e.checkMoney(a.size(), u.At()); err != nil {
		return err
	}
	switch {
	case a.Bearer != PartyPlatform && a.Bearer != PartyHouse:
		return badField("invalid_party", "bearer", "the platform or the house bears an adjustment")
	case a.Bearer == PartyPlatform && a.Owner == p.id:
		return badField("invalid_party", "bearer", "the platform gives itself nothing")
	case a.Forced && (a.Owner == p.id || a.Amount.Sign() > 0):
		return badField("invalid_request", "force", "only what is taken of an account can be forced")
	}
	if err := a.Reason.check(a.Description, a.Document); err != nil {
		return err
	}
	if err := checkMetadata(a.Metadata); err != nil {
		return err
	}
	if a.Owner == p.id {
		return nil
	}
	return p.expectAccount(u, a.Owner)
}

func (r AdjustmentReason) check(description, document string) error {
	switch r {
	case AdjustGoodwill, AdjustCompensation, AdjustPromotion, AdjustPenalty, AdjustCorrection, AdjustFraud:
	case AdjustOther:
		if description == "" {
			return badField("invalid_text", "description", "an adjustment for no other reason says why")
		}
	default:
		return badField("invalid_reason", "reason", "it is goodwill, compensation, promotion, penalty, correction, fraud or other")
	}
	if err := checkText("description", description, 1000); err != nil {
		return err
	}
	return checkText("document", document, 200)
}

// makeAdjustment books an adjustment as it is signed.
func (p *Platform) makeAdjustment(u *ledger.Unit, a *Adjustment) error {
	if err := a.become(AdjustmentMade); err != nil {
		return err
	}
	lines, err := a.lines(u, p, 1, a.Forced)
	if err != nil {
		return err
	}
	b := &books{u: u, p: p, object: adjustmentKind.ID(a.ID)}
	a.Transaction, a.Made = b.signed(a.Signed, "adjustment", string(a.Reason), a.Document, "", lines...), u.At()
	return p.putAdjustment(u, a, a.Signed, EventAdjustmentMade)
}

// adjustmentApproved makes what was proposed.
func (p *Platform) adjustmentApproved(u *ledger.Unit, o *Proposal) error {
	a, err := adjustmentKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	a.Signed = o.signed()
	return p.makeAdjustment(u, a)
}

// adjustmentDropped ends what nobody approved.
func (p *Platform) adjustmentDropped(u *ledger.Unit, o *Proposal) error {
	a, err := adjustmentKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	to, event := AdjustmentRefused, EventAdjustmentRefused
	if o.Status == ProposalExpired {
		to, event = AdjustmentExpired, EventAdjustmentExpired
	}
	if err := a.become(to); err != nil {
		return err
	}
	return p.putAdjustment(u, a, a.Signed, event)
}
