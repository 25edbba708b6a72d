package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// ApproveProposalRequest approves what somebody else asks for.
type ApproveProposalRequest struct {
	Key        string `json:"-"`
	ProposalID string `json:"proposal,omitzero"`
	By         Actor  `json:"by,omitzero"` // who approves: not its author
}

// ApproveProposal approves a proposal, and carries it out in the same change: what
// cannot be done now (insufficient_funds, another state) is refused, and the proposal
// stays open until it expires. Of class Forbidden are right_missing, and same_person
// where its author approves; of class State right_limit_exceeded (by) and
// invalid_state or proposal_expired (proposal).
func (p *Platform) ApproveProposal(ctx context.Context, r ApproveProposalRequest) (*Proposal, error) {
	verb := simpleVerb[Proposal]{name: "approve proposal", kind: &proposalKind, replayed: (*Proposal).replay, target: r.ProposalID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Proposal, error) {
		o, err := p.openProposal(u, r.ProposalID, r.By)
		if err != nil {
			return nil, err
		}
		rule := o.Action.rule()
		rights := r.By.of(rule.approves)
		switch {
		case len(rights) == 0:
			return nil, noRight(o.Action, rule.approves)
		case r.By.ID == o.Author:
			return nil, &ledger.Error{Class: ledger.Forbidden, Code: "same_person", Field: "by.id", Msg: "it takes two different people"}
		}
		if o.DeciderRight, err = p.approves(u, r.By, rights, o.Amount); err != nil {
			return nil, err
		}
		if err := o.become(ProposalCarriedOut); err != nil {
			return nil, err
		}
		o.Decider, o.Decided = r.By.ID, u.At()
		if err := p.carryOutProposal(u, o); err != nil {
			return nil, err
		}
		return o, p.putProposal(u, o, EventProposalCarriedOut)
	})
}

// openProposal returns a proposal of the platform that somebody may decide about.
func (p *Platform) openProposal(u *ledger.Unit, id string, by Actor) (*Proposal, error) {
	o, err := proposalKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "proposal")
	}
	if o.Platform != p.id {
		return nil, notFound("proposal")
	}
	if err := by.check(); err != nil {
		return nil, err
	}
	if o.Status == ProposalOpen && !u.At().Before(o.Expires) {
		return nil, badState("proposal_expired", "proposal", "nobody has decided in time")
	}
	return o, nil
}

// RefuseProposalRequest refuses what somebody asks for.
type RefuseProposalRequest struct {
	Key        string `json:"-"`
	ProposalID string `json:"proposal,omitzero"`
	By         Actor  `json:"by,omitzero"`     // who may approve it, or its author, who withdraws it
	Reason     string `json:"reason,omitzero"` // for people, at most 1,000 characters
}

// RefuseProposal ends a proposal that nobody has approved. Nothing comes of it.
func (p *Platform) RefuseProposal(ctx context.Context, r RefuseProposalRequest) (*Proposal, error) {
	verb := simpleVerb[Proposal]{name: "refuse proposal", kind: &proposalKind, replayed: (*Proposal).replay, target: r.ProposalID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Proposal, error) {
		o, err := p.openProposal(u, r.ProposalID, r.By)
		if err != nil {
			return nil, err
		}
		if err := checkText("reason", r.Reason, 1000); err != nil {
			return nil, err
		}
		rule := o.Action.rule()
		rights := r.By.of(rule.approves)
		switch {
		case r.By.ID == o.Author:
			o.DeciderRight = o.AuthorRight
		case len(rights) == 0:
			return nil, noRight(o.Action, rule.approves)
		default:
			o.DeciderRight = rights[0]
		}
		if err := o.become(ProposalRefused); err != nil {
			return nil, err
		}
		o.Decider, o.Decided, o.Reason = r.By.ID, u.At(), r.Reason
		if err := p.dropProposal(u, o); err != nil {
			return nil, err
		}
		return o, p.putProposal(u, o, EventProposalRefused)
	})
}

// expireProposal ends a proposal whose time is over.
func (p *Platform) expireProposal(u *ledger.Unit, id string) error {
	o, err := proposalKind.Get(u, id)
	if err != nil || !o.Work.Open() || u.At().Before(o.Expires) {
		return err
	}
	if err := o.become(ProposalExpired); err != nil {
		return err
	}
	if err := p.dropProposal(u, o); err != nil {
		return err
	}
	return p.putProposal(u, o, EventProposalExpired)
}

// ends are what comes of a proposal: what is done once it is approved, and what is put
// right if it never is.
func (o *Proposal) ends() (approved, dropped func(*Platform, *ledger.Unit, *Proposal) error) {
	switch o.Action {
	case ManualAdjust, ManualHouseAdjust:
		return (*Platform).adjustmentApproved, (*Platform).adjustmentDropped
	case ManualUndo, ManualHouseUndo:
		return (*Platform).undoApproved, (*Platform).undoDropped
	case ManualFreeze:
		return (*Platform).freezeApproved, (*Platform).freezeDropped
	case ManualWriteOff:
		return (*Platform).writeOffApproved, (*Platform).writeOffDropped
	case ManualReserveRelease:
		return (*Platform).reserveReleaseApproved, (*Platform).reserveReleaseDropped
	case ManualSurrender:
		return (*Platform).surrenderApproved, (*Platform).surrenderDropped
	case ManualSurrenderFrozen:
		return (*Platform).surrenderFrozenApproved, (*Platform).surrenderFrozenDropped
	case ManualBulkRefund, ManualBulkRelease:
		return (*Platform).bulkApproved, (*Platform).bulkDropped
	case ManualBankChange:
		return (*Platform).bankChangeApproved, (*Platform).bankChangeDropped
	case ManualUnfreeze:
		return (*Platform).unfreezeApproved, (*Platform).unfreezeDropped
	}
	limits := func(p *Platform, u *ledger.Unit, o *Proposal) error { return p.setLimits(u, o, o.signed()) }
	return limits, func(*Platform, *ledger.Unit, *Proposal) error { return nil }
}

// carryOutProposal does what was approved.
func (p *Platform) carryOutProposal(u *ledger.Unit, o *Proposal) error {
	approved, _ := o.ends()
	return approved(p, u, o)
}

// dropProposal ends what is not to be.
func (p *Platform) dropProposal(u *ledger.Unit, o *Proposal) error {
	_, dropped := o.ends()
	return dropped(p, u, o)
}
