package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/soukhq/souk/ledger"
)

// What a carrying out without an answer comes to.
var (
	errLater  = errors.New("no answer yet")                  // ask again after a while
	errAgain  = errors.New("it was never seen")              // note that it is sent again, and do
	errRest   = errors.New("nobody knows what became of it") // wait for news
	errUnsent = errors.New("nothing was sent")               // take back that it was, and try again after a while
)

// claim is what somebody who carries an object out holds.
type claim struct {
	token  string
	until  time.Time // when the lease ends
	send   bool      // the request may be sent without asking first
	inHand bool      // the object is new and as the store has it, and need not be read again
}

// finish carries one object out if it is unfinished, nobody is at it and it is
// for this engine's partner, and returns it as it is then.
func (t *task[Req, Obj, News]) finish(ctx context.Context, p *Platform, id string) (*Obj, error) {
	p = p.nobody()
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
		if !h.work.Open() || h.work.Held(u.At()) || !t.ours(p.e, h) {
			return nil
		}
		if t.ready != nil {
			if ok, err := t.ready(u, p, o); err != nil || !ok {
				return err
			}
		}
		c = claim{token: u.NewID("claim_"), send: h.work.Sent.IsZero()}
		h.work.Take(c.token, u.At(), p.e.c.Lease)
		if c.until = h.work.Due; c.send {
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

// outside makes the call, which ends with the lease at the latest: what the store
// says of it must stay true. Under a lease that is over, or for a caller who has
// gone, none is made.
func (t *task[Req, Obj, News]) outside(ctx context.Context, p *Platform, o *Obj, c claim) (News, error) {
	rest := min(c.until.Sub(p.e.env.Time()), p.e.c.Lease) // the clock may have been set back
	if err := ctx.Err(); err != nil || rest <= 0 {
		var none News
		return none, errors.Join(errUnsent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, rest)
	defer cancel()
	return t.carryOut(ctx, p, o, c.send)
}

// run carries out and settles for whoever holds the claim. The settling does not
// end with the caller, who may have gone while the answer was on its way.
func (t *task[Req, Obj, News]) run(ctx context.Context, p *Platform, o *Obj, c claim) (*Obj, error) {
	p = p.nobody()
	id := t.head(o).id
	news, asked := t.outside(ctx, p, o, c)
	inside := context.WithoutCancel(ctx)
	if errors.Is(asked, errAgain) {
		now, again, err := t.again(inside, p, id, c)
		switch {
		case err != nil:
			return nil, t.wrap(id, unsettled(err))
		case again.token == "":
			return now, nil
		}
		return t.run(ctx, p, now, again)
	}
	if asked != nil && (ctx.Err() == nil || errors.Is(asked, errRest)) { // else it was only interrupted
		p.e.problem(t.verb, id, asked)
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
		switch unsent := errors.Is(asked, errUnsent); {
		case c.send && unsent:
			w.Unsent()
		case c.send:
			w.Sent = u.At() // the call is over
		}
		w.Later(u.At().Add(p.e.backOff(w.Attempt)))
		return t.kind.Put(u, id, o)
	})
	return o, err
}

// again notes that a request is sent once more, and returns the object and the
// claim of whoever sends it: none if somebody else was faster.
func (t *task[Req, Obj, News]) again(ctx context.Context, p *Platform, id string, c claim) (o *Obj, next claim, err error) {
	_, err = p.unit(ctx, func(u *ledger.Unit) (err error) {
		next = claim{}
		if o, err = t.kind.Get(u, id); err != nil {
			return err
		}
		w := t.head(o).work
		if w.Claim != c.token {
			return nil
		}
		next = claim{token: u.NewID("claim_"), send: true}
		w.Take(next.token, u.At(), p.e.c.Lease)
		next.until = w.Due
		w.Sending()
		return t.kind.Put(u, id, o)
	})
	return o, next, err
}

// hear books an answer that nobody who holds the object waits for.
func (t *task[Req, Obj, News]) hear(u *ledger.Unit, p *Platform, o *Obj, n News) error {
	switch ok, err := t.open(o, n); {
	case err != nil:
		return err
	case ok:
		return t.settle(u, p, o, n)
	}
	return t.late(u, p, o, n)
}

// backOff is how long after an attempt without an answer the next one comes:
// twice as long each time, up to an hour, and never less than Config.Retry.
func (e *Engine) backOff(attempts int) time.Duration {
	wait := e.c.Retry
	for range attempts - 1 {
		if wait >= time.Hour {
			break
		}
		wait *= 2
	}
	return max(e.c.Retry, min(wait, time.Hour))
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

// worker lets Drain carry out what is due of a task.
func worker[Req, Obj, News any](e *Engine, t *task[Req, Obj, News]) ledger.Worker {
	return ledger.Worker{Kind: t.kind.Name, Do: func(ctx context.Context, _ ledger.Store, o ledger.Object) error {
		obj, err := t.kind.Decode(o)
		if err != nil || !t.ours(e, t.head(obj)) {
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

// Finish carries out one recorded object: the id of a charge, capture, cancellation,
// increase, saved source, refund, payment, bulk, payout, debit of a seller's bank, receiver
// or return of coins, or a held share or early warning of which something is due. It is what
// a host calls after the commit of a
// transaction in which a verb was recorded (In). What is finished already, or being
// carried out by somebody else, is left alone. It takes the right to record the object, and
// under a connection that it was recorded there.
func (p *Platform) Finish(ctx context.Context, id string) error {
	if err := p.may(ctx, "Finish"); err != nil {
		return err
	}
	if p.joined {
		return badState("joined", "id", "finish after the host's commit, on the platform itself")
	}
	if err := p.mayFinish(ctx, id); err != nil {
		return err
	}
	return p.itself().carryOut(ctx, id)
}

// carryOut is Finish for what the engine does by itself.
func (p *Platform) carryOut(ctx context.Context, id string) error {
	var err error
	switch {
	case chargeKind.Fits(id):
		var c *Charge
		c, err = chargeTask.finish(ctx, p, id)
		c, err = p.challenge(ctx, c, err)
		_, err = p.goesOn(ctx, c, err)
	case captureKind.Fits(id):
		_, err = captureTask.finish(ctx, p, id)
	case cancellationKind.Fits(id):
		_, err = cancelTask.finish(ctx, p, id)
	case refundKind.Fits(id):
		_, err = refundTask.finish(ctx, p, id)
	case savedSourceKind.Fits(id):
		var s *SavedSource
		s, err = saveTask.finish(ctx, p, id)
		_, err = p.saveAgain(ctx, s, err)
	case disputeAnswerKind.Fits(id):
		_, err = answerTask.finish(ctx, p, id)
	case warningKind.Fits(id):
		err = p.finishWarning(ctx, id)
	case increaseKind.Fits(id):
		_, err = increaseTask.finish(ctx, p, id)
	case bankCheckKind.Fits(id):
		_, err = bankCheckTask.finish(ctx, p, id)
	case payoutKind.Fits(id):
		_, err = payoutTask.finish(ctx, p, id)
	case negativeDebitKind.Fits(id):
		_, err = negativeDebitTask.finish(ctx, p, id)
	case paymentKind.Fits(id):
		err = p.finishPayment(ctx, id)
	case receiverKind.Fits(id):
		_, err = receiverTask.finish(ctx, p, id)
	case coinReturnKind.Fits(id):
		_, err = coinReturnTask.finish(ctx, p, id)
	case bulkKind.Fits(id):
		err = p.finishBulk(ctx, id)
	case heldKind.Fits(id):
		err = p.finishShare(ctx, id)
	default:
		err = notFound("object")
	}
	return err
}
