package connect

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// SourceStatus is where a saved source stands.
type SourceStatus string

// The states of a saved source.
const (
	SourcePending        SourceStatus = "pending"         // recorded, and the acquirer's answer is still to come
	SourceUnknown        SourceStatus = "unknown"         // sent blind, and the answer was lost: only news can tell
	SourceRequiresAction SourceStatus = "requires_action" // the buyer has to do something first: Action says what
	SourceActive         SourceStatus = "active"          // it can be charged
	SourceExpired        SourceStatus = "expired"         // the card's last month is over
	SourceDetached       SourceStatus = "detached"        // it was given up, by the host or the acquirer
	SourceFailed         SourceStatus = "failed"          // it was not saved; Code says why
)

// sourceLife: detached and failed are final.
var sourceLife = life[SourceStatus]{
	SourcePending:        {SourcePending, SourceUnknown, SourceRequiresAction, SourceActive, SourceFailed, SourceDetached},
	SourceUnknown:        {SourcePending, SourceRequiresAction, SourceActive, SourceFailed, SourceDetached},
	SourceRequiresAction: {SourceRequiresAction, SourcePending, SourceActive, SourceFailed, SourceDetached},
	SourceActive:         {SourceExpired, SourceDetached},
	SourceExpired:        {SourceDetached},
	SourceDetached:       {},
	SourceFailed:         {},
}

// SaveTerms are what a buyer agrees to who lets a source be saved.
type SaveTerms struct {
	Agreement BuyerAgreement `json:"agreement,omitzero"`
	// For are the payments without the buyer that they agreed to. Empty: none, and
	// the source is for payments that they start themselves.
	For     []Initiator `json:"for,omitzero"`
	Default bool        `json:"default,omitzero"` // it becomes the customer's default source, as their first one does anyway
}

