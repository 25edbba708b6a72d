package rule

import (
	"context"
	"sync/atomic"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Active is a Rule whose set can be replaced while payments are made: by a newer text,
// or the same with newer lists. The zero Active has no rules. A decision is made by one
// set from its beginning to its end.
type Active struct {
	set atomic.Pointer[Set]
}

// Use replaces the set; nil is one without rules.
func (a *Active) Use(s *Set) { a.set.Store(s) }

// Set returns the set in use; nil if there is none.
func (a *Active) Set() *Set { return a.set.Load() }

// Decide implements compliance.Rule.
func (a *Active) Decide(ctx context.Context, p *compliance.Payment) (compliance.Decision, error) {
	if s := a.set.Load(); s != nil {
		return s.Decide(ctx, p)
	}
	return compliance.Decision{}, nil
}

// Uses reports whether the set in use looks at an attribute. Who gathers facts by that,
// and is overtaken by another set, leaves some of that one's facts missing: Set returns
// one to be asked from the beginning to the end.
func (a *Active) Uses(fact string) bool {
	s := a.set.Load()
	return s != nil && s.Uses(fact)
}

// Late reports whether the set in use has to be asked after authorization.
func (a *Active) Late() bool {
	s := a.set.Load()
	return s != nil && s.Late()
}

// Currencies lists those that the set in use names.
func (a *Active) Currencies() []ledger.Currency {
	if s := a.set.Load(); s != nil {
		return s.Currencies()
	}
	return nil
}
