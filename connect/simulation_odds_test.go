package connect_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// anyOf is one of the first of a list; nil if there is none.
func anyOf[T any](w *wild, list *connect.List[T], err error) *T {
	require.NoError(w.t, err)
	if len(list.Items) == 0 {
		return nil
	}
	return list.Items[w.IntN(len(list.Items))]
}

// mandates lets a mandate be signed, suspended, resumed, amended, canceled.
func (w *wild) mandates(who own, _ ledger.Currency) {
	list, err := who.ListMandates(w.ctx, connect.ListRequest{Limit: 10})
	m := anyOf(w, list, err)
	step := connect.MandateStepRequest{Key: w.key()}
	if m != nil {
		step.MandateID = m.ID
	}
	switch n := w.IntN(6); {
	case m == nil || n == 0:
		r := achMandate(w.key(), payout.TestAccount)
		if w.one(2) {
			r.Signature = connect.MandateSignature{}
		}
		_, err = who.CreateMandate(w.ctx, r)
	case n == 1:
		_, err = who.ActivateMandate(w.ctx, connect.ActivateMandateRequest{Key: w.key(), MandateID: m.ID, Signature: signature})
	case n == 2:
		_, err = who.SuspendMandate(w.ctx, step)
	case n == 3:
		_, err = who.ResumeMandate(w.ctx, step)
	case n == 4:
		_, err = who.AmendMandate(w.ctx, connect.AmendMandateRequest{Key: w.key(), MandateID: m.ID, Name: pick(w, "Other", "Another")})
	default:
		if w.one(3) {
			_, err = who.CancelMandate(w.ctx, step)
		}
	}
	w.note(err)
}

// coins opens receivers, pays into them, lets blocks be found and lost, and does with
// coins what can be done with them.
func (w *wild) coins(who own, _ ledger.Currency) {
	list, err := who.ListReceivers(w.ctx, connect.ListRequest{Limit: 6})
	x := anyOf(w, list, err)
	switch n := w.IntN(8); {
	case x == nil || n == 0:
		r := connect.ReceiverRequest{Key: w.key(), Amount: usd(2000 + w.Int64N(3000)), AccountID: who.id, RefundTo: buyer}
		if who.id != "" {
			r.ApplicationFee = usd(w.Int64N(300))
		}
		_, err = who.CreateReceiver(w.ctx, r)
	case n <= 2 && x.Address != "":
		w.Coins.Pay(x.Address, 1_000_000+w.Int64N(20_000_000))
	case n == 3 && w.one(4):
		w.Coins.Reorganise(1 + w.IntN(2))
	case n <= 4:
		w.Coins.Mine(1 + w.IntN(6))
	case n == 5:
		_, err = who.ApplyCoins(w.ctx, connect.ApplyRequest{Key: w.key(), ReceiverID: x.ID, Guaranteed: w.one(2)})
	case n == 6:
		_, err = who.ReturnCoins(w.ctx, connect.ReturnRequest{Key: w.key(), ReceiverID: x.ID, Address: buyer})
	case x.Charge != "":
		_, err = who.RefundCoins(w.ctx, connect.CoinRefundRequest{Key: w.key(), ChargeID: x.Charge, Address: buyer, ReverseTransfer: w.one(2)})
	}
	w.note(err)
	for _, s := range w.Coins.Tell() {
		err := w.sim.tell("CoinNews", nil, func(e *connect.Engine) error { return e.CoinNews(w.ctx, s) })
		require.NoError(w.t, err)
	}
	if w.one(3) {
		w.Coins.Next(pick(w, bitcoin.LoseAnswer, bitcoin.LoseRequest, bitcoin.Refuse, bitcoin.Queue))
	}
}

// odds are what happens seldom: taxes are remitted, agreements end, owners are written
// to, evidence is laid by, limits are proposed, the platform changes its name.
func (w *wild) odds(who own, cur ledger.Currency) {
	var err error
	switch w.IntN(10) {
	case 8, 9:
		w.letWait(who, cur)
	case 6:
		list, e := who.ListTopUps(w.ctx, connect.ListRequest{Limit: 5})
		if t := anyOf(w, list, e); t != nil {
			_, err = who.ReverseTopUp(w.ctx, connect.ReverseTopUpRequest{Key: w.key(), TopUpID: t.ID})
		}
	case 7:
		w.foreign(who.Platform)
	case 0:
		bank := &connect.BankDetails{Token: w.bank(), Country: "DE", Currency: cur}
		_, err = who.RemitTax(w.ctx, connect.RemitTaxRequest{Key: w.key(), Authority: pick(w, "t0", "t1"), Bank: bank, Amount: ledger.Zero(cur)})
	case 1:
		list, e := who.ListAgreements(w.ctx, connect.ListRequest{Limit: 5})
		if g := anyOf(w, list, e); g != nil {
			_, err = who.EndAgreement(w.ctx, connect.EndAgreementRequest{Key: w.key(), AgreementID: g.ID})
		}
	case 2:
		list, e := who.ListDisputes(w.ctx, connect.ListRequest{Limit: 5})
		if d := anyOf(w, list, e); d != nil {
			_, err = who.StageEvidence(w.ctx, connect.StageEvidenceRequest{Key: w.key(), DisputeID: d.ID, Evidence: said("It was sent.")})
		}
	case 3:
		list, e := who.ListDormancies(w.ctx, connect.ListRequest{Limit: 5})
		if d := anyOf(w, list, e); d != nil {
			_, err = who.RecordOwnerNotice(w.ctx, connect.OwnerNoticeRequest{Key: w.key(), By: legal, DormancyID: d.ID, Notice: connect.OwnerNotice{How: "email"}})
		}
	case 4:
		_, err = who.ProposeLimits(w.ctx, connect.LimitsRequest{Key: w.key(), By: boss, Limits: []connect.RightLimit{{Right: connect.RightFinance, Alone: ledger.Minor(1+w.Int64N(9000), cur)}}})
	case 5:
		_, err = who.UpdatePlatform(w.ctx, connect.PlatformUpdate{Key: w.key(), Name: pick(w, "P", "Q")})
	}
	w.note(err)
	if w.one(4) {
		w.wait(time.Minute)
	}
}

// foreign asks for what is another platform's, which is as if it were not there (promise 65).
func (w *wild) foreign(p *Platform) {
	for _, of := range append(append([]own{}, w.charges...), w.transfers...) {
		if of.ID() == p.ID() {
			continue
		}
		_, err := p.Refund(w.ctx, connect.RefundRequest{Key: w.key(), ChargeID: of.id})
		requireCode(w.t, err, ledger.NotFound, "not_found")
		_, err = p.Capture(w.ctx, connect.CaptureRequest{Key: w.key(), ChargeID: of.id})
		requireCode(w.t, err, ledger.NotFound, "not_found")
		_, err = p.ReverseTransfer(w.ctx, connect.ReverseTransferRequest{Key: w.key(), TransferID: of.id})
		requireCode(w.t, err, ledger.NotFound, "not_found")
		return
	}
}
