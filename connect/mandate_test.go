package connect_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// signature is a debtor's.
var signature = connect.MandateSignature{At: connecttest.Start.Add(-time.Hour), IP: "192.0.2.7", Text: "You may debit my account.", Locale: "en-US"}

// achMandate asks for a mandate to debit an account by ACH, without notice.
func achMandate(key, token string) connect.MandateRequest {
	return connect.MandateRequest{
		Key: key, Scheme: debit.ACH, Creditor: "1234567890", Name: "Deb Tor", ShortNotice: true, Signature: signature,
		Bank: connect.BankDetails{Token: token, Country: "US", Currency: ledger.USD, Last4: "6789"},
	}
}

// sepaMandate asks for one by SEPA, with 14 days' notice.
func sepaMandate(key, token string) connect.MandateRequest {
	return connect.MandateRequest{
		Key: key, Scheme: debit.SEPA, Creditor: "DE98ZZZ09999999999", Name: "Deb Tor", Signature: signature,
		Bank: connect.BankDetails{Token: token, Country: "DE", Currency: ledger.EUR},
	}
}

func (m *market) mandate(r connect.MandateRequest) *connect.Mandate {
	m.t.Helper()
	if r.Key == "" {
		r.Key = m.key()
	}
	x, err := m.platform.CreateMandate(m.ctx, r)
	require.NoError(m.t, err)
	return x
}

func (m *market) mandateNow(id string) *connect.Mandate {
	m.t.Helper()
	x, err := m.platform.GetMandate(m.ctx, id)
	require.NoError(m.t, err)
	return x
}

// collect charges by a mandate, under a new key.
func (m *market) collect(r connect.ChargeRequest) (*connect.Charge, error) {
	r.Key = m.key()
	return m.platform.Charge(m.ctx, r)
}

// debited charges dollars by a mandate, for a seller with a commission.
func (m *market) debited(mandate, seller string, minor, fee int64) *connect.Charge {
	m.t.Helper()
	c, err := m.collect(connect.ChargeRequest{MandateID: mandate, Amount: usd(minor), AccountID: seller, ApplicationFee: usd(fee)})
	require.NoError(m.t, err)
	return c
}

// Every verb of a mandate in every state does what it says, or is refused with a code
// and changes nothing (promises 10, 64).
func TestEveryVerbOfMandatesInEveryState(t *testing.T) {
	verbs := []struct {
		name string
		do   func(m *market, id string) error
	}{
		{"activate", func(m *market, id string) error {
			_, err := m.platform.ActivateMandate(m.ctx, connect.ActivateMandateRequest{Key: "v", MandateID: id, Signature: signature})
			return err
		}},
		{"suspend", func(m *market, id string) error {
			_, err := m.platform.SuspendMandate(m.ctx, connect.MandateStepRequest{Key: "v", MandateID: id, Reason: "asked"})
			return err
		}},
		{"resume", func(m *market, id string) error {
			_, err := m.platform.ResumeMandate(m.ctx, connect.MandateStepRequest{Key: "v", MandateID: id})
			return err
		}},
		{"cancel", func(m *market, id string) error {
			_, err := m.platform.CancelMandate(m.ctx, connect.MandateStepRequest{Key: "v", MandateID: id})
			return err
		}},
		{"amend", func(m *market, id string) error {
			_, err := m.platform.AmendMandate(m.ctx, connect.AmendMandateRequest{Key: "v", MandateID: id, Name: "Other"})
			return err
		}},
		{"charge", func(m *market, id string) error {
			_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "v", MandateID: id, Amount: usd(1000)})
			return err
		}},
	}
	want := map[string][]string{
		"pending":   {"active", "! invalid_state", "! invalid_state", "canceled", "pending", "! mandate_not_active"},
		"active":    {"! invalid_state", "suspended", "! invalid_state", "canceled", "active", "active"},
		"suspended": {"! invalid_state", "! invalid_state", "active", "canceled", "suspended", "! mandate_not_active"},
		"canceled":  {"! invalid_state", "! invalid_state", "! invalid_state", "! invalid_state", "! invalid_state", "! mandate_not_active"},
		"expired":   {"! invalid_state", "! invalid_state", "! invalid_state", "! invalid_state", "! invalid_state", "! mandate_not_active"},
	}
	for state, outcomes := range want {
		for i, v := range verbs {
			m := newMarket(t, connecttest.Config{Config: connect.Config{Debits: &connect.DebitConfig{Schemes: living(t, 1)}}})
			x := m.mandateIn(state)
			before := snapshot(t, m.Store())
			err := v.do(m, x)
			code, refused := strings.CutPrefix(outcomes[i], "! ")
			if !refused {
				require.NoError(t, err, "%s when %s", v.name, state)
				require.Equal(t, outcomes[i], string(m.mandateNow(x).Status), "%s when %s", v.name, state)
				continue
			}
			requireCode(t, err, ledger.State, code)
			require.Equal(t, before, snapshot(t, m.Store()), "%s when %s", v.name, state)
		}
	}
}

