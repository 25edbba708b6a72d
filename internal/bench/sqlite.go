package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/soukhq/souk/ledger/sqlite"
)

// runSQLite measures the store on SQLite, synced at each commit, and what it
// stands against: the disk, and a careful program without a ledger on a file with
// the same settings.
func runSQLite(ctx context.Context, b *bench, add func(row)) (err error) {
	alone := *b // no server, and nothing of pgbench
	alone.server, alone.base = nil, nil
	dir, err := os.MkdirTemp("", "soukbench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, callers := range []int{1, 64} {
		disk, err := alone.measureSyncs(ctx, filepath.Join(dir, "block"))
		if err != nil {
			return err
		}
		hand, err := alone.measureByHand(ctx, filepath.Join(dir, clock.ID("hand")), callers)
		if err != nil {
			return err
		}
		store, err := alone.measureFile(ctx, filepath.Join(dir, clock.ID("store")), callers)
		if err != nil {
			return err
		}
		hand.note("to the disk", hand.figures[rate]/disk.figures[rate])
		store.note("to the disk", store.figures[rate]/disk.figures[rate])
		store.note("times by hand", store.figures[rate]/hand.figures[rate])
		disk.callers = callers // of the rows beside it
		add(disk)
		add(hand)
		add(store)
	}
	s, err := openFile(ctx, filepath.Join(dir, "charges"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return alone.charges(ctx, s, "sqlite: charge", add)
}

// openFile opens the store on a file.
func openFile(ctx context.Context, path string) (*subject, error) {
	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return nil, err
	}
	return &subject{Store: s}, nil
}

// measureFile measures postings on the store.
func (b *bench) measureFile(ctx context.Context, path string, callers int) (r row, err error) {
	s, err := openFile(ctx, path)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	k := newBooks(b.sellers, 1)
	if err := k.open(ctx, s); err != nil {
		return r, err
	}
	if r, err = b.measure(ctx, "sqlite: posting", callers, "", k.charge(s)); err != nil {
		return r, err
	}
	return r, k.check(ctx, s, b.verify)
}

// measureSyncs measures how often a second the disk takes a block and says that it
// has it.
func (b *bench) measureSyncs(ctx context.Context, path string) (r row, err error) {
	f, err := os.Create(path)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	block := make([]byte, 4096)
	var at int64
	return b.measure(ctx, "sqlite: write and fdatasync of 4 KiB", 1, "", func(context.Context, *hand) error {
		_, err := f.WriteAt(block, at*int64(len(block)))
		at = (at + 1) % 256 // over what is there, as a log is that was written before
		return errors.Join(err, syncData(f))
	})
}
