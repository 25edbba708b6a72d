package connect_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

func has(list, word string) bool { return slices.Contains(strings.Fields(list), word) }

// A charge of a saved source carries its token, and without the buyer what they
// agreed to and the network's first transaction.
func TestChargeASavedSource(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, k := m.seller(), m.customer("")
	s := m.save(k.ID, connect.TestChallenge, connect.Recurring)
	m.Acquirer.Act(s.ID, true)
	s, err := m.platform.ConfirmSource(m.ctx, connect.ConfirmSourceRequest{Key: "c", SavedSourceID: s.ID})
	require.NoError(t, err)
	c, err := m.pay(connect.ChargeRequest{
		Amount: usd(1000), AccountID: a.ID, SavedSourceID: s.ID, Initiation: connect.Initiation{By: connect.Recurring},
	})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status, c.Code)
	require.Equal(t, s.Details.Token, c.Source)
	require.Equal(t, []string{k.ID, s.ID}, []string{c.Customer, c.SavedSource})
	require.Equal(t, connect.Initiation{By: connect.Recurring, Agreement: agreed, First: s.First}, *c.Initiation)
	require.Equal(t, c, m.now(c))

	c, err = m.pay(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, CustomerID: k.ID, Initiation: connect.Initiation{By: connect.Unscheduled}})
	requireCode(t, err, ledger.State, "agreement_required")
	require.Nil(t, c)
	c, err = m.pay(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, CustomerID: k.ID})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeRequiresAction, c.Status, "the buyer is present, and is asked again")
	require.Nil(t, c.Initiation)
	m.verify()
}

// What a charge used is saved when it is approved: with its authentication, and for
// a payment a month later; a pledge is charged by a card that was saved for it.
func TestSaveWithACharge(t *testing.T) {
	for _, later := range []bool{false, true} {
		m := newMarket(t, connecttest.Config{})
		a, k := m.seller(), m.customer("")
		c, err := m.pay(connect.ChargeRequest{
			Amount: usd(1000), AccountID: a.ID, CustomerID: k.ID, Source: connect.TestChallenge, CaptureLater: later,
			Save: &connect.SaveTerms{Agreement: agreed, For: []connect.Initiator{connect.Unscheduled}},
		})
		require.NoError(t, err)
		require.Equal(t, connect.ChargeRequiresAction, c.Status)
		require.Empty(t, c.SavedSource)
		require.Empty(t, m.buyer(k.ID).Sources)
		m.Acquirer.Act(c.ID, true)
		c, err = m.platform.Confirm(m.ctx, connect.ConfirmRequest{Key: "c", ChargeID: c.ID})
		require.NoError(t, err)
		s := m.source(c.SavedSource)
		require.Equal(t, connect.SourceActive, s.Status)
		require.Equal(t, c.ID, s.Charge)
		require.Equal(t, "net_"+c.ID, s.First)
		require.Equal(t, connect.IssuerBears, s.Auth.Liability)
		require.Equal(t, s.ID, m.buyer(k.ID).DefaultSource)
		m.pass(40 * 24 * time.Hour)
		c, err = m.pay(connect.ChargeRequest{Amount: usd(700), AccountID: a.ID, CustomerID: k.ID, Initiation: connect.Initiation{By: connect.Unscheduled}})
		require.NoError(t, err)
		require.Equal(t, connect.ChargeSucceeded, c.Status)
		m.verify()
	}
}

