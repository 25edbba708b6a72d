// Bench measures a store on PostgreSQL, and what hosts do with it, as ratios to
// pgbench on the same server in the same minute: absolute figures say more about
// the disk than about the store. The workload sqlite measures the store on SQLite
// beside the disk itself, and rides what a whole program needs.
//
//	go run ./internal/bench                   everything but growth to a million
//	go run ./internal/bench -work posting,naive -seconds 10 -repeat 3
//
// pgbench runs its TPC-B-like transaction with prepared statements, on a database
// of its own, at the callers of a row and at the callers at which it does best,
// right before the row. The server is -dsn, or SOUK_TEST_POSTGRES, or a cluster
// made for the run from local binaries, with PostgreSQL's default durability.
// The books are checked after each workload: each change that was acknowledged is
// there once, and they add up.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are what the command line says.
type options struct {
	dsn     string
	work    []workload
	seconds float64
	repeat  int
	scale   int
	conns   int
	sellers int
	growth  bool
	verify  bool
}

// command runs the program and returns the exit code: 0 for success and for -h,
// 2 for a command line that it does not understand, 1 for any other failure.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	run := func() error { return child(ctx, os.Getenv(childEnv), os.Stdin, stdout) }
	if os.Getenv(childEnv) == "" {
		o, err := parse(args, stderr)
		switch {
		case errors.Is(err, flag.ErrHelp):
			return 0
		case err != nil:
			return 2
		}
		run = func() error { return report(ctx, o, stdout, stderr) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var names []string
	for _, w := range workloads() {
		names = append(names, w.name)
	}
	flags.StringVar(&o.dsn, "dsn", os.Getenv("SOUK_TEST_POSTGRES"), "the `server`, whose user may create databases; empty makes one for the run")
	work := flags.String("work", strings.Join(names, ","), "the `workloads` to run")
	flags.Float64Var(&o.seconds, "seconds", 5, "how long each row is measured, and pgbench before it")
	flags.IntVar(&o.repeat, "repeat", 1, "how often all of it is done; medians are printed")
	flags.IntVar(&o.scale, "scale", 50, "of pgbench's database")
	flags.IntVar(&o.conns, "conns", 16, "connections of the store's pool")
	flags.IntVar(&o.sellers, "sellers", 10_000, "accounts that postings and transfers are drawn from")
	flags.BoolVar(&o.growth, "growth", false, "let the workload growth go on to 1,000,000 transactions, which takes minutes")
	flags.BoolVar(&o.verify, "verify", false, "check the books with ledger.Verify too, which takes longer than the runs")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	fail := func(format string, args ...any) error {
		err := fmt.Errorf(format, args...)
		fmt.Fprintln(stderr, "bench:", err)
		return err
	}
	if flags.NArg() > 0 {
		return o, fail("unexpected argument: %s", flags.Arg(0))
	}
	if o.seconds <= 0 || o.repeat < 1 || o.scale < 1 || o.conns < 1 || o.sellers < 2 {
		return o, fail("seconds, repeat, scale and conns are above zero, and sellers above one")
	}
	for name := range strings.SplitSeq(*work, ",") {
		i := slices.IndexFunc(workloads(), func(w workload) bool { return w.name == name })
		if i < 0 {
			return o, fail("no workload %q; there are %s", name, strings.Join(names, ", "))
		}
		o.work = append(o.work, workloads()[i])
	}
	return o, nil
}

// report runs what was asked for and prints the table, also that of a run that
// was broken off.
func report(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	span := time.Duration(o.seconds * float64(time.Second))
	b := &bench{
		log: stderr, span: span, conns: o.conns, verify: o.verify,
		sellers: o.sellers, spread: 1_000, bulk: 8_192, sizes: []int{10_000}, questions: 500, programs: true,
	}
	if o.growth {
		b.sizes = append(b.sizes, 1_000_000)
	}
	t := &table{}
	if slices.ContainsFunc(o.work, func(w workload) bool { return !w.alone }) {
		if b.server, err = openServer(ctx, o.dsn); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.server.close()) }()
		fmt.Fprintf(stderr, "pgbench at scale %d\n", o.scale)
		if b.base, err = newBaseline(ctx, b.server, o.scale, min(span, 2*time.Second)); err != nil {
			return err
		}
		t.best = b.base.best
	}
	defer func() { t.print(stdout) }()
	for range o.repeat {
		for _, w := range o.work {
			fmt.Fprintln(stderr, w.name)
			if err := w.run(ctx, b, t.add); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
		}
	}
	return nil
}
