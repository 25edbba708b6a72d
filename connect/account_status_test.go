package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// company is one with an owner who is named, and little else.
func (m *market) company() *connect.Account {
	return m.seller(func(r *connect.AccountRequest) {
		r.Type, r.Details = compliance.Company, compliance.Details{Persons: []compliance.PersonDetails{{Roles: []compliance.Role{compliance.Owner}}}}
	})
}

func (m *market) persons(account string) []compliance.Person {
	m.t.Helper()
	list, err := m.platform.Persons(m.ctx, account)
	require.NoError(m.t, err)
	return list
}

func (m *market) rejected() string {
	m.t.Helper()
	a := m.seller().ID
	_, err := m.platform.RejectAccount(m.ctx, connect.RejectAccountRequest{Key: m.key(), By: legal, AccountID: a, Reason: connect.RejectFraud})
	require.NoError(m.t, err)
	return a
}

func (m *market) status(account string) *connect.AccountStatus {
	m.t.Helper()
	s, err := m.platform.AccountStatus(m.ctx, account)
	require.NoError(m.t, err)
	return s
}

func codes(list []connect.StatusReason) (out []string) {
	for _, r := range list {
		out = append(out, string(r.Machine)+" "+r.Code)
	}
	return out
}

// A rejected account has no new sales, transfers and payouts, and keeps what it has; refunds
// go on, payouts that were claimed too, and closing it pays nothing out.
func TestRejectedAccount(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 10_000, 0, connect.TestCardAtOnce)
	po, err := m.platform.In(m.Store()).Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: usd(100)})
	require.NoError(t, err)
	reject := func(by connect.Actor, reason connect.RejectReason) error {
		_, err := m.platform.RejectAccount(m.ctx, connect.RejectAccountRequest{Key: m.key(), By: by, AccountID: a.ID, Reason: reason})
		return err
	}
	requireCode(t, reject(clerk, connect.RejectFraud), ledger.Forbidden, "right_missing")
	requireCode(t, reject(legal, "dislike"), ledger.Invalid, "invalid_reason")
	require.NoError(t, reject(legal, connect.RejectListed))
	requireCode(t, reject(legal, connect.RejectListed), ledger.State, "account_rejected")
	balance, err := m.platform.Balance(m.ctx, a.ID)
	require.NoError(t, err)

	_, err = m.try(connect.ChargeRequest{AccountID: a.ID, Amount: usd(100), Source: connect.TestCard})
	requireCode(t, err, ledger.State, "account_rejected")
	_, err = m.payout(a.ID, 100)
	requireCode(t, err, ledger.State, "account_rejected")
	_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{Key: "t", To: a.ID, Amount: usd(1)})
	requireCode(t, err, ledger.State, "account_rejected")
	require.Equal(t, []string{"risk account_rejected"}, codes(m.status(a.ID).PayoutsBlocked))
	after, err := m.platform.Balance(m.ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, balance, after)
	_, err = m.platform.ResumeAccount(m.ctx, connect.ResumeAccountRequest{Key: "resume", By: boss, AccountID: a.ID})
	require.NoError(t, err)
	requireCode(t, reject(legal, connect.RejectOther), ledger.State, "account_rejected")
	require.NoError(t, m.platform.Finish(m.ctx, po.ID))
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(100), ReverseTransfer: true})
	require.NoError(t, err)
	closing := m.closing(a.ID)
	m.pass(200 * 24 * time.Hour)
	closing, err = m.platform.GetAccountClosing(m.ctx, closing.ID)
	require.NoError(t, err)
	require.Equal(t, connect.AccountClosingOpen, closing.Status)
	_, err = m.platform.UnrejectAccount(m.ctx, connect.UnrejectAccountRequest{Key: "un", By: legal, AccountID: a.ID})
	require.NoError(t, err)
	m.pass(20 * 24 * time.Hour)
	closing, err = m.platform.GetAccountClosing(m.ctx, closing.ID)
	require.NoError(t, err)
	require.Equal(t, connect.AccountClosingDone, closing.Status)
	_, err = m.platform.UnrejectAccount(m.ctx, connect.UnrejectAccountRequest{Key: "un2", By: legal, AccountID: a.ID})
	requireCode(t, err, ledger.State, "not_rejected")
	m.verify()
}

