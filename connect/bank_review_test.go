package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A capability that somebody holds is not given up and requested anew by its account, and
// an account that gave its last one up has still to request what it does.
func TestAHeldCapabilityIsNotGivenUp(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	change := func(r connect.CapabilityRequestBy) error {
		r.Key, r.AccountID, r.Name = m.key(), a, connect.DebitPayments
		_, err := m.platform.UpdateCapability(m.ctx, r)
		return err
	}
	require.NoError(t, change(connect.CapabilityRequestBy{}))
	require.NoError(t, change(connect.CapabilityRequestBy{Action: connect.CapabilityHold, Reason: connect.ReasonUnsupportedBusiness, By: risk}))
	requireCode(t, change(connect.CapabilityRequestBy{Action: connect.CapabilityGiveUp}), ledger.State, "capability_held")
	require.NoError(t, change(connect.CapabilityRequestBy{Action: connect.CapabilityFree, By: risk}))
	require.NoError(t, change(connect.CapabilityRequestBy{Action: connect.CapabilityGiveUp}))
	_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), AccountID: a, Source: connect.TestCard})
	require.Error(t, err)
	require.Equal(t, "capability_inactive", codeOf(t, err))
}

// The cap of first payouts is not gone around by several bank accounts that were added at
// once, which may be the same one.
func TestFirstPayoutsComeOneByOne(t *testing.T) {
	m, _, _ := guarded(t)
	a := m.seller().ID
	m.charge(a, 5000, 0, connect.TestCardAtOnce)
	one, two := m.secondBank(a), m.secondBank(a)
	m.pass(6 * 24 * 3600e9)
	pay := func(bank string) error {
		_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: m.key(), AccountID: a, Amount: usd(500), BankID: bank})
		return err
	}
	require.NoError(t, pay(one))
	requireCode(t, pay(two), ledger.State, "first_payout_pending")
	m.pass(3 * 24 * 3600e9)
	require.NoError(t, pay(two), "the other was paid")
}

// What was found out of a bank account stands, if it is added once more or its holder
// renamed.
func TestABankAccountStaysWhatItIs(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	m.charge(a, 5000, 0, connect.TestCardAtOnce)
	bad := func(r *connect.AddBankRequest) { r.Bank, r.Default = details("btok_no_account"), true }
	m.addBank(a, bad)
	m.pass(6 * 24 * 3600e9)
	_, err := m.payout(a, 100)
	require.NoError(t, err)
	m.pass(3 * 24 * 3600e9)
	x := m.addBank(a, bad)
	require.Equal(t, connect.BankErrored, x.Bank.Status)
	m.pass(6 * 24 * 3600e9)
	_, err = m.payout(a, 100)
	requireCode(t, err, ledger.State, "bank_account_errored")
}

// An account that exists by itself is alone in its book: who is connected to it sees no other.
func TestABookOfItsOwnHasOneAccount(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	home, err := m.OwnBook(m.ctx, m.standalone().ID)
	require.NoError(t, err)
	r := connecttest.Seller("US")
	r.Key = "another"
	_, err = home.CreateAccount(m.ctx, r)
	requireCode(t, err, ledger.State, "own_book")
}

// Guesses at micro-deposits are counted of the bank account: another check, and adding it
// once more, give none back.
func TestGuessesAreOfTheBankAccount(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller().ID
	first := m.bankCheck(a)
	for n := range int64(2) {
		_, err := m.tells(first.ID, n+1, 45)
		require.NoError(t, err)
	}
	m.pass(241 * 3600e9)
	second := m.bankCheck(a)
	require.Equal(t, 2, second.Tries)
	second, err := m.tells(second.ID, 3, 45)
	require.NoError(t, err)
	require.Equal(t, connect.BankCheckFailed, second.Status)
	x := m.addBank(a, func(r *connect.AddBankRequest) { r.Bank = details(m.account(a).Banks[0].Token) })
	require.Equal(t, connect.BankVerificationFailed, x.Bank.Status)
	m.verify()
}
