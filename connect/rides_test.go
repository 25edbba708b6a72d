package connect_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// cents reads "12.5" as 1250.
func cents(t *testing.T, text string) int64 {
	t.Helper()
	whole, fraction, _ := strings.Cut(text, ".")
	require.LessOrEqual(t, len(fraction), 2)
	n, err := strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64)
	require.NoError(t, err)
	return n
}

// A month of real rides, with what each line of them is: the fare, of which a quarter
// is commission, tip and tolls, which pass whole, and what is none of these, which is
// the authority's (flow C14). Each tenth rider has half of the fare back. What the
// authority, the drivers and the platform have is what whole numbers alone make of the
// file (promises 7 and 8).
func TestRidesWithLines(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(shareddata.Read(t, "rides/nyc-tlc-taxis-2019-03.csv"))).ReadAll()
	require.NoError(t, err)
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	m := newMarket(t, connecttest.Config{})
	m.setPrices(pricing.List{Commission: rule("25")})
	drivers := map[string]string{}
	want := map[string]int64{} // by zone, and "nyc", "platform" and "house"
	half := func(n, of, all int64) int64 { return (2*n*of + all) / (2 * all) }
	rides, refunded := 0, 0
	for i, row := range rows[1:] {
		if row[column["payment"]] != "credit card" {
			continue
		}
		at := func(name string) int64 { return cents(t, row[column[name]]) }
		fare, tip, tolls, total := at("fare"), at("tip"), at("tolls"), at("total")
		zone := row[column["pickup_borough"]]
		if drivers[zone] == "" {
			drivers[zone] = m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative }).ID
		}
		var lines []connect.Line
		for _, l := range []struct {
			name  string
			kind  connect.LineKind
			minor int64
		}{{"fare", connect.LineGoods, fare}, {"tip", connect.LineTip, tip}, {"tolls", connect.LinePassThrough, tolls}} {
			if l.minor > 0 {
				lines = append(lines, connect.Line{Name: l.name, Kind: l.kind, Amount: usd(l.minor)})
			}
		}
		tax := total - fare - tip - tolls
		lines = append(lines, taxLine(tax, "nyc"))
		c, err := m.try(connect.ChargeRequest{Key: fmt.Sprint("ride-", i), AccountID: drivers[zone], Amount: usd(total), Lines: lines})
		require.NoError(t, err, "row %d", i+1)
		commission, processing := half(fare, 1, 4), half(total, 29, 1000)+30
		require.Equal(t, []int64{commission, processing}, []int64{c.ApplicationFee.Minor(), c.ProcessingFee.Minor()})
		want["nyc"] += tax
		want[zone] += fare + tip + tolls - commission
		want["platform"] += commission - processing
		want["house"] += processing
		if rides++; rides%10 != 0 || fare < 2 {
			continue
		}
		back := fare / 2
		re, err := m.platform.Refund(m.ctx, connect.RefundRequest{
			Key: fmt.Sprint("back-", i), ChargeID: c.ID, ReverseTransfer: true, RefundFee: true, Lines: []connect.RefundLine{{Line: "fare", Amount: usd(back)}},
		})
		require.NoError(t, err)
		taxBack, feeBack := half(tax, back, fare), half(commission, back, fare)
		require.Equal(t, back+taxBack, re.Amount.Minor())
		want["nyc"] -= taxBack
		want[zone] -= back - feeBack
		want["platform"] -= feeBack
		refunded++
	}
	require.Greater(t, rides, 4000)
	require.Greater(t, refunded, 400)
	got := m.sumsByOwner()
	require.Equal(t, want["nyc"], got["tax/nyc"])
	require.Equal(t, want["house"], got["processing_fees"])
	require.Equal(t, want["platform"], got[m.platform.ID()])
	for zone, id := range drivers {
		require.Equal(t, want[zone], got[id], zone)
	}
	m.verify()
}

// sumsByOwner adds the accounts of the market's platform up: of each owner what is
// theirs, of authorities and the house by purpose.
func (m *market) sumsByOwner() map[string]int64 {
	sums := map[string]int64{}
	m.eachAccount(func(a ledger.Account) {
		if a.Owner == ledger.House || strings.HasPrefix(a.Purpose, "tax/") {
			sums[a.Purpose] += a.Posted.Minor()
		} else {
			sums[a.Owner] += a.Posted.Minor()
		}
	})
	return sums
}
