package rule

import (
	"context"
	"iter"
	"math/big"
	"slices"
	"strings"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Past is a payment of the past, with what was known when it was made: its At, and a
// Counter and Rates of then.
type Past struct {
	Payment *compliance.Payment
	// Outcome is what became of it, in the host's words: "disputed". Empty: nothing.
	Outcome string
}

// Report says what a set would have done.
type Report struct {
	Version  string
	Against  string // the version of the set that it was compared with; empty if with none
	Payments int
	Rules    []RuleReport // in the order of the text
	// Actions are what would have been done in all: allow, block, review, nothing.
	Actions []Tally
	// Changes are those payments about which the two sets differ, by what the other
	// does and what this one does.
	Changes []Change
}

// RuleReport says what one rule would have done.
type RuleReport struct {
	Info
	Decided Tally // the payments that it would have decided
	True    int   // all of which it is true, those that another rule decides included
	Unknown int   // all of which it cannot be told
}

// Tally counts payments and adds up their amounts.
type Tally struct {
	Action   compliance.Action
	Payments int
	Amounts  []Total        // by currency, in the order of codes
	Outcomes map[string]int // by what became of them; nil where nothing did
}

// Total is a sum of amounts, which may leave the bounds of ledger.Money.
type Total struct {
	Currency ledger.Currency
	Minor    *big.Int
}

// Change counts payments about which two sets differ.
type Change struct {
	From compliance.Action // of the set that was compared with
	Tally
	Examples []string // the ids of the first ten
}

// examples is how many payments of a change are named.
const examples = 10

// BackTest asks a set about payments of the past, and reports what it would have
// done and where it differs from another set, if there is one (against). It writes
// nothing and keeps no payment. Rules that are asked after authorization are asked
// too where Checks say anything, and only if the first answer does not allow or
// block, as it is with a payment. The first error ends it.
func BackTest(ctx context.Context, s, against *Set, past iter.Seq2[Past, error]) (*Report, error) {
	rep := &Report{Version: s.version, Actions: newTallies()}
	if against != nil {
		rep.Against = against.version
	}
	for i := range s.rules {
		rep.Rules = append(rep.Rules, RuleReport{Info: s.rules[i].Info, Decided: Tally{Action: s.rules[i].Action}})
	}
	for one, err := range past {
		if err != nil {
			return nil, err
		}
		d, err := s.both(ctx, one.Payment)
		if err != nil {
			return nil, err
		}
		if err := rep.count(ctx, s, one, d); err != nil {
			return nil, err
		}
		if against == nil {
			continue
		}
		other, err := against.both(ctx, one.Payment)
		if err != nil {
			return nil, err
		}
		if other.Action != d.Action {
			rep.change(one, other.Action, d.Action)
		}
	}
	rep.sort()
	return rep, nil
}

func newTallies() []Tally {
	list := make([]Tally, 0, len(actions)+1)
	for _, a := range actions {
		list = append(list, Tally{Action: a})
	}
	return append(list, Tally{})
}

// both decides on a payment before authorization, and after it if that can change
// anything.
func (s *Set) both(ctx context.Context, p *compliance.Payment) (compliance.Decision, error) {
	if p == nil {
		return compliance.Decision{}, refused("missing_argument", "payment", "a decision needs a payment and its time")
	}
	at := *p
	at.Stage = compliance.BeforeAuthorization
	d, err := s.Decide(ctx, &at)
	if err != nil || d.Action == compliance.Allow || d.Action == compliance.Block || !s.late || at.Checks == (compliance.Checks{}) {
		return d, err
	}
	at.Stage = compliance.AfterAuthorization
	then, err := s.Decide(ctx, &at)
	if then.Action == compliance.NoAction || d.Action == compliance.Review && then.Action != compliance.Block {
		return d, err
	}
	return then, err
}

// count adds a payment to what each rule says of it, and to what is done.
func (rep *Report) count(ctx context.Context, s *Set, one Past, d compliance.Decision) error {
	r, err := s.run(ctx, one.Payment)
	if err != nil {
		return err
	}
	rep.Payments++
	for i := range s.rules {
		r.steps = 0
		if s.rules[i].Late && one.Payment.Checks == (compliance.Checks{}) {
			continue
		}
		switch r.truth(s.rules[i].cond) {
		case compliance.True:
			rep.Rules[i].True++
		case compliance.Unknown:
			rep.Rules[i].Unknown++
		}
		if r.err != nil {
			return r.err
		}
		if d.Action != compliance.NoAction && s.rules[i].Name == d.Rule {
			rep.Rules[i].Decided.add(one)
		}
	}
	for i := range rep.Actions {
		if rep.Actions[i].Action == d.Action {
			rep.Actions[i].add(one)
		}
	}
	return nil
}

func (rep *Report) change(one Past, from, to compliance.Action) {
	i := slices.IndexFunc(rep.Changes, func(c Change) bool { return c.From == from && c.Action == to })
	if i < 0 {
		i = len(rep.Changes)
		rep.Changes = append(rep.Changes, Change{From: from, Tally: Tally{Action: to}})
	}
	c := &rep.Changes[i]
	c.add(one)
	if len(c.Examples) < examples {
		c.Examples = append(c.Examples, one.Payment.ID)
	}
}

func (t *Tally) add(one Past) {
	t.Payments++
	if one.Outcome != "" {
		if t.Outcomes == nil {
			t.Outcomes = make(map[string]int)
		}
		t.Outcomes[one.Outcome]++
	}
	amount := one.Payment.Amount
	if amount.Currency().IsZero() {
		return
	}
	i := slices.IndexFunc(t.Amounts, func(have Total) bool { return have.Currency == amount.Currency() })
	if i < 0 {
		i = len(t.Amounts)
		t.Amounts = append(t.Amounts, Total{amount.Currency(), new(big.Int)})
	}
	t.Amounts[i].Minor.Add(t.Amounts[i].Minor, big.NewInt(amount.Minor()))
}

// sort puts everything in an order that does not hang on that of the payments.
func (rep *Report) sort() {
	place := func(a compliance.Action) int {
		return (slices.Index(actions[:], a) + len(actions) + 1) % (len(actions) + 1)
	}
	slices.SortFunc(rep.Changes, func(a, b Change) int {
		return (place(a.From)-place(b.From))*8 + place(a.Action) - place(b.Action)
	})
	tallies := make([]*Tally, 0, len(rep.Rules)+len(rep.Actions)+len(rep.Changes))
	for i := range rep.Rules {
		tallies = append(tallies, &rep.Rules[i].Decided)
	}
	for i := range rep.Actions {
		tallies = append(tallies, &rep.Actions[i])
	}
	for i := range rep.Changes {
		tallies = append(tallies, &rep.Changes[i].Tally)
	}
	for _, t := range tallies {
		slices.SortFunc(t.Amounts, func(a, b Total) int { return strings.Compare(a.Currency.String(), b.Currency.String()) })
	}
}
