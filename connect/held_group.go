package connect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// HeldGroup is a decision about all shares of a TransferGroup that wait: a goal was
// met, or was not. Drain carries it out, page by page, also for what comes in later.
// Group is empty for the shares of an account that has been verified.
type HeldGroup struct {
	ID       string      `json:"id"`
	Platform string      `json:"platform"`
	Group    string      `json:"group,omitzero"`
	Account  string      `json:"account,omitzero"`
	Decision HoldEnd     `json:"decision"`
	Created  time.Time   `json:"created"`
	Seen     string      `json:"seen,omitzero"`   // the last share that was looked at
	Marked   int         `json:"marked,omitzero"` // how many shares it was put upon so far
	Done     time.Time   `json:"done,omitzero"`   // when all were looked at
	Work     ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (g *HeldGroup) replay() *bool { return &g.Replayed }

const groupPrefix = "hg_"

// groupID names the decision about a group, whose name may be any text.
func groupID(platform, group string) string {
	sum := sha256.Sum256([]byte(platform + "/" + group))
	return groupPrefix + hex.EncodeToString(sum[:])
}

var groupKind = ledger.Kind[HeldGroup]{
	Name:   "connect.held_group",
	Prefix: groupPrefix,
	Keys: func(g *HeldGroup) []ledger.Key {
		return g.Work.Keys(ledger.Key{Name: "platform", Value: g.Platform, At: g.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "transfer_group", Path: "group"}, {Name: "account", Path: "account"},
		{Name: "decision", Path: "decision"}, {Name: "marked", Path: "marked", Type: ledger.IntegerColumn},
		{Name: "created", Path: "created", Type: ledger.TimeColumn}, {Name: "done", Path: "done", Type: ledger.TimeColumn},
	},
}

// GroupRequest decides about a group.
type GroupRequest struct {
	Key           string `json:"-"`
	TransferGroup string `json:"transferGroup,omitzero"`
}

// ReleaseGroup decides that all shares of a group are released: a goal was met. Drain
// releases them, and those of charges that succeed later; what is complained about
// only once the complaint is closed. The other decision is
// refused then with group_decided, of class State.
func (p *Platform) ReleaseGroup(ctx context.Context, r GroupRequest) (*HeldGroup, error) {
	if err := p.may(ctx, "ReleaseGroup"); err != nil {
		return nil, err
	}
	return p.decideGroup(ctx, "release group", &r, HoldReleases)
}

// RefundGroup decides that what waits of all charges of a group goes back to their
// buyers, with the commission: a goal was not met. Likewise.
func (p *Platform) RefundGroup(ctx context.Context, r GroupRequest) (*HeldGroup, error) {
	if err := p.may(ctx, "RefundGroup"); err != nil {
		return nil, err
	}
	return p.decideGroup(ctx, "refund group", &r, HoldRefunds)
}

func (p *Platform) decideGroup(ctx context.Context, name string, r *GroupRequest, d HoldEnd) (*HeldGroup, error) {
	id := groupID(p.id, r.TransferGroup)
	verb := simpleVerb[HeldGroup]{name: name, kind: &groupKind, replayed: (*HeldGroup).replay, target: id}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*HeldGroup, error) {
		if r.TransferGroup == "" {
			return nil, badField("invalid_request", "transferGroup", "a group is named")
		}
		if err := checkText("transferGroup", r.TransferGroup, 200); err != nil {
			return nil, err
		}
		if _, err := p.expectProfile(u); err != nil {
			return nil, err
		}
		g, err := groupKind.Get(u, id)
		switch {
		case errors.Is(err, ledger.NotFound):
			g = &HeldGroup{ID: id, Platform: p.id, Group: r.TransferGroup, Decision: d, Created: u.At()}
			g.Work.Later(u.At())
			return g, p.putGroup(u, g)
		case err != nil:
			return nil, err
		case g.Decision != d:
			return nil, badState("group_decided", "transferGroup", "it was decided at "+g.Created.Format(time.RFC3339)+": "+string(g.Decision))
		}
		return g, nil
	})
}

