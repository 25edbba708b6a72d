package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
	"time"
)

// childEnv holds the orders of a process that this one starts.
const childEnv = "SOUK_BENCH_CHILD"

// orders say what such a process does: postings on hot accounts that stand open.
type orders struct {
	DSN, DB string // DSN is empty without a server
	Conns   int
	Callers int
	Sellers int
	Seed    uint64
	Span    time.Duration
}

// told is what it tells at its end. Before, once warm, it tells how many
// postings that took, and waits for a line.
type told struct {
	Run run
	CPU float64 // microseconds
}

// child is the program in such a process.
func child(ctx context.Context, text string, in io.Reader, out io.Writer) (err error) {
	var o orders
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	var on *server
	if o.DSN != "" {
		on = &server{dsn: o.DSN}
	}
	s, err := attach(ctx, on, o.DB, o.Conns)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	k := newBooks(o.Sellers, 1)
	if !s.lasts() {
		if err := k.open(ctx, s); err != nil {
			return err
		}
	}
	warm, err := drive(ctx, o.Callers, o.Span/5, o.Seed, k.charge(s))
	if err != nil {
		return err
	}
	answers := json.NewEncoder(out)
	if err := answers.Encode(warm.done()); err != nil {
		return err
	}
	if _, err := in.Read(make([]byte, 1)); err != nil {
		return err
	}
	var t told
	before := ownTime()
	if t.Run, err = drive(ctx, o.Callers, o.Span, o.Seed+1, k.charge(s)); err != nil {
		return err
	}
	if t.CPU = ownTime() - before; math.IsNaN(t.CPU) {
		t.CPU = 0
	}
	return answers.Encode(t)
}

// process is one that this one has started.
type process struct {
	cmd  *exec.Cmd
	to   io.Writer
	from *json.Decoder
	left func() error
	said bytes.Buffer // read once it has ended
}

// start starts one on a database.
func (b *bench) start(ctx context.Context, db string, callers int) (*process, error) {
	o := orders{DB: db, Conns: b.conns, Callers: callers, Sellers: b.sellers, Seed: b.nextSeed() << 8, Span: b.span}
	if b.server != nil {
		o.DSN = b.server.dsn
	}
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, path)}
	p.cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	p.cmd.Stderr = &p.said
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.to, p.from, p.left = in, json.NewDecoder(out), in.Close
	return p, p.cmd.Start()
}

// goOn lets it begin.
func (p *process) goOn() error {
	_, err := p.to.Write([]byte("\n"))
	return err
}

// end waits until it has ended. One that still waits for its line ends with that.
func (p *process) end() error {
	err := errors.Join(p.left(), p.cmd.Wait())
	if err != nil {
		err = fmt.Errorf("a process: %w: %s", err, strings.TrimSpace(p.said.String()))
	}
	return err
}
