package fx

import (
	"context"
	_ "embed" // for the example rates
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// Table is a RateProvider over one list of rates against one currency, such as
// the reference rates of a central bank on one day. Other pairs are derived
// through that currency, exactly. A Table never changes.
type Table struct {
	pivot  ledger.Currency
	at     time.Time
	source string
	rates  map[ledger.Currency]decimal.Decimal // of one pivot
}

// NewTable makes a table: one pivot is worth rates[c] of each c. A list that
// names the pivot itself must say 1.
func NewTable(pivot ledger.Currency, at time.Time, source string, rates map[ledger.Currency]decimal.Decimal) (*Table, error) {
	if err := Identity(pivot, at).Check(); err != nil {
		return nil, fmt.Errorf("fx: %s: %w", source, err)
	}
	t := &Table{pivot: pivot, at: at.UTC(), source: source, rates: make(map[ledger.Currency]decimal.Decimal, len(rates))}
	for _, c := range slices.Sorted(maps.Keys(rates)) { // in order, so that of two faults always the same is named
		r := Rate{Base: pivot, Quote: c, Value: rates[c], Per: decimal.New(1, 0), At: at, Source: source}
		err := r.Check()
		if err == nil && c == pivot && !r.Value.Equal(r.Per) {
			err = &ledger.Error{Class: ledger.Invalid, Code: "invalid_rate", Field: "rate", Msg: "a currency is worth one of itself"}
		}
		if err != nil {
			return nil, fmt.Errorf("fx: %s: %s: %w", source, c, err)
		}
		t.rates[c] = r.Value
	}
	return t, nil
}

// At returns the time of the list.
func (t *Table) At() time.Time { return t.at }

// Rate implements RateProvider. The moment asked for does not matter: the
// answer carries the time of the list.
func (t *Table) Rate(_ context.Context, base, quote ledger.Currency, _ time.Time) (Rate, error) {
	if base == quote && base.Valid() {
		return Identity(base, t.at), nil
	}
	value, ok1 := t.of(quote)
	per, ok2 := t.of(base)
	if !ok1 || !ok2 {
		return Rate{}, notQuoted(t.source, base, quote)
	}
	return Rate{Base: base, Quote: quote, Value: value, Per: per, At: t.at, Source: t.source}, nil
}

// of returns what one pivot is worth in c.
func (t *Table) of(c ledger.Currency) (decimal.Decimal, bool) {
	if c == t.pivot {
		return decimal.New(1, 0), true
	}
	v, ok := t.rates[c]
	return v, ok
}

//go:embed eurofxref-daily.xml
var exampleECB string

// Example is a Table of real rates of one past day, for tests and examples. It
// must not price anything: an engine with real money refuses it.
type Example struct{ *Table }

// TestOnly implements ledger.TestOnly.
func (Example) TestOnly() string { return "an example rate table" }

// ExampleRates returns the European Central Bank's reference rates of
// 2025-05-09.
func ExampleRates() (Example, error) { return exampleRates() }

// exampleRates are read once: every engine of a test begins with them.
var exampleRates = sync.OnceValues(func() (Example, error) {
	t, err := ParseECB(strings.NewReader(exampleECB))
	return Example{t}, err
})
