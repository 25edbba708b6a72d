package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// WriteOffStatus is where a write-off stands.
type WriteOffStatus string

// The states of a write-off.
const (
	WriteOffProposed WriteOffStatus = "proposed" // a second person has to approve it
	WriteOffMade     WriteOffStatus = "made"
	WriteOffRefused  WriteOffStatus = "refused"
	WriteOffExpired  WriteOffStatus = "expired" // nobody approved in time
)

// writeOffLife: what was made stands; what comes in later is recovered.
var writeOffLife = life[WriteOffStatus]{
	WriteOffProposed: {WriteOffMade, WriteOffRefused, WriteOffExpired},
	WriteOffMade:     {},
	WriteOffRefused:  {},
	WriteOffExpired:  {},
}

// WriteOff is a debt of an account that the house gives up: flow V5 of the chart.
type WriteOff struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Account     string            `json:"account"`
	Amount      ledger.Money      `json:"amount"`
	Recovered   ledger.Money      `json:"recovered,omitzero"` // of it, later
	Description string            `json:"description"`        // why
	Document    string            `json:"document,omitzero"`
	Status      WriteOffStatus    `json:"status"`
	Signed      Signed            `json:"signed"`
	Made        time.Time         `json:"made,omitzero"`
	Transaction string            `json:"transaction,omitzero"` // by which it was made
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (w *WriteOff) replay() *bool { return &w.Replayed }

func (w *WriteOff) loaded() { asZero(ledger.Zero(w.Amount.Currency()), &w.Recovered) }

var writeOffKind = ledger.Kind[WriteOff]{
	Name:   "connect.write_off",
	Prefix: "woff_",
	Loaded: (*WriteOff).loaded,
	Keys: func(w *WriteOff) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: w.Platform, At: w.Created}, {Name: "account", Value: w.Account, At: w.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "recovered", Path: "recovered", Type: ledger.MoneyColumn},
		{Name: "status", Path: "status"}, {Name: "author", Path: "signed.author"}, {Name: "approver", Path: "signed.approver"},
		{Name: "made", Path: "made", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

func (w *WriteOff) become(to WriteOffStatus) error {
	err := writeOffLife.check("write-off", w.Status, to)
	if err == nil {
		w.Status = to
	}
	return inField("writeOff", err)
}

// Recovery is what came in of a debt that was written off.
type Recovery struct {
	ID          string       `json:"id"`
	Platform    string       `json:"platform"`
	Account     string       `json:"account"`
	WriteOff    string       `json:"writeOff"`
	Amount      ledger.Money `json:"amount"`
	Signed      Signed       `json:"signed"`
	Description string       `json:"description,omitzero"`
	Document    string       `json:"document,omitzero"`
	Created     time.Time    `json:"created"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (r *Recovery) replay() *bool { return &r.Replayed }

var recoveryKind = ledger.Kind[Recovery]{
	Name:   "connect.recovery",
	Prefix: "rcov_",
	Keys: func(r *Recovery) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: r.Platform, At: r.Created}, {Name: "account", Value: r.Account, At: r.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "write_off", Path: "writeOff"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

func (p *Platform) putWriteOff(u *ledger.Unit, w *WriteOff, s Signed, event string) error {
	if err := s.emit(u, p, event, writeOffKind.ID(w.ID)); err != nil {
		return err
	}
	return writeOffKind.Put(u, w.ID, w)
}

// GetWriteOff returns a write-off of the platform.
func (p *Platform) GetWriteOff(ctx context.Context, id string) (*WriteOff, error) {
	return get(ctx, p, &writeOffKind, id, "write off", func(w *WriteOff) string { return w.Platform })
}

// GetRecovery returns a recovery of the platform.
func (p *Platform) GetRecovery(ctx context.Context, id string) (*Recovery, error) {
	return get(ctx, p, &recoveryKind, id, "recovery", func(r *Recovery) string { return r.Platform })
}

var (
	writeOffLister = &lister[WriteOff]{what: "write-offs", kind: &writeOffKind, account: "account", platform: func(w *WriteOff) string { return w.Platform }}
	recoveryLister = &lister[Recovery]{what: "recoveries", kind: &recoveryKind, account: "account", platform: func(r *Recovery) string { return r.Platform }}
)

// ListWriteOffs returns a page of the platform's write-offs.
func (p *Platform) ListWriteOffs(ctx context.Context, r ListRequest) (*List[WriteOff], error) {
	return writeOffLister.page(ctx, p, r)
}

// WriteOffs walks the platform's write-offs, newest first.
func (p *Platform) WriteOffs(ctx context.Context, r ListRequest) iter.Seq2[*WriteOff, error] {
	return writeOffLister.each(ctx, p, r, func(w *WriteOff) string { return w.ID })
}

// ListRecoveries returns a page of what was recovered.
func (p *Platform) ListRecoveries(ctx context.Context, r ListRequest) (*List[Recovery], error) {
	return recoveryLister.page(ctx, p, r)
}

// Recoveries walks what was recovered, newest first.
func (p *Platform) Recoveries(ctx context.Context, r ListRequest) iter.Seq2[*Recovery, error] {
	return recoveryLister.each(ctx, p, r, func(x *Recovery) string { return x.ID })
}
