package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Agreement is an account's consent to be debited by its platform, as the host
// recorded it.
type Agreement struct {
	ID       string            `json:"id"`
	Platform string            `json:"platform"`
	Account  string            `json:"account"`
	Text     string            `json:"text"`           // what was agreed to
	By       string            `json:"by"`             // who agreed for the account: the host's id of them
	At       time.Time         `json:"at"`             // when
	Ended    time.Time         `json:"ended,omitzero"` // when the consent was withdrawn
	Created  time.Time         `json:"created"`
	Metadata map[string]string `json:"metadata,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (a *Agreement) replay() *bool { return &a.Replayed }

var agreementKind = ledger.Kind[Agreement]{
	Name:   "connect.agreement",
	Prefix: "agr_",
	Keys: func(a *Agreement) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: a.Platform, At: a.Created}, {Name: "account", Value: a.Account, At: a.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "agreed_by", Path: "by"},
		{Name: "agreed", Path: "at", Type: ledger.TimeColumn}, {Name: "ended", Path: "ended", Type: ledger.TimeColumn},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// AgreementRequest records that an account has agreed to be debited.
type AgreementRequest struct {
	Key       string            `json:"-"`
	AccountID string            `json:"account,omitzero"`
	Text      string            `json:"text,omitzero"` // 1–10,000 characters
	By        string            `json:"by,omitzero"`   // the host's id of who agreed, not their name: 1–200 characters
	At        time.Time         `json:"at,omitzero"`   // zero: now; not later than now
	Metadata  map[string]string `json:"metadata,omitzero"`
}

// RecordAgreement records an account's consent, which a transfer to the platform
// names. It stands until EndAgreement.
func (p *Platform) RecordAgreement(ctx context.Context, r AgreementRequest) (*Agreement, error) {
	verb := simpleVerb[Agreement]{name: "record agreement", kind: &agreementKind, replayed: (*Agreement).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Agreement, error) {
		if _, err := p.expectProfile(u); err != nil {
			return nil, err
		}
		a := &Agreement{
			ID: u.NewID(agreementKind.Prefix), Platform: p.id, Account: r.AccountID, Text: r.Text, By: r.By, At: r.At,
			Created: u.At(), Metadata: r.Metadata,
		}
		if a.At.IsZero() {
			a.At = a.Created
		}
		if err := a.check(); err != nil {
			return nil, err
		}
		if err := p.expectAccount(u, r.AccountID); err != nil {
			return nil, err
		}
		return a, p.putAgreement(u, a, EventAgreementRecorded)
	})
}

func (a *Agreement) check() error {
	for _, text := range []struct {
		field, value string
		most         int
	}{{"text", a.Text, 10_000}, {"by", a.By, 200}} {
		if text.value == "" {
			return badField("invalid_text", text.field, "an agreement says what was agreed to, and by whom")
		}
		if err := checkText(text.field, text.value, text.most); err != nil {
			return err
		}
	}
	if a.At.After(a.Created) {
		return badField("invalid_time", "at", "an agreement is not of the future")
	}
	return checkMetadata(a.Metadata)
}

// EndAgreementRequest withdraws a consent.
type EndAgreementRequest struct {
	Key         string `json:"-"`
	AgreementID string `json:"agreement,omitzero"`
}

// EndAgreement records that an account has withdrawn its consent: it is debited no
// more. Debits that were made stand. One that has ended already is of class State,
// code invalid_state.
func (p *Platform) EndAgreement(ctx context.Context, r EndAgreementRequest) (*Agreement, error) {
	verb := simpleVerb[Agreement]{name: "end agreement", kind: &agreementKind, replayed: (*Agreement).replay, target: r.AgreementID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Agreement, error) {
		a, err := p.agreement(u, r.AgreementID)
		if err != nil {
			return nil, err
		}
		if !a.Ended.IsZero() {
			return nil, badState("invalid_state", "agreement", "the agreement has ended")
		}
		a.Ended = u.At()
		return a, p.putAgreement(u, a, EventAgreementEnded)
	})
}

// agreement returns an agreement of the platform, expected unchanged.
func (p *Platform) agreement(u *ledger.Unit, id string) (*Agreement, error) {
	a, err := agreementKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "agreement")
	}
	if a.Platform != p.id {
		return nil, notFound("agreement")
	}
	return a, nil
}

// agreed refuses to debit an account that has not agreed to it.
func (p *Platform) agreed(u *ledger.Unit, r *TransferRequest, t *Transfer) error {
	if r.AgreementID == "" {
		return badField("agreement_required", "agreement", "an account is debited with its recorded consent")
	}
	a, err := p.agreement(u, r.AgreementID)
	switch {
	case err != nil:
		return err
	case a.Account != t.From:
		return notFound("agreement")
	case !a.Ended.IsZero():
		return badState("agreement_ended", "agreement", "the account has withdrawn its consent")
	}
	t.Agreement = a.ID
	return nil
}

func (p *Platform) putAgreement(u *ledger.Unit, a *Agreement, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: agreementKind.ID(a.ID)})
	return agreementKind.Put(u, a.ID, a)
}

// GetAgreement returns an agreement of the platform.
func (p *Platform) GetAgreement(ctx context.Context, id string) (*Agreement, error) {
	return get(ctx, p, &agreementKind, id, "agreement", func(a *Agreement) string { return a.Platform })
}
