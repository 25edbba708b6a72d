package postgres_test

import (
	"context"
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/internal/sqlstore/viewtest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
	"github.com/soukhq/souk/ledger/storetest"
)

const statementsFile = "../../docs/postgres-statements.sql"

var renew = flag.Bool("renew", false, "write "+statementsFile)

// said keeps every statement that a pool sends, once, by its form: what is made
// of parts is kept in parts, and lists of conditions apart from what they stand in.
type said struct {
	mu         sync.Mutex
	statements map[string]bool
	conditions map[string]bool
}

var (
	spaces = regexp.MustCompile(`\s+`)
	values = regexp.MustCompile(`\$\d+`)
	parts  = regexp.MustCompile(`(?:^with |, )w\d+ as \(`)
	guards = regexp.MustCompile(`\) (select 1 / \(case when).*`)
	wheres = regexp.MustCompile(`(from souk\.(?:accounts|entries e|events|object_keys k join .*? on .*?)) where (.*?)( order by| union all|\))`)
	many   = regexp.MustCompile(`\?(?:, \?){9,}`)
	places = regexp.MustCompile(`\(([a-z., _]+)\) ([<>]) \(([?, ]+)\)`)
	lists  = regexp.MustCompile(`^select (book, owner, purpose, currency, floor|p\.number|k\.id|\* from \(select lane)`)
)

// hear notes a statement.
func (s *said) hear(sql string) {
	form := values.ReplaceAllString(spaces.ReplaceAllString(strings.TrimSpace(sql), " "), "?")
	form = many.ReplaceAllString(form, "?, …")
	form = strings.NewReplacer(`"souk".`, "souk.", `"souk"`, "souk").Replace(form)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case strings.HasPrefix(form, "-- "): // a file of schema/
	case parts.MatchString(form):
		form = guards.ReplaceAllString(form, ")")
		for _, part := range parts.Split(form, -1) {
			if part = strings.TrimSuffix(part, ")"); part != "" {
				s.statements[part] = true
			}
		}
	case lists.MatchString(form):
		form = places.ReplaceAllString(form, "[$1] $2 [$3]") // so that a list of conditions has no brackets of its own
		form = wheres.ReplaceAllStringFunc(form, func(clause string) string {
			m := wheres.FindStringSubmatch(clause)
			for _, condition := range strings.Split(m[2], " and ") {
				s.conditions[condition] = true
			}
			return m[1] + " where …" + m[3]
		})
		s.statements[strings.Join(slices.Compact(strings.Split(form, " union all ")), " union all ")] = true
	default:
		s.statements[form] = true
	}
}

// text is what is in the file.
func (s *said) text() string {
	var b strings.Builder
	b.WriteString("-- What souk sends to PostgreSQL, besides the files of ledger/postgres/schema and the\n" +
		"-- views of kinds. What a batch writes is one statement of the parts below, \"with w0 as\n" +
		"-- (…), w1 as (…)\", which divides by zero unless each changed as many rows as it must.\n" +
		"-- Written by go test ./ledger/postgres -run KeepsTheLaws -renew.\n\n")
	for _, form := range slices.Sorted(maps.Keys(s.statements)) {
		b.WriteString(form + ";\n")
	}
	b.WriteString("\n-- Lists are asked for with some of these conditions, and in either order:\n")
	for _, condition := range slices.Sorted(maps.Keys(s.conditions)) {
		b.WriteString("-- " + strings.NewReplacer("[", "(", "]", ")").Replace(condition) + "\n")
	}
	return b.String()
}

// deaf marks what the test itself asks.
type deaf struct{}

func (s *said) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if ctx.Value(deaf{}) == nil {
		s.hear(d.SQL)
	}
	return ctx
}
func (s *said) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (s *said) TraceBatchStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchStartData) context.Context {
	for _, q := range d.Batch.QueuedQueries {
		s.hear(q.SQL)
	}
	return ctx
}
func (s *said) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (s *said) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}
func (s *said) TracePrepareStart(ctx context.Context, _ *pgx.Conn, d pgx.TracePrepareStartData) context.Context {
	if ctx.Value(deaf{}) == nil {
		s.hear(d.SQL)
	}
	return ctx
}
func (s *said) TracePrepareEnd(context.Context, *pgx.Conn, pgx.TracePrepareEndData) {}

// The laws of a store hold, and the list of statements in docs is complete.
func TestPostgresKeepsTheLaws(t *testing.T) {
	c, err := pgxpool.ParseConfig(pgtest.DSN(t))
	require.NoError(t, err)
	heard := &said{statements: make(map[string]bool), conditions: make(map[string]bool)}
	c.ConnConfig.Tracer, c.MaxConns = heard, 20
	p, err := pgxpool.NewWithConfig(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	s := open(t, p)
	require.NoError(t, s.Migrate(t.Context()))
	storetest.Run(t, func(*testing.T) ledger.Store { return s })
	if strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		return // parts of it say less
	}
	rare(t, p, s)
	if *renew {
		require.NoError(t, os.WriteFile(statementsFile, []byte(heard.text()), 0o644))
	}
	want, err := os.ReadFile(statementsFile)
	require.NoError(t, err)
	require.Equal(t, string(want), heard.text(), "go test ./ledger/postgres -run KeepsTheLaws -renew")
}

// rare sends what is sent when many meet.
func rare(t *testing.T, p *pgxpool.Pool, s *postgres.Store) {
	t.Helper()
	require.NoError(t, s.CheckSchema(t.Context()))
	striped(t, p, s, 9) // more than there are stripes
	until := viewed.Add(time.Minute)
	closes(t, s, "plat_s", until)
	done, _ := moves(t, s, "plat_s", until)
	require.NotZero(t, done.Transactions*done.Merged)
	for _, r := range s.CommitAll(t.Context(), []*ledger.Change{viewtest.Paid("all")}) {
		require.NoError(t, r.Err)
	}
	// Somebody holds an account, and then an object, that a commit needs.
	made := viewtest.Paid("held")
	made.Put = []ledger.Object{{ID: ledger.ID{Kind: "test.rare", ID: "1"}, Data: []byte("{}")}}
	_, err := s.Commit(t.Context(), made)
	require.NoError(t, err)
	for _, lock := range []string{`select 1 from souk.accounts where owner = 'acct_held' for update`, `select 1 from souk.objects where kind = 'test.rare' for update`} {
		tx, err := p.Begin(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) // it may have ended
		_, err = tx.Exec(context.WithValue(t.Context(), deaf{}, true), lock)
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() {
			_, err := ledger.Update(context.Background(), s, func(u *ledger.Unit) error {
				if strings.Contains(lock, "accounts") {
					u.Post(ledger.Transaction{Book: "plat_p", Reason: "top-up", Entries: []ledger.Entry{
						{Account: made.Post[0].Entries[0].Account, Amount: ledger.Minor(-1, ledger.EUR)}, {Account: made.Post[0].Entries[1].Account, Amount: ledger.Minor(1, ledger.EUR)}}})
					return nil
				}
				o, err := u.Object(ledger.ID{Kind: "test.rare", ID: "1"})
				u.Put(o)
				return err
			})
			done <- err
		}()
		require.Eventually(t, func() bool {
			var n int
			ctx := context.WithValue(context.Background(), deaf{}, true)
			err := p.QueryRow(ctx, `select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`).Scan(&n)
			return err == nil && n > 0
		}, 10*time.Second, 5*time.Millisecond)
		require.NoError(t, tx.Commit(t.Context()))
		require.NoError(t, <-done)
	}
}
