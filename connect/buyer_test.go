package connect_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	markets "github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// overseas are refusals of charges that name their buyer's country, and of rules
// that a platform cannot have.
var overseas = []refusal{
	{"a buyer of nowhere", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry = "XX" }) }, ledger.Invalid, "invalid_country", "buyerCountry"},
	{"a buyer in words", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry = "Germany" }) }, ledger.Invalid, "invalid_country", "buyerCountry"},
	{"a buyer in a country under an embargo", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry = "KP" }) }, ledger.Invalid, "sanctioned_country", "buyerCountry"},
	{"a buyer of a country without rules", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry = "NZ" }) }, ledger.Invalid, "unsupported_country", "buyerCountry"},
	{"a method that nobody knows", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry, r.Method = "US", "barter" })
	}, ledger.Invalid, "method_not_offered", "method"},
	{"a method that nobody has confirmed", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry, r.Method = "US", "bank_debit" })
	}, ledger.Invalid, "method_not_confirmed", "method"},
	{"less than the least", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry, r.Amount = "US", usd(49) })
	}, ledger.Invalid, "amount_below_minimum", "amount"},
	{"more than the most", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry, r.Amount = "US", usd(1_000_000_000_000) })
	}, ledger.Invalid, "amount_too_large", "amount"},
	{"no amount", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry, r.Amount = "US", ledger.Money{} })
	}, ledger.Invalid, "invalid_amount", "amount"},
	{"a currency that no market knows", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry, r.Amount = "US", ledger.Minor(10_000_000, ledger.BTC) })
	}, ledger.Invalid, "unsupported_currency", "amount"},
	{"a third digit that no network carries", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry, r.Amount = "US", ledger.Minor(5124, ledger.KWD) })
	}, ledger.Invalid, "invalid_charge_amount", "amount"},
	{"a short descriptor", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry, r.Descriptor = "US", "ABCD" })
	}, ledger.Invalid, "invalid_descriptor", "descriptor"},
	{"a seller who is not there", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.BuyerCountry, r.AccountID = "US", "acct_x" })
	}, ledger.NotFound, "not_found", "account"},

	{"a platform with markets that are none", func(s *scene) error {
		return s.register(func(r *connect.PlatformRequest) {
			r.Markets = &markets.List{Rules: []markets.Rules{{Country: "DE", Prices: markets.Is(markets.TaxDisplay("gross"))}}}
		})
	}, ledger.Invalid, "invalid_market", "markets.rules[0].prices[0].value"},
	{"a change to a region that is none", func(s *scene) error {
		_, err := s.market.platform.UpdatePlatform(s.ctx, connect.PlatformUpdate{
			Key: "new", Markets: &markets.List{Rules: []markets.Rules{{Sellers: markets.Is([]string{"OECD"})}}},
		})
		return err
	}, ledger.Invalid, "invalid_market", "markets.rules[0].sellers[0].value"},
}

// A charge that breaks its market's rule is refused by name, before anything is
// written (promises 28 and 70).
func TestBuyersMarket(t *testing.T) {
	s := newScene(t)
	before := snapshot(t, s.Store())
	for _, r := range overseas {
		requireRefusal(t, r.ask(s), r.class, r.code, r.field, r.what)
		require.Equal(t, before, snapshot(t, s.Store()), r.what)
	}
	c, err := s.market.platform.Charge(s.ctx, connect.ChargeRequest{Key: "new", Amount: usd(1000), AccountID: s.seller, Source: connect.TestCard, BuyerCountry: "de"})
	require.NoError(t, err)
	require.Equal(t, "DE", c.BuyerCountry)
	again, err := s.market.platform.Charge(s.ctx, connect.ChargeRequest{Key: "new", Amount: usd(1000), AccountID: s.seller, Source: connect.TestCard, BuyerCountry: "de"})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	_, err = s.market.platform.Charge(s.ctx, connect.ChargeRequest{Key: "new", Amount: usd(1000), AccountID: s.seller, Source: connect.TestCard})
	require.Equal(t, "idempotency_mismatch", codeOf(t, err), "the country is part of the request")
	s.verify()
}

