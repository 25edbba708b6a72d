package scenario

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
)

// warning is what the acquirer warns of: "w1: of c1" of fraud, or "w1: alert of c1".
func (r *runner) warning(args string) error {
	name, rest := named(args)
	n := connect.WarningNews{ID: "bank-" + name}
	if rest, ok := strings.CutPrefix(rest, "alert "); ok {
		n.Kind, n.Key = connect.WarningAlert, r.ids[strings.TrimPrefix(rest, "of ")]
	} else {
		n.Key = r.ids[strings.TrimPrefix(rest, "of ")]
	}
	if err := r.m.WarningNews(r.ctx, n); err != nil {
		return err
	}
	list, err := r.platform.ListWarnings(r.ctx, connect.ListRequest{ChargeID: n.Key})
	for _, w := range list.Items {
		if w.Reference == n.ID {
			r.ids[name] = w.ID
		}
	}
	return err
}

// act is "w1 reverse fee by ann/risk".
func (r *runner) act(args string) error {
	rest, by := r.by(args)
	w := strings.Fields(rest)
	request := connect.ActOnWarningRequest{Key: r.key(), By: by, WarningID: r.ids[w[0]]}
	for _, word := range w[1:] {
		switch word {
		case "reverse":
			request.ReverseTransfer = true
		case "fee":
			request.RefundFee = true
		default:
			require.Fail(r.t, "no such word", "%s: %s", r.at, word)
		}
	}
	_, err := r.platform.ActOnWarning(r.ctx, request)
	return err
}

// dismiss is "w1 by ann/risk".
func (r *runner) dismiss(args string) error {
	rest, by := r.by(args)
	_, err := r.platform.DismissWarning(r.ctx, connect.DismissWarningRequest{Key: r.key(), By: by, WarningID: r.ids[rest]})
	return err
}

// warnings reads a platform's policy: "fraud=always alert=below:500:USD refunds=reverse,fee".
func (r *runner) warnings(opts map[string]string) *connect.WarningPolicy {
	rule := func(text string) (x connect.WarningRule) {
		w := strings.Split(text, ":")
		if x.Refund = connect.WarningRefund(w[0]); len(w) == 3 {
			x.Below = append(x.Below, r.amount(w[1], w[2]))
		}
		x.ReverseTransfer, x.RefundFee = strings.Contains(opts["refunds"], "reverse"), strings.Contains(opts["refunds"], "fee")
		return x
	}
	if opts["fraud"]+opts["alert"] == "" {
		return nil
	}
	return &connect.WarningPolicy{Fraud: rule(opts["fraud"]), Alert: rule(opts["alert"])}
}
