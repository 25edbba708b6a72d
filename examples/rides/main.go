// Rides: a month of real taxi trips through a marketplace, day by day, to the
// cent. See README.md beside this file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, progress io.Writer) error {
	flags := flag.NewFlagSet("rides", flag.ContinueOnError)
	flags.SetOutput(progress)
	svg := flags.String("svg", "", "draw money in, commission and payouts per day into this `file`")
	asJSON := flags.Bool("json", false, "print the report as JSON")
	seed := flags.Uint64("seed", 2019, "which trips are refunded")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var drawing *os.File
	if *svg != "" { // before the work, so that a wrong name costs nothing
		f, err := os.Create(*svg)
		if err != nil {
			return err
		}
		drawing = f
	}
	trips, err := readTrips()
	if err != nil {
		return err
	}
	r, err := newReplay(ctx, *seed, trips[0].pickup.Truncate(24*time.Hour), progress)
	if err != nil {
		return err
	}
	if err := r.run(ctx, trips); err != nil {
		return err
	}
	if err := r.report.close(ctx, r); err != nil {
		return err
	}
	if drawing != nil {
		if err := errors.Join(r.report.svg(drawing), drawing.Close()); err != nil {
			return err
		}
	}
	if *asJSON {
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