// An account that has requested something does that alone, once what is asked for is there
// and nobody holds it; one of the two great ones that is inactive takes the other with it.
func TestCapabilities(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.Details = compliance.Details{} })
	do := func(name connect.CapabilityName, action connect.CapabilityAction, reason connect.CapabilityReason) error {
		_, err := m.platform.UpdateCapability(m.ctx, connect.CapabilityRequestBy{Key: m.key(), By: legal, AccountID: a.ID, Name: name, Action: action, Reason: reason})
		return err
	}
	sells := func(direct bool) error {
		_, err := m.try(connect.ChargeRequest{AccountID: a.ID, Amount: usd(100), Source: connect.TestCard, Direct: direct})
		return err
	}
	require.NoError(t, sells(true), "who asks for nothing does what the platform lets it")
	require.NoError(t, do(connect.Transfers, "", ""))
	requireCode(t, sells(true), ledger.State, "capability_inactive")
	var blocked *compliance.Blocked
	require.ErrorAs(t, sells(false), &blocked, "it says what is due")
	require.NotEmpty(t, blocked.Due)
	d, _ := compliance.TestDetails("US", compliance.Individual)
	_, err := m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "due", AccountID: a.ID, Details: d})
	require.NoError(t, err)
	require.NoError(t, sells(false))
	requireCode(t, sells(true), ledger.State, "capability_inactive")
	require.NoError(t, do(connect.CardPayments, connect.CapabilityRequest, ""))
	require.NoError(t, sells(true))
	require.NoError(t, do(connect.CardPayments, connect.CapabilityHold, connect.ReasonPendingReview))
	requireCode(t, sells(true), ledger.State, "capability_inactive")
	require.NoError(t, sells(false), "pending takes nothing with it")
	require.NoError(t, do(connect.CardPayments, connect.CapabilityHold, connect.ReasonUnsupportedBusiness))
	requireCode(t, sells(false), ledger.State, "capability_inactive")
	_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{Key: "t", To: a.ID, Amount: usd(1)})
	requireCode(t, err, ledger.State, "capability_inactive")
	require.Equal(t, []string{"capability capability_inactive"}, codes(m.status(a.ID).ChargesBlocked))
	require.NoError(t, do(connect.CardPayments, connect.CapabilityFree, ""))
	require.True(t, m.status(a.ID).ChargesEnabled)
	requireCode(t, do(connect.CardPayments, connect.CapabilityGiveUp, ""), ledger.State, "capability_permanent")
	require.NoError(t, do(connect.OtherPayments, "", ""))
	require.NoError(t, do(connect.OtherPayments, connect.CapabilityGiveUp, ""))
	requireCode(t, do(connect.OtherPayments, connect.CapabilityFree, ""), ledger.State, "capability_inactive")
	requireCode(t, do("wings", "", ""), ledger.Invalid, "invalid_capability")
	requireCode(t, do(connect.Transfers, "bend", ""), ledger.Invalid, "invalid_action")
	requireCode(t, do(connect.Transfers, connect.CapabilityHold, "whim"), ledger.Invalid, "invalid_reason")
	requireCode(t, do(connect.Transfers, "", "whim"), ledger.Invalid, "invalid_request")
}

