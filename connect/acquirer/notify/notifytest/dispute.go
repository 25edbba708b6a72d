package notifytest

import (
	"encoding/json"
	"time"

	"github.com/soukhq/souk/connect/acquirer/notify"
)

// dispute is a payment that its buyer questions: its items have one reference.
type dispute struct {
	payment *payment
	value   int64
	due     time.Time
}

// Dispute has the buyer of a key's payment question an amount of it, in the API's units,
// as the first event of a dispute (NOTIFICATION_OF_CHARGEBACK, say) tells. It returns the
// dispute's reference, empty if nothing was captured.
func (s *Server) Dispute(key, event, status string, value int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.of(key)
	if p == nil || p.captured == 0 {
		return ""
	}
	d, psp := &dispute{payment: p, value: value, due: s.env.Time().Add(14 * 24 * time.Hour).Truncate(time.Second)}, s.psp()
	s.disputes[psp] = d
	s.disputed(d, psp, event, status)
	return psp
}

// Disputed tells of a dispute what happens next: another event, with the status that the
// API gives it.
func (s *Server) Disputed(psp, event, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.disputes[psp]; ok {
		s.disputed(d, psp, event, status)
	}
}

func (s *Server) disputed(d *dispute, psp, event, status string) {
	data := map[string]string{"disputeStatus": status, "defensePeriodEndsAt": d.due.Format(time.RFC3339)}
	if event == "REQUEST_FOR_INFORMATION" {
		data["rfiReasonCode"], data["rfiSchemeCode"] = "33", "visa"
	} else {
		data["chargebackReasonCode"], data["chargebackSchemeCode"] = "10.4", "visa"
	}
	s.items = append(s.items, s.eventOf(d.payment, event, psp, d.value, data))
}

// Warn has the issuer of a key's payment report it as fraud, and returns the report's
// reference.
func (s *Server) Warn(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.of(key)
	if p == nil {
		return ""
	}
	psp := s.psp()
	s.items = append(s.items, s.eventOf(p, "NOTIFICATION_OF_FRAUD", psp, p.amount, map[string]string{"nofReasonCode": "6", "nofSchemeCode": "visa"}))
	return psp
}

// eventOf is an item of a payment with additional data, at a time.
func (s *Server) eventOf(p *payment, event, psp string, value int64, data map[string]string) notify.Item {
	i := s.item(p, event, psp, p.reference, value, "")
	i.EventDate = s.env.Time().Format(time.RFC3339)
	for name, text := range data {
		if text != "" {
			i.AdditionalData[name], _ = json.Marshal(text) // text has JSON
		}
	}
	return i
}
