package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// runRides measures what the replay of a month of trips on SQLite takes.
func runRides(ctx context.Context, b *bench, add func(row)) (err error) {
	if !b.programs {
		return nil
	}
	dir, err := os.MkdirTemp("", "soukbench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program := filepath.Join(dir, "rides")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/soukhq/souk/examples/rides").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	cmd := exec.CommandContext(ctx, program, "-db", filepath.Join(dir, "books.db"))
	began := clock.Time()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("rides: %w: %s", err, out)
	}
	r := newRow("rides on SQLite", 1)
	r.note("seconds", clock.Time().Sub(began).Seconds())
	r.note("MB at most", peak(cmd.ProcessState))
	add(r)
	return nil
}
