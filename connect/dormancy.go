package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
)

// DormancyStatus is where the balance of somebody stands who cannot be reached.
type DormancyStatus string

// The states of a dormancy.
const (
	DormancyNoticed     DormancyStatus = "noticed"     // they were written to, and have time to answer
	DormancyUnclaimed   DormancyStatus = "unclaimed"   // the money is set aside for them
	DormancySurrendered DormancyStatus = "surrendered" // it was given to the authority
	DormancyReclaimed   DormancyStatus = "reclaimed"   // they were heard of
)

// dormancyLife: who is heard of may become dormant again, as another one.
var dormancyLife = life[DormancyStatus]{
	DormancyNoticed:     {DormancyUnclaimed, DormancyReclaimed},
	DormancyUnclaimed:   {DormancySurrendered, DormancyReclaimed},
	DormancySurrendered: {DormancySurrendered, DormancyReclaimed}, // where the payout came back
	DormancyReclaimed:   {},
}

// Dormancy is a balance in one currency of an account whose owner cannot be reached:
// flow Z2 of the chart.
type Dormancy struct {
	ID       string          `json:"id"`
	Platform string          `json:"platform"`
	Account  string          `json:"account"`
	Currency ledger.Currency `json:"currency"`
	Since    time.Time       `json:"since"`   // when they were last heard of, as the host says
	Rule     market.Dormancy `json:"rule"`    // of the account's country, as it was then
	Notices  []OwnerNotice   `json:"notices"` // that were sent to them, oldest first
	Due      time.Time       `json:"due"`     // when the money is set aside, unless they answer
	Status   DormancyStatus  `json:"status"`
	Amount   ledger.Money    `json:"amount,omitzero"` // that was set aside
	Signed   Signed          `json:"signed"`          // who says that they cannot be reached

	Surrender *Surrender        `json:"surrender,omitzero"` // asked for, or done
	Earlier   []Surrender       `json:"earlier,omitzero"`   // whose payouts failed or came back
	Reclaimed time.Time         `json:"reclaimed,omitzero"`
	Heard     *Signed           `json:"heard,omitzero"` // who says that they were heard of
	Created   time.Time         `json:"created"`
	Metadata  map[string]string `json:"metadata,omitzero"`
	Work      ledger.Work       `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// OwnerNotice is something that was sent to somebody who does not answer.
type OwnerNotice struct {
	At       time.Time `json:"at,omitzero"`  // zero: now; not later than now
	How      string    `json:"how,omitzero"` // "letter", "email": 1–40 lower-case letters, digits, dots, dashes and underscores
	Document string    `json:"document,omitzero"`
}

func (d *Dormancy) replay() *bool { return &d.Replayed }

func (d *Dormancy) loaded() { asZero(ledger.Zero(d.Currency), &d.Amount) }

var dormancyKind = ledger.Kind[Dormancy]{
	Name:   "connect.dormancy",
	Prefix: "dorm_",
	Loaded: (*Dormancy).loaded,
	Keys: func(d *Dormancy) []ledger.Key {
		return d.Work.Keys(ledger.Key{Name: "platform", Value: d.Platform, At: d.Created}, ledger.Key{Name: "account", Value: d.Account, At: d.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "status", Path: "status"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn}, {Name: "currency", Path: "currency"},
		{Name: "last_heard", Path: "since", Type: ledger.TimeColumn}, {Name: "due", Path: "due", Type: ledger.TimeColumn},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

func (d *Dormancy) become(to DormancyStatus) error {
	err := dormancyLife.check("dormancy", d.Status, to)
	if err == nil {
		d.Status = to
	}
	return inField("dormancy", err)
}

// wait sets when the money is set aside: when the time of the rule is over, and that
// of the last notice.
func (d *Dormancy) wait() {
	days := func(n int) time.Duration { return time.Duration(n) * day }
	d.Due = d.Since.Add(days(d.Rule.Days))
	if last := d.Notices[len(d.Notices)-1].At.Add(days(d.Rule.Notice)); last.After(d.Due) {
		d.Due = last
	}
	d.Work.Later(d.Due)
}

func (p *Platform) putDormancy(u *ledger.Unit, d *Dormancy, s Signed, event string) error {
	if d.Status != DormancyNoticed {
		d.Work.Done()
	}
	if err := s.emit(u, p, event, dormancyKind.ID(d.ID)); err != nil {
		return err
	}
	return dormancyKind.Put(u, d.ID, d)
}

// dormancy returns a dormancy of the platform, expected unchanged.
func (p *Platform) dormancy(u *ledger.Unit, id string) (*Dormancy, error) {
	d, err := dormancyKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "dormancy")
	}
	if d.Platform != p.id {
		return nil, notFound("dormancy")
	}
	return d, nil
}

// GetDormancy returns a dormancy of the platform.
func (p *Platform) GetDormancy(ctx context.Context, id string) (*Dormancy, error) {
	return get(ctx, p, &dormancyKind, id, "dormancy", func(d *Dormancy) string { return d.Platform })
}

var dormancyLister = &lister[Dormancy]{
	what: "dormancies", kind: &dormancyKind, account: "account", platform: func(d *Dormancy) string { return d.Platform },
}

// ListDormancies returns a page of the platform's dormant balances.
func (p *Platform) ListDormancies(ctx context.Context, r ListRequest) (*List[Dormancy], error) {
	return dormancyLister.page(ctx, p, r)
}

// Dormancies walks the platform's dormant balances, newest first.
func (p *Platform) Dormancies(ctx context.Context, r ListRequest) iter.Seq2[*Dormancy, error] {
	return dormancyLister.each(ctx, p, r, func(d *Dormancy) string { return d.ID })
}
