package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// DormantRequest says that the owner of an account cannot be reached.
type DormantRequest struct {
	Key       string            `json:"-"`
	By        Actor             `json:"by,omitzero"`
	AccountID string            `json:"account,omitzero"`
	Currency  ledger.Currency   `json:"currency,omitzero"` // of the balance; zero: the account's own
	Since     time.Time         `json:"since,omitzero"`    // when they were last heard of
	Notice    OwnerNotice       `json:"notice,omitzero"`   // the first that was sent to them
	Metadata  map[string]string `json:"metadata,omitzero"`
}

// MarkDormant records that the owner of an account cannot be reached and was written
// to. When the time of the account's country is over (market.Rules.Dormancy), and that
// of the last notice, Drain sets what is available to them aside as unclaimed, unless
// ReclaimDormant says that they were heard of. A rule of souk's that is to be
// confirmed is of class State, code dormancy_not_confirmed (account): a host says
// what holds by a fact of its own. It needs the right of finance or compliance.
func (p *Platform) MarkDormant(ctx context.Context, r DormantRequest) (*Dormancy, error) {
	verb := simpleVerb[Dormancy]{name: "mark dormant", kind: &dormancyKind, replayed: (*Dormancy).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Dormancy, error) { return p.newDormancy(u, &r) })
}

func (p *Platform) newDormancy(u *ledger.Unit, r *DormantRequest) (*Dormancy, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	s, err := r.By.may(ManualDormancy)
	if err != nil {
		return nil, err
	}
	a, err := p.expectSeller(u, r.AccountID)
	if err != nil {
		return nil, err
	}
	d := &Dormancy{
		ID: u.NewID(dormancyKind.Prefix), Platform: p.id, Account: r.AccountID, Currency: r.Currency, Since: r.Since.UTC().Truncate(time.Microsecond),
		Status: DormancyNoticed, Signed: s, Created: u.At(), Metadata: r.Metadata,
	}
	if d.Currency.IsZero() {
		d.Currency = a.currency
	}
	d.loaded()
	if err := p.e.checkCurrency("currency", d.Currency, u.At()); err != nil {
		return nil, err
	}
	if r.Since.IsZero() || d.Since.After(u.At()) {
		return nil, badField("invalid_time", "since", "they were last heard of some time ago")
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return nil, err
	}
	view := p.e.c.Markets.View(a.country, u.At(), prof.Markets)
	rule := view.Dormancy()
	if rule == nil || rule.Confirm {
		return nil, badState("dormancy_not_confirmed", "account", "when a balance is dormant in "+a.country+" is to be confirmed by the host (markets: dormancy)")
	}
	d.Rule = rule.Value
	if err := d.notice(u, r.Notice); err != nil {
		return nil, err
	}
	return d, p.putDormancy(u, d, s, EventDormancyNoticed)
}

// may is who signs something that takes one person with a right.
func (a Actor) may(action ManualAction) (Signed, error) {
	if err := a.check(); err != nil {
		return Signed{}, err
	}
	asks := action.rule().asks
	rights := a.of(asks)
	if len(rights) == 0 {
		return Signed{}, noRight(action, asks)
	}
	return Signed{Author: a.ID, AuthorRight: rights[0]}, nil
}

