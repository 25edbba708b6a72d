package fx

import (
	"context"
	_ "embed" // for the example rates
	"encoding/xml"
	"errors"
	"fmt"
	"io"
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
		return Rate{}, &ledger.Error{Class: ledger.NotFound, Code: "rate_not_found", Field: "currency",
			Op: "fx: " + t.source, Msg: "there is no rate of " + base.String() + " in " + quote.String()}
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

// ecbFile is the daily file of euro foreign exchange reference rates.
type ecbFile struct {
	XMLName xml.Name `xml:"http://www.gesmes.org/xml/2002-08-01 Envelope"`
	Days    []struct {
		Time  string `xml:"time,attr"`
		Rates []struct {
			Currency string `xml:"currency,attr"`
			Rate     string `xml:"rate,attr"`
		} `xml:"Cube"`
	} `xml:"Cube>Cube"`
}

// ParseECB reads the European Central Bank's daily file (eurofxref-daily.xml):
// one day of rates against the euro, published about 16:00 Central European
// Time. Files of other days or of several are refused. A rate of a currency that
// this version does not know is left out: nobody can ask for it.
func ParseECB(r io.Reader) (*Table, error) {
	bad := func(msg string) error {
		return &ledger.Error{Class: ledger.Invalid, Code: "invalid_rate_file", Field: "file", Op: "fx: ecb", Msg: msg}
	}
	var f ecbFile
	d := xml.NewDecoder(io.LimitReader(r, 1<<20))
	if d.Decode(&f) != nil || !ended(d) {
		return nil, bad("it is not the XML of the daily reference rates")
	}
	if len(f.Days) != 1 || len(f.Days[0].Rates) == 0 {
		return nil, bad("it does not hold the rates of one day")
	}
	day := f.Days[0]
	at, err := time.Parse(time.DateOnly, day.Time)
	if err != nil {
		return nil, bad("it does not say of which day it is")
	}
	rates := make(map[ledger.Currency]decimal.Decimal, len(day.Rates))
	for _, row := range day.Rates {
		c, err := ledger.ParseCurrency(row.Currency)
		if e := (*ledger.Error)(nil); errors.As(err, &e) && e.Code == "unsupported_currency" {
			continue
		}
		if err != nil {
			return nil, err
		}
		if _, twice := rates[c]; twice {
			return nil, bad("it names " + row.Currency + " twice")
		}
		rate, err := ParseRate(ledger.EUR, c, row.Rate, at, "ECB")
		if err != nil {
			return nil, err
		}
		rates[c] = rate.Value
	}
	return NewTable(ledger.EUR, at, "ECB "+day.Time, rates)
}

// ended reports whether nothing but space and comments follows. A second list
// behind the first would otherwise be lost in silence.
func ended(d *xml.Decoder) bool {
	for {
		token, err := d.Token()
		if err != nil {
			return err == io.EOF
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			return false
		}
		if _, ok := token.(xml.StartElement); ok {
			return false
		}
	}
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
