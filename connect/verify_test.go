package connect_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// forger is a store that shows an object other than it is.
type forger struct {
	ledger.Store
	forge func(*ledger.Object)
}

func (f *forger) Read(ctx context.Context, fn func(ledger.View) error) error {
	return f.Store.Read(ctx, func(v ledger.View) error { return fn(forgedView{v, f.forge}) })
}

// change lets the objects of a kind be read otherwise than they are stored, and requires
// that Verify notices it.
func (f *forger) change(m *market, name, kind string, change func(map[string]any)) {
	f.forge = func(o *ledger.Object) {
		if o.Kind != kind {
			return
		}
		var data map[string]any
		require.NoError(m.t, json.Unmarshal(o.Data, &data))
		change(data)
		var err error
		o.Data, err = json.Marshal(data)
		require.NoError(m.t, err)
	}
	report, err := m.Verify(m.ctx)
	require.NoError(m.t, err)
	require.False(m.t, report.OK(), name)
}

type forgedView struct {
	ledger.View
	forge func(*ledger.Object)
}

func (v forgedView) Find(q ledger.Query) ([]ledger.Object, error) {
	list, err := v.View.Find(q)
	for i := range list {
		v.forge(&list[i])
	}
	return list, err
}

// Verify finds where what the objects say is not what the ledger has
// (edge-case 101; identities 2 to 5 of the chart as far as they exist).
func TestVerifyFindsWhatWasChanged(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.seller()
	c := m.charge(a.ID, 10000, 100, connect.TestCard)
	_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(100), ReverseTransfer: true})
	require.NoError(t, err)
	_, err = m.platform.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: "cash", AccountID: a.ID, Commission: usd(10)})
	require.NoError(t, err)
	m.pass(72 * time.Hour)
	_, err = m.platform.Transfer(m.ctx, connect.TransferRequest{Key: "t", From: a.ID, To: m.seller().ID, Amount: usd(10)})
	require.NoError(t, err)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: usd(500)})
	require.NoError(t, err)
	m.verify()

	amount := func(minor int64) map[string]any { return map[string]any{"amountMinor": minor, "currency": "USD"} }
	for name, f := range map[string]struct {
		kind  string
		forge func(map[string]any)
		says  string
	}{
		"a charge of more":             {"connect.charge", func(o map[string]any) { o["amount"] = amount(10001) }, "acquirer"},
		"a charge that failed":         {"connect.charge", func(o map[string]any) { o["status"] = "failed" }, "acquirer"},
		"a commission of less":         {"connect.charge", func(o map[string]any) { o["applicationFee"] = amount(99) }, "balance"},
		"another processing fee":       {"connect.charge", func(o map[string]any) { o["processingFee"] = amount(1) }, "processing_fees"},
		"a price of another fee":       {"connect.charge", func(o map[string]any) { o["processing"].(map[string]any)["amount"] = amount(1) }, "parts"},
		"a price of other parts":       {"connect.charge", func(o map[string]any) { o["processing"].(map[string]any)["fixed"] = amount(1) }, "parts"},
		"a service fee that never was": {"connect.charge", func(o map[string]any) { o["serviceFee"] = amount(1) }, "balance"},
		"a tax on the commission":      {"connect.charge", func(o map[string]any) { o["feeTax"] = []any{map[string]any{"authority": "vat", "amount": amount(1)}} }, "balance"},
		"more refunded than charged":   {"connect.charge", func(o map[string]any) { o["refunded"] = amount(10002) }, "refunded"},
		"more taken back than given":   {"connect.charge", func(o map[string]any) { o["reversed"] = amount(10002) }, "taken back"},
		"a refund that was forgotten":  {"connect.charge", func(o map[string]any) { delete(o, "refunded") }, "refunded"},
		"a refund of another charge":   {"connect.refund", func(o map[string]any) { o["charge"] = "ch_other" }, "is not there"},
		"a refund of more":             {"connect.refund", func(o map[string]any) { o["amount"] = amount(101) }, "acquirer"},
		"a refund that never was":      {"connect.refund", func(o map[string]any) { o["status"] = "failed" }, "balance"},
		"a transfer of more":           {"connect.transfer", func(o map[string]any) { o["amount"] = amount(11) }, "balance"},
		"a cash sale of more":          {"connect.cash_sale", func(o map[string]any) { o["commission"] = amount(11) }, "balance"},
		"a payout that was paid":       {"payout", func(o map[string]any) { o["status"] = "paid" }, "in_transit"},
		"a payout of somebody else's":  {"payout", func(o map[string]any) { o["owner"] = m.platform.ID() }, "in_transit"},
	} {
		store.forge = func(o *ledger.Object) {
			if o.Kind != f.kind {
				return
			}
			var data map[string]any
			require.NoError(t, json.Unmarshal(o.Data, &data))
			f.forge(data)
			o.Data, _ = json.Marshal(data)
		}
		r, err := m.Verify(m.ctx)
		require.NoError(t, err, name)
		require.False(t, r.OK(), name)
		require.ErrorContains(t, r.Err(), "difference", name)
		text := ""
		for _, d := range r.Differences {
			text += d.String() + "\n"
		}
		require.Contains(t, text, f.says, name)
	}
	store.forge = func(*ledger.Object) {}
	m.verify()
}

