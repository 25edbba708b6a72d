package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// BulkAction is what is done to many charges.
type BulkAction string

// The actions.
const (
	BulkHold    BulkAction = "hold"    // a complaint is opened about shares that wait, so that nothing of them is released by itself (OpenComplaint)
	BulkRelease BulkAction = "release" // of shares that wait, whole (Release)
	BulkRefund  BulkAction = "refund"  // of all that is left of a charge (Refund)
)

// BulkStatus is where something that is done to many charges stands.
type BulkStatus string

// The states.
const (
	BulkProposed BulkStatus = "proposed" // a second person has to approve it
	BulkRunning  BulkStatus = "running"
	BulkDone     BulkStatus = "done"
	BulkStopped  BulkStatus = "stopped" // by a person; what was done before stands
	BulkRefused  BulkStatus = "refused"
	BulkExpired  BulkStatus = "expired" // nobody approved in time
)

// bulkLife: what has ended is begun as another one.
var bulkLife = life[BulkStatus]{
	BulkProposed: {BulkRunning, BulkRefused, BulkExpired},
	BulkRunning:  {BulkDone, BulkStopped},
	BulkDone:     {},
	BulkStopped:  {},
	BulkRefused:  {},
	BulkExpired:  {},
}

// Bulk is one action on all charges that a filter finds: those that were made before
// it was asked for, oldest first. Drain carries it out, charge by charge.
type Bulk struct {
	ID       string       `json:"id"`
	Platform string       `json:"platform"`
	Action   BulkAction   `json:"action"`
	Filter   BulkFilter   `json:"filter"`
	Most     ledger.Money `json:"most,omitzero"` // what is moved at most; nothing of a hold
	// How a refund is made, as in RefundRequest; Reason also says why a share is held.
	ReverseTransfer bool   `json:"reverseTransfer,omitzero"`
	RefundFee       bool   `json:"refundFee,omitzero"`
	Reason          string `json:"reason,omitzero"`
	Document        string `json:"document,omitzero"`

	Status  BulkStatus   `json:"status"`
	Signed  Signed       `json:"signed"`
	Started time.Time    `json:"started,omitzero"`
	Ended   time.Time    `json:"ended,omitzero"`
	Stopper string       `json:"stopper,omitzero"` // who stopped it
	Count   int64        `json:"count,omitzero"`   // charges to which it was done
	Moved   ledger.Money `json:"moved,omitzero"`   // of them, with the one under way
	Refused int64        `json:"refusedCount,omitzero"`
	SeenAt  time.Time    `json:"seenAt,omitzero"`  // when the last charge was made that was looked at
	SeenID  string       `json:"seenID,omitzero"`  // and which it was
	Current string       `json:"current,omitzero"` // the item under way

	Created time.Time   `json:"created"`
	Work    ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (b *Bulk) replay() *bool { return &b.Replayed }

func (b *Bulk) loaded() {
	if b.Most != (ledger.Money{}) {
		asZero(ledger.Zero(b.Most.Currency()), &b.Moved)
	}
}

var bulkKind = ledger.Kind[Bulk]{
	Name:   "connect.bulk",
	Prefix: "bulk_",
	Loaded: (*Bulk).loaded,
	Keys: func(b *Bulk) []ledger.Key {
		return b.Work.Keys(ledger.Key{Name: "platform", Value: b.Platform, At: b.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "action", Path: "action"}, {Name: "status", Path: "status"},
		{Name: "most", Path: "most", Type: ledger.MoneyColumn}, {Name: "moved", Path: "moved", Type: ledger.MoneyColumn},
		{Name: "done", Path: "count", Type: ledger.IntegerColumn}, {Name: "refused", Path: "refusedCount", Type: ledger.IntegerColumn},
		{Name: "author", Path: "signed.author"}, {Name: "approver", Path: "signed.approver"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

func (b *Bulk) become(to BulkStatus) error {
	err := bulkLife.check("bulk", b.Status, to)
	if err == nil {
		b.Status = to
	}
	return inField("bulk", err)
}

// BulkItemStatus is where one charge of a bulk stands.
type BulkItemStatus string

// The states of an item.
const (
	BulkItemPending BulkItemStatus = "pending" // it is being carried out
	BulkItemDone    BulkItemStatus = "done"
	BulkItemRefused BulkItemStatus = "refused" // Code says why
)

// BulkItem is what a bulk did to one charge.
type BulkItem struct {
	ID       string         `json:"id"`
	Platform string         `json:"platform"`
	Bulk     string         `json:"bulk"`
	Charge   string         `json:"charge"`
	Amount   ledger.Money   `json:"amount,omitzero"` // that goes back, or is released
	Status   BulkItemStatus `json:"status"`
	Code     string         `json:"code,omitzero"`
	Object   string         `json:"object,omitzero"` // the refund, the release, or the share that is held
	Created  time.Time      `json:"created"`
}

var bulkItemKind = ledger.Kind[BulkItem]{
	Name:   "connect.bulk_item",
	Prefix: "bitem_",
	Keys: func(i *BulkItem) []ledger.Key {
		return []ledger.Key{{Name: "bulk", Value: i.Bulk, At: i.Created}, {Name: "platform", Value: i.Platform, At: i.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "bulk", Path: "bulk"}, {Name: "charge", Path: "charge"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "object", Path: "object"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// bulkItemID names the item of a charge, so that there is one.
func bulkItemID(bulk, charge string) string {
	return bulkItemKind.Prefix + bulk[len(bulkKind.Prefix):] + "." + charge
}

// The types of events of bulks. Those of a bulk say who asked for it and who approved.
const (
	EventBulkProposed = "bulk.proposed"
	EventBulkStarted  = "bulk.started"
	EventBulkUpdated  = "bulk.updated" // one charge more
	EventBulkDone     = "bulk.done"
	EventBulkStopped  = "bulk.stopped"
	EventBulkRefused  = "bulk.refused"
	EventBulkExpired  = "bulk.expired"

	EventBulkItemStarted = "bulk_item.started"
	EventBulkItemDone    = "bulk_item.done"
	EventBulkItemRefused = "bulk_item.refused"
)

func (p *Platform) putBulk(u *ledger.Unit, b *Bulk, event string) error {
	if err := b.Signed.emit(u, p, event, bulkKind.ID(b.ID)); err != nil {
		return err
	}
	return bulkKind.Put(u, b.ID, b)
}

func (p *Platform) putBulkItem(u *ledger.Unit, i *BulkItem, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: bulkItemKind.ID(i.ID)})
	return bulkItemKind.Put(u, i.ID, i)
}

// bulk returns a bulk of the platform, expected unchanged.
func (p *Platform) bulk(u *ledger.Unit, id string) (*Bulk, error) {
	b, err := bulkKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "bulk")
	}
	if b.Platform != p.id {
		return nil, notFound("bulk")
	}
	return b, nil
}

// GetBulk returns a bulk of the platform.
func (p *Platform) GetBulk(ctx context.Context, id string) (*Bulk, error) {
	return get(ctx, p, &bulkKind, id, "bulk", func(b *Bulk) string { return b.Platform })
}

var bulkLister = &lister[Bulk]{what: "bulks", kind: &bulkKind, platform: func(b *Bulk) string { return b.Platform }}

// ListBulks returns a page of the platform's bulks.
func (p *Platform) ListBulks(ctx context.Context, r ListRequest) (*List[Bulk], error) {
	return bulkLister.page(ctx, p, r)
}

// Bulks walks the platform's bulks, newest first.
func (p *Platform) Bulks(ctx context.Context, r ListRequest) iter.Seq2[*Bulk, error] {
	return bulkLister.each(ctx, p, r, func(b *Bulk) string { return b.ID })
}

// BulkItems walks what a bulk did, charge by charge, in the order in which it was done.
func (p *Platform) BulkItems(ctx context.Context, bulkID string) iter.Seq2[*BulkItem, error] {
	return func(yield func(*BulkItem, error) bool) {
		if _, err := p.GetBulk(ctx, bulkID); err != nil {
			yield(nil, err)
			return
		}
		q := ledger.Query{Kind: bulkItemKind.Name, Name: "bulk", Value: bulkID, Limit: maxList}
		for {
			var list []ledger.Object
			err := p.store.Read(ctx, func(v ledger.View) (err error) { list, err = v.Find(q); return err })
			if err != nil {
				yield(nil, err)
				return
			}
			for _, o := range list {
				i, err := bulkItemKind.Decode(o)
				if !yield(i, err) || err != nil {
					return
				}
				q.After = o.PlaceIn(q)
			}
			if len(list) < q.Limit {
				return
			}
		}
	}
}
