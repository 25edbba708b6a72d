package scenario

import (
	"strings"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// captures sets what the network allows, before the platform is there: "2", or
// "2 over 20" percent.
func (r *runner) captures(args string) error {
	w := strings.Fields(args)
	rule := connect.CaptureRule{Captures: int(r.number(w[0]))}
	if len(w) > 2 {
		var err error
		rule.Over, err = decimal.NewFromString(w[2])
		require.NoError(r.t, err, r.at)
	}
	r.config.CaptureRules = []connect.CaptureRule{rule}
	return nil
}

// capture is "k1: 750 of c1", "k1: all of c1", "k1: 300 of c1 fee 20 more": more
// keeps the rest.
func (r *runner) capture(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	require.GreaterOrEqual(r.t, len(w), 3, r.at)
	request := connect.CaptureRequest{Key: r.key(), ChargeID: r.ids[w[2]]}
	c, err := r.platform.GetCharge(r.ctx, request.ChargeID)
	require.NoError(r.t, err, r.at)
	cur := paidIn(c)
	if w[0] != "all" {
		request.Amount = ledger.Minor(r.number(w[0]), cur)
	}
	for i := 3; i < len(w); i++ {
		switch w[i] {
		case "more":
			request.KeepRest = true
		case "fee":
			i++
			if request.NoFee = w[i] == "none"; !request.NoFee {
				request.ApplicationFee = ledger.Minor(r.number(w[i]), cur)
			}
		default:
			require.Fail(r.t, "no such word", "%s: %s", r.at, w[i])
		}
	}
	k, err := r.platform.Capture(r.ctx, request)
	if err == nil {
		r.ids[name] = k.ID
	}
	return err
}

// cancel is "x1: c1".
func (r *runner) cancel(args string) error {
	name, charge := named(args)
	x, err := r.platform.Cancel(r.ctx, connect.CancelRequest{Key: r.key(), ChargeID: r.ids[charge]})
	if err == nil {
		r.ids[name] = x.ID
	}
	return err
}

// confirm is "c1".
func (r *runner) confirm(args string) error {
	_, err := r.platform.Confirm(r.ctx, connect.ConfirmRequest{Key: r.key(), ChargeID: r.ids[args]})
	return err
}

// buyer is "c1 passes" or "c1 fails": what they were asked to do at the acquirer.
// After a soft decline it is the second attempt: "c1-3ds passes".
func (r *runner) buyer(args string) error {
	w := strings.Fields(args)
	charge, retry, _ := strings.Cut(w[0], "-")
	key := r.ids[charge]
	if retry != "" {
		key += "-" + retry
	}
	r.m.Acquirer.Act(key, w[1] == "passes")
	return nil
}

// hear is "c1 failed payment_returned" or "c1 canceled": what the acquirer tells
// unasked.
func (r *runner) hear(args string) error {
	w := append(strings.Fields(args), "")
	return r.m.News(r.ctx, connect.News{Key: r.ids[w[0]], Answer: connect.Answer{Status: connect.AnswerStatus(w[1]), Code: w[2]}})
}