// presented is a line of testdata/currencies.json: what a hosted marketplace has
// published of a currency.
type presented struct {
	Code     string
	Digits   int    `json:"api_minor_digits"` // of the amounts that are sent
	Multiple int64  `json:"charge_amount_multiple"`
	Min      *int64 `json:"min_charge_minor"`
	In2022   bool   `json:"presentment_2022"`
	In2024   bool   `json:"presentment_2024"`
}

func presentedCurrencies(t *testing.T) []presented {
	text, err := os.ReadFile("testdata/currencies.json")
	require.NoError(t, err)
	var file struct{ Currencies []presented }
	require.NoError(t, json.Unmarshal(text, &file))
	require.Len(t, file.Currencies, 147)
	return file.Currencies
}

// The limits of every currency that can be presented hold to the unit, on both
// sides (edge-case 18): the least, the most, and the step of networks that know
// fewer digits.
func TestLimitsOfCurrencies(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	asked, limits := 0, 0
	for _, line := range presentedCurrencies(t) {
		code := strings.ToUpper(line.Code)
		cur, err := ledger.ParseCurrency(code)
		if err != nil || !cur.Current(m.Clock.Now()) {
			if err == nil {
				m.refused(ledger.Minor(100_000, cur), "", "unsupported_currency")
			}
			continue
		}
		seller := m.seller(func(r *connect.AccountRequest) { r.Currency, r.Bank = cur, nil }).ID
		step := line.Multiple
		if d := cur.Digits() - line.Digits; d >= 0 {
			step *= pow10(d)
		} else {
			step /= pow10(-d)
		}
		most := map[string]int64{"INR": pow10(9), "COP": pow10(10)}[code]
		if most == 0 {
			most = pow10(12)
		}
		if most--; !line.In2022 && !line.In2024 {
			m.refused(ledger.Minor(most/step*step, cur), seller, "unsupported_currency")
			continue
		}
		asked++
		m.refused(ledger.Minor(most+1, cur), seller, "amount_too_large")
		m.takes(ledger.Minor(most/step*step, cur), seller)
		if step > 1 {
			limits++
			m.refused(ledger.Minor(1000*step+1, cur), seller, "invalid_charge_amount")
			m.takes(ledger.Minor(1000*step, cur), seller)
		}
		if line.Min != nil {
			limits++
			m.refused(ledger.Minor(*line.Min-1, cur), seller, "amount_below_minimum")
			m.takes(ledger.Minor(*line.Min, cur), seller)
		}
	}
	require.Greater(t, asked, 130)
	require.Equal(t, 31+6, limits)
}

// codeOf is the code of a typed error.
func codeOf(t testing.TB, err error) string {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	return e.Code
}

func pow10(n int) int64 {
	v := int64(1)
	for range n {
		v *= 10
	}
	return v
}

func (m *market) request(amount ledger.Money, seller string) connect.ChargeRequest {
	return connect.ChargeRequest{Key: "limit", Amount: amount, AccountID: seller, Source: connect.TestCard, BuyerCountry: "US"}
}

// refused requires that a charge is refused by name and leaves nothing, and that
// Options would not have shown a card, for the same reason.
func (m *market) refused(amount ledger.Money, seller, want string) {
	m.t.Helper()
	before := snapshot(m.t, m.Store())
	_, err := m.platform.Charge(m.ctx, m.request(amount, seller))
	var e *ledger.Error
	require.ErrorAs(m.t, err, &e, amount)
	require.Equal(m.t, []any{ledger.Invalid, want, "amount"}, []any{e.Class, e.Code, e.Field}, "%s: %v", amount, err)
	require.Equal(m.t, before, snapshot(m.t, m.Store()), amount)
	o, err := m.platform.Options(m.ctx, connect.OptionsRequest{BuyerCountry: "US", AccountID: seller, Amount: amount})
	if err != nil {
		require.Equal(m.t, want, codeOf(m.t, err))
		return
	}
	require.Empty(m.t, o.Methods, amount)
	for _, h := range o.Hidden {
		if h.Method == "card" && h.Brand == "" {
			require.Equal(m.t, markets.Reason(want), h.Reason, amount)
		}
	}
}

