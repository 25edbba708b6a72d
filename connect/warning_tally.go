package connect

import (
	"github.com/soukhq/souk/ledger"
)

// tallyWarnings compares warnings that were acted on with what gave their payments
// back.
func tallyWarnings(v ledger.View, t *tally) error {
	return eachObject(v, ledger.Query{Kind: warningKind.Name, Name: "platform", Value: t.platform}, func(o ledger.Object) error {
		if err := t.begins(o.ID.ID); err != nil {
			return err
		}
		w, err := warningKind.Decode(o)
		if err != nil {
			return err
		}
		what := "warning " + w.ID
		if acted := w.Refund != "" || w.Cancellation != ""; acted != (w.Status == WarningActed) {
			t.report.Add(what, "it is %s, which its refund does not say", w.Status)
		}
		charge := w.Charge
		switch {
		case w.Refund != "":
			charge, err = chargeOf(v, &refundKind, w.Refund, func(r *Refund) string { return r.Charge })
		case w.Cancellation != "":
			charge, err = chargeOf(v, &cancellationKind, w.Cancellation, func(x *Cancellation) string { return x.Charge })
		}
		if charge != w.Charge {
			t.report.Add(what, "what gave its payment back is not there, or of another")
		}
		return err
	})
}

// chargeOf is the charge that an object is of, empty if it is not there.
func chargeOf[T any](v ledger.View, kind *ledger.Kind[T], id string, charge func(*T) string) (string, error) {
	list, err := v.Objects(kind.ID(id))
	if err != nil || list[0].Version == 0 {
		return "", err
	}
	item, err := kind.Decode(list[0])
	if err != nil {
		return "", err
	}
	return charge(item), nil
}
