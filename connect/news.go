package connect

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// News books what the engine's acquirer says unasked: a notification, a line of
// a report, what a person found out. Its key is that of the request: the id of the charge, capture, cancellation,
// increase, saved source or refund. It may come twice, late, and in any order: what is decided already stays. News
// of a key that is not this acquirer's is NotFound; news that contradicts what is
// booked is of class State, code contradicting_news, and changes nothing.
func (e *Engine) News(ctx context.Context, n News) error {
	err := e.start(ctx)
	if err != nil {
		return err
	}
	switch {
	case chargeKind.Fits(n.Key):
		err = e.chargeNews(ctx, n)
	case captureKind.Fits(n.Key):
		err = e.captureNews(ctx, n)
	case cancellationKind.Fits(n.Key):
		err = cancelTask.news(ctx, e, n.Key, n.Answer)
	case increaseKind.Fits(n.Key):
		err = increaseTask.news(ctx, e, n.Key, n.Answer)
	case savedSourceKind.Fits(n.Key):
		err = e.sourceNews(ctx, n)
	case disputeAnswerKind.Fits(n.Key):
		err = answerTask.news(ctx, e, n.Key, n.Answer)
	case refundKind.Fits(n.Key):
		err = refundTask.news(ctx, e, n.Key, n.Answer)
	default:
		err = inField("key", notFound("charge, capture, cancellation or refund"))
	}
	if err != nil {
		return fmt.Errorf("connect: news: %w", err)
	}
	return nil
}

// captureNews books news of a capture. One that failed after it had succeeded has
// failed its payment, if that has no other.
func (e *Engine) captureNews(ctx context.Context, n News) error {
	if n.Answer.Status != Failed {
		return captureTask.news(ctx, e, n.Key, n.Answer)
	}
	k, err := captureKind.Read(ctx, e.c.Store, n.Key)
	if err != nil {
		return notFoundOr(err, captureTask.verb)
	}
	c, err := chargeKind.Read(ctx, e.c.Store, k.Charge)
	switch {
	case err != nil:
		return err
	case c.Acquirer != acquirerName(e):
		return notFound(captureTask.verb)
	case k.Status == StepPending || k.Status == StepUnknown:
		n.Answer.Status = Declined
		return captureTask.news(ctx, e, n.Key, n.Answer)
	case k.Status == StepFailed:
		return nil
	case c.Authorization != nil && c.Authorization.Made > 1:
		return badState("partly_failed", "key", "one of several captures of the charge has failed: a person decides")
	}
	n.Key = c.key()
	return e.chargeNews(ctx, n)
}

// RailNews books one piece of news of the engine's rail that came on another way
// than Rail.Updates: on paper, by telephone, from a person who decided about what
// UnmatchedNews lists. Each piece has an ID of its own, and the same again
// changes nothing. News of a payout that is not this rail's is NotFound; of
// another amount, State, code amount_mismatch.
func (e *Engine) RailNews(ctx context.Context, n payout.Update) error {
	err := e.start(ctx)
	if err == nil && n.ID == "" {
		err = badField("invalid_request", "id", "news has an id of its own")
	}
	if err == nil {
		err = e.applyUpdate(ctx, e.c.Store, n)
	}
	if err != nil {
		return fmt.Errorf("connect: rail news: %w", err)
	}
	return nil
}

// news books an answer that came unasked.
func (t *task[Req, Obj, News]) news(ctx context.Context, e *Engine, id string, n News) error {
	o, err := t.kind.Read(ctx, e.c.Store, id)
	if err != nil {
		return notFoundOr(err, t.verb)
	}
	h := t.head(o)
	if h.partner != t.partner(e) {
		return notFound(t.verb)
	}
	p, err := e.Platform(ctx, h.platform)
	if err != nil {
		return err
	}
	_, err = p.unit(ctx, func(u *ledger.Unit) error {
		o, err := t.kind.Get(u, id)
		if err != nil {
			return err
		}
		return t.hear(u, p, o, n)
	})
	return err
}
