package intenttest

import (
	"net/url"
	"strconv"
	"time"
)

// intent is a payment intent.
type intent struct {
	id, method, currency, status, capture string
	amount, capturable, received, gone    int64 // gone: refunded
	created                               time.Time
	meta                                  map[string]string
	failed                                string // a decline code
	reason                                string // of the cancellation
	authorized                            bool
	secure                                bool // by 3-D Secure
	several, over                         bool
	charge                                string
}

const returnURL = "https://hooks.invalid/redirect/"

// json is the intent as the API shows it.
func (i *intent) json(expand bool) map[string]any {
	m := map[string]any{
		"id": i.id, "object": "payment_intent", "amount": i.amount, "amount_capturable": i.capturable, "amount_received": i.received,
		"capture_method": i.capture, "client_secret": i.id + "_secret_x", "created": i.created.Unix(), "currency": i.currency, "livemode": false,
		"metadata": i.meta, "payment_method": i.method, "status": i.status, "latest_charge": nil, "last_payment_error": nil, "next_action": nil,
		"cancellation_reason": nil,
	}
	if i.reason != "" {
		m["cancellation_reason"] = i.reason
	}
	if i.failed != "" {
		m["last_payment_error"] = i.problem()
	}
	if i.status == "requires_action" {
		m["next_action"] = map[string]any{"type": "redirect_to_url", "redirect_to_url": map[string]any{"url": returnURL + i.id}}
	}
	if i.charge != "" {
		if m["latest_charge"] = i.charge; expand {
			m["latest_charge"] = i.chargeJSON()
		}
	}
	return m
}

// problem is the error of an attempt that failed.
func (i *intent) problem() map[string]any {
	code := "card_declined"
	e := map[string]any{"type": "card_error", "message": "the card was declined", "charge": i.charge}
	switch i.failed {
	case "authentication_required":
		code = i.failed
		e["decline_code"] = i.failed
	case "payment_intent_authentication_failure":
		code = i.failed
	default:
		e["decline_code"] = i.failed
	}
	e["code"] = code
	return e
}

func (i *intent) debit() bool { return i.method == Debit || i.method == DebitDeclined }

// chargeJSON is its latest attempt.
func (i *intent) chargeJSON() map[string]any {
	status := "failed"
	switch {
	case i.authorized:
		status = "succeeded"
	case i.status == "processing":
		status = "pending"
	}
	details := map[string]any{"type": "sepa_debit", "sepa_debit": map[string]any{"country": "DE"}}
	if !i.debit() {
		country := "US"
		if i.method == CardDE || i.method == Challenge {
			country = "DE"
		}
		card := map[string]any{"brand": "visa", "network": "visa", "country": country, "network_transaction_id": "net_" + i.id, "three_d_secure": nil}
		card["checks"] = map[string]any{"cvc_check": "pass", "address_line1_check": nil, "address_postal_code_check": "unavailable"}
		if i.secure {
			card["three_d_secure"] = map[string]any{
				"version": "2.2.0", "electronic_commerce_indicator": "05", "result": "authenticated", "authentication_flow": "challenge",
				"exemption_indicator": nil, "exemption_indicator_applied": false,
			}
		}
		if i.capture == "manual" {
			card["capture_before"] = i.created.Add(7 * 24 * time.Hour).Unix()
		}
		details = map[string]any{"type": "card", "card": card}
	}
	return map[string]any{
		"id": i.charge, "object": "charge", "status": status, "captured": i.received > 0, "payment_intent": i.id, "amount": i.amount,
		"currency": i.currency, "metadata": i.meta, "payment_method_details": details,
	}
}

// unitsOf reads an amount in the units of the API; code says why it takes none such.
func unitsOf(currency, amount string) (n int64, code string) {
	n, err := strconv.ParseInt(amount, 10, 64)
	if err != nil || n <= 0 {
		return 0, "parameter_invalid_integer"
	}
	multiple := int64(1)
	switch currency {
	case "bhd", "jod", "kwd", "omr", "tnd":
		multiple = 10
	case "isk", "ugx":
		multiple = 100
	}
	switch {
	case n%multiple != 0:
		return 0, "invalid_amount"
	case n > 99_999_999_999:
		return 0, "amount_too_large"
	}
	return n, ""
}

// create makes an intent and confirms it.
func (s *Server) create(form url.Values) result {
	currency := form.Get("currency")
	amount, code := unitsOf(currency, form.Get("amount"))
	switch {
	case code != "":
		return invalid(code)
	case form.Get("confirm") != "true":
		return invalid("confirm_missing")
	case form.Get("payment_method") == "":
		return invalid("parameter_missing")
	}
	i := &intent{
		id: s.id("pi_"), method: form.Get("payment_method"), currency: currency, amount: amount, capture: form.Get("capture_method"),
		created: s.env.Time(), meta: metadata(form, nil),
		several: form.Get("payment_method_options[card][request_multicapture]") == "if_available",
		over:    form.Get("payment_method_options[card][request_overcapture]") == "if_available",
	}
	challenged := form.Get("payment_method_options[card][request_three_d_secure]") == "challenge"
	absent := form.Get("off_session") == "true"
	switch i.method {
	case Card, CardDE, CardMulti, RefundPending, RefundDeclined:
		i.succeed()
	case Declined:
		i.failed = "generic_decline"
	case Insufficient:
		i.failed = "insufficient_funds"
	case Debit, DebitDeclined:
		i.status = "processing"
	case Challenge, SoftDecline:
		if absent || i.method == SoftDecline && !challenged {
			i.failed = "authentication_required"
		} else {
			i.status = "requires_action"
		}
	default:
		return failure(400, "invalid_request_error", "resource_missing", "no such payment method")
	}
	s.intents[i.id] = i
	s.order = append(s.order, i.id)
	if i.status != "requires_action" {
		i.charge = s.id("ch_")
	}
	if i.failed == "" {
		s.tell(i)
		return result{200, i.json(form.Get("expand[]") == "latest_charge")}
	}
	i.status = "requires_payment_method"
	s.tell(i)
	e := i.problem()
	e["payment_intent"] = i.json(false)
	return result{402, map[string]any{"error": e}}
}

// succeed is the bank's approval.
func (i *intent) succeed() {
	if i.authorized = true; i.capture == "manual" {
		i.status, i.capturable = "requires_capture", i.amount
		return
	}
	i.status, i.received = "succeeded", i.amount
}

const unexpected = "payment_intent_unexpected_state"

// capture takes what was authorized.
func (s *Server) capture(i *intent, form url.Values) result {
	amount, code := unitsOf(i.currency, form.Get("amount_to_capture"))
	most := i.capturable
	if i.method == CardMulti && i.over {
		most += i.amount / 5
	}
	final := form.Get("final_capture") != "false"
	switch {
	case i.status != "requires_capture":
		return invalid(unexpected)
	case code != "":
		return invalid(code)
	case amount > most:
		return invalid("amount_too_large")
	case !final && !i.several:
		return invalid("multicapture_not_available")
	}
	i.received += amount
	i.capturable = max(i.capturable-amount, 0)
	metadata(form, i.meta)
	if final || i.capturable == 0 {
		i.status, i.capturable = "succeeded", 0
	}
	s.tell(i)
	return result{200, i.json(false)}
}

// cancel lets go of what was not captured.
func (s *Server) cancel(i *intent) result {
	switch i.status {
	case "requires_capture", "requires_action", "requires_payment_method":
	default:
		return invalid(unexpected)
	}
	i.status, i.capturable = "canceled", 0
	s.tell(i)
	return result{200, i.json(false)}
}
