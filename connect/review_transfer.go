package connect

import (
	"cmp"
	"context"
	"errors"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// TransferStatus is where a transfer stands.
type TransferStatus string

// The states of a transfer.
const (
	TransferMade     TransferStatus = ""
	TransferInReview TransferStatus = "in_review" // nothing has moved
	TransferRefused  TransferStatus = "refused"   // nor will anything
)

// looked is the error of a transfer that a person has to look at: nothing of it may be
// posted, so it is recorded by another unit of work.
type looked struct {
	decision compliance.Decision
	amount   ledger.Money
	facts    compliance.Payment
}

func (l *looked) Error() string { return l.decision.Explain() }

// reviewTransfer records a transfer that waits for a person, where that is what its
// first recording came to.
func (p *Platform) reviewTransfer(ctx context.Context, verb simpleVerb[Transfer], r *TransferRequest, t *Transfer, err error) (*Transfer, error) {
	var l *looked
	if !errors.As(err, &l) {
		return t, err
	}
	return simple(ctx, p, verb, r.Key, *r, func(u *ledger.Unit) (*Transfer, error) {
		if _, err := p.expectProfile(u); err != nil {
			return nil, err
		}
		t := &Transfer{
			ID: u.NewID(transferKind.Prefix), Platform: p.id, From: cmp.Or(r.From, p.id), To: r.To, Amount: l.amount, Charge: r.ChargeID,
			TransferGroup: r.TransferGroup, Agreement: r.AgreementID, Description: r.Description, Created: u.At(), Metadata: r.Metadata,
			Decision: &l.decision, Status: TransferInReview,
		}
		t.loaded()
		facts := l.facts
		facts.ID, facts.At = t.ID, u.At()
		if err := keepFacts(u, &facts); err != nil {
			return nil, err
		}
		var err error
		if t.Review, err = p.openReview(u, &Review{Transfer: t.ID, Account: t.From, Amount: t.Amount, Decision: t.Decision, Request: r}); err != nil {
			return nil, err
		}
		return t, p.putTransfer(u, t, EventTransferPending)
	})
}

func (p *Platform) putTransfer(u *ledger.Unit, t *Transfer, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: transferKind.ID(t.ID)})
	return transferKind.Put(u, t.ID, t)
}

// reviewRates asks for the rate of a transfer that waits, if it is converted.
func (p *Platform) reviewRates(ctx context.Context, id string) (x rates, err error) {
	o, err := p.GetReview(ctx, id)
	if err != nil || o.Request == nil || o.Request.Currency.IsZero() || o.Request.Currency == o.Amount.Currency() {
		return x, err
	}
	return p.rates(ctx, o.Amount.Currency(), o.Request.Currency)
}

// transferApproved makes a transfer that was approved, as it was asked for.
func (p *Platform) transferApproved(u *ledger.Unit, o *Review, x rates) error {
	t, err := transferKind.Get(u, o.Transfer)
	if err != nil {
		return err
	}
	r := *o.Request
	r.rates, r.approved = x, t
	_, err = p.newTransfer(u, &r)
	return err
}

// transferRefused ends a transfer that was not approved.
func (p *Platform) transferRefused(u *ledger.Unit, o *Review) error {
	t, err := transferKind.Get(u, o.Transfer)
	if err != nil {
		return err
	}
	t.Status = TransferRefused
	return p.putTransfer(u, t, EventTransferRefused)
}
