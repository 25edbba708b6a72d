package connect_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	markets "github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

func (m *market) options(r connect.OptionsRequest) *connect.Options {
	m.t.Helper()
	before := snapshot(m.t, m.Store())
	o, err := m.platform.Options(m.ctx, r)
	require.NoError(m.t, err)
	require.Equal(m.t, before, snapshot(m.t, m.Store()), "asking writes nothing")
	return o
}

// Of all 18 countries, as buyers' and sellers', a cart in the buyer's currency has
// an answer, and a charge keeps to it.
func TestOptionsOfAllCountries(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	sellers := make(map[string]string)
	for _, code := range compliance.Countries() {
		sellers[code] = m.seller(func(r *connect.AccountRequest) { *r = connecttest.Seller(code) }).ID
	}
	for _, buyer := range compliance.Countries() {
		own, _ := compliance.DefaultCurrency(buyer)
		for _, seller := range compliance.Countries() {
			o := m.options(connect.OptionsRequest{BuyerCountry: buyer, AccountID: sellers[seller], Amount: ledger.Minor(100_001, own)})
			require.Equal(t, []string{"card"}, offered(o), "%s %s", buyer, seller)
			require.Equal(t, own, o.Currency)
			require.NotEmpty(t, o.Language)
			require.NotEmpty(t, o.Prices)
			require.NotZero(t, o.Cash)
			require.Equal(t, 22, o.Descriptor.Max)
			c, err := m.platform.Preview().Charge(m.ctx, connect.ChargeRequest{
				Key: "x", Amount: o.Amount, AccountID: sellers[seller], Source: connect.TestCard, BuyerCountry: buyer, Descriptor: "SHOP",
			})
			require.Nil(t, c)
			require.Equal(t, "invalid_descriptor", codeOf(t, err), "%s %s", buyer, seller)
			c, err = m.platform.Preview().Charge(m.ctx, connect.ChargeRequest{
				Key: "x", Amount: o.Amount, AccountID: sellers[seller], Source: connect.TestCard, BuyerCountry: buyer, Descriptor: "SHOP LTD",
			})
			require.NoError(t, err, "%s %s", buyer, seller)
			require.Equal(t, buyer, c.BuyerCountry)
		}
	}
}

func offered(o *connect.Options) (names []string) {
	for _, m := range o.Methods {
		names = append(names, m.Method)
	}
	return names
}

// What is shown for one cart, all of it.
func TestOptions(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	french := m.seller(func(r *connect.AccountRequest) { *r = connecttest.Seller("FR") }).ID
	day, _ := payout.ParseDay("2026-03-02")
	o := m.options(connect.OptionsRequest{BuyerCountry: "be", AccountID: french, Amount: ledger.Minor(2999, ledger.EUR), Language: "fr-CA"})
	require.Equal(t, &connect.Options{
		BuyerCountry: "BE", Day: day, Currency: ledger.EUR, Language: "fr", Amount: ledger.Minor(2999, ledger.EUR),
		Methods: []markets.Offer{{
			Method: "card", Brands: []string{"amex", "mastercard", "visa"},
			Min: ledger.Minor(50, ledger.EUR), Max: ledger.Minor(999_999_999_999, ledger.EUR),
			Authentication: markets.Required, Exempt: true, Text: "card_consent",
		}},
		Hidden: []markets.Hidden{
			{Method: "bank_debit", Reason: markets.NotConfirmed},
			{Method: "bitcoin", Reason: markets.NotConfirmed},
		},
		Prices: markets.WithTax, Cash: markets.Cash{Currency: ledger.EUR, Step: 5}, InCash: ledger.Minor(3000, ledger.EUR),
		Descriptor: markets.Descriptor{Min: 5, Max: 22, Forbidden: `<>\'"*`, Letter: true},
		Texts: map[string]connect.OptionText{"card_consent": {
			Text: "I authorise Platform to keep my card and to charge it later, on the terms that I have agreed to.", Language: "en",
		}},
		Confirm: []string{"texts.card_consent"},
	}, o)

	o = m.options(connect.OptionsRequest{BuyerCountry: "BE", AccountID: french, Amount: ledger.Minor(3001, ledger.EUR)})
	require.False(t, o.Methods[0].Exempt, "over 30 euros")
	require.Equal(t, "nl", o.Language)
	o = m.options(connect.OptionsRequest{BuyerCountry: "US", AccountID: french, Amount: ledger.Minor(100_000, ledger.XOF)})
	require.Equal(t, []string{"mastercard", "visa"}, o.Methods[0].Brands)
	require.Contains(t, o.Hidden, markets.Hidden{Method: "card", Brand: "amex", Reason: markets.BadCurrency})
	require.Equal(t, []string{"prices", "authentication", "texts.card_consent"}, o.Confirm)
	o = m.options(connect.OptionsRequest{BuyerCountry: "US", Amount: usd(1_000_000_000)})
	require.Contains(t, o.Hidden, markets.Hidden{Method: "card", Brand: "amex", Reason: markets.TooLarge, Limit: usd(999_999_999)})
}

