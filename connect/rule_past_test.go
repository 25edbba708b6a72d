package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	rulelang "github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// New rules are tried on the payments of the books: what they would have done, with the
// counts of then, and what became of those payments.
func TestBackTest(t *testing.T) {
	m, active := ruled(t, `review if amount > 9000 USD`)
	a := m.seller().ID
	card := connect.PaymentFacts{Card: compliance.Card{Fingerprint: "f1", Country: "FR"}}
	for range 3 {
		m.toldOf(a, 1000, connect.TestDisputed, card)
		m.pass(10 * time.Minute)
	}
	m.hearDisputes()
	active.Use(nil)
	m.charge(a, 2000, 0, connect.TestCardAtOnce) // nobody was told anything of it
	_, err := m.platform.Transfer(m.ctx, connect.TransferRequest{Key: m.key(), From: a, To: m.seller().ID, Amount: usd(500)})
	require.NoError(t, err)
	m.pass(3 * time.Hour)
	from := m.Clock.Now()
	c := m.toldOf(a, 1000, connect.TestDeclined, card)
	before := snapshot(t, m.Store())
	set := rulesOf(t, `
		often: block if count(charges by card.fingerprint in 1h) >= 2
		ever: review if count(disputes by card.fingerprint in all) >= 3
		small: review if kind = "transfer" and amount < 10 USD
	`)
	report, err := m.platform.BackTest(m.ctx, connect.BackTestRequest{Set: set, Against: rulesOf(t, `review if amount > 15 USD`)})
	require.NoError(t, err)
	require.Equal(t, 6, report.Payments)
	decided := func(i int) (int, map[string]int) {
		return report.Rules[i].Decided.Payments, report.Rules[i].Decided.Outcomes
	}
	n, outcomes := decided(0)
	require.Equal(t, []any{1, map[string]int{"disputed": 1}}, []any{n, outcomes}, "the third within the hour")
	n, outcomes = decided(1)
	require.Equal(t, []any{1, map[string]int{"declined": 1}}, []any{n, outcomes})
	n, _ = decided(2)
	require.Equal(t, 1, n)
	report, err = m.platform.BackTest(m.ctx, connect.BackTestRequest{Set: set, From: from})
	require.NoError(t, err)
	require.Equal(t, 1, report.Payments)
	require.Equal(t, 1, report.Rules[1].Decided.Payments, "its counts go back further")
	require.Equal(t, before, snapshot(t, m.Store()))
	require.Equal(t, connect.ChargeFailed, c.Status)
	_, err = m.platform.BackTest(m.ctx, connect.BackTestRequest{})
	require.ErrorIs(t, err, ledger.Invalid)
}

// BenchmarkRules is what rules cost a charge: none, and twenty, of which a few count
// nothing. Run it alone: go test -run xxx -bench BenchmarkRules ./connect
func BenchmarkRules(b *testing.B) {
	text := ""
	for i := range 20 {
		text += []string{
			`block if amount > 500 USD and card.country in ("NG", "RU") and not card.country = seller.country` + "\n",
			`block if email.domain = "x.example" or metadata.gift = "yes"` + "\n",
			`review if seller.age_days < 7 and amount > 90 USD` + "\n",
			`allow if customer = "cus_1" and card.brand = "visa"` + "\n",
		}[i%4]
	}
	set, err := rulelang.Compile(text, rulelang.Options{})
	require.NoError(b, err)
	pay := &compliance.Payment{At: time.Unix(1e9, 0), Amount: ledger.Minor(5000, ledger.USD), Card: compliance.Card{Country: "US", Brand: "visa"}}
	pay.Seller.Created, pay.Seller.Country, pay.Buyer.Customer = time.Unix(0, 0), "US", "cus_2"
	for b.Loop() {
		if _, err := compliance.Decide(context.Background(), []compliance.Rule{set}, pay); err != nil {
			b.Fatal(err)
		}
	}
}
