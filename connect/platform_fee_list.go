package connect

import (
	"context"
	"iter"
)

var (
	platformFeeLister = &lister[PlatformFee]{
		what: "platform fees", kind: &platformFeeKind, account: "account", platform: func(f *PlatformFee) string { return f.Platform },
	}
	feeReturnLister = &lister[PlatformFeeReturn]{
		what: "platform fee returns", kind: &platformFeeReturnKind, account: "account", platform: func(r *PlatformFeeReturn) string { return r.Platform },
	}
)

// ListPlatformFees returns a page of the fees that the platform took outside sales.
func (p *Platform) ListPlatformFees(ctx context.Context, r ListRequest) (*List[PlatformFee], error) {
	return platformFeeLister.page(ctx, p, r)
}

// PlatformFees walks them, newest first.
func (p *Platform) PlatformFees(ctx context.Context, r ListRequest) iter.Seq2[*PlatformFee, error] {
	return platformFeeLister.each(ctx, p, r, func(f *PlatformFee) string { return f.ID })
}

// ListPlatformFeeReturns returns a page of what was given back of such fees.
func (p *Platform) ListPlatformFeeReturns(ctx context.Context, r ListRequest) (*List[PlatformFeeReturn], error) {
	return feeReturnLister.page(ctx, p, r)
}

// PlatformFeeReturns walks it, newest first.
func (p *Platform) PlatformFeeReturns(ctx context.Context, r ListRequest) iter.Seq2[*PlatformFeeReturn, error] {
	return feeReturnLister.each(ctx, p, r, func(x *PlatformFeeReturn) string { return x.ID })
}
