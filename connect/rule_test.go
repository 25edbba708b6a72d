package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	rulelang "github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// ruled is a market with rules, which may be replaced.
func ruled(t *testing.T, text string) (*market, *rulelang.Active) {
	t.Helper()
	active := new(rulelang.Active)
	active.Use(rulesOf(t, text))
	return newMarket(t, connecttest.Config{Config: connect.Config{Rules: []compliance.Rule{active}}}), active
}

func rulesOf(t *testing.T, text string) *rulelang.Set {
	t.Helper()
	set, err := rulelang.Compile(text, rulelang.Options{})
	require.NoError(t, err)
	return set
}

// told is a charge with facts about its buyer.
func (m *market) toldOf(seller string, minor int64, source string, f connect.PaymentFacts) *connect.Charge {
	m.t.Helper()
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(minor), AccountID: seller, Source: source, Facts: &f})
	require.NoError(m.t, err)
	return c
}

// The order is allow, block, review; what is blocked was never asked for, says why, and
// is the same for its key whatever the rules say later.
func TestRulesDecide(t *testing.T) {
	m, active := ruled(t, `
		trusted: allow if metadata.trusted = "yes"
		big: block if amount > 500 USD
		foreign: block if not card.country = seller.country
	`)
	a := m.seller().ID
	r := connect.ChargeRequest{Key: "big", Amount: usd(500_01), AccountID: a, Source: connect.TestCard}
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, []any{connect.ChargeFailed, "blocked_by_rule", "big"}, []any{c.Status, c.Code, c.Decision.Rule})
	require.Zero(t, m.Acquirer.Taken(c.ID))
	x, err := m.platform.Explain(m.ctx, c.ID)
	require.NoError(t, err)
	require.Contains(t, x.Applied[0].How, "block by big")
	active.Use(nil)
	again, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, c.Decision, again.Decision)
	active.Use(rulesOf(t, `foreign: block if not card.country = seller.country`))
	require.Equal(t, connect.ChargeSucceeded, m.charge(a, 1000, 0, connect.TestCard).Status, "what is missing blocks nothing")
	require.Equal(t, connect.ChargeFailed, m.toldOf(a, 1000, connect.TestCard, connect.PaymentFacts{Card: compliance.Card{Country: "FR"}}).Status)
	require.Equal(t, connect.ChargeSucceeded, m.toldOf(a, 1000, connect.TestCard, connect.PaymentFacts{Card: compliance.Card{Country: "us"}}).Status)
	m.verify()
}

// An amount in another currency is compared by the rate of the moment, and the amounts
// of several sources are one.
func TestRulesSeeTheWhole(t *testing.T) {
	m, _ := ruled(t, `big: block if amount > 100 EUR`)
	a := m.seller().ID
	require.Equal(t, connect.ChargeFailed, m.charge(a, 200_00, 0, connect.TestCard).Status)
	require.Equal(t, connect.ChargeSucceeded, m.charge(a, 100_00, 0, connect.TestCard).Status, "100 dollars are less")
	y, err := m.platform.Pay(m.ctx, connect.PayRequest{
		Key:    m.key(),
		Charge: connect.ChargeRequest{Amount: usd(200_00), AccountID: a, Source: connect.TestCard},
		Others: []connect.SourcePart{{Source: connect.TestCard, Amount: usd(100_00)}},
	})
	require.NoError(t, err)
	require.Equal(t, []any{connect.PaymentFailed, "blocked_by_rule"}, []any{y.Status, y.Code})
	_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{Key: m.key(), To: a, Amount: usd(200_00)})
	require.ErrorIs(t, err, ledger.State)
	require.Equal(t, "blocked_by_rule", codeOf(t, err))
	var why *connect.RuleBlocked
	require.ErrorAs(t, err, &why)
	require.Equal(t, "big", why.Decision.Rule)
	m.verify()
}

// Counts are of what was before, by what payments have in common, within their window.
func TestRulesCount(t *testing.T) {
	m, active := ruled(t, ``)
	a := m.seller().ID
	card := connect.PaymentFacts{Card: compliance.Card{Fingerprint: "f1"}, Buyer: compliance.Buyer{Email: "A@shop.example", IP: "192.0.2.1"}}
	other := card
	other.Card.Fingerprint, other.Buyer.Email = "f2", "b@shop.example"
	active.Use(rulesOf(t, `review if amount > 1000000 USD`))
	for _, source := range []string{connect.TestCard, connect.TestDeclined, connect.TestDeclined} {
		m.toldOf(a, 1000, source, card)
	}
	m.toldOf(a, 3000, connect.TestCard, other)
	for rule, want := range map[string]bool{
		`count(charges by card.fingerprint in 1h) = 3`:           true,
		`count(charges by card.fingerprint in 1h) > 3`:           false,
		`count(declined charges by card.fingerprint in all) = 2`: true,
		`count(successful charges by email in 1d) = 1`:           true,
		`count(blocked charges by email in 1d) = 0`:              true,
		`count(cards by ip in 1d) = 2`:                           true,
		`count(emails by ip in 1d) = 2`:                          true,
		`sum(successful charges by ip in 1d) = 40 USD`:           true,
		`sum(charges by seller in all) = 60 USD`:                 true,
		`average(charges by card.fingerprint in all) = 10 USD`:   true,
		`since(charges by card.fingerprint) < 1s`:                true,
		`count(disputes by card.fingerprint in all) = 0`:         false, // nobody counts them
		`count(transfers by seller in all) = 0`:                  true,
	} {
		active.Use(rulesOf(t, "block if "+rule))
		c, err := m.platform.Preview().Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: a, Source: connect.TestCard, Facts: &card})
		require.NoError(t, err)
		require.Equal(t, want, c.Status == connect.ChargeFailed, rule)
	}
	m.pass(2 * time.Hour)
	active.Use(rulesOf(t, "block if count(charges by card.fingerprint in 1h) > 0"))
	require.Equal(t, connect.ChargeSucceeded, m.toldOf(a, 1000, connect.TestCard, card).Status)
	require.Equal(t, connect.ChargeFailed, m.toldOf(a, 1000, connect.TestCard, card).Status)
	m.verify()
}

