package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// Shower is a Dialect that shows kinds of objects as views.
type Shower interface {
	Dialect
	// Field is the expression of a column: of the JSON in data. The path has been
	// split, and is made of letters, digits and underscores.
	Field(path []string, t ledger.ColumnType) string
	// Named counts the tables, views and indexes of a name, which follows on
	// souk_: 0 or 1.
	Named() string
}

// maxName is how long a name may be in PostgreSQL; longer ones are cut off there.
const maxName = 63

// kindView is the view of one kind.
type kindView struct{ name, kind, definition string }

// ShowKinds makes a view of each kind, named after it, once the schema is there.
// It does so under the lock of migrations, and leaves what is as it should be
// alone. Views of other kinds stay: other programs may want them.
func ShowKinds(ctx context.Context, db *sql.DB, d Shower, kinds []ledger.KindInfo) error {
	views, err := viewsOf(d, kinds)
	if err != nil || len(views) == 0 {
		return err
	}
	_, err = onConn(ctx, db, d, func(on *session) (bool, error) {
		if _, err := on.ExecContext(ctx, d.BeginWrite()); err != nil {
			return false, err
		}
		for _, v := range views {
			if err := v.make(ctx, on, d); err != nil {
				return false, err
			}
		}
		_, err := on.ExecContext(ctx, "commit")
		return true, err
	})
	return err
}

// make makes the view, unless it is there.
func (v kindView) make(ctx context.Context, on *session, d Shower) error {
	was, there := "", 0
	if err := on.Query(ctx, func(row Answer) error { return row.Scan(&there) }, d.Named(), v.name); err != nil {
		return err
	}
	err := on.Query(ctx, func(row Answer) error { return row.Scan(&was) }, `select definition from souk_kind_views where name = ?`, v.name)
	switch {
	case err != nil:
		return err
	case there == 1 && was == v.definition:
		return nil
	case there == 1 && was == "":
		return schemaError(d, "name_taken", fmt.Sprintf("there is something else by the name of %s, which is the view of kind %s", v.name, v.kind))
	case there == 1:
		if _, err := on.ExecContext(ctx, `drop view `+d.SQL("souk_")+v.name); err != nil {
			return err
		}
	}
	if _, err := on.ExecContext(ctx, v.definition); err != nil {
		return err
	}
	_, err = on.exec(ctx, `insert into souk_kind_views (name, kind, definition) values (?, ?, ?)
		on conflict (name) do update set kind = excluded.kind, definition = excluded.definition`, v.name, v.kind, v.definition)
	return err
}

// viewsOf defines the views of kinds, each once.
func viewsOf(d Shower, kinds []ledger.KindInfo) ([]kindView, error) {
	var views []kindView
	byName := make(map[string]string)
	for _, k := range kinds {
		v, err := viewOf(d, k)
		if err != nil {
			return nil, err
		}
		was, twice := byName[v.name]
		switch {
		case twice && was == v.definition:
			continue
		case twice:
			return nil, badKind(d, k, "two kinds would have the view "+v.name)
		}
		byName[v.name] = v.definition
		views = append(views, v)
	}
	return views, nil
}

// viewOf defines the view of a kind: connect.charge is shown by connect_charge.
// Nothing that is not a plain name gets into it.
func viewOf(d Shower, k ledger.KindInfo) (kindView, error) {
	name := strings.ToLower(strings.ReplaceAll(k.Name, ".", "_"))
	if !plain(name) || len("souk_"+name) > maxName {
		return kindView{}, badKind(d, k, "its view would be called "+name)
	}
	var b strings.Builder
	b.WriteString("create view " + d.SQL("souk_") + name + " as\nselect id, version")
	taken := map[string]bool{"id": true, "version": true}
	for _, c := range k.Columns {
		path, lower := strings.Split(c.Path, "."), strings.ToLower(c.Name)
		switch {
		case !plain(append(path, c.Name)...) || len(c.Name) > maxName || c.Type > ledger.MoneyColumn:
			return kindView{}, badKind(d, k, "its column "+c.Name+" shows "+c.Path)
		case taken[lower]:
			return kindView{}, badKind(d, k, "it has two columns "+c.Name)
		}
		taken[lower] = true
		b.WriteString(",\n\t" + d.Field(path, c.Type) + ` as "` + c.Name + `"`)
	}
	b.WriteString("\nfrom " + d.SQL("souk_") + "objects where kind = '" + k.Name + "'")
	return kindView{name, k.Name, b.String()}, nil
}

func badKind(d Dialect, k ledger.KindInfo, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_kind", Field: "kinds", Op: d.Name() + ": view of " + k.Name, Msg: msg}
}

// plain reports whether names are made of letters, digits and underscores.
func plain(names ...string) bool {
	for _, name := range names {
		for _, r := range name {
			if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' {
				return false
			}
		}
		if name == "" {
			return false
		}
	}
	return true
}
