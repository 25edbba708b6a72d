package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// EventActRecorded tells that a person has done something. Its data is the Act, so that
// what is sealed of the feed says who did what.
const EventActRecorded = "act.recorded"

// Act is what one person did in one change: an entry of the audit trail. It is never
// changed.
type Act struct {
	ID       string    `json:"id"`
	Platform string    `json:"platform"`
	Actor    string    `json:"actor"` // the host's id of the person
	Did      []ActStep `json:"did"`   // in that order, on at most four objects; what one change does on more is several acts
	At       time.Time `json:"at"`
}

// ActStep is one thing that came of it.
type ActStep struct {
	Event  string `json:"event"` // its type
	Object string `json:"object"`
}

// actObjects is on how many objects an act is: as many keys are left to find it by.
const actObjects = ledger.MaxKeys - 2

var actKind = ledger.Kind[Act]{
	Name:   "connect.act",
	Prefix: "act_",
	Keys: func(a *Act) []ledger.Key {
		keys := append(make([]ledger.Key, 0, ledger.MaxKeys),
			ledger.Key{Name: "platform", Value: a.Platform, At: a.At}, ledger.Key{Name: "actor", Value: a.Platform + "/" + a.Actor, At: a.At})
		for i, s := range a.Did {
			if !slices.ContainsFunc(a.Did[:i], func(x ActStep) bool { return x.Object == s.Object }) {
				keys = append(keys, ledger.Key{Name: "object", Value: a.Platform + "/" + s.Object, At: a.At})
			}
		}
		return keys
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "actor", Path: "actor"}, {Name: "at", Path: "at", Type: ledger.TimeColumn},
	},
}

// By returns the platform as a person uses it: whatever its verbs do is in the audit
// trail under that person (Acts). Verbs that take who acts with their request (By)
// record that person without it, and refuse another one than the platform is used by:
// class Invalid, code actor_mismatch (by.id). What Drain does, and what partners
// answer, is nobody's.
func (p *Platform) By(a Actor) *Platform {
	c := *p
	c.actor = &a
	return &c
}

// nobody returns the platform without the person: for what comes later.
func (p *Platform) nobody() *Platform {
	if p.actor == nil {
		return p
	}
	c := *p
	c.actor = nil
	return &c
}

// acts is a request that says who acts.
type acts interface{ actor() Actor }

// by returns the platform as it is used by whom a request names. What is wrong with
// the actor the verb says.
func (p *Platform) by(request any) (*Platform, error) {
	x, ok := request.(acts)
	if !ok {
		return p, nil
	}
	a := x.actor()
	switch {
	case a.check() != nil:
		return p, nil
	case p.actor != nil && p.actor.ID != a.ID:
		return nil, badField("actor_mismatch", "by.id", "the platform is used by somebody else")
	}
	return p.By(a), nil
}

func (r AdjustRequest) actor() Actor          { return r.By }
func (r UndoAdjustmentRequest) actor() Actor  { return r.By }
func (r ApproveProposalRequest) actor() Actor { return r.By }
func (r RefuseProposalRequest) actor() Actor  { return r.By }
func (r LimitsRequest) actor() Actor          { return r.By }
func (r FreezeRequest) actor() Actor          { return r.By }
func (r UnfreezeRequest) actor() Actor        { return r.By }
func (r WriteOffRequest) actor() Actor        { return r.By }
func (r RecoverWriteOffRequest) actor() Actor { return r.By }
func (r DormantRequest) actor() Actor         { return r.By }
func (r OwnerNoticeRequest) actor() Actor     { return r.By }
func (r ReclaimRequest) actor() Actor         { return r.By }
func (r SurrenderRequest) actor() Actor       { return r.By }

