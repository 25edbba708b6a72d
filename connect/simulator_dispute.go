package connect

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Tokens of test cards whose payments are disputed, and what to say to it.
const (
	TestDisputed        = "tok_createDispute"                   // 4000000000000259: approved, and disputed as fraudulent
	TestDisputedProduct = "tok_createDisputeProductNotReceived" // 4000000000002685: approved, and disputed as product_not_received
	TestInquiry         = "tok_createDisputeInquiry"            // 4000000000001976: approved; the bank asks

	// Evidence that decides, as uncategorized_text.
	TestWinningEvidence = "winning_evidence"
	TestLosingEvidence  = "losing_evidence"
)

// simDispute is a dispute at the simulated acquirer.
type simDispute struct {
	key    string // of the payment
	order  AuthorizeOrder
	news   DisputeNews
	fresh  bool // its news was not told yet
	answer string
}

// dispute begins a dispute of a payment, or a warning, if its token asks for one.
func (s *Simulator) dispute(key string, o AuthorizeOrder) {
	s.warn(key, o)
	n := DisputeNews{ID: "sim_dp_" + key, Key: key, Amount: o.Amount, Reason: "fraudulent", Network: "10.4", Status: DisputeNeedsResponse}
	switch o.Source {
	case TestDisputed:
		n.Withdrawn = o.Amount
	case TestDisputedProduct:
		n.Withdrawn, n.Reason, n.Network = o.Amount, "product_not_received", "13.1"
	case TestInquiry:
		n.Status = InquiryNeedsResponse
	default:
		return
	}
	n.At = s.env.Time()
	n.DueBy = n.At.Add(7 * day)
	s.disputes[n.ID] = &simDispute{key: key, order: o, news: n, fresh: true}
}

// DisputeNotifications returns what is new of disputes.
func (s *Simulator) DisputeNotifications() []DisputeNews {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []DisputeNews
	for _, id := range slices.Sorted(maps.Keys(s.disputes)) {
		if d := s.disputes[id]; d.fresh {
			list, d.fresh = append(list, d.news), false
		}
	}
	return list
}

// AnswerDispute implements Disputer. Evidence is taken once; what is decided is told as
// news.
func (s *Simulator) AnswerDispute(ctx context.Context, key string, o DisputeOrder) (Answer, error) {
	return s.call(ctx, key, fmt.Sprint(o), "", func(a *act) {
		d := s.disputes[o.Reference]
		switch {
		case d == nil || d.answer != "" || !s.env.Time().Before(d.news.DueBy):
			a.answer.Status, a.answer.Code = Declined, "not_answerable"
			return
		case o.Accept:
			d.decide(DisputeLost)
		case d.news.Status == InquiryNeedsResponse:
			d.decide(InquiryUnderReview)
		default:
			d.decide(DisputeUnderReview)
		}
		switch o.Evidence.Text["uncategorized_text"] {
		case TestWinningEvidence:
			if d.decide(DisputeWon); d.order.Source == TestInquiry {
				d.decide(InquiryClosed)
			} else {
				d.news.Reinstated = d.order.Amount
			}
		case TestLosingEvidence:
			d.decide(DisputeLost)
		}
		a.answer.Status, d.answer, d.news.At = Approved, key, s.env.Time()
	})
}

func (d *simDispute) decide(to DisputeStatus) {
	if d.news.Status, d.fresh = to, true; to == DisputeLost {
		d.news.Withdrawn = d.order.Amount
	}
}

var _ Disputer = (*Simulator)(nil)
