package connect_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// stepUps is a host that knows one token, and remembers what it was asked.
type stepUps struct {
	now   func() time.Time
	ago   time.Duration
	asked []connect.StepUpCheck
}

func (s *stepUps) Confirm(_ context.Context, c connect.StepUpCheck) (connect.StepUpProof, error) {
	s.asked = append(s.asked, c)
	switch c.Token {
	case "fresh":
		return connect.StepUpProof{At: s.now().Add(-s.ago), Method: "passkey"}, nil
	case "down":
		return connect.StepUpProof{}, errors.New("no answer for " + c.Token)
	}
	return connect.StepUpProof{}, &ledger.Error{Class: ledger.Forbidden, Code: "wrong_token"}
}

// names is a bank that knows who holds an account.
type names struct{ asked []string }

func (n *names) CheckName(_ context.Context, q connect.NameQuery) (connect.NameMatch, error) {
	n.asked = append(n.asked, q.Holder)
	switch q.Holder {
	case "Ann Lee":
		return connect.NameMatches, nil
	case "A Lee":
		return connect.NameClose, nil
	case "Bob":
		return connect.NameDiffers, nil
	}
	return "", errors.New("no answer")
}

// guarded is a market whose host is asked for everything.
func guarded(t *testing.T) (*market, *stepUps, *names) {
	s, n := new(stepUps), new(names)
	m := newMarket(t, connecttest.Config{Config: connect.Config{Banks: &connect.BankConfig{StepUp: s, Names: n, FirstPayout: []ledger.Money{usd(500)}}}})
	s.now = m.Clock.Now
	return m, s, n
}

func details(token string) connect.BankDetails {
	return connect.BankDetails{Token: token, Country: "US", Currency: ledger.USD, Last4: "6789"}
}

func (m *market) account(id string) *connect.Account {
	m.t.Helper()
	a, err := m.platform.GetAccount(m.ctx, id)
	require.NoError(m.t, err)
	return a
}

func (m *market) bankOf(account string) string { return m.account(account).Banks[0].ID }

func (m *market) addBank(account string, change ...func(*connect.AddBankRequest)) *connect.BankChange {
	m.t.Helper()
	r := connect.AddBankRequest{Key: m.key(), AccountID: account, Bank: details(payout.TestAccount), StepUp: "fresh"}
	for _, c := range change {
		c(&r)
	}
	x, err := m.platform.AddBank(m.ctx, r)
	require.NoError(m.t, err)
	return x
}

func (m *market) secondBank(account string) string { return m.addBank(account).Bank.ID }

func (m *market) payout(account string, minor int64) (*payout.Payout, error) {
	return m.platform.Payout(m.ctx, connect.PayoutRequest{Key: m.key(), AccountID: account, Amount: usd(minor)})
}

