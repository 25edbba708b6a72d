package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// FreezeRequest blocks money of an account by law.
type FreezeRequest struct {
	Key       string `json:"-"`
	By        Actor  `json:"by,omitzero"`
	AccountID string `json:"account,omitzero"`
	// Amount is what is frozen: what is available of it at once, and the rest as it
	// becomes available. The zero Money: everything, in all currencies.
	Amount      ledger.Money      `json:"amount,omitzero"`
	Cause       FreezeCause       `json:"cause,omitzero"`
	Authority   string            `json:"authority,omitzero"`   // who ordered it: 1–200 characters
	Document    string            `json:"document,omitzero"`    // the order's reference: 1–200 characters
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// Freeze blocks what is available to an account, by sanctions or an order, and what
// becomes available later: it always takes two people, and is done by ApproveProposal.
// While an order is for everything, or its amount is not there yet, payouts and
// transfers of the account, fees and adjustments that take of it are refused, with
// class State and code account_frozen (account). What is pending or under way goes on,
// and so do refunds; payouts that were claimed before stand.
func (p *Platform) Freeze(ctx context.Context, r FreezeRequest) (*Freeze, error) {
	verb := simpleVerb[Freeze]{name: "freeze", kind: &freezeKind, replayed: (*Freeze).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Freeze, error) {
		if _, err := p.expectProfile(u); err != nil {
			return nil, err
		}
		f := &Freeze{
			ID: u.NewID(freezeKind.Prefix), Platform: p.id, Account: r.AccountID, Everything: r.Amount == ledger.Money{}, Amount: r.Amount,
			Cause: r.Cause, Authority: r.Authority, Document: r.Document, Description: r.Description, Status: FreezeProposed,
			Created: u.At(), Metadata: r.Metadata,
		}
		if err := p.checkFreeze(u, f); err != nil {
			return nil, err
		}
		o := &Proposal{Action: ManualFreeze, Object: f.ID, Account: f.Account, Description: f.Description}
		var err error
		if f.Signed, err = p.propose(u, r.By, o); err != nil {
			return nil, err
		}
		return f, p.putFreeze(u, f, f.Signed, EventFreezeProposed)
	})
}

func (p *Platform) checkFreeze(u *ledger.Unit, f *Freeze) error {
	switch f.Cause {
	case FreezeSanctions, FreezeCourt, FreezeAuthority:
	default:
		return badField("invalid_cause", "cause", "money is frozen by sanctions, by a court's order or an authority's")
	}
	if !f.Everything {
		if err := p.e.checkMoney(f.Amount, u.At()); err != nil {
			return err
		}
	}
	if err := checkOrder(f.Document, f.Description); err != nil {
		return err
	}
	if f.Authority == "" {
		return badField("invalid_text", "authority", "an order is somebody's")
	}
	if err := checkText("authority", f.Authority, 200); err != nil {
		return err
	}
	if err := checkMetadata(f.Metadata); err != nil {
		return err
	}
	return p.expectAccount(u, f.Account)
}

// checkOrder refuses an order without a reference.
func checkOrder(document, description string) error {
	if document == "" {
		return badField("invalid_text", "document", "an order has a reference")
	}
	if err := checkText("document", document, 200); err != nil {
		return err
	}
	return checkText("description", description, 1000)
}

// freezeApproved freezes what was proposed.
func (p *Platform) freezeApproved(u *ledger.Unit, o *Proposal) error {
	f, err := freezeKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	a, err := p.account(u, f.Account)
	if err != nil {
		return err
	}
	if len(a.Freezes) >= maxFreezes {
		return badState("too_many_freezes", "account", "at most twenty orders stand against one account")
	}
	if err := f.become(FreezeActive); err != nil {
		return err
	}
	f.Signed, f.Made = o.signed(), u.At()
	if _, err := p.sweepFreeze(u, f); err != nil {
		return err
	}
	a.Freezes = append(a.Freezes, f.stands())
	if err := p.putFreezes(u, a); err != nil {
		return err
	}
	return p.putFreeze(u, f, f.Signed, EventFreezeMade)
}

// putFreezes puts an account whose orders have changed.
func (p *Platform) putFreezes(u *ledger.Unit, a *Account) error {
	u.Emit(ledger.Event{Type: EventAccountUpdated, Platform: p.id, Object: accountKind.ID(a.ID)})
	return accountKind.Put(u, a.ID, a)
}

// freezeDropped ends what nobody approved.
func (p *Platform) freezeDropped(u *ledger.Unit, o *Proposal) error {
	f, err := freezeKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	to, event := FreezeRefused, EventFreezeRefused
	if o.Status == ProposalExpired {
		to, event = FreezeExpired, EventFreezeExpired
	}
	if err := f.become(to); err != nil {
		return err
	}
	return p.putFreeze(u, f, f.Signed, event)
}
