package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// agreed is what the buyers of these tests agree to.
var agreed = connect.BuyerAgreement{Text: "You may charge my card each month.", At: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), IP: "192.0.2.7"}

// customer creates a customer; of an account, if it is named.
func (m *market) customer(account string) *connect.Customer {
	m.t.Helper()
	k, err := m.platform.CreateCustomer(m.ctx, connect.CustomerRequest{Key: m.key(), AccountID: account, Email: "buyer@example.com", Name: "Bo Buyer"})
	require.NoError(m.t, err)
	return k
}

// save saves a source for a customer.
func (m *market) save(customer, source string, by ...connect.Initiator) *connect.SavedSource {
	m.t.Helper()
	s, err := m.platform.SaveSource(m.ctx, connect.SaveSourceRequest{Key: m.key(), CustomerID: customer, Source: source, Agreement: agreed, For: by})
	require.NoError(m.t, err)
	return s
}

// source is a saved source as it is now.
func (m *market) source(id string) *connect.SavedSource {
	m.t.Helper()
	s, err := m.platform.GetSavedSource(m.ctx, id)
	require.NoError(m.t, err)
	return s
}

// buyer is a customer as they are now.
func (m *market) buyer(id string) *connect.Customer {
	m.t.Helper()
	k, err := m.platform.GetCustomer(m.ctx, id)
	require.NoError(m.t, err)
	return k
}

// A saved source is what the acquirer keeps and the buyer agreed to; the first one
// is their default, and the same card is found again by its fingerprint.
func TestSaveSource(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	s := m.save(k.ID, connect.TestCardDE, connect.Recurring)
	require.Equal(t, connect.SourceActive, s.Status)
	require.Equal(t, connect.SourceDetails{
		Token: "pm_" + s.ID + "/" + connect.TestCardDE, Brand: "visa", Last4: "0016", ExpMonth: 12, ExpYear: 2029, Fingerprint: "fp_tok_de", Country: "DE",
	}, s.Details)
	require.Equal(t, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), s.Expires)
	require.Equal(t, agreed, s.Agreement)
	require.Equal(t, "net_"+s.ID, s.First, "the network's first transaction")
	require.Equal(t, connect.MerchantBears, s.Auth.Liability)
	require.Equal(t, s, m.source(s.ID))
	require.Equal(t, s.ID, m.buyer(k.ID).DefaultSource)

	other, again := m.save(k.ID, connect.TestCardGB), m.save(k.ID, connect.TestCardDE)
	require.Empty(t, other.SameAs)
	require.Equal(t, s.ID, again.SameAs)
	require.Equal(t, s.ID, m.save(k.ID, connect.TestCardDE).SameAs, "the first, not the last")
	require.Empty(t, m.save(m.customer("").ID, connect.TestCardDE).SameAs, "other customers' cards are nobody's business")
	require.Equal(t, s.ID, m.buyer(k.ID).DefaultSource)
	require.Len(t, m.buyer(k.ID).Sources, 4)

	list, err := m.platform.ListSavedSources(m.ctx, connect.ListRequest{CustomerID: k.ID})
	require.NoError(t, err)
	require.Len(t, list.Items, 4)
	m.verify()
}

// A replay returns what the first made; another request under the key is refused
// (promises 21, 22).
func TestSaveSourceReplays(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	r := connect.SaveSourceRequest{Key: "k", CustomerID: k.ID, Source: connect.TestCard, Agreement: agreed}
	s, err := m.platform.SaveSource(m.ctx, r)
	require.NoError(t, err)
	again, err := m.platform.SaveSource(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, s.ID, again.ID)
	require.Equal(t, 1, m.Acquirer.Taken(s.ID))
	r.For = []connect.Initiator{connect.Recurring}
	_, err = m.platform.SaveSource(m.ctx, r)
	requireCode(t, err, ledger.Exists, "idempotency_mismatch")
}