// A charge is approved whatever becomes of what was to be saved with it, and a
// charge that fails saves nothing.
func TestNotSavedWithACharge(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	save := &connect.SaveTerms{Agreement: agreed}
	for source, want := range map[string]string{connect.TestNotSaved: "not_saved", connect.TestDeclined: ""} {
		k := m.customer("")
		c, err := m.pay(connect.ChargeRequest{Amount: usd(1000), CustomerID: k.ID, Source: source, Save: save})
		require.NoError(t, err)
		require.Equal(t, want, c.SaveCode)
		require.Equal(t, source == connect.TestDeclined, c.Status == connect.ChargeFailed)
		require.Empty(t, c.SavedSource)
		require.Empty(t, m.buyer(k.ID).Sources)
	}
	k := m.customer("")
	c, err := m.platform.In(m.Store()).Charge(m.ctx, connect.ChargeRequest{Key: "in", Amount: usd(1000), CustomerID: k.ID, Source: connect.TestCard, Save: save})
	require.NoError(t, err)
	_, err = m.platform.DeleteCustomer(m.ctx, connect.DeleteCustomerRequest{Key: "d", CustomerID: k.ID})
	require.NoError(t, err)
	require.NoError(t, m.platform.Finish(m.ctx, c.ID))
	c = m.now(c)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	require.Equal(t, "customer_deleted", c.SaveCode)

	k = m.customer("")
	for range 50 {
		m.save(k.ID, connect.TestCard)
	}
	_, err = m.platform.SaveSource(m.ctx, connect.SaveSourceRequest{Key: "51", CustomerID: k.ID, Source: connect.TestCard, Agreement: agreed})
	requireCode(t, err, ledger.State, "too_many_sources")
	c, err = m.pay(connect.ChargeRequest{Amount: usd(1000), CustomerID: k.ID, Source: connect.TestCard, Save: save})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	require.Equal(t, "too_many_sources", c.SaveCode)
	m.verify()
}

// The first transaction is remembered where saving told none, and a source whose
// agreement the buyer's bank says is revoked is charged with the buyer alone.
func TestWhatChargesTellASource(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	s := m.save(k.ID, connect.TestReceived, connect.Recurring)
	require.NoError(t, m.News(m.ctx, connect.News{Key: s.ID, Answer: connect.Answer{
		Status: connect.Approved, Reference: "x", Saved: connect.SourceDetails{Token: "pm_x/tok_visa", Last4: "4242424242424242", Country: "DEU"},
	}}))
	s = m.source(s.ID)
	require.Equal(t, connect.SourceDetails{Token: "pm_x/tok_visa"}, s.Details, "what is not of its form is not kept (promise 68)")
	require.Empty(t, s.First)
	for range 2 {
		c, err := m.pay(connect.ChargeRequest{Amount: usd(1000), CustomerID: k.ID, Initiation: connect.Initiation{By: connect.Recurring}})
		require.NoError(t, err)
		require.Equal(t, connect.ChargeSucceeded, c.Status)
		if s.First == "" {
			s = m.source(s.ID)
			require.Equal(t, "net_"+c.ID, s.First)
		} else {
			require.Equal(t, s.First, c.Initiation.First)
		}
	}
	require.Equal(t, s, m.source(s.ID))

	s = m.save(k.ID, connect.TestRevoked, connect.Recurring)
	r := connect.ChargeRequest{Amount: usd(1000), SavedSourceID: s.ID, Initiation: connect.Initiation{By: connect.Recurring}}
	c, err := m.pay(r)
	require.NoError(t, err)
	require.Equal(t, "revocation_of_authorization", c.Code)
	_, err = m.pay(r)
	requireCode(t, err, ledger.State, "agreement_revoked")
	r.Initiation = connect.Initiation{}
	c, err = m.pay(r)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
}

