package connect

import "github.com/soukhq/souk/ledger"

// bulkSum is what the items of a bulk say.
type bulkSum struct {
	done, refused int64
	moved         int64
	pending       string
}

// tallyBulks compares bulks with their items, and with who signed them.
func tallyBulks(v ledger.View, t *tally, s *signatures) error {
	return tallyKind(v, t, &bulkKind, func(t *tally, b *Bulk) {
		what := "bulk " + b.ID
		if !b.Started.IsZero() {
			if b.Action != BulkHold {
				s.signed(t, what, b.manual().rule().two, b.Signed, b.Started, b.Most)
			} else if b.Signed.Author == "" {
				t.report.Add(what, "nobody has asked for it")
			}
		}
		is, did := bulkSum{}, bulkObjects{v: v, t: t, bulk: b}
		err := eachObject(v, ledger.Query{Kind: bulkItemKind.Name, Name: "bulk", Value: b.ID}, func(o ledger.Object) error {
			i, err := bulkItemKind.Decode(o)
			if err != nil {
				return err
			}
			switch i.Status {
			case BulkItemDone:
				is.done++
				err = did.add(i)
			case BulkItemRefused:
				is.refused++
				return nil
			default:
				is.pending = i.ID
			}
			is.moved += i.Amount.Minor()
			return err
		})
		if err == nil {
			err = did.compare()
		}
		switch {
		case err != nil:
			t.report.Add(what, "%v", err)
		case is.done != b.Count || is.refused != b.Refused || is.moved != b.Moved.Minor() || is.pending != b.Current:
			t.report.Add(what, "it counts %d done, %d refused and %v moved; its items say %d, %d and %d minor units", b.Count, b.Refused, b.Moved, is.done, is.refused, is.moved)
		case is.moved > b.Most.Minor():
			t.report.Add(what, "it moved more than was approved")
		}
	})
}
