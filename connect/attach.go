package connect

import (
	"fmt"
	"slices"

	"github.com/soukhq/souk/ledger"
)

// Part is what stands on an engine and keeps objects of its own in the engine's store:
// souk's connect/webhook and connect/oauth, or a host's. Drain works for it.
type Part struct {
	// Kinds are the objects that the part keeps. A host that has SQL views passes them to
	// Migrate beside Kinds. A kind whose due work Drain does is one of them.
	Kinds []ledger.KindInfo

	// Workers do what is due of them.
	Workers []ledger.Worker

	// Start, unless nil, puts what the part must have before it works. It runs in one unit of
	// work before the engine's next one, and again by each engine on the store, in any
	// process: what is there already, it leaves.
	Start func(u *ledger.Unit) error
}

// Env returns the clock and the ids that the engine works with, for parts that stand on it.
func (e *Engine) Env() ledger.Env { return e.env }

// Attach lets the engine work for a part. A kind without a name, or that the engine or
// another part keeps, is ledger.Invalid, and so is a worker for a kind that is not the
// part's own; the part is then not attached.
func (e *Engine) Attach(p Part) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	taken := Kinds()
	for _, other := range e.parts {
		taken = append(taken, other.Kinds...)
	}
	for i, k := range p.Kinds {
		has := func(other ledger.KindInfo) bool {
			return other.Name == k.Name || k.Prefix != "" && other.Prefix == k.Prefix
		}
		switch {
		case k.Name == "":
			return badPart("kinds", "a kind has no name")
		case slices.ContainsFunc(taken, has), slices.ContainsFunc(p.Kinds[:i], has):
			return badPart("kinds", fmt.Sprintf("there is a kind %s, or one with its prefix %q", k.Name, k.Prefix))
		}
	}
	for i, w := range p.Workers {
		switch is := func(other ledger.Worker) bool { return other.Kind == w.Kind }; {
		case w.Do == nil, !slices.ContainsFunc(p.Kinds, func(k ledger.KindInfo) bool { return k.Name == w.Kind }):
			return badPart("workers", fmt.Sprintf("the worker for %q does nothing, or not for a kind of the part", w.Kind))
		case slices.ContainsFunc(p.Workers[:i], is):
			return badPart("workers", "there are two for "+w.Kind)
		}
	}
	e.parts = append(slices.Clip(e.parts), p)
	e.started = false // what it must have is put before the next unit of work
	return nil
}

func badPart(field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_part", Field: field, Op: "connect: attach", Msg: msg}
}

// startParts puts what the parts must have.
func (e *Engine) startParts(u *ledger.Unit) error {
	for _, p := range e.parts {
		if p.Start == nil {
			continue
		}
		if err := p.Start(u); err != nil {
			return err
		}
	}
	return nil
}

// attached are the workers of the parts.
func (e *Engine) attached() (list []ledger.Worker) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.parts {
		list = append(list, p.Workers...)
	}
	return list
}
