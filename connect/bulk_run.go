package connect

import (
	"cmp"
	"context"
	"errors"

	"github.com/soukhq/souk/ledger"
)

// Bounds of the work of one look at a bulk: charges that are done, and that are looked
// at in one commit.
const (
	bulkItems = 20
	bulkPage  = 100
)

// bulkWorker lets Drain carry bulks out: so many charges, and the next look at once.
func (e *Engine) bulkWorker() ledger.Worker {
	return ledger.Worker{Kind: bulkKind.Name, Do: func(ctx context.Context, _ ledger.Store, o ledger.Object) error {
		b, err := bulkKind.Decode(o)
		if err != nil {
			return err
		}
		p, err := e.Platform(ctx, b.Platform)
		if err != nil {
			return err
		}
		for range bulkItems {
			more, err := p.bulkStep(ctx, b.ID)
			if err != nil || !more {
				return err
			}
		}
		return nil
	}}
}

// finishBulk carries a bulk out to its end.
func (p *Platform) finishBulk(ctx context.Context, id string) error {
	if _, err := p.GetBulk(ctx, id); err != nil {
		return err
	}
	for {
		if more, err := p.bulkStep(ctx, id); err != nil || !more {
			return err
		}
	}
}

// bulkStep does one charge of a bulk: it records the item, carries it out under a key
// that is the item's, and writes down what came of it. Whoever comes after a crash, or
// at the same time, does the same once more, which changes nothing.
func (p *Platform) bulkStep(ctx context.Context, id string) (more bool, err error) {
	p = p.itself()
	b, item, err := p.nextItem(ctx, id)
	if err != nil || item == nil {
		return b != nil && b.Work.Open() && err == nil, err
	}
	object, amount, err := p.By(Actor{ID: b.Signed.Author}).bulkDo(ctx, b, item)
	code := ""
	if err != nil {
		var known bool
		if code, known = refusal(err); !known {
			return false, err // nobody knows yet: the same again later
		}
	}
	_, err = p.unit(ctx, func(u *ledger.Unit) error {
		b, err := bulkKind.Get(u, id)
		if err != nil || b.Current != item.ID {
			return err
		}
		i, err := bulkItemKind.Get(u, item.ID)
		if err != nil {
			return err
		}
		b.Current = ""
		return p.endItem(u, b, i, object, amount, code)
	})
	return true, err
}

// refusal tells an error that says that something cannot be done from one after which
// it may be.
func refusal(err error) (code string, ok bool) {
	var e *ledger.Error
	if !errors.As(err, &e) {
		return "", false
	}
	switch e.Class {
	case ledger.Conflict, ledger.Unavailable, ledger.Unknown:
		return "", false
	}
	return e.Code, true
}

// endItem writes down what came of an item.
func (p *Platform) endItem(u *ledger.Unit, b *Bulk, i *BulkItem, object string, amount ledger.Money, code string) error {
	event := EventBulkItemDone
	i.Object, i.Code = object, code
	if code != "" {
		i.Status, event = BulkItemRefused, EventBulkItemRefused
		b.Refused++
		if i.Amount != (ledger.Money{}) {
			b.Moved = minus(b.Moved, i.Amount)
		}
	} else {
		i.Status = BulkItemDone
		b.Count++
		if i.Amount != (ledger.Money{}) {
			b.Moved = sum(minus(b.Moved, i.Amount), amount)
			i.Amount = amount
		}
	}
	if err := p.putBulkItem(u, i, event); err != nil {
		return err
	}
	if b.Status == BulkStopped {
		b.Ended = u.At()
		b.Work.Done()
	}
	return p.putBulk(u, b, EventBulkUpdated)
}