// notice adds a notice.
func (d *Dormancy) notice(u *ledger.Unit, n OwnerNotice) error {
	if n.At.IsZero() {
		n.At = u.At()
	}
	n.At = n.At.UTC().Truncate(time.Microsecond)
	last := d.Since
	if len(d.Notices) > 0 {
		last = d.Notices[len(d.Notices)-1].At
	}
	switch {
	case len(d.Notices) >= 100:
		return badState("too_many_notices", "dormancy", "there are at most a hundred notices")
	case n.At.After(u.At()) || n.At.Before(last):
		return badField("invalid_time", "notice.at", "a notice is not of the future, nor before they were last heard of or written to")
	case !validName(n.How) || cardNumber(n.How):
		return badField("invalid_notice", "notice.how", "how it was sent is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	}
	if err := checkText("notice.document", n.Document, 200); err != nil {
		return err
	}
	d.Notices = append(d.Notices, n)
	d.wait()
	return nil
}

// OwnerNoticeRequest records another notice.
type OwnerNoticeRequest struct {
	Key        string      `json:"-"`
	By         Actor       `json:"by,omitzero"`
	DormancyID string      `json:"dormancy,omitzero"`
	Notice     OwnerNotice `json:"notice,omitzero"`
}

// RecordOwnerNotice records that somebody who cannot be reached was written to again.
// It leaves them the time of the rule anew.
func (p *Platform) RecordOwnerNotice(ctx context.Context, r OwnerNoticeRequest) (*Dormancy, error) {
	verb := simpleVerb[Dormancy]{name: "record owner notice", kind: &dormancyKind, replayed: (*Dormancy).replay, target: r.DormancyID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Dormancy, error) {
		d, err := p.dormancy(u, r.DormancyID)
		if err != nil {
			return nil, err
		}
		s, err := r.By.may(ManualDormancy)
		if err != nil {
			return nil, err
		}
		if d.Status != DormancyNoticed {
			return nil, badState("invalid_state", "dormancy", "it is "+string(d.Status))
		}
		if err := d.notice(u, r.Notice); err != nil {
			return nil, err
		}
		return d, p.putDormancy(u, d, s, EventDormancyNoticed)
	})
}

// becomeUnclaimed lets Drain set aside what is available to whoever did not answer.
// Where nothing is, or an order by law stands against it, it is looked at the next day.
func (p *Platform) becomeUnclaimed(u *ledger.Unit, id string) error {
	d, err := dormancyKind.Get(u, id)
	if err != nil || !d.Work.Open() || u.At().Before(d.Work.Due) {
		return err
	}
	a, err := p.account(u, d.Account)
	if err != nil {
		return err
	}
	own := p.of(d.Account, "available", d.Currency)
	free := ledger.Zero(d.Currency)
	if frozenIn(a.Freezes, d.Currency) == nil {
		u.Open(ledger.Account{Ref: own})
		if free, err = u.Spendable(own); err != nil {
			return err
		}
	}
	if free.Sign() <= 0 {
		d.Work.Later(u.At().Add(day))
		return dormancyKind.Put(u, d.ID, d)
	}
	if err := d.become(DormancyUnclaimed); err != nil {
		return err
	}
	d.Amount = free
	b := &books{u: u, p: p, object: dormancyKind.ID(d.ID)}
	b.signed(d.Signed, "unclaimed", "dormant", "", "", out(own, free), in(p.of(d.Account, "unclaimed", d.Currency), free))
	return p.putDormancy(u, d, d.Signed, EventDormancyUnclaimed)
}

// ReclaimRequest says that somebody was heard of.
type ReclaimRequest struct {
	Key        string `json:"-"`
	By         Actor  `json:"by,omitzero"`
	DormancyID string `json:"dormancy,omitzero"`
}

// ReclaimDormant records that the owner of a dormant balance was heard of: what was set
// aside is available to them again. What the authority has they claim there: class
// State, code surrendered (dormancy).
func (p *Platform) ReclaimDormant(ctx context.Context, r ReclaimRequest) (*Dormancy, error) {
	verb := simpleVerb[Dormancy]{name: "reclaim dormant", kind: &dormancyKind, replayed: (*Dormancy).replay, target: r.DormancyID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Dormancy, error) {
		d, err := p.dormancy(u, r.DormancyID)
		if err != nil {
			return nil, err
		}
		s, err := r.By.may(ManualDormancy)
		if err != nil {
			return nil, err
		}
		if err := p.stillThere(u, d); err != nil {
			return nil, err
		}
		if err := d.become(DormancyReclaimed); err != nil {
			return nil, err
		}
		if d.Surrender != nil && d.Surrender.Payout == "" { // what was asked for is off
			d.Surrender = nil
		}
		d.Heard, d.Reclaimed = &s, u.At()
		if !d.Amount.IsZero() {
			b := &books{u: u, p: p, object: dormancyKind.ID(d.ID)}
			b.signed(s, "unclaimed", "heard of", "", "", out(p.of(d.Account, "unclaimed", d.Currency), d.Amount), in(p.of(d.Account, "available", d.Currency), d.Amount))
			if err := p.freezeFree(u, d.Account, d.Currency); err != nil {
				return nil, err
			}
		}
		return d, p.putDormancy(u, d, s, EventDormancyReclaimed)
	})
}
