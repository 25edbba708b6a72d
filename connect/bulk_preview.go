package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// maxBulkPreview bounds how many charges a preview goes through.
const maxBulkPreview = 1000

// BulkPreview is what a bulk would do now.
type BulkPreview struct {
	Count   int64          // charges to which it would be done
	Sums    []ledger.Money // what would be moved, by currency
	Refused []BulkRefusal  // by code
	Items   []BulkItem     // charge by charge, oldest first; without ids
	More    bool           // there are more than a thousand charges: the rest was not looked at
}

// BulkRefusal is how many charges a bulk would be refused for, and why.
type BulkRefusal struct {
	Code  string
	Count int64
	Sums  []ledger.Money // of the charges, by currency
}

// PreviewBulk says what StartBulk would do with the same request, to how many charges
// and of how much by currency, and what would be refused and why: by the same code on
// a copy of everything, so that one charge may use up what another needs. It looks at
// up to a thousand charges and leaves no trace. Key, By and Most may be left out;
// without Most it says how much is needed, in each currency.
func (p *Platform) PreviewBulk(ctx context.Context, r BulkRequest) (*BulkPreview, error) {
	if err := p.may(ctx, "PreviewBulk"); err != nil {
		return nil, err
	}
	x := &BulkPreview{}
	copied := p.Preview().nobody()
	var b *Bulk
	_, err := copied.unit(ctx, func(u *ledger.Unit) (err error) {
		ask := r
		if r.Action != BulkHold && r.Most == (ledger.Money{}) {
			ask.Most = ledger.Minor(1, ledger.USD)
			if ask.Filter.Currency = r.Filter.Currency; !r.Filter.Currency.IsZero() {
				ask.Most = ledger.Minor(1, r.Filter.Currency)
			}
		}
		if b, err = copied.newBulk(u, ask); err != nil {
			return err
		}
		if r.Most == (ledger.Money{}) {
			b.Most, b.Filter.Currency = ledger.Money{}, r.Filter.Currency
			return b.Filter.check(copied, u)
		}
		return nil
	})
	if err == nil {
		err = copied.previewBulk(ctx, b, x)
	}
	if err != nil {
		return nil, fmt.Errorf("connect: preview bulk: %w", err)
	}
	return x, nil
}

// previewBulk goes through the charges.
func (p *Platform) previewBulk(ctx context.Context, b *Bulk, x *BulkPreview) error {
	q := b.Filter.query(p.id, b.Created)
	moved := int64(0)
	for seen := 0; ; {
		var list []ledger.Object
		if err := p.store.Read(ctx, func(v ledger.View) (err error) { list, err = v.Find(q); return err }); err != nil {
			return err
		}
		for _, o := range list {
			q.After = o.PlaceIn(q)
			c, err := chargeKind.Decode(o)
			if err != nil {
				return err
			}
			if !b.Filter.fits(c) {
				continue
			}
			if seen++; seen > maxBulkPreview {
				x.More = true
				return nil
			}
			if err := p.previewItem(ctx, b, c, x, &moved); err != nil {
				return err
			}
		}
		if len(list) < q.Limit {
			return nil
		}
	}
}

func (p *Platform) previewItem(ctx context.Context, b *Bulk, c *Charge, x *BulkPreview, moved *int64) error {
	i := BulkItem{ID: bulkItemID(b.ID, c.ID), Platform: p.id, Charge: c.ID, Status: BulkItemDone, Created: b.Created}
	if b.Most != (ledger.Money{}) { // what is too much must leave no trace in the copy
		_, amount, err := p.Preview().bulkDo(ctx, b, &i)
		if err == nil && *moved+amount.Minor() > b.Most.Minor() {
			i.ID, i.Status, i.Code = "", BulkItemRefused, "bulk_limit_exceeded"
			x.refuse(i, c)
			return nil
		}
	}
	_, amount, err := p.bulkDo(ctx, b, &i)
	i.ID = ""
	var e *ledger.Error
	switch {
	case err == nil:
		x.Count++
		i.Amount = amount
		*moved += amount.Minor()
		if amount != (ledger.Money{}) {
			x.Sums = addSum(x.Sums, amount)
		}
		x.Items = append(x.Items, i)
		return nil
	case !errors.As(err, &e):
		return err
	}
	i.Status, i.Code = BulkItemRefused, e.Code
	x.refuse(i, c)
	return nil
}

func (x *BulkPreview) refuse(i BulkItem, c *Charge) {
	x.Items = append(x.Items, i)
	at, ok := slices.BinarySearchFunc(x.Refused, i.Code, func(r BulkRefusal, code string) int { return strings.Compare(r.Code, code) })
	if !ok {
		x.Refused = slices.Insert(x.Refused, at, BulkRefusal{Code: i.Code})
	}
	x.Refused[at].Count++
	x.Refused[at].Sums = addSum(x.Refused[at].Sums, c.Amount)
}

// addSum adds an amount to a list by currency. What leaves 64 bits stays apart.
func addSum(list []ledger.Money, m ledger.Money) []ledger.Money {
	for i := range list {
		if list[i].Currency() == m.Currency() {
			if next, err := list[i].Add(m); err == nil {
				list[i] = next
				return list
			}
		}
	}
	return append(list, m)
}
