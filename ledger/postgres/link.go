package postgres

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/soukhq/souk/internal/sqlstore"
)

// step is a statement of several that go to the database together.
type step struct {
	query string
	args  []any
	scan  func(sqlstore.Answer) error // of each row; nil throws them away
}

// link is a connection, or a transaction of the host's.
type link interface {
	sqlstore.Conn
	// run executes steps in order, up to the first that fails, and says which
	// that was.
	run(ctx context.Context, steps []step) (failed int, err error)
}

// native is a link by pgx: steps travel together.
type native struct {
	d    *dialect
	wait time.Duration // of the longest answer
	on   interface {
		SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
		Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	}
}

// Query implements sqlstore.Conn.
func (n native) Query(ctx context.Context, scan func(sqlstore.Answer) error, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, n.wait)
	defer cancel()
	rows, err := n.on.Query(ctx, n.d.SQL(query), args...)
	if err != nil {
		return err
	}
	return each(rows, scan)
}

func (n native) run(ctx context.Context, steps []step) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, n.wait)
	defer cancel()
	var b pgx.Batch
	for _, s := range steps {
		b.Queue(n.d.SQL(s.query), s.args...)
	}
	results := n.on.SendBatch(ctx, &b)
	for i, s := range steps {
		var err error
		if s.scan == nil {
			_, err = results.Exec()
		} else if rows, bad := results.Query(); bad != nil {
			err = bad
		} else {
			err = each(rows, s.scan)
		}
		if err != nil {
			_ = results.Close() // it repeats the error
			return i, err
		}
	}
	return len(steps) - 1, results.Close()
}

// each hands rows to scan.
func each(rows pgx.Rows, scan func(sqlstore.Answer) error) error {
	for rows.Next() {
		if err := scan(rows); err != nil {
			rows.Close()
			return err
		}
	}
	rows.Close()
	return rows.Err()
}

// standard is a link by database/sql: steps go one after the other, and arrays
// as text, so that any driver will do.
type standard struct {
	d    *dialect
	wait time.Duration
	tx   *sql.Tx
}

// Query implements sqlstore.Conn.
func (s standard) Query(ctx context.Context, scan func(sqlstore.Answer) error, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	for i, a := range args {
		args[i] = literal(a)
	}
	rows, err := s.tx.QueryContext(ctx, s.d.SQL(query), args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			_ = rows.Close() // the error of the scan says more
			return err
		}
	}
	if err := rows.Err(); err != nil {
		_ = rows.Close() // it was closed by the error
		return err
	}
	return rows.Close()
}

func (s standard) run(ctx context.Context, steps []step) (int, error) {
	for i, st := range steps {
		scan := st.scan
		if scan == nil {
			scan = func(sqlstore.Answer) error { return nil }
		}
		if err := s.Query(ctx, scan, st.query, st.args...); err != nil {
			return i, err
		}
	}
	return len(steps) - 1, nil
}

// literal is an array as the text of one; other values stay.
func literal(v any) any {
	switch list := v.(type) {
	case []int64:
		return array(len(list), func(i int) string { return strconv.FormatInt(list[i], 10) })
	case []*int64:
		return array(len(list), func(i int) string {
			if list[i] == nil {
				return "null"
			}
			return strconv.FormatInt(*list[i], 10)
		})
	case []bool:
		return array(len(list), func(i int) string { return strconv.FormatBool(list[i]) })
	case []string:
		return array(len(list), func(i int) string { return quoted(list[i]) })
	case []*string:
		return array(len(list), func(i int) string {
			if list[i] == nil {
				return "null"
			}
			return quoted(*list[i])
		})
	}
	return v
}

func array(n int, element func(int) string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = element(i)
	}
	return "{" + strings.Join(list, ",") + "}"
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quoted(s string) string { return `"` + escapes.Replace(s) + `"` }
