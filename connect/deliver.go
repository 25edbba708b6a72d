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
}

// attempt is one carrying out.
type attempt struct {
	first  bool          // it was never sent before
	known  bool          // the partner has said that it has it
	age    time.Duration // since it was recorded
	waited time.Duration // since it was last sent, as far as is known
}

// deliver sends a request, or asks what became of it, as the partner's promise
// allows: a request is sent a second time only where that cannot act twice.
func deliver[N any](ctx context.Context, d delivery, a attempt, send func(context.Context) (N, error), ask func(context.Context) (N, error)) (N, error) {
	var none N
	switch {
	case a.known && d.kind == ledger.Blind:
		return none, errRest // its truth comes by news alone
	case a.known:
		n, err := ask(ctx)
		return n, later(err)
	case a.first:
		n, err := send(ctx)
		if err != nil && d.kind == ledger.Blind {
			return none, errRest
		}
		return n, later(err)
	case d.kind == ledger.Keyed:
		if d.keyLife > 0 && a.age >= d.keyLife {
			return none, errRest
		}
		n, err := send(ctx)
		return n, later(err)
	case d.kind == ledger.Askable:
		n, err := ask(ctx)
		if errors.Is(err, ledger.NotFound) {
			if a.waited < d.settling {
				return none, errLater
			}
			n, err = send(ctx)
		}
		return n, later(err)
	}
	return none, errRest
}

// later marks an error as: no answer yet.
func later(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errLater, err)
}
