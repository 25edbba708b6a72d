package faults

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// Read implements ledger.Store.
func (s *Store) Read(ctx context.Context, fn func(ledger.View) error) error {
	n, p := s.next(false, "")
	switch p.Kind {
	case Before:
		s.flush()
		return s.told(n, p.fault(ledger.Unavailable))
	case Cancel:
		ctx = p.cancelled(ctx)
	case CrashBefore:
		panic(Crash{n})
	}
	err := s.inner.Read(ctx, fn)
	s.flush()
	switch p.Kind {
	case After:
		err = p.fault(ledger.Unavailable)
	case CrashAfter:
		panic(Crash{n})
	}
	return s.told(n, err)
}

// Commit implements ledger.Store.
func (s *Store) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	n, p := s.next(true, c.ID)
	switch p.Kind {
	case Before:
		s.flush()
		return nil, s.told(n, p.fault(ledger.Unavailable))
	case Never:
		s.flush()
		return nil, s.told(n, p.fault(ledger.Unknown))
	case Conflict:
		s.flush()
		return nil, s.told(n, p.fault(ledger.Conflict))
	case Late:
		s.flush() // what was late before
		s.delay(c)
		return nil, s.told(n, p.fault(ledger.Unknown))
	case Cancel:
		ctx = p.cancelled(ctx)
	case CrashBefore:
		panic(Crash{n})
	}
	r, err := s.inner.Commit(ctx, c)
	s.flush()
	switch p.Kind {
	case After:
		if err == nil { // a refusal is no lost answer: nothing was applied
			return nil, s.told(n, p.fault(ledger.Unknown))
		}
	case Twice:
		r, err = s.inner.Commit(ctx, c)
	case CrashAfter:
		panic(Crash{n})
	}
	return r, s.told(n, err)
}

// delay keeps a copy of a change for later: its caller may go on to alter it.
func (s *Store) delay(c *ledger.Change) {
	d := *c
	d.Expect, d.Open, d.Post = append([]ledger.Expectation(nil), c.Expect...), append([]ledger.Account(nil), c.Open...), append([]ledger.Transaction(nil), c.Post...)
	d.Holds, d.Close = append([]ledger.HoldStep(nil), c.Holds...), append([]ledger.Ref(nil), c.Close...)
	d.Put, d.Emit = append([]ledger.Object(nil), c.Put...), append([]ledger.Event(nil), c.Emit...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = append(s.late, &d)
}

// cancelled ends the caller's context if the plan can, and returns one that has
// ended.
func (p Plan) cancelled(ctx context.Context) context.Context {
	if p.Stop != nil {
		p.Stop()
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}
