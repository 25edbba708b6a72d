package monitor

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/payout"
)

// What a programme may count of a month.
const (
	FraudWarnings = "fraud_warnings" // what issuers report as fraud
	FraudDisputes = "fraud_disputes" // disputes of the reason fraudulent
	OtherDisputes = "other_disputes" // all others; inquiries are none
)

// Against which sales a programme counts.
const (
	SameMonth     = "same_month"
	PreviousMonth = "previous_month"
)

// Program is what is known of one programme, over time. It holds on the days on which
// it has a level.
type Program struct {
	Name    string                          `json:"program"` // 1–40 lower-case letters, digits, dots, dashes and underscores
	Network string                          `json:"network"` // likewise, as acquirers tell it: "visa"
	Counts  []market.Fact[[]string]         `json:"counts"`
	Sales   []market.Fact[string]           `json:"sales"`
	Levels  map[string][]market.Fact[Level] `json:"levels"`
}

// Level is reached where both are: in a calendar month, the number, and the part of
// sales.
type Level struct {
	Count   int64           `json:"count"`          // 1 or more
	Percent decimal.Decimal `json:"percent"`        // more than 0, at most 100, of six places at most
	Warns   bool            `json:"warns,omitzero"` // the network only warns; nothing follows yet
}

// Reached tells whether counts reach a level: at a part of it, in percent, of both.
func (l *Level) Reached(counted, sales int64, part int) bool {
	hundred, p := decimal.NewFromInt(100), decimal.NewFromInt(int64(part))
	return decimal.NewFromInt(counted).Mul(hundred).Cmp(decimal.NewFromInt(l.Count).Mul(p)) >= 0 &&
		decimal.NewFromInt(counted).Mul(hundred).Mul(hundred).Cmp(l.Percent.Mul(p).Mul(decimal.NewFromInt(sales))) >= 0
}

// Enough is how many sales are enough for counts not to reach the level, or a part of
// it, whatever the number: none more need be counted.
func (l *Level) Enough(counted int64, part int) int64 {
	limit := l.Percent.Mul(decimal.NewFromInt(int64(part)))
	return decimal.NewFromInt(counted).Mul(decimal.NewFromInt(10_000)).DivRound(limit, 0).IntPart() + 1
}

// NamedLevel is a level of a programme.
type NamedLevel struct {
	Name string
	Level
}

// Terms are what holds of a programme on one day. Levels are in their order, the lowest
// first.
type Terms struct {
	Program, Network string
	Counts           []string
	Previous         bool // sales are those of the month before
	Levels           []NamedLevel
}

// On returns what holds of a programme on a day; ok is false if it does not yet, or no
// longer.
func (x *Program) On(day payout.Day) (t Terms, ok bool) {
	t = Terms{Program: x.Name, Network: x.Network}
	for i := range x.Counts {
		if holds(&x.Counts[i], day) {
			t.Counts = slices.Clone(x.Counts[i].Value)
		}
	}
	for i := range x.Sales {
		if holds(&x.Sales[i], day) {
			t.Previous = x.Sales[i].Value == PreviousMonth
		}
	}
	for name, facts := range x.Levels {
		for i := range facts {
			if holds(&facts[i], day) {
				t.Levels = append(t.Levels, NamedLevel{name, facts[i].Value})
			}
		}
	}
	slices.SortFunc(t.Levels, func(a, b NamedLevel) int {
		return cmp.Or(a.Percent.Cmp(b.Percent), cmp.Compare(a.Count, b.Count), cmp.Compare(a.Name, b.Name))
	})
	return t, len(t.Counts) > 0 && len(t.Levels) > 0
}

func holds[T any](f *market.Fact[T], day payout.Day) bool {
	return (f.From == 0 || day >= f.From) && (f.Until == 0 || day <= f.Until)
}
