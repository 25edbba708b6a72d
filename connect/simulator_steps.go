package connect

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// Capture implements Acquirer. It may take an authorization in parts, never more
// than all of it (but of TestOverCapture), and nothing once the rest was let go.
func (s *Simulator) Capture(ctx context.Context, key string, o CaptureOrder) (Answer, error) {
	return s.call(ctx, key, o, "", func(a *act) {
		auth, authorized := s.approved(o.Reference)
		left := authorized.Minor() - auth.captured
		if auth.token == TestOverCapture {
			left += authorized.Minor() / 5
		}
		if auth.canceled || o.Amount.Currency() != authorized.Currency() || o.Amount.Sign() <= 0 || o.Amount.Minor() > left {
			a.decline(o.Amount, "invalid_amount")
			return
		}
		auth.captured += o.Amount.Minor()
		auth.canceled = o.Final
		a.answer.Status, a.answer.Amount = Approved, o.Amount
	})
}

// approved finds an authorization that was approved and its amount; any other
// reference is one of nothing.
func (s *Simulator) approved(reference string) (*act, ledger.Money) {
	if a, ok := s.byRef(reference); ok && s.say(a).Status == Approved {
		if o, ok := a.order.(AuthorizeOrder); ok {
			return a, ledger.Minor(o.Amount.Minor()+a.raised, o.Amount.Currency())
		}
	}
	return &act{}, ledger.Money{}
}

func (a *act) decline(amount ledger.Money, code string) {
	a.answer.Status, a.answer.Code, a.answer.Amount = Declined, code, amount
}

// Cancel implements Acquirer. What was captured stays so; where nothing is left
// to let go of, it is declined.
func (s *Simulator) Cancel(ctx context.Context, key string, o CancelOrder) (Answer, error) {
	return s.call(ctx, key, o, "", func(a *act) {
		if waits, ok := s.byRef(o.Reference); ok && waits.answer.Status == RequiresAction {
			waits.answer = told{Status: Declined, Code: "canceled", Reference: o.Reference, Amount: waits.final.Amount}
			a.answer.Status, a.answer.Amount = Approved, waits.final.Amount
			return
		}
		auth, authorized := s.approved(o.Reference)
		rest := ledger.Minor(authorized.Minor()-auth.captured, authorized.Currency())
		if auth.canceled || rest.Sign() <= 0 {
			a.decline(rest, "invalid_amount")
			return
		}
		auth.canceled = true
		a.answer.Status, a.answer.Amount = Approved, rest
	})
}

// Refund implements Acquirer. It never gives back more than was captured.
func (s *Simulator) Refund(ctx context.Context, key string, o RefundOrder) (Answer, error) {
	return s.call(ctx, key, o, "", func(a *act) {
		charge, authorized := s.approved(o.Reference)
		left := charge.captured - charge.refunded
		switch {
		case o.Amount.Currency() != authorized.Currency() || o.Amount.Sign() <= 0 || o.Amount.Minor() > left:
			a.decline(o.Amount, "invalid_amount")
		case charge.token == TestRefundDeclined:
			a.decline(o.Amount, "expired_or_canceled_card")
		default:
			charge.refunded += o.Amount.Minor()
			if a.answer.Status, a.answer.Amount = Approved, o.Amount; charge.token == TestRefundPending {
				s.answerLater(a)
			}
		}
	})
}

// RefuseRefund makes the buyer's bank refuse a refund after it had succeeded, with a code.
// The money is with the acquirer again, and Notifications tells it. Of another key it does
// nothing.
func (s *Simulator) RefuseRefund(key, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.acts[key]
	if !ok {
		return
	}
	o, ok := a.order.(RefundOrder)
	if !ok || a.answer.Status != Approved {
		return
	}
	charge, _ := s.approved(o.Reference)
	charge.refunded -= o.Amount.Minor()
	a.answer.Status, a.answer.Code = Failed, code
	s.news = append(s.news, News{Key: key, Answer: a.answer.all()})
}