// takes requires that a charge is made, in a preview.
func (m *market) takes(amount ledger.Money, seller string) {
	m.t.Helper()
	c, err := m.platform.Preview().Charge(m.ctx, m.request(amount, seller))
	require.NoError(m.t, err, amount)
	require.Equal(m.t, connect.ChargeSucceeded, c.Status)
	o, err := m.platform.Options(m.ctx, connect.OptionsRequest{BuyerCountry: "US", AccountID: seller, Amount: amount})
	require.NoError(m.t, err, amount)
	require.Len(m.t, o.Methods, 1, amount)
}

// down has no rates.
type down struct{ fx.RateProvider }

func (down) Rate(context.Context, ledger.Currency, ledger.Currency, time.Time) (fx.Rate, error) {
	return fx.Rate{}, errors.New("nobody answers")
}

// The least is that of the currency in which a charge settles, after conversion:
// 0.40 EUR are 0.34 GBP and 0.35 EUR are 0.2975 GBP, where 0.30 GBP are the least.
func TestLeastAfterConversion(t *testing.T) {
	rates, err := fx.NewTable(ledger.EUR, connecttest.Start, "test", map[ledger.Currency]decimal.Decimal{ledger.GBP: decimal.New(85, -2)})
	require.NoError(t, err)
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: rates}})
	british := m.seller(func(r *connect.AccountRequest) { *r = connecttest.Seller("GB"); r.Key = "gb" }).ID
	pay := func(p *connect.Platform, minor int64, buyer string) error {
		_, err := p.Preview().Charge(m.ctx, connect.ChargeRequest{
			Key: "x", Amount: ledger.Minor(minor, ledger.EUR), AccountID: british, Source: connect.TestCard, BuyerCountry: buyer,
		})
		return err
	}
	require.NoError(t, pay(m.platform, 40, "DE"))
	err = pay(m.platform, 35, "DE")
	require.Equal(t, "amount_below_minimum", codeOf(t, err))
	require.ErrorContains(t, err, "0.30 GBP")
	err = pay(m.platform, 40, "")
	require.Equal(t, "amount_below_minimum", codeOf(t, err), "who names no country has the least of the amount's own currency")
	require.ErrorContains(t, err, "0.50 EUR")

	o, err := m.platform.Options(m.ctx, connect.OptionsRequest{BuyerCountry: "DE", AccountID: british, Amount: ledger.Minor(35, ledger.EUR)})
	require.NoError(t, err)
	require.Equal(t, "0.29 GBP", o.Settled.String(), "part of a unit does not reach the least")
	require.Contains(t, o.Hidden, markets.Hidden{Method: "card", Reason: markets.TooSmall, Limit: ledger.Minor(30, ledger.GBP)})

	// With a bank for euros it settles in euros, and so it does for all that anybody
	// can tell where there is no rate.
	_, err = m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "bank", AccountID: british, Bank: &connect.BankDetails{Token: payout.TestAccount, Country: "GB", Currency: ledger.EUR}})
	require.NoError(t, err)
	require.Equal(t, "amount_below_minimum", codeOf(t, pay(m.platform, 40, "DE")))
	require.NoError(t, pay(m.platform, 50, "DE"))

	m = newMarket(t, connecttest.Config{Config: connect.Config{Rates: down{}}})
	british = m.seller(func(r *connect.AccountRequest) { *r = connecttest.Seller("GB"); r.Key = "gb" }).ID
	require.Equal(t, "amount_below_minimum", codeOf(t, pay(m.platform, 49, "DE")))
	require.NoError(t, pay(m.platform, 50, "DE"))
}
