package intenttest

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/soukhq/souk/connect"
	api "github.com/soukhq/souk/connect/acquirer/intent"
)

// Event is one that the API would post.
type Event struct {
	Type string
	Body []byte
}

// tell emits the event of where an intent has come to.
func (s *Server) tell(i *intent) {
	kind := map[string]string{
		"succeeded": "succeeded", "requires_capture": "amount_capturable_updated", "canceled": "canceled", "processing": "processing",
		"requires_action": "requires_action", "requires_payment_method": "payment_failed",
	}[i.status]
	s.emit("payment_intent."+kind, i.json(false))
}

func (s *Server) emit(kind string, object any) {
	body, err := json.Marshal(map[string]any{
		"id": s.id("evt_"), "object": "event", "type": kind, "created": s.env.Time().Unix(), "livemode": false, "data": map[string]any{"object": object},
	})
	if err == nil {
		s.events = append(s.events, Event{kind, body})
	}
}

// Events returns what was to be posted since the last call.
func (s *Server) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.events
	s.events = nil
	return list
}

// Post is an event as it is posted: signed now.
func (s *Server) Post(e Event) connect.Notification {
	h := make(http.Header)
	h.Set(api.SignatureHeader, api.Sign(s.cfg.Secret, s.env.Time(), e.Body))
	return connect.Notification{Header: h.Get, Body: e.Body}
}

// of finds the intent of a key.
func (s *Server) of(key string) *intent {
	for _, id := range s.order {
		if i, ok := s.intents[id]; ok && i.meta["souk_key"] == key {
			return i
		}
	}
	return nil
}

// Act does what the buyer was asked to do under a key, well or not.
func (s *Server) Act(key string, passes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.of(key)
	if i == nil || i.status != "requires_action" {
		return
	}
	i.charge = s.id("ch_")
	if i.secure = true; passes {
		i.succeed()
	} else {
		i.status, i.failed = "requires_payment_method", "payment_intent_authentication_failure"
	}
	s.tell(i)
}

// Warn has the issuer of a key's payment report it as fraud, and returns the warning's
// name, empty if nothing was paid.
func (s *Server) Warn(key, fraudType string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.of(key)
	if i == nil || i.charge == "" {
		return ""
	}
	id := s.id("issfr_")
	s.emit("radar.early_fraud_warning.created", map[string]any{
		"id": id, "object": "radar.early_fraud_warning", "actionable": true, "charge": i.charge, "created": s.env.Time().Unix(),
		"fraud_type": fraudType, "livemode": false, "payment_intent": i.id,
	})
	return id
}

// Settle ends what is processing or pending.
func (s *Server) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Clone(s.order) {
		if i, ok := s.intents[id]; ok && i.status == "processing" {
			if i.succeed(); i.method == DebitDeclined {
				i.authorized, i.received = false, 0
				i.status, i.failed = "requires_payment_method", "insufficient_funds"
			}
			s.tell(i)
		}
		if f, ok := s.refunds[id]; ok && f.status == "pending" {
			f.status = "succeeded"
			s.emit("refund.updated", f.json())
			s.emit("charge.refund.updated", f.json())
		}
	}
}

// Expire lets the authorization of a key end: the network's time for it is over.
func (s *Server) Expire(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.of(key); i != nil && i.status == "requires_capture" {
		i.status, i.capturable, i.reason = "canceled", 0, "automatic"
		s.emit("charge.expired", i.chargeJSON())
		s.tell(i)
	}
}

// Return sends the bank debit of a key back, after it had succeeded, for want of funds.
func (s *Server) Return(key string) { s.back(key, "insufficient_funds") }

// Claim sends it back since its payer says that they did not authorize it.
func (s *Server) Claim(key string) { s.back(key, "debit_not_authorized") }

func (s *Server) back(key, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.of(key); i != nil && i.status == "succeeded" {
		i.gone = i.received
		s.emit("charge.dispute.closed", map[string]any{
			"id": s.id("du_"), "object": "dispute", "amount": i.received, "currency": i.currency, "status": "lost", "reason": reason,
			"payment_intent": i.id, "charge": i.charge,
		})
	}
}