// Terms are what somebody accepted, somewhere, before now; a recipient sells nothing itself.
func TestTermsAndSettings(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) {
		delete(r.Details.Fields, "tos_acceptance.date")
		delete(r.Details.Fields, "tos_acceptance.ip")
	})
	require.Len(t, m.status(a.ID).Due, 2)
	update := func(terms *connect.TermsAcceptance, s *connect.AccountSettings) error {
		_, err := m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: m.key(), AccountID: a.ID, Terms: terms, Settings: s})
		return err
	}
	good := connect.TermsAcceptance{At: m.Clock.Now(), IP: "2001:db8::1", UserAgent: "Firefox", Version: "7", Agreement: connect.RecipientAgreement}
	for field, change := range map[string]func(*connect.TermsAcceptance){
		"terms.at":        func(x *connect.TermsAcceptance) { x.At = m.Clock.Now().Add(time.Hour) },
		"terms.ip":        func(x *connect.TermsAcceptance) { x.IP = "here" },
		"terms.agreement": func(x *connect.TermsAcceptance) { x.Agreement = "some" },
		"terms.userAgent": func(x *connect.TermsAcceptance) { x.UserAgent = "a\x00" },
	} {
		x := good
		change(&x)
		requireAbout(t, update(&x, nil), field)
	}
	old := good
	old.At = time.Date(2009, 12, 31, 0, 0, 0, 0, time.UTC)
	requireAbout(t, update(&old, nil), "terms.at")
	require.NoError(t, update(&good, nil))
	require.Empty(t, m.status(a.ID).Due)
	full := good
	full.Agreement = connect.FullAgreement
	requireCode(t, update(&full, nil), ledger.State, "agreement_accepted")
	_, err := m.platform.UpdateCapability(m.ctx, connect.CapabilityRequestBy{Key: "c", AccountID: a.ID, Name: connect.CardPayments})
	requireCode(t, err, ledger.State, "recipient_agreement")

	for field, s := range map[string]connect.AccountSettings{
		"settings.payouts.interval":      {Payouts: connect.PayoutSettings{Interval: "yearly"}},
		"settings.payouts.weeklyAnchor":  {Payouts: connect.PayoutSettings{Interval: connect.PayoutsWeekly}},
		"settings.payouts.monthlyAnchor": {Payouts: connect.PayoutSettings{Interval: connect.PayoutsMonthly, MonthlyAnchor: 32}},
		"settings.payouts.delayDays":     {Payouts: connect.PayoutSettings{DelayDays: -1}},
		"settings.payouts.descriptor":    {Payouts: connect.PayoutSettings{Descriptor: "h\u00e9"}},
		"settings.branding.logo":         {Branding: connect.AccountBranding{Logo: "a b"}},
		"settings.branding.primaryColor": {Branding: connect.AccountBranding{PrimaryColor: "red"}},
	} {
		requireAbout(t, update(nil, &s), field)
	}
	s := connect.AccountSettings{
		Branding: connect.AccountBranding{Icon: "file_1", PrimaryColor: "#0a2540"},
		Payouts:  connect.PayoutSettings{Interval: connect.PayoutsWeekly, WeeklyAnchor: "friday", DelayDays: 7, Descriptor: "SHOP"},
	}
	require.NoError(t, update(nil, &s))
	require.Equal(t, s, *m.account(a.ID).Settings)
}

// The four machines say each what keeps an account from something, and until when.
func TestAccountStatus(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	require.Equal(t, []string{"identity capability_inactive", "payout_method no_bank_account"},
		codes(m.status(m.seller(func(r *connect.AccountRequest) { r.Bank, r.Details = nil, compliance.Details{} }).ID).PayoutsBlocked))
	a := m.seller()
	s := m.status(a.ID)
	require.True(t, s.ChargesEnabled && s.PayoutsEnabled && s.DetailsSubmitted)
	x := m.addBank(a.ID, func(r *connect.AddBankRequest) { r.Default = true })
	s = m.status(a.ID)
	require.Equal(t, []string{"payout_method bank_cool_down"}, codes(s.PayoutsBlocked))
	require.Equal(t, x.Bank.CoolsUntil, s.PayoutsBlocked[0].Until)
	_, err := m.platform.PauseAccount(m.ctx, connect.PauseAccountRequest{Key: "p", By: legal, AccountID: a.ID, Charges: true})
	require.NoError(t, err)
	m.frozen(a.ID, ledger.Money{})
	s = m.status(a.ID)
	require.Equal(t, []string{"risk account_paused"}, codes(s.ChargesBlocked))
	require.Len(t, s.PayoutsBlocked, 2)
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	for _, id := range []string{a.ID, "acct_none"} { // promise 65
		_, e1 := other.AccountStatus(m.ctx, id)
		_, e2 := other.Persons(m.ctx, id)
		_, e3 := other.RemovePerson(m.ctx, connect.RemovePersonRequest{Key: "1", AccountID: id, PersonID: "person_1"})
		_, e4 := other.UpdateCapability(m.ctx, connect.CapabilityRequestBy{Key: "2", AccountID: id, Name: connect.Transfers})
		_, e5 := other.RejectAccount(m.ctx, connect.RejectAccountRequest{Key: "3", By: legal, AccountID: id, Reason: connect.RejectFraud})
		_, e6 := other.UnrejectAccount(m.ctx, connect.UnrejectAccountRequest{Key: "4", By: legal, AccountID: id})
		for _, err := range []error{e1, e2, e3, e4, e5, e6} {
			requireCode(t, err, ledger.NotFound, "not_found")
			require.ErrorContains(t, err, "there is no such account")
		}
	}
}