// Whoever takes an account over changes the address, then the bank account. The former
// address is told, the money waits for three banking days and goes out in part at first,
// and what was claimed before goes where it was to go.
func TestAccountTakenOver(t *testing.T) {
	m, s, _ := guarded(t)
	a := m.seller(func(r *connect.AccountRequest) { r.Email = "ann@example.com" })
	m.charge(a.ID, 10_000, 0, connect.TestCardAtOnce)
	claimed, err := m.platform.In(m.Store()).Payout(m.ctx, connect.PayoutRequest{Key: "claimed", AccountID: a.ID, Amount: usd(100)})
	require.NoError(t, err)
	_, err = m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "mail", AccountID: a.ID, Email: "eve@example.com"})
	require.NoError(t, err)
	old := a.Banks[0]

	_, err = m.platform.AddBank(m.ctx, connect.AddBankRequest{Key: "eve", AccountID: a.ID, Bank: details(payout.TestStalled), StepUp: "stolen"})
	requireCode(t, err, ledger.Forbidden, "step_up_required")
	x := m.addBank(a.ID, func(r *connect.AddBankRequest) { r.Bank.Token, r.Default = payout.TestStalled, true })
	require.Equal(t, []string{"eve@example.com", "ann@example.com"}, x.Contacts)
	require.Equal(t, old.ID, x.Former.ID)
	require.Equal(t, "passkey", x.StepUp.Method)
	require.Equal(t, connect.BankAdd, s.asked[0].Action)
	require.Equal(t, details(payout.TestStalled), s.asked[0].To, "the proof is of this change")
	require.Contains(t, m.told(x.ID), connect.EventBankChangeMade)

	_, err = m.payout(a.ID, 100)
	requireCode(t, err, ledger.State, "bank_cool_down")
	o, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "old", AccountID: a.ID, Amount: usd(50), BankID: old.ID})
	require.NoError(t, err, "the former one is paid still, if it is named")
	require.Equal(t, old.Token, o.Destination.Token)
	require.NoError(t, m.platform.Finish(m.ctx, claimed.ID))
	claimed, err = m.platform.GetPayout(m.ctx, claimed.ID)
	require.NoError(t, err)
	require.Equal(t, old.Destination, claimed.Destination, "it goes where it was to go")

	require.Equal(t, time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC), x.Bank.CoolsUntil)
	m.pass(72*time.Hour - time.Second)
	_, err = m.payout(a.ID, 100)
	requireCode(t, err, ledger.State, "bank_cool_down")
	m.pass(time.Second)
	_, err = m.payout(a.ID, 501)
	requireCode(t, err, ledger.State, "first_payout_capped")
	first, err := m.payout(a.ID, 0)
	require.NoError(t, err)
	require.Equal(t, usd(500), first.Amount, "all that is there is cut to the cap")
	_, err = m.payout(a.ID, 1)
	requireCode(t, err, ledger.State, "first_payout_pending")
	m.Rail.Release(first.Key())
	m.pass(48 * time.Hour)
	_, err = m.payout(a.ID, 1000)
	require.NoError(t, err)
	m.verify()
}

// The proof has to be fresh, and a host that cannot say now changes nothing; the first bank
// account needs none, and a key that is sent again asks nobody.
func TestStepUp(t *testing.T) {
	m, s, _ := guarded(t)
	a := m.seller()
	add := func(key, token string) error {
		_, err := m.platform.AddBank(m.ctx, connect.AddBankRequest{Key: key, AccountID: a.ID, Bank: details(payout.TestAccount), StepUp: token})
		return err
	}
	before := snapshot(t, m.Store())
	requireCode(t, add("k", "down"), ledger.Unavailable, "step_up_unavailable")
	for _, s.ago = range []time.Duration{10*time.Minute + time.Second, -2 * time.Minute} {
		requireCode(t, add("k", "fresh"), ledger.Forbidden, "step_up_required")
	}
	require.Equal(t, before, snapshot(t, m.Store()))
	s.ago = time.Minute
	require.NoError(t, add("k", "fresh"))
	n := len(s.asked)
	require.NoError(t, add("k", "gone stale"), "it is the same request, whatever proof comes with it")
	require.Len(t, s.asked, n)

	bare := m.seller(func(r *connect.AccountRequest) { r.Bank = nil })
	x, err := m.platform.AddBank(m.ctx, connect.AddBankRequest{Key: "first", AccountID: bare.ID, Bank: details(payout.TestAccount)})
	require.NoError(t, err)
	require.True(t, x.First)
	require.True(t, x.Bank.CoolsUntil.IsZero())
	require.Len(t, s.asked, n)
	_, err = m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "second", AccountID: bare.ID, Bank: &connect.BankDetails{Token: payout.TestStalled, Country: "US", Currency: ledger.USD}})
	requireCode(t, err, ledger.Forbidden, "step_up_required")
	same := details(payout.TestAccount)
	_, err = m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "same", AccountID: bare.ID, Bank: &same})
	require.NoError(t, err, "the same once more is no change")
}

