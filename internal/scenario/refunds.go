package scenario

import (
	"strings"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// refundWord reads the words of a refund that say what becomes of the commission, and
// returns how many it read: "keep", "proportional" or "exact 40"; and of one that takes
// the place of another ("r2: repays r1 c1"), how it goes: "bank" or "paid cheque-1"; and
// "wait 3": for how many days it waits;
// "at 0.87": at which rate.
func (r *runner) refundWord(request *connect.RefundRequest, w []string, c *connect.Charge) int {
	switch w[0] {
	case "keep", "proportional":
		request.Fee = connect.FeePolicy(w[0])
		return 1
	case "at":
		rate, err := decimal.NewFromString(w[1])
		require.NoError(r.t, err, r.at)
		request.Stated = &connect.StatedRate{Rate: rate, By: connect.Actor{ID: "fin", Rights: []connect.Right{connect.RightFinance}}}
		return 2
	case "wait":
		request.WaitDays = int(r.number(w[1]))
		return 2
	case "bank":
		request.Bank = &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: paidIn(c)}
		return 1
	case "paid":
		request.Paid = w[1]
		return 2
	case "exact":
		request.Fee, request.FeeAmount = connect.FeeExact, ledger.Minor(r.number(w[1]), c.Amount.Currency())
		return 2
	}
	require.Fail(r.t, "no such word", "%s: %s", r.at, w[0])
	return 0
}

// refused is "r1 lost_or_stolen_card": the buyer's bank refuses a refund that had succeeded.
func (r *runner) refused(args string) error {
	w := strings.Fields(args)
	r.m.Acquirer.RefuseRefund(r.ids[w[0]], w[1])
	return r.m.News(r.ctx, connect.News{Key: r.ids[w[0]], Answer: connect.Answer{Status: connect.Failed, Code: w[1]}})
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

// buyerOwed is "c1 1000": what the buyer of a charge is owed, in the currency that they paid in.
func (r *runner) buyerOwed(args string) error {
	w := strings.Fields(args)
	c, err := r.platform.GetCharge(r.ctx, r.ids[w[0]])
	require.NoError(r.t, err, r.at)
	total := int64(0)
	for _, o := range c.Owed {
		require.Equal(r.t, paidIn(c), o.Amount.Currency(), r.at)
		total += o.Amount.Minor()
	}
	require.Equal(r.t, r.number(w[1]), total, r.at)
	return nil
}

// cancelRefund is "r1": it waits, and is called off.
func (r *runner) cancelRefund(args string) error {
	_, err := r.platform.CancelRefund(r.ctx, connect.CancelRefundRequest{Key: r.key(), RefundID: r.ids[args]})
	return err
}
