package scenario

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// refundWord reads the words of a refund that say what becomes of the commission, and
// returns how many it read: "keep", "proportional" or "exact 40".
func (r *runner) refundWord(request *connect.RefundRequest, w []string, c *connect.Charge) int {
	switch w[0] {
	case "keep", "proportional":
		request.Fee = connect.FeePolicy(w[0])
		return 1
	case "exact":
		request.Fee, request.FeeAmount = connect.FeeExact, ledger.Minor(r.number(w[1]), c.Amount.Currency())
		return 2
	}
	require.Fail(r.t, "no such word", "%s: %s", r.at, w[0])
	return 0
}

// feeRefund is "f1: 40 of c1", or "f1: all of c1".
func (r *runner) feeRefund(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	request := connect.FeeRefundRequest{Key: r.key(), ChargeID: r.ids[w[2]]}
	if w[0] != "all" {
		c, err := r.platform.GetCharge(r.ctx, request.ChargeID)
		require.NoError(r.t, err, r.at)
		request.Amount = ledger.Minor(r.number(w[0]), c.Amount.Currency())
	}
	o, err := r.platform.RefundApplicationFee(r.ctx, request)
	if err == nil {
		r.ids[name] = o.ID
	}
	return err
}
