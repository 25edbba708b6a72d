package connect

import (
	"context"
	"errors"
	"fmt"

	"github.com/soukhq/souk/ledger"
)

// task is the one path of every verb that speaks to the outside: it records
// the intent, carries it out with no unit open, and settles what came of it.
// Drain enters at the carrying out. The functions are plain and can be tested
// alone.
type task[Req, Obj, News any] struct {
	verb string
	kind *ledger.Kind[Obj]
	head func(*Obj) head // the parts that every such object has

	// prepare asks the outside for what the recording needs, such as a rate.
	prepare func(ctx context.Context, p *Platform, r *Req) error
	// record validates, decides, sets money aside and puts the object, whose
	// work is given.
	record func(u *ledger.Unit, p *Platform, r *Req, w ledger.Work) (*Obj, error)
	// carryOut makes the outside call. Its errors mean that no answer came:
	// errLater, errRest, or anything else, which is errLater with a reason.
	carryOut func(ctx context.Context, p *Platform, o *Obj) (News, error)
	// settle books an answer: entries, state, events. It puts the object.
	settle func(u *ledger.Unit, p *Platform, o *Obj, n News) error
	// rest puts the object in the state of which only news can free it.
	rest func(u *ledger.Unit, p *Platform, o *Obj) error
}

// head is what a task needs to know of an object.
type head struct {
	id, platform string
	work         *ledger.Work
	replayed     *bool
}

// What a carrying out without an answer comes to.
var (
	errLater = errors.New("no answer yet")                  // ask again after a while
	errRest  = errors.New("nobody knows what became of it") // wait for news
)

// do runs the verb for a request.
func (t *task[Req, Obj, News]) do(ctx context.Context, p *Platform, key string, r Req) (*Obj, error) {
	if err := ledger.CheckKey(key); err != nil {
		return nil, t.wrap("", err)
	}
	if err := p.e.start(ctx); err != nil {
		return nil, err
	}
	hash, err := ledger.HashRequest(t.verb, &r)
	if err != nil {
		return nil, t.wrap("", err)
	}
	idem := ledger.Idem{Scope: p.id, Key: key, Hash: hash}
	if t.prepare != nil {
		// A replay must not depend on the outside, so the key is asked first.
		receipt, err := p.unit(ctx, func(u *ledger.Unit) error {
			_, _, err := u.Once(idem)
			return err
		})
		if err == nil && receipt.ByKey {
			return t.replay(ctx, p, madeOf(receipt, t.kind.Name))
		}
		if err == nil {
			err = t.prepare(ctx, p, &r)
		}
		if err != nil {
			return nil, t.wrap("", err)
		}
	}
	var o *Obj
	var w ledger.Work
	receipt, err := p.unit(ctx, func(u *ledger.Unit) error {
		o, w = nil, ledger.Work{}
		if err := u.Under(idem); err != nil {
			return err
		}
		if p.joined {
			w.Later(u.At())
		} else {
			w.Take(u.NewID("claim_"), u.At(), p.e.c.Lease)
		}
		o, err = t.record(u, p, &r, w)
		return err
	})
	if err != nil {
		return nil, t.wrap("", err)
	}
	if receipt.ByKey {
		return t.replay(ctx, p, madeOf(receipt, t.kind.Name))
	}
	if p.joined {
		return o, nil
	}
	return t.run(ctx, p, o, w.Claim, true)
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

// finish carries one object out if it is unfinished and nobody is at it, and
// returns it as it is then.
func (t *task[Req, Obj, News]) finish(ctx context.Context, p *Platform, id string) (*Obj, error) {
	var o *Obj
	claim := ""
	_, err := p.unit(ctx, func(u *ledger.Unit) (err error) {
		claim = ""
		if o, err = t.kind.Get(u, id); err != nil {
			return notFoundOr(err, t.verb)
		}
		h := t.head(o)
		if h.platform != p.id {
			return notFound(t.verb)
		}
		if !h.work.Open() || h.work.Held(u.At()) {
			return nil
		}
		claim = u.NewID("claim_")
		h.work.Take(claim, u.At(), p.e.c.Lease)
		return t.kind.Put(u, id, o)
	})
	if err != nil {
		return nil, t.wrap(id, err)
	}
	if claim == "" {
		return o, nil
	}
	return t.run(ctx, p, o, claim, false)
}

// run carries out and settles for whoever holds the claim. inHand tells that o
// is new and as the store has it, so that it need not be read again.
func (t *task[Req, Obj, News]) run(ctx context.Context, p *Platform, o *Obj, claim string, inHand bool) (*Obj, error) {
	id := t.head(o).id
	news, asked := t.carryOut(ctx, p, o)
	_, err := p.unit(ctx, func(u *ledger.Unit) (err error) {
		if inHand && u.First() {
			t.kind.AssumeMade(u, id)
		} else if o, err = t.kind.Get(u, id); err != nil {
			return err
		}
		h := t.head(o)
		if h.work.Claim != claim {
			return nil // news or another worker was faster; the object is as they left it
		}
		switch {
		case asked == nil:
			return t.settle(u, p, o, news)
		case errors.Is(asked, errRest):
			return t.rest(u, p, o)
		}
		h.work.Later(u.At().Add(p.e.c.Retry))
		return t.kind.Put(u, id, o)
	})
	if err != nil {
		return nil, t.wrap(id, unsettled(err))
	}
	return o, nil
}

// unsettled is the error of a verb whose intent is recorded and was carried
// out, but whose outcome could not be booked: it may have happened, and the
// same key finds out.
func unsettled(err error) error {
	return &ledger.Error{Class: ledger.Unknown, Code: "unknown_outcome", Msg: "ask again with the same key", Err: err}
}

// news books an answer that came unasked. open tells whether the object still
// waits for one; it is an error if the answer contradicts the one it has.
func (t *task[Req, Obj, News]) news(ctx context.Context, p *Platform, id string, n News, open func(*Obj) (bool, error)) error {
	_, err := p.unit(ctx, func(u *ledger.Unit) error {
		o, err := t.kind.Get(u, id)
		if err != nil {
			return err
		}
		if ok, err := open(o); err != nil || !ok {
			return err
		}
		return t.settle(u, p, o, n)
	})
	return t.wrap(id, err)
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

// worker lets Drain carry out what is due of a task.
func worker[Req, Obj, News any](e *Engine, t *task[Req, Obj, News]) ledger.Worker {
	return ledger.Worker{Kind: t.kind.Name, Do: func(ctx context.Context, _ ledger.Store, o ledger.Object) error {
		obj, err := t.kind.Decode(o)
		if err != nil {
			return err
		}
		p, err := e.Platform(ctx, t.head(obj).platform)
		if err != nil {
			return err
		}
		_, err = t.finish(ctx, p, o.ID.ID)
		return err
	}}
}

// Finish carries out one recorded object: the id of a charge, refund or payout.
// It is what a host calls after the commit of a transaction in which a verb was
// recorded (In). What is finished already, or being carried out by somebody
// else, is left alone.
func (p *Platform) Finish(ctx context.Context, id string) error {
	if p.joined {
		return badState("joined", "id", "finish after the host's commit, on the platform itself")
	}
	var err error
	switch {
	case chargeKind.Fits(id):
		_, err = chargeTask.finish(ctx, p, id)
	case refundKind.Fits(id):
		_, err = refundTask.finish(ctx, p, id)
	case payoutKind.Fits(id):
		_, err = payoutTask.finish(ctx, p, id)
	default:
		err = notFound("object")
	}
	return err
}
