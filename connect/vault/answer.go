package vault

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/soukhq/souk/ledger"
)

// tokenAnswer is what a browser gets for details.
type tokenAnswer struct {
	Token    string          `json:"token"`
	Kind     string          `json:"kind"`
	Country  string          `json:"country,omitzero"`
	Currency ledger.Currency `json:"currency,omitzero"`
	Last4    string          `json:"last4,omitzero"`
	Bank     string          `json:"bank,omitzero"`
	Expires  time.Time       `json:"expires,omitzero"`
}

// problem is what is wrong with a request: a code that stays, the field at fault, and words.
type problem struct {
	Code    string `json:"code"`
	Field   string `json:"field,omitzero"`
	Message string `json:"message"`
}

// statuses are the answers to errors that are not what their class is.
var statuses = map[string]int{
	"payload_too_large":        http.StatusRequestEntityTooLarge,
	"unsupported_media_type":   http.StatusUnsupportedMediaType,
	"invalid_key":              http.StatusUnauthorized,
	"publishable_key_required": http.StatusForbidden,
	"forbidden_origin":         http.StatusForbidden,
	"rate_limited":             http.StatusTooManyRequests,
	"method_not_allowed":       http.StatusMethodNotAllowed,
}

func statusOf(e *ledger.Error) int {
	if s, ok := statuses[e.Code]; ok {
		return s
	}
	switch e.Class {
	case ledger.NotFound:
		return http.StatusNotFound
	case ledger.Invalid:
		return http.StatusBadRequest
	case ledger.State, ledger.Exists:
		return http.StatusConflict
	case ledger.Forbidden:
		return http.StatusForbidden
	}
	return http.StatusServiceUnavailable
}

// refuse answers with what is wrong. Of an error that is not the caller's doing it says no
// more than that: causes of stores and wrappers are the host's business.
func refuse(w http.ResponseWriter, err error) {
	var e *ledger.Error
	if !errors.As(err, &e) || e.Code == "corrupt" {
		e = &ledger.Error{Class: ledger.Unavailable}
	}
	status := statusOf(e)
	p := problem{e.Code, e.Field, e.Msg}
	if status == http.StatusServiceUnavailable {
		p = problem{Code: "unavailable", Message: "try again later"}
	}
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "60")
	}
	answer(w, status, struct {
		Error problem `json:"error"`
	}{p})
}

func answer(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		status, data = http.StatusServiceUnavailable, []byte(`{"error":{"code":"unavailable","message":"try again later"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data) // who has gone does not hear it
}

func refusal(class ledger.Class, code, msg string) error {
	return &ledger.Error{Class: class, Code: code, Op: op, Msg: msg}
}

var (
	errOrigin  = refusal(ledger.Forbidden, "forbidden_origin", "this origin is not registered")
	errTooMany = refusal(ledger.State, "rate_limited", "too many requests; try again in a minute")
)
