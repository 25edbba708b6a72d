package connect_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// rule is one price of so many percent.
func rule(percent string) pricing.Prices {
	return pricing.Prices{Rules: []pricing.Rule{{Name: "r", Price: pricing.Price{Percent: decimal.RequireFromString(percent)}}}}
}

// setPrices gives the platform of a market its prices.
func (m *market) setPrices(l pricing.List) {
	m.t.Helper()
	prof, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Prices: &l})
	require.NoError(m.t, err)
	require.Equal(m.t, l.Empty(), prof.Prices == nil)
}

func (m *market) try(r connect.ChargeRequest) (*connect.Charge, error) {
	if r.Key == "" {
		r.Key = m.key()
	}
	if r.Source == "" {
		r.Source = connect.TestCard
	}
	return m.platform.Charge(m.ctx, r)
}

// requireField requires an error of a code and field.
func requireField(t *testing.T, code, field string, err error) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []string{code, field}, []string{e.Code, e.Field})
}

// A platform's prices are checked before anything is written, its requests
// included: a number of a billion digits is never spelled out (promise 71,
// edge-case 15).
func TestBadPriceListsAreRefused(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	before := snapshot(t, m.Store())
	bad := &pricing.List{Commission: pricing.Prices{Rules: []pricing.Rule{{Name: "r", Price: pricing.Price{Percent: decimal.New(1, 2_000_000_000)}}}}}
	_, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "P", Country: "US", Prices: bad})
	requireField(t, "invalid_price", "prices.commission.rules[0].price.percent", err)
	_, err = m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "update", Prices: bad})
	requireField(t, "invalid_price", "prices.commission.rules[0].price.percent", err)
	require.Equal(t, before, snapshot(t, m.Store()))

	table := pricing.Default()
	table.Rules = bad.Commission.Rules
	_, err = connecttest.New(connecttest.Config{Config: connect.Config{Prices: table}})
	requireField(t, "invalid_price", "prices.rules[0].price.percent", err)
}

// What a request says about prices is refused by its field, and nothing is
// written.
func TestBadPriceRequests(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.setPrices(pricing.List{Commission: rule("10"), Service: rule("5")})
	eur := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.EUR) }
	tax := []connect.Tax{{Authority: "vat", Amount: usd(20)}}
	before := snapshot(t, m.Store())
	for _, c := range []struct {
		code, field string
		r           connect.ChargeRequest
	}{
		{"invalid_request", "noFee", connect.ChargeRequest{Amount: usd(1000), ApplicationFee: usd(1), NoFee: true}},
		{"invalid_category", "category", connect.ChargeRequest{Amount: usd(1000), Category: "Books"}},
		{"invalid_method", "method", connect.ChargeRequest{Amount: usd(1000), Method: "a b"}},
		{"invalid_amount", "priceOf", connect.ChargeRequest{Amount: usd(1000), PriceOf: usd(1001)}},
		{"invalid_amount", "priceOf", connect.ChargeRequest{Amount: usd(1000), PriceOf: usd(0)}},
		{"invalid_amount", "priceOf", connect.ChargeRequest{Amount: usd(1000), PriceOf: usd(-1)}},
		{"currency_mismatch", "priceOf", connect.ChargeRequest{Amount: usd(1000), PriceOf: eur(5)}},
		{"currency_mismatch", "total", connect.ChargeRequest{Amount: usd(1000), Total: eur(1050)}},
		{"price_changed", "total", connect.ChargeRequest{Amount: usd(1000), Total: usd(1000)}},
		{"invalid_request", "net", connect.ChargeRequest{Amount: usd(1000), Net: usd(900)}},
		{"invalid_amount", "net", connect.ChargeRequest{Net: usd(-1)}},
		{"invalid_amount", "net", connect.ChargeRequest{Net: usd(1_000_000_000_000)}},
		{"unsupported_currency", "net", connect.ChargeRequest{Net: ledger.Minor(900, ledger.HRK)}},
		{"currency_mismatch", "applicationFee", connect.ChargeRequest{Net: usd(900), ApplicationFee: eur(1)}},
		{"currency_mismatch", "priceOf", connect.ChargeRequest{Net: usd(900), PriceOf: eur(1)}},
		{"amount_below_minimum", "amount", connect.ChargeRequest{Net: usd(9)}},
		{"amount_too_large", "amount", connect.ChargeRequest{Amount: usd(999_999_999_999)}}, // with the service fee
		{"currency_mismatch", "feeTax", connect.ChargeRequest{Amount: usd(1000), FeeTax: []connect.Tax{{Authority: "vat", Amount: eur(1)}}}},
		{"currency_mismatch", "feeTax", connect.ChargeRequest{Net: usd(1000), FeeTax: []connect.Tax{{Authority: "vat", Amount: eur(1)}}}},
		{"fee_exceeds_amount", "prices", connect.ChargeRequest{Amount: usd(1000), FeeTax: []connect.Tax{{Authority: "vat", Amount: usd(901)}}}},
		{"fee_exceeds_amount", "applicationFee", connect.ChargeRequest{Amount: usd(1000), ApplicationFee: usd(981), FeeTax: tax}},
		{"invalid_tax", "feeTax", connect.ChargeRequest{Amount: usd(1000), NoFee: true, FeeTax: tax}},
	} {
		c.r.AccountID = a.ID
		_, err := m.try(c.r)
		requireField(t, c.code, c.field, err)
	}
	_, err := m.try(connect.ChargeRequest{Net: usd(900)})
	requireField(t, "invalid_request", "net", err) // nobody's
	_, err = m.try(connect.ChargeRequest{Amount: usd(900), FeeTax: tax})
	requireField(t, "invalid_tax", "feeTax", err)
	require.Equal(t, before, snapshot(t, m.Store()))
}

