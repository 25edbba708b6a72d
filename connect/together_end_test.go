package connect_test

import (
	"encoding/json"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// end gives all back that is left, and looks at who has what.
func (w *together) end() {
	w.say("end")
	for len(w.refunds) > 0 {
		w.answerRefund(!w.one(3))
	}
	w.answerCapture(true)
	w.c = w.now(w.c)
	if w.c.Status == connect.ChargeAuthorized || w.c.Status == connect.ChargeSucceeded && w.c.Authorization != nil && !w.c.Authorization.Ended {
		_, err := w.by().Cancel(w.ctx, connect.CancelRequest{Key: w.key(), ChargeID: w.c.ID})
		w.note(err)
		w.c = w.now(w.c)
	}
	if !w.takeBack() {
		return
	}
	w.c = w.now(w.c)
	back := w.c.Refunded
	if w.c.Settlement != nil {
		back = w.c.Settlement.Refunded
	}
	both := w.c.Failure != nil && !back.IsZero()
	if left := paid(w.c).Minor() - back.Minor(); w.c.Status == connect.ChargeSucceeded && left > 0 {
		own := w.c.Account != ""
		n := len(w.refunds)
		w.send(connect.RefundRequest{Key: w.key(), ChargeID: w.c.ID, Amount: w.money(left), ReverseTransfer: own && !w.c.Direct, RefundFee: own})
		if len(w.refunds) > n {
			w.answerRefund(true)
		}
		w.c = w.now(w.c)
		if w.c.Refunded != w.c.Amount {
			return // a seller who must not go below zero has not got it
		}
	}
	w.verify()
	w.nobodyShort()
	w.nobodyKeeps(both)
}

// sums are what everybody has, of all purposes and in all currencies, and what is set
// aside.
func (w *together) sums() map[string]int64 {
	sums := map[string]int64{}
	w.eachAccount(func(a ledger.Account) {
		name := a.Owner + " " + a.Posted.Currency().String()
		switch {
		case a.Owner == ledger.House, strings.HasPrefix(a.Purpose, "tax/"), a.Purpose == "held":
			name = a.Owner + " " + a.Purpose + " " + a.Posted.Currency().String()
		case a.Purpose == "credit":
			name = "credit " + a.Posted.Currency().String()
		}
		sums[name] += a.Posted.Minor()
		sums["set aside"] += a.Held.Minor()
	})
	return sums
}

// nobodyShort: what must not be below zero is not.
func (w *together) nobodyShort() {
	w.eachAccount(func(a ledger.Account) {
		if a.Purpose == "credit" || a.Purpose == "held" || strings.HasPrefix(a.Purpose, "tax/") {
			require.GreaterOrEqual(w.t, a.Posted.Minor(), a.Held.Minor(), "%v", a.Ref)
		}
		if w.refuses && a.Owner == w.seller && a.Purpose == "available" && w.now(w.c).Failure == nil {
			require.GreaterOrEqual(w.t, a.Posted.Minor(), a.Held.Minor(), "%v", a.Ref)
		}
	})
}

// nobodyKeeps: all went back, so that everybody has what they had, but for what was
// paid for processing, and what the buyer has as credit now instead of money.
func (w *together) nobodyKeeps(both bool) {
	now := w.sums()
	for name := range now {
		change := now[name] - w.start[name]
		switch {
		case strings.HasSuffix(name[:len(name)-4], " tax/v") && !w.whole: // the commission is kept, and so is the tax on it
		case strings.Contains(name, " held ") && !w.whole: // so is the share
		case name == "set aside", strings.Contains(name, " tax/"), strings.Contains(name, " held "):
			require.Zero(w.t, now[name], "%s", name)
		case strings.HasPrefix(name, ledger.House+" fx"):
			require.True(w.t, change == 0 || both || !w.whole, "%s has %d", name, change)
		case w.whole && strings.HasPrefix(name, w.seller+" ") && !(both && w.c.Direct): // else they gave it twice, and the buyer has both
			fee := int64(0)
			if w.c.Direct && w.c.FeesPayer != connect.PartyPlatform && strings.HasSuffix(name, w.c.Amount.Currency().String()) {
				fee = w.c.ProcessingFee.Minor()
			}
			if w.c.Status == connect.ChargeCanceled || w.c.Status == connect.ChargeAuthorized {
				fee = 0
			}
			require.Equal(w.t, -fee, change, "%s", name)
		case w.whole && !both && strings.HasPrefix(name, w.platform.ID()+" "):
			fee := int64(0)
			if !(w.c.Direct && w.c.FeesPayer != connect.PartyPlatform) && strings.HasSuffix(name, w.c.Amount.Currency().String()) {
				fee = w.c.ProcessingFee.Minor()
			}
			require.Equal(w.t, -fee, change, "%s", name)
		}
	}
}

// described is what a charge asks for, without what it leaves out.
func described(r *connect.ChargeRequest) string {
	b, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