func (p *Platform) putGroup(u *ledger.Unit, g *HeldGroup) error {
	u.Emit(ledger.Event{Type: EventGroupUpdated, Platform: p.id, Object: groupKind.ID(g.ID)})
	return groupKind.Put(u, g.ID, g)
}

// GetHeldGroup returns the decision about a group of the platform.
func (p *Platform) GetHeldGroup(ctx context.Context, transferGroup string) (*HeldGroup, error) {
	return get(ctx, p, &groupKind, groupID(p.id, transferGroup), "held group", func(g *HeldGroup) string { return g.Platform })
}

// verified lets Drain release what waited for an account to be verified.
func (p *Platform) verified(u *ledger.Unit, account string) error {
	id := groupID(p.id, "/"+account)
	g, err := groupKind.Get(u, id)
	if errors.Is(err, ledger.NotFound) {
		g, err = &HeldGroup{ID: id, Platform: p.id, Account: account, Decision: HoldReleases, Created: u.At()}, nil
	}
	if err != nil {
		return err
	}
	g.Seen, g.Done = "", time.Time{}
	g.Work.Later(u.At())
	return p.putGroup(u, g)
}

// groupPage is how many shares a decision is put upon in one commit.
const groupPage = 100

// groupWorker lets Drain put decisions upon shares, which are due then.
func (e *Engine) groupWorker() ledger.Worker {
	return ledger.Worker{Kind: groupKind.Name, Do: func(ctx context.Context, _ ledger.Store, o ledger.Object) error {
		g, err := groupKind.Decode(o)
		if err != nil {
			return err
		}
		p, err := e.Platform(ctx, g.Platform)
		if err != nil {
			return err
		}
		_, err = p.unit(ctx, func(u *ledger.Unit) error { return p.markPage(u, g.ID) })
		if err != nil {
			return fmt.Errorf("connect: held group %s: %w", g.ID, err)
		}
		return nil
	}}
}

// markPage puts a decision upon a page of shares. Those of a group stay in their
// order, and what comes in later looks at the decision by itself. Those of an account
// lie in the order in which they are due: what is marked moves to the front, and one
// that moved there meanwhile is looked at when its wait is over (decide).
func (p *Platform) markPage(u *ledger.Unit, id string) error {
	g, err := groupKind.Get(u, id)
	if err != nil || !g.Work.Open() {
		return err
	}
	q := ledger.Query{Kind: heldKind.Name, Name: "group", Value: id, Limit: groupPage}
	if g.Account != "" {
		q.Name, q.Value = "waiting", g.Account
	}
	if g.Seen != "" {
		o, err := u.Object(heldKind.ID(g.Seen))
		if err != nil {
			return err
		}
		q.After = o.PlaceIn(q) // from the start again if it has left the list
	}
	list, err := u.Find(q)
	if err != nil {
		return err
	}
	for _, o := range list {
		if err := p.mark(u, g, o.ID.ID); err != nil {
			return err
		}
		g.Seen = o.ID.ID
	}
	if len(list) < groupPage {
		g.Seen, g.Done = "", u.At()
		g.Work.Done()
	}
	return p.putGroup(u, g)
}

// mark puts a decision upon a share that waits.
func (p *Platform) mark(u *ledger.Unit, g *HeldGroup, id string) error {
	s, err := heldKind.Get(u, id)
	if err != nil || !s.waits() {
		return err
	}
	switch {
	case g.Account == "" && s.Then == "":
		s.Then = g.Decision
	case g.Account != "" && s.Terms.Until == HoldVerified && s.ReleaseAt.IsZero():
		s.ReleaseAt = u.At()
	default:
		return nil
	}
	s.Retry = time.Time{}
	g.Marked++
	return p.putShare(u, s, EventShareUpdated)
}