// Nothing is paid where the bank says that the account is somebody else's; the right name
// frees it. Names are not kept.
func TestHolderNames(t *testing.T) {
	m, _, n := guarded(t)
	a := m.seller()
	m.charge(a.ID, 10_000, 0, connect.TestCardAtOnce)
	for holder, want := range map[string]connect.NameMatch{"Ann Lee": connect.NameMatches, "A Lee": connect.NameClose, "Nobody Knows": connect.NameUnavailable} {
		require.Equal(t, want, m.addBank(a.ID, func(r *connect.AddBankRequest) { r.Holder = holder }).Bank.Name)
	}
	require.Empty(t, m.addBank(a.ID).Bank.Name)
	require.Len(t, n.asked, 3)
	x := m.addBank(a.ID, func(r *connect.AddBankRequest) { r.Holder, r.Default = "Bob", true })
	require.Equal(t, connect.BankVerificationFailed, x.Bank.Status)
	m.pass(72 * time.Hour)
	_, err := m.payout(a.ID, 100)
	requireCode(t, err, ledger.State, "bank_account_unverified")
	rename := func(holder string) (*connect.BankChange, error) {
		return m.platform.UpdateBank(m.ctx, connect.UpdateBankRequest{Key: m.key(), AccountID: a.ID, BankID: x.Bank.ID, Holder: holder, StepUp: "fresh"})
	}
	_, err = rename("Nobody Knows")
	require.NoError(t, err)
	_, err = m.payout(a.ID, 100)
	requireCode(t, err, ledger.State, "bank_account_unverified")
	_, err = rename("Ann Lee")
	require.NoError(t, err)
	_, err = m.payout(a.ID, 100)
	require.NoError(t, err)
	for _, name := range []string{"Ann Lee", "A Lee", "Bob", "Nobody Knows"} {
		require.NotContains(t, snapshot(t, m.Store()), name)
	}
}

// What an operator asks for is done by two people, and asks the account's user for nothing;
// what was changed meanwhile is looked at again.
func TestOperatorsChangeBanks(t *testing.T) {
	m, s, _ := guarded(t)
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	ask := func(by connect.Actor) (*connect.BankChange, error) {
		return m.platform.AddBank(m.ctx, connect.AddBankRequest{Key: m.key(), By: by, AccountID: a.ID, Bank: details(payout.TestStalled), Default: true})
	}
	_, err := ask(connect.Actor{ID: "risky", Rights: []connect.Right{connect.RightRisk}})
	requireCode(t, err, ledger.Forbidden, "right_missing")
	x, err := ask(clerk)
	require.NoError(t, err)
	require.Equal(t, connect.BankChangeProposed, x.Status)
	used := m.platform.By(clerk) // who says it for all that they do is no other
	y, err := used.AddBank(m.ctx, connect.AddBankRequest{Key: "used", AccountID: a.ID, Bank: details(payout.TestStalled)})
	require.NoError(t, err)
	require.Equal(t, connect.BankChangeProposed, y.Status)
	own := details(payout.TestStalled)
	_, err = used.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "used too", AccountID: a.ID, Bank: &own, StepUp: "fresh"})
	requireCode(t, err, ledger.State, "second_person_required")
	_, err = m.platform.RefuseProposal(m.ctx, connect.RefuseProposalRequest{Key: "used not", ProposalID: y.Signed.Proposal, By: clerk})
	require.NoError(t, err)
	s.asked = nil
	require.Empty(t, s.asked)
	require.Len(t, m.account(a.ID).Banks, 1)
	_, err = m.platform.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: m.key(), ProposalID: x.Signed.Proposal, By: clerk})
	requireCode(t, err, ledger.Forbidden, "same_person")
	m.pass(time.Hour)
	m.approve(x.Signed.Proposal, chief)
	x, err = m.platform.GetBankChange(m.ctx, x.ID)
	require.NoError(t, err)
	require.Equal(t, []any{connect.BankChangeMade, "clerk", "chief"}, []any{x.Status, x.Signed.Author, x.Signed.Approver})
	require.Equal(t, m.Clock.Now().Add(72*time.Hour), x.Bank.CoolsUntil, "from when it was approved")
	require.Equal(t, x.Bank, m.account(a.ID).Banks[0])

	gone, err := m.platform.DeleteBank(m.ctx, connect.DeleteBankRequest{Key: "gone", By: clerk, AccountID: a.ID, BankID: a.Banks[0].ID})
	require.NoError(t, err)
	_, err = m.platform.DeleteBank(m.ctx, connect.DeleteBankRequest{Key: "self", AccountID: a.ID, BankID: a.Banks[0].ID, StepUp: "fresh"})
	require.NoError(t, err)
	_, err = m.platform.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: m.key(), ProposalID: gone.Signed.Proposal, By: chief})
	requireCode(t, err, ledger.NotFound, "not_found")
	_, err = m.platform.RefuseProposal(m.ctx, connect.RefuseProposalRequest{Key: m.key(), ProposalID: gone.Signed.Proposal, By: chief})
	require.NoError(t, err)
	gone, err = m.platform.GetBankChange(m.ctx, gone.ID)
	require.NoError(t, err)
	require.Equal(t, connect.BankChangeRefused, gone.Status)
	late, err := ask(clerk)
	require.NoError(t, err)
	m.pass(31 * 24 * time.Hour)
	late, err = m.platform.GetBankChange(m.ctx, late.ID)
	require.NoError(t, err)
	require.Equal(t, connect.BankChangeExpired, late.Status)
	page, err := m.platform.ListBankChanges(m.ctx, connect.ListRequest{AccountID: a.ID})
	require.NoError(t, err)
	require.Len(t, page.Items, 5)
	m.verify()
}

