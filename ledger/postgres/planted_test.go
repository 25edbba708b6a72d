package postgres_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/complaint"
	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/internal/sqlstore/planted"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/postgres"
)

// plantedBooks returns what makes books in a schema of their own, in one database
// for all.
func plantedBooks(t *testing.T) func(t *testing.T, p *planted.Plant) *planted.Books {
	t.Helper()
	dsn := pgtest.DSN(t)
	whole := pool(t, dsn)
	var made atomic.Int64
	return func(t *testing.T, p *planted.Plant) *planted.Books {
		t.Helper()
		schema := fmt.Sprint("planted", made.Add(1))
		b := plantedOn(t, whole, schema, p)
		b.Refuse = func(code string) {
			execute(t, whole, `create or replace function refuse_`+code+`() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = '`+code+`'; end $$`)
			execute(t, whole, `create trigger poison before insert on `+schema+`.objects for each row when (new.id = 'poison') execute function refuse_`+code+`()`)
		}
		b.Waits = func() bool {
			return count(t, whole, `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) > 0
		}
		b.Written = func() (text string) {
			require.NoError(t, whole.QueryRow(t.Context(), `select string_agg(xmin::text, ' ' order by id) from `+schema+`.stripes`).Scan(&text))
			return text
		}
		return b
	}
}

// plantedOn makes books, without a fault, and opens them behind connections that
// have it.
func plantedOn(t *testing.T, whole *pgxpool.Pool, schema string, p *planted.Plant) *planted.Books {
	t.Helper()
	options := postgres.Options{Schema: schema}
	if p != nil { // some faults have somebody wait in vain
		options.Wait = 2 * time.Second
	}
	require.NoError(t, openWith(t, whole, options).Migrate(t.Context()))
	faulty := poolOf(t, whole.Config().ConnString(), func(c *pgxpool.Config) {
		wide(c)
		c.ConnConfig.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
			return &plantedConn{Conn: conn, p: p, schema: schema}, nil
		}
	})
	s, ctx := openWith(t, faulty, options), context.Background()
	return &planted.Books{Plant: p, Store: s, Second: openWith(t, faulty, options), Begin: func() planted.Host {
		tx, err := faulty.Begin(ctx)
		require.NoError(t, err)
		return planted.Host{Store: s.Join(tx), Exec: func(query string) error { _, err := tx.Exec(ctx, query); return err },
			Commit: func() error { return tx.Commit(ctx) }, Rollback: func() error { return tx.Rollback(ctx) }}
	}}
}

// killedServer has a server killed, whose log is written to the disk each ten
// seconds, if nobody waits for that. What was acknowledged is there when it has
// come back.
func killedServer(t *testing.T) planted.Proof {
	server := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"wal_writer_delay": "10s"}})
	lives := 0
	return func(c *complaint.T, b *planted.Books) {
		lives++
		schema := fmt.Sprint("life", lives)
		p := poolOf(t, server.DSN("postgres"), wide)
		books := plantedOn(t, p, schema, b.Plant)
		change := &ledger.Change{ID: "chg", At: noon, Put: []ledger.Object{{ID: ledger.ID{Kind: "thing", ID: "1"}, Data: []byte("{}")}}}
		_, err := books.Store.Commit(c.Context(), change)
		require.NoError(c, err)
		server.Kill()
		server.Start()
		p.Reset()
		require.Equal(c, 1, count(t, p, "select count(*) from "+schema+".changes"))
	}
}

// plantedConn is a connection on which statements, and codes of errors, are
// changed.
type plantedConn struct {
	net.Conn
	p       *planted.Plant
	schema  string
	begun   bool // the first message has no type
	pending []byte
}

// Write changes the statements in what is sent, message by message.
func (c *plantedConn) Write(part []byte) (int, error) {
	if !c.begun {
		c.begun = true
		return c.Conn.Write(part)
	}
	c.pending = append(c.pending, part...)
	var out []byte
	for len(c.pending) >= 5 {
		n := 1 + int(binary.BigEndian.Uint32(c.pending[1:]))
		if len(c.pending) < n {
			break
		}
		out = append(out, c.changed(c.pending[:n])...)
		c.pending = c.pending[n:]
	}
	if _, err := c.Conn.Write(out); err != nil {
		return 0, err
	}
	return len(part), nil
}

// changed returns what becomes of a message: a statement to prepare, or one that
// is executed at once.
func (c *plantedConn) changed(message []byte) []byte {
	kind, body := message[0], message[5:]
	name := []byte(nil)
	switch kind {
	case 'P':
		end := bytes.IndexByte(body, 0) + 1
		name, body = body[:end], body[end:]
	case 'Q':
	default:
		return message
	}
	end := bytes.IndexByte(body, 0)
	is := string(body[:end])
	becomes := c.p.SQL(strings.ReplaceAll(is, `"`+c.schema+`".`, "souk_"))
	becomes = strings.ReplaceAll(becomes, "souk_", `"`+c.schema+`".`)
	out := append([]byte{kind, 0, 0, 0, 0}, name...)
	out = append(append(out, becomes...), body[end:]...)
	binary.BigEndian.PutUint32(out[1:], uint32(len(out)-1))
	return out
}

// Read changes the codes of errors, which have five letters.
func (c *plantedConn) Read(part []byte) (int, error) {
	n, err := c.Conn.Read(part)
	for at := 0; ; {
		i := bytes.Index(part[at:n], []byte("\x00C"))
		if i < 0 {
			return n, err
		}
		if at += i + 2; at+6 <= n && part[at+5] == 0 {
			copy(part[at:at+5], c.p.Error(string(part[at:at+5])))
		}
	}
}
