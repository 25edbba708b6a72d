package bank

import "github.com/soukhq/souk/ledger"

// invalid makes the error of a text that is refused. The message never holds any
// of the text: it may be somebody's account number.
func invalid(code, field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Msg: msg}
}
