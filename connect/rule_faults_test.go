package connect_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// ruledDay is a day of charges that rules block, look at and let on, and of limits, each
// step under its own key.
func (w *world) ruledDay(t *testing.T) {
	defer survived()
	ctx := context.Background()
	set := rulesOf(t, `
		cvc: block if check.cvc = "fail"
		big: review if amount > 50 USD
	`)
	eng, err := connect.New(connect.Config{
		Store: w.store, Acquirer: w.acq, Rail: w.rail, Now: w.clock.Now, NewID: w.newID, Rules: []compliance.Rule{set},
	})
	require.NoError(t, err)
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	if err != nil {
		return
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return
	}
	if _, err := p.SetLimit(ctx, connect.SetLimitRequest{Key: "limit", Name: "l", AccountID: a.ID, Amount: usd(200_00), Window: connect.LimitRolling, Days: 90}); err != nil {
		return
	}
	charge := func(key string, minor int64, source string) *connect.Charge {
		c, err := p.Charge(ctx, connect.ChargeRequest{Key: key, Amount: usd(minor), AccountID: a.ID, ApplicationFee: usd(100), Source: source})
		if err != nil {
			return &connect.Charge{}
		}
		return c
	}
	charge("cvc", 1000, connect.TestCVCFails)
	yes, no := charge("yes", 60_00, connect.TestCardAtOnce), charge("no", 60_00, connect.TestCard)
	_, _ = p.ApproveReview(ctx, connect.DecideReviewRequest{Key: "y", ReviewID: yes.Review, By: risk})
	_, _ = p.RefuseReview(ctx, connect.DecideReviewRequest{Key: "n", ReviewID: no.Review, By: risk})
	if tr, err := p.Transfer(ctx, connect.TransferRequest{Key: "t", From: a.ID, To: p.ID(), Amount: usd(51_00)}); err == nil {
		_, _ = p.ApproveReview(ctx, connect.DecideReviewRequest{Key: "ty", ReviewID: tr.Review, By: risk})
	}
	w.after(t, eng, time.Minute)
}

// Whatever fails between any two steps, the same keys bring charges under rules, reviews
// and limits to the same end (promises 24 and 26).
func TestFaultsOfRules(t *testing.T) {
	t.Parallel()
	left := func(w *world) map[string]string {
		all := w.balances(t)
		maps.DeleteFunc(all, func(name, _ string) bool { return strings.Contains(name, "allowance") }) // ids differ from run to run
		require.NoError(t, w.books.Read(context.Background(), func(v ledger.View) error {
			return ledger.EachAccount(v, ledger.AccountQuery{Book: "limits", Open: true}, func(a ledger.Account) error {
				if a.Owner != ledger.House {
					all[a.Purpose[len(a.Purpose)-7:]] = a.Posted.String()
				}
				return nil
			})
		}))
		return all
	}
	want := whateverFails(t, func(w *world) { w.ruledDay(t) }, left)
	require.Equal(t, "140.00 USD", want["rolling"], "200 less 60")
}
