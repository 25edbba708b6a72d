package connect_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/shareddata"
)

// The same month of rides, of which one in a hundred is disputed: lost, won, lost after
// half of it was refunded, and lost for a part, in turn. The seller's part and the
// commission come back with a dispute. What all have at the end is what whole numbers
// alone make of the file.
func TestRidesWithDisputes(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(shareddata.Read(t, "rides/nyc-tlc-taxis-2019-03.csv"))).ReadAll()
	require.NoError(t, err)
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	m := newMarket(t, connecttest.Config{})
	_, err = m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{
		Key: "policy", Disputes: &connect.DisputePolicy{ClawBack: connect.ClawBackOpened, ReturnFee: true},
	})
	require.NoError(t, err)
	drivers := map[string]string{}
	w := &ridesWant{sums: map[string]int64{}}
	rides := 0
	for i, row := range rows[1:] {
		if row[column["payment"]] != "credit card" {
			continue
		}
		at := func(name string) int64 { return cents(t, row[column[name]]) }
		fare, total := at("fare"), at("total")
		tax := total - fare - at("tip") - at("tolls")
		zone := row[column["pickup_borough"]]
		if drivers[zone] == "" {
			drivers[zone] = m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative }).ID
		}
		request := connect.ChargeRequest{
			Key: fmt.Sprint("ride-", i), AccountID: drivers[zone], Amount: usd(total), ApplicationFee: usd(w.half(fare, 1, 4)),
		}
		if tax > 0 {
			request.Tax = []connect.Tax{{Authority: "nyc", Amount: usd(tax)}}
		}
		c, err := m.try(request)
		require.NoError(t, err, "row %d", i+1)
		w.ride(zone, total, tax, w.half(fare, 1, 4))
		if rides++; rides%200 == 0 {
			m.pass(24 * time.Hour) // so that some are disputed before their money is available, and some after
		}
		if rides%100 == 37 {
			w.dispute(m, c, rides/100%4)
		}
	}
	require.Greater(t, rides, 4000)
	require.Equal(t, rides/100+1, w.lost+w.won, "one in a hundred")
	require.Greater(t, w.won, 10)
	m.pass(10 * 24 * time.Hour)
	got := m.sumsByOwner()
	for owner, key := range map[string]string{
		"nyc": "tax/nyc", "house": "processing_fees", "platform": m.platform.ID(), "acquirer": "acquirer/simulated",
	} {
		require.Equal(t, w.sums[owner], got[key], owner)
	}
	for zone, id := range drivers {
		require.Equal(t, w.sums[zone], got[id], zone)
	}
	require.Zero(t, got["suspense"])
	require.Zero(t, got["disputed/simulated"])
	m.verify()
}

// ridesWant is what everybody has by the file, in cents: by zone, and "nyc", "platform",
// "house" and "acquirer".
type ridesWant struct {
	sums      map[string]int64
	lost, won int
	last      struct { // of the last ride
		zone                   string
		total, tax, commission int64
	}
}

// half is n × of ÷ all, halves up.
func (*ridesWant) half(n, of, all int64) int64 { return (2*n*of + all) / (2 * all) }

func (w *ridesWant) ride(zone string, total, tax, commission int64) {
	processing := w.half(total, 29, 1000) + 30
	w.last.zone, w.last.total, w.last.tax, w.last.commission = zone, total, tax, commission
	w.sums["acquirer"] -= total
	w.sums["house"] += processing
	w.sums["nyc"] += tax
	w.sums[zone] += total - tax - commission
	w.sums["platform"] += commission - processing
}

// back is a part of the last ride going back to its rider, as all of them have it.
func (w *ridesWant) back(part int64) {
	x := w.last
	tax, commission := w.half(x.tax, part, x.total), w.half(x.commission, part, x.total)
	w.sums["acquirer"] += part
	w.sums["nyc"] -= tax
	w.sums[x.zone] -= part - tax - commission
	w.sums["platform"] -= commission
}

// dispute lets the rider of the last ride dispute it, and says what that comes to.
func (w *ridesWant) dispute(m *market, c *connect.Charge, how int) {
	m.t.Helper()
	amount, end := c.Amount, connect.DisputeLost
	switch how {
	case 0: // the whole of it
		w.back(w.last.total)
	case 1:
		end = connect.DisputeWon
	case 2: // what half of it had gone back of before is the platform's to bear
		first := w.last.total / 2
		_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(first), ReverseTransfer: true, RefundFee: true})
		require.NoError(m.t, err)
		w.back(w.last.total) // in two parts, which add up to all of it
		w.sums["acquirer"] += first
		w.sums["platform"] -= first
	case 3:
		amount = usd(w.last.total / 3)
		w.back(amount.Minor())
	}
	n := connect.DisputeNews{ID: "bank-" + c.ID, Key: c.ID, Amount: amount, Withdrawn: amount, Status: connect.DisputeNeedsResponse}
	require.NoError(m.t, m.DisputeNews(m.ctx, n))
	if w.lost++; end == connect.DisputeWon {
		n.Reinstated = amount
		w.lost, w.won = w.lost-1, w.won+1
	}
	n.Status = end
	require.NoError(m.t, m.DisputeNews(m.ctx, n))
	w.sums["house"] += 1500
	w.sums["platform"] -= 1500
}
