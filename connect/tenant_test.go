package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// No call can name another platform's object: foreign ids and unknown ones get
// the same answer, and nothing changes (promise 65).
func TestForeignIsUnknown(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	a := m.seller()
	c := m.charge(a.ID, 10000, 100, connect.TestCardAtOnce)
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(10), ReverseTransfer: true})
	require.NoError(t, err)
	tr, err := m.platform.Transfer(m.ctx, connect.TransferRequest{Key: "t", From: a.ID, To: m.seller().ID, Amount: usd(10)})
	require.NoError(t, err)
	cash, err := m.platform.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: "cash", AccountID: a.ID, Commission: usd(10)})
	require.NoError(t, err)
	po, err := m.platform.In(m.Store()).Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	auth := m.authorize(a.ID, 1000, 0, connect.TestCard)
	capture, err := m.platform.In(m.Store()).Capture(m.ctx, connect.CaptureRequest{Key: "cap", ChargeID: auth.ID})
	require.NoError(t, err)
	d := m.disputed(m.charge(a.ID, 1000, 0, connect.TestDisputed))
	w := m.warned(m.charge(a.ID, 1000, 0, connect.TestWarned))
	answer, err := m.platform.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: "answered", DisputeID: m.disputed(m.charge(a.ID, 1000, 0, connect.TestDisputed)).ID, Accept: true})
	require.NoError(t, err)
	void, err := m.platform.Cancel(m.ctx, connect.CancelRequest{Key: "void", ChargeID: m.authorize(a.ID, 1000, 0, connect.TestCard).ID})
	require.NoError(t, err)
	k := m.customer("")
	src := m.save(k.ID, connect.TestCard)
	inc, err := m.platform.In(m.Store()).IncreaseAuthorization(m.ctx, connect.IncreaseRequest{Key: "inc", ChargeID: m.authorize(a.ID, 1000, 0, connect.TestCard).ID, Amount: usd(1)})
	require.NoError(t, err)
	foreign, err := other.CreateCustomer(m.ctx, connect.CustomerRequest{Key: "made"})
	require.NoError(t, err)
	own, err := other.CreateAccount(m.ctx, connecttest.Seller("US"))
	require.NoError(t, err)

	tries := map[string]struct {
		id  string
		try func(id string) error
	}{
		"get account":  {a.ID, func(id string) error { _, err := other.GetAccount(m.ctx, id); return err }},
		"requirements": {a.ID, func(id string) error { _, err := other.Requirements(m.ctx, id); return err }},
		"balance":      {a.ID, func(id string) error { _, err := other.Balance(m.ctx, id); return err }},
		"list charges of": {a.ID, func(id string) error {
			_, err := other.ListCharges(m.ctx, connect.ListRequest{AccountID: id})
			return err
		}},
		"update account": {a.ID, func(id string) error {
			_, err := other.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "k", AccountID: id, Email: "a@b.co"})
			return err
		}},
		"charge for": {a.ID, func(id string) error {
			_, err := other.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(100), AccountID: id, Source: connect.TestCard})
			return err
		}},
		"transfer from": {a.ID, func(id string) error {
			_, err := other.Transfer(m.ctx, connect.TransferRequest{Key: "k", From: id, To: own.ID, Amount: usd(1)})
			return err
		}},
		"transfer to": {a.ID, func(id string) error {
			_, err := other.Transfer(m.ctx, connect.TransferRequest{Key: "k", To: id, Amount: usd(1)})
			return err
		}},
		"cash sale of": {a.ID, func(id string) error {
			_, err := other.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: "k", AccountID: id, Commission: usd(1)})
			return err
		}},
		"payout to": {a.ID, func(id string) error {
			_, err := other.Payout(m.ctx, connect.PayoutRequest{Key: "k", AccountID: id})
			return err
		}},
		"refund": {c.ID, func(id string) error {
			_, err := other.Refund(m.ctx, connect.RefundRequest{Key: "k", ChargeID: id})
			return err
		}},
		"capture": {auth.ID, func(id string) error {
			_, err := other.Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: id})
			return err
		}},
		"cancel": {auth.ID, func(id string) error {
			_, err := other.Cancel(m.ctx, connect.CancelRequest{Key: "k", ChargeID: id})
			return err
		}},
		"confirm": {auth.ID, func(id string) error {
			_, err := other.Confirm(m.ctx, connect.ConfirmRequest{Key: "k", ChargeID: id})
			return err
		}},
		"get customer": {k.ID, func(id string) error { _, err := other.GetCustomer(m.ctx, id); return err }},
		"update customer": {k.ID, func(id string) error {
			_, err := other.UpdateCustomer(m.ctx, connect.CustomerUpdate{Key: "k", CustomerID: id, Name: "x"})
			return err
		}},
		"delete customer": {k.ID, func(id string) error {
			_, err := other.DeleteCustomer(m.ctx, connect.DeleteCustomerRequest{Key: "k", CustomerID: id})
			return err
		}},
		"customer of": {a.ID, func(id string) error {
			_, err := other.CreateCustomer(m.ctx, connect.CustomerRequest{Key: "k", AccountID: id})
			return err
		}},
		"charge customer": {k.ID, func(id string) error {
			_, err := other.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(100), CustomerID: id})
			return err
		}},
		"save for": {k.ID, func(id string) error {
			_, err := other.SaveSource(m.ctx, connect.SaveSourceRequest{Key: "k", CustomerID: id, Source: connect.TestCard, Agreement: agreed})
			return err
		}},
		"charge source": {src.ID, func(id string) error {
			_, err := other.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(100), SavedSourceID: id})
			return err
		}},
		"default source": {src.ID, func(id string) error {
			_, err := other.UpdateCustomer(m.ctx, connect.CustomerUpdate{Key: "k", CustomerID: foreign.ID, DefaultSourceID: id})
			return err
		}},
		"get source": {src.ID, func(id string) error { _, err := other.GetSavedSource(m.ctx, id); return err }},
		"detach": {src.ID, func(id string) error {
			_, err := other.DetachSource(m.ctx, connect.DetachSourceRequest{Key: "k", SavedSourceID: id})
			return err
		}},
		"confirm source": {src.ID, func(id string) error {
			_, err := other.ConfirmSource(m.ctx, connect.ConfirmSourceRequest{Key: "k", SavedSourceID: id})
			return err
		}},
		"finish source":   {src.ID, func(id string) error { return other.Finish(m.ctx, id) }},
		"finish increase": {inc.ID, func(id string) error { return other.Finish(m.ctx, id) }},
		"get increase":    {inc.ID, func(id string) error { _, err := other.GetIncrease(m.ctx, id); return err }},
		"increase": {auth.ID, func(id string) error {
			_, err := other.IncreaseAuthorization(m.ctx, connect.IncreaseRequest{Key: "k", ChargeID: id, Amount: usd(1)})
			return err
		}},
		"sources of": {k.ID, func(id string) error {
			_, err := other.ListSavedSources(m.ctx, connect.ListRequest{CustomerID: id})
			return err
		}},
		"charges of customer": {k.ID, func(id string) error {
			_, err := other.ListCharges(m.ctx, connect.ListRequest{CustomerID: id})
			return err
		}},
		"page of customers": {k.ID, func(id string) error {
			_, err := other.ListCustomers(m.ctx, connect.ListRequest{After: id})
			return err
		}},
		"get capture":         {capture.ID, func(id string) error { _, err := other.GetCapture(m.ctx, id); return err }},
		"get cancellation":    {void.ID, func(id string) error { _, err := other.GetCancellation(m.ctx, id); return err }},
		"finish capture":      {capture.ID, func(id string) error { return other.Finish(m.ctx, id) }},
		"finish cancellation": {void.ID, func(id string) error { return other.Finish(m.ctx, id) }},
		"captures of charge": {auth.ID, func(id string) error {
			_, err := other.ListCaptures(m.ctx, connect.ListRequest{ChargeID: id})
			return err
		}},
		"get charge":  {c.ID, func(id string) error { _, err := other.GetCharge(m.ctx, id); return err }},
		"get dispute": {d.ID, func(id string) error { _, err := other.GetDispute(m.ctx, id); return err }},
		"pause": {a.ID, func(id string) error {
			_, err := other.PauseAccount(m.ctx, connect.PauseAccountRequest{Key: "k", By: legal, AccountID: id, Charges: true})
			return err
		}},
		"resume": {a.ID, func(id string) error {
			_, err := other.ResumeAccount(m.ctx, connect.ResumeAccountRequest{Key: "k", By: legal, AccountID: id})
			return err
		}},
		"dispute rates": {a.ID, func(id string) error {
			_, err := other.DisputeRates(m.ctx, connect.DisputeRatesRequest{AccountID: id})
			return err
		}},
		"get warning": {w.ID, func(id string) error { _, err := other.GetWarning(m.ctx, id); return err }},
		"act on warning": {w.ID, func(id string) error {
			_, err := other.ActOnWarning(m.ctx, connect.ActOnWarningRequest{Key: "k", By: clerk, WarningID: id})
			return err
		}},
		"dismiss warning": {w.ID, func(id string) error {
			_, err := other.DismissWarning(m.ctx, connect.DismissWarningRequest{Key: "k", By: clerk, WarningID: id})
			return err
		}},
		"finish warning": {w.ID, func(id string) error { return other.Finish(m.ctx, id) }},
		"warnings of": {c.ID, func(id string) error {
			_, err := other.ListWarnings(m.ctx, connect.ListRequest{ChargeID: id})
			return err
		}},
		"get answer":    {answer.ID, func(id string) error { _, err := other.GetDisputeAnswer(m.ctx, id); return err }},
		"finish answer": {answer.ID, func(id string) error { return other.Finish(m.ctx, id) }},
		"recover": {d.ID, func(id string) error {
			_, err := other.RecoverDispute(m.ctx, connect.RecoverDisputeRequest{Key: "k", DisputeID: id})
			return err
		}},
		"stage": {d.ID, func(id string) error {
			_, err := other.StageEvidence(m.ctx, connect.StageEvidenceRequest{Key: "k", DisputeID: id, Evidence: said("x")})
			return err
		}},
		"answer": {d.ID, func(id string) error {
			_, err := other.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: "k", DisputeID: id, Evidence: said("x")})
			return err
		}},
		"get refund":    {r.ID, func(id string) error { _, err := other.GetRefund(m.ctx, id); return err }},
		"get transfer":  {tr.ID, func(id string) error { _, err := other.GetTransfer(m.ctx, id); return err }},
		"get cash sale": {cash.ID, func(id string) error { _, err := other.GetCashSale(m.ctx, id); return err }},
		"get payout":    {po.ID, func(id string) error { _, err := other.GetPayout(m.ctx, id); return err }},
		"cancel payout": {po.ID, func(id string) error {
			_, err := other.CancelPayout(m.ctx, connect.CancelPayoutRequest{Key: "k", PayoutID: id})
			return err
		}},
		"finish charge": {c.ID, func(id string) error { return other.Finish(m.ctx, id) }},
		"finish refund": {r.ID, func(id string) error { return other.Finish(m.ctx, id) }},
		"finish payout": {po.ID, func(id string) error { return other.Finish(m.ctx, id) }},
		"refunds of charge": {c.ID, func(id string) error {
			_, err := other.ListRefunds(m.ctx, connect.ListRequest{ChargeID: id})
			return err
		}},
		"refunds of account": {a.ID, func(id string) error {
			_, err := other.ListRefunds(m.ctx, connect.ListRequest{AccountID: id})
			return err
		}},
		"page of charges": {c.ID, func(id string) error { _, err := other.ListCharges(m.ctx, connect.ListRequest{After: id}); return err }},
		"page of payouts": {po.ID, func(id string) error { _, err := other.ListPayouts(m.ctx, connect.ListRequest{After: id}); return err }},
		"statement of": {m.platform.ID(), func(id string) error {
			_, err := other.Statement(m.ctx, ledger.StatementRequest{Account: ledger.Ref{Book: id, Owner: a.ID, Purpose: "available", Currency: ledger.USD}})
			return err
		}},
	}
	for name, try := range tries {
		// An id of the same form and length that nobody has: the last character
		// is another.
		unknown := try.id[:len(try.id)-1] + "z"
		before := snapshot(t, m.Store())
		foreign, missing := try.try(try.id), try.try(unknown)
		require.Error(t, foreign, name)
		require.Equal(t, replaceID(missing.Error(), unknown), replaceID(foreign.Error(), try.id), name)
		var e *ledger.Error
		require.ErrorAs(t, foreign, &e, name)
		require.Contains(t, []string{"not_found", "invalid_cursor"}, e.Code, name)
		require.Equal(t, before, snapshot(t, m.Store()), name)
	}
	page, err := other.ListCharges(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Empty(t, page.Items)
	events, _, err := other.Events(m.ctx, "", 0)
	require.NoError(t, err)
	for _, e := range events {
		require.Equal(t, other.ID(), e.Platform)
	}
	require.Equal(t, payout.Pending, po.Status)
}

func replaceID(text, id string) string {
	for i := 0; i+len(id) <= len(text); i++ {
		if text[i:i+len(id)] == id {
			return text[:i] + "ID" + text[i+len(id):]
		}
	}
	return text
}
