package sqlstore

import (
	"time"

	"github.com/soukhq/souk/ledger"
)

// What a dialect needs that loads and writes in its own way.

// Micro is how a time stands in a row: microseconds since 1970 in UTC.
func Micro(t time.Time) int64 { return micro(t) }

// Moment is the way back.
func Moment(n int64) time.Time { return moment(n) }

// Possible reports whether something can have all of these names: a database need
// not be asked about others.
func Possible(names ...string) bool { return possible(names...) }

// FormatKeys returns the keys of an object as they stand in its row.
func FormatKeys(keys []ledger.Key) (string, error) { return formatKeys(keys) }

// ScanObject reads version, keys and data into an object whose ID is known.
func ScanObject(row Answer, o *ledger.Object) error { return scanObject(row, o) }

// FaultOf says what an error means.
func FaultOf(d Dialect, err error) Fault { return faultOf(d, err) }

// Failed is the typed error of a step that failed. An error that is typed already
// stays as it is.
func Failed(d Dialect, op string, err error) error { return fault(d, op, err) }

// FailedJoined is Failed inside a transaction of the host's.
func FailedJoined(d Dialect, op string, err error) error {
	return final(joinedFault(d, op, err))
}

// Unknown says that a commit may have happened.
func Unknown(d Dialect, err error) error { return unknown(d, err) }

// Canceled says that nothing happened, because the caller's context ended.
func Canceled(op string, err error) error { return canceled(op, err) }

// Missing refuses an argument that is nil.
func Missing(argument string) error { return missing(argument) }

// Final marks an error as one that must not be tried again inside the host's
// transaction.
func Final(err error) error { return final(err) }

// Overloaded says that no connection came free in time.
func Overloaded(op string, err error) error { return overloaded(op, err) }

// Panicked says that something panicked while a batch was planned or written.
func Panicked(p any) error { return panicked(p) }

// IsEmpty reports whether a batch writes nothing.
func IsEmpty(r *ledger.Rows) bool { return isEmpty(r) }

// ErrClosed is what a closed store has to say.
var ErrClosed error = errClosed