// recordActs writes down who did what a unit of work tells.
func (p *Platform) recordActs(u *ledger.Unit) error {
	if p.actor == nil {
		return nil
	}
	if err := p.actor.check(); err != nil {
		return err
	}
	told := u.Emitted()
	for len(told) > 0 {
		a := &Act{ID: u.NewID(actKind.Prefix), Platform: p.id, Actor: p.actor.ID, At: u.At()}
		objects := make(map[string]bool, actObjects)
		n := 0
		for ; n < len(told) && n < 1000; n++ {
			id := told[n].Object.ID
			if !objects[id] && len(objects) == actObjects {
				break
			}
			objects[id] = true
			a.Did = append(a.Did, ActStep{told[n].Type, id})
		}
		told = told[n:]
		data, err := json.Marshal(a)
		if err != nil {
			return err
		}
		u.Emit(ledger.Event{Type: EventActRecorded, Platform: p.id, Object: actKind.ID(a.ID), Data: data})
		if err := actKind.Put(u, a.ID, a); err != nil {
			return err
		}
	}
	return nil
}

// ActsRequest asks for a page of the audit trail, newest first.
type ActsRequest struct {
	ActorID  string    // only what this person did
	ObjectID string    // only what was done to this object, or made it; with ActorID, by that person
	From, To time.Time // only from a moment on, and before another one; zero is no bound
	After    string    // the id of the last one already seen; empty starts
	Limit    int       // 1–100; 0 is 10
}

// ListActs returns a page of the audit trail: who did what, by person, object and time.
// An object that is not the platform's has none, as one that is not.
func (p *Platform) ListActs(ctx context.Context, r ActsRequest) (*List[Act], error) {
	if err := p.may(ctx, "ListActs"); err != nil {
		return nil, err
	}
	wrap := func(err error) error { return fmt.Errorf("connect: acts: %w", err) }
	if r.Limit == 0 {
		r.Limit = defaultList
	}
	if r.Limit < 1 || r.Limit > maxList {
		return nil, wrap(badField("invalid_limit", "limit", "a page holds 1 to 100 objects"))
	}
	q := ledger.Query{Kind: actKind.Name, Name: "platform", Value: p.id, From: r.From, To: r.To, Desc: true, Limit: maxList}
	switch {
	case r.ObjectID != "":
		if !plain(r.ObjectID, 1, 200) {
			return nil, wrap(badField("invalid_request", "object", "an id is 1 to 200 characters of printable ASCII without spaces"))
		}
		q.Name, q.Value = "object", p.id+"/"+r.ObjectID
	case r.ActorID != "":
		q.Name, q.Value = "actor", p.id+"/"+r.ActorID
	}
	if r.ActorID != "" && !plain(r.ActorID, 1, 100) {
		return nil, wrap(badField("invalid_actor", "actor", "who acts is 1 to 100 characters of printable ASCII without spaces"))
	}
	page := &List[Act]{}
	err := p.store.Read(ctx, func(v ledger.View) (err error) {
		page.Items = nil
		if r.After != "" {
			if q.After, err = actLister.place(v, p, q, r.After); err != nil {
				return err
			}
		}
		for {
			list, err := v.Find(q)
			if err != nil {
				return err
			}
			for _, o := range list {
				a, err := actKind.Decode(o)
				if err != nil {
					return err
				}
				if r.ActorID != "" && a.Actor != r.ActorID {
					continue
				}
				if page.More = len(page.Items) == r.Limit; page.More {
					return nil
				}
				page.Items = append(page.Items, a)
			}
			if len(list) < q.Limit {
				return nil
			}
			q.After = list[len(list)-1].PlaceIn(q)
		}
	})
	if err != nil {
		return nil, wrap(err)
	}
	return page, nil
}

var actLister = &lister[Act]{what: "acts", kind: &actKind, platform: func(a *Act) string { return a.Platform }}

// Acts walks the audit trail, newest first.
func (p *Platform) Acts(ctx context.Context, r ActsRequest) iter.Seq2[*Act, error] {
	return func(yield func(*Act, error) bool) {
		if r.Limit == 0 {
			r.Limit = maxList
		}
		for {
			page, err := p.ListActs(ctx, r)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, a := range page.Items {
				if !yield(a, nil) {
					return
				}
				r.After = a.ID
			}
			if !page.More {
				return
			}
		}
	}
}
