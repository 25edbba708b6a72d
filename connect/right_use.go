package connect

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// rightUse counts what one person has moved by one right on one day: an object of its
// own, which everybody who counts puts, so that two at once do not pass a limit
// together.
type rightUse struct {
	ID       string         `json:"id"`
	Platform string         `json:"platform"`
	Actor    string         `json:"actor"`
	Right    Right          `json:"right"`
	Day      payout.Day     `json:"day"`
	Alone    []ledger.Money `json:"alone,omitzero"` // by currency
	Approved []ledger.Money `json:"approved,omitzero"`
	Created  time.Time      `json:"created"`
}

var rightUseKind = ledger.Kind[rightUse]{
	Name:   "connect.right_use",
	Prefix: "ruse_",
	Keys: func(x *rightUse) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: x.Platform, At: x.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "actor", Path: "actor"}, {Name: "actor_right", Path: "right"},
		{Name: "on_day", Path: "day"},
	},
}

// rightUseID names the count of a person, whose id is the host's.
func rightUseID(platform, actor string, r Right, day payout.Day) string {
	sum := sha256.Sum256([]byte(platform + "\x00" + string(r) + "\x00" + day.String() + "\x00" + actor))
	return rightUseKind.Prefix + hex.EncodeToString(sum[:16])
}

func (p *Platform) rightUse(u *ledger.Unit, actor string, r Right) (*rightUse, error) {
	day := payout.DayOf(u.At(), time.UTC)
	id := rightUseID(p.id, actor, r, day)
	o, err := u.Object(rightUseKind.ID(id))
	if err != nil {
		return nil, err
	}
	if o.Version == 0 {
		return &rightUse{ID: id, Platform: p.id, Actor: actor, Right: r, Day: day, Created: u.At()}, nil
	}
	return rightUseKind.Get(u, id)
}

// count adds an amount to a list by currency, if it stays within a limit.
func count(list *[]ledger.Money, m ledger.Money, limit *ledger.Money) bool {
	i := slices.IndexFunc(*list, func(x ledger.Money) bool { return x.Currency() == m.Currency() })
	have := ledger.Zero(m.Currency())
	if i >= 0 {
		have = (*list)[i]
	}
	next, err := have.Add(m)
	if err != nil || limit != nil && next.Minor() > limit.Minor() {
		return false
	}
	if i < 0 {
		*list = append(*list, next)
	} else {
		(*list)[i] = next
	}
	return true
}

// alone counts an amount that an actor moves without a second person, by the first of
// their rights whose limit leaves room for it. Empty: none does.
func (p *Platform) alone(u *ledger.Unit, by Actor, rights []Right, m ledger.Money) (Right, error) {
	limits, err := p.rightLimits(u)
	if err != nil {
		return "", err
	}
	for _, r := range rights {
		l := limits.of(r, m.Currency())
		if l == nil || l.Alone.IsZero() {
			continue
		}
		x, err := p.rightUse(u, by.ID, r)
		if err != nil {
			return "", err
		}
		if count(&x.Alone, m, &l.Alone) {
			return r, rightUseKind.Put(u, x.ID, x)
		}
	}
	return "", nil
}

// approves counts an amount that an actor approves likewise. What has no amount, and
// what has no limit, is not held up.
func (p *Platform) approves(u *ledger.Unit, by Actor, rights []Right, m ledger.Money) (Right, error) {
	if m.IsZero() {
		return rights[0], nil
	}
	limits, err := p.rightLimits(u)
	if err != nil {
		return "", err
	}
	for _, r := range rights {
		var most *ledger.Money
		if l := limits.of(r, m.Currency()); l != nil && l.Approves != (ledger.Money{}) {
			most = &l.Approves
		}
		x, err := p.rightUse(u, by.ID, r)
		if err != nil {
			return "", err
		}
		if count(&x.Approved, m, most) {
			return r, rightUseKind.Put(u, x.ID, x)
		}
	}
	return "", &ledger.Error{Class: ledger.State, Code: "right_limit_exceeded", Field: "by",
		Msg: "it is more than is left of what they may approve today"}
}
