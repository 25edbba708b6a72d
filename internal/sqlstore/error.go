package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/soukhq/souk/ledger"
)

// fault says what went wrong in one step. An error that is typed already stays
// as it is.
func fault(d Dialect, op string, err error) error {
	if typed := (*ledger.Error)(nil); err == nil || errors.As(err, &typed) {
		return err
	}
	f := faultOf(d, err)
	return &ledger.Error{Class: f.Class, Code: f.Code, Op: d.Name() + ": " + op, Err: err}
}

// joinedFault is fault inside a transaction of the host's.
func joinedFault(d Dialect, op string, err error) error {
	out := fault(d, op, err)
	if e, ok := out.(*ledger.Error); ok && out != err {
		if f := faultOf(d, err); f.Joined != 0 {
			e.Class = f.Joined
		}
	}
	return out
}

func faultOf(d Dialect, err error) Fault {
	typed := (*ledger.Error)(nil)
	switch {
	case errors.As(err, &typed):
		return Fault{Class: typed.Class, Code: typed.Code, Poison: true}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Fault{Class: ledger.Unavailable, Code: "canceled"}
	case errors.Is(err, sql.ErrTxDone):
		return Fault{Class: ledger.Invalid, Code: "transaction_ended"}
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, driver.ErrBadConn):
		return Fault{Class: ledger.Unavailable, Code: "connection_lost"}
	}
	return d.Fault(err)
}

// unknown says that a commit may have happened.
func unknown(d Dialect, err error) error {
	return &ledger.Error{Class: ledger.Unknown, Code: faultOf(d, err).Code, Op: d.Name() + ": commit", Err: err}
}

// canceled says that nothing happened, because the caller's context ended.
func canceled(op string, err error) error {
	return &ledger.Error{Class: ledger.Unavailable, Code: "canceled", Op: "ledger: " + op, Err: err}
}

func missing(argument string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "missing_argument", Field: argument, Msg: "it is nil or was not made by its constructor"}
}

// corrupt says that a row holds what no store writes.
func corrupt(what string, err error) error {
	return &ledger.Error{Class: ledger.Unavailable, Code: "corrupt", Op: "ledger: " + what, Msg: "it cannot be read", Err: err}
}

// final returns err marked as one that must not be tried again inside the
// host's transaction.
func final(err error) error {
	typed := (*ledger.Error)(nil)
	if err == nil || !errors.As(err, &typed) {
		return err
	}
	e := *typed
	e.Final = true
	return &e
}
