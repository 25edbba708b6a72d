package intenttest

import (
	"net/url"
	"strings"
	"time"
)

// dispute is a payment that its buyer questions.
type dispute struct {
	id, intent, currency, status, reason string
	amount                               int64
	due                                  time.Time
	evidence                             map[string]string
}

func (d *dispute) json() map[string]any {
	return map[string]any{
		"id": d.id, "object": "dispute", "amount": d.amount, "currency": d.currency, "status": d.status, "reason": d.reason, "payment_intent": d.intent,
		"evidence": d.evidence, "evidence_details": map[string]any{"due_by": d.due.Unix()},
		"payment_method_details": map[string]any{"type": "card", "card": map[string]any{"network_reason_code": "10.4"}},
	}
}

// Dispute has the buyer of a key's payment question an amount of it, in the API's units:
// an inquiry takes no money. It returns the dispute's name, empty if nothing was paid.
func (s *Server) Dispute(key string, amount int64, inquiry bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.of(key)
	if i == nil || i.received == 0 {
		return ""
	}
	d := &dispute{
		id: s.id("dp_"), intent: i.id, currency: i.currency, amount: amount, status: "needs_response", reason: "fraudulent",
		due: s.env.Time().Add(7 * 24 * time.Hour), evidence: make(map[string]string),
	}
	if inquiry {
		d.status = "warning_needs_response"
	}
	s.disputes[d.id] = d
	s.emit("charge.dispute.created", d.json())
	if !inquiry {
		s.emit("charge.dispute.funds_withdrawn", d.json())
	}
	return d.id
}

// Decide ends a dispute.
func (s *Server) Decide(id string, won bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.disputes[id]; ok {
		s.decide(d, won)
	}
}

func (s *Server) decide(d *dispute, won bool) {
	switch {
	case strings.HasPrefix(d.status, "warning"):
		d.status = "warning_closed"
	case won:
		d.status = "won"
		s.emit("charge.dispute.funds_reinstated", d.json())
	default:
		d.status = "lost"
	}
	s.emit("charge.dispute.closed", d.json())
}

// disputed answers a request about a dispute.
func (s *Server) disputed(d *dispute, form url.Values, closes, post bool) result {
	waits := strings.HasSuffix(d.status, "needs_response")
	switch {
	case !post:
	case !waits || !s.env.Time().Before(d.due):
		return invalid("dispute_already_answered")
	case closes:
		s.decide(d, false)
	default:
		for name := range form {
			if field, ok := strings.CutPrefix(name, "evidence["); ok {
				d.evidence[strings.TrimSuffix(field, "]")] = form.Get(name)
			}
		}
		if form.Get("submit") != "false" {
			d.status = strings.TrimSuffix(d.status, "needs_response") + "under_review"
		}
		s.emit("charge.dispute.updated", d.json())
	}
	return result{200, d.json()}
}
