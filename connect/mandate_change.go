package connect

import (
	"cmp"
	"context"
	"time"

	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// mandateLife: canceled and expired are final.
var mandateLife = life[MandateStatus]{
	MandatePending:   {MandateActive, MandateCanceled, MandateExpired},
	MandateActive:    {MandateSuspended, MandateCanceled, MandateExpired},
	MandateSuspended: {MandateActive, MandateCanceled, MandateExpired},
	MandateCanceled:  {},
	MandateExpired:   {},
}

func (m *Mandate) become(to MandateStatus, code string) error {
	if err := mandateLife.check("mandate", m.Status, to); err != nil {
		return err
	}
	m.Status, m.Code = to, code
	return nil
}

// ActivateMandateRequest says that a pending mandate is good.
type ActivateMandateRequest struct {
	Key       string           `json:"-"`
	MandateID string           `json:"mandate,omitzero"`
	Signature MandateSignature `json:"signature,omitzero"` // of one that is not signed yet
}

// ActivateMandate makes a pending mandate active: the debtor has signed it, or their
// bank has confirmed it where the scheme wants that.
func (p *Platform) ActivateMandate(ctx context.Context, r ActivateMandateRequest) (*Mandate, error) {
	return changeMandate(ctx, p, "activate mandate", r.Key, r.MandateID, r, func(u *ledger.Unit, m *Mandate) (string, error) {
		if m.Status != MandatePending {
			return "", mandateLife.check("mandate", m.Status, MandatePending)
		}
		if err := r.Signature.check(u.At()); err != nil {
			return "", err
		}
		switch signed := m.Signature.Text != ""; {
		case r.Signature.Text == "" && !signed:
			return "", badField("signature_required", "signature", "the mandate is not signed yet")
		case r.Signature.Text != "" && signed:
			return "", badState("already_signed", "signature", "the mandate has its evidence")
		case !signed:
			m.Signature = r.Signature
		}
		m.Activated = u.At()
		return EventMandateActivated, m.become(MandateActive, "")
	})
}

// MandateStepRequest suspends, resumes or cancels a mandate.
type MandateStepRequest struct {
	Key       string `json:"-"`
	MandateID string `json:"mandate,omitzero"`
	Reason    string `json:"reason,omitzero"` // in the host's words, at most 200 characters; it becomes the mandate's Code
}

// SuspendMandate stops debits until ResumeMandate. Those that are recorded and not
// with the rail yet fail on their day if it still is.
func (p *Platform) SuspendMandate(ctx context.Context, r MandateStepRequest) (*Mandate, error) {
	return p.stepMandate(ctx, "suspend mandate", r, EventMandateSuspended, MandateSuspended)
}

// ResumeMandate makes a suspended mandate active again.
func (p *Platform) ResumeMandate(ctx context.Context, r MandateStepRequest) (*Mandate, error) {
	return changeMandate(ctx, p, "resume mandate", r.Key, r.MandateID, r, func(_ *ledger.Unit, m *Mandate) (string, error) {
		if m.Status != MandateSuspended {
			return "", badState("invalid_state", "mandate", "a mandate that is "+string(m.Status)+" is not suspended")
		}
		return EventMandateResumed, m.become(MandateActive, "")
	})
}

// CancelMandate ends a mandate: the debtor has withdrawn it, or the creditor gives it
// up. Debits that are recorded and not with the rail yet fail on their day; those
// that are with it stand.
func (p *Platform) CancelMandate(ctx context.Context, r MandateStepRequest) (*Mandate, error) {
	return p.stepMandate(ctx, "cancel mandate", r, EventMandateCanceled, MandateCanceled)
}

func (p *Platform) stepMandate(ctx context.Context, verb string, r MandateStepRequest, event string, to MandateStatus) (*Mandate, error) {
	return changeMandate(ctx, p, verb, r.Key, r.MandateID, r, func(u *ledger.Unit, m *Mandate) (string, error) {
		if err := checkText("reason", r.Reason, 200); err != nil {
			return "", err
		}
		if err := m.become(to, r.Reason); err != nil {
			return "", err
		}
		if m.over() {
			m.Ended = u.At()
		}
		return event, nil
	})
}

// changeMandate runs a verb that changes one mandate.
func changeMandate[Req any](ctx context.Context, p *Platform, name, key, id string, r Req, fn func(*ledger.Unit, *Mandate) (string, error)) (*Mandate, error) {
	verb := simpleVerb[Mandate]{name: name, kind: &mandateKind, replayed: (*Mandate).replay, target: id}
	return simple(ctx, p, verb, key, r, func(u *ledger.Unit) (*Mandate, error) {
		m, err := p.mandate(u, id)
		if err != nil {
			return nil, err
		}
		event, err := fn(u, m)
		if err != nil {
			return nil, err
		}
		return m, p.putMandate(u, m, event)
	})
}

// AmendMandateRequest changes a mandate. Empty fields stay as they are.
type AmendMandateRequest struct {
	Key       string       `json:"-"`
	MandateID string       `json:"mandate,omitzero"`
	Name      string       `json:"name,omitzero"` // the debtor's
	Bank      *BankDetails `json:"bank,omitzero"` // the debtor's, in the same currency
	Creditor  string       `json:"creditor,omitzero"`
	Reference string       `json:"reference,omitzero"`
}

// AmendMandate changes a mandate that has not ended. It keeps what was, and the next
// debit tells the debtor's bank. Debits that are recorded already go as they were.
func (p *Platform) AmendMandate(ctx context.Context, r AmendMandateRequest) (*Mandate, error) {
	return changeMandate(ctx, p, "amend mandate", r.Key, r.MandateID, r, func(u *ledger.Unit, m *Mandate) (string, error) {
		if m.over() || m.Charge != "" {
			return "", badState("invalid_state", "mandate", "the mandate is "+string(m.Status)+", or has served once and for all")
		}
		was, err := p.amend(u, m, &r)
		if err != nil {
			return "", err
		}
		if was == (payout.Amendment{}) {
			return "", badField("invalid_request", "mandate", "nothing of the mandate changes")
		}
		if len(m.Amendments) >= maxAmendments {
			return "", badState("too_many_amendments", "mandate", "a mandate that changes so often is a new one")
		}
		m.Amendments = append(m.Amendments, MandateAmendment{At: u.At(), Was: was})
		if m.Uses > 0 { // else its bank has not heard of it yet
			m.Untold = oldest(m.Untold, was)
		}
		return EventMandateAmended, nil
	})
}

// maxAmendments bounds what is kept with a mandate.
const maxAmendments = 100

// oldest is what a bank knew before several changes.
func oldest(first, then payout.Amendment) payout.Amendment {
	first.Mandate, first.Creditor = cmp.Or(first.Mandate, then.Mandate), cmp.Or(first.Creditor, then.Creditor)
	first.Name = cmp.Or(first.Name, then.Name)
	if first.Token == "" {
		first.Token, first.Last4 = then.Token, then.Last4
	}
	return first
}

// amend makes the changes and returns what was.
func (p *Platform) amend(u *ledger.Unit, m *Mandate, r *AmendMandateRequest) (was payout.Amendment, err error) {
	t, err := p.e.scheme(m.Scheme, dayOf(u))
	if err != nil {
		return was, err
	}
	if r.Creditor != "" && r.Creditor != m.Creditor {
		if err := checkCreditor(m.Scheme, r.Creditor); err != nil {
			return was, err
		}
		was.Creditor, m.Creditor = m.Creditor, r.Creditor
	}
	if r.Reference != "" && r.Reference != m.Reference {
		if !bankText(r.Reference) {
			return was, badField("invalid_reference", "reference", "a reference is 1 to 35 letters, digits and + ? / - : ( ) . , '")
		}
		was.Mandate, m.Reference = m.Reference, r.Reference
	}
	if was.Creditor != "" || was.Mandate != "" {
		if err := p.takeReference(u, m); err != nil {
			return was, err
		}
	}
	old := m.Debtor
	bank := BankDetails{Token: old.Bank.Token, Country: old.Bank.Country, Currency: old.Bank.Currency, Last4: old.Bank.Last4}
	if r.Bank != nil {
		bank = *r.Bank
	}
	if err := p.debtor(u, m, cmp.Or(r.Name, old.Name), bank, &t); err != nil {
		return was, err
	}
	if m.Debtor.Bank.Currency != old.Bank.Currency {
		return was, badField("currency_mismatch", "bank.currency", "a mandate stays in its currency")
	}
	if m.Debtor.Name != old.Name {
		was.Name = old.Name
	}
	if m.Debtor.Bank != old.Bank {
		was.Token, was.Last4 = old.Bank.Token, old.Bank.Last4
	}
	return was, nil
}

// lives says until when a mandate is good.
func (m *Mandate) lives(t *debit.Terms) {
	m.Expires = 0
	if t.Life > 0 {
		m.Expires = debit.AddMonths(max(m.LastUse, payout.DayOf(m.Created, time.UTC)), t.Life)
	}
}

// expireMandate ends a mandate that was not used for too long.
func (p *Platform) expireMandate(u *ledger.Unit, id string) error {
	m, err := p.mandate(u, id)
	if err != nil || m.over() || m.Expires == 0 || dayOf(u) <= m.Expires {
		return err // somebody was faster, or it was used
	}
	if err := m.become(MandateExpired, ""); err != nil {
		return err
	}
	m.Ended = u.At()
	return p.putMandate(u, m, EventMandateExpired)
}

// mandateEnded books that a return has ended a mandate.
func (p *Platform) mandateEnded(u *ledger.Unit, m *Mandate, code string) error {
	if m.over() {
		return mandateKind.Put(u, m.ID, m)
	}
	if err := m.become(MandateCanceled, code); err != nil {
		return err
	}
	m.Ended = u.At()
	return p.putMandate(u, m, EventMandateCanceled)
}
