package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// Authorizations of all shapes are raised, captured in parts, refunded and fail: it is
// as if they had been of the whole from the beginning, whether the charge was of a card
// or a saved source, and whether the share waits.
func TestRaisedAuthorizationsOfAllShapes(t *testing.T) {
	eur := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.EUR) }
	shapes := map[string]func(a *connect.Account, r *connect.ChargeRequest){
		"settles": func(_ *connect.Account, r *connect.ChargeRequest) { r.SettleIn = ledger.USD },
		"settles held": func(_ *connect.Account, r *connect.ChargeRequest) {
			r.SettleIn, r.Hold = ledger.USD, &connect.HoldTerms{Milestones: []connect.Milestone{{Name: "a", Parts: 1}, {Name: "b", Parts: 2}}}
		},
		"settles direct": func(_ *connect.Account, r *connect.ChargeRequest) { r.SettleIn, r.Direct = ledger.USD, true },
		"both": func(_ *connect.Account, r *connect.ChargeRequest) {
			r.SettleIn, r.Direct, r.FeeIn = ledger.USD, true, ledger.JPY
		},
		"fee in":      func(_ *connect.Account, r *connect.ChargeRequest) { r.Direct, r.FeeIn = true, ledger.USD },
		"held":        func(_ *connect.Account, r *connect.ChargeRequest) { r.Hold = &connect.HoldTerms{} },
		"held direct": func(_ *connect.Account, r *connect.ChargeRequest) { r.Hold, r.Direct = &connect.HoldTerms{}, true },
		"behalf":      func(a *connect.Account, r *connect.ChargeRequest) { r.OnBehalfOf = a.ID },
		"own": func(_ *connect.Account, r *connect.ChargeRequest) {
			r.AccountID, r.ApplicationFee, r.FeeTax = "", ledger.Money{}, nil
		},
		"listed": func(_ *connect.Account, r *connect.ChargeRequest) { r.ApplicationFee = ledger.Money{} },
		"listed settles": func(_ *connect.Account, r *connect.ChargeRequest) {
			r.ApplicationFee, r.SettleIn = ledger.Money{}, ledger.USD
		},
	}
	for what, change := range shapes {
		for _, end := range []string{"refund", "fail"} {
			rules := []connect.CaptureRule{{Captures: 3}}
			m := newMarket(t, connecttest.Config{Config: connect.Config{CaptureRules: rules, Rates: newQuotes(t)}})
			m.setPrices(pricing.List{Commission: rule("7.3")})
			a := m.seller()
			ask := func(amount, fee, tax int64) connect.ChargeRequest {
				r := connect.ChargeRequest{
					Key: m.key(), Amount: eur(amount), AccountID: a.ID, ApplicationFee: eur(fee), Source: connect.TestCard, CaptureLater: true,
					Tax: []connect.Tax{{Authority: "nyc", Amount: eur(tax)}}, FeeTax: []connect.Tax{{Authority: "vat", Amount: eur(fee / 10)}},
				}
				change(a, &r)
				return r
			}
			c, err := m.platform.Charge(m.ctx, ask(10000, 1000, 800))
			require.NoError(t, err, what)
			whole, err := m.platform.Charge(m.ctx, ask(15000, 1500, 1200))
			require.NoError(t, err, what)
			for _, minor := range []int64{3333, 1667} {
				i, err := m.platform.IncreaseAuthorization(m.ctx, connect.IncreaseRequest{Key: m.key(), ChargeID: c.ID, Amount: eur(minor)})
				require.NoError(t, err, what)
				require.Equal(t, connect.StepSucceeded, i.Status)
				m.verify()
			}
			for i, one := range []*connect.Charge{c, whole} {
				for j, minor := range []int64{7001, 7999} {
					_, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: one.ID, Amount: eur(minor), KeepRest: j == 0})
					require.NoError(t, err, what)
					m.verify()
				}
				_ = i
			}
			x, y := m.now(c), m.now(whole)
			for _, same := range [][2]any{
				{y.Amount, x.Amount}, {y.ApplicationFee, x.ApplicationFee}, {y.Tax, x.Tax}, {y.FeeTax, x.FeeTax}, {y.ProcessingFee, x.ProcessingFee}, {y.FeeSettlement, x.FeeSettlement},
			} {
				require.Equal(t, same[0], same[1], what)
			}
			if x.Settlement != nil {
				require.Equal(t, y.Settlement.Gross, x.Settlement.Gross, what)
				require.Equal(t, y.Settlement.Value, x.Settlement.Value, what)
			}
			for _, one := range []*connect.Charge{c, whole} {
				if end == "fail" {
					require.NoError(t, m.News(m.ctx, connect.News{Key: one.ID, Answer: connect.Answer{Status: connect.Failed, Code: "returned"}}), what)
					m.verify()
					continue
				}
				for _, minor := range []int64{5000, 10000} {
					_, err := m.platform.Refund(m.ctx, connect.RefundRequest{
						Key: m.key(), ChargeID: one.ID, Amount: eur(minor), ReverseTransfer: one.Account != "" && !one.Direct, RefundFee: one.Account != "",
					})
					if err != nil { // the seller paid for the processing, and has not all of it any more
						require.True(t, one.Direct, "%s: %v", what, err)
						requireCode(t, err, ledger.InsufficientFunds, "insufficient_funds")
					}
					m.verify()
				}
			}
			m.pass(30 * 24 * time.Hour)
			m.verify()
		}
	}
}
