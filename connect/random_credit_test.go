package connect_test

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// buyer is one of a few buyers, whom both platforms have.
func (w *wild) buyer() string { return fmt.Sprint("buyer ", w.IntN(3)) }

// tender lets a random charge be paid with credit and vouchers that there are, too.
func (w *wild) tender(p *Platform, r *connect.ChargeRequest) {
	cur := r.Amount.Currency()
	for range w.IntN(3) {
		t := connect.TenderRequest{BuyerID: w.buyer()}
		if code := w.code(p, cur); code != "" && w.one(2) {
			t = connect.TenderRequest{Code: code}
		} else if c, err := p.CreditOf(w.ctx, t.BuyerID, cur); err != nil || c.Spendable(w.Clock.Now()).IsZero() && !w.one(8) {
			continue
		}
		if w.one(3) {
			t.Amount = ledger.Minor(1+w.Int64N(20000), cur)
		}
		r.Tenders = append(r.Tenders, t)
	}
	if len(r.Tenders) > 0 && w.one(4) {
		if r.Source = ""; w.one(2) {
			r.Amount, r.Tax, r.FeeTax, r.ApplicationFee, r.TransferAmount = ledger.Minor(18000, cur), nil, nil, ledger.Money{}, ledger.Money{}
		}
	}
}

// code is that of a voucher in a currency, mostly; empty if there is none.
func (w *wild) code(p *Platform, cur ledger.Currency) string {
	for range w.codes {
		code := pick(w, w.codes...)
		if v, err := p.VoucherByCode(w.ctx, code); err == nil && (v.Amount.Currency() == cur || w.one(20)) {
			return code
		}
	}
	return ""
}

// into sends a random refund into credit, or back in another order.
func (w *wild) into(c *connect.Charge, r *connect.RefundRequest) {
	if w.one(4) {
		r.IntoCredit, r.BuyerID = true, w.buyer()
	}
	if len(c.Tenders) > 0 && w.one(3) {
		r.To = append(r.To, pick(w, c.Tenders...).Of, connect.TenderSource)
	}
}

// credit sells, grants and takes back store credit, and issues and ends vouchers.
func (w *wild) credit(p *Platform, cur ledger.Currency) {
	amount := ledger.Minor(20000+w.Int64N(30000), pick(w, ledger.USD, ledger.HUF, cur))
	switch w.IntN(7) {
	case 0, 1:
		c, err := p.Charge(w.ctx, connect.ChargeRequest{Key: w.key(), Amount: amount, Source: w.card(), SellsCredit: w.buyer()})
		if w.note(err) {
			w.charges = append(w.charges, own{p, c.ID})
		}
	case 2:
		r := connect.GrantRequest{Key: w.key(), Amount: amount, BuyerID: w.buyer()}
		if w.one(2) {
			r.Expires = w.Clock.Now().Add(time.Duration(1+w.Int64N(int64(240*time.Hour))) + time.Second)
		}
		_, err := p.RecordTopUp(w.ctx, connect.TopUpRequest{Key: w.key(), Amount: amount})
		require.NoError(w.t, err)
		g, err := p.GrantCredit(w.ctx, r)
		if w.note(err) {
			w.grants = append(w.grants, own{p, g.ID})
		}
	case 3:
		if len(w.grants) > 0 {
			g := pick(w, w.grants...)
			r := connect.RevokeRequest{Key: w.key(), GrantID: g.id}
			_, err := g.RevokeCredit(w.ctx, r)
			if w.note(err) {
				again, err := g.RevokeCredit(w.ctx, r)
				require.NoError(w.t, err)
				require.True(w.t, again.Replayed)
			}
		}
	case 4, 5:
		r := connect.VoucherRequest{Key: w.key(), Amount: amount, Prepaid: w.one(2), Code: fmt.Sprint("code-of-a-voucher-", len(w.codes))}
		if !r.Prepaid {
			r.Uses = w.IntN(4)
		} else if w.one(2) {
			_, err := p.RecordTopUp(w.ctx, connect.TopUpRequest{Key: w.key(), Amount: amount})
			require.NoError(w.t, err)
		}
		if w.one(3) {
			r.Expires = w.Clock.Now().Add(time.Duration(1+w.Int64N(int64(240*time.Hour))) + time.Second)
		}
		v, err := p.IssueVoucher(w.ctx, r)
		if w.note(err) {
			w.codes, w.vouchers = append(w.codes, v.Code), append(w.vouchers, own{p, v.ID})
		}
	case 6:
		if len(w.vouchers) > 0 {
			v := pick(w, w.vouchers...)
			_, err := v.CancelVoucher(w.ctx, connect.CancelVoucherRequest{Key: w.key(), VoucherID: v.id})
			w.note(err)
		}
	}
}

// split pays a random order from several sources.
func (w *wild) split(who own, cur ledger.Currency) {
	r := connect.PayRequest{Key: w.key(), Charge: connect.ChargeRequest{
		Amount: ledger.Minor(80000+w.Int64N(50000), cur), AccountID: who.id, Source: w.card(), Direct: who.id != "" && w.one(3),
	}}
	if who.id != "" && w.one(2) {
		r.Charge.ApplicationFee = ledger.Minor(w.Int64N(10000), cur)
	}
	if w.one(2) {
		r.Charge.Tax = append(r.Charge.Tax, connect.Tax{Authority: "t1", Amount: ledger.Minor(1+w.Int64N(9000), cur)})
	}
	w.tender(who.Platform, &r.Charge)
	for range 1 + w.IntN(2) {
		r.Others = append(r.Others, connect.SourcePart{Source: w.card(), Amount: ledger.Minor(18000+w.Int64N(10000), cur)})
	}
	y, err := who.Pay(w.ctx, r)
	if !w.note(err) {
		return
	}
	w.payments = append(w.payments, own{who.Platform, y.ID})
	for _, part := range y.Parts {
		w.charges = append(w.charges, own{who.Platform, part.Charge})
	}
}

// requirePaymentsWhole: a payment that succeeded has captured all of its parts, and
// of one that failed nothing is left with anybody, but for what a refund or a late
// failure did to parts afterwards.
func (w *wild) requirePaymentsWhole() {
	for _, y := range w.payments {
		pay, err := y.GetPayment(w.ctx, y.id)
		require.NoError(w.t, err)
		total := ledger.Zero(pay.Amount.Currency())
		for _, part := range pay.Parts {
			c, err := y.GetCharge(w.ctx, part.Charge)
			require.NoError(w.t, err)
			total, err = total.Add(part.Amount)
			require.NoError(w.t, err)
			switch pay.Status {
			case connect.PaymentSucceeded:
				require.True(w.t, c.Status == connect.ChargeSucceeded || c.Failure != nil, "%s: %s is %s", pay.ID, c.ID, c.Status)
				require.Equal(w.t, part.Amount, c.Amount)
			case connect.PaymentFailed:
				ended := c.Status == connect.ChargeFailed || c.Status == connect.ChargeCanceled
				require.True(w.t, ended || c.Refunded == c.Amount, "%s: %s is %s", pay.ID, c.ID, c.Status)
			}
		}
		require.Equal(w.t, pay.Amount, total)
	}
}
