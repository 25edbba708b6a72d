package connect_test

import (
	"time"

	"github.com/soukhq/souk/compliance"
	rulelang "github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// randomRules let a person look at what is large, and block little.
func randomRules() []compliance.Rule {
	set, err := rulelang.Compile(`
		large: review if kind = "charge" and amount > 1000 USD
		out: review if kind = "transfer" and amount > 45 USD
		huge: block if amount > 1190 USD
	`, rulelang.Options{})
	if err != nil {
		panic(err)
	}
	return []compliance.Rule{set}
}

// limits sets a limit, of the platform or a seller, or ends one.
func (w *wild) limits(who own, cur ledger.Currency) {
	if w.one(3) {
		list, err := who.ListLimits(w.ctx, connect.ListRequest{Limit: 5})
		if l := anyOf(w, list, err); l != nil {
			_, err = who.EndLimit(w.ctx, connect.EndLimitRequest{Key: w.key(), LimitID: l.ID})
			w.note(err)
			return
		}
	}
	r := connect.SetLimitRequest{Key: w.key(), AccountID: who.id, Name: pick(w, "a", "b"), Of: pick(w, connect.LimitCharges, connect.LimitCharges, connect.LimitTransfers)}
	r.Window = pick(w, connect.LimitDay, connect.LimitWeek, connect.LimitMonth, connect.LimitRolling)
	if r.Window == connect.LimitRolling {
		r.Days = 1 + w.IntN(4)
	}
	r.Each = who.id == "" && w.one(2)
	if w.one(2) {
		r.Count = 1 + w.Int64N(8)
	} else {
		r.Amount = ledger.Minor(5000+w.Int64N(400_000), cur)
	}
	_, err := who.SetLimit(w.ctx, r)
	w.note(err)
}

// reviewed approves or refuses what waits for a person.
func (w *wild) reviewed(who own, _ ledger.Currency) {
	list, err := who.ListReviews(w.ctx, connect.ListRequest{Limit: 6})
	o := anyOf(w, list, err)
	if o == nil {
		return
	}
	r := connect.DecideReviewRequest{Key: w.key(), ReviewID: o.ID, By: pick(w, boss, boss, legal, clerk)}
	if w.one(3) {
		_, err = who.RefuseReview(w.ctx, r)
	} else {
		_, err = who.ApproveReview(w.ctx, r)
	}
	w.note(err)
}

// bulk refunds, holds or releases many charges, or stops doing so.
func (w *wild) bulk(who own, cur ledger.Currency) {
	if w.one(4) {
		w.decideBulks(who.Platform)
	}
	if w.one(4) {
		list, err := who.ListBulks(w.ctx, connect.ListRequest{Limit: 3})
		if b := anyOf(w, list, err); b != nil {
			_, err = who.StopBulk(w.ctx, connect.StopBulkRequest{Key: w.key(), By: boss, BulkID: b.ID})
			w.note(err)
			return
		}
	}
	r := connect.BulkRequest{
		Key: w.key(), By: pick(w, boss, chief, clerk), Action: pick(w, connect.BulkRefund, connect.BulkRelease, connect.BulkHold),
		Filter: connect.BulkFilter{AccountID: who.id, From: w.Clock.Now().Add(-48 * time.Hour)},
	}
	switch r.Action {
	case connect.BulkHold:
		r.Reason = "many complain"
	case connect.BulkRefund:
		r.ReverseTransfer, r.RefundFee = who.id != "" && w.one(2), false
		r.RefundFee = r.ReverseTransfer && w.one(2)
		fallthrough
	case connect.BulkRelease:
		r.Most = ledger.Minor(1+w.Int64N(300_000), cur)
	}
	_, err := who.StartBulk(w.ctx, r)
	w.note(err)
}

// closes closes a seller's account, or lets it go on after all.
func (w *wild) closes(who own, _ ledger.Currency) {
	if who.id == "" {
		return
	}
	list, err := who.ListAccountClosings(w.ctx, connect.ListRequest{AccountID: who.id, Limit: 1})
	switch c := anyOf(w, list, err); {
	case c != nil && !w.one(4):
		_, err = who.StopClosing(w.ctx, connect.StopClosingRequest{Key: w.key(), By: boss, ClosingID: c.ID})
	case w.one(3):
		_, err = who.CloseAccount(w.ctx, connect.CloseAccountRequest{Key: w.key(), By: boss, AccountID: who.id, Description: "d"})
	}
	w.note(err)
}

// paused pauses a seller, or ends that.
func (w *wild) paused(who own, _ ledger.Currency) {
	if who.id == "" {
		return
	}
	var err error
	if w.one(3) {
		_, err = who.PauseAccount(w.ctx, connect.PauseAccountRequest{Key: w.key(), By: boss, AccountID: who.id, Charges: w.one(2), Payouts: w.one(2)})
	} else {
		_, err = who.ResumeAccount(w.ctx, connect.ResumeAccountRequest{Key: w.key(), By: boss, AccountID: who.id})
	}
	w.note(err)
}

// handOver freezes what a seller has, hands it over to a court, and lets two people
// approve it.
func (w *wild) handOver(who own, cur ledger.Currency) {
	list, err := who.ListFreezes(w.ctx, connect.ListRequest{Limit: 6})
	f := anyOf(w, list, err)
	if f == nil || w.one(4) {
		if who.id != "" {
			_, err = who.Freeze(w.ctx, connect.FreezeRequest{
				Key: w.key(), By: legal, AccountID: who.id, Cause: connect.FreezeCourt, Authority: "c", Document: "d", Amount: ledger.Minor(1+w.Int64N(20000), cur),
			})
			w.note(err)
		}
		return
	}
	if f.Amount != (ledger.Money{}) && w.one(2) {
		cur = f.Amount.Currency()
	}
	r := connect.SurrenderFrozenRequest{
		Key: w.key(), By: legal, FreezeID: f.ID, Document: "o", Bank: &connect.BankDetails{Token: w.bank(), Country: "DE", Currency: cur},
	}
	if w.one(2) {
		r.Amount = ledger.Minor(1+w.Int64N(9000), cur)
	}
	_, err = who.SurrenderFrozen(w.ctx, r)
	w.note(err)
	w.decide(own{who.Platform, f.Account}, func() connect.Actor {
		return pick(w, boss, connect.Actor{ID: "another", Rights: []connect.Right{connect.RightCompliance}})
	})
}
