package notify

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/internal/wire"
	"github.com/soukhq/souk/ledger"
)

// Authorize implements connect.Acquirer.
func (a *Acquirer) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	if err := ctx.Err(); err != nil {
		return connect.Answer{}, err
	}
	sum, ok := a.amountOf(o.Amount)
	switch {
	case o.Amount.Sign() <= 0:
		return turnedDown(o.Amount, "invalid_amount"), nil
	case !ok:
		return turnedDown(o.Amount, "currency_not_supported"), nil
	}
	mark := byte(markAuthorize)
	if o.Capture {
		mark = markPayment
	}
	reference := referenceOf(key, mark, o.Amount.String(), o.Source)
	r, code, err := a.post(ctx, key, "/payments", reference, a.payment(o, sum))
	switch {
	case err != nil:
		return connect.Answer{}, err
	case code != "":
		return turnedDown(o.Amount, code), nil
	}
	return a.answer(r, o.Amount), nil
}

// exemptions are the API's names for them.
var exemptions = map[connect.Exemption]string{
	connect.LowValue: "lowValue", connect.LowRisk: "transactionRiskAnalysis", connect.Trusted: "trustedBeneficiary", connect.Corporate: "secureCorporate",
}

// models are the API's names of who starts a payment.
var models = map[connect.Initiator]string{connect.Recurring: "Subscription", connect.Instalment: "Subscription"}

// payment is the body of a payment, without its reference.
func (a *Acquirer) payment(o connect.AuthorizeOrder, sum Amount) map[string]any {
	method := map[string]any{"type": "scheme", "storedPaymentMethodId": o.Source}
	body := map[string]any{"amount": sum, "paymentMethod": method, "shopperInteraction": "Ecommerce", "captureDelayHours": 0}
	if shopper, stored, ok := strings.Cut(o.Source, "/"); ok {
		body["shopperReference"], method["storedPaymentMethodId"] = shopper, stored
	}
	more := make(map[string]string)
	if !o.Capture {
		delete(body, "captureDelayHours")
		more["manualCapture"] = "true"
	}
	if a.cfg.ReturnURL != "" {
		body["returnUrl"] = a.cfg.ReturnURL
	}
	if o.Descriptor != "" {
		body["shopperStatement"] = o.Descriptor
	}
	switch by := o.Initiation.By; {
	case by != connect.BuyerPresent:
		body["shopperInteraction"], body["recurringProcessingModel"] = "ContAuth", "UnscheduledCardOnFile"
		if m, ok := models[by]; ok {
			body["recurringProcessingModel"] = m
		}
		if o.Initiation.First != "" {
			more["networkTxReference"] = o.Initiation.First
		}
	case o.Initiation.Agreement != (connect.BuyerAgreement{}):
		body["storePaymentMethod"], body["recurringProcessingModel"] = true, "UnscheduledCardOnFile"
	}
	if o.Challenge {
		body["authenticationData"] = map[string]any{"attemptAuthentication": "always"}
	}
	if e, ok := exemptions[o.Exemption]; ok {
		more["scaExemption"] = e
	}
	if len(more) > 0 {
		body["additionalData"] = more
	}
	return body
}

// answer is what the API says of a payment at once: mostly nothing yet.
func (a *Acquirer) answer(r reply, asked ledger.Money) connect.Answer {
	answer := connect.Answer{Reference: r.PSPReference, Amount: asked}
	if r.Amount != nil {
		answer.Amount = a.money(r.Amount)
	}
	switch r.ResultCode {
	case "Authorised":
		answer.Status = connect.Approved
		r.AdditionalData.describe(&answer)
	case "Refused", "Error", "Cancelled":
		answer.Status, answer.Code = connect.Declined, declineCode(r.RefusalReason)
		if r.ResultCode == "Cancelled" {
			answer.Code = "canceled"
		}
	case "RedirectShopper", "ChallengeShopper", "IdentifyShopper", "PresentToShopper":
		answer.Status = connect.RequiresAction
		answer.Action.Data = string(r.Action)
		var action struct {
			Type, Method, URL string
		}
		if err := json.Unmarshal(r.Action, &action); err == nil && action.Type == "redirect" && action.URL != "" && action.Method != "POST" {
			answer.Action = connect.Action{URL: action.URL}
		}
	default: // Received, Pending, and what is not known yet
		answer.Status = connect.Received
	}
	return answer
}

