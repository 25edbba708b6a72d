package connect

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/ledger"
)

// DecideReviewRequest approves or refuses what waits for a person.
type DecideReviewRequest struct {
	Key      string `json:"-"`
	ReviewID string `json:"review,omitzero"`
	By       Actor  `json:"by,omitzero"`     // who has the right of risk or compliance, or an admin
	Reason   string `json:"reason,omitzero"` // why, for people: at most 1,000 characters
}

// ApproveReview lets a payment go on: what is authorized is captured, a transfer is
// made; what cannot be done now (authorization_expired, insufficient_funds, a limit) is
// refused, and the review stays open. Of class Forbidden is right_missing, of class
// State invalid_state and review_expired (review).
func (p *Platform) ApproveReview(ctx context.Context, r DecideReviewRequest) (*Review, error) {
	if err := p.may(ctx, "ApproveReview"); err != nil {
		return nil, err
	}
	var x rates
	return p.decideReview(ctx, "approve review", r, func(ctx context.Context) (err error) {
		x, err = p.reviewRates(ctx, r.ReviewID)
		return err
	}, func(u *ledger.Unit, o *Review) error {
		if err := o.become(ReviewApproved); err != nil {
			return err
		}
		if o.Transfer != "" {
			return p.transferApproved(u, o, x)
		}
		return p.chargeLetOn(u, o)
	})
}

// RefuseReview ends a payment that waits for a person: what is authorized is let go, and
// of a transfer nothing comes.
func (p *Platform) RefuseReview(ctx context.Context, r DecideReviewRequest) (*Review, error) {
	if err := p.may(ctx, "RefuseReview"); err != nil {
		return nil, err
	}
	return p.decideReview(ctx, "refuse review", r, nil, func(u *ledger.Unit, o *Review) error {
		return p.notLetOn(u, o, ReviewRefused)
	})
}

// decideReview notes who decides, does it, and carries out what follows.
func (p *Platform) decideReview(ctx context.Context, name string, r DecideReviewRequest, prepare func(context.Context) error, do func(*ledger.Unit, *Review) error) (*Review, error) {
	verb := simpleVerb[Review]{name: name, kind: &reviewKind, replayed: (*Review).replay, target: r.ReviewID, prepare: prepare}
	o, err := simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Review, error) {
		o, err := p.review(u, r.ReviewID)
		if err != nil {
			return nil, err
		}
		if err := r.By.check(); err != nil {
			return nil, err
		}
		if err := checkText("reason", r.Reason, 1000); err != nil {
			return nil, err
		}
		may := ManualReview.rule().approves
		rights := r.By.of(may)
		switch {
		case len(rights) == 0:
			return nil, noRight(ManualReview, may)
		case o.Status == ReviewOpen && !u.At().Before(o.Expires):
			return nil, badState("review_expired", "review", "nobody has decided in time")
		}
		o.Signed = Signed{Author: r.By.ID, AuthorRight: rights[0]}
		o.Reason, o.Decided = r.Reason, u.At()
		if err := do(u, o); err != nil {
			return nil, err
		}
		return o, p.putReview(u, o, EventReviewClosed)
	})
	if err != nil || p.joined || o.Charge == "" {
		return o, err
	}
	if err := p.reviewed(ctx, o.Charge); err != nil {
		return nil, fmt.Errorf("connect: %s %s: %w", name, o.ID, err)
	}
	return o, nil
}

// reviewed carries out what a charge was waiting for.
func (p *Platform) reviewed(ctx context.Context, id string) error {
	p = p.itself()
	if err := p.carryOut(ctx, id); err != nil {
		return err
	}
	c, err := p.GetCharge(ctx, id)
	if err == nil && c.Payment != "" {
		err = p.finishPayment(ctx, c.Payment)
	}
	return err
}

// expireReview ends a review whose time is over.
func (p *Platform) expireReview(u *ledger.Unit, id string) error {
	o, err := reviewKind.Get(u, id)
	if err != nil || o.Status != ReviewOpen || u.At().Before(o.Expires) {
		return err
	}
	o.Decided = u.At()
	if err := p.notLetOn(u, o, ReviewExpired); err != nil {
		return err
	}
	return p.putReview(u, o, EventReviewClosed)
}

// notLetOn ends what waited for a person.
func (p *Platform) notLetOn(u *ledger.Unit, o *Review, to ReviewStatus) error {
	if err := o.become(to); err != nil {
		return err
	}
	if o.Transfer != "" {
		return p.transferRefused(u, o)
	}
	return p.chargeStopped(u, o)
}
