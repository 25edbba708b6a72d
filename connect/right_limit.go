package connect

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// RightLimit says how much somebody moves by a right in a day, in one currency. Days
// are in UTC. Without one they move nothing alone, and approve any amount.
type RightLimit struct {
	Right    Right        `json:"right"`
	Alone    ledger.Money `json:"alone,omitzero"`    // without a second person; the zero Money: nothing
	Approves ledger.Money `json:"approves,omitzero"` // of what others ask for; the zero Money: any amount
}

func (l *RightLimit) currency() ledger.Currency {
	if l.Alone == (ledger.Money{}) {
		return l.Approves.Currency()
	}
	return l.Alone.Currency()
}

// RightLimits are what a platform's people may move in a day.
type RightLimits struct {
	Platform string       `json:"platform"`
	Limits   []RightLimit `json:"limits,omitzero"`
	Days     int          `json:"days"` // a proposal is open for
	Signed   Signed       `json:"signed,omitzero"`
	Created  time.Time    `json:"created,omitzero"` // when they were made so; zero: never, they are the default
}

var rightLimitsKind = ledger.Kind[RightLimits]{
	Name:   "connect.right_limits",
	Prefix: platformKind.Prefix, // one for each platform, under its id
	Keys: func(l *RightLimits) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: l.Platform, At: l.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "days", Path: "days", Type: ledger.IntegerColumn},
		{Name: "author", Path: "signed.author"}, {Name: "approver", Path: "signed.approver"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// The days for which a proposal is open.
const (
	proposalDays    = 7
	maxProposalDays = 90
)

// LimitsRequest asks for other limits.
type LimitsRequest struct {
	Key         string       `json:"-"`
	By          Actor        `json:"by,omitzero"`
	Limits      []RightLimit `json:"limits,omitzero"`      // all of them: what is left out ends; at most 100, one of each right and currency
	Days        int          `json:"days,omitzero"`        // a proposal is open for 1–90 days; 0 is 7
	Description string       `json:"description,omitzero"` // why, for people: at most 1,000 characters
}

// ProposeLimits asks for other limits of what the platform's people may do alone and
// approve in a day. It needs the right of an admin, and another admin who approves
// (ApproveProposal); until then the limits stay as they are.
func (p *Platform) ProposeLimits(ctx context.Context, r LimitsRequest) (*Proposal, error) {
	verb := simpleVerb[Proposal]{name: "propose limits", kind: &proposalKind, replayed: (*Proposal).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Proposal, error) {
		if _, err := p.expectProfile(u); err != nil {
			return nil, err
		}
		if r.Days == 0 {
			r.Days = proposalDays
		}
		if r.Days < 1 || r.Days > maxProposalDays {
			return nil, badField("invalid_request", "days", "a proposal is open for 1 to 90 days")
		}
		if err := p.e.checkLimits(u, r.Limits); err != nil {
			return nil, err
		}
		if err := checkText("description", r.Description, 1000); err != nil {
			return nil, err
		}
		o := &Proposal{Action: ManualLimits, Description: r.Description, Limits: &RightLimits{Platform: p.id, Limits: r.Limits, Days: r.Days}}
		_, err := p.propose(u, r.By, o)
		return o, err
	})
}

func (e *Engine) checkLimits(u *ledger.Unit, list []RightLimit) error {
	bad := func(code, msg string) error { return badField(code, "limits", msg) }
	if len(list) > 100 {
		return bad("invalid_request", "there are at most a hundred limits")
	}
	type key struct {
		right Right
		cur   ledger.Currency
	}
	seen := make(map[key]bool, len(list))
	for i := range list {
		l := &list[i]
		k := key{l.Right, l.currency()}
		if err := (Actor{ID: "x", Rights: []Right{l.Right}}).check(); err != nil {
			return inField("limits", err)
		}
		switch {
		case k.cur.IsZero():
			return bad("invalid_amount", "a limit is of a currency")
		case seen[k]:
			return bad("invalid_request", "a right has one limit in a currency")
		}
		seen[k] = true
		if err := e.checkCurrency("limits", k.cur, u.At()); err != nil {
			return err
		}
		for _, m := range []ledger.Money{l.Alone, l.Approves} {
			switch {
			case m == ledger.Money{}:
			case m.Currency() != k.cur:
				return bad("currency_mismatch", "both sides of a limit are in one currency")
			case m.Sign() < 0:
				return bad("invalid_amount", "a limit is zero or more")
			case m.Minor() > maximum:
				return bad("amount_too_large", "a limit has at most twelve digits")
			}
		}
	}
	return nil
}

// rightLimits returns the limits of the platform, expected unchanged.
func (p *Platform) rightLimits(u *ledger.Unit) (*RightLimits, error) {
	o, err := u.Object(rightLimitsKind.ID(p.id))
	if err != nil {
		return nil, err
	}
	if o.Version == 0 {
		return &RightLimits{Platform: p.id, Days: proposalDays}, nil
	}
	return rightLimitsKind.Get(u, p.id)
}

// of finds the limit of a right in a currency, nil if there is none.
func (l *RightLimits) of(r Right, c ledger.Currency) *RightLimit {
	for i := range l.Limits {
		if x := &l.Limits[i]; x.Right == r && x.currency() == c {
			return x
		}
	}
	return nil
}

// setLimits makes limits so that were approved.
func (p *Platform) setLimits(u *ledger.Unit, o *Proposal, s Signed) error {
	if _, err := p.rightLimits(u); err != nil {
		return err
	}
	l := *o.Limits
	l.Signed, l.Created = s, u.At()
	if err := s.emit(u, p, EventLimitsChanged, rightLimitsKind.ID(p.id)); err != nil {
		return err
	}
	return rightLimitsKind.Put(u, p.id, &l)
}

// RightLimits returns what the platform's people may do alone and approve in a day.
func (p *Platform) RightLimits(ctx context.Context) (*RightLimits, error) {
	if err := p.may(ctx, "RightLimits"); err != nil {
		return nil, err
	}
	var l *RightLimits
	_, err := p.unit(ctx, func(u *ledger.Unit) (err error) {
		l, err = p.rightLimits(u)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("connect: right limits: %w", err)
	}
	return l, nil
}