// Another key-less difference: a commission of nothing that is stated is another
// request than one that is left to the list (promise 22).
func TestStatedNothingIsAnotherRequest(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.setPrices(pricing.List{Commission: rule("10")})
	r := connect.ChargeRequest{Key: "k", Amount: usd(1000), AccountID: a.ID}
	c, err := m.try(r)
	require.NoError(t, err)
	require.Equal(t, usd(100), c.ApplicationFee)
	r.ApplicationFee = usd(0)
	_, err = m.try(r)
	require.ErrorIs(t, err, ledger.Exists)
	r.Key = "l"
	c, err = m.try(r)
	require.NoError(t, err)
	require.Equal(t, usd(0), c.ApplicationFee)
	r.ApplicationFee, r.NoFee = ledger.Money{}, true
	again, err := m.try(r)
	require.NoError(t, err)
	require.True(t, again.Replayed, "both ways to say it are one")
}

// A platform that charges for itself has no prices, and needs none.
func TestPlatformsOwnChargesHaveNoPrice(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	m.setPrices(pricing.List{Commission: rule("10"), Service: rule("5")})
	c, err := m.try(connect.ChargeRequest{Amount: usd(1000)})
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(1000), usd(0), usd(0)}, []ledger.Money{c.Amount, c.ApplicationFee, c.ServiceFee})
	require.Nil(t, c.Commission)
	m.verify()
}

// Prices are the platform's own: what the host does to its list later changes
// nothing, and what is stored is what is used.
func TestPricesAreCopied(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	l := &pricing.List{Commission: rule("10")}
	p, err := m.Register(m.ctx, connect.PlatformRequest{Key: "own", Name: "P", Country: "US", Prices: l})
	require.NoError(t, err)
	m.platform = p
	a := m.seller()
	l.Commission.Rules[0].Price.Percent = decimal.New(50, 0)
	for _, again := range []*connect.Platform{p, reload(t, m, p.ID())} {
		m.platform = again
		c, err := m.try(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID})
		require.NoError(t, err)
		require.Equal(t, usd(100), c.ApplicationFee)
	}
}

func reload(t *testing.T, m *market, id string) *connect.Platform {
	p, err := m.Platform(m.ctx, id)
	require.NoError(t, err)
	return p
}

// A charge has the prices of when it was made: neither a change of the list nor
// an engine with another table changes it, though the answer comes after them
// (edge-case 21).
func TestPricesAreFrozen(t *testing.T) {
	store, clock := ledger.NewMemory(), connecttest.NewClock(connecttest.Start)
	acquirer := connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now})
	table := pricing.Default()
	table.Rules = []pricing.Rule{
		{Name: "old", When: pricing.Match{Until: connecttest.Start.Add(time.Hour)}, Price: pricing.Price{Percent: decimal.New(1, 0)}},
		{Name: "new", Price: pricing.Price{Percent: decimal.New(9, 0)}},
	}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store, Acquirer: acquirer, Prices: table}})
	a := m.seller()
	m.setPrices(pricing.List{Commission: rule("10")})
	c, err := m.try(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, Source: connect.TestReceived})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeProcessing, c.Status)
	m.setPrices(pricing.List{Commission: rule("90")})
	m.Clock.Advance(24 * time.Hour)
	clock.Advance(24 * time.Hour)
	m.pass(0)

	got, err := m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, got.Status)
	require.Equal(t, usd(100), got.ApplicationFee)
	require.Equal(t, c.Commission, got.Commission, "it is stored as it was answered")
	require.Equal(t, []any{"old", usd(10), usd(10)}, []any{got.Processing.Rule, got.Processing.Amount, got.ProcessingFee})
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(500), ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	m.verify()
}

