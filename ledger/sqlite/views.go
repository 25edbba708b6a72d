package sqlite

import (
	"strings"

	"github.com/soukhq/souk/internal/sqlstore"
	"github.com/soukhq/souk/ledger"
)

var _ sqlstore.Shower = dialect{}

// Field implements sqlstore.Shower. What is not of the type is null.
func (dialect) Field(path []string, t ledger.ColumnType) string {
	at := `$."` + strings.Join(path, `"."`) + `"`
	value, kind := `data ->> '`+at+`'`, `json_type(data, '`+at+`')`
	switch t {
	case ledger.IntegerColumn:
		return `case ` + kind + ` when 'integer' then ` + value + ` end`
	case ledger.BooleanColumn:
		return `case ` + kind + ` when 'true' then 1 when 'false' then 0 end`
	case ledger.MoneyColumn:
		return money(`data ->> '`+at+`."amountMinor"'`, `data ->> '`+at+`."currency"'`)
	}
	return `cast(` + value + ` as text)`
}

// money is an amount of minor units as text in units of its currency, without
// ever being a number with a fraction.
func money(minor, currency string) string {
	return `(select case when digits > 0 then printf('%s%d.%0*d', case when minor < 0 and minor > -unit then '-' else '' end, minor / unit, digits, abs(minor % unit))
		when digits = 0 then cast(minor as text) end
		from (select *, cast(substr('1000000000000', 1, digits + 1) as integer) as unit
		from (select cast(` + minor + ` as integer) as minor, coalesce((select c.digits from souk_currencies c where c.code = ` + currency + `),
			case when instr(` + currency + `, '/') > 0 then cast(substr(` + currency + `, instr(` + currency + `, '/') + 1) as integer) end) as digits)))`
}

// Named implements sqlstore.Shower.
func (dialect) Named() string {
	return `select count(*) from sqlite_schema where name collate nocase = 'souk_' || ?`
}
