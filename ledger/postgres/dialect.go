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
	// A name may hold anything, so nothing is looked for in what was put in. In a
	// text of SQL's it is quoted twice.
	named := strings.NewReplacer("souk_schema_text", text(d.schema), "souk_schema_name", d.quoted(),
		"'souk_", "'"+strings.ReplaceAll(d.quoted(), "'", "''")+".", "souk_", d.quoted()+".")
	var b strings.Builder
	for i, part := range strings.Split(query, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(named.Replace(part))
	}
	d.texts.Store(query, b.String())
	return b.String()
}

// text writes a text of SQL's.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (d *dialect) quoted() string { return `"` + strings.ReplaceAll(d.schema, `"`, `""`) + `"` }

// Step implements sqlstore.Dialect.
func (d *dialect) Step(text string) string {
	return strings.ReplaceAll(text, "souk.", d.quoted()+".")
}

// BeginRead sees one moment, and writes nothing.
func (*dialect) BeginRead() string { return "begin isolation level repeatable read read only" }

// BeginWrite is for migrations, of which one runs at a time.
func (d *dialect) BeginWrite() string {
	return "begin; select pg_advisory_xact_lock(hashtext(" + text("souk migrations of "+d.schema) + "))"
}

func (*dialect) JoinWrite() string   { return "select 1" }
func (*dialect) Using(string) string { return "" }

// EntriesOf implements sqlstore.Dialect.
func (*dialect) EntriesOf() string {
	return `souk_transactions t cross join lateral (select e.*, n.position from unnest(t.accounts) with ordinality n (account, position)
		join souk_entries e on e.account = n.account and e.posted_at = t.posted_at) e`
}

// InBooks implements sqlstore.Dialect.
func (*dialect) InBooks() string {
	return `exists (select 1 from souk_entries e where e.account = t.accounts[1] and e.posted_at = t.posted_at)`
}

// Merges implements sqlstore.Dialect. PostgreSQL 15 can merge, and yet took two
// stripes of 10,000 entries whole to sort them for a page of 20.
func (*dialect) Merges() bool { return false }

func (*dialect) Lanes() string {
	return "select id, events from souk_stripes where id >= 0 order by id"
}
func (*dialect) Journal() string {
	return "select id, transactions from souk_stripes where id >= 0 order by id"
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
	return `create schema if not exists souk_schema_name;
		create table if not exists souk_schema_migrations (
			version    bigint primary key,
			name       text not null,
			checksum   text not null,
			applied_at timestamptz not null default now()
		)`
}

func (*dialect) HasHistory() string {
	return `select count(*) from pg_catalog.pg_tables where schemaname = souk_schema_text and tablename = 'schema_migrations'`
}

var _ sqlstore.Dialect = (*dialect)(nil)
