package connect_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// What rules were told of a customer is forgotten when they are deleted, however much
// it is; that of another customer stays.
func TestDeletedCustomersFactsAreForgotten(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	gone, stays := m.customer(""), m.customer("")
	facts := func(of string) *connect.PaymentFacts {
		return &connect.PaymentFacts{
			Card:     compliance.Card{BIN: "424242", Last4: "4242", Fingerprint: "print-" + of},
			Buyer:    compliance.Buyer{Name: "Name " + of, Email: of + "@shop.example", IP: "192.0.2.1", Country: "FR"},
			Shipping: compliance.Address{Line1: "Street " + of, Country: "FR"}, Billing: compliance.Address{City: "City " + of},
			Host: map[string]compliance.Value{"host.nick": compliance.OfText("nick " + of)},
		}
	}
	for range 101 {
		_, err := m.pay(connect.ChargeRequest{Amount: usd(1000), CustomerID: gone.ID, Source: connect.TestCardAtOnce, Facts: facts("gone")})
		require.NoError(t, err)
	}
	_, err := m.pay(connect.ChargeRequest{Amount: usd(1000), CustomerID: stays.ID, Source: connect.TestCardAtOnce, Facts: facts("stays")})
	require.NoError(t, err)
	said := func(what string) (n int) {
		err := m.Store().Read(m.ctx, func(v ledger.View) error {
			list, err := v.Find(ledger.Query{Kind: "connect.payment_facts", Name: "platform", Value: gone.Platform, Limit: ledger.MaxPage})
			for _, o := range list {
				n += strings.Count(string(o.Data), what)
			}
			return err
		})
		require.NoError(t, err)
		return n
	}
	for _, what := range []string{"Name ", "Street ", "City ", "nick "} {
		require.Equal(t, 101, said(what+"gone"), what)
	}
	_, err = m.platform.DeleteCustomer(m.ctx, connect.DeleteCustomerRequest{Key: "d", CustomerID: gone.ID})
	require.NoError(t, err)
	drained, err := m.Drain(m.ctx)
	require.NoError(t, err)
	require.NoError(t, drained.Err)
	for _, what := range []string{"Name ", "Street ", "City ", "nick "} {
		require.Zero(t, said(what+"gone"), what)
		require.Equal(t, 1, said(what+"stays"), what)
	}
	require.Zero(t, said("gone@shop.example"))
	require.Equal(t, 101, said("print-gone"), "what a card is counted by stays")
	require.Equal(t, 1, said("424242"))
	m.verify()
}
