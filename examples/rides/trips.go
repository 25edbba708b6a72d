package main

import (
	_ "embed" // for the trips
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

//go:embed trips.csv
var tripsCSV string

// trip is one row of the file.
type trip struct {
	row    int // 1 is the first after the heading
	pickup time.Time
	fare   ledger.Money
	tip    ledger.Money
	tolls  ledger.Money
	total  ledger.Money
	kind   string // "credit card", "cash" or "" where the file does not say
	zone   string
}

// surcharges are what the total holds besides fare, tip and tolls: they belong
// to the authority.
func (t trip) surcharges() ledger.Money {
	return usd(t.total.Minor() - t.fare.Minor() - t.tip.Minor() - t.tolls.Minor())
}

// readTrips returns the trips in the order of their pickup.
func readTrips() ([]trip, error) {
	rows, err := csv.NewReader(strings.NewReader(tripsCSV)).ReadAll()
	if err != nil {
		return nil, err
	}
	column := make(map[string]int)
	for i, name := range rows[0] {
		column[name] = i
	}
	trips := make([]trip, 0, len(rows)-1)
	for i, row := range rows[1:] {
		t, err := readTrip(i+1, func(name string) string { return row[column[name]] })
		if err != nil {
			return nil, fmt.Errorf("trip in row %d: %w", i+1, err)
		}
		trips = append(trips, t)
	}
	slices.SortStableFunc(trips, func(a, b trip) int { return a.pickup.Compare(b.pickup) })
	return trips, nil
}

func readTrip(row int, field func(string) string) (t trip, err error) {
	t.row, t.kind, t.zone = row, field("payment"), field("pickup_zone")
	if t.zone == "" {
		t.zone = "unknown"
	}
	if t.pickup, err = time.Parse(time.DateTime, field("pickup")); err != nil {
		return t, err
	}
	for name, into := range map[string]*ledger.Money{"fare": &t.fare, "tip": &t.tip, "tolls": &t.tolls, "total": &t.total} {
		if *into, err = ledger.ParseAmount(field(name), ledger.USD); err != nil {
			return t, err
		}
	}
	return t, nil
}

func usd(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }
