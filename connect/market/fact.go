package market

import "github.com/soukhq/souk/payout"

// Fact is a value that holds from a day to another, both included. The zero Day
// is no bound.
type Fact[T any] struct {
	Value  T          `json:"value"`
	From   payout.Day `json:"from,omitzero"`
	Until  payout.Day `json:"until,omitzero"`
	Source string     `json:"source,omitzero"` // where it is from; files name one for every fact
	// Confirm marks a starting point, such as a wording or a custom, which a host
	// confirms before relying on it.
	Confirm bool `json:"confirm,omitzero"`
}

func (f *Fact[T]) on(d payout.Day) bool {
	return (f.From == 0 || d >= f.From) && (f.Until == 0 || d <= f.Until)
}

// overlaps reports whether two facts hold on one day.
func (f *Fact[T]) overlaps(g *Fact[T]) bool {
	return (f.From == 0 || g.Until == 0 || f.From <= g.Until) && (g.From == 0 || f.Until == 0 || g.From <= f.Until)
}

// Is is a fact without dates, for rules that are written in Go.
func Is[T any](value T) []Fact[T] { return []Fact[T]{{Value: value}} }

// Since is a fact from a day on, for rules that are written in Go.
func Since[T any](from payout.Day, value T) []Fact[T] { return []Fact[T]{{Value: value, From: from}} }