// A soft decline of a payment without the buyer fails; with the buyer the same
// source is charged after a challenge.
func TestTheBuyerComesBack(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	s := m.save(k.ID, connect.TestAlwaysAsk, connect.Recurring)
	m.Acquirer.Act(s.ID, true)
	_, err := m.platform.ConfirmSource(m.ctx, connect.ConfirmSourceRequest{Key: "c", SavedSourceID: s.ID})
	require.NoError(t, err)
	c, err := m.pay(connect.ChargeRequest{Amount: usd(1000), SavedSourceID: s.ID, Initiation: connect.Initiation{By: connect.Recurring}})
	require.NoError(t, err)
	require.Equal(t, "failed authentication_required", string(c.Status)+" "+c.Code)
	c, err = m.pay(connect.ChargeRequest{Amount: usd(1000), SavedSourceID: s.ID})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeRequiresAction, c.Status)
	m.Acquirer.Act(c.ID, true)
	c, err = m.platform.Confirm(m.ctx, connect.ConfirmRequest{Key: "c2", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
}

// What does not go together is refused by name, and nothing is written.
func TestSavedRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, b := m.seller(), m.seller()
	k, own := m.customer(""), m.customer(a.ID)
	s, its := m.save(k.ID, connect.TestCard, connect.Recurring), m.save(own.ID, connect.TestCard)
	stranger := m.customer("")
	save := &connect.SaveTerms{Agreement: agreed}
	charge := func(r connect.ChargeRequest) func() error {
		r.Amount = usd(1000)
		return func() error { _, err := m.pay(r); return err }
	}
	saves := func(change func(r *connect.SaveSourceRequest)) func() error {
		r := connect.SaveSourceRequest{Key: "s", CustomerID: k.ID, Source: connect.TestCard, Agreement: agreed}
		change(&r)
		return func() error { _, err := m.platform.SaveSource(m.ctx, r); return err }
	}
	named := func(change func(r *connect.CustomerRequest)) func() error {
		r := connect.CustomerRequest{Key: "c"}
		change(&r)
		return func() error { _, err := m.platform.CreateCustomer(m.ctx, r); return err }
	}
	const number = "my card is 4242 4242-4242 4242, thanks"
	for name, try := range map[string]struct {
		code, field string
		do          func() error
	}{
		"platform's customer, direct": {"other_merchant", "customer", charge(connect.ChargeRequest{AccountID: a.ID, Direct: true, SavedSourceID: s.ID})},
		"seller's, by the platform":   {"other_merchant", "customer", charge(connect.ChargeRequest{AccountID: a.ID, SavedSourceID: its.ID})},
		"seller's, another's direct":  {"other_merchant", "customer", charge(connect.ChargeRequest{AccountID: b.ID, Direct: true, CustomerID: own.ID})},
		"another customer's source":   {"not_found", "savedSource", charge(connect.ChargeRequest{CustomerID: stranger.ID, SavedSourceID: s.ID})},
		"no source at all":            {"no_default_source", "customer", charge(connect.ChargeRequest{CustomerID: stranger.ID})},
		"two sources":                 {"invalid_request", "source", charge(connect.ChargeRequest{SavedSourceID: s.ID, Source: connect.TestCard})},
		"saved twice":                 {"invalid_request", "save", charge(connect.ChargeRequest{SavedSourceID: s.ID, Save: save})},
		"saved for nobody":            {"invalid_request", "save", charge(connect.ChargeRequest{Source: connect.TestCard, Save: save})},
		"saved without an agreement":  {"agreement_required", "agreement", charge(connect.ChargeRequest{CustomerID: k.ID, Source: connect.TestCard, Save: &connect.SaveTerms{}})},
		"saved without the buyer": {"invalid_request", "save", charge(connect.ChargeRequest{
			CustomerID: k.ID, Source: connect.TestCard, Save: save, Initiation: connect.Initiation{By: connect.Recurring, First: "x"},
		})},
		"an agreement twice": {"invalid_request", "initiation", charge(connect.ChargeRequest{
			SavedSourceID: s.ID, Initiation: connect.Initiation{By: connect.Recurring, Agreement: agreed},
		})},
		"not agreed":     {"agreement_required", "initiation", charge(connect.ChargeRequest{SavedSourceID: s.ID, Initiation: connect.Initiation{By: connect.NoShow}})},
		"another method": {"method_mismatch", "method", charge(connect.ChargeRequest{SavedSourceID: s.ID, Method: "bank_debit"})},

		"save a number":           {"invalid_source", "source", saves(func(r *connect.SaveSourceRequest) { r.Source = "4242424242424242" })},
		"save nothing":            {"invalid_source", "source", saves(func(r *connect.SaveSourceRequest) { r.Source = "" })},
		"save without agreement":  {"agreement_required", "agreement", saves(func(r *connect.SaveSourceRequest) { r.Agreement = connect.BuyerAgreement{} })},
		"agreed tomorrow":         {"invalid_agreement", "agreement", saves(func(r *connect.SaveSourceRequest) { r.Agreement.At = m.Clock.Now().Add(time.Hour) })},
		"a number agreed to":      {"card_number", "agreement", saves(func(r *connect.SaveSourceRequest) { r.Agreement.Text = number })},
		"for the buyer":           {"invalid_initiator", "for", saves(func(r *connect.SaveSourceRequest) { r.For = []connect.Initiator{""} })},
		"for it twice":            {"invalid_initiator", "for", saves(func(r *connect.SaveSourceRequest) { r.For = []connect.Initiator{"no_show", "no_show"} })},
		"by what":                 {"invalid_method", "method", saves(func(r *connect.SaveSourceRequest) { r.Method = "A card" })},
		"a number in metadata":    {"card_number", "metadata", saves(func(r *connect.SaveSourceRequest) { r.Metadata = map[string]string{"note": number} })},
		"for an unknown customer": {"not_found", "customer", saves(func(r *connect.SaveSourceRequest) { r.CustomerID = "cus_nobody" })},

		"a customer of nobody":    {"not_found", "account", named(func(r *connect.CustomerRequest) { r.AccountID = "acct_nobody" })},
		"no address":              {"invalid_email", "email", named(func(r *connect.CustomerRequest) { r.Email = "at home" })},
		"a number for a name":     {"card_number", "name", named(func(r *connect.CustomerRequest) { r.Name = "4242424242424242" })},
		"a number in words":       {"card_number", "description", named(func(r *connect.CustomerRequest) { r.Description = number })},
		"a number for a key":      {"card_number", "metadata", named(func(r *connect.CustomerRequest) { r.Metadata = map[string]string{"5555555555554444": "x"} })},
		"a name that is too long": {"invalid_text", "name", named(func(r *connect.CustomerRequest) { r.Name = strings.Repeat("é", 201) })},
		"another's default source": {"not_found", "defaultSource", func() error {
			_, err := m.platform.UpdateCustomer(m.ctx, connect.CustomerUpdate{Key: "u", CustomerID: stranger.ID, DefaultSourceID: s.ID})
			return err
		}},
	} {
		before := snapshot(t, m.Store())
		err := try.do()
		var e *ledger.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, try.code+" "+try.field, e.Code+" "+e.Field, "%s: %v", name, err)
		require.NotContains(t, err.Error(), "4242", name)
		require.Equal(t, before, snapshot(t, m.Store()), name)
	}
	c, err := m.pay(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, Direct: true, CustomerID: own.ID})
	require.NoError(t, err)
	require.Equal(t, its.ID, c.SavedSource)
}