// The buyer authenticates, or fails, or does not come back; a soft decline asks once
// with a challenge, in all three kinds of acquirers (promise 26).
func TestSaveSourceAsksTheBuyer(t *testing.T) {
	for _, kind := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		for _, token := range []string{connect.TestChallenge, connect.TestSoftDecline} {
			for _, end := range []string{"passes", "fails", "late", "detached"} {
				m := newMarket(t, connecttest.Config{AcquirerDelivery: kind})
				k := m.customer("")
				s := m.save(k.ID, token, connect.Unscheduled)
				what := kind.String() + " " + token + " " + end
				require.Equal(t, connect.SourceRequiresAction, s.Status, what)
				require.NotEmpty(t, s.Action.URL, what)
				require.Empty(t, s.Details, what)
				_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "early", Amount: usd(1000), SavedSourceID: s.ID})
				requireCode(t, err, ledger.State, "invalid_state")
				key := s.ID
				if token == connect.TestSoftDecline {
					key += "-3ds"
				}
				switch end {
				case "late":
					m.pass(2 * time.Hour)
				case "detached":
					_, err := m.platform.DetachSource(m.ctx, connect.DetachSourceRequest{Key: "d", SavedSourceID: s.ID})
					require.NoError(t, err)
					m.Acquirer.Act(key, true)
				default:
					m.Acquirer.Act(key, end == "passes")
				}
				if end == "passes" && kind != ledger.Blind {
					_, err := m.platform.ConfirmSource(m.ctx, connect.ConfirmSourceRequest{Key: "c", SavedSourceID: s.ID})
					require.NoError(t, err)
				}
				for range 2 {
					for _, n := range m.Acquirer.Notifications() {
						require.NoError(t, m.News(m.ctx, n), what)
						require.NoError(t, m.News(m.ctx, n), what)
					}
				}
				s = m.source(s.ID)
				want := map[string]string{"passes": "active", "fails": "failed authentication_failed", "late": "failed action_expired", "detached": "detached"}
				require.Equal(t, want[end], trim(string(s.Status)+" "+s.Code), what)
				if end == "passes" {
					require.Equal(t, "net_"+key, s.First, what)
					require.Equal(t, connect.IssuerBears, s.Auth.Liability, what)
				} else {
					require.Empty(t, m.buyer(k.ID).Sources, what)
				}
				m.verify()
			}
		}
	}
}

func trim(text string) string {
	if text[len(text)-1] == ' ' {
		return text[:len(text)-1]
	}
	return text
}

// Lost requests, lost answers and what is only received come to the same end.
func TestSaveSourceAnswers(t *testing.T) {
	for _, kind := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		for _, token := range []string{connect.TestReceived, connect.TestReceivedDeclined, connect.TestAnswerLost, connect.TestRequestLost, connect.TestAnsweredTwice, connect.TestDeclined} {
			m := newMarket(t, connecttest.Config{AcquirerDelivery: kind})
			k := m.customer("")
			s := m.save(k.ID, token)
			for range 4 {
				m.pass(3 * time.Minute)
				for _, n := range m.Acquirer.Notifications() {
					require.NoError(t, m.News(m.ctx, n))
				}
			}
			what := kind.String() + " " + token
			s = m.source(s.ID)
			switch {
			case token == connect.TestReceivedDeclined || token == connect.TestDeclined:
				require.Equal(t, connect.SourceFailed, s.Status, what)
				require.Equal(t, "generic_decline", s.Code, what)
				require.Empty(t, m.buyer(k.ID).Sources, what)
			case token == connect.TestRequestLost && kind == ledger.Blind:
				require.Equal(t, connect.SourceUnknown, s.Status, what)
				require.NoError(t, m.News(m.ctx, connect.News{Key: s.ID, Answer: connect.Answer{Status: connect.Canceled, Code: "never_seen"}}))
				require.Equal(t, connect.SourceFailed, m.source(s.ID).Status)
			default:
				require.Equal(t, connect.SourceActive, s.Status, what)
				require.LessOrEqual(t, m.Acquirer.Taken(s.ID), 1, what)
			}
			m.verify()
		}
	}
}

// A card is over with its last month: by Drain, and at use before that.
func TestSourcesExpire(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	s := m.save(k.ID, connect.TestExpiresSoon)
	require.Equal(t, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), s.Expires)
	m.Clock.Set(s.Expires.Add(-time.Second))
	_, err := m.pay(connect.ChargeRequest{Amount: usd(1000), CustomerID: k.ID})
	require.NoError(t, err)
	m.Clock.Set(s.Expires)
	_, err = m.pay(connect.ChargeRequest{Amount: usd(1000), CustomerID: k.ID})
	requireCode(t, err, ledger.State, "source_expired")
	require.Equal(t, connect.SourceActive, m.source(s.ID).Status)
	m.pass(0)
	require.Equal(t, connect.SourceExpired, m.source(s.ID).Status)
	_, err = m.pay(connect.ChargeRequest{Amount: usd(1000), SavedSourceID: s.ID})
	requireCode(t, err, ledger.State, "source_expired")
	_, err = m.platform.UpdateCustomer(m.ctx, connect.CustomerUpdate{Key: "u", CustomerID: k.ID, DefaultSourceID: s.ID})
	requireCode(t, err, ledger.State, "source_expired")
	_, err = m.platform.DetachSource(m.ctx, connect.DetachSourceRequest{Key: "d", SavedSourceID: s.ID})
	require.NoError(t, err)
	require.Empty(t, m.buyer(k.ID).DefaultSource)
	_, err = m.platform.DetachSource(m.ctx, connect.DetachSourceRequest{Key: "d2", SavedSourceID: s.ID})
	requireCode(t, err, ledger.State, "invalid_state")
}