// Several in a currency, one of them the default; what is paid by default stays.
func TestSeveralBanks(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Banks: &connect.BankConfig{CoolDown: -1}}})
	a := m.seller()
	first := a.Banks[0].ID
	second := m.addBank(a.ID).Bank.ID
	euro := m.addBank(a.ID, func(r *connect.AddBankRequest) { r.Bank.Country, r.Bank.Currency = "DE", ledger.EUR }).Bank.ID
	ids := func() (list []string) {
		for _, b := range m.account(a.ID).Banks {
			list = append(list, b.ID)
		}
		return list
	}
	require.Equal(t, []string{first, second, euro}, ids())
	do := func(id string, fn func(context.Context, connect.DefaultBankRequest) (*connect.BankChange, error)) error {
		_, err := fn(m.ctx, connect.DefaultBankRequest{Key: m.key(), AccountID: a.ID, BankID: id})
		return err
	}
	remove := func(ctx context.Context, r connect.DefaultBankRequest) (*connect.BankChange, error) {
		return m.platform.DeleteBank(ctx, connect.DeleteBankRequest{Key: r.Key, AccountID: r.AccountID, BankID: r.BankID})
	}
	requireCode(t, do(first, remove), ledger.State, "default_bank_account")
	requireCode(t, do(first, m.platform.MakeDefaultBank), ledger.State, "default_bank_account")
	requireCode(t, do("ba_none", remove), ledger.NotFound, "not_found")
	require.NoError(t, do(second, m.platform.MakeDefaultBank))
	require.Equal(t, []string{second, first, euro}, ids())
	require.NoError(t, do(first, remove))
	require.NoError(t, do(euro, remove), "the only one of a currency that is not the account's own")
	require.Equal(t, []string{second}, ids())
	requireCode(t, do(second, remove), ledger.State, "default_bank_account")
	b, ok := m.account(a.ID).DefaultBank(ledger.USD)
	require.True(t, ok)
	require.Equal(t, second, b.ID)
	_, ok = m.account(a.ID).DefaultBank(ledger.EUR)
	require.False(t, ok)
}

// A payout that fails for what the bank account is stops those after it, until the details
// change; one that fails for something else does not.
func TestErroredBank(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Banks: &connect.BankConfig{CoolDown: -1}}})
	for token, stops := range map[string]bool{payout.TestNoAccount: true, payout.TestReturned: true, payout.TestInsufficientFunds: false, payout.TestRefused: false} {
		a := m.seller(func(r *connect.AccountRequest) { r.Bank.Token = token })
		m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
		_, err := m.payout(a.ID, 100)
		require.NoError(t, err)
		m.pass(6 * 24 * time.Hour)
		_, err = m.payout(a.ID, 100)
		if !stops {
			require.NoError(t, err, token)
			continue
		}
		requireCode(t, err, ledger.State, "bank_account_errored")
		b := m.account(a.ID).Banks[0]
		require.Equal(t, connect.BankErrored, b.Status)
		require.NotEmpty(t, b.Code)
		_, err = m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: m.key(), AccountID: a.ID, Bank: &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD}})
		require.NoError(t, err)
		_, err = m.payout(a.ID, 100)
		require.NoError(t, err)
	}
	m.verify()
}