// nextItem returns the item under way, or records the next one; nil with none: there
// is none in this page of charges, and the bulk says whether there is another page.
func (p *Platform) nextItem(ctx context.Context, id string) (b *Bulk, item *BulkItem, err error) {
	_, err = p.unit(ctx, func(u *ledger.Unit) (err error) {
		item = nil
		if b, err = bulkKind.Get(u, id); err != nil || !b.Work.Open() {
			return err
		}
		if b.Current != "" {
			item, err = bulkItemKind.Get(u, b.Current)
			return err
		}
		q := b.Filter.query(p.id, b.Created)
		q.After = ledger.Place{At: b.SeenAt, ID: b.SeenID}
		list, err := u.Find(q)
		if err != nil {
			return err
		}
		for _, o := range list {
			c, err := chargeKind.Decode(o)
			if err != nil {
				return err
			}
			at := o.PlaceIn(q)
			b.SeenAt, b.SeenID = at.At, at.ID
			if b.Filter.fits(c) {
				item, err = p.recordItem(u, b, c)
				return err
			}
		}
		if len(list) == q.Limit {
			return p.putBulk(u, b, EventBulkUpdated)
		}
		if err := b.become(BulkDone); err != nil {
			return err
		}
		b.Ended = u.At()
		b.Work.Done()
		return p.putBulk(u, b, EventBulkDone)
	})
	return b, item, err
}

// recordItem sets aside of Most what an item needs, or refuses it. What is refused
// needs no carrying out.
func (p *Platform) recordItem(u *ledger.Unit, b *Bulk, c *Charge) (*BulkItem, error) {
	i := &BulkItem{ID: bulkItemID(b.ID, c.ID), Platform: p.id, Bulk: b.ID, Charge: c.ID, Status: BulkItemPending, Created: u.At()}
	amount, err := p.bulkNeeds(u, b, c)
	if err != nil {
		code, known := refusal(err)
		if !known {
			return nil, err
		}
		return nil, p.endItem(u, b, i, "", ledger.Money{}, code)
	}
	if i.Amount = amount; amount != (ledger.Money{}) {
		if sum(b.Moved, amount).Minor() > b.Most.Minor() {
			i.Amount = ledger.Money{}
			return nil, p.endItem(u, b, i, "", ledger.Money{}, "bulk_limit_exceeded")
		}
		b.Moved = sum(b.Moved, amount)
	}
	b.Current = i.ID
	if err := p.putBulkItem(u, i, EventBulkItemStarted); err != nil {
		return nil, err
	}
	return i, p.putBulk(u, b, EventBulkUpdated)
}

// bulkNeeds is what an action moves of a charge as it stands: it is tried on a copy.
func (p *Platform) bulkNeeds(u *ledger.Unit, b *Bulk, c *Charge) (ledger.Money, error) {
	item := &BulkItem{ID: bulkItemID(b.ID, c.ID), Charge: c.ID}
	_, amount, err := p.Preview().bulkDo(u.Context(), b, item)
	return amount, err
}

// bulkDo does to a charge what a bulk does. Its key is the item's.
func (p *Platform) bulkDo(ctx context.Context, b *Bulk, i *BulkItem) (object string, amount ledger.Money, err error) {
	key := "bulk " + i.ID
	switch b.Action {
	case BulkHold:
		s, err := p.OpenComplaint(ctx, ComplaintRequest{Key: key, ChargeID: i.Charge, Reason: b.Reason})
		if err != nil {
			return "", ledger.Money{}, err
		}
		return s.ID, ledger.Money{}, nil
	case BulkRelease:
		o, err := p.Release(ctx, ReleaseRequest{Key: key, ChargeID: i.Charge, most: i.Amount})
		if err != nil {
			return "", ledger.Money{}, err
		}
		return o.ID, o.Amount, nil
	}
	r, err := p.Refund(ctx, RefundRequest{Key: key, ChargeID: i.Charge, ReverseTransfer: b.ReverseTransfer, RefundFee: b.RefundFee, Reason: b.Reason, most: i.Amount})
	if err != nil {
		return "", ledger.Money{}, err
	}
	if r.Status == RefundFailed {
		return r.ID, r.Amount, &ledger.Error{Class: ledger.State, Code: cmp.Or(r.Code, "refund_failed"), Field: "charge", Msg: "the refund failed"}
	}
	return r.ID, r.Amount, nil
}

// inBulk refuses to move more than a bulk has set aside for one of its charges: more may
// have come to be left of it since. The zero Money is no bulk's.
func inBulk(m, most ledger.Money) error {
	if most == (ledger.Money{}) || m.Minor() <= most.Minor() {
		return nil
	}
	return badState("bulk_limit_exceeded", "charge", "more is left of the charge than was set aside for it")
}
