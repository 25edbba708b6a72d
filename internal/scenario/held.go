package scenario

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// hold reads the terms of what waits: "hold host", "hold 10-days" (a date), "hold
// delivered+3" (days after an event) or "hold verified"; and then "longest 30", "end
// refund", "milestones start=300,rest=700", "parts start=1,rest=2". It reports
// whether the word was one of these.
func (r *runner) hold(h **connect.HoldTerms, word, value, currency string) bool {
	if word != "hold" && *h == nil {
		return false
	}
	switch word {
	case "hold":
		*h = new(connect.HoldTerms)
		days, dated := strings.CutSuffix(value, "-days")
		event, after, events := strings.Cut(value, "+")
		switch {
		case dated:
			(*h).Until, (*h).Date = connect.HoldDate, r.m.Clock.Now().Add(time.Duration(r.number(days))*24*time.Hour)
		case events:
			(*h).Until, (*h).Event, (*h).Days = connect.HoldEvent, event, int(r.number(after))
		case value != "host":
			(*h).Until = connect.HoldUntil(value)
		}
	case "longest":
		(*h).LongestDays = int(r.number(value))
	case "end":
		(*h).AtEnd = connect.HoldEnd(value)
	case "milestones", "parts":
		for part := range strings.SplitSeq(value, ",") {
			name, n, _ := strings.Cut(part, "=")
			m := connect.Milestone{Name: name}
			if word == "parts" {
				m.Parts = r.number(n)
			} else {
				m.Amount = r.amount(n, currency)
			}
			(*h).Milestones = append((*h).Milestones, m)
		}
	default:
		return false
	}
	return true
}

// shareOf names the charge or transfer that a name stands for.
func (r *runner) shareOf(name string) (charge, transfer string) {
	id, ok := r.ids[name]
	require.True(r.t, ok, "%s: there is no %s", r.at, name)
	if strings.HasPrefix(id, "tr_") {
		return "", id
	}
	return id, ""
}

// release is "all of c1", "300 of c1" or "milestone start of c1".
func (r *runner) release(args string) error {
	w := strings.Fields(args)
	request := connect.ReleaseRequest{Key: r.key()}
	request.ChargeID, request.TransferID = r.shareOf(w[len(w)-1])
	switch w[0] {
	case "all":
	case "milestone":
		request.Milestone = w[1]
	default:
		s, err := r.platform.GetHeldShare(r.ctx, request.ChargeID+request.TransferID)
		require.NoError(r.t, err, r.at)
		request.Amount = ledger.Minor(r.number(w[0]), s.In.Amount.Currency())
	}
	_, err := r.platform.Release(r.ctx, request)
	return err
}

// event is "c1 delivered".
func (r *runner) event(args string) error {
	name, event, _ := strings.Cut(args, " ")
	request := connect.EventRequest{Key: r.key(), Event: event}
	request.ChargeID, request.TransferID = r.shareOf(name)
	_, err := r.platform.ReportEvent(r.ctx, request)
	return err
}

// complaint is "c1 opens", "c1 closes", "c1 closes release" or "c1 closes refund".
func (r *runner) complaint(args string) error {
	w := append(strings.Fields(args), "")
	charge, transfer := r.shareOf(w[0])
	if w[1] == "opens" {
		_, err := r.platform.OpenComplaint(r.ctx, connect.ComplaintRequest{Key: r.key(), ChargeID: charge, TransferID: transfer})
		return err
	}
	_, err := r.platform.CloseComplaint(r.ctx, connect.CloseComplaintRequest{
		Key: r.key(), ChargeID: charge, TransferID: transfer, Then: connect.HoldEnd(w[2]),
	})
	return err
}

// group is "harvest released" or "harvest refunded".
func (r *runner) group(args string) error {
	name, decision, _ := strings.Cut(args, " ")
	decide := r.platform.ReleaseGroup
	if decision == "refunded" {
		decide = r.platform.RefundGroup
	}
	_, err := decide(r.ctx, connect.GroupRequest{Key: r.key(), TransferGroup: name})
	return err
}

// verify is "A": they provide what was missing.
func (r *runner) verify(args string) error {
	a, err := r.platform.GetAccount(r.ctx, r.sellers[args])
	require.NoError(r.t, err, r.at)
	_, err = r.platform.UpdateAccount(r.ctx, connect.AccountUpdate{
		Key: r.key(), AccountID: a.ID, Details: connecttest.Seller(a.Country).Details,
	})
	return err
}
