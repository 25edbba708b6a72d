package postgres_test

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// asked notes the questions about entries.
type asked struct {
	sql  string
	args []any
}

func (a *asked) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if strings.Contains(d.SQL, "entries e") && !strings.HasPrefix(d.SQL, "explain") {
		a.sql, a.args = d.SQL, d.Args
	}
	return ctx
}
func (*asked) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

var actual = regexp.MustCompile(`on entries .*\(actual rows=(\d+)`)

// A page of entries reads what it shows, however many there are, also where it is
// merged of stripes, or of entries that moved and others.
func TestAPageReadsWhatItShows(t *testing.T) {
	t.Parallel()
	p, s := shop(t)
	many := make([]*ledger.Change, 1000)
	for i, id := range names("tx", len(many)) {
		many[i] = topUp(id, 1)
		if i%10 == 0 {
			many[i].Post[0].Effective = noon.AddDate(0, 0, -i)
		}
	}
	for _, r := range s.CommitAll(t.Context(), many[500:]) {
		require.NoError(t, r.Err)
	}
	holder := begin(t, p) // the rest is posted in another stripe
	_, err := holder.Exec(t.Context(), "select from souk.stripes where id = (select max(lane) from souk.events) for update")
	require.NoError(t, err)
	for _, r := range s.CommitAll(t.Context(), many[:500]) {
		require.NoError(t, r.Err)
	}
	require.NoError(t, holder.Rollback(t.Context()))
	require.Equal(t, 2, count(t, p, "select count(*) from souk.accounts where owner = 'house' and entries > 400"))
	execute(t, p, "analyze")

	heard := &asked{}
	quiet := poolOf(t, p.Config().ConnString(), func(c *pgxpool.Config) { c.ConnConfig.Tracer = heard })
	const limit = 20
	for _, r := range []ledger.Ref{bank, seller} {
		for _, page := range []ledger.Page{{}, {Desc: true}, {By: ledger.ByEffective}, {By: ledger.ByEffective, Desc: true}} {
			page.Limit = limit
			require.NoError(t, open(t, quiet).Read(t.Context(), func(v ledger.View) error {
				list, err := v.Entries(r, page)
				require.Len(t, list, limit)
				return err
			}))
			rows, err := p.Query(t.Context(), "explain (analyze, costs off, timing off) "+heard.sql, heard.args...)
			require.NoError(t, err)
			plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(t, err)
			for _, m := range actual.FindAllStringSubmatch(strings.Join(plan, "\n"), -1) {
				n, err := strconv.Atoi(m[1])
				require.NoError(t, err)
				require.LessOrEqual(t, n, 2*limit, "%v %+v\n%s", r, page, strings.Join(plan, "\n"))
			}
		}
	}
}
