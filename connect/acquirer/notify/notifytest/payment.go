package notifytest

import (
	"encoding/json"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/notify"
)

// The reasons of the API.
const (
	refusedReason = "Refused"
	noMore        = "Insufficient balance on payment"
	softReason    = "Authentication required"
)

// pay receives a payment.
func (s *Server) pay(in request) (int, any) {
	switch {
	case in.Amount == nil || in.Amount.Value <= 0 || in.Amount.Currency == "":
		return 422, problem(422, "137", "validation")
	case in.Reference == "" || len(in.Reference) > 80:
		return 422, problem(422, "130", "validation")
	case in.PaymentMethod.Type != "scheme":
		return 422, problem(422, "14_004", "validation")
	}
	p := &payment{
		psp: s.psp(), reference: in.Reference, source: in.PaymentMethod.Stored, currency: in.Amount.Currency, amount: in.Amount.Value,
		manual: in.AdditionalData["manualCapture"] == "true",
	}
	s.payments[p.psp] = p
	body := map[string]any{"pspReference": p.psp, "merchantReference": p.reference, "amount": in.Amount, "resultCode": "Received"}
	absent := in.ShopperInteraction == "ContAuth"
	reason := ""
	switch p.source {
	case Card, CardDE, CodeWrong, RefundRefused, CaptureRefused:
	case Insufficient:
		reason = "Not enough balance"
	case Challenge, SoftDecline:
		switch {
		case absent, p.source == SoftDecline && in.AuthenticationData.Attempt != "always":
			reason = softReason
		default:
			p.state = "waiting"
			body["resultCode"] = "RedirectShopper"
			body["action"] = map[string]any{"type": "redirect", "method": "GET", "url": "https://redirect.invalid/" + p.psp}
			return 200, body
		}
	default:
		reason = refusedReason
	}
	s.decide(p, reason)
	if s.cfg.AtOnce {
		body["resultCode"], body["additionalData"] = "Authorised", p.data()
		if reason != "" {
			body["resultCode"], body["refusalReason"] = "Refused", reason
		}
	}
	return 200, body
}

// decide authorises a payment, or refuses it for a reason, and captures it at once
// unless it is manual.
func (s *Server) decide(p *payment, reason string) {
	if p.state = "authorised"; reason != "" {
		p.state = "refused"
	}
	i := s.item(p, "AUTHORISATION", p.psp, p.reference, p.amount, reason)
	i.OriginalReference = ""
	for name, text := range p.data() {
		i.AdditionalData[name], _ = json.Marshal(text) // text has JSON
	}
	s.items = append(s.items, i)
	if p.state == "authorised" && !p.manual {
		p.captured, p.ended = p.amount, true
		s.items = append(s.items, s.item(p, "CAPTURE", s.psp(), p.reference, p.amount, ""))
	}
}

// data are the additional data of a payment.
func (p *payment) data() map[string]string {
	data := map[string]string{"paymentMethod": "visa", "cardIssuingCountry": "US", "networkTxReference": "net_" + p.psp}
	if p.source == CodeWrong {
		data["cvcResult"], data["avsResult"] = "2 Doesn't match", "6 Postal code matches, address doesn't match"
	}
	if p.source == CardDE || p.source == Challenge {
		data["cardIssuingCountry"] = "DE"
	}
	if p.source == Challenge || p.source == SoftDecline {
		data["threeDSVersion"], data["eci"], data["liabilityShift"] = "2.2.0", "05", "true"
	}
	return data
}

// item makes an item of a notification; a reason means that it did not succeed.
func (s *Server) item(p *payment, event, psp, reference string, value int64, reason string) notify.Item {
	i := notify.Item{
		EventCode: event, Success: "true", PSPReference: psp, OriginalReference: p.psp, MerchantReference: reference,
		MerchantAccountCode: s.cfg.MerchantAccount, Amount: &notify.Amount{Currency: p.currency, Value: value}, Reason: reason,
		AdditionalData: make(map[string]json.RawMessage),
	}
	if reason != "" {
		i.Success = "false"
	}
	return i
}

// received answers a modification, and tells what comes of it later.
func (s *Server) received(p *payment, in request, event string, value int64, reason string) (int, any) {
	psp := s.psp()
	s.items = append(s.items, s.item(p, event, psp, in.Reference, value, reason))
	body := map[string]any{
		"pspReference": psp, "paymentPspReference": p.psp, "reference": in.Reference, "status": "received", "merchantAccount": s.cfg.MerchantAccount,
	}
	if in.Amount != nil {
		body["amount"] = in.Amount
	}
	return 201, body
}

