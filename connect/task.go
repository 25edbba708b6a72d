package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

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

	// prepare asks the outside for what the recording needs, such as a rate.
	prepare func(ctx context.Context, p *Platform, r *Req) error
	// record validates, decides, sets money aside and puts the object, whose
	// work is given.
	record func(u *ledger.Unit, p *Platform, r *Req, w ledger.Work) (*Obj, error)
	// carryOut makes the outside call; send tells that the request may be sent
	// without asking first. Its errors mean that no answer came: errLater,
	// errAgain, errRest, or anything else, which is errLater with a reason.
	carryOut func(ctx context.Context, p *Platform, o *Obj, send bool) (News, error)
	// settle books an answer: entries, state, events. It puts the object.
	settle func(u *ledger.Unit, p *Platform, o *Obj, n News) error
	// rest puts the object in the state of which only news can free it.
	rest func(u *ledger.Unit, p *Platform, o *Obj, code string) error
	// open tells whether the object still waits for an answer. It is an error if
	// this one contradicts the one that it has.
	open func(*Obj, News) (bool, error)
}

// head is what a task needs to know of an object.
type head struct {
	id, platform string
	partner      string // whom it belongs to: no other may be asked to carry it out
	work         *ledger.Work
	replayed     *bool
}

// What a carrying out without an answer comes to.
var (
	errLater = errors.New("no answer yet")                  // ask again after a while
	errAgain = errors.New("it was never seen")              // note that it is sent again, and do
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
			w.Sending()
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
	return t.run(ctx, p, o, claim{token: w.Claim, send: true, inHand: true})
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

// claim is what somebody who carries an object out holds.
type claim struct {
	token  string
	send   bool // the request may be sent without asking first
	inHand bool // the object is new and as the store has it, and need not be read again
}

// finish carries one object out if it is unfinished, nobody is at it and it is
// for this engine's partner, and returns it as it is then.
func (t *task[Req, Obj, News]) finish(ctx context.Context, p *Platform, id string) (*Obj, error) {
	var o *Obj
	var c claim
	_, err := p.unit(ctx, func(u *ledger.Unit) (err error) {
		c = claim{}
		if o, err = t.kind.Get(u, id); err != nil {
			return notFoundOr(err, t.verb)
		}
		h := t.head(o)
		if h.platform != p.id {
			return notFound(t.verb)
		}
		if !h.work.Open() || h.work.Held(u.At()) || h.partner != t.partner(p.e) {
			return nil
		}
		c = claim{token: u.NewID("claim_"), send: h.work.Sent.IsZero()}
		if h.work.Take(c.token, u.At(), p.e.c.Lease); c.send {
			h.work.Sending()
		}
		return t.kind.Put(u, id, o)
	})
	if err != nil {
		return nil, t.wrap(id, err)
	}
	if c.token == "" {
		return o, nil
	}
	return t.run(ctx, p, o, c)
}

// run carries out and settles for whoever holds the claim. The call outside ends
// with the lease at the latest; the settling does not end with the caller, who
// may have gone while the answer was on its way.
func (t *task[Req, Obj, News]) run(ctx context.Context, p *Platform, o *Obj, c claim) (*Obj, error) {
	id := t.head(o).id
	outside, cancel := context.WithTimeout(ctx, p.e.c.Lease)
	news, asked := t.carryOut(outside, p, o, c.send)
	cancel()
	inside := context.WithoutCancel(ctx)
	if errors.Is(asked, errAgain) {
		again, err := t.again(inside, p, id, c)
		if err != nil || again.token == "" {
			return o, t.wrap(id, err)
		}
		return t.run(ctx, p, o, again)
	}
	settled, err := t.settled(inside, p, o, c, news, asked)
	if err == nil {
		return settled, nil
	}
	if code, ok := impossible(err); ok {
		p.e.problem(t.verb, id, err)
		c.inHand = false // the refused answer has left its marks on it
		settled, err = t.settled(inside, p, o, c, news, fmt.Errorf("%w: %w", errRest, &ledger.Error{Class: ledger.Unknown, Code: code}))
	}
	if err != nil {
		p.e.problem(t.verb, id, err)
		return nil, t.wrap(id, unsettled(err))
	}
	return settled, nil
}

// impossible tells an answer that can never be booked, whatever happens: it is
// for another amount, or no answer at all. Somebody must look at it.
func impossible(err error) (code string, ok bool) {
	var e *ledger.Error
	if errors.As(err, &e) && (e.Code == "amount_mismatch" || e.Code == "invalid_answer") {
		return e.Code, true
	}
	return "", false
}

// settled books what came of a carrying out and returns the object as it is
// then. If the claim is gone by then (news or another worker was faster, or the
// call took longer than the lease) an answer counts as news: it is the truth.
func (t *task[Req, Obj, News]) settled(ctx context.Context, p *Platform, o *Obj, c claim, news News, asked error) (*Obj, error) {
	id := t.head(o).id
	if asked != nil {
		p.e.problem(t.verb, id, asked)
	}
	_, err := p.unit(ctx, func(u *ledger.Unit) (err error) {
		if c.inHand && u.First() {
			t.kind.AssumeMade(u, id)
		} else if o, err = t.kind.Get(u, id); err != nil {
			return err
		}
		w := t.head(o).work
		switch mine := w.Claim == c.token; {
		case asked == nil && !mine:
			return t.hear(u, p, o, news)
		case !mine:
			return nil // the object is as the others left it
		case asked == nil:
			return t.settle(u, p, o, news)
		case errors.Is(asked, errRest):
			return t.rest(u, p, o, codeOf(asked))
		}
		if c.send {
			w.Sent = u.At() // the call is over
		}
		w.Later(u.At().Add(p.e.backOff(w.Attempt)))
		return t.kind.Put(u, id, o)
	})
	return o, err
}

// again notes that a request is sent once more, and returns the claim of whoever
// sends it: none if somebody else holds the object by now.
func (t *task[Req, Obj, News]) again(ctx context.Context, p *Platform, id string, c claim) (next claim, err error) {
	_, err = p.unit(ctx, func(u *ledger.Unit) error {
		next = claim{}
		o, err := t.kind.Get(u, id)
		if err != nil {
			return err
		}
		w := t.head(o).work
		if w.Claim != c.token {
			return nil
		}
		next = claim{token: u.NewID("claim_"), send: true}
		w.Take(next.token, u.At(), p.e.c.Lease)
		w.Sending()
		return t.kind.Put(u, id, o)
	})
	return next, err
}

// hear books an answer that nobody who holds the object waits for.
func (t *task[Req, Obj, News]) hear(u *ledger.Unit, p *Platform, o *Obj, n News) error {
	ok, err := t.open(o, n)
	if err != nil || !ok {
		return err
	}
	return t.settle(u, p, o, n)
}

// backOff is how long after an attempt without an answer the next one comes:
// twice as long each time, up to an hour, and never less than Config.Retry.
func (e *Engine) backOff(attempts int) time.Duration {
	wait := e.c.Retry
	for range min(attempts, 20) - 1 {
		if wait >= time.Hour/2 {
			break
		}
		wait *= 2
	}
	return wait
}

// problem tells the host's log that something did not go through. Its state is
// in the store, with what is tried next.
func (e *Engine) problem(verb, id string, err error) {
	e.c.Logger.Warn("souk: no answer could be booked", slog.String("verb", verb), slog.String("id", id), slog.Any("error", err))
}

// unsettled is the error of a verb whose intent is recorded and was carried
// out, but whose outcome could not be booked: it may have happened, and the
// same key finds out. The cause is told in words, since an error has one class.
func unsettled(err error) error {
	if codeOf(err) == "contradicting_news" {
		return err
	}
	return &ledger.Error{Class: ledger.Unknown, Code: "unknown_outcome", Msg: "ask again with the same key (" + err.Error() + ")"}
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
		if err != nil || t.head(obj).partner != t.partner(e) {
			return err // what is another partner's waits for an engine that has it
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
