package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// MandateStatus is where a mandate stands.
type MandateStatus string

// The states of a mandate.
const (
	MandatePending   MandateStatus = "pending" // not signed, or not confirmed by the debtor's bank
	MandateActive    MandateStatus = "active"
	MandateSuspended MandateStatus = "suspended" // until it is resumed
	MandateCanceled  MandateStatus = "canceled"  // by debtor or creditor, or by a return that ends it: Code says why
	MandateExpired   MandateStatus = "expired"   // unused for as long as its scheme lets one live
)

// Mandate is a debtor's consent to be debited by a creditor: the platform, or an
// account for charges that are its own (direct, or on behalf of it).
type Mandate struct {
	ID        string           `json:"id"`
	Platform  string           `json:"platform"`
	Account   string           `json:"account,omitzero"` // the creditor; empty: the platform
	Scheme    string           `json:"scheme"`           // in the words of package connect/debit
	Kind      string           `json:"kind,omitzero"`    // of entry or debtor, where the scheme tells them apart
	Creditor  string           `json:"creditor"`         // the creditor's identifier
	Reference string           `json:"reference"`        // unique with Creditor
	Debtor    Debtor           `json:"debtor"`
	Signature MandateSignature `json:"signature,omitzero"`
	OneOff    bool             `json:"oneOff,omitzero"` // it serves once
	Limits    MandateLimits    `json:"limits,omitzero"`
	Notice    MandateNotice    `json:"notice"`
	Status    MandateStatus    `json:"status"`
	Code      string           `json:"code,omitzero"` // why it was suspended or ended

	Amendments []MandateAmendment `json:"amendments,omitzero"` // oldest first
	// Untold is what the debtor's bank has not been told of them yet: the next debit
	// carries it.
	Untold payout.Amendment `json:"untold,omitzero"`

	Uses    int          `json:"uses,omitzero"`    // debits that stand or are under way
	LastUse payout.Day   `json:"lastUse,omitzero"` // the latest due date
	Recent  []payout.Day `json:"recent,omitzero"`  // due dates of its latest debits, as many as Limits count
	Charge  string       `json:"charge,omitzero"`  // what a one-off served
	Expires payout.Day   `json:"expires,omitzero"` // the last day on which it is good, unless it is used; zero: it lives for ever

	Created   time.Time         `json:"created"`
	Activated time.Time         `json:"activated,omitzero"`
	Ended     time.Time         `json:"ended,omitzero"`
	Metadata  map[string]string `json:"metadata,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// Debtor is who is debited.
type Debtor struct {
	Name string             `json:"name"`
	Bank payout.Destination `json:"bank"` // the rail's token for the account, never its number
}

// MandateSignature is the evidence that a debtor agreed.
type MandateSignature struct {
	At     time.Time `json:"at,omitzero"`     // zero: now
	IP     string    `json:"ip,omitzero"`     // from where, if it was online
	Text   string    `json:"text,omitzero"`   // what was shown: 1–4,000 characters
	Locale string    `json:"locale,omitzero"` // its language, a tag of BCP 47
}

// MandateLimits are what debtor and creditor agreed on. The zero value is no limit.
type MandateLimits struct {
	Amount ledger.Money  `json:"amount,omitzero"` // the most of one debit, in a currency of the scheme
	Debits int           `json:"debits,omitzero"` // the most in each Period: 1–31
	Period MandatePeriod `json:"period,omitzero"`
}

// MandatePeriod is the span in which the debits of a mandate are counted, back from
// each due date.
type MandatePeriod string

// The periods.
const (
	PerWeek    MandatePeriod = "week"
	PerMonth   MandatePeriod = "month"
	PerQuarter MandatePeriod = "quarter"
	PerYear    MandatePeriod = "year"
)

// MandateNotice is how long before its due date each debit is announced.
type MandateNotice struct {
	Days     int  `json:"days"`
	Business bool `json:"business,omitzero"` // banking days; else calendar days
}

// MandateAmendment is what a mandate said before a change; what stayed is empty.
type MandateAmendment struct {
	At  time.Time        `json:"at"`
	Was payout.Amendment `json:"was"`
}

func (m *Mandate) replay() *bool { return &m.Replayed }

// over reports whether a mandate has ended.
func (m *Mandate) over() bool { return m.Status == MandateCanceled || m.Status == MandateExpired }

var mandateKind = ledger.Kind[Mandate]{
	Name:   "connect.mandate",
	Prefix: "mdt_",
	Keys: func(m *Mandate) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 3), ledger.Key{Name: "platform", Value: m.Platform, At: m.Created})
		if m.Account != "" {
			keys = append(keys, ledger.Key{Name: "account", Value: m.Account, At: m.Created})
		}
		if m.Expires != 0 && !m.over() {
			keys = append(keys, ledger.Key{Name: ledger.DueKey, At: (m.Expires + 1).Time()})
		}
		return keys
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "scheme", Path: "scheme"},
		{Name: "creditor", Path: "creditor"}, {Name: "reference", Path: "reference"}, {Name: "status", Path: "status"},
		{Name: "code", Path: "code"}, {Name: "uses", Path: "uses", Type: ledger.IntegerColumn}, {Name: "last_use", Path: "lastUse"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// The types of the events of mandates.
const (
	EventMandateCreated   = "mandate.created"
	EventMandateActivated = "mandate.activated"
	EventMandateSuspended = "mandate.suspended"
	EventMandateResumed   = "mandate.resumed"
	EventMandateAmended   = "mandate.amended"
	EventMandateUpdated   = "mandate.updated" // a debit of it was recorded, or withdrawn
	EventMandateCanceled  = "mandate.canceled"
	EventMandateExpired   = "mandate.expired"
)

// GetMandate returns a mandate of the platform.
func (p *Platform) GetMandate(ctx context.Context, id string) (*Mandate, error) {
	return get(ctx, p, &mandateKind, id, "mandate", func(m *Mandate) string { return m.Platform })
}

var mandateLister = &lister[Mandate]{what: "mandates", kind: &mandateKind, account: "account", platform: func(m *Mandate) string { return m.Platform }}

// ListMandates returns a page of the platform's mandates; of an account, those of
// which it is the creditor.
func (p *Platform) ListMandates(ctx context.Context, r ListRequest) (*List[Mandate], error) {
	return mandateLister.page(ctx, p, r)
}

// Mandates walks the platform's mandates, newest first.
func (p *Platform) Mandates(ctx context.Context, r ListRequest) iter.Seq2[*Mandate, error] {
	return mandateLister.each(ctx, p, r, func(m *Mandate) string { return m.ID })
}

// mandate returns a mandate of the platform, expected unchanged.
func (p *Platform) mandate(u *ledger.Unit, id string) (*Mandate, error) {
	m, err := mandateKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "mandate")
	}
	if m.Platform != p.id {
		return nil, notFound("mandate")
	}
	return m, nil
}

func (p *Platform) putMandate(u *ledger.Unit, m *Mandate, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: mandateKind.ID(m.ID)})
	return mandateKind.Put(u, m.ID, m)
}