// living are the schemes, of which the mandates of ACH live so many months.
func living(t *testing.T, months int) *debit.Set {
	s, err := debit.Builtin().With(debit.Scheme{Name: debit.ACH, Life: isMonths(months)})
	require.NoError(t, err)
	return s
}

func (m *market) mandateIn(state string) string {
	r := achMandate("m", payout.TestAccount)
	if state == "pending" {
		r.Signature = connect.MandateSignature{}
	}
	x := m.mandate(r)
	var err error
	switch state {
	case "suspended":
		_, err = m.platform.SuspendMandate(m.ctx, connect.MandateStepRequest{Key: "s", MandateID: x.ID})
	case "canceled":
		_, err = m.platform.CancelMandate(m.ctx, connect.MandateStepRequest{Key: "s", MandateID: x.ID})
	case "expired":
		m.pass(32 * 24 * time.Hour)
	}
	require.NoError(m.t, err)
	require.Equal(m.t, state, string(m.mandateNow(x.ID).Status))
	return x.ID
}

// A mandate lives for as long after its last use as its scheme says, and Drain ends it.
func TestMandatesExpire(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Debits: &connect.DebitConfig{Schemes: living(t, 2)}}})
	used, unused := m.mandate(achMandate("a", payout.TestAccount)), m.mandate(achMandate("b", payout.TestAccount))
	require.Equal(t, "2026-05-02", unused.Expires.String())
	m.pass(30 * 24 * time.Hour)
	m.debited(used.ID, "", 1000, 0)
	require.Equal(t, "2026-06-02", m.mandateNow(used.ID).Expires.String(), "due on the 2nd of April")
	m.pass(31 * 24 * time.Hour)
	require.Equal(t, connect.MandateActive, m.mandateNow(unused.ID).Status, "on its last day")
	m.pass(24 * time.Hour)
	require.Equal(t, connect.MandateExpired, m.mandateNow(unused.ID).Status)
	require.Equal(t, connect.MandateActive, m.mandateNow(used.ID).Status)
	m.pass(40 * 24 * time.Hour)
	require.Equal(t, connect.MandateExpired, m.mandateNow(used.ID).Status)
	m.verify()
}

// A reference stands with its creditor once; one that is made fits every scheme.
func TestMandateReferences(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	made := m.mandate(achMandate("a", payout.TestAccount))
	require.Regexp(t, "^[A-Z2-7]{18}$", made.Reference)
	require.NotEqual(t, made.Reference, m.mandate(achMandate("b", payout.TestAccount)).Reference)
	r := achMandate("c", payout.TestAccount)
	r.Reference = "order/17"
	m.mandate(r)
	r.Key, r.Reference = "d", "ORDER/17"
	_, err := m.platform.CreateMandate(m.ctx, r)
	requireCode(t, err, ledger.State, "reference_taken")
	_, err = m.platform.AmendMandate(m.ctx, connect.AmendMandateRequest{Key: "am", MandateID: made.ID, Reference: "Order/17"})
	requireCode(t, err, ledger.State, "reference_taken")
	r.Creditor = "9876543210"
	m.mandate(r)
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	r.Creditor = "1234567890"
	_, err = other.CreateMandate(m.ctx, r)
	require.NoError(t, err, "references of one platform mean nothing to another")
}

