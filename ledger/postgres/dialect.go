package postgres

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
	"sync"

	"github.com/soukhq/souk/internal/sqlstore"
)

//go:embed schema/*.sql
var files embed.FS

// dialect implements sqlstore.Dialect. Its tables lie in a schema.
type dialect struct {
	schema string
	texts  sync.Map // of queries, to what SQL makes of them
}

func (*dialect) Name() string { return "postgres" }

// SQL implements sqlstore.Dialect.
func (d *dialect) SQL(query string) string {
	if text, ok := d.texts.Load(query); ok {
		return text.(string)
	}
	// The name of a schema may look like any of these, so nothing is looked at twice.
	names := strings.NewReplacer("souk_", d.quoted()+".", schemaName, d.quoted(), schemaText, d.literal())
	var b strings.Builder
	for i, part := range strings.Split(query, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		_, _ = names.WriteString(&b, part) // a Builder takes all
	}
	d.texts.Store(query, b.String())
	return b.String()
}

// What stands in a query for the schema, as a name and as text.
const schemaName, schemaText = "{schema}", "{'schema'}"

func (d *dialect) quoted() string { return `"` + strings.ReplaceAll(d.schema, `"`, `""`) + `"` }

func (d *dialect) literal() string { return `'` + strings.ReplaceAll(d.schema, `'`, `''`) + `'` }

// Step implements sqlstore.Dialect.
func (d *dialect) Step(text string) string {
	return strings.ReplaceAll(text, "souk.", d.quoted()+".")
}

// BeginRead sees one moment, and writes nothing.
func (*dialect) BeginRead() string { return "begin isolation level repeatable read read only" }

// BeginWrite is for migrations, of which one runs at a time.
func (d *dialect) BeginWrite() string {
	return "begin; select pg_advisory_xact_lock(hashtext('souk migrations of " + strings.ReplaceAll(d.schema, "'", "''") + "'))"
}

func (*dialect) JoinWrite() string   { return "select 1" }
func (*dialect) Using(string) string { return "" }
func (*dialect) Lanes() string {
	return "select id, events from souk_stripes where id >= 0 order by id"
}
func (*dialect) Written() string { return "written_at" }

// Migrations implements sqlstore.Dialect.
func (d *dialect) Migrations() fs.FS {
	sub, err := fs.Sub(files, "schema")
	if err != nil {
		return files // has no file of that form, which Migrate says
	}
	return sub
}

func (*dialect) History() string {
	return `create schema if not exists ` + schemaName + `;
		create table if not exists souk_schema_migrations (
			version    bigint primary key,
			name       text not null,
			checksum   text not null,
			applied_at timestamptz not null default now()
		)`
}

func (*dialect) HasHistory() string {
	return `select count(*) from pg_catalog.pg_tables where schemaname = ` + schemaText + ` and tablename = 'schema_migrations'`
}

var _ sqlstore.Dialect = (*dialect)(nil)