// What cannot be answered is refused by name.
func TestOptionsRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	for _, c := range []struct {
		r     connect.OptionsRequest
		class ledger.Class
		code  string
		field string
	}{
		{connect.OptionsRequest{Amount: usd(100)}, ledger.Invalid, "invalid_country", "buyerCountry"},
		{connect.OptionsRequest{BuyerCountry: "IR", Amount: usd(100)}, ledger.Invalid, "sanctioned_country", "buyerCountry"},
		{connect.OptionsRequest{BuyerCountry: "NZ", Amount: usd(100)}, ledger.Invalid, "unsupported_country", "buyerCountry"},
		{connect.OptionsRequest{BuyerCountry: "US"}, ledger.Invalid, "invalid_amount", "amount"},
		{connect.OptionsRequest{BuyerCountry: "US", Amount: usd(0)}, ledger.Invalid, "invalid_amount", "amount"},
		{connect.OptionsRequest{BuyerCountry: "US", Amount: ledger.Minor(100, ledger.DEM)}, ledger.Invalid, "unsupported_currency", "amount"},
		{connect.OptionsRequest{BuyerCountry: "US", Amount: usd(100), Language: "English"}, ledger.Invalid, "invalid_language", "language"},
		{connect.OptionsRequest{BuyerCountry: "US", Amount: usd(100), AccountID: "acct_x"}, ledger.NotFound, "not_found", "account"},
	} {
		_, err := m.platform.Options(m.ctx, c.r)
		var e *ledger.Error
		require.ErrorAs(t, err, &e, "%+v", c.r)
		require.Equal(t, []any{c.class, c.code, c.field}, []any{e.Class, e.Code, e.Field}, "%v", err)
	}
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	theirs, err := other.CreateAccount(m.ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	_, err = m.platform.Options(m.ctx, connect.OptionsRequest{BuyerCountry: "US", Amount: usd(100), AccountID: theirs.ID})
	require.ErrorIs(t, err, ledger.NotFound, "another platform's account is not there (promise 65)")
}

// A platform says otherwise without code, from a day on, for itself alone; what it
// says holds for options and charges.
func TestAPlatformSaysOtherwise(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	french := m.seller(func(r *connect.AccountRequest) { *r = connecttest.Seller("FR") }).ID
	list, err := markets.ParseList([]byte(`{"rules": [{
		"country": "DE",
		"methods": {"bank_debit": {"offered": [{"value": true, "from": "2026-03-04"}], "place": [{"value": 1}]}},
		"limits": {"EUR": {"min": [{"value": 1000}]}},
		"texts": {"card_consent": {"de": [{"value": "{platform} darf meine Karte belasten."}]}}
	}]}`))
	require.NoError(t, err)
	prof, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "markets", Markets: list})
	require.NoError(t, err)
	require.Equal(t, list, m.platform.Profile().Markets)
	list.Rules[0].Country = "AT" // the platform has its own copy
	require.Equal(t, "DE", prof.Markets.Rules[0].Country)

	ask := connect.OptionsRequest{BuyerCountry: "DE", AccountID: french, Amount: ledger.Minor(1000, ledger.EUR)}
	pay := func(p *connect.Platform, minor int64, buyer, method string) error {
		_, err := p.Preview().Charge(m.ctx, connect.ChargeRequest{
			Key: "x", Amount: ledger.Minor(minor, ledger.EUR), AccountID: french, Source: connect.TestCard, BuyerCountry: buyer, Method: method,
		})
		return err
	}
	o := m.options(ask)
	require.Equal(t, []string{"card"}, offered(o))
	require.Equal(t, connect.OptionText{Text: "Platform darf meine Karte belasten.", Language: "de"}, o.Texts["card_consent"])
	require.Equal(t, ledger.Minor(1000, ledger.EUR), o.Methods[0].Min)
	require.Equal(t, "method_not_yet_offered", codeOf(t, pay(m.platform, 1000, "DE", "bank_debit")))
	m.Clock.Set(time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	require.Equal(t, []string{"bank_debit", "card"}, offered(m.options(ask)))
	require.NoError(t, pay(m.platform, 1000, "DE", "bank_debit"))
	require.Equal(t, "amount_below_minimum", codeOf(t, pay(m.platform, 999, "DE", "")))
	require.NoError(t, pay(m.platform, 999, "AT", ""))
	require.NoError(t, pay(m.platform, 999, "", ""))

	// A charge that was made under other rules is there, and its key returns it.
	old := connect.ChargeRequest{Key: "old", Amount: ledger.Minor(999, ledger.EUR), AccountID: french, Source: connect.TestCard, BuyerCountry: "DE"}
	_, err = m.platform.Charge(m.ctx, old)
	require.Equal(t, "amount_below_minimum", codeOf(t, err))
	old.BuyerCountry = "AT"
	made, err := m.platform.Charge(m.ctx, old)
	require.NoError(t, err)
	_, err = m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "both", Markets: &markets.List{Rules: []markets.Rules{
		{Country: "DE", Limits: map[ledger.Currency]*markets.Limit{ledger.EUR: {Min: markets.Is[int64](1000)}}},
		{Country: "AT", Limits: map[ledger.Currency]*markets.Limit{ledger.EUR: {Min: markets.Is[int64](1000)}}},
	}}})
	require.NoError(t, err)
	again, err := m.platform.Charge(m.ctx, old)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, made.ID, again.ID)
	require.Equal(t, "amount_below_minimum", codeOf(t, pay(m.platform, 999, "AT", "")))

	// Another platform, and this one once it says so, have what the engine has.
	handle, err := m.Platform(m.ctx, m.platform.ID())
	require.NoError(t, err)
	require.Equal(t, "amount_below_minimum", codeOf(t, pay(handle, 999, "DE", "")), "it is stored")
	_, err = m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "none", Markets: &markets.List{}})
	require.NoError(t, err)
	require.Nil(t, m.platform.Profile().Markets)
	require.NoError(t, pay(m.platform, 999, "DE", ""))
	m.verify()
}

