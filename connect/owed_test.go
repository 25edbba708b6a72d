package connect_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// A transfer to an account that owes fills its debt first. The transfer says what was
// given, and what is paid out is what is left, not the whole of it (edge case 58).
func TestATransferFillsTheDebtFirst(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative }).ID
	_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: m.key(), Amount: usd(5000)})
	require.NoError(t, err)
	_, err = m.platform.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: m.key(), AccountID: a, Commission: usd(300)})
	require.NoError(t, err)
	require.Equal(t, usd(-300), m.has(a).Available)

	tr, err := m.platform.Transfer(m.ctx, connect.TransferRequest{Key: m.key(), To: a, Amount: usd(200)})
	require.NoError(t, err)
	require.Equal(t, usd(200), tr.Amount)
	require.Equal(t, usd(-100), m.has(a).Available)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "none", AccountID: a})
	require.ErrorIs(t, err, ledger.InsufficientFunds)

	_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{Key: m.key(), To: a, Amount: usd(500)})
	require.NoError(t, err)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "gross", AccountID: a, Amount: usd(500)})
	require.ErrorIs(t, err, ledger.InsufficientFunds)
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "net", AccountID: a})
	require.NoError(t, err)
	require.Equal(t, usd(400), po.Amount)
	require.Equal(t, usd(0), m.has(a).Available)
	m.verify()
}

// Who pays for processing and who bears losses is fixed when an account is made: no
// verb has a way to say otherwise, and a charge that was made keeps who paid.
func TestWhoPaysIsFixed(t *testing.T) {
	of := reflect.TypeFor[connect.AccountUpdate]()
	for _, fixed := range []string{"Country", "Currency", "FeesPayer", "LossesBearer"} {
		_, made := reflect.TypeFor[connect.AccountRequest]().FieldByName(fixed)
		_, changed := of.FieldByName(fixed)
		require.Equal(t, []bool{true, false}, []bool{made, changed}, fixed)
	}
	m := newMarket(t, connecttest.Config{})
	for _, payer := range []connect.Party{connect.PartyAccount, connect.PartyPlatform} {
		a := m.seller(func(r *connect.AccountRequest) { r.FeesPayer, r.LossesBearer = payer, connect.PartyHouse }).ID
		c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: a, ApplicationFee: usd(123), Direct: true, Source: connect.TestCard})
		require.NoError(t, err)
		_, err = m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: m.key(), AccountID: a, Email: "new@example.com"})
		require.NoError(t, err)
		now, err := m.platform.GetAccount(m.ctx, a)
		require.NoError(t, err)
		require.Equal(t, []connect.Party{payer, connect.PartyHouse}, []connect.Party{now.FeesPayer, now.LossesBearer})
		want := map[connect.Party]int64{connect.PartyAccount: 818, connect.PartyPlatform: 877}[payer]
		require.Equal(t, usd(want), m.has(a).Pending, c.ID)
	}
	m.verify()
}
