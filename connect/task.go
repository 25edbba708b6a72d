package connect

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/ledger"
)

// task is the one path of every verb that speaks to the outside: it records
// the intent, carries it out with no unit open, and settles what came of it.
// Drain enters at the carrying out. The functions are plain and can be tested
// alone.
type task[Req, Obj, News any] struct {
	verb    string
	kind    *ledger.Kind[Obj]
	head    func(*Obj) head      // the parts that every such object has
	partner func(*Engine) string // the name of the acquirer or rail that carries out

	// target names the object that the verb changes; nil if it makes one.
	target func(r *Req) string

	// prepare asks the outside for what the recording needs, such as a rate.
	prepare func(ctx context.Context, p *Platform, r *Req) error
	// record validates, decides, sets money aside and puts the object, whose
	// work is given.
	record func(u *ledger.Unit, p *Platform, r *Req, w ledger.Work) (*Obj, error)
	// ready tells whether an object may be carried out now; nil: always. What it
	// changes without that it puts itself.
	ready func(u *ledger.Unit, p *Platform, o *Obj) (bool, error)
	// carryOut makes the outside call; send tells that the request may be sent
	// without asking first. Its errors mean that no answer came: errLater,
	// errAgain, errRest, errUnsent, or anything else, which is errLater with a
	// reason.
	carryOut func(ctx context.Context, p *Platform, o *Obj, send bool) (News, error)
	// settle books an answer: entries, state, events. It puts the object.
	settle func(u *ledger.Unit, p *Platform, o *Obj, n News) error
	// rest puts the object in the state of which only news can free it.
	rest func(u *ledger.Unit, p *Platform, o *Obj, code string) error
	// open tells whether the object still waits for an answer. It is an error if
	// this one contradicts the one that it has.
	open func(*Obj, News) (bool, error)
	// late keeps what an answer adds to an object that waits for none.
	late func(u *ledger.Unit, p *Platform, o *Obj, n News) error
}

// head is what a task needs to know of an object.
type head struct {
	id, platform string
	partner      string // whom it belongs to: no other may be asked to carry it out
	rail         string // or the rail
	work         *ledger.Work
	replayed     *bool
}

// do runs the verb for a request.
func (t *task[Req, Obj, News]) do(ctx context.Context, p *Platform, key string, r Req) (*Obj, error) {
	o, err := t.asked(ctx, p, key, r)
	if err != nil {
		return o, err
	}
	return disclosed(ctx, p, o)
}

func (t *task[Req, Obj, News]) asked(ctx context.Context, p *Platform, key string, r Req) (*Obj, error) {
	if err := ledger.CheckKey(key); err != nil {
		return nil, t.wrap("", err)
	}
	if err := p.e.start(ctx); err != nil {
		return nil, err
	}
	if err := p.mayDo(ctx, t.verb); err != nil {
		return nil, t.wrap("", err)
	}
	if err := bind(ctx, p, t.verb, &r, true); err != nil {
		return nil, t.wrap("", err)
	}
	hash, err := ledger.HashRequest(t.verb, &r)
	if err != nil {
		return nil, t.wrap("", err)
	}
	idem := ledger.Idem{Scope: p.scopeOfKeys(), Key: key, Hash: hash}
	if t.prepare != nil {
		// A replay must not depend on the outside, so the key is asked first.
		receipt, err := p.unit(ctx, func(u *ledger.Unit) error {
			_, _, err := u.Once(idem)
			return err
		})
		if err == nil && receipt.ByKey {
			return t.replay(ctx, p, t.made(receipt, &r))
		}
		if err == nil {
			err = t.prepare(ctx, p, &r)
		}
		if err != nil {
			return nil, t.wrap("", err)
		}
	}
	return t.begin(ctx, p, &r, func(u *ledger.Unit) error { return u.Under(idem) })
}

// begin records and carries on. Under names the key of the request, if there is
// one: what the engine itself begins has none.
func (t *task[Req, Obj, News]) begin(ctx context.Context, p *Platform, r *Req, under func(*ledger.Unit) error) (*Obj, error) {
	var o *Obj
	var w ledger.Work
	receipt, err := p.unit(ctx, func(u *ledger.Unit) error {
		o, w = nil, ledger.Work{}
		if err := under(u); err != nil {
			return err
		}
		if err := p.stands(u); err != nil {
			return err
		}
		if p.joined {
			w.Later(u.At())
		} else {
			w.Take(u.NewID("claim_"), u.At(), p.e.c.Lease)
			w.Sending()
		}
		var err error
		o, err = t.record(u, p, r, w)
		return err
	})
	switch {
	case err != nil:
		return nil, t.wrap("", err)
	case receipt.ByKey:
		return t.replay(ctx, p, t.made(receipt, r))
	case p.joined:
		return o, nil
	case t.head(o).work.Claim != w.Claim:
		return o, nil // there is nothing to carry out
	}
	return t.run(ctx, p, o, claim{token: w.Claim, until: w.Due, send: t.target == nil, inHand: t.target == nil})
}

// made names the object of a request: the one that it made, or changed.
func (t *task[Req, Obj, News]) made(receipt *ledger.Receipt, r *Req) string {
	if t.target != nil {
		return t.target(r)
	}
	return madeOf(receipt, t.kind.Name)
}

// replay returns what a key made, as it is now, and helps to finish it if
// nobody is at it.
func (t *task[Req, Obj, News]) replay(ctx context.Context, p *Platform, id string) (*Obj, error) {
	o, err := t.kind.Read(ctx, p.store, id)
	if err != nil {
		return nil, t.wrap(id, err)
	}
	if w := t.head(o).work; w.Open() && !p.joined {
		if o, err = t.finish(ctx, p, id); err != nil {
			return nil, err
		}
	}
	*t.head(o).replayed = true
	return o, nil
}

// ours tells whether an object is the engine's to carry out.
func (t *task[Req, Obj, News]) ours(e *Engine, h head) bool {
	return h.rail == "" && h.partner == t.partner(e) || h.rail != "" && h.rail == railName(e)
}

func (t *task[Req, Obj, News]) wrap(id string, err error) error {
	switch {
	case err == nil:
		return nil
	case id == "":
		return fmt.Errorf("connect: %s: %w", t.verb, err)
	}
	return fmt.Errorf("connect: %s %s: %w", t.verb, id, err)
}
