package connect

import (
	"context"
	"iter"
)

var (
	heldLister = &lister[HeldShare]{
		what: "held shares", kind: &heldKind, account: "waiting", soonest: true, platform: func(s *HeldShare) string { return s.Platform },
	}
	shareReleaseLister = &lister[ShareRelease]{
		what: "releases", kind: &shareReleaseKind, account: "account", charge: "charge", platform: func(r *ShareRelease) string { return r.Platform },
	}
)

// ListHeldShares returns a page of the platform's shares that wait or have waited. Of
// an account it is what waits, with what is due first (HeldShare.ReleaseAt and
// End) first; a cursor there is a share that still waits.
func (p *Platform) ListHeldShares(ctx context.Context, r ListRequest) (*List[HeldShare], error) {
	return heldLister.page(ctx, p, r)
}

// HeldShares walks them, in the same order.
func (p *Platform) HeldShares(ctx context.Context, r ListRequest) iter.Seq2[*HeldShare, error] {
	return heldLister.each(ctx, p, r, func(s *HeldShare) string { return s.ID })
}

// ListReleases returns a page of the releases of the platform's shares.
func (p *Platform) ListReleases(ctx context.Context, r ListRequest) (*List[ShareRelease], error) {
	return shareReleaseLister.page(ctx, p, r)
}

// Releases walks the releases of the platform's shares, newest first.
func (p *Platform) Releases(ctx context.Context, r ListRequest) iter.Seq2[*ShareRelease, error] {
	return shareReleaseLister.each(ctx, p, r, func(x *ShareRelease) string { return x.ID })
}
