package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// UndoAdjustmentRequest takes an adjustment back.
type UndoAdjustmentRequest struct {
	Key          string           `json:"-"`
	By           Actor            `json:"by,omitzero"`
	AdjustmentID string           `json:"adjustment,omitzero"`
	Reason       AdjustmentReason `json:"reason,omitzero"` // of its own
	Force        bool             `json:"force,omitzero"`  // as AdjustRequest.Force
	Description  string           `json:"description,omitzero"`
	Document     string           `json:"document,omitzero"`
}

// UndoAdjustment takes an adjustment back, whole and once: the exact negative of what
// it posted. Who may do so alone is as with Adjust; else it is proposed. An adjustment
// that was not made, or is undone, is of class State, code invalid_state, and one
// whose undoing is proposed undo_proposed (adjustment).
func (p *Platform) UndoAdjustment(ctx context.Context, r UndoAdjustmentRequest) (*Adjustment, error) {
	verb := simpleVerb[Adjustment]{name: "undo adjustment", kind: &adjustmentKind, replayed: (*Adjustment).replay, target: r.AdjustmentID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Adjustment, error) {
		a, err := adjustmentKind.Get(u, r.AdjustmentID)
		if err != nil {
			return nil, notFoundOr(err, "adjustment")
		}
		if a.Platform != p.id {
			return nil, notFound("adjustment")
		}
		if err := r.Reason.check(r.Description, r.Document); err != nil {
			return nil, err
		}
		switch {
		case adjustmentLife.check("adjustment", a.Status, AdjustmentUndone) != nil:
			return nil, badState("invalid_state", "adjustment", "only one that was made is undone; it is "+string(a.Status))
		case a.Undo != nil:
			return nil, badState("undo_proposed", "adjustment", "a second person has to approve its undoing")
		case r.Force && (a.Owner == p.id || a.Amount.Sign() < 0):
			return nil, badField("invalid_request", "force", "only what is taken of an account can be forced")
		}
		_, undoes := a.actions()
		s, alone, err := p.asks(u, r.By, &Proposal{Action: undoes, Object: a.ID, Account: a.Owner, Amount: a.size(), Description: r.Description})
		if err != nil {
			return nil, err
		}
		a.Undo = &AdjustmentUndo{Reason: r.Reason, Description: r.Description, Document: r.Document, Forced: r.Force, Signed: s}
		if alone {
			return a, p.undoAdjustment(u, a)
		}
		return a, p.putAdjustment(u, a, s, EventAdjustmentUndoProposed)
	})
}

// undoAdjustment books the undoing of an adjustment as it is signed.
func (p *Platform) undoAdjustment(u *ledger.Unit, a *Adjustment) error {
	if err := a.become(AdjustmentUndone); err != nil {
		return err
	}
	x := a.Undo
	lines, err := a.lines(u, p, -1, x.Forced)
	if err != nil {
		return err
	}
	b := &books{u: u, p: p, object: adjustmentKind.ID(a.ID)}
	x.Transaction, x.Made = b.signed(x.Signed, "adjustment", string(x.Reason), x.Document, a.Transaction, lines...), u.At()
	return p.putAdjustment(u, a, x.Signed, EventAdjustmentUndone)
}

// undoApproved undoes what was proposed to be undone.
func (p *Platform) undoApproved(u *ledger.Unit, o *Proposal) error {
	a, err := adjustmentKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	a.Undo.Signed = o.signed()
	return p.undoAdjustment(u, a)
}

// undoDropped lets an adjustment stand.
func (p *Platform) undoDropped(u *ledger.Unit, o *Proposal) error {
	a, err := adjustmentKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	s := a.Undo.Signed
	a.Undo = nil
	return p.putAdjustment(u, a, s, EventAdjustmentUndoDropped)
}
