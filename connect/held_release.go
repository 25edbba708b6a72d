package connect

import (
	"context"
	"slices"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// ShareRelease is a release of all or a part of a share that waited.
type ShareRelease struct {
	ID         string       `json:"id"`
	Platform   string       `json:"platform"`
	Share      string       `json:"share"`
	Charge     string       `json:"charge"`
	Transfer   string       `json:"transfer,omitzero"`
	Account    string       `json:"account"`
	Amount     ledger.Money `json:"amount"`              // of the share, before commission
	ToAccount  ledger.Money `json:"toAccount,omitzero"`  // what the seller got
	ToPlatform ledger.Money `json:"toPlatform,omitzero"` // the commission
	Milestone  string       `json:"milestone,omitzero"`  // the one that was reached
	Cause      ReleaseCause `json:"cause"`
	AccountIn  string       `json:"accountIn,omitzero"` // purposes of the accounts that it landed in
	PlatformIn string       `json:"platformIn,omitzero"`
	Created    time.Time    `json:"created"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// ReleaseCause is why a share was released.
type ReleaseCause string

// The causes of a release.
const (
	ReleaseByHost     ReleaseCause = "host"
	ReleaseByDate     ReleaseCause = "date"     // the date, or the days after the event
	ReleaseByEnd      ReleaseCause = "end"      // the longest wait is over
	ReleaseByVerified ReleaseCause = "verified" // the seller has provided what was missing
	ReleaseByDecision ReleaseCause = "decision" // of a group, or on a complaint
	ReleaseByRest     ReleaseCause = "rest"     // all of the share went back, and this was left in held
)

func (r *ShareRelease) replay() *bool { return &r.Replayed }

func (r *ShareRelease) loaded() {
	asZero(ledger.Zero(r.Amount.Currency()), &r.ToAccount, &r.ToPlatform)
}

var shareReleaseKind = ledger.Kind[ShareRelease]{
	Name:   "connect.share_release",
	Prefix: "rel_",
	Loaded: (*ShareRelease).loaded,
	Keys: func(r *ShareRelease) []ledger.Key {
		return []ledger.Key{
			{Name: "platform", Value: r.Platform, At: r.Created}, {Name: "account", Value: r.Account, At: r.Created},
			{Name: "charge", Value: r.Charge, At: r.Created},
		}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "charge", Path: "charge"}, {Name: "share", Path: "share"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "cause", Path: "cause"}, {Name: "milestone", Path: "milestone"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// ReleaseRequest releases a share, or a part of it.
type ReleaseRequest struct {
	Key        string `json:"-"`
	ChargeID   string `json:"charge,omitzero"`   // whose share it is,
	TransferID string `json:"transfer,omitzero"` // or the transfer that waits
	// Amount is a part of the share before commission, more than zero and at most what
	// waits and is not about to go back. The zero Money is all of that.
	Amount ledger.Money `json:"amount,omitzero"`
	// Milestone is the part that was reached, in place of an amount. A share with
	// milestones is released by them, or as a whole.
	Milestone string `json:"milestone,omitzero"`

	most ledger.Money // what a bulk has set aside for it; the zero Money: no bound
}

// Release hands a share that waits to its seller, and the commission in it to the
// platform: to what is pending for the day of availability if that is still to come,
// else to what is available (flow C9 of the chart). The parts of commission that
// go with parts of the share add up to all of it. Errors of class State:
// nothing_held, release_exceeds_held, milestone_reached, refund_decided,
// account_not_verified.
func (p *Platform) Release(ctx context.Context, r ReleaseRequest) (*ShareRelease, error) {
	verb := simpleVerb[ShareRelease]{name: "release", kind: &shareReleaseKind, replayed: (*ShareRelease).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*ShareRelease, error) {
		prof, err := p.expectProfile(u)
		if err != nil {
			return nil, err
		}
		if r.Amount != (ledger.Money{}) && r.Amount.Sign() <= 0 {
			return nil, badField("invalid_amount", "amount", "a release is more than zero")
		}
		s, err := p.share(u, r.ChargeID, r.TransferID)
		if err != nil {
			return nil, err
		}
		if err := s.open(); err != nil {
			return nil, err
		}
		if s.Then == HoldRefunds {
			return nil, badState("refund_decided", "charge", "it was decided that what waits goes back to the buyer")
		}
		if err := p.mustWait(u, prof, s.Account, "charge"); err != nil {
			return nil, err
		}
		amount, err := s.part(&r, u.At())
		if err == nil {
			err = inBulk(amount, r.most)
		}
		if err != nil {
			return nil, err
		}
		o, err := p.releasePart(u, s, amount, ReleaseByHost)
		if err != nil {
			return nil, err
		}
		o.Milestone = r.Milestone
		return o, p.released(u, s, o)
	})
}

// part returns how much of a share a request releases, and marks its milestone.
func (s *HeldShare) part(r *ReleaseRequest, at time.Time) (ledger.Money, error) {
	free := s.Free().Amount
	switch {
	case r.Milestone != "":
		if r.Amount != (ledger.Money{}) {
			return free, badField("invalid_request", "milestone", "a release names an amount or a milestone, not both")
		}
		return s.reach(r.Milestone, at)
	case r.Amount == ledger.Money{}:
		if free.Sign() <= 0 {
			return free, badState("release_exceeds_held", "amount", "all that waits is about to go back")
		}
		return free, nil
	case len(s.Terms.Milestones) > 0:
		return free, badField("invalid_request", "amount", "the share is released by milestones, or as a whole")
	case r.Amount.Currency() != free.Currency():
		return free, badField("currency_mismatch", "amount", "the share is in "+free.Currency().String())
	case r.Amount.Minor() > free.Minor():
		return free, badState("release_exceeds_held", "amount", free.String()+" waits and is not about to go back")
	}
	return r.Amount, nil
}

// reach marks a milestone and returns what it releases: the parts of all that were
// reached, of what refunds have left of the share, less what they released before.
func (s *HeldShare) reach(name string, at time.Time) (ledger.Money, error) {
	list := s.Terms.Milestones
	free := s.Free().Amount
	i := slices.IndexFunc(list, func(m Milestone) bool { return m.Name == name })
	switch {
	case i < 0:
		return free, badField("invalid_milestone", "milestone", "the share has no such milestone")
	case !list[i].Done.IsZero():
		return free, badState("milestone_reached", "milestone", "it was reached at "+list[i].Done.Format(time.RFC3339))
	}
	list[i].Done = at
	weights := make([]int64, len(list))
	for i := range list {
		weights[i] = list[i].weight()
	}
	parts, err := minus(minus(s.In.Amount, s.Back.Amount), s.Going.Amount).Allocate(weights...)
	if err != nil {
		return free, err
	}
	target := int64(0)
	for i := range list {
		if !list[i].Done.IsZero() {
			target += parts[i].Minor()
		}
	}
	return ledger.Minor(min(max(target-s.Out.Amount.Minor(), 0), free.Minor()), free.Currency()), nil
}

// divide splits a part of what can be released. What all parts bring to seller and
// platform together, and to the platform, has cumulative targets, so that they add
// up to all of it.
func (s *HeldShare) divide(amount ledger.Money) (HeldPart, error) {
	free, out := s.Free(), s.Out
	part := HeldPart{Amount: amount}
	if amount == free.Amount {
		return free, nil
	}
	step := func(left, given ledger.Money) (ledger.Money, error) {
		target, err := sum(left, given).Proportion(sum(out.Amount, amount), sum(out.Amount, free.Amount))
		return ledger.Minor(min(max(target.Minor()-given.Minor(), 0), left.Minor()), amount.Currency()), err
	}
	both, err := step(sum(free.Account, free.Platform), sum(out.Account, out.Platform))
	if err != nil {
		return part, err
	}
	if part.Platform, err = step(free.Platform, out.Platform); err != nil {
		return part, err
	}
	part.Account = ledger.Minor(min(max(both.Minor()-part.Platform.Minor(), 0), free.Account.Minor()), amount.Currency())
	return part, nil
}

// releasePart posts the release of a part of a share and counts it there.
func (p *Platform) releasePart(u *ledger.Unit, s *HeldShare, amount ledger.Money, cause ReleaseCause) (*ShareRelease, error) {
	part, err := s.divide(amount)
	if err != nil {
		return nil, err
	}
	o := &ShareRelease{
		ID: u.NewID(shareReleaseKind.Prefix), Platform: p.id, Share: s.ID, Charge: s.Charge, Transfer: s.Transfer, Account: s.Account,
		Amount: part.Amount, ToAccount: part.Account, ToPlatform: part.Platform, Cause: cause, Created: u.At(),
	}
	cur := amount.Currency()
	if o.AccountIn, err = p.landsNow(u, s, s.Account); err != nil {
		return nil, err
	}
	b := &books{u: u, p: p, object: shareReleaseKind.ID(o.ID)}
	b.post("release", out(p.of(s.Account, purposeHeld, cur), part.Account), in(p.of(s.Account, o.AccountIn, cur), part.Account))
	if !part.Platform.IsZero() {
		if o.PlatformIn, err = p.landsNow(u, s, p.id); err != nil {
			return nil, err
		}
		b.post("release", out(p.of(p.id, purposeHeld, cur), part.Platform), in(p.of(p.id, o.PlatformIn, cur), part.Platform))
	}
	s.Out = s.Out.plus(part)
	if o.AccountIn == "available" {
		err = p.keepBack(u, s.Account, part.Account)
	}
	return o, err
}

// landsNow is where what is released lands: pending for its day, or available if
// that has come or was released.
func (p *Platform) landsNow(u *ledger.Unit, s *HeldShare, owner string) (string, error) {
	return p.openDay(u, owner, s.In.Amount.Currency(), s.Available, "available")
}

// released puts a release and its share.
func (p *Platform) released(u *ledger.Unit, s *HeldShare, o *ShareRelease) error {
	s.Code = ""
	if err := shareReleaseKind.Put(u, o.ID, o); err != nil {
		return err
	}
	return p.putShare(u, s, EventShareReleased)
}

// settleShare puts a share of which something has gone back. If nothing of the
// seller's share is left, what is still in held waits for nothing: a commission that
// was kept.
func (p *Platform) settleShare(u *ledger.Unit, s *HeldShare) error {
	if left := s.Left(); left.Amount.IsZero() && s.Going.none() && !left.none() {
		o, err := p.releasePart(u, s, left.Amount, ReleaseByRest)
		if err != nil {
			return err
		}
		return p.released(u, s, o)
	}
	return p.putShare(u, s, EventShareUpdated)
}

// GetRelease returns a release of the platform.
func (p *Platform) GetRelease(ctx context.Context, id string) (*ShareRelease, error) {
	return get(ctx, p, &shareReleaseKind, id, "release", func(r *ShareRelease) string { return r.Platform })
}

// mustWait refuses what a seller may not have before they are verified, where the
// platform sells first and verifies later.
func (p *Platform) mustWait(u *ledger.Unit, prof *Profile, account, field string) error {
	if prof.Unverified != UnverifiedHeld || account == "" || account == p.id {
		return nil
	}
	missing, err := p.unverified(u, account)
	if err != nil || !missing {
		return err
	}
	return badState("account_not_verified", field, "the seller has not provided all that is asked for, and the money of a sale waits (hold) for that")
}

// unverified tells that an account's country still asks for something.
func (p *Platform) unverified(u *ledger.Unit, account string) (bool, error) {
	a, err := p.account(u, account)
	if err != nil {
		return false, err
	}
	ent, err := compliance.Kind.Get(u, a.Entity)
	if err != nil {
		return false, err
	}
	return len(ent.Missing()) > 0, nil
}
