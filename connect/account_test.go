package connect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Every country: an account with all details is asked for nothing more, in its
// own currency; the same without them is asked for something.
func TestAccountsOfEveryCountry(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	for _, country := range compliance.Countries() {
		a := m.seller(func(r *connect.AccountRequest) { *r = connecttest.Seller(country); r.Key = "full-" + country })
		due, err := m.platform.Requirements(m.ctx, a.ID)
		require.NoError(t, err)
		require.Empty(t, due, country)
		want, _ := compliance.DefaultCurrency(country)
		require.Equal(t, want, a.Currency)
		empty := m.seller(func(r *connect.AccountRequest) {
			*r = connect.AccountRequest{Key: "empty-" + country, Country: strings.ToLower(country), Type: compliance.Company}
		})
		require.Equal(t, country, empty.Country)
		due, err = m.platform.Requirements(m.ctx, empty.ID)
		require.NoError(t, err)
		require.NotEmpty(t, due, country)
	}
}

// An account is paid in the currency of its bank account, else its country's,
// unless it says otherwise.
func TestTheCurrencyOfAnAccount(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	bank := &connect.BankDetails{Token: payout.TestAccount, Country: "DE", Currency: ledger.EUR}
	require.Equal(t, ledger.USD, m.seller(func(r *connect.AccountRequest) { r.Bank = nil }).Currency)
	require.Equal(t, ledger.EUR, m.seller(func(r *connect.AccountRequest) { r.Bank = bank }).Currency)
	require.Equal(t, ledger.GBP, m.seller(func(r *connect.AccountRequest) { r.Bank, r.Currency = bank, ledger.GBP }).Currency)
}

func TestAccountUpdates(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.Metadata = map[string]string{"zone": "a", "car": "b"} })
	up, err := m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{
		Key: "u", AccountID: a.ID, Email: "a+b@example.com", Metadata: map[string]string{"car": "", "shift": "night"},
		Bank: &connect.BankDetails{Token: "btok_ok", Country: "DE", Currency: ledger.EUR, Last4: "1234"},
	})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"zone": "a", "shift": "night"}, up.Metadata)
	require.Equal(t, "a+b@example.com", up.Email)
	require.Len(t, up.Banks, 2, "one for each currency")
	again, err := m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{
		Key: "u", AccountID: a.ID, Email: "a+b@example.com", Metadata: map[string]string{"car": "", "shift": "night"},
		Bank: &connect.BankDetails{Token: "btok_ok", Country: "DE", Currency: ledger.EUR, Last4: "1234"},
	})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, up.Email, again.Email)
	up, err = m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{
		Key: "u2", AccountID: a.ID, Bank: &connect.BankDetails{Token: "btok_returned", Country: "DE", Currency: ledger.EUR},
	})
	require.NoError(t, err)
	require.Equal(t, "a+b@example.com", up.Email, "it stays")
	bare, err := m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{
		Key: "u3", AccountID: a.ID, Metadata: map[string]string{"zone": "", "shift": ""},
	})
	require.NoError(t, err)
	require.Nil(t, bare.Metadata)
	require.Len(t, up.Banks, 2)
	require.Equal(t, "btok_returned", up.Banks[1].Token)
}

// Bad input names its field and writes nothing; what was typed is not repeated.
func TestAccountRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	full := func(change func(*connect.AccountRequest)) connect.AccountRequest {
		r := connecttest.Seller("US")
		r.Key = "k"
		change(&r)
		return r
	}
	for code, r := range map[string]connect.AccountRequest{
		"invalid_country":          full(func(r *connect.AccountRequest) { r.Country = "USA" }),
		"sanctioned_country":       full(func(r *connect.AccountRequest) { r.Country = "KP" }),
		"unsupported_country":      full(func(r *connect.AccountRequest) { r.Country = "BR" }),
		"invalid_business_type":    full(func(r *connect.AccountRequest) { r.Type = "gang" }),
		"unsupported_currency":     full(func(r *connect.AccountRequest) { r.Currency = ledger.BGN }),
		"invalid_short_balance":    full(func(r *connect.AccountRequest) { r.ShortBalance = "maybe" }),
		"invalid_fields":           full(func(r *connect.AccountRequest) { r.Details.Fields = map[string]string{"no.such": "x"} }),
		"invalid_account_number":   full(func(r *connect.AccountRequest) { r.Bank.Token = "" }),
		"metadata_key_too_long":    full(func(r *connect.AccountRequest) { r.Metadata = map[string]string{strings.Repeat("k", 41): "v"} }),
		"invalid_individual_email": full(func(r *connect.AccountRequest) { r.Details.Fields["individual.email"] = "a\u202eb" }),
		"invalid_idempotency_key":  full(func(r *connect.AccountRequest) { r.Key = "" }),
	} {
		before := snapshot(t, m.Store())
		_, err := m.platform.CreateAccount(m.ctx, r)
		var e *ledger.Error
		require.ErrorAs(t, err, &e, code)
		require.Equal(t, code, e.Code, "%v", err)
		require.NotEmpty(t, e.Field)
		require.NotContains(t, err.Error(), "\u202e")
		require.Equal(t, before, snapshot(t, m.Store()))
	}
}

func TestPlatformRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	for code, r := range map[string]connect.PlatformRequest{
		"invalid_name":            {Key: "k", Country: "US"},
		"invalid_country":         {Key: "k", Name: "P"},
		"unsupported_currency":    {Key: "k", Name: "P", Country: "US", Base: ledger.HRK},
		"invalid_short_balance":   {Key: "k", Name: "P", Country: "US", ShortBalance: "maybe"},
		"invalid_idempotency_key": {Name: "P", Country: "US"},
		"idempotency_mismatch":    {Key: "platform", Name: "Other", Country: "US"},
	} {
		before := snapshot(t, m.Store())
		_, err := m.Register(m.ctx, r)
		var e *ledger.Error
		require.ErrorAs(t, err, &e, code)
		require.Equal(t, code, e.Code, "%v", err)
		require.Equal(t, before, snapshot(t, m.Store()))
	}
	same, err := m.Register(m.ctx, connect.PlatformRequest{Key: "platform", Name: "Platform", Country: "US"})
	require.NoError(t, err)
	require.Equal(t, m.platform.ID(), same.ID())
	for _, id := range []string{"", "plat_", "plat_nobody", "acct_1"} {
		_, err := m.Platform(m.ctx, id)
		require.ErrorIs(t, err, ledger.NotFound)
	}
}

// Spendable is what can be paid out: holds of pending days do not lessen it.
func TestWhatIsHeldOfPendingMoneyIsNoneOfTheAvailable(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	c := m.charge(a.ID, 1000, 0, connect.TestRefundPending)
	_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(400), ReverseTransfer: true})
	require.NoError(t, err)
	said := m.has(a.ID).Spendable()
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: usd(1000)})
	require.NoError(t, err)
	require.Equal(t, po.Amount, said)
}

// An account's number in place of a token is refused, and not stored (promise 68, edge-case 107).
func TestAccountNumbersAreNotTokens(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	for _, number := range []string{"DE89370400440532013000", "de89-3704-0044-0532-0130-00", "000123456789"} {
		r := connecttest.Seller("DE")
		r.Bank.Token = number
		_, err := m.platform.CreateAccount(m.ctx, r)
		requireCode(t, err, ledger.Invalid, "invalid_account_number")
		require.NotContains(t, err.Error(), number)
		require.NotContains(t, snapshot(t, m.Store()), number)
	}
	r := connecttest.Seller("DE")
	r.Bank.Token = "DE89370400440532013001" // its check digits are wrong
	_, err := m.platform.CreateAccount(m.ctx, r)
	require.NoError(t, err)
}

// A platform changes what it may, and keeps the rest.
func TestUpdatePlatform(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	bank := &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD}
	change := connect.PlatformUpdate{
		Key: "u", Name: "Renamed", ShortBalance: connect.ShortRefuse, Delay: &payout.Delay{Days: 3}, Bank: bank, Metadata: map[string]string{"k": "v"},
	}
	prof, err := m.platform.UpdatePlatform(m.ctx, change)
	require.NoError(t, err)
	require.False(t, prof.Replayed)
	require.Equal(t, "Renamed", m.platform.Profile().Name)
	again, err := m.platform.UpdatePlatform(m.ctx, change)
	require.NoError(t, err)
	require.True(t, again.Replayed)

	// Another handle finds out, at the latest when it commits.
	other, err := m.Platform(m.ctx, m.platform.ID())
	require.NoError(t, err)
	_, err = m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "v", Delay: &payout.Delay{Days: 5}})
	require.NoError(t, err)
	c, err := other.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: connect.TestCard})
	require.NoError(t, err)
	require.Equal(t, payout.DayOf(m.Clock.Now(), time.UTC)+5, c.Available)
	prof, err = m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "w"})
	require.NoError(t, err)
	require.Equal(t, connect.Profile{
		ID: m.platform.ID(), Name: "Renamed", Country: "US", Base: ledger.USD, ShortBalance: connect.ShortRefuse, Delay: payout.Delay{Days: 5},
		Bank: prof.Bank, Created: connecttest.Start, Metadata: map[string]string{"k": "v"},
	}, *prof)

	// The platform's own payout goes to the bank that it has by then.
	m.pass(6 * 24 * time.Hour)
	_, err = other.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "x", Bank: &connect.BankDetails{Token: payout.TestReturned, Country: "US", Currency: ledger.USD}})
	require.NoError(t, err)
	out, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po"})
	require.NoError(t, err)
	require.Equal(t, payout.TestReturned, out.Destination.Token)
	require.Equal(t, usd(941), out.Amount)

	again, err = m.platform.Preview().UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "p", Name: "Preview"})
	require.NoError(t, err)
	require.Equal(t, "Preview", again.Name)
	require.Equal(t, "Renamed", m.platform.Profile().Name)
}

// Platforms lists every platform, oldest first, and a key that registered one
// registers no other.
func TestPlatforms(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	for i := range 150 {
		m.Clock.Advance(time.Second)
		p, err := m.Register(m.ctx, connect.PlatformRequest{Key: fmt.Sprint(i), Name: fmt.Sprint(i), Country: "DE"})
		require.NoError(t, err)
		require.False(t, p.Profile().Replayed)
	}
	again, err := m.Register(m.ctx, connect.PlatformRequest{Key: "149", Name: "149", Country: "DE"})
	require.NoError(t, err)
	require.True(t, again.Profile().Replayed)
	n := -1
	for p, err := range m.Platforms(m.ctx) {
		require.NoError(t, err)
		if n >= 0 {
			require.Equal(t, fmt.Sprint(n), p.Profile().Name)
		}
		n++
	}
	require.Equal(t, 150, n)
	for range m.Platforms(m.ctx) {
		break
	}
}
