package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// ReviewStatus is where a review stands.
type ReviewStatus string

// The states of a review.
const (
	ReviewOpen     ReviewStatus = "open"
	ReviewApproved ReviewStatus = "approved" // the payment goes on
	ReviewRefused  ReviewStatus = "refused"  // it does not
	ReviewExpired  ReviewStatus = "expired"  // nobody decided in time, and it does not
	ReviewClosed   ReviewStatus = "closed"   // the charge ended without it: declined, canceled, expired
)

// reviewLife: what was decided stays so.
var reviewLife = life[ReviewStatus]{
	ReviewOpen:     {ReviewApproved, ReviewRefused, ReviewExpired, ReviewClosed},
	ReviewApproved: {},
	ReviewRefused:  {},
	ReviewExpired:  {},
	ReviewClosed:   {},
}

// Review is a charge or a transfer that a rule lets a person look at. A charge of a card
// is authorized meanwhile, and captured once it is approved; of another kind nobody is
// asked for its money before. Of a transfer nothing moves before.
type Review struct {
	ID       string               `json:"id"`
	Platform string               `json:"platform"`
	Charge   string               `json:"charge,omitzero"`
	Transfer string               `json:"transfer,omitzero"`
	Account  string               `json:"account,omitzero"` // the seller of the charge, or whom the transfer leaves
	Amount   ledger.Money         `json:"amount"`
	Decision *compliance.Decision `json:"decision"` // why
	Status   ReviewStatus         `json:"status"`
	Signed   Signed               `json:"signed,omitzero"` // who decided: the author
	Reason   string               `json:"reason,omitzero"` // why, in their words
	Expires  time.Time            `json:"expires"`
	Created  time.Time            `json:"created"`
	Decided  time.Time            `json:"decided,omitzero"`

	Request *TransferRequest `json:"request,omitzero"` // of the transfer, which is made when it is approved

	Work ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (o *Review) replay() *bool { return &o.Replayed }

var reviewKind = ledger.Kind[Review]{
	Name:   "connect.review",
	Prefix: "rev_",
	Keys: func(o *Review) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 5), ledger.Key{Name: "platform", Value: o.Platform, At: o.Created})
		if o.Account != "" {
			keys = append(keys, ledger.Key{Name: "account", Value: o.Account, At: o.Created})
		}
		if o.Charge != "" {
			keys = append(keys, ledger.Key{Name: "charge", Value: o.Charge, At: o.Created})
		}
		if o.Status == ReviewOpen {
			keys = append(keys, ledger.Key{Name: "open", Value: o.Platform, At: o.Created})
		}
		return o.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "charge", Path: "charge"}, {Name: "transfer", Path: "transfer"},
		{Name: "account", Path: "account"}, {Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn}, {Name: "currency", Path: "amount.currency"},
		{Name: "status", Path: "status"}, {Name: "rule", Path: "decision.rule"}, {Name: "author", Path: "signed.author"},
		{Name: "expires", Path: "expires", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// become changes the state of a review, which waits for nothing afterwards.
func (o *Review) become(to ReviewStatus) error {
	err := reviewLife.check("review", o.Status, to)
	if err == nil {
		o.Status = to
		o.Work.Done()
	}
	return inField("review", err)
}

// openReview lets a payment wait for a person.
func (p *Platform) openReview(u *ledger.Unit, o *Review) (string, error) {
	o.ID, o.Platform, o.Status, o.Created = u.NewID(reviewKind.Prefix), p.id, ReviewOpen, u.At()
	o.Expires = o.Created.Add(p.e.c.ReviewTime)
	o.Work.Later(o.Expires)
	return o.ID, p.putReview(u, o, EventReviewOpened)
}

func (p *Platform) putReview(u *ledger.Unit, o *Review, event string) error {
	if err := o.Signed.emit(u, p, event, reviewKind.ID(o.ID)); err != nil {
		return err
	}
	return reviewKind.Put(u, o.ID, o)
}

// review returns a review of the platform, expected unchanged.
func (p *Platform) review(u *ledger.Unit, id string) (*Review, error) {
	o, err := reviewKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "review")
	}
	if o.Platform != p.id {
		return nil, notFound("review")
	}
	return o, nil
}

// GetReview returns a review of the platform.
func (p *Platform) GetReview(ctx context.Context, id string) (*Review, error) {
	return get(ctx, p, &reviewKind, id, "review", func(o *Review) string { return o.Platform })
}

var reviewLister = &lister[Review]{
	what: "reviews", kind: &reviewKind, account: "account", charge: "charge", own: true, platform: func(o *Review) string { return o.Platform },
}

// ListReviews returns a page of the platform's reviews, those that were decided too.
func (p *Platform) ListReviews(ctx context.Context, r ListRequest) (*List[Review], error) {
	return reviewLister.page(ctx, p, r)
}

// Reviews walks the platform's reviews, newest first.
func (p *Platform) Reviews(ctx context.Context, r ListRequest) iter.Seq2[*Review, error] {
	return reviewLister.each(ctx, p, r, func(o *Review) string { return o.ID })
}

// ReviewQueue walks the reviews that wait for somebody, oldest first.
func (p *Platform) ReviewQueue(ctx context.Context) iter.Seq2[*Review, error] {
	return func(yield func(*Review, error) bool) {
		if err := p.may(ctx, "ReviewQueue"); err != nil {
			yield(nil, err)
			return
		}
		q := ledger.Query{Kind: reviewKind.Name, Name: "open", Value: p.id, Limit: ledger.MaxPage}
		for {
			var list []ledger.Object
			err := p.store.Read(ctx, func(v ledger.View) (err error) {
				list, err = v.Find(q)
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			for _, x := range list {
				if o, err := reviewKind.Decode(x); !yield(o, err) || err != nil {
					return
				}
			}
			if len(list) < q.Limit {
				return
			}
			q.After = list[len(list)-1].PlaceIn(q)
		}
	}
}
