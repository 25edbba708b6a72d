package notify

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/internal/wire"
	"github.com/soukhq/souk/ledger"
)

// Amount is an amount as the API has it.
type Amount struct {
	Currency string `json:"currency"`
	Value    int64  `json:"value"`
}

// amountOf is false for what the API has no units for.
func (a *Acquirer) amountOf(m ledger.Money) (Amount, bool) {
	n, ok := wire.Units(m, a.digits)
	return Amount{m.Currency().Code(), n}, ok
}

// money is the way back.
func (a *Acquirer) money(of *Amount) ledger.Money {
	if of == nil {
		return ledger.Money{}
	}
	return wire.Money(of.Value, of.Currency, a.digits)
}

// reply is what the API answers.
type reply struct {
	PSPReference      string          `json:"pspReference"`
	MerchantReference string          `json:"merchantReference"` // of a payment
	Reference         string          `json:"reference"`         // of a modification
	Status            string          `json:"status"`            // of a modification
	ResultCode        string          `json:"resultCode"`        // of a payment
	RefusalReason     string          `json:"refusalReason"`
	Amount            *Amount         `json:"amount"`
	AdditionalData    details         `json:"additionalData"`
	Action            json.RawMessage `json:"action"`
}

// post sends a request under a key. A code says why the API would not do it.
func (a *Acquirer) post(ctx context.Context, key, path, reference string, body map[string]any) (r reply, code string, err error) {
	if !wire.Key(key, maxKey) {
		return r, "", &ledger.Error{Class: ledger.Invalid, Code: "invalid_key", Field: "key", Op: op, Msg: "a key has 1 to 64 characters of printable ASCII"}
	}
	body["merchantAccount"] = a.cfg.MerchantAccount
	if reference != "" {
		body["reference"] = reference
	}
	data, err := json.Marshal(body)
	if err != nil {
		return r, "", a.wire.Error(ledger.Invalid, "invalid_request", "the order has no JSON")
	}
	h := make(http.Header)
	h.Set("X-API-Key", a.cfg.APIKey)
	h.Set("Idempotency-Key", key)
	h.Set("Content-Type", "application/json")
	got, err := a.wire.Persist(ctx, wire.Request{Method: http.MethodPost, URL: a.cfg.BaseURL + path, Header: h, Body: data}, underWay)
	if err != nil {
		return r, "", err
	}
	if code, err = a.refused(got); code != "" || err != nil {
		return r, code, err
	}
	if err := json.Unmarshal(got.Body, &r); err != nil {
		return r, "", a.wire.Error(ledger.Unknown, "no_answer", "the reply cannot be read")
	}
	for _, have := range []string{r.MerchantReference, r.Reference} {
		if have != "" && reference != "" && have != reference {
			return r, "", &ledger.Error{Class: ledger.Exists, Code: "idempotency_mismatch", Field: "key", Op: op, Msg: "the key belongs to another request"}
		}
	}
	return r, "", nil
}

// underWay tells that the same request is being worked on.
func underWay(r wire.Reply) bool { return r.Status == http.StatusConflict }

// codes maps the API's codes of validation to the field's.
var codes = map[string]string{
	"101": "incorrect_number", "103": "incorrect_cvc", "129": "expired_card", "137": "invalid_amount", "138": "currency_not_supported",
	"167": "resource_missing",
}

// refused tells what a reply of failure means.
func (a *Acquirer) refused(r wire.Reply) (code string, err error) {
	switch {
	case r.Status >= 200 && r.Status < 300:
		return "", nil
	case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden:
		return "", a.wire.Error(ledger.Unavailable, "forbidden", "the API does not take the key, or not for this")
	case r.Status == http.StatusTooManyRequests:
		return "", a.wire.Error(ledger.Unavailable, "rate_limited", "the API asks to come later")
	}
	var body struct {
		ErrorCode string `json:"errorCode"`
		ErrorType string `json:"errorType"`
	}
	validation := json.Unmarshal(r.Body, &body) == nil && body.ErrorType == "validation"
	if !validation || r.Status >= 500 || r.Header.Get("Transient-Error") == "true" {
		return "", a.wire.Error(ledger.Unknown, "no_answer", "the API answered with status "+strconv.Itoa(r.Status))
	}
	if code, ok := codes[body.ErrorCode]; ok {
		return code, nil
	}
	return "invalid_request", nil
}

// turnedDown is a decline of what is not sent.
func turnedDown(m ledger.Money, code string) connect.Answer {
	return connect.Answer{Status: connect.Declined, Code: code, Amount: m}
}
