package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
)

// delivery is what a partner promises about lost answers.
type delivery struct {
	kind              ledger.Delivery
	keyLife, settling time.Duration
	newsOnly          bool // it cannot be asked
	now               func() time.Time
}

// attempt is one carrying out.
type attempt struct {
	send   bool          // it may be sent without asking: the store says so, and nobody else may
	known  bool          // the partner has said that it has it
	life   time.Duration // of its key, at the latest moment at which this attempt may send it
	waited time.Duration // since what was sent last can no longer be under way
	until  time.Time     // when its lease ends
}

func attemptOf(w *ledger.Work, send, known bool) attempt {
	return attempt{send: send, known: known, life: w.Due.Sub(w.First), waited: w.Taken.Sub(w.Sent), until: w.Due}
}

// deliver sends a request, or asks what became of it, as the partner's promise
// allows: a request is sent a second time only where that cannot act twice. An
// askable partner that has never seen it gets it again (errAgain), but only
// once the store knows of that.
func deliver[N any](ctx context.Context, d delivery, a attempt, send func(context.Context) (N, error), ask func(context.Context) (N, error)) (N, error) {
	var none N
	sent := send
	send = func(ctx context.Context) (N, error) {
		if !d.now().Before(a.until) { // what it is about was read meanwhile, and that took too long: somebody else may be at it
			return none, errUnsent
		}
		return sent(ctx)
	}
	switch {
	case a.known && (d.newsOnly || d.kind == ledger.Blind):
		return none, errRest // its truth comes by news alone
	case a.known:
		n, err := ask(ctx)
		return n, noAnswer(err)
	case a.send:
		n, err := send(ctx)
		if err != nil && d.kind == ledger.Blind && !errors.Is(err, errUnsent) {
			return none, fmt.Errorf("%w: %w", errRest, err)
		}
		return n, noAnswer(err)
	case d.kind == ledger.Keyed:
		if d.keyLife > 0 && a.life >= d.keyLife {
			return none, errRest
		}
		n, err := send(ctx)
		return n, noAnswer(err)
	case d.kind == ledger.Askable:
		n, err := ask(ctx)
		switch {
		case !errors.Is(err, ledger.NotFound):
			return n, noAnswer(err)
		case a.waited < d.settling:
			return none, errLater
		}
		return none, errAgain
	}
	return none, errRest
}

// noAnswer marks an error as: no answer yet. Exists says that the key belongs to
// another request, Invalid that the request can never be sent, so that asking again
// is no use.
func noAnswer(err error) error {
	switch {
	case err == nil, errors.Is(err, errUnsent):
		return err
	case errors.Is(err, ledger.Exists), errors.Is(err, ledger.Invalid) && !errors.Is(err, ledger.Unknown):
		return fmt.Errorf("%w: %w", errRest, err)
	}
	return fmt.Errorf("%w: %w", errLater, err)
}
