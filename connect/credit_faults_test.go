package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
)

// creditDay is a day of credit, vouchers, tenders and orders from several sources,
// each step under its own key.
func (w *world) creditDay(t *testing.T) {
	defer survived()
	ctx := context.Background()
	eng := w.engine(t)
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	if err != nil {
		return
	}
	a, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		return
	}
	_, _ = p.RecordTopUp(ctx, connect.TopUpRequest{Key: "up", Amount: usd(2000)})
	_, _ = p.Charge(ctx, connect.ChargeRequest{Key: "sell", Amount: usd(1000), SellsCredit: "b", Source: connect.TestCard})
	_, _ = p.GrantCredit(ctx, connect.GrantRequest{Key: "grant", BuyerID: "b", Amount: usd(200)})
	_, _ = p.IssueVoucher(ctx, connect.VoucherRequest{Key: "voucher", Amount: usd(300), Prepaid: true, Code: "a-code-of-a-voucher"})
	w.creditSpent(ctx, p, a.ID)
	w.after(t, eng, 72*time.Hour)
	w.after(t, eng, 72*time.Hour)
}

// creditSpent spends credit and a voucher beside cards, and tries what comes to nothing.
func (w *world) creditSpent(ctx context.Context, p *connect.Platform, seller string) {
	pay := connect.ChargeRequest{
		Key: "mixed", Amount: usd(1000), AccountID: seller, ApplicationFee: usd(100), Source: connect.TestCard,
		Tenders: []connect.TenderRequest{{BuyerID: "b", Amount: usd(300)}, {Code: "a-code-of-a-voucher", Amount: usd(200)}},
	}
	if c, err := p.Charge(ctx, pay); err == nil {
		to := []string{c.Tenders[1].Of, connect.TenderSource}
		_, _ = p.Refund(ctx, connect.RefundRequest{Key: "back", ChargeID: c.ID, Amount: usd(300), ReverseTransfer: true, RefundFee: true, To: to})
		_, _ = p.Refund(ctx, connect.RefundRequest{Key: "into", ChargeID: c.ID, Amount: usd(50), IntoCredit: true, ReverseTransfer: true, To: to[1:]})
	}
	pay.Key, pay.Source = "declined", connect.TestDeclined
	pay.Tenders = pay.Tenders[:1]
	_, _ = p.Charge(ctx, pay)
	pay.Key, pay.Source = "", connect.TestCard
	for _, second := range []string{connect.TestCardUS, connect.TestDeclined} {
		_, _ = p.Pay(ctx, connect.PayRequest{Key: second, Charge: pay, Others: []connect.SourcePart{{Source: second, Amount: usd(400)}}})
	}
}

// Whatever fails between any two steps, the same keys bring credit, vouchers and
// orders from several sources to the same end: nothing is spent twice, and what came
// to nothing is given back (promises 15, 24, 26 and 35, edge-case 95).
func TestFaultsOfCredit(t *testing.T) {
	t.Parallel()
	want := whateverFails(t, func(w *world) { w.creditDay(t) }, func(w *world) map[string]string { return w.balances(t) })
	require.Equal(t, "6.50 USD held 0.00", want["cred credit"], "1000 and 200, less 300 and 300, and 50 that came back")
	require.Equal(t, "3.00 USD held 0.00", want["vch_ credit"], "300, less 200 that came back")
}
