package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

// faults says what codes of PostgreSQL mean: https://www.postgresql.org/docs/15/errcodes-appendix.html.
// Where a code is not listed its class is, by its first two characters.
var faults = map[string]sqlstore.Fault{
	"40001": {Class: ledger.Conflict, Code: "serialization_failure", Held: true},
	"40P01": {Class: ledger.Conflict, Code: "deadlock", Held: true},
	"55P03": {Class: ledger.Unavailable, Code: "lock_timeout", Joined: ledger.Conflict, Held: true},
	"40":    {Class: ledger.Conflict, Code: "transaction_rolled_back", Held: true},
	"23505": {Class: ledger.Conflict, Code: "constraint", Held: true, Poison: true},
	"22012": {Class: ledger.Conflict, Code: "changed", Held: true, Poison: true}, // a guard of ours
	"23":    {Class: ledger.Invalid, Code: "constraint", Poison: true},
	"22":    {Class: ledger.Invalid, Code: "invalid_data", Poison: true},
	"25006": {Class: ledger.Unavailable, Code: "read_only"},
	"25P02": {Class: ledger.Invalid, Code: "transaction_aborted"},
	"53100": {Class: ledger.Unavailable, Code: "disk_full"},
	"53300": {Class: ledger.Unavailable, Code: "overloaded"},
	"53":    {Class: ledger.Unavailable, Code: "out_of_resources", Poison: true},
	"54":    {Class: ledger.Invalid, Code: "payload_too_large", Poison: true},
	"57014": {Class: ledger.Unavailable, Code: "canceled"},
	"57":    {Class: ledger.Unavailable, Code: "connection_lost"},
	"58":    {Class: ledger.Unavailable, Code: "io_error"},
	"08":    {Class: ledger.Unavailable, Code: "connection_lost"},
	"2BP01": {Class: ledger.State, Code: "view_in_use"}, // nothing else is ever dropped
	"28":    {Class: ledger.Unavailable, Code: "access_denied"},
	"42501": {Class: ledger.Unavailable, Code: "access_denied"},
	"3F000": {Class: ledger.State, Code: "schema_missing"},
	"42P01": {Class: ledger.State, Code: "schema_missing"},
	"42703": {Class: ledger.State, Code: "schema_older"},
	"XX":    {Class: ledger.Unavailable, Code: "corrupt"},
}

// Fault implements sqlstore.Dialect.
func (*dialect) Fault(err error) sqlstore.Fault {
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) {
		if f, ok := faults[e.Code]; ok {
			return f
		}
		if f, ok := faults[e.Code[:min(2, len(e.Code))]]; ok {
			return f
		}
		return sqlstore.Fault{Class: ledger.Unavailable, Code: "database_error", Poison: true}
	}
	switch {
	case errors.Is(err, pgx.ErrTxClosed):
		return sqlstore.Fault{Class: ledger.Invalid, Code: "transaction_ended"}
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return sqlstore.Fault{Class: ledger.Invalid, Code: "transaction_aborted"}
	case strings.Contains(err.Error(), "closed pool"):
		return sqlstore.Fault{Class: ledger.Unavailable, Code: "pool_closed"}
	}
	// What is no word of the server's is about the way there.
	return sqlstore.Fault{Class: ledger.Unavailable, Code: "connection_lost"}
}
