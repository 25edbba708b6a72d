package connect_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// terms are random terms of what waits.
func (w *wild) terms() *connect.HoldTerms {
	h := &connect.HoldTerms{LongestDays: w.IntN(12), AtEnd: pick(w, "", connect.HoldReleases, connect.HoldRefunds)}
	switch w.IntN(5) {
	case 0:
		h.Until, h.Date = connect.HoldDate, w.Clock.Now().Add(time.Duration(w.Int64N(int64(240*time.Hour))))
	case 1:
		h.Until, h.Days = connect.HoldEvent, w.IntN(5)
	case 2:
		h.Until = connect.HoldVerified
	case 3:
		h.Milestones = []connect.Milestone{{Name: "a", Parts: 1 + w.Int64N(9)}, {Name: "b", Parts: 1 + w.Int64N(9)}, {Name: "c", Parts: 1}}
	}
	return h
}

// onHold does something with a share that waits: releases all or some of it, reports
// an event, complains, decides about its group.
func (w *wild) onHold() {
	list := append(append([]own{}, w.charges...), w.transfers...)
	if len(list) == 0 {
		return
	}
	var of own
	var s *connect.HeldShare
	var err error
	for range 20 {
		of = pick(w, list...)
		if s, err = of.GetHeldShare(w.ctx, of.id); err == nil && s.Status != connect.ShareReleased {
			break
		}
	}
	if err != nil {
		requireCode(w.t, err, ledger.NotFound, "not_found")
		return
	}
	charge, transfer := s.Charge, s.Transfer
	if transfer != "" {
		charge = ""
	}
	p := of.Platform
	if w.one(3) {
		p = p.In(w.Store())
	}
	r := connect.ReleaseRequest{Key: w.key(), ChargeID: charge, TransferID: transfer}
	what := w.IntN(9)
	if s.Status == connect.ShareDisputed && w.one(2) {
		what = 2
	}
	switch what {
	case 0:
		_, err = p.ReportEvent(w.ctx, connect.EventRequest{Key: w.key(), ChargeID: charge, TransferID: transfer})
	case 1:
		_, err = p.OpenComplaint(w.ctx, connect.ComplaintRequest{Key: w.key(), ChargeID: charge, TransferID: transfer})
	case 2:
		then := pick(w, "", connect.HoldReleases, connect.HoldRefunds)
		_, err = p.CloseComplaint(w.ctx, connect.CloseComplaintRequest{Key: w.key(), ChargeID: charge, TransferID: transfer, Then: then})
	case 3:
		_, err = p.ChangeHold(w.ctx, connect.HoldChange{Key: w.key(), ChargeID: charge, TransferID: transfer, End: w.Clock.Now().Add(48 * time.Hour)})
	case 4:
		if s.Group != "" && w.one(4) {
			_, err = pick(w, p.ReleaseGroup, p.RefundGroup)(w.ctx, connect.GroupRequest{Key: w.key(), TransferGroup: s.Group})
		}
	case 5:
		r.Milestone = pick(w, "a", "b", "c")
		w.release(p, r)
		return
	default:
		if !w.one(3) {
			r.Amount = ledger.Minor(1+w.Int64N(s.In.Amount.Minor()), s.In.Amount.Currency())
		}
		w.release(p, r)
		return
	}
	w.note(err)
}

// release releases, now and then twice under its key.
func (w *wild) release(p *Platform, r connect.ReleaseRequest) {
	o, err := p.Release(w.ctx, r)
	if w.note(err) && w.one(2) {
		again, err := p.Release(w.ctx, r)
		require.NoError(w.t, err)
		require.True(w.t, again.Replayed)
		require.Equal(w.t, o.ID, again.ID)
	}
}
