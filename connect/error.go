package connect

import (
	"errors"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// notFound is the one answer for what does not exist and for what is not the
// caller's to see. The field is what the thing is called in requests.
func notFound(what string) error {
	first, rest, _ := strings.Cut(what, " ")
	field := first
	if rest != "" {
		field += strings.ToUpper(rest[:1]) + rest[1:]
	}
	return &ledger.Error{Class: ledger.NotFound, Code: "not_found", Field: field, Msg: "there is no such " + what}
}

// notFoundOr says that something is not there without saying more; other errors
// stay.
func notFoundOr(err error, what string) error {
	if errors.Is(err, ledger.NotFound) {
		return notFound(what)
	}
	return err
}

func badField(code, field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Msg: msg}
}

func badState(code, field, msg string) error {
	return &ledger.Error{Class: ledger.State, Code: code, Field: field, Msg: msg}
}

// inField says which field of the request an error of another part is about.
func inField(field string, err error) error {
	var e *ledger.Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Field = field
	return &c
}

// codeOf returns the code of an error, empty if it has none.
func codeOf(err error) string {
	var e *ledger.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
