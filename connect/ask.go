package connect

import "context"

// Finder is an Acquirer that finds what became of a request by its own name for
// it. It is asked so, instead of by Lookup, where the name is known.
type Finder interface {
	// Find returns what became of a key that was answered under a reference.
	Find(ctx context.Context, key, reference string) (Answer, error)
}

// askAbout sends a request or asks for its answer; reference is the acquirer's
// name for it, if it has told one.
func (e *Engine) askAbout(ctx context.Context, key, reference string, a attempt, send func(context.Context) (Answer, error)) (Answer, error) {
	acq := e.c.Acquirer
	i := acq.Info()
	ask := func(ctx context.Context) (Answer, error) { return acq.Lookup(ctx, key) }
	if f, ok := acq.(Finder); ok && reference != "" {
		ask = func(ctx context.Context) (Answer, error) { return f.Find(ctx, key, reference) }
	}
	d := delivery{kind: i.Delivery, keyLife: i.KeyLife, settling: i.Settling, newsOnly: i.NewsOnly, now: e.env.Time}
	return deliver(ctx, d, a, send, ask)
}

// askAcquirer sends a request or asks for its answer, by its key alone: a
// cancellation has no name but that of its payment.
func (e *Engine) askAcquirer(ctx context.Context, key string, a attempt, send func(context.Context) (Answer, error)) (Answer, error) {
	return e.askAbout(ctx, key, "", a, send)
}
