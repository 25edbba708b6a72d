package postgres

import (
	"strings"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

var _ sqlstore.Shower = (*dialect)(nil)

// Field implements sqlstore.Shower. What is not of the type is null, so that one
// strange object does not break the view of all others.
func (d *dialect) Field(path []string, t ledger.ColumnType) string {
	text, is := `data #>> '{`+strings.Join(path, ",")+`}'`, func(what string) string {
		return `json_typeof(data #> '{` + strings.Join(path, ",") + `}') = '` + what + `'`
	}
	switch t {
	case ledger.IntegerColumn:
		return `case when ` + is("number") + ` then (` + text + `)::bigint end`
	case ledger.BooleanColumn:
		return `case when ` + is("boolean") + ` then (` + text + `)::boolean end`
	case ledger.TimeColumn:
		return `case when ` + text + ` like '____-__-__T%' then (` + text + `)::timestamptz end`
	case ledger.MoneyColumn:
		amount, currency := `data #>> '{`+strings.Join(path, ",")+`,amountMinor}'`, `data #>> '{`+strings.Join(path, ",")+`,currency}'`
		return `((` + amount + `) || 'e-' || coalesce((select c.digits from ` + d.quoted() + `.currencies c where c.code = ` + currency + `),
		nullif(split_part(` + currency + `, '/', 2), '')::integer))::numeric`
	}
	return text
}

// Named implements sqlstore.Shower.
func (*dialect) Named() string {
	return `select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
		where n.nspname = souk_schema_text and c.relname = ?`
}
