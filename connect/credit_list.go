package connect

import (
	"context"
	"iter"
)

var (
	creditLister  = &lister[Credit]{what: "credits", kind: &creditKind, platform: func(w *Credit) string { return w.Platform }}
	grantLister   = &lister[CreditGrant]{what: "credit grants", kind: &creditGrantKind, platform: func(g *CreditGrant) string { return g.Platform }}
	voucherLister = &lister[Voucher]{what: "vouchers", kind: &voucherKind, platform: func(v *Voucher) string { return v.Platform }}
	paymentLister = &lister[Payment]{what: "payments", kind: &paymentKind, platform: func(y *Payment) string { return y.Platform }}
)

// ListCredits returns a page of the store credit of the platform's buyers, one for
// each buyer and currency.
func (p *Platform) ListCredits(ctx context.Context, r ListRequest) (*List[Credit], error) {
	return creditLister.page(ctx, p, r)
}

// Credits walks the store credit of the platform's buyers, newest first.
func (p *Platform) Credits(ctx context.Context, r ListRequest) iter.Seq2[*Credit, error] {
	return creditLister.each(ctx, p, r, func(w *Credit) string { return w.ID })
}

// ListCreditGrants returns a page of the platform's grants of credit.
func (p *Platform) ListCreditGrants(ctx context.Context, r ListRequest) (*List[CreditGrant], error) {
	return grantLister.page(ctx, p, r)
}

// CreditGrants walks the platform's grants of credit, newest first.
func (p *Platform) CreditGrants(ctx context.Context, r ListRequest) iter.Seq2[*CreditGrant, error] {
	return grantLister.each(ctx, p, r, func(g *CreditGrant) string { return g.ID })
}

// ListVouchers returns a page of the platform's vouchers.
func (p *Platform) ListVouchers(ctx context.Context, r ListRequest) (*List[Voucher], error) {
	return voucherLister.page(ctx, p, r)
}

// Vouchers walks the platform's vouchers, newest first.
func (p *Platform) Vouchers(ctx context.Context, r ListRequest) iter.Seq2[*Voucher, error] {
	return voucherLister.each(ctx, p, r, func(v *Voucher) string { return v.ID })
}

// ListPayments returns a page of the platform's payments from several sources.
func (p *Platform) ListPayments(ctx context.Context, r ListRequest) (*List[Payment], error) {
	return paymentLister.page(ctx, p, r)
}

// Payments walks the platform's payments from several sources, newest first.
func (p *Platform) Payments(ctx context.Context, r ListRequest) iter.Seq2[*Payment, error] {
	return paymentLister.each(ctx, p, r, func(y *Payment) string { return y.ID })
}