// modify sends a modification of a payment, which is received if it has a form.
func (a *Acquirer) modify(ctx context.Context, key, of, path string, mark byte, m *ledger.Money) (connect.Answer, error) {
	if err := ctx.Err(); err != nil {
		return connect.Answer{}, err
	}
	body, order, none := make(map[string]any), []string{of}, ledger.Money{}
	if m != nil {
		sum, ok := a.amountOf(*m)
		switch {
		case m.Sign() <= 0:
			return turnedDown(*m, "invalid_amount"), nil
		case !ok:
			return turnedDown(*m, "currency_not_supported"), nil
		}
		body["amount"], none = sum, *m
		order = append(order, m.String())
	}
	if !wire.Token(of) {
		return turnedDown(none, "resource_missing"), nil
	}
	r, code, err := a.post(ctx, key, "/payments/"+of+path, referenceOf(key, mark, order...), body)
	switch {
	case err != nil:
		return connect.Answer{}, err
	case code != "":
		return turnedDown(none, code), nil
	case r.Status != "received":
		return connect.Answer{}, a.wire.Error(ledger.Unknown, "no_answer", "the API says neither that it has received the request nor that it has not")
	}
	return connect.Answer{Status: connect.Received, Reference: r.PSPReference, Amount: none}, nil
}

// Capture implements connect.Acquirer.
func (a *Acquirer) Capture(ctx context.Context, key string, o connect.CaptureOrder) (connect.Answer, error) {
	return a.modify(ctx, key, o.Reference, "/captures", markCapture, &o.Amount)
}

// Cancel implements connect.Acquirer.
func (a *Acquirer) Cancel(ctx context.Context, key string, o connect.CancelOrder) (connect.Answer, error) {
	return a.modify(ctx, key, o.Reference, "/cancels", markCancel, nil)
}

// Refund implements connect.Acquirer.
func (a *Acquirer) Refund(ctx context.Context, key string, o connect.RefundOrder) (connect.Answer, error) {
	return a.modify(ctx, key, o.Reference, "/refunds", markRefund, &o.Amount)
}

// Lookup implements connect.Acquirer. There is nobody to ask.
func (a *Acquirer) Lookup(ctx context.Context, _ string) (connect.Answer, error) {
	if err := ctx.Err(); err != nil {
		return connect.Answer{}, err
	}
	return connect.Answer{}, a.wire.Error(ledger.Unavailable, "not_askable", "the API tells what became of a key by notification alone")
}

// detailsLimit bounds what a buyer's browser brings.
const detailsLimit = 64 << 10

// Details hands over what a buyer brought back from where an action led them: a JSON
// object, such as {"redirectResult": "…"}. The answer is news for Engine.News, and
// comes as a notification as well. It may be called again with the same details.
func (a *Acquirer) Details(ctx context.Context, brought json.RawMessage) (connect.News, error) {
	var object map[string]any
	if len(brought) > detailsLimit || json.Unmarshal(brought, &object) != nil || len(object) == 0 {
		return connect.News{}, &ledger.Error{Class: ledger.Invalid, Code: "invalid_details", Field: "details", Op: op, Msg: "details are a JSON object"}
	}
	r, code, err := a.post(ctx, detailsKey(brought), "/payments/details", "", map[string]any{"details": object})
	if err != nil {
		return connect.News{}, err
	}
	request, mark := readReference(r.MerchantReference)
	if code != "" || mark != markPayment && mark != markAuthorize {
		return connect.News{}, &ledger.Error{Class: ledger.NotFound, Code: "not_found", Field: "details", Op: op, Msg: "the details are of no payment of souk's"}
	}
	return connect.News{Key: request, Answer: a.answer(r, ledger.Money{})}, nil
}
