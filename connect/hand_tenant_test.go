package connect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// foreign is a call about another platform's object.
type foreign struct {
	id  string
	try func(p *connect.Platform, id string) error
}

// requireForeign requires that each call gets the answer of an unknown id, and that
// nothing changes.
func (m *market) requireForeign(list map[string]foreign) {
	m.t.Helper()
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(m.t, err)
	before := snapshot(m.t, m.Store())
	for name, x := range list {
		unknown := x.id[:len(x.id)-1] + "z"
		is, missing := x.try(other, x.id), x.try(other, unknown)
		require.Error(m.t, is, name)
		require.Equal(m.t, replaceID(missing.Error(), unknown), replaceID(is.Error(), x.id), name)
		var e *ledger.Error
		require.ErrorAs(m.t, is, &e, name)
		require.Contains(m.t, []string{"not_found", "invalid_cursor"}, e.Code, name)
	}
	require.Equal(m.t, before, snapshot(m.t, m.Store()))
}

// Fees, adjustments and proposals of another platform are unknown (promise 65).
func TestForeignByHand(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 10000, 0, connect.TestCardAtOnce)
	f, x := m.fee(a.ID, 10), m.adjust(a.ID, 10)
	b, err := m.platform.ReturnFee(m.ctx, connect.ReturnFeeRequest{Key: "r", FeeID: f.ID, Amount: usd(1)})
	require.NoError(t, err)
	frz, ctx := m.frozen(a.ID, usd(1)), m.ctx
	off := m.writtenOff(m.debtor(100), 1000)
	rec, err := m.platform.RecoverWriteOff(ctx, connect.RecoverWriteOffRequest{Key: "rec", By: boss, WriteOffID: off.ID, Amount: usd(1)})
	require.NoError(t, err)
	dorm := m.unclaimed(100)[0]
	bulk, err := m.platform.StartBulk(ctx, connect.BulkRequest{Key: "bulk", By: boss, Action: connect.BulkHold})
	require.NoError(t, err)
	m.requireForeign(map[string]foreign{
		"fee of": {a.ID, func(p *connect.Platform, id string) error {
			_, err := p.ChargeFee(ctx, connect.FeeRequest{Key: "k", AccountID: id, Kind: connect.FeePlan, Amount: usd(1)})
			return err
		}},
		"forced fee of": {a.ID, func(p *connect.Platform, id string) error {
			_, err := p.ChargeFee(ctx, connect.FeeRequest{Key: "k", AccountID: id, Kind: connect.FeePlan, Amount: usd(1), Force: true})
			return err
		}},
		"get fee":        {f.ID, func(p *connect.Platform, id string) error { _, err := p.GetPlatformFee(ctx, id); return err }},
		"get fee return": {b.ID, func(p *connect.Platform, id string) error { _, err := p.GetPlatformFeeReturn(ctx, id); return err }},
		"return fee": {f.ID, func(p *connect.Platform, id string) error {
			_, err := p.ReturnFee(ctx, connect.ReturnFeeRequest{Key: "k", FeeID: id})
			return err
		}},
		"page of fees": {f.ID, func(p *connect.Platform, id string) error {
			_, err := p.ListPlatformFees(ctx, connect.ListRequest{After: id})
			return err
		}},
		"adjust": {a.ID, func(p *connect.Platform, id string) error {
			_, err := p.Adjust(ctx, connect.AdjustRequest{Key: "k", By: boss, AccountID: id, Amount: usd(1), Reason: connect.AdjustGoodwill})
			return err
		}},
		"get adjustment": {x.ID, func(p *connect.Platform, id string) error { _, err := p.GetAdjustment(ctx, id); return err }},
		"undo": {x.ID, func(p *connect.Platform, id string) error {
			_, err := p.UndoAdjustment(ctx, connect.UndoAdjustmentRequest{Key: "k", By: boss, AdjustmentID: id, Reason: connect.AdjustCorrection})
			return err
		}},
		"get proposal": {x.Signed.Proposal, func(p *connect.Platform, id string) error { _, err := p.GetProposal(ctx, id); return err }},
		"approve": {x.Signed.Proposal, func(p *connect.Platform, id string) error {
			_, err := p.ApproveProposal(ctx, connect.ApproveProposalRequest{Key: "k", By: boss, ProposalID: id})
			return err
		}},
		"refuse": {x.Signed.Proposal, func(p *connect.Platform, id string) error {
			_, err := p.RefuseProposal(ctx, connect.RefuseProposalRequest{Key: "k", By: boss, ProposalID: id})
			return err
		}},
		"freeze": {a.ID, func(p *connect.Platform, id string) error {
			_, err := p.Freeze(ctx, connect.FreezeRequest{Key: "k", By: boss, AccountID: id, Cause: connect.FreezeCourt, Authority: "a", Document: "d"})
			return err
		}},
		"exposure":    {a.ID, func(p *connect.Platform, id string) error { _, err := p.Exposure(ctx, id); return err }},
		"get reserve": {m.reserved(1000, 10, 30).ID, func(p *connect.Platform, id string) error { _, err := p.GetReserve(ctx, id); return err }},
		"release reserve": {m.reserved(1000, 10, 30).ID, func(p *connect.Platform, id string) error {
			_, err := p.ReleaseReserve(ctx, connect.ReleaseReserveRequest{Key: "k", By: boss, ReserveID: id, Description: "d"})
			return err
		}},
		"set reserve": {a.ID, func(p *connect.Platform, id string) error {
			_, err := p.SetReserve(ctx, connect.ReserveRequest{Key: "k", By: boss, AccountID: id, Description: "d"})
			return err
		}},
		"get reserve plan": {m.reserved(1000, 10, 30).Plan, func(p *connect.Platform, id string) error {
			_, err := p.GetReservePlan(ctx, id)
			return err
		}},
		"close": {a.ID, func(p *connect.Platform, id string) error {
			_, err := p.CloseAccount(ctx, connect.CloseAccountRequest{Key: "k", By: boss, AccountID: id, Description: "d"})
			return err
		}},
		"get closing": {m.closing(m.seller().ID).ID, func(p *connect.Platform, id string) error {
			_, err := p.GetAccountClosing(ctx, id)
			return err
		}},
		"stop closing": {m.closing(m.seller().ID).ID, func(p *connect.Platform, id string) error {
			_, err := p.StopClosing(ctx, connect.StopClosingRequest{Key: "k", By: boss, ClosingID: id})
			return err
		}},
		"get freeze": {frz.ID, func(p *connect.Platform, id string) error { _, err := p.GetFreeze(ctx, id); return err }},
		"unfreeze": {frz.ID, func(p *connect.Platform, id string) error {
			_, err := p.Unfreeze(ctx, connect.UnfreezeRequest{Key: "k", By: boss, FreezeID: id, Document: "d"})
			return err
		}},
		"write off": {a.ID, func(p *connect.Platform, id string) error {
			_, err := p.WriteOff(ctx, connect.WriteOffRequest{Key: "k", By: boss, AccountID: id, Amount: usd(1), Description: "d"})
			return err
		}},
		"get write-off": {off.ID, func(p *connect.Platform, id string) error { _, err := p.GetWriteOff(ctx, id); return err }},
		"recover": {off.ID, func(p *connect.Platform, id string) error {
			_, err := p.RecoverWriteOff(ctx, connect.RecoverWriteOffRequest{Key: "k", By: boss, WriteOffID: id})
			return err
		}},
		"get recovery": {rec.ID, func(p *connect.Platform, id string) error { _, err := p.GetRecovery(ctx, id); return err }},
		"mark dormant": {a.ID, func(p *connect.Platform, id string) error {
			_, err := p.MarkDormant(ctx, connect.DormantRequest{Key: "k", By: boss, AccountID: id, Since: m.Clock.Now(), Notice: connect.OwnerNotice{How: "x"}})
			return err
		}},
		"get dormancy": {dorm, func(p *connect.Platform, id string) error { _, err := p.GetDormancy(ctx, id); return err }},
		"notice": {dorm, func(p *connect.Platform, id string) error {
			_, err := p.RecordOwnerNotice(ctx, connect.OwnerNoticeRequest{Key: "k", By: boss, DormancyID: id, Notice: connect.OwnerNotice{How: "x"}})
			return err
		}},
		"reclaim": {dorm, func(p *connect.Platform, id string) error {
			_, err := p.ReclaimDormant(ctx, connect.ReclaimRequest{Key: "k", By: boss, DormancyID: id})
			return err
		}},
		"surrender": {dorm, func(p *connect.Platform, id string) error {
			_, err := p.SurrenderUnclaimed(ctx, connect.SurrenderRequest{
				Key: "k", By: boss, DormancyID: id, Document: "d", Bank: &connect.BankDetails{Token: "t", Country: "US", Currency: ledger.USD},
			})
			return err
		}},
		"bulk of": {a.ID, func(p *connect.Platform, id string) error {
			_, err := p.StartBulk(ctx, connect.BulkRequest{Key: "k", By: boss, Action: connect.BulkHold, Filter: connect.BulkFilter{AccountID: id}})
			return err
		}},
		"preview of": {a.ID, func(p *connect.Platform, id string) error {
			_, err := p.PreviewBulk(ctx, connect.BulkRequest{Action: connect.BulkHold, Filter: connect.BulkFilter{AccountID: id}})
			return err
		}},
		"get bulk": {bulk.ID, func(p *connect.Platform, id string) error { _, err := p.GetBulk(ctx, id); return err }},
		"items of": {bulk.ID, func(p *connect.Platform, id string) (err error) {
			for _, err = range p.BulkItems(ctx, id) {
				break
			}
			return err
		}},
		"bulks after": {bulk.ID, func(p *connect.Platform, id string) error {
			_, err := p.ListBulks(ctx, connect.ListRequest{After: id})
			return err
		}},
		"stop": {bulk.ID, func(p *connect.Platform, id string) error {
			_, err := p.StopBulk(ctx, connect.StopBulkRequest{Key: "k", By: boss, BulkID: id})
			return err
		}},
		"proposals of": {a.ID, func(p *connect.Platform, id string) error {
			_, err := p.ListProposals(ctx, connect.ListRequest{AccountID: id})
			return err
		}},
	})
}
