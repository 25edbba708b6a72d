package main

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

// fileSums is what the books must come to, in cents, by the file alone. It is
// computed with nothing but whole numbers: neither the ledger's money nor the
// engine, its prices or its answers have a part in it, so that the one checks
// the other.
type fileSums struct {
	card, cash, unknown int              // trips by payment kind
	cardTotal           int64            // charged to cards
	processing          int64            // 2.9% and 30 cents of each card trip
	commission          int64            // a quarter of each fare
	tax                 int64            // surcharges, less what refunds gave back
	refunds             int64            // given back to buyers
	commissionBack      int64            // given back to drivers with them
	earned              map[string]int64 // by zone: paid to it, or due; below zero what it owes
}

// sumFile adds the file up. Which trips are refunded is the seed's choice and
// not in the file.
func sumFile(text string, seed uint64) (*fileSums, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	column := make(map[string]int)
	for i, name := range rows[0] {
		column[name] = i
	}
	s := &fileSums{earned: make(map[string]int64)}
	for i, row := range rows[1:] {
		var amount [4]int64
		for j, name := range []string{"fare", "tip", "tolls", "total"} {
			if amount[j], err = cents(row[column[name]]); err != nil {
				return nil, fmt.Errorf("trip in row %d: %w", i+1, err)
			}
		}
		zone := row[column["pickup_zone"]]
		if zone == "" {
			zone = "unknown"
		}
		fare, total := amount[0], amount[3]
		tax := total - fare - amount[1] - amount[2]
		switch row[column["payment"]] {
		case "credit card":
			s.addCard(zone, fare, total, tax, refunds(seed, i+1))
		case "cash":
			commission := quotient(fare, 4)
			s.cash++
			s.commission += commission
			s.tax += tax
			s.earned[zone] -= commission + tax // the driver has the fare in hand
		default:
			s.unknown++
		}
	}
	return s, nil
}

func (s *fileSums) addCard(zone string, fare, total, tax int64, refunded bool) {
	commission := quotient(fare, 4)
	s.card++
	s.cardTotal += total
	s.processing += quotient(total*29, 1000) + 30
	s.commission += commission
	s.tax += tax
	s.earned[zone] += total - commission - tax
	if !refunded {
		return
	}
	back := total / 2
	taxBack, commissionBack := quotient(tax*back, total), quotient(commission*back, total)
	s.refunds += back
	s.commissionBack += commissionBack
	s.tax -= taxBack
	s.earned[zone] -= back - taxBack - commissionBack
}

// quotient divides what is not negative, and rounds half up.
func quotient(n, d int64) int64 { return (2*n + d) / (2 * d) }

// cents reads "12.5" as 1250.
func cents(text string) (int64, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if whole == "" || len(fraction) > 2 {
		return 0, fmt.Errorf("%q is not in dollars and cents", text)
	}
	return strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64)
}
