package connect_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// handModel is what should be of one seller and the platform, in cents. The seller may
// owe 5.00 by their terms, and a clerk gives or takes 3.00 a day alone.
type handModel struct {
	available, frozen, platform, losses int64

	order    int64 // that stands against the seller: 0 none, -1 everything
	freezeID string
	used     int64
	fees     []*modelFee
	adjusts  []*modelAdjust
	offs     []*modelOff
}

type modelFee struct {
	id                      string
	amount, tax, back, taxB int64
}

type modelAdjust struct {
	id     string
	amount int64
	house  bool
	state  string // proposed, made, undone
}

type modelOff struct {
	id           string
	amount, back int64
}

const (
	modelOwes  = 500
	modelAlone = 300
)

// takes says whether an amount can be taken out of what is available.
func (h *handModel) takes(m int64, force bool) bool {
	switch {
	case h.order < 0 || h.order > h.frozen:
		return false
	case force:
		return h.available+modelOwes >= m
	}
	return h.available >= m
}

// handRun is a marketplace with one seller, and its model.
type handRun struct {
	*market
	t      *rapid.T
	model  handModel
	seller string
	keys   int
}

// What a seller has is what a small model says, whatever fees, adjustments, orders and
// write-offs meet it in whatever order; and each is refused when the model says so
// (promises 4, 10, 12 and 20).
func TestHandFollowsTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMarket(t, connecttest.Config{})
		a := m.seller(func(r *connect.AccountRequest) {
			r.MayOwe, r.LossesBearer, r.ShortBalance = []ledger.Money{usd(modelOwes)}, connect.PartyHouse, connect.ShortNegative
		})
		m.limits(connect.RightLimit{Right: connect.RightSupport, Alone: usd(modelAlone)})
		_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "up", Amount: usd(2000)})
		require.NoError(t, err)
		run := &handRun{market: m, t: rt, seller: a.ID, model: handModel{platform: 2000}}
		rt.Repeat(map[string]func(*rapid.T){
			"fee": run.fees, "fee back": run.feeBacks, "adjust": run.adjusts, "decide": run.decides, "undo": run.undoes,
			"freeze": run.freezes, "lift": run.lifts, "write off": run.writesOff, "recover": run.recovers,
			"cash": run.cash, "pay out": run.paysOut, "wait": run.waits, "": run.check,
		})
	})
}

func (r *handRun) next() string {
	r.keys++
	return fmt.Sprint("hand-", r.keys)
}

// answered requires that something was done exactly if it should be.
func (r *handRun) answered(should bool, err error, what string) bool {
	r.t.Helper()
	if should {
		require.NoError(r.t, err, what)
	} else {
		require.Error(r.t, err, what)
	}
	return should
}

func (r *handRun) fees(t *rapid.T) {
	f := &modelFee{amount: rapid.Int64Range(1, 700).Draw(t, "amount"), tax: rapid.Int64Range(0, 50).Draw(t, "tax")}
	q := connect.FeeRequest{Key: r.next(), AccountID: r.seller, Kind: connect.FeePlan, Amount: usd(f.amount), Force: rapid.Bool().Draw(t, "force")}
	if f.tax > 0 {
		q.Tax = taxes(f.tax)
	}
	x, err := r.platform.ChargeFee(r.ctx, q)
	if r.answered(r.model.takes(f.amount+f.tax, q.Force), err, "fee") {
		f.id = x.ID
		r.model.available -= f.amount + f.tax
		r.model.platform += f.amount
		r.model.fees = append(r.model.fees, f)
	}
}

func (r *handRun) feeBacks(t *rapid.T) {
	if len(r.model.fees) == 0 {
		t.Skip("no fee")
	}
	f := rapid.SampledFrom(r.model.fees).Draw(t, "fee")
	m := rapid.Int64Range(1, f.amount).Draw(t, "amount")
	_, err := r.platform.ReturnFee(r.ctx, connect.ReturnFeeRequest{Key: r.next(), FeeID: f.id, Amount: usd(m)})
	if r.answered(f.back+m <= f.amount, err, "fee back") {
		f.back += m
		tax := (2*f.tax*f.back+f.amount)/(2*f.amount) - f.taxB // rounded half up
		f.taxB += tax
		r.model.available += m + tax
		r.model.platform -= m
	}
}

// book does what an adjustment does, or with sign -1 undoes; false: it cannot.
func (h *handModel) book(a *modelAdjust, sign int64) bool {
	m := a.amount * sign
	switch {
	case m < 0 && !h.takes(-m, false), m > 0 && !a.house && h.platform < m:
		return false
	}
	h.available += m
	if a.house {
		h.losses -= m
	} else {
		h.platform -= m
	}
	return true
}

