package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// statement is one that a question sends.
type statement struct {
	sql  string
	args []any
}

// heard notes the statements of a connection, so that what is explained is what
// the store asks and no copy of it.
type heard struct{ list []statement }

// TraceQueryStart implements pgx.QueryTracer.
func (h *heard) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if strings.HasPrefix(d.SQL, "select") {
		h.list = append(h.list, statement{d.SQL, d.Args})
	}
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (*heard) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// explain prints the plans of a question's statements and returns how many blocks
// they touch.
func (b *bench) explain(ctx context.Context, db string, q question) (blocks float64, err error) {
	list, err := b.asking(ctx, db, q)
	if err != nil {
		return 0, err
	}
	pool, err := b.server.pool(ctx, db, 1)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	fmt.Fprintln(b.log, q.name)
	for _, st := range list {
		rows, err := pool.Query(ctx, "explain (analyze, buffers) "+st.sql, st.args...)
		if err != nil {
			return 0, err
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return 0, err
		}
		for _, line := range lines {
			fmt.Fprintln(b.log, "  ", line)
		}
		blocks += touched(lines)
	}
	return blocks, nil
}

// asking asks a question and returns the statements that it took.
func (b *bench) asking(ctx context.Context, db string, q question) ([]statement, error) {
	c, err := b.server.config(db, 1)
	if err != nil {
		return nil, err
	}
	h := &heard{}
	c.ConnConfig.Tracer = h
	s, err := attachConfig(ctx, c, db)
	if err != nil {
		return nil, err
	}
	h.list = nil // what opening it took
	if err := s.Read(ctx, q.ask); err != nil {
		_ = s.close() // why it did not answer says more
		return nil, err
	}
	list := h.list
	return list, s.close()
}

var buffers = regexp.MustCompile(`^\s*Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?`)

// touched returns how many blocks a plan read or found: the first line that says
// so is of its topmost node, with all below.
func touched(plan []string) (n float64) {
	for _, line := range plan {
		if m := buffers.FindStringSubmatch(line); m != nil {
			for _, digits := range m[1:] {
				more, _ := strconv.ParseFloat(digits, 64) // "" is none
				n += more
			}
			return n
		}
	}
	return 0
}
