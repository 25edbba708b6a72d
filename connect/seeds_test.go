package connect_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// seed is a row of a table of a marketplace's export, by column.
type seed map[string]string

// seeds reads a table.
func seeds(t *testing.T, name string) (list []seed) {
	rows, err := csv.NewReader(bytes.NewReader(shareddata.Read(t, "stripe/dbt-seeds/"+name+".csv"))).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:] {
		s := seed{}
		for i, column := range rows[0] {
			s[column] = row[i]
		}
		list = append(list, s)
	}
	return list
}

func (s seed) minor(t testing.TB, column string) int64 {
	n, err := strconv.ParseInt(s[column], 10, 64)
	require.NoError(t, err, "%s: %s", s["id"], column)
	return n
}

// seedMarket sells at 2.9 % and 30 cents, and with cards from abroad at 3.9 %: one price,
// which is rounded once, as the export has it.
func seedMarket(t *testing.T) *market {
	prices := pricing.Default()
	abroad := prices.Charges[ledger.USD]
	abroad.Percent = decimal.New(39, -1)
	prices.Rules = []pricing.Rule{{Name: "abroad", When: pricing.Match{Currency: ledger.USD, Origins: []pricing.Origin{pricing.International}}, Price: abroad}}
	return newMarket(t, connecttest.Config{Config: connect.Config{Prices: prices}})
}

// balanceOf is the one balance transaction of an object, for an owner.
func (m *market) balanceOf(owner, source string) *connect.BalanceTransaction {
	m.t.Helper()
	list, err := m.platform.ListBalanceTransactions(m.ctx, connect.BalanceTransactionsRequest{AccountID: owner, SourceID: source})
	require.NoError(m.t, err)
	require.Len(m.t, list.Items, 1)
	return list.Items[0]
}

// Balance transactions that a hosted marketplace exported, made again from what they are
// of: amount, fee and net are the same to the cent, and so is the payout of one of them.
// The export is scrambled: ids name rows that they were never of. Of its objects only what
// agrees with its balance transaction in amount is joined, and how many do is stated.
func TestSeedsComeToTheirBalanceTransactions(t *testing.T) {
	payouts, charges, abroad := map[string]seed{}, map[string]seed{}, 0
	lines := seeds(t, "balance_transaction")
	for _, line := range lines {
		require.Equal(t, "usd", line["currency"])
		require.Equal(t, line.minor(t, "net"), line.minor(t, "amount")-line.minor(t, "fee"), line["id"])
		switch line["type"] {
		case "payout":
			payouts[line["source"]] = line
		case "charge":
			charges[line["id"]] = line
		default:
			require.Fail(t, "a type that is not looked at", line["type"])
		}
	}
	require.Len(t, charges, 8)
	paidOut := 0
	for _, line := range lines {
		if line["type"] != "charge" {
			continue
		}
		m := seedMarket(t)
		a := m.seller()
		amount, source := line.minor(t, "amount"), connect.TestCardUS
		if domestic := (2*29*amount+1000)/2000 + 30; line.minor(t, "fee") != domestic {
			source, abroad = connect.TestCardGB, abroad+1
		}
		c, err := m.try(connect.ChargeRequest{Amount: usd(amount), AccountID: a.ID, Direct: true, Source: source})
		require.NoError(t, err)
		got := m.balanceOf(a.ID, c.ID)
		require.Equal(t, connect.TypeCharge, got.Type)
		require.Equal(t, []int64{amount, line.minor(t, "fee"), line.minor(t, "net")}, []int64{got.Amount.Minor(), got.Fee.Minor(), got.Net.Minor()}, line["id"])
		require.True(t, got.Pending, "as the export says of all of them")
		if po, ok := payouts[line["payout_id"]]; ok {
			m.requirePaidOut(a, got, po)
			paidOut++
		}
	}
	require.Equal(t, []int{1, 1}, []int{abroad, paidOut})
	agree := 0
	for _, c := range seeds(t, "charge") {
		if line, ok := charges[c["balance_transaction_id"]]; ok && line["amount"] == c["amount"] {
			agree++
		}
	}
	require.Equal(t, 1, agree)
}