func (r *handRun) adjusts(t *rapid.T) {
	a := &modelAdjust{amount: rapid.Int64Range(1, 400).Draw(t, "amount"), house: rapid.Bool().Draw(t, "house"), state: "proposed"}
	alone := !a.house && r.model.used+a.amount <= modelAlone
	size := a.amount
	if rapid.Bool().Draw(t, "takes") {
		a.amount = -a.amount
	}
	q := connect.AdjustRequest{Key: r.next(), By: by("ann", connect.RightSupport), AccountID: r.seller, Amount: usd(a.amount), Reason: connect.AdjustCorrection}
	if a.house {
		q.Bearer = connect.PartyHouse
	}
	x, err := r.platform.Adjust(r.ctx, q)
	if alone {
		if !r.answered(r.model.book(a, 1), err, "adjust alone") {
			return
		}
		a.state = "made"
		r.model.used += size
	}
	require.NoError(t, err)
	a.id = x.ID
	r.model.adjusts = append(r.model.adjusts, a)
}

// decides lets a second person approve what was proposed last, or refuse it.
func (r *handRun) decides(t *rapid.T) {
	for o, err := range r.platform.Proposals(r.ctx, connect.ListRequest{AccountID: r.seller}) {
		require.NoError(t, err)
		if o.Status != connect.ProposalOpen {
			continue
		}
		if rapid.IntRange(0, 4).Draw(t, "refuse") == 0 {
			_, err := r.platform.RefuseProposal(r.ctx, connect.RefuseProposalRequest{Key: r.next(), ProposalID: o.ID, By: boss})
			require.NoError(t, err)
			return
		}
		_, err := r.platform.ApproveProposal(r.ctx, connect.ApproveProposalRequest{Key: r.next(), ProposalID: o.ID, By: by("ann", connect.RightAdmin)})
		require.Error(t, err, "its author")
		_, err = r.platform.ApproveProposal(r.ctx, connect.ApproveProposalRequest{Key: r.next(), ProposalID: o.ID, By: boss})
		r.approved(o, err)
		return
	}
	t.Skip("nothing is proposed")
}

func (r *handRun) approved(o *connect.Proposal, err error) {
	h := &r.model
	switch o.Action {
	case connect.ManualFreeze:
		require.NoError(r.t, err)
		h.order = -1
		if f, err := r.platform.GetFreeze(r.ctx, o.Object); err == nil && !f.Everything {
			h.order = f.Amount.Minor()
		}
		h.freezeID = o.Object
		h.sweep()
	case connect.ManualUnfreeze:
		require.NoError(r.t, err)
		h.available += h.frozen
		h.frozen, h.order, h.freezeID = 0, 0, ""
	case connect.ManualWriteOff:
		if r.answered(o.Amount.Minor() <= -h.available, err, "write off") {
			h.available += o.Amount.Minor()
			h.losses -= o.Amount.Minor()
			h.offs = append(h.offs, &modelOff{id: o.Object, amount: o.Amount.Minor()})
		}
	default:
		for _, a := range h.adjusts {
			if a.id != o.Object {
				continue
			}
			sign, state := int64(1), "made"
			if o.Action == connect.ManualUndo || o.Action == connect.ManualHouseUndo {
				sign, state = -1, "undone"
			}
			if r.answered(h.book(a, sign), err, string(o.Action)) {
				a.state = state
			}
		}
	}
}

// sweep freezes what the order wants of what is there.
func (h *handModel) sweep() {
	m := max(h.available, 0)
	if h.order > 0 {
		m = min(m, h.order-h.frozen)
	}
	if h.order != 0 {
		h.available, h.frozen = h.available-m, h.frozen+m
	}
}

func (r *handRun) undoes(t *rapid.T) {
	if len(r.model.adjusts) == 0 {
		t.Skip("nothing was adjusted")
	}
	a := rapid.SampledFrom(r.model.adjusts).Draw(t, "adjustment")
	x, err := r.platform.GetAdjustment(r.ctx, a.id)
	require.NoError(t, err)
	size := max(a.amount, -a.amount)
	_, err = r.platform.UndoAdjustment(r.ctx, connect.UndoAdjustmentRequest{Key: r.next(), By: by("ann", connect.RightSupport), AdjustmentID: a.id, Reason: connect.AdjustCorrection})
	switch {
	case a.state != "made" || x.Undo != nil:
		require.Error(t, err)
	case !a.house && r.model.used+size <= modelAlone:
		if r.answered(r.model.book(a, -1), err, "undo alone") {
			r.model.used += size
			a.state = "undone"
		}
	default:
		require.NoError(t, err)
	}
}

