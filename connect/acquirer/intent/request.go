package intent

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/internal/wire"
	"github.com/soukhq/souk/ledger"
)

// maxKey is the API's limit.
const maxKey = 255

// apiError is the body of an error.
type apiError struct {
	Type          string  `json:"type"`
	Code          string  `json:"code"`
	DeclineCode   string  `json:"decline_code"`
	PaymentIntent *intent `json:"payment_intent"`
}

// refused is what the API understood and did not do.
type refused struct {
	code   string
	intent *intent // what it made all the same, if it did
}

// code is why, in the field's decline codes where there is one.
func (e apiError) code() string {
	for _, c := range []string{e.DeclineCode, e.Code, e.Type} {
		switch c {
		case "":
		case "payment_intent_authentication_failure":
			return "authentication_failed"
		default:
			return c
		}
	}
	return "invalid_request"
}

// post sends a form under a key. What came is decoded into out; refused is not nil
// where the API would not do it.
func (a *Acquirer) post(ctx context.Context, key, path string, form url.Values, out any) (*refused, error) {
	if !wire.Key(key, maxKey) {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_key", Field: "key", Op: op, Msg: "a key has 1 to 255 characters of printable ASCII"}
	}
	h := a.header()
	h.Set("Idempotency-Key", key)
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	r := wire.Request{Method: http.MethodPost, URL: a.cfg.BaseURL + "/v1/" + path, Header: h, Body: []byte(form.Encode())}
	reply, err := a.wire.Persist(ctx, r, func(r wire.Reply) bool { return r.Status == http.StatusConflict })
	if err != nil {
		return nil, err
	}
	return a.read(reply, out)
}

// apiFailed is the code of an error that the API answered with itself. It may have
// acted, and may give the same answer to the key from now on.
const apiFailed = "api_error"

// failedThere tells such an error from a connection that failed, after which the
// same request is simply sent again.
func failedThere(err error) bool {
	var e *ledger.Error
	return errors.As(err, &e) && e.Code == apiFailed
}

// get asks for something.
func (a *Acquirer) get(ctx context.Context, path string, query url.Values, out any) (*refused, error) {
	address := a.cfg.BaseURL + "/v1/" + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	reply, err := a.wire.Do(ctx, wire.Request{Method: http.MethodGet, URL: address, Header: a.header()})
	if err != nil {
		return nil, err
	}
	return a.read(reply, out)
}

func (a *Acquirer) header() http.Header {
	h := make(http.Header)
	h.Set("Authorization", "Bearer "+a.cfg.SecretKey)
	h.Set("Stripe-Version", a.cfg.Version)
	if a.cfg.Account != "" {
		h.Set("Stripe-Account", a.cfg.Account)
	}
	return h
}

// read tells what a reply means.
func (a *Acquirer) read(r wire.Reply, out any) (*refused, error) {
	if r.Status == http.StatusOK {
		if err := json.Unmarshal(r.Body, out); err != nil {
			return nil, a.wire.Error(ledger.Unknown, "no_answer", "the reply cannot be read")
		}
		return nil, nil
	}
	var body struct {
		Error apiError `json:"error"`
	}
	readable := json.Unmarshal(r.Body, &body) == nil && body.Error.Type != ""
	e := body.Error
	switch {
	case r.Status == http.StatusUnauthorized:
		return nil, a.wire.Error(ledger.Unavailable, "unauthorized", "the API does not take the secret key")
	case r.Status == http.StatusForbidden:
		return nil, a.wire.Error(ledger.Unavailable, "forbidden", "the secret key may not do this")
	case r.Status == http.StatusTooManyRequests:
		return nil, a.wire.Error(ledger.Unavailable, "rate_limited", "the API asks to come later")
	case r.Status >= 500 || r.Status == 424 || !readable:
		return nil, a.wire.Error(ledger.Unknown, apiFailed, "the API answered with status "+strconv.Itoa(r.Status))
	case e.Type == "idempotency_error":
		return nil, &ledger.Error{Class: ledger.Exists, Code: "idempotency_mismatch", Field: "key", Op: op, Msg: "the key belongs to another request"}
	case e.Type == "api_error":
		return nil, a.wire.Error(ledger.Unknown, apiFailed, "the API has failed")
	}
	return &refused{e.code(), e.PaymentIntent}, nil
}

// units are what the API counts an amount in; ok is false for what it has none for. Its
// name for a currency is the code in small letters.
func units(m ledger.Money) (amount, currency string, ok bool) {
	n, ok := wire.Units(m, ledger.Currency.NetworkDigits)
	return strconv.FormatInt(n, 10), strings.ToLower(m.Currency().Code()), ok
}

// money is the way back.
func money(units int64, currency string) ledger.Money {
	return wire.Money(units, strings.ToUpper(currency), ledger.Currency.NetworkDigits)
}

// turnedDown is a decline of what is not sent: nothing, or less, or what the API has
// no units for.
func turnedDown(m ledger.Money, code string) connect.Answer {
	return connect.Answer{Status: connect.Declined, Code: code, Amount: m}
}

// payment tells whether something is the API's name of a payment.
func payment(reference string) bool {
	return strings.HasPrefix(reference, "pi_") && wire.Token(reference)
}