// A preview tells what the buyer would pay, and the charge then holds to it.
func TestPreviewTellsTheTotal(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.setPrices(pricing.List{Commission: rule("10"), Service: rule("5")})
	r := connect.ChargeRequest{Key: "k", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard}
	seen, err := m.platform.Preview().Charge(m.ctx, r)
	require.NoError(t, err)
	r.Total = seen.Amount
	c, err := m.try(r)
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(1050), usd(50), usd(100)}, []ledger.Money{c.Amount, c.ServiceFee, c.ApplicationFee})
}

// In a host's transaction, and on an engine that has never seen the seller, the
// seller's country counts all the same.
func TestSellerCountryIsFound(t *testing.T) {
	abroad := pricing.Match{SellerCountries: []string{"DE"}}
	table := pricing.Default()
	table.Rules = []pricing.Rule{{Name: "abroad", When: abroad, Price: pricing.Price{Percent: decimal.New(4, 0)}}}
	l := pricing.List{Commission: rule("10"), Service: rule("5")}
	l.Commission.Modifiers = []pricing.Modifier{{Name: "abroad", When: abroad, Percent: decimal.New(100, 0)}}
	store := ledger.NewMemory()
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store, Prices: table}})
	m.setPrices(l)
	a := m.seller(func(r *connect.AccountRequest) { *r = connecttest.Seller("DE") })
	c, err := m.platform.In(m.Store()).Charge(m.ctx, connect.ChargeRequest{Key: "in", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard})
	require.NoError(t, err)
	require.Equal(t, usd(200), c.ApplicationFee)

	other, err := connect.New(connect.Config{Store: store, Prices: table, Acquirer: m.Acquirer, Now: m.Clock.Now})
	require.NoError(t, err)
	p, err := other.Platform(m.ctx, m.platform.ID())
	require.NoError(t, err)
	require.NoError(t, p.Finish(m.ctx, c.ID))
	done, err := p.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, []any{"abroad", usd(42)}, []any{done.Processing.Rule, done.ProcessingFee})
	_, err = p.Charge(m.ctx, connect.ChargeRequest{Key: "x", Net: usd(800), AccountID: "acct_nobody", Source: connect.TestCard})
	require.ErrorIs(t, err, ledger.NotFound)
}

// A refund that is declined gives the charge its counts back, those of the
// service fee and of the commission's taxes too, and the next one starts afresh.
func TestDeclinedRefundGivesPricesBack(t *testing.T) {
	for _, kept := range []bool{false, true} {
		m := newMarket(t, connecttest.Config{})
		a := m.seller()
		l := pricing.List{Commission: rule("10"), Service: rule("5")}
		l.Service.Rules[0].Kept = kept
		m.setPrices(l)
		c, err := m.try(connect.ChargeRequest{
			Amount: usd(1080), AccountID: a.ID, Source: connect.TestRefundDeclined, Tax: []connect.Tax{{Authority: "state", Amount: usd(80)}},
			FeeTax: []connect.Tax{{Authority: "vat", Amount: usd(20)}},
		})
		require.NoError(t, err)
		for range 2 {
			r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: c.Amount, ReverseTransfer: true, RefundFee: true})
			require.NoError(t, err)
			require.Equal(t, connect.RefundFailed, r.Status)
			require.Equal(t, []ledger.Money{usd(50), usd(100), usd(20)}, []ledger.Money{r.ServiceBack, r.FeeBack, r.FeeTax[0].Amount})
		}
		now, err := m.platform.GetCharge(m.ctx, c.ID)
		require.NoError(t, err)
		require.Equal(t, []ledger.Money{usd(0), usd(0), usd(0), usd(0)}, []ledger.Money{now.ServiceBack, now.FeeBack, now.Tax[0].Refunded, now.FeeTax[0].Refunded})
		m.verify()
	}
}

// What was stored before there were prices is read as it was.
func TestChargesWithoutPrices(t *testing.T) {
	var c connect.Charge
	old := `{"id":"ch_1","platform":"plat_1","amount":{"amountMinor":1000,"currency":"USD"},"processingFee":{"amountMinor":59,"currency":"USD"},"status":"succeeded"}`
	require.NoError(t, json.Unmarshal([]byte(old), &c))
	require.Nil(t, c.Processing)
	m := newMarket(t, connecttest.Config{})
	done := m.charge(m.seller().ID, 1000, 123, connect.TestCard)
	data, err := json.Marshal(done)
	require.NoError(t, err)
	require.NotContains(t, string(data), `"commission"`, "what is stated has no price")
	require.NotContains(t, string(data), `"service`)
}