// Accounts that share a bank account are counted for the rules.
func TestSharedBanks(t *testing.T) {
	m, _ := ruled(t, "shared: block if seller.bank_sharers > 2")
	with := func(print string) *connect.Account {
		return m.seller(func(r *connect.AccountRequest) { r.Bank.Fingerprint = print })
	}
	pays := func(a *connect.Account) connect.ChargeStatus {
		c, err := m.try(connect.ChargeRequest{AccountID: a.ID, Amount: usd(100), Source: connect.TestCard})
		require.NoError(t, err)
		return c.Status
	}
	a, b := with("same"), with("same")
	require.Equal(t, connect.ChargeSucceeded, pays(a))
	third := with("other")
	require.Equal(t, connect.ChargeSucceeded, pays(third))
	x := m.addBank(third.ID, func(r *connect.AddBankRequest) { r.Bank.Fingerprint = "same" })
	for _, who := range []*connect.Account{a, b, third} {
		require.Equal(t, connect.ChargeFailed, pays(who))
	}
	_, err := m.platform.DeleteBank(m.ctx, connect.DeleteBankRequest{Key: "gone", AccountID: third.ID, BankID: x.Bank.ID})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, pays(a))
	require.Equal(t, connect.ChargeSucceeded, pays(with("")))
	_, err = m.platform.AddBank(m.ctx, connect.AddBankRequest{Key: "bad", AccountID: a.ID, Bank: connect.BankDetails{Token: "t", Country: "US", Currency: ledger.USD, Fingerprint: "DE89370400440532013000"}})
	requireCode(t, err, ledger.Invalid, "invalid_fingerprint")
	requireAbout(t, err, "bank.fingerprint")
	require.NotContains(t, err.Error(), "3704")
}

// Another platform's accounts and bank accounts are unknown to every verb here, as those
// that nobody has (promise 65).
func TestForeignBanks(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	x := m.addBank(a.ID)
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	mine, err := other.CreateAccount(m.ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	before := snapshot(t, m.Store())
	ask := func(account, bank string) (list []string) {
		_, e1 := other.AddBank(m.ctx, connect.AddBankRequest{Key: "1", AccountID: account, Bank: details(payout.TestAccount)})
		_, e2 := other.UpdateBank(m.ctx, connect.UpdateBankRequest{Key: "2", AccountID: account, BankID: bank, Holder: "Ann"})
		_, e3 := other.DeleteBank(m.ctx, connect.DeleteBankRequest{Key: "3", AccountID: account, BankID: bank})
		_, e4 := other.MakeDefaultBank(m.ctx, connect.DefaultBankRequest{Key: "4", AccountID: account, BankID: bank})
		_, e5 := other.Payout(m.ctx, connect.PayoutRequest{Key: "5", AccountID: account, BankID: bank})
		for _, err := range []error{e1, e2, e3, e4, e5} {
			require.ErrorIs(t, err, ledger.NotFound)
			list = append(list, err.Error())
		}
		return list
	}
	require.Equal(t, ask("acct_none", "ba_none"), ask(a.ID, x.Bank.ID))
	for _, id := range []string{x.ID, "bchg_none"} {
		_, err = other.GetBankChange(m.ctx, id)
		require.EqualError(t, err, "connect: bank change: not found: bankChange: there is no such bank change")
	}
	_, err = other.MakeDefaultBank(m.ctx, connect.DefaultBankRequest{Key: "6", AccountID: mine.ID, BankID: x.Bank.ID})
	requireCode(t, err, ledger.NotFound, "not_found")
	require.Equal(t, before, snapshot(t, m.Store()))
}

// What an account had stored before there were several is read as it was.
func TestStoredBanksOfBefore(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	_, err := m.Env().Update(m.ctx, m.Store(), func(u *ledger.Unit) error {
		o, err := u.Object(ledger.ID{Kind: "connect.account", ID: a.ID})
		require.NoError(t, err)
		var data map[string]any
		require.NoError(t, json.Unmarshal(o.Data, &data))
		delete(data, "hadBank")
		data["banks"] = []any{map[string]any{"id": "ba_1", "token": payout.TestAccount, "country": "US", "currency": "USD"}}
		o.Data, err = json.Marshal(data)
		u.Put(o)
		return err
	})
	require.NoError(t, err)
	_, err = m.payout(a.ID, 100)
	require.NoError(t, err)
	require.False(t, m.addBank(a.ID).First)
}

// Verify finds a change of bank details that says something else than its proposal.
func TestVerifyFindsBankChanges(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	m.addBank(m.seller().ID)
	m.verify()
	m.requireForged(store, [][4]string{
		{"connect.bank_change", `"status":"made"`, `"status":"refused"`, "which is not what was done"},
	})
}
