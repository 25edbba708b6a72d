package scenario

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/payout"
)

// negative sets the platform's policy: "uncovered", "collect=30".
func (r *runner) negative(args string) error {
	words, opts := options(args)
	policy := &connect.NegativePolicy{Uncovered: slices.Contains(words, "uncovered")}
	if days := opts["collect"]; days != "" {
		policy.CollectAfter = int(r.number(days))
	}
	_, err := r.platform.UpdatePlatform(r.ctx, connect.PlatformUpdate{Key: r.key(), Negative: policy})
	return err
}

// sellerDebit is "d1: A 123 USD mandate m1", or "d1: A all USD mandate m1".
func (r *runner) sellerDebit(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	request := connect.NegativeDebitRequest{Key: r.key(), AccountID: r.sellers[w[0]], MandateID: r.ids[w[4]]}
	if request.Amount = r.amount("0", w[2]); w[1] != "all" {
		request.Amount = r.amount(w[1], w[2])
	}
	d, err := r.platform.DebitNegative(r.ctx, request)
	if err == nil {
		r.ids[name] = d.ID
	}
	return err
}

// plan is "l1: A USD 7=50 14=73 grace=2 mandate=m1 by ann/finance": the days from today
// on which amounts are due.
func (r *runner) plan(args string) error {
	name, rest := named(args)
	rest, by := r.by(rest)
	w := strings.Fields(rest)
	today := payout.DayOf(r.m.Clock.Now(), time.UTC)
	request := connect.PaymentPlanRequest{Key: r.key(), By: by, AccountID: r.sellers[w[0]]}
	for _, word := range w[2:] {
		switch k, v, _ := strings.Cut(word, "="); k {
		case "grace":
			request.GraceDays = int(r.number(v))
		case "mandate":
			request.MandateID = r.ids[v]
		default:
			request.Instalments = append(request.Instalments, connect.PlanInstalment{Due: today + payout.Day(r.number(k)), Amount: r.amount(v, w[1])})
		}
	}
	l, err := r.platform.AgreePaymentPlan(r.ctx, request)
	if err == nil {
		r.ids[name] = l.ID
	}
	return err
}

// endPlan is "l1 by ann/finance".
func (r *runner) endPlan(args string) error {
	rest, by := r.by(args)
	_, err := r.platform.CancelPaymentPlan(r.ctx, connect.CancelPaymentPlanRequest{Key: r.key(), By: by, PaymentPlanID: r.ids[rest], Reason: "agreed"})
	return err
}

// owed is "A 123 USD 31 days", or "A nothing": what the report says of a seller, and for
// how long.
func (r *runner) owed(args string) error {
	w := strings.Fields(args)
	x, err := r.platform.NegativeReport(r.ctx, connect.NegativeReportRequest{AccountID: r.sellers[w[0]], Limit: 10})
	require.NoError(r.t, err, r.at)
	if w[1] == "nothing" {
		require.Empty(r.t, x.Debts, r.at)
		return nil
	}
	var got []string
	for _, d := range x.Debts {
		got = append(got, strconv.FormatInt(d.Owed.Minor(), 10)+" "+d.Owed.Currency().String()+" "+strconv.Itoa(d.Days)+" days")
	}
	require.Equal(r.t, strings.Join(w[1:], " "), strings.Join(got, ", "), r.at)
	return nil
}

// negativeStatus is where a debit of a seller's bank stands, or a payment plan.
func (r *runner) negativeStatus(id string) (status, code string) {
	if strings.HasPrefix(id, "pplan_") {
		l, err := r.platform.GetPaymentPlan(r.ctx, id)
		require.NoError(r.t, err, r.at)
		return string(l.Status), l.Code
	}
	d, err := r.platform.GetNegativeDebit(r.ctx, id)
	require.NoError(r.t, err, r.at)
	return string(d.Status), d.Code
}
