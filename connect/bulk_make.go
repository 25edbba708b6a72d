package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// BulkRequest does one thing to many charges.
type BulkRequest struct {
	Key    string     `json:"-"`
	By     Actor      `json:"by,omitzero"`
	Action BulkAction `json:"action,omitzero"`
	Filter BulkFilter `json:"filter,omitzero"`
	// Most is what is refunded or released at most, all charges together: more than
	// zero. It is in the charges' currency, and those in others are not meant. It is
	// what counts against the limits of who asks and who approves; PreviewBulk says what
	// is needed. A hold moves nothing, and has none.
	Most            ledger.Money `json:"most,omitzero"`
	ReverseTransfer bool         `json:"reverseTransfer,omitzero"` // of refunds, as RefundRequest's
	RefundFee       bool         `json:"refundFee,omitzero"`
	Reason          string       `json:"reason,omitzero"`   // of refunds as RefundRequest's; of holds for people, at most 1,000 characters
	Document        string       `json:"document,omitzero"` // a reference, at most 200 characters
}

// StartBulk refunds, releases or holds all charges that a filter finds and that were
// made until now. Above what one person may move alone a second one approves
// (ApproveProposal). Drain then does it charge by charge, oldest first: each once,
// under a key of its own, and goes on after a crash where it was. What cannot be done
// to a charge is refused for that charge (BulkItem.Code), which holds up no other:
// bulk_limit_exceeded is for what would be more than Most.
func (p *Platform) StartBulk(ctx context.Context, r BulkRequest) (*Bulk, error) {
	verb := simpleVerb[Bulk]{name: "bulk", kind: &bulkKind, replayed: (*Bulk).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Bulk, error) {
		if _, err := p.expectProfile(u); err != nil {
			return nil, err
		}
		b, err := p.newBulk(u, r)
		if err != nil {
			return nil, err
		}
		if b.Action == BulkHold {
			if b.Signed, err = r.By.may(ManualBulkHold); err != nil {
				return nil, err
			}
			return b, p.startBulk(u, b)
		}
		o := &Proposal{Action: ManualBulkRefund, Object: b.ID, Amount: b.Most, Description: b.Document}
		if b.Action == BulkRelease {
			o.Action = ManualBulkRelease
		}
		alone := false
		if b.Signed, alone, err = p.asks(u, r.By, o); err != nil {
			return nil, err
		}
		if alone {
			return b, p.startBulk(u, b)
		}
		return b, p.putBulk(u, b, EventBulkProposed)
	})
}

// newBulk checks a request.
func (p *Platform) newBulk(u *ledger.Unit, r BulkRequest) (*Bulk, error) {
	b := &Bulk{
		ID: u.NewID(bulkKind.Prefix), Platform: p.id, Action: r.Action, Filter: r.Filter, Most: r.Most, ReverseTransfer: r.ReverseTransfer,
		RefundFee: r.RefundFee, Reason: r.Reason, Document: r.Document, Status: BulkProposed, Created: u.At(),
	}
	switch r.Action {
	case BulkHold, BulkRelease, BulkRefund:
	default:
		return nil, badField("invalid_request", "action", "charges are held, released or refunded")
	}
	if err := checkText("document", r.Document, 200); err != nil {
		return nil, err
	}
	if r.Action != BulkRefund && (r.ReverseTransfer || r.RefundFee) {
		return nil, badField("invalid_request", "reverseTransfer", "only refunds take something back from sellers")
	}
	if r.Action == BulkRefund {
		if err := checkRefund(&RefundRequest{ChargeID: chargeKind.Prefix + "any", Reason: r.Reason, ReverseTransfer: r.ReverseTransfer, RefundFee: r.RefundFee}); err != nil {
			return nil, err
		}
	} else if err := checkText("reason", r.Reason, 1000); err != nil {
		return nil, err
	}
	if r.Action == BulkHold {
		if r.Most != (ledger.Money{}) {
			return nil, badField("invalid_amount", "most", "a hold moves nothing")
		}
	} else {
		if err := p.e.checkMoney(r.Most, u.At()); err != nil {
			return nil, inField("most", err)
		}
		if !b.Filter.Currency.IsZero() && b.Filter.Currency != r.Most.Currency() {
			return nil, badField("currency_mismatch", "most", "the charges are in "+b.Filter.Currency.String())
		}
		b.Filter.Currency = r.Most.Currency()
	}
	b.loaded()
	return b, b.Filter.check(p, u)
}

// startBulk lets Drain carry a bulk out.
func (p *Platform) startBulk(u *ledger.Unit, b *Bulk) error {
	if err := b.become(BulkRunning); err != nil {
		return err
	}
	b.Started = u.At()
	b.Work.Later(u.At())
	return p.putBulk(u, b, EventBulkStarted)
}

// bulkApproved lets begin what was proposed.
func (p *Platform) bulkApproved(u *ledger.Unit, o *Proposal) error {
	b, err := bulkKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	b.Signed = o.signed()
	return p.startBulk(u, b)
}

// bulkDropped ends what nobody approved.
func (p *Platform) bulkDropped(u *ledger.Unit, o *Proposal) error {
	b, err := bulkKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	if b.Status != BulkProposed { // somebody ended both since the proposal was read: putting it loses that race, and it is read again
		return nil
	}
	to, event := BulkRefused, EventBulkRefused
	if o.Status == ProposalExpired {
		to, event = BulkExpired, EventBulkExpired
	}
	if err := b.become(to); err != nil {
		return err
	}
	b.Ended = u.At()
	return p.putBulk(u, b, event)
}

// StopBulkRequest stops a bulk.
type StopBulkRequest struct {
	Key    string `json:"-"`
	By     Actor  `json:"by,omitzero"` // who may ask for its action, or approve it
	BulkID string `json:"bulk,omitzero"`
}

// StopBulk ends a bulk that is running: what is under way is finished, and nothing
// further is begun. What was done stands. Of class State is invalid_state (bulk).
func (p *Platform) StopBulk(ctx context.Context, r StopBulkRequest) (*Bulk, error) {
	verb := simpleVerb[Bulk]{name: "stop bulk", kind: &bulkKind, replayed: (*Bulk).replay, target: r.BulkID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Bulk, error) {
		b, err := p.bulk(u, r.BulkID)
		if err != nil {
			return nil, err
		}
		if err := r.By.check(); err != nil {
			return nil, err
		}
		rule := b.manual().rule()
		if len(r.By.of(rule.asks)) == 0 && len(r.By.of(rule.approves)) == 0 {
			return nil, noRight(b.manual(), rule.asks)
		}
		if err := b.become(BulkStopped); err != nil {
			return nil, err
		}
		b.Stopper = r.By.ID
		if b.Current == "" {
			b.Ended = u.At()
			b.Work.Done()
		}
		return b, p.putBulk(u, b, EventBulkStopped)
	})
}

// manual is the action that people have rights to.
func (b *Bulk) manual() ManualAction {
	switch b.Action {
	case BulkHold:
		return ManualBulkHold
	case BulkRelease:
		return ManualBulkRelease
	}
	return ManualBulkRefund
}

func (r BulkRequest) actor() Actor     { return r.By }
func (r StopBulkRequest) actor() Actor { return r.By }