// An engine with another acquirer leaves a source alone, and one that keeps none
// says so.
func TestSourcesOfAnotherAcquirer(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	s, waits := m.save(k.ID, connect.TestCard), m.save(k.ID, connect.TestChallenge)
	other, err := connect.New(connect.Config{Store: m.Store(), Now: m.Clock.Now, Acquirer: connect.NewRecorded("elsewhere")})
	require.NoError(t, err)
	p, err := other.Platform(m.ctx, m.platform.ID())
	require.NoError(t, err)
	_, err = p.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), SavedSourceID: s.ID})
	requireCode(t, err, ledger.State, "other_acquirer")
	_, err = p.ConfirmSource(m.ctx, connect.ConfirmSourceRequest{Key: "k", SavedSourceID: waits.ID})
	requireCode(t, err, ledger.State, "other_acquirer")
	require.ErrorIs(t, other.News(m.ctx, connect.News{Key: s.ID, Answer: connect.Answer{Status: connect.Canceled}}), ledger.NotFound)
	for _, p := range []*connect.Platform{p, p.Preview()} {
		_, err = p.SaveSource(m.ctx, connect.SaveSourceRequest{Key: "s", CustomerID: k.ID, Source: "x", Agreement: agreed})
		requireCode(t, err, ledger.State, "save_unsupported")
		_, err = p.Charge(m.ctx, connect.ChargeRequest{Key: "s", Amount: usd(1000), CustomerID: k.ID, Source: "x", Save: &connect.SaveTerms{Agreement: agreed}})
		requireCode(t, err, ledger.State, "save_unsupported")
	}
}

// In a host's transaction a source is only recorded; a preview leaves no trace
// (edge case 94).
func TestSaveJoinedAndPreviewed(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	k := m.customer("")
	r := connect.SaveSourceRequest{Key: "s", CustomerID: k.ID, Source: connect.TestChallenge, Agreement: agreed}
	before := snapshot(t, m.Store())
	look := m.platform.Preview()
	s, err := look.SaveSource(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, connect.SourceActive, s.Status)
	c, err := look.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), CustomerID: k.ID})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	require.Equal(t, before, snapshot(t, m.Store()))

	s, err = m.platform.In(m.Store()).SaveSource(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, connect.SourcePending, s.Status)
	require.Equal(t, 0, m.Acquirer.Taken(s.ID))
	require.NoError(t, m.platform.Finish(m.ctx, s.ID))
	require.Equal(t, connect.SourceRequiresAction, m.source(s.ID).Status)
	m.verify()
}
