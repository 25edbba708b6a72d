package scenario

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// dispute is what the acquirer says about one: "d1: 1000 of c1" or later "d1: of c1 is
// won", with "withdrawn 1000", "reinstated 1000", "due 7" (days from now), and "hour 2"
// for of when its status is.
func (r *runner) dispute(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	n := connect.DisputeNews{ID: "bank-" + name}
	if w[0] != "of" {
		w = append([]string{"for", w[0]}, w[1:]...)
	}
	var amount string
	for i := 0; i+1 < len(w); i += 2 {
		word, value := w[i], w[i+1]
		switch word {
		case "for":
			amount = value
		case "of":
			n.Key = r.ids[value]
		case "is":
			n.Status = connect.DisputeStatus(value)
		case "withdrawn":
			n.Withdrawn = r.disputed(n.Key, value)
		case "reinstated":
			n.Reinstated = r.disputed(n.Key, value)
		case "due":
			n.DueBy = r.m.Clock.Now().Add(time.Duration(r.number(value)) * 24 * time.Hour)
		case "hour":
			n.At = r.m.Clock.Now().Add(time.Duration(r.number(value)) * time.Hour)
		default:
			require.Fail(r.t, "no such word", "%s: %s", r.at, word)
		}
	}
	if amount != "" {
		n.Amount = r.disputed(n.Key, amount)
	}
	if err := r.m.DisputeNews(r.ctx, n); err != nil {
		return err
	}
	list, err := r.platform.ListDisputes(r.ctx, connect.ListRequest{ChargeID: n.Key})
	for _, d := range list.Items {
		if d.Reference == n.ID {
			r.ids[name] = d.ID
		}
	}
	return err
}

// disputed reads an amount in the currency in which the buyer of a charge paid.
func (r *runner) disputed(charge, minor string) ledger.Money {
	c, err := r.platform.GetCharge(r.ctx, charge)
	require.NoError(r.t, err, r.at)
	return ledger.Minor(r.number(minor), paidIn(c))
}

// recover is "d1" or "d1 fee".
func (r *runner) recover(args string) error {
	w := strings.Fields(args)
	_, err := r.platform.RecoverDispute(r.ctx, connect.RecoverDisputeRequest{Key: r.key(), DisputeID: r.ids[w[0]], RefundFee: len(w) > 1 && w[1] == "fee"})
	return err
}

// disputes reads a platform's policy: "claw=opened return=fee excess=house".
func disputes(opts map[string]string) *connect.DisputePolicy {
	p := connect.DisputePolicy{
		ClawBack: connect.ClawBack(opts["claw"]), ReturnFee: opts["return"] == "fee", HouseBearsExcess: opts["excess"] == "house",
	}
	if p == (connect.DisputePolicy{}) {
		return nil
	}
	return &p
}
