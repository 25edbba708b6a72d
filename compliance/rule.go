package compliance

import (
	"context"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// Rule decides on a payment before it is carried out. It may be asked again for the
// same payment, by several goroutines at once, and changes nothing. An error ends
// the payment before anything happens; what is merely not known is no error.
//
// Package compliance/rule makes one of text.
type Rule interface {
	Decide(ctx context.Context, p *Payment) (Decision, error)
}

// Action is what is done about a payment.
type Action string

// The actions, in their order: what is allowed is not blocked, and what is blocked
// not reviewed.
const (
	NoAction Action = ""       // no rule has anything to say: it goes on
	Allow    Action = "allow"  // it goes on, whatever other rules say
	Block    Action = "block"  // it does not
	Review   Action = "review" // it goes on, and a person looks at it
)

// Decision is what a Rule says of a payment, and why. It is stored with it.
type Decision struct {
	Action  Action `json:"action,omitzero"`
	Rule    string `json:"rule,omitzero"`    // the name of the rule that decided
	Version string `json:"version,omitzero"` // of the rules that were asked
	Text    string `json:"text,omitzero"`    // what the rule says
	// Because is what made it true, in the words of the rule.
	Because []Reason `json:"because,omitzero"`
	// Undecided are the rules before it that could not be told, and what they lacked.
	Undecided []Undecided `json:"undecided,omitzero"`
}

// Reason is a comparison that holds, and the facts that it compared.
type Reason struct {
	Term  string `json:"term"`
	Facts []Fact `json:"facts,omitzero"`
}

// Fact is a value of a payment. One that is personal is not shown.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Undecided is a rule that was neither true nor false, and what was missing.
type Undecided struct {
	Rule    string   `json:"rule"`
	Missing []string `json:"missing,omitzero"`
}

// Explain returns the decision in words, in several lines.
func (d Decision) Explain() string {
	var b strings.Builder
	switch {
	case d.Action == NoAction:
		b.WriteString("no rule applies")
	default:
		b.WriteString(string(d.Action) + " by " + d.Rule)
	}
	if d.Version != "" {
		b.WriteString(" (version " + d.Version + ")")
	}
	for _, r := range d.Because {
		b.WriteString("\n  " + r.Term)
		for i, f := range r.Facts {
			b.WriteString([]string{", as ", " and "}[min(i, 1)] + f.Name + " is " + f.Value)
		}
	}
	for _, u := range d.Undecided {
		b.WriteString("\n  " + u.Rule + " is unknown without " + strings.Join(u.Missing, ", "))
	}
	return b.String()
}

// Decide asks rules in their order. The first that allows or blocks ends it, so what
// comes first in the list has the last word. A review stands unless a later rule
// blocks. What was undecided is that of all who were asked; a decision that names no
// action is returned where none did.
func Decide(ctx context.Context, rules []Rule, p *Payment) (Decision, error) {
	var found Decision
	var undecided []Undecided
	for _, r := range rules {
		d, err := r.Decide(ctx, p)
		if err != nil {
			return Decision{}, err
		}
		undecided = append(undecided, d.Undecided...)
		switch d.Action {
		case NoAction:
			if found.Version == "" {
				found.Version = d.Version
			}
			continue
		case Allow, Review:
			if found.Action == Review {
				continue
			}
			found = d
		case Block:
			found = d
		default:
			return Decision{}, &ledger.Error{Class: ledger.Invalid, Code: "invalid_action", Field: "action", Op: "compliance: decide",
				Msg: "a rule allows, blocks, reviews or does nothing"}
		}
		if found.Action != Review {
			break
		}
	}
	found.Undecided = undecided
	return found, nil
}