// Money that was moved past the engine is found.
func TestVerifyFindsMoneyMovedByHand(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	from := ledger.Ref{Book: m.platform.ID(), Owner: a.ID, Purpose: "available", Currency: ledger.USD}
	to := from
	to.Owner = m.platform.ID()
	_, err := ledger.Update(m.ctx, m.Store(), func(u *ledger.Unit) error {
		u.Open(ledger.Account{Ref: to})
		u.Post(ledger.Transaction{Book: m.platform.ID(), Reason: "by hand", Entries: []ledger.Entry{
			{Account: from, Amount: usd(-100)}, {Account: to, Amount: usd(100)},
		}})
		return nil
	})
	require.NoError(t, err)
	r, err := m.Verify(m.ctx)
	require.NoError(t, err)
	require.Len(t, r.Differences, 2)
	require.Contains(t, r.Differences[0].Msg, "the objects add up to 10.00 USD")
}

// Money that is held for nothing that is under way is found.
func TestVerifyFindsAStrayHold(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	_, err := ledger.Update(m.ctx, m.Store(), func(u *ledger.Unit) error {
		u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: "stray", Account: ledger.Ref{Book: m.platform.ID(), Owner: a.ID, Purpose: "available", Currency: ledger.USD}, Amount: usd(1000), Object: ledger.ID{Kind: "connect.refund", ID: "re_gone"}})
		return nil
	})
	require.NoError(t, err)
	r, err := m.Verify(m.ctx)
	require.NoError(t, err)
	require.False(t, r.OK())
}

// A charge that forgot its refund could be refunded again, and is found.
func TestVerifyFindsAForgottenRefund(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 100, connect.TestCard)
	_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(600), ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	_, err = ledger.Update(m.ctx, m.Store(), func(u *ledger.Unit) error { // somebody sets the counters back
		o, err := u.Object(ledger.ID{Kind: "connect.charge", ID: c.ID})
		if err != nil {
			return err
		}
		var cut strings.Builder
		cut.Write(o.Data)
		s := cut.String()
		i := strings.Index(s, `,"refunded":`)
		j := strings.Index(s, `,"reversed":`)
		o.Data = []byte(s[:i] + s[j:])
		u.Put(o)
		return nil
	})
	require.NoError(t, err)
	got, _ := m.platform.GetCharge(m.ctx, c.ID)
	require.True(t, got.Refunded.IsZero())
	r, err := m.Verify(m.ctx)
	require.NoError(t, err)
	require.False(t, r.OK(), "a charge that forgot its refund of 600 passes Verify, and is refunded again")
}

// Money that should be available and is still pending is found, after a day's
// grace (identity 6 of the chart).
func TestVerifyFindsAStuckDay(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c := m.charge(a.ID, 1000, 0, connect.TestCard)
	m.Clock.Set(c.Available.Time().AddDate(0, 0, 1))
	m.verify()
	m.Clock.Advance(24 * time.Hour)
	r, err := m.Verify(m.ctx)
	require.NoError(t, err)
	require.ErrorContains(t, r.Err(), "still pending for "+c.Available.String())
	m.pass(0)
	m.verify()
}
