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

// Charges that two processes make while a customer is deleted are made before it or
// refused, whether the customer is the charge's or its facts' alone; so nothing that was
// told of them is left.
func TestNoFactsComeAfterADeletion(t *testing.T) {
	for _, named := range []bool{true, false} {
		m := newMarket(t, connecttest.Config{})
		gone := m.customer("").ID
		_, other := m.second()
		request := func(key string) connect.ChargeRequest {
			r := connect.ChargeRequest{Key: key, Amount: usd(1000), Source: connect.TestCardAtOnce, Facts: &connect.PaymentFacts{Buyer: compliance.Buyer{Name: "Gone Girl"}}}
			if r.Facts.Buyer.Customer = gone; named {
				r.CustomerID, r.Facts.Buyer.Customer = gone, ""
			}
			return r
		}
		done := m.both(func(i int) error {
			p := []*connect.Platform{m.platform, other}[i%2]
			if i == 3 {
				_, err := p.DeleteCustomer(m.ctx, connect.DeleteCustomerRequest{Key: "d", CustomerID: gone})
				return err
			}
			_, err := p.Charge(m.ctx, request(nthKey("c", i)))
			return err
		})
		require.Positive(t, done)
		for _, p := range []*connect.Platform{m.platform, other} {
			_, err := p.Charge(m.ctx, request("late"))
			requireCode(t, err, ledger.State, "customer_deleted")
		}
		m.drain()
		err := m.Store().Read(m.ctx, func(v ledger.View) error {
			list, err := v.Find(ledger.Query{Kind: "connect.payment_facts", Name: "platform", Value: m.platform.ID(), Limit: ledger.MaxPage})
			require.Len(t, list, done-1)
			for _, o := range list {
				require.False(t, strings.Contains(string(o.Data), "Gone Girl"))
			}
			return err
		})
		require.NoError(t, err)
		m.verify()
	}
}

// Facts may name a buyer as the host does: no customer of the platform's, or another's.
func TestFactsNameAnyBuyer(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	p, err := m.Register(m.ctx, connect.PlatformRequest{Key: m.key(), Name: "P", Country: "US"})
	require.NoError(t, err)
	k, err := p.CreateCustomer(m.ctx, connect.CustomerRequest{Key: "k"})
	require.NoError(t, err)
	_, err = p.DeleteCustomer(m.ctx, connect.DeleteCustomerRequest{Key: "d", CustomerID: k.ID})
	require.NoError(t, err)
	for _, name := range []string{"host-7", "cus_7", k.ID} {
		_, err := m.pay(connect.ChargeRequest{Amount: usd(1000), Source: connect.TestCardAtOnce, Facts: &connect.PaymentFacts{Buyer: compliance.Buyer{Customer: name}}})
		require.NoError(t, err, name)
	}
}