// The acquirer gives a source up, and it can never be charged again.
func TestTheAcquirerGivesASourceUp(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	s := m.save(k.ID, connect.TestCard)
	require.NoError(t, m.News(m.ctx, connect.News{Key: s.ID, Answer: connect.Answer{Status: connect.Canceled, Code: "card_closed"}}))
	require.NoError(t, m.News(m.ctx, connect.News{Key: s.ID, Answer: connect.Answer{Status: connect.Canceled, Code: "card_closed"}}))
	require.Equal(t, connect.SourceDetached, m.source(s.ID).Status)
	_, err := m.pay(connect.ChargeRequest{Amount: usd(1000), CustomerID: k.ID})
	requireCode(t, err, ledger.State, "no_default_source")
	s = m.save(k.ID, connect.TestCard)
	require.Error(t, m.News(m.ctx, connect.News{Key: s.ID, Answer: connect.Answer{Status: connect.Declined, Code: "x"}}), "it was saved")
}

// A deleted customer keeps their charges and nothing else (promise 10).
func TestDeleteCustomer(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	s, waits := m.save(k.ID, connect.TestCard), m.save(k.ID, connect.TestChallenge)
	c, err := m.pay(connect.ChargeRequest{Amount: usd(1000), CustomerID: k.ID})
	require.NoError(t, err)
	require.Equal(t, s.ID, c.SavedSource)
	gone, err := m.platform.DeleteCustomer(m.ctx, connect.DeleteCustomerRequest{Key: "d", CustomerID: k.ID})
	require.NoError(t, err)
	again, err := m.platform.DeleteCustomer(m.ctx, connect.DeleteCustomerRequest{Key: "d", CustomerID: k.ID})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.True(t, gone.Work.Open(), "what rules were told of them is to be forgotten")
	gone.Work = ledger.Work{}
	require.Equal(t, connect.Customer{ID: k.ID, Platform: k.Platform, Created: k.Created, Deleted: m.Clock.Now()}, *gone)
	require.Equal(t, connect.SourceDetached, m.source(s.ID).Status)
	require.Equal(t, connect.SourceDetached, m.source(waits.ID).Status)
	m.Acquirer.Act(waits.ID, true)
	for _, n := range m.Acquirer.Notifications() {
		require.NoError(t, m.News(m.ctx, n))
	}
	require.Equal(t, connect.SourceDetached, m.source(waits.ID).Status)
	list, err := m.platform.ListCharges(m.ctx, connect.ListRequest{CustomerID: k.ID})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	before := snapshot(t, m.Store())
	for name, try := range map[string]func() error{
		"charge": func() error {
			_, err := m.pay(connect.ChargeRequest{Amount: usd(1000), CustomerID: k.ID, Source: connect.TestCard})
			return err
		},
		"charge its source": func() error {
			_, err := m.pay(connect.ChargeRequest{Amount: usd(1000), SavedSourceID: s.ID})
			return err
		},
		"save": func() error {
			_, err := m.platform.SaveSource(m.ctx, connect.SaveSourceRequest{Key: "s", CustomerID: k.ID, Source: connect.TestCard, Agreement: agreed})
			return err
		},
		"update": func() error {
			_, err := m.platform.UpdateCustomer(m.ctx, connect.CustomerUpdate{Key: "u", CustomerID: k.ID, Name: "x"})
			return err
		},
		"delete": func() error {
			_, err := m.platform.DeleteCustomer(m.ctx, connect.DeleteCustomerRequest{Key: "d2", CustomerID: k.ID})
			return err
		},
	} {
		requireCode(t, try(), ledger.State, "customer_deleted")
		require.Equal(t, before, snapshot(t, m.Store()), name)
	}
	m.verify()
}

// pay charges as a request says, under a key of its own.
func (m *market) pay(r connect.ChargeRequest) (*connect.Charge, error) {
	r.Key = m.key()
	return m.platform.Charge(m.ctx, r)
}