func (r *handRun) freezes(t *rapid.T) {
	for o, err := range r.platform.Proposals(r.ctx, connect.ListRequest{AccountID: r.seller}) {
		require.NoError(t, err)
		if r.model.order != 0 || o.Action == connect.ManualFreeze && o.Status == connect.ProposalOpen {
			t.Skip("one order at a time")
		}
	}
	q := connect.FreezeRequest{Key: r.next(), By: by("ann", connect.RightCompliance), AccountID: r.seller, Cause: connect.FreezeCourt, Authority: "c", Document: "d"}
	if n := rapid.Int64Range(0, 900).Draw(t, "amount"); n > 0 {
		q.Amount = usd(n)
	}
	_, err := r.platform.Freeze(r.ctx, q)
	require.NoError(t, err)
}

func (r *handRun) lifts(t *rapid.T) {
	if r.model.order == 0 {
		t.Skip("no order")
	}
	_, err := r.platform.Unfreeze(r.ctx, connect.UnfreezeRequest{Key: r.next(), By: by("ann", connect.RightCompliance), FreezeID: r.model.freezeID, Document: "d"})
	if err != nil {
		requireCode(r.market.t, err, ledger.State, "lift_proposed")
	}
}

func (r *handRun) writesOff(t *rapid.T) {
	m := rapid.Int64Range(0, 300).Draw(t, "amount")
	_, err := r.platform.WriteOff(r.ctx, connect.WriteOffRequest{Key: r.next(), By: by("ann", connect.RightFinance), AccountID: r.seller, Amount: usd(m), Description: "gone"})
	r.answered(r.model.available < 0 && m <= -r.model.available, err, "write off")
}

func (r *handRun) recovers(t *rapid.T) {
	if len(r.model.offs) == 0 {
		t.Skip("nothing was written off")
	}
	o := rapid.SampledFrom(r.model.offs).Draw(t, "write-off")
	m := rapid.Int64Range(1, o.amount).Draw(t, "amount")
	_, err := r.platform.RecoverWriteOff(r.ctx, connect.RecoverWriteOffRequest{Key: r.next(), By: chief, WriteOffID: o.id, Amount: usd(m)})
	if r.answered(o.back+m <= o.amount && r.model.takes(m, false), err, "recover") {
		o.back += m
		r.model.available -= m
		r.model.losses += m
	}
}

// cash is income, or a commission that is owed and forced.
func (r *handRun) cash(t *rapid.T) {
	m := rapid.Int64Range(1, 600).Draw(t, "amount")
	if rapid.IntRange(0, 2).Draw(t, "owes") == 0 {
		_, err := r.platform.RecordCashSale(r.ctx, connect.CashSaleRequest{Key: r.next(), AccountID: r.seller, Commission: usd(m)})
		require.NoError(t, err)
		r.model.available -= m
		r.model.platform += m
		return
	}
	_, err := r.platform.Transfer(r.ctx, connect.TransferRequest{Key: r.next(), To: r.seller, Amount: usd(m)})
	if r.answered(r.model.platform >= m, err, "transfer") {
		r.model.available += m
		r.model.platform -= m
	}
}

func (r *handRun) paysOut(t *rapid.T) {
	m := rapid.Int64Range(1, 600).Draw(t, "amount")
	_, err := r.platform.Payout(r.ctx, connect.PayoutRequest{Key: r.next(), AccountID: r.seller, Amount: usd(m)})
	if r.answered(r.model.takes(m, false), err, "payout") {
		r.model.available -= m
	}
}

func (r *handRun) waits(t *rapid.T) {
	d := time.Duration(rapid.IntRange(1, 3).Draw(t, "days")) * 24 * time.Hour
	r.pass(d)
	r.model.used = 0
	r.model.sweep()
}

func (r *handRun) check(t *rapid.T) {
	h := &r.model
	has := r.has(r.seller)
	b, err := r.platform.Balance(r.ctx, "")
	require.NoError(t, err)
	want := []ledger.Money{usd(h.available), usd(h.frozen), usd(h.platform)}
	require.Equal(t, want, []ledger.Money{has.Available, has.Other, b.In(ledger.USD).Available})
	trial, err := r.platform.TrialBalance(r.ctx)
	require.NoError(t, err)
	require.True(t, trial.IsZero())
	r.verify()
}