// A nineteenth country is a file that the host loads; a platform may bring one, too.
func TestANineteenthMarket(t *testing.T) {
	set, err := markets.Builtin().Load(os.DirFS("market/testdata/nineteenth"))
	require.NoError(t, err)
	m := newMarket(t, connecttest.Config{Config: connect.Config{Markets: set}})
	ask := connect.OptionsRequest{BuyerCountry: "NZ", AccountID: m.seller(func(r *connect.AccountRequest) { *r = connecttest.Seller("AU") }).ID, Amount: ledger.Minor(1005, ledger.NZD)}
	o := m.options(ask)
	require.Equal(t, []string{"bank_transfer", "card"}, offered(o))
	require.Equal(t, "10.00 NZD", o.InCash.String())
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: "nz", Amount: ask.Amount, AccountID: ask.AccountID, Source: connect.TestCard, BuyerCountry: "NZ", Method: "bank_transfer",
	})
	require.NoError(t, err)
	require.Equal(t, "NZ", c.BuyerCountry)
	m.verify()

	m = newMarket(t, connecttest.Config{})
	_, err = m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "jp", Markets: &markets.List{Rules: []markets.Rules{{Country: "JP", Currency: markets.Is(ledger.JPY)}}}})
	require.NoError(t, err)
	o = m.options(connect.OptionsRequest{BuyerCountry: "JP", Amount: ledger.Minor(500, ledger.JPY)})
	require.Equal(t, ledger.JPY, o.Currency)
	require.Equal(t, []string{"card"}, offered(o))
}

// The least amount is that of the currency in which the charge will settle, for what
// is offered as for the charge.
func TestOptionsOfASettlement(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: newQuotes(t)}})
	seller := m.seller().ID
	ask := func(minor int64, in ledger.Currency) connect.OptionsRequest {
		return connect.OptionsRequest{BuyerCountry: "US", AccountID: seller, Amount: usd(minor), SettleIn: in}
	}
	for minor, taken := range map[int64]bool{34: false, 35: true} { // 50 JPY are 0.34375 USD
		o := m.options(ask(minor, ledger.JPY))
		require.Equal(t, taken, len(offered(o)) > 0, "%d cents as yen: %+v", minor, o.Hidden)
		_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
			Key: m.key(), Amount: usd(minor), AccountID: seller, BuyerCountry: "US", SettleIn: ledger.JPY, Source: connect.TestCard,
		})
		require.Equal(t, taken, err == nil, "%d: %v", minor, err)
	}
	require.Empty(t, offered(m.options(ask(35, 0))), "as it is paid, the least is 0.50 USD")
	_, err := m.platform.Options(m.ctx, ask(35, ledger.HRK))
	requireCode(t, err, ledger.Invalid, "unsupported_currency")
	_, err = m.platform.Options(m.ctx, ask(35, ledger.THB))
	requireCode(t, err, ledger.NotFound, "rate_not_found")
}
