package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// ReleaseReserveRequest frees a reserve before its time.
type ReleaseReserveRequest struct {
	Key         string       `json:"-"`
	By          Actor        `json:"by,omitzero"`
	ReserveID   string       `json:"reserve,omitzero"`
	Amount      ledger.Money `json:"amount,omitzero"`      // at most what is left of it; the zero Money is all of that
	Description string       `json:"description,omitzero"` // why, for people: 1–1,000 characters
	Document    string       `json:"document,omitzero"`    // at most 200 characters
}

// ReleaseReserve frees all or a part of a reserve before its time. One person with the
// right of risk or finance does it within their limit of the day; above it, another one
// has to approve it (ApproveProposal), and until then Reserve.Asked says so. Of class
// State are invalid_state and release_proposed (reserve), and release_exceeds_reserve
// (amount), also where less is left by the time of the approval.
func (p *Platform) ReleaseReserve(ctx context.Context, r ReleaseReserveRequest) (*Reserve, error) {
	verb := simpleVerb[Reserve]{name: "release reserve", kind: &reserveKind, replayed: (*Reserve).replay, target: r.ReserveID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Reserve, error) {
		o, err := p.reserveOf(u, r.ReserveID)
		if err != nil {
			return nil, err
		}
		if r.Description == "" {
			return nil, badField("invalid_text", "description", "it says why")
		}
		if err := checkText("description", r.Description, 1000); err != nil {
			return nil, err
		}
		if err := checkText("document", r.Document, 200); err != nil {
			return nil, err
		}
		x := EarlyRelease{Description: r.Description, Document: r.Document}
		if x.Amount, err = o.releasable(r.Amount); err != nil {
			return nil, err
		}
		if o.Asked != nil {
			return nil, badState("release_proposed", "reserve", "a second person has to approve its release")
		}
		alone := false
		ask := &Proposal{Action: ManualReserveRelease, Object: o.ID, Account: o.Account, Amount: x.Amount, Description: x.Description}
		if x.Signed, alone, err = p.asks(u, r.By, ask); err != nil {
			return nil, err
		}
		if alone {
			return o, p.freeEarly(u, o, x)
		}
		o.Asked = &x
		if err := x.Signed.emit(u, p, EventReserveReleaseProposed, reserveKind.ID(o.ID)); err != nil {
			return nil, err
		}
		return o, reserveKind.Put(u, o.ID, o)
	})
}

// releasable is how much of a reserve is freed.
func (r *Reserve) releasable(asked ledger.Money) (ledger.Money, error) {
	left := r.Left()
	switch {
	case r.Status != ReserveOpen:
		return asked, badState("invalid_state", "reserve", "it is "+string(r.Status))
	case asked == ledger.Money{}:
		return left, nil
	case asked.Currency() != left.Currency():
		return asked, badField("currency_mismatch", "amount", "the reserve is in "+left.Currency().String())
	case asked.Sign() <= 0:
		return asked, badField("invalid_amount", "amount", "more than zero is released")
	case asked.Minor() > left.Minor():
		return asked, badState("release_exceeds_reserve", "amount", left.String()+" of it is left")
	}
	return asked, nil
}

// freeEarly frees what somebody was allowed to, and keeps who it was.
func (p *Platform) freeEarly(u *ledger.Unit, r *Reserve, x EarlyRelease) error {
	c := x.Amount.Currency()
	x.Made = u.At()
	b := &books{u: u, p: p, object: reserveKind.ID(r.ID)}
	b.signed(x.Signed, r.freed(), "early", x.Document, "", out(p.of(r.Account, r.purpose(), c), x.Amount), in(p.of(r.Account, "available", c), x.Amount))
	r.Released, r.Early = sum(r.Released, x.Amount), append(r.Early, x)
	if err := x.Signed.emit(u, p, EventReserveFreed, reserveKind.ID(r.ID)); err != nil {
		return err
	}
	if err := p.putReserve(u, r, EventReserveReleased); err != nil {
		return err
	}
	return p.freezeFree(u, r.Account, c)
}

// reserveReleaseApproved frees what was proposed, as far as it is still there.
func (p *Platform) reserveReleaseApproved(u *ledger.Unit, o *Proposal) error {
	r, err := reserveKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	x := *r.Asked
	if _, err := r.releasable(x.Amount); err != nil {
		return err
	}
	x.Signed, r.Asked = o.signed(), nil
	return p.freeEarly(u, r, x)
}

// reserveReleaseDropped ends what nobody approved.
func (p *Platform) reserveReleaseDropped(u *ledger.Unit, o *Proposal) error {
	r, err := reserveKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	s := r.Asked.Signed
	r.Asked = nil
	if err := s.emit(u, p, EventReserveReleaseDropped, reserveKind.ID(r.ID)); err != nil {
		return err
	}
	return reserveKind.Put(u, r.ID, r)
}