// Rules about the acquirer's checks are asked once a charge is authorized: one that is
// blocked is let go, the others are captured, and nobody waits.
func TestRulesAfterAuthorization(t *testing.T) {
	m, active := ruled(t, `cvc: block if check.cvc = "fail"`)
	a := m.seller().ID
	c := m.charge(a, 1000, 123, connect.TestCVCFails)
	require.Equal(t, []any{connect.ChargeCanceled, "blocked_by_rule", "cvc"}, []any{c.Status, c.Code, c.Decision.Rule})
	c = m.charge(a, 1000, 123, connect.TestPostalCodeFails)
	require.Equal(t, []any{connect.ChargeSucceeded, usd(1000)}, []any{c.Status, c.Authorization.Captured})
	require.Equal(t, usd(877), m.has(a).Pending)
	for _, change := range []func(*connect.ChargeRequest){
		func(r *connect.ChargeRequest) { r.CaptureLater = true },
		func(r *connect.ChargeRequest) { r.AccountID, r.Direct = a, true },
		func(r *connect.ChargeRequest) { r.AccountID, r.TransferAmount = a, usd(700) },
		func(r *connect.ChargeRequest) { r.SellsCredit = "buyer" },
		func(r *connect.ChargeRequest) { r.Source = connect.TestChallenge },
		func(r *connect.ChargeRequest) { r.Source = connect.TestReceived },
		func(r *connect.ChargeRequest) { r.Source = connect.TestAnswerLost },
	} {
		r := connect.ChargeRequest{Key: m.key(), Amount: usd(1000), Source: connect.TestCard}
		change(&r)
		c, err := m.platform.Charge(m.ctx, r)
		require.NoError(t, err)
		if r.CaptureLater {
			require.Equal(t, connect.ChargeAuthorized, c.Status)
			continue
		}
		m.Acquirer.Act(c.ID, true)
		m.hear(m.Acquirer)
		m.pass(time.Hour)
		require.Equal(t, connect.ChargeSucceeded, m.now(c).Status, r.Source)
	}
	joined, err := m.platform.In(m.Store()).Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: a, Source: connect.TestCVCFails})
	require.NoError(t, err)
	require.NoError(t, m.platform.Finish(m.ctx, joined.ID))
	require.Equal(t, connect.ChargeCanceled, m.now(joined).Status)
	active.Use(rulesOf(t, `look: review if check.postal_code = "fail"`))
	c = m.charge(a, 1000, 0, connect.TestPostalCodeFails)
	require.Equal(t, []any{connect.ChargeAuthorized, true, "look"}, []any{c.Status, c.UnderReview, c.Decision.Rule})
	m.verify()
}

// Facts that are none are refused before anything is written.
func TestFactsAreChecked(t *testing.T) {
	m, _ := ruled(t, `big: block if amount > 100 EUR`)
	a := m.seller().ID
	before := snapshot(t, m.Store())
	for field, f := range map[string]connect.PaymentFacts{
		"facts.card.bin":     {Card: compliance.Card{BIN: "42424"}},
		"facts.card.last4":   {Card: compliance.Card{Last4: "42424"}},
		"facts.card.country": {Card: compliance.Card{Country: "USA"}},
		"facts.buyer.email":  {Buyer: compliance.Buyer{Email: "nobody"}},
		"facts.buyer.name":   {Buyer: compliance.Buyer{Name: "4242 4242 4242 4242"}},
		"facts.billing":      {Billing: compliance.Address{City: "\x00"}},
		"facts.host":         {Host: map[string]compliance.Value{"": compliance.OfWhole(1)}},
		"facts":              {Secure: 7},
	} {
		_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: a, Source: connect.TestCard, Facts: &f})
		require.ErrorIs(t, err, ledger.Invalid, field)
		requireAbout(t, err, field)
	}
	require.Equal(t, before, snapshot(t, m.Store()))
}