func (s *Server) capture(p *payment, in request) (int, any) {
	reason := ""
	switch {
	case p.currency != in.Amount.Currency:
		reason = "Currency does not match"
	case p.state != "authorised" || p.ended || in.Amount.Value > p.amount, p.source == CaptureRefused:
		reason = noMore
	default:
		p.captured, p.ended = in.Amount.Value, true
	}
	return s.received(p, in, "CAPTURE", in.Amount.Value, reason)
}

func (s *Server) cancel(p *payment, in request) (int, any) {
	reason := ""
	switch {
	case p.state == "waiting" || p.state == "authorised" && !p.ended:
		p.state, p.ended = "canceled", true
	default:
		reason = "Transaction is not to be canceled"
	}
	return s.received(p, in, "CANCELLATION", p.amount, reason)
}

func (s *Server) refund(p *payment, in request) (int, any) {
	reason := ""
	switch {
	case p.currency != in.Amount.Currency:
		reason = "Currency does not match"
	case in.Amount.Value > p.captured-p.refunded:
		reason = noMore
	case p.source == RefundRefused:
		reason = "Refund refused by the bank"
	default:
		p.refunded += in.Amount.Value
	}
	return s.received(p, in, "REFUND", in.Amount.Value, reason)
}

// of finds the payment of a key.
func (s *Server) of(key string) *payment {
	for _, p := range s.payments {
		if len(p.reference) > len(key) && p.reference[:len(key)+1] == key+"." {
			return p
		}
	}
	return nil
}

// Act does what the buyer was asked to do under a key, well or not.
func (s *Server) Act(key string, passes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.act(s.of(key), passes)
}

func (s *Server) act(p *payment, passes bool) {
	if p == nil || p.state != "waiting" {
		return
	}
	reason := "3D Not Authenticated"
	if passes {
		reason = ""
	}
	s.decide(p, reason)
}

// details take what a buyer brought back: "<psp reference> pass", or something else.
func (s *Server) details(in request) (int, any) {
	brought := in.Details["redirectResult"]
	psp := brought[:min(len(brought), len("PSP100000000000"))]
	p, ok := s.payments[psp]
	if !ok {
		return 422, problem(422, "14_006", "validation")
	}
	s.act(p, brought == psp+" pass")
	body := map[string]any{
		"pspReference": p.psp, "merchantReference": p.reference, "amount": notify.Amount{Currency: p.currency, Value: p.amount},
		"resultCode": "Authorised", "additionalData": p.data(),
	}
	if p.state != "authorised" {
		body["resultCode"], body["refusalReason"] = "Refused", "3D Not Authenticated"
	}
	return 200, body
}

// Items returns what was to be notified since the last call.
func (s *Server) Items() []notify.Item {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.items
	s.items = nil
	return list
}

// FailCapture takes the money of a key's payment back after it was captured, by the
// reference of whatever captured it.
func (s *Server) FailCapture(key, reference string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.of(key); p != nil && p.captured > 0 {
		s.items = append(s.items, s.item(p, "CAPTURE_FAILED", s.psp(), reference, p.captured, "Capture failed"))
		i := &s.items[len(s.items)-1]
		i.Success = "true" // that it failed
		p.captured = p.refunded
	}
}

// Tell adds an item of a payment.
func (s *Server) Tell(key, event string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.of(key); p != nil {
		s.items = append(s.items, s.item(p, event, s.psp(), p.reference, p.amount, ""))
	}
}

// Post is a notification of items, each signed.
func (s *Server) Post(items ...notify.Item) connect.Notification {
	type wrapped struct {
		Item notify.Item `json:"NotificationRequestItem"`
	}
	var list []wrapped
	for _, i := range items {
		data := map[string]json.RawMessage{}
		for name, text := range i.AdditionalData {
			data[name] = text
		}
		data["hmacSignature"], _ = json.Marshal(i.Sign(s.cfg.HMACKey)) // text has JSON
		i.AdditionalData = data
		list = append(list, wrapped{i})
	}
	body, err := json.Marshal(map[string]any{"live": "false", "notificationItems": list})
	if err != nil {
		return connect.Notification{}
	}
	return connect.Notification{Body: body, Header: func(string) string { return "" }}
}

// Reference is what the payment of a key was called by whoever asked for it.
func (s *Server) Reference(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.of(key); p != nil {
		return p.reference
	}
	return ""
}
