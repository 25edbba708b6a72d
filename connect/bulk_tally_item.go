package connect

import "github.com/soukhq/souk/ledger"

// bulkLook is how many items of a bulk are compared in one reading.
const bulkLook = 100

// bulkObjects compares what items of a bulk say that was done with what they name.
type bulkObjects struct {
	v     ledger.View
	t     *tally
	bulk  *Bulk
	items []*BulkItem
}

// add looks at one more item.
func (x *bulkObjects) add(i *BulkItem) error {
	if x.items = append(x.items, i); len(x.items) < bulkLook {
		return nil
	}
	return x.compare()
}

// compare reads what the items name, and compares.
func (x *bulkObjects) compare() error {
	ids := make([]ledger.ID, len(x.items))
	for n, i := range x.items {
		ids[n] = x.bulk.did(i.Object)
	}
	if len(ids) == 0 {
		return nil
	}
	list, err := x.v.Objects(ids...)
	if err != nil {
		return err
	}
	for n, i := range x.items {
		if list[n].Version == 0 {
			x.t.report.Add("bulk item "+i.ID, "what it names is not there: %q", i.Object)
			continue
		}
		charge, amount, err := x.bulk.readDone(list[n])
		if err != nil {
			return err
		}
		if charge != i.Charge || amount != i.Amount {
			x.t.report.Add("bulk item "+i.ID, "it says %v of %s; %s is %v of %s", i.Amount, i.Charge, i.Object, amount, charge)
		}
	}
	x.items = x.items[:0]
	return nil
}

// did is the object that an item of a bulk names.
func (b *Bulk) did(id string) ledger.ID {
	switch b.Action {
	case BulkHold:
		return heldKind.ID(id)
	case BulkRelease:
		return shareReleaseKind.ID(id)
	}
	return refundKind.ID(id)
}

// readDone is whose charge such an object is of, and how much it moves; a hold moves nothing.
func (b *Bulk) readDone(o ledger.Object) (charge string, amount ledger.Money, err error) {
	switch b.Action {
	case BulkHold:
		s, err := heldKind.Decode(o)
		if err != nil {
			return "", amount, err
		}
		return s.Charge, amount, nil
	case BulkRelease:
		r, err := shareReleaseKind.Decode(o)
		if err != nil {
			return "", amount, err
		}
		return r.Charge, r.Amount, nil
	}
	r, err := refundKind.Decode(o)
	if err != nil {
		return "", amount, err
	}
	return r.Charge, r.Amount, nil
}