// The old values are kept, and the next debit tells the bank what it knew before: once,
// also where that debit was let go.
func TestAmendments(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x := m.mandate(achMandate("a", payout.TestAccount))
	amend := func(r connect.AmendMandateRequest) {
		r.Key, r.MandateID = m.key(), x.ID
		_, err := m.platform.AmendMandate(m.ctx, r)
		require.NoError(t, err)
	}
	amend(connect.AmendMandateRequest{Name: "Before any debit"})
	require.Zero(t, m.mandateNow(x.ID).Untold, "nobody knows of it yet")
	first := m.debited(x.ID, "", 1000, 0)
	require.Zero(t, first.Debit.Amendment)
	require.Equal(t, payout.First, first.Debit.Sequence)

	bank := func(token string) *connect.BankDetails {
		return &connect.BankDetails{Token: token, Country: "US", Currency: ledger.USD, Last4: "0001"}
	}
	amend(connect.AmendMandateRequest{Bank: bank("btok_debit_late")})
	amend(connect.AmendMandateRequest{Bank: bank(payout.TestToldTwice), Reference: "new"})
	was := payout.Amendment{Mandate: x.Reference, Token: payout.TestAccount, Last4: "6789"}
	require.Equal(t, was, m.mandateNow(x.ID).Untold, "of two changes, what was before both")
	require.Len(t, m.mandateNow(x.ID).Amendments, 3)

	later := connect.ChargeRequest{MandateID: x.ID, Amount: usd(1000), CollectOn: payout.DayOf(connecttest.Start, time.UTC) + 10}
	c, err := m.collect(later)
	require.NoError(t, err)
	require.Equal(t, was, c.Debit.Amendment)
	require.Zero(t, m.mandateNow(x.ID).Untold)
	_, err = m.platform.Cancel(m.ctx, connect.CancelRequest{Key: m.key(), ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, was, m.mandateNow(x.ID).Untold)
	c, err = m.collect(later)
	require.NoError(t, err)
	require.Equal(t, was, c.Debit.Amendment)
	require.Equal(t, "new", c.Debit.Reference)
	require.Equal(t, payout.Recurring, c.Debit.Sequence)
	_, err = m.platform.AmendMandate(m.ctx, connect.AmendMandateRequest{Key: m.key(), MandateID: x.ID, Reference: "new"})
	requireCode(t, err, ledger.Invalid, "invalid_request")
	amend(connect.AmendMandateRequest{Reference: x.Reference}) // which it may take back
}

// What debtor and creditor agreed on is kept to: amount, and debits in a period.
func TestMandateLimits(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	r := achMandate("a", payout.TestAccount)
	r.Limits = connect.MandateLimits{Amount: usd(1000), Debits: 2, Period: connect.PerMonth}
	x := m.mandate(r)
	start := payout.DayOf(connecttest.Start, time.UTC)
	on := func(day payout.Day, minor int64) (*connect.Charge, error) {
		return m.collect(connect.ChargeRequest{MandateID: x.ID, Amount: usd(minor), CollectOn: start + day})
	}
	_, err := on(1, 1001)
	requireCode(t, err, ledger.State, "mandate_limit")
	_, err = on(1, 1000)
	require.NoError(t, err)
	second, err := on(2, 1000)
	require.NoError(t, err)
	_, err = on(31, 1000) // the 2nd of April, a month after the 3rd of March less a day
	requireCode(t, err, ledger.State, "mandate_limit")
	_, err = m.platform.Cancel(m.ctx, connect.CancelRequest{Key: m.key(), ChargeID: second.ID})
	require.NoError(t, err)
	_, err = on(30, 1000)
	require.NoError(t, err, "what was let go does not count")
	_, err = on(32, 1000)
	require.NoError(t, err, "a month later there is room again")
	m.pass(50 * 24 * time.Hour)
	m.verify()
}

// A mandate for one debit serves one, though two processes ask at once (promise 48).
func TestOneOffServesOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	r := achMandate("a", payout.TestAccount)
	r.OneOff = true
	x := m.mandate(r)
	_, p := m.second()
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		from := []*connect.Platform{m.platform, p}[i%2]
		key := m.key()
		wg.Go(func() {
			_, errs[i] = from.Charge(m.ctx, connect.ChargeRequest{Key: key, MandateID: x.ID, Amount: usd(1000)})
		})
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
			continue
		}
		requireCode(t, err, ledger.State, "mandate_used")
	}
	require.Equal(t, 1, made)
	m.pass(5 * 24 * time.Hour)
	m.verify()
}

// Mandates are listed for their creditor.
func TestListMandates(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	own := m.mandate(achMandate("a", payout.TestAccount))
	r := achMandate("b", payout.TestAccount)
	r.AccountID = a.ID
	theirs := m.mandate(r)
	all, err := m.platform.ListMandates(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Equal(t, []*connect.Mandate{theirs, own}, all.Items)
	for x, err := range m.platform.Mandates(m.ctx, connect.ListRequest{AccountID: a.ID}) {
		require.NoError(t, err)
		require.Equal(t, theirs.ID, x.ID)
	}
	replay, err := m.platform.CreateMandate(m.ctx, r)
	require.NoError(t, err)
	require.True(t, replay.Replayed)
	require.Equal(t, theirs.ID, replay.ID)
}
