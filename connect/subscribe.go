package connect

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// SubscribeRequest says which events somebody in this process wants to hear.
type SubscribeRequest struct {
	After ledger.Cursor // where they were the last time; empty is the beginning
	Types []string      // only these; "charge." is all that begin so. None: all
	Every time.Duration // how long to wait where nothing new has come; 0 is a second
}

// Told is what has come since.
type Told struct {
	Events []ledger.Event // one or more, in order; of one object none out of order
	Next   ledger.Cursor  // to be kept once they are handled: After of the next subscription
}

// Subscribe hands out the platform's events as they come, from a cursor on, until ctx
// ends, which is the last error, or the loop is left:
//
//	for told, err := range platform.Subscribe(ctx, connect.SubscribeRequest{After: kept}) {
//		if err != nil {
//			return err
//		}
//		handle(told.Events)
//		keep(told.Next)
//	}
//
// It asks the store in the loop's own goroutine, and starts none. No event is skipped,
// however late its change was committed; who keeps Next after handling sees some twice
// after a crash, each with the same id. An error of the store ends it.
func (p *Platform) Subscribe(ctx context.Context, r SubscribeRequest) iter.Seq2[*Told, error] {
	return func(yield func(*Told, error) bool) {
		if r.Every < 0 || len(r.Types) > 100 {
			yield(nil, fmt.Errorf("connect: subscribe: %w", badField("invalid_request", "every", "it waits zero or more, and hears a hundred types at most")))
			return
		}
		if r.Every == 0 {
			r.Every = time.Second
		}
		wait := time.NewTimer(0)
		defer wait.Stop()
		for at := r.After; ; {
			select {
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			case <-wait.C:
			}
			list, next, err := p.Events(ctx, at, ledger.MaxPage)
			if err != nil {
				yield(nil, err)
				return
			}
			full := len(list) == ledger.MaxPage
			at = next
			list = slices.DeleteFunc(list, func(e ledger.Event) bool { return !r.wants(e.Type) })
			if len(list) > 0 && !yield(&Told{list, next}, nil) {
				return
			}
			if full {
				wait.Reset(0)
			} else {
				wait.Reset(r.Every)
			}
		}
	}
}

// wants tells whether a type is asked for.
func (r *SubscribeRequest) wants(of string) bool {
	return len(r.Types) == 0 || slices.ContainsFunc(r.Types, func(t string) bool {
		return t == of || strings.HasSuffix(t, ".") && strings.HasPrefix(of, t)
	})
}
