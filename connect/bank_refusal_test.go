package connect_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// What cannot be meant is refused, naming the field, before anything is asked or written.
func TestBankRefusals(t *testing.T) {
	m, s, n := guarded(t)
	a := m.seller()
	m.charge(a.ID, 5000, 0, connect.TestCardAtOnce)
	euro := m.addBank(a.ID, func(r *connect.AddBankRequest) { r.Bank.Country, r.Bank.Currency = "DE", ledger.EUR })
	before := snapshot(t, m.Store())
	add := func(change func(*connect.AddBankRequest)) error {
		r := connect.AddBankRequest{Key: "k", AccountID: a.ID, Bank: details(payout.TestAccount), StepUp: "fresh"}
		change(&r)
		_, err := m.platform.AddBank(m.ctx, r)
		return err
	}
	pay := func(r connect.PayoutRequest) error {
		r.Key = "k"
		_, err := m.platform.Payout(m.ctx, r)
		return err
	}
	rename := func(holder string) error {
		_, err := m.platform.UpdateBank(m.ctx, connect.UpdateBankRequest{Key: "k", AccountID: a.ID, BankID: a.Banks[0].ID, Holder: holder, StepUp: "fresh"})
		return err
	}
	for _, c := range []struct {
		what  string
		err   error
		class ledger.Class
		code  string
		field string
	}{
		{"no token", add(func(r *connect.AddBankRequest) { r.Bank.Token = "" }), ledger.Invalid, "invalid_account_number", "bank.token"},
		{"a currency that is none", add(func(r *connect.AddBankRequest) { r.Bank.Currency = 0 }), ledger.Invalid, "invalid_currency", "bank.currency"},
		{"under an embargo", add(func(r *connect.AddBankRequest) { r.Bank.Country = "KP" }), ledger.Invalid, "sanctioned_country", "bank.country"},
		{"a long name", add(func(r *connect.AddBankRequest) { r.Holder = strings.Repeat("a", 141) }), ledger.Invalid, "invalid_name", "holder"},
		{"a name that hides", add(func(r *connect.AddBankRequest) { r.Holder = "\u202eevil" }), ledger.Invalid, "invalid_name", "holder"},
		{"a card", add(func(r *connect.AddBankRequest) { r.Holder = "4242424242424242" }), ledger.Invalid, "card_number", "holder"},
		{"nobody's operator", add(func(r *connect.AddBankRequest) { r.By = connect.Actor{ID: "a b", Rights: clerk.Rights} }), ledger.Invalid, "invalid_actor", "by.id"},
		{"nobody", rename(""), ledger.Invalid, "invalid_name", "holder"},
		{"another currency", pay(connect.PayoutRequest{AccountID: a.ID, BankID: euro.Bank.ID, Currency: ledger.USD, Amount: usd(1)}), ledger.Invalid, "currency_mismatch", "currency"},
		{"no bank account of it", pay(connect.PayoutRequest{AccountID: a.ID, BankID: "ba_none", Amount: usd(1)}), ledger.NotFound, "not_found", "bankAccount"},
		{"an authority's", pay(connect.PayoutRequest{Authority: "nyc", BankID: euro.Bank.ID, Bank: &connect.BankDetails{}}), ledger.Invalid, "invalid_request", "bankAccount"},
	} {
		requireCode(t, c.err, c.class, c.code)
		requireAbout(t, c.err, c.field, c.what)
		require.NotContains(t, c.err.Error(), "4242")
	}
	require.Empty(t, n.asked)
	require.Equal(t, before, snapshot(t, m.Store()))

	asked := len(s.asked)
	x, err := m.platform.Preview().AddBank(m.ctx, connect.AddBankRequest{Key: "preview", AccountID: a.ID, Bank: details(payout.TestAccount), Holder: "Bob"})
	require.NoError(t, err)
	require.Equal(t, connect.BankChangeMade, x.Status)
	require.Len(t, s.asked, asked, "a preview asks nobody")
	require.Empty(t, n.asked)
	require.Equal(t, before, snapshot(t, m.Store()))

	for range 48 {
		m.addBank(a.ID)
	}
	requireCode(t, add(func(*connect.AddBankRequest) {}), ledger.State, "too_many_banks")
}

// Whoever sets an engine up cannot mean these.
func TestBankConfig(t *testing.T) {
	for what, c := range map[string]connect.BankConfig{
		"a time below zero":   {StepUpAge: -1},
		"more than a year":    {CoolDown: 366},
		"no amount":           {FirstPayout: []ledger.Money{usd(0)}},
		"two in one currency": {FirstPayout: []ledger.Money{usd(1), usd(2)}},
		"days below zero":     {DepositDays: -1},
		"tries below zero":    {DepositTries: -1},
	} {
		_, err := connecttest.New(connecttest.Config{Config: connect.Config{Banks: &c}})
		requireCode(t, err, ledger.Invalid, "invalid_config")
		require.Error(t, err, what)
	}
}
