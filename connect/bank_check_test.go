package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

func (m *market) bankCheck(account string) *connect.BankCheck {
	m.t.Helper()
	x, err := m.platform.StartBankCheck(m.ctx, connect.BankCheckRequest{Key: m.key(), AccountID: account, BankID: m.bankOf(account)})
	require.NoError(m.t, err)
	return x
}

func (m *market) tells(check string, a, b int64) (*connect.BankCheck, error) {
	return m.platform.ConfirmBankCheck(m.ctx, connect.ConfirmBankCheckRequest{Key: m.key(), BankCheckID: check, Amounts: [2]int64{a, b}})
}

// Who tells the two amounts, in either order, has access to the bank account; who tells them
// wrong three times has not, and is paid nothing there.
func TestMicroDeposits(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	before := snapshot(t, m.Store())
	require.NotContains(t, before, "deposit")
	a, b := m.seller().ID, m.seller().ID
	m.charge(b, 1000, 0, connect.TestCardAtOnce)
	x := m.bankCheck(a)
	require.Equal(t, connect.BankCheckSent, x.Status)
	require.Equal(t, m.Clock.Now().Add(240*time.Hour), x.Expires)
	_, err := m.platform.StartBankCheck(m.ctx, connect.BankCheckRequest{Key: "again", AccountID: a, BankID: m.bankOf(a)})
	requireCode(t, err, ledger.State, "bank_check_open")
	_, err = m.tells(x.ID, 0, 45)
	requireCode(t, err, ledger.Invalid, "invalid_amount")
	wrong, err := m.tells(x.ID, 33, 45)
	require.NoError(t, err)
	require.Equal(t, []any{connect.BankCheckSent, 1}, []any{wrong.Status, wrong.Tries})
	x, err = m.tells(x.ID, 45, 32)
	require.NoError(t, err)
	require.Equal(t, connect.BankCheckVerified, x.Status)
	require.Equal(t, connect.BankVerified, m.account(a).Banks[0].Status)
	_, err = m.tells(x.ID, 45, 32)
	requireCode(t, err, ledger.State, "invalid_state")
	_, err = m.platform.StartBankCheck(m.ctx, connect.BankCheckRequest{Key: "once more", AccountID: a, BankID: m.bankOf(a)})
	requireCode(t, err, ledger.State, "invalid_state")

	y := m.bankCheck(b)
	for n := range int64(3) {
		y, err = m.tells(y.ID, n+1, 45)
		require.NoError(t, err)
	}
	require.Equal(t, []any{connect.BankCheckFailed, "wrong_amounts"}, []any{y.Status, y.Code})
	_, err = m.tells(y.ID, 32, 45)
	requireCode(t, err, ledger.State, "invalid_state")
	_, err = m.payout(b, 100)
	requireCode(t, err, ledger.State, "bank_account_unverified")
	_, err = m.platform.StartBankCheck(m.ctx, connect.BankCheckRequest{Key: "guess on", AccountID: b, BankID: m.bankOf(b)})
	requireCode(t, err, ledger.State, "invalid_state")

	c := m.seller().ID
	late := m.bankCheck(c)
	m.pass(240 * time.Hour)
	_, err = m.tells(late.ID, 32, 45)
	requireCode(t, err, ledger.State, "bank_check_expired")
	require.Equal(t, connect.BankCheckSent, m.bankCheck(c).Status)
	m.verify()
	for _, text := range []string{`"32"`, `:45`, `[32`} { // the amounts are the rail's alone
		require.NotContains(t, snapshot(t, m.Store()), text)
	}
}

// Lost requests and answers are asked for again under the same key; what the bank refuses
// says why; one recorded in a host's transaction is sent after its commit.
func TestMicroDepositsOnTheWay(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	for token, want := range map[string]connect.BankCheckStatus{
		payout.TestLostAnswer: connect.BankCheckSent, payout.TestLostRequest: connect.BankCheckSent, payout.TestAccountClosed: connect.BankCheckFailed, "btok_unheard_of": connect.BankCheckFailed,
	} {
		a := m.seller(func(r *connect.AccountRequest) { r.Bank.Token = token })
		x := m.bankCheck(a.ID)
		m.pass(time.Hour)
		x, err := m.platform.GetBankCheck(m.ctx, x.ID)
		require.NoError(t, err)
		require.Equal(t, want, x.Status, token)
		require.Equal(t, want == connect.BankCheckFailed, x.Code != "")
		if want == connect.BankCheckSent {
			x, err = m.tells(x.ID, 32, 45)
			require.NoError(t, err)
			require.Equal(t, connect.BankCheckVerified, x.Status)
		}
	}
	a := m.seller().ID
	x, err := m.platform.In(m.Store()).StartBankCheck(m.ctx, connect.BankCheckRequest{Key: "joined", AccountID: a, BankID: m.bankOf(a)})
	require.NoError(t, err)
	require.Equal(t, connect.BankCheckPending, x.Status)
	_, err = m.tells(x.ID, 32, 45)
	requireCode(t, err, ledger.State, "invalid_state")
	require.NoError(t, m.platform.Finish(m.ctx, x.ID))
	x, err = m.platform.GetBankCheck(m.ctx, x.ID)
	require.NoError(t, err)
	require.Equal(t, connect.BankCheckSent, x.Status)

	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	for _, id := range []string{x.ID, "bchk_none"} { // promise 65
		_, e1 := other.GetBankCheck(m.ctx, id)
		_, e2 := other.ConfirmBankCheck(m.ctx, connect.ConfirmBankCheckRequest{Key: "1", BankCheckID: id, Amounts: [2]int64{32, 45}})
		for _, err := range []error{e1, e2, other.Finish(m.ctx, id)} {
			requireCode(t, err, ledger.NotFound, "not_found")
		}
	}
	_, e1 := other.StartBankCheck(m.ctx, connect.BankCheckRequest{Key: "2", AccountID: a, BankID: m.bankOf(a)})
	_, e2 := other.VerifyBank(m.ctx, connect.VerifyBankRequest{Key: "3", AccountID: a, BankID: m.bankOf(a)})
	requireCode(t, e1, ledger.NotFound, "not_found")
	requireCode(t, e2, ledger.NotFound, "not_found")
}

// Who can be asked at once says whose a bank account is; the documented test numbers answer.
func TestInstantVerification(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	for number, want := range map[string]connect.BankStatus{"000999999991": connect.BankVerified, "000999999992": "", "000111111113": connect.BankVerificationFailed, "000123456789": ""} {
		token, last4, err := payout.TestToken("110000000", number)
		require.NoError(t, err)
		a := m.seller(func(r *connect.AccountRequest) { r.Bank.Token, r.Bank.Last4 = token, last4 })
		a, err = m.platform.VerifyBank(m.ctx, connect.VerifyBankRequest{Key: m.key(), AccountID: a.ID, BankID: a.Banks[0].ID})
		require.NoError(t, err)
		require.Equal(t, want, a.Banks[0].Status, number)
		require.Equal(t, number == "000999999992", a.Banks[0].Code == "document_requested")
	}
}
