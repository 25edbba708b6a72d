// Rides: a month of real taxi trips through a marketplace, day by day, to the
// cent. The file of trips names no drivers; its pickup zones stand for them. See
// README.md beside this file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are what the command line says.
type options struct {
	db   string
	svg  string
	json bool
	seed uint64
}

// command runs the example and returns the exit code: 0 for success and for
// -h, 2 for a command line that it does not understand, 1 for any other failure.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, usage, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		usage(stdout)
		return 0
	case err != nil:
		fmt.Fprintln(stderr, err)
		usage(stderr)
		return 2
	}
	if err := run(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func parse(args []string) (o options, usage func(io.Writer), err error) {
	flags := flag.NewFlagSet("rides", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // command prints, once and where it belongs
	flags.StringVar(&o.db, "db", "", "keep the books in this `file` of SQLite; a run that was stopped goes on in it")
	flags.StringVar(&o.svg, "svg", "", "draw card payments, commission and payouts per day into this `file`")
	flags.BoolVar(&o.json, "json", false, "print the report as JSON")
	flags.Uint64Var(&o.seed, "seed", 2019, "which trips are refunded")
	err = flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument: %s", flags.Arg(0))
	}
	return o, func(w io.Writer) {
		fmt.Fprintln(w, "Usage of rides: replays a month of taxi trips, whose pickup zones stand for drivers")
		flags.SetOutput(w)
		flags.PrintDefaults()
	}, err
}

func run(ctx context.Context, o options, stdout, progress io.Writer) (err error) {
	var drawing *os.File
	if o.svg != "" { // before the work, so that a wrong name costs nothing
		f, err := os.Create(o.svg)
		if err != nil {
			return err
		}
		drawing = f
	}
	file, err := sumFile(tripsCSV, o.seed)
	if err != nil {
		return err
	}
	trips, err := readTrips()
	if err != nil {
		return err
	}
	var config connect.Config
	if o.db != "" {
		books, err := sqlite.Open(ctx, o.db, nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, books.Close()) }()
		config.Store = books
	}
	r, err := newReplay(ctx, config, o.seed, trips[0].pickup.Truncate(24*time.Hour), progress)
	if err != nil {
		return err
	}
	if err := r.run(ctx, trips); err != nil {
		return err
	}
	return r.conclude(ctx, o, file, drawing, stdout)
}

// conclude compares the books to the file, writes the report and has the books
// verified.
func (r *replay) conclude(ctx context.Context, o options, file *fileSums, drawing *os.File, stdout io.Writer) error {
	err := r.report.close(ctx, r, file)
	if err != nil {
		return err
	}
	if drawing != nil {
		if err := errors.Join(r.report.svg(drawing), drawing.Close()); err != nil {
			return err
		}
	}
	if o.json {
		err = r.report.json(stdout)
	} else {
		r.report.text(stdout)
	}
	if err != nil {
		return err
	}
	verified, err := r.engine.Verify(ctx)
	if err != nil {
		return err
	}
	if err := verified.Err(); err != nil {
		return err
	}
	if failed := r.report.failed(); len(failed) > 0 {
		return fmt.Errorf("the books differ from the file: %s", failed[0].What)
	}
	return nil
}