// SavedSource is what a customer pays with again: a token of an acquirer, what is
// known of the card behind it, and what the buyer agreed to. It has no number.
type SavedSource struct {
	ID       string `json:"id"`
	Platform string `json:"platform"`
	Customer string `json:"customer"`
	Account  string `json:"account,omitzero"` // the customer's
	Acquirer string `json:"acquirer"`         // no other may charge it
	Method   string `json:"method,omitzero"`  // empty: a card
	Source   string `json:"source"`           // the token that was given to be saved

	Details SourceDetails `json:"details,omitzero"` // once it is active
	Expires time.Time     `json:"expires,omitzero"` // when the card's last month is over; zero: it is not known
	// SameAs is the first of the customer's active sources with this fingerprint, if
	// it was saved before.
	SameAs string `json:"sameAs,omitzero"`

	Agreement BuyerAgreement `json:"agreement"`
	For       []Initiator    `json:"for,omitzero"` // the payments without the buyer that they agreed to
	Default   bool           `json:"default,omitzero"`
	// First is the network's id of the transaction with which it was saved, or first
	// charged. Payments without the buyer name it.
	First   string          `json:"first,omitzero"`
	Auth    *Authentication `json:"auth,omitzero"`    // how the buyer was authenticated, as far as it was told
	Revoked string          `json:"revoked,omitzero"` // the code with which the buyer's bank said that they take their agreement back
	Charge  string          `json:"charge,omitzero"`  // with which it was saved; empty: by itself

	Status    SourceStatus `json:"status"`
	Code      string       `json:"code,omitzero"`
	Reference string       `json:"reference,omitzero"`
	Action    *Action      `json:"action,omitzero"`
	Retry     int          `json:"retry,omitzero"` // 1 once it was asked again with a challenge
	Created   time.Time    `json:"created"`
	Settled   time.Time    `json:"settled,omitzero"`

	Metadata map[string]string `json:"metadata,omitzero"`
	Work     ledger.Work       `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (s *SavedSource) replay() *bool { return &s.Replayed }

var savedSourceKind = ledger.Kind[SavedSource]{
	Name:   "connect.saved_source",
	Prefix: "src_",
	Keys: func(s *SavedSource) []ledger.Key {
		keys := []ledger.Key{
			{Name: "platform", Value: s.Platform, At: s.Created},
			{Name: "customer", Value: s.Customer, At: s.Created},
		}
		if s.Details.Fingerprint != "" {
			keys = append(keys, ledger.Key{Name: "fingerprint", Value: s.Platform + "/" + s.Details.Fingerprint, At: s.Created})
		}
		if at := s.deadline(); !s.Work.Open() && !at.IsZero() {
			return append(keys, ledger.Key{Name: ledger.DueKey, At: at})
		}
		return s.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "customer", Path: "customer"}, {Name: "account", Path: "account"},
		{Name: "acquirer", Path: "acquirer"}, {Name: "method", Path: "method"}, {Name: "brand", Path: "details.brand"}, {Name: "last4", Path: "details.last4"},
		{Name: "exp_month", Path: "details.expMonth", Type: ledger.IntegerColumn}, {Name: "exp_year", Path: "details.expYear", Type: ledger.IntegerColumn},
		{Name: "country", Path: "details.country"}, {Name: "fingerprint", Path: "details.fingerprint"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "agreed", Path: "agreement.at", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

func (s *SavedSource) become(to SourceStatus, code string) error {
	if err := sourceLife.check("saved source", s.Status, to); err != nil {
		return inField("savedSource", err)
	}
	s.Status, s.Code = to, code
	return nil
}

// waiting reports whether it waits for the acquirer's answer.
func (s *SavedSource) waiting() bool {
	return s.Status == SourcePending || s.Status == SourceUnknown || s.Status == SourceRequiresAction
}

// saved reports whether the acquirer keeps it.
func (s *SavedSource) saved() bool { return s.Status == SourceActive || s.Status == SourceExpired }

// deadline is when Drain ends what it waits for, or the source itself.
func (s *SavedSource) deadline() time.Time {
	switch s.Status {
	case SourceRequiresAction:
		return s.Action.Until
	case SourceActive:
		return s.Expires
	}
	return time.Time{}
}

// usable refuses a source that cannot be charged now.
func (s *SavedSource) usable(at time.Time) error {
	switch {
	case s.Status == SourceExpired, s.Status == SourceActive && !s.Expires.IsZero() && !at.Before(s.Expires):
		return badState("source_expired", "savedSource", "the card was good until "+s.Expires.Format(time.DateOnly))
	case s.Status != SourceActive:
		return badState("invalid_state", "savedSource", "only a saved source that is active is charged; it is "+string(s.Status))
	}
	return nil
}

// agreed reports whether the buyer agreed to payments of a kind.
func (s *SavedSource) agreed(by Initiator) bool {
	return by == BuyerPresent || slices.Contains(s.For, by)
}

// savedSource returns a saved source of the platform, expected unchanged.
func (p *Platform) savedSource(u *ledger.Unit, id string) (*SavedSource, error) {
	s, err := savedSourceKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "saved source")
	}
	if s.Platform != p.id {
		return nil, notFound("saved source")
	}
	return s, nil
}

func (p *Platform) putSource(u *ledger.Unit, s *SavedSource, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: savedSourceKind.ID(s.ID)})
	return savedSourceKind.Put(u, s.ID, s)
}

// GetSavedSource returns a saved source of the platform.
func (p *Platform) GetSavedSource(ctx context.Context, id string) (*SavedSource, error) {
	return get(ctx, p, &savedSourceKind, id, "saved source", func(s *SavedSource) string { return s.Platform })
}

var sourceLister = &lister[SavedSource]{
	what: "saved sources", kind: &savedSourceKind, customer: "customer", platform: func(s *SavedSource) string { return s.Platform },
}

// ListSavedSources returns a page of the platform's saved sources, or of a
// customer's: also of those that failed or were detached.
func (p *Platform) ListSavedSources(ctx context.Context, r ListRequest) (*List[SavedSource], error) {
	return sourceLister.page(ctx, p, r)
}

// SavedSources walks the platform's saved sources, newest first.
func (p *Platform) SavedSources(ctx context.Context, r ListRequest) iter.Seq2[*SavedSource, error] {
	return sourceLister.each(ctx, p, r, func(s *SavedSource) string { return s.ID })
}