// requirePaidOut pays a charge out as soon as it is available, and holds the balance
// transaction of that against the export's.
func (m *market) requirePaidOut(a *connect.Account, of *connect.BalanceTransaction, line seed) {
	m.t.Helper()
	m.pass(of.Available.Time().Sub(m.Clock.Now()))
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: m.key(), AccountID: a.ID})
	require.NoError(m.t, err)
	got := m.balanceOf(a.ID, po.ID)
	require.Equal(m.t, connect.TypePayout, got.Type)
	require.Equal(m.t, []int64{line.minor(m.t, "amount"), line.minor(m.t, "fee"), line.minor(m.t, "net")},
		[]int64{got.Amount.Minor(), got.Fee.Minor(), got.Net.Minor()}, line["id"])
	m.verify()
}

// The other objects of the export have balance transactions that are not in it. What those
// say is known all the same: a charge that was declined has none, a refund costs its
// amount and no fee, and a dispute its amount and a fee of 15.00, and won its amount comes
// back.
func TestSeedsOfOtherObjects(t *testing.T) {
	m := seedMarket(t)
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
	requireLine := func(source string, types ...string) {
		list, err := m.platform.ListBalanceTransactions(m.ctx, connect.BalanceTransactionsRequest{AccountID: a.ID, SourceID: source})
		require.NoError(t, err)
		var got []string
		for _, l := range list.Items {
			got = append(got, fmt.Sprint(l.Type, " ", l.Amount.Minor(), " ", l.Fee.Minor(), " ", l.Net.Minor()))
		}
		require.ElementsMatch(t, types, got)
	}
	sell := func(s seed, source string) *connect.Charge {
		c, err := m.try(connect.ChargeRequest{Amount: usd(s.minor(t, "amount")), AccountID: a.ID, Direct: true, Source: source})
		require.NoError(t, err)
		return c
	}
	declined := seeds(t, "charge")
	require.Len(t, declined, 16)
	for _, s := range declined {
		require.Equal(t, []string{"failed", "card_declined"}, []string{s["status"], s["failure_code"]})
		c := sell(s, connect.TestDeclined)
		require.Equal(t, connect.ChargeFailed, c.Status)
		requireLine(c.ID)
	}
	refunded := seeds(t, "refund")
	require.Len(t, refunded, 4)
	for _, s := range refunded {
		c := sell(s, connect.TestCard)
		re, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: s["id"], ChargeID: c.ID, Reason: s["reason"]})
		require.NoError(t, err)
		requireLine(re.ID, fmt.Sprintf("refund -%[1]s 0 -%[1]s", s["amount"]))
	}
	fates := map[string]int{}
	for _, s := range seeds(t, "dispute") {
		c := sell(s, connect.TestCard)
		n := connect.DisputeNews{ID: s["id"], Key: c.ID, Amount: c.Amount, Status: connect.DisputeStatus(s["status"]), Reason: s["reason"]}
		if fates[s["status"]]++; !strings.HasPrefix(s["status"], "warning") {
			n.Withdrawn, n.Status = c.Amount, connect.DisputeNeedsResponse
		}
		require.NoError(t, m.DisputeNews(m.ctx, n))
		d := m.disputed(c)
		taken := fmt.Sprintf("adjustment -%s 1500 -%d", s["amount"], s.minor(t, "amount")+1500)
		switch s["status"] {
		case "won":
			n.Status, n.Reinstated = connect.DisputeWon, c.Amount
			require.NoError(t, m.DisputeNews(m.ctx, n))
			requireLine(d.ID, taken, fmt.Sprintf("adjustment %[1]s 0 %[1]s", s["amount"]))
		case "lost", "under_review":
			n.Status = connect.DisputeStatus(s["status"])
			require.NoError(t, m.DisputeNews(m.ctx, n))
			requireLine(d.ID, taken)
		default:
			requireLine(d.ID)
		}
		require.Equal(t, s["status"], string(m.disputed(c).Status))
	}
	require.Equal(t, map[string]int{"won": 3, "lost": 7, "under_review": 1, "warning_needs_response": 1}, fates)
	m.verify()
}
