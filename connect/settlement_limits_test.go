package connect_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

func euros(minor int64) ledger.Money { return ledger.Minor(minor, ledger.EUR) }

// A failure that is heard of before the payment takes the platform's converted part
// from where it has just landed, and not from what is available, which has none.
func TestSettledFeeOfAFailureHeardFirst(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: newQuotes(t)}})
	r := m.settles(m.seller().ID)
	r.Direct, r.SettleIn, r.FeeIn, r.Source = true, ledger.Currency(0), ledger.USD, connect.TestReceived
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "payment_returned"}}))
	require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Approved, Amount: r.Amount}}))
	c = m.now(c)
	require.Equal(t, connect.ChargeFailed, c.Status)
	require.Equal(t, euros(1000), c.FeeSettlement.Sold)
	require.NoError(t, m.Store().Read(m.ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{Book: m.platform.ID()}, func(a ledger.Account) error {
			if a.Owner == m.platform.ID() {
				require.True(t, a.Posted.IsZero(), "%v has %v", a.Ref, a.Posted)
			}
			return nil
		})
	}))
	m.verify()
}

// A capture may leave its seller less than nothing, by how its taxes round. It can be
// booked all the same where its money is available at once.
func TestSmallCapturesAtOnce(t *testing.T) {
	rules := []connect.CaptureRule{{Captures: 100}}
	for _, in := range []ledger.Currency{0, ledger.USD, ledger.JPY} {
		m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: newQuotes(t), CaptureRules: rules}})
		r := m.settles(m.seller().ID)
		r.Amount, r.ApplicationFee, r.SettleIn, r.Source, r.CaptureLater = euros(1000), euros(100), in, connect.TestCardAtOnce, true
		for _, name := range strings.Split("abcdefghi", "") {
			r.Tax = append(r.Tax, connect.Tax{Authority: name, Amount: euros(80)})
		}
		c, err := m.platform.Charge(m.ctx, r)
		require.NoError(t, err)
		amount, below := euros(106), false
		for range 20 {
			k, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: amount, KeepRest: true})
			require.NoError(t, err)
			require.Equal(t, connect.StepSucceeded, k.Status)
			below = below || m.now(c).AccountIn != "available"
			amount = euros(1)
		}
		require.True(t, below)
		m.verify()
	}
}

// Taxes on a commission that take more than all when they are rounded in the currency
// in which the charge settles are refused before the card is asked.
func TestSettledTaxesOnACommissionThatRoundUp(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: newQuotes(t), CaptureRules: []connect.CaptureRule{{Captures: 2}}}})
	seller := m.seller().ID
	fees := func(fee, nine, last int64) connect.ChargeRequest {
		r := m.settles(seller)
		r.Amount, r.ApplicationFee, r.SettleIn, r.Source = euros(fee+9*nine+last), euros(fee), ledger.JPY, connect.TestCardAtOnce
		for _, name := range strings.Split("abcdefghi", "") {
			r.FeeTax = append(r.FeeTax, connect.Tax{Authority: name, Amount: euros(nine)})
		}
		r.FeeTax = append(r.FeeTax, connect.Tax{Authority: "j", Amount: euros(last)})
		return r
	}
	var e *ledger.Error
	_, err := m.platform.Charge(m.ctx, fees(1, 1, 40)) // 0.01 EUR are 1.58 JPY
	require.ErrorAs(t, err, &e)
	require.Equal(t, "fee_exceeds_amount feeTax", e.Code+" "+e.Field)

	r := fees(2, 2, 80) // 0.02 EUR are 3.17 JPY
	r.CaptureLater = true
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: euros(50), KeepRest: true})
	require.ErrorAs(t, err, &e)
	require.Equal(t, "fee_exceeds_amount amount", e.Code+" "+e.Field)
	_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID})
	require.NoError(t, err)
	m.verify()
}

// The least amount is that of the currency in which a payment was asked to settle,
// whatever its seller is paid in otherwise.
func TestSettlementLeastAmount(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: newQuotes(t)}})
	seller := m.seller().ID
	for _, x := range []struct {
		name   string
		buyer  string
		amount ledger.Money
		in     ledger.Currency
		ok     bool
	}{
		{"60 JPY are 0.41 USD", "", ledger.Minor(60, ledger.JPY), ledger.USD, false},
		{"for a market, too", "US", ledger.Minor(60, ledger.JPY), ledger.USD, false},
		{"73 JPY are 0.50 USD and a bit", "", ledger.Minor(73, ledger.JPY), ledger.USD, true},
		{"0.48 USD are 69 JPY", "US", usd(48), ledger.JPY, true},
		{"it stays as it is", "US", ledger.Minor(60, ledger.JPY), ledger.JPY, true},
	} {
		r := m.settles(seller)
		r.Amount, r.ApplicationFee, r.SettleIn, r.BuyerCountry = x.amount, ledger.Money{}, x.in, x.buyer
		_, err := m.platform.Charge(m.ctx, r)
		if x.ok {
			require.NoError(t, err, x.name)
			continue
		}
		var e *ledger.Error
		require.ErrorAs(t, err, &e, x.name)
		require.Equal(t, "amount_below_minimum amount", e.Code+" "+e.Field, x.name)
	}
	m.verify()
}

// Verify finds an amount of a settlement that is not what its rate, its captures and
// its refunds say, each by one minor unit (edge-case 101).
func TestVerifyFindsOtherSettlements(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{
		Store: store, Rates: newQuotes(t), CaptureRules: []connect.CaptureRule{{Captures: 3}},
	}})
	r := m.settles(m.seller().ID)
	r.Direct, r.FeeIn, r.CaptureLater = true, ledger.JPY, true
	r.Tax = []connect.Tax{{Authority: "vat", Amount: euros(700)}}
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: euros(5000), KeepRest: true})
	require.NoError(t, err)
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: euros(3333), RefundFee: true})
	require.NoError(t, err)
	m.verify()
	for kind, paths := range map[string]string{
		"connect.charge": "amount applicationFee settlement.presented settlement.gross settlement.value settlement.refunded settlement.refunding " +
			"settlement.grossBack settlement.valueBack settlement.terms.applicationFee " +
			"feeSettlement.sold feeSettlement.gross feeSettlement.value feeSettlement.credited " +
			"feeSettlement.back.sold feeSettlement.back.gross feeSettlement.back.value feeSettlement.back.credited",
		"connect.refund": "amount feeBack exchanged.presented exchanged.gross exchanged.value " +
			"feeStep.sold feeStep.gross feeStep.value feeStep.credited",
		"connect.capture": "settlement.amount settlement.applicationFee settlement.serviceFee settlement.gross settlement.value",
	} {
		for _, path := range strings.Fields(paths) {
			store.forge = func(o *ledger.Object) {
				if o.Kind != kind {
					return
				}
				var data map[string]any
				require.NoError(t, json.Unmarshal(o.Data, &data))
				at := data
				for _, key := range strings.Split(path, ".") {
					at = at[key].(map[string]any)
				}
				at["amountMinor"] = at["amountMinor"].(float64) + 1
				o.Data, _ = json.Marshal(data)
			}
			report, err := m.Verify(m.ctx)
			require.NoError(t, err, "%s %s", kind, path)
			require.False(t, report.OK(), "%s %s", kind, path)
		}
	}
	store.forge = func(*ledger.Object) {}
	m.verify()
}
