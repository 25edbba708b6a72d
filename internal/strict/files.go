package strict

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/soukhq/souk/ledger"
)

// Files reads all files of a folder whose names end in .json, in the order of their
// names. An error says in which file it is (In).
func Files[T any](f *Format, files fs.FS, parse func([]byte) (*T, error)) (list []T, names []string, err error) {
	if names, err = fs.Glob(files, "*.json"); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.Package, err)
	}
	for _, name := range names {
		data, err := read(files, name, f.Max)
		if err != nil {
			return nil, nil, f.In(err, name)
		}
		x, err := parse(data)
		if err != nil {
			return nil, nil, f.In(err, name)
		}
		list = append(list, *x)
	}
	return list, names, nil
}

// Builtin returns what reads the data that a package has built in, on first use: the folder
// data of its files. A fault in it is a fault of the program.
func Builtin[T any](pkg, what string, files fs.FS, load func(fs.FS) (*T, error)) func() *T {
	return sync.OnceValue(func() *T {
		data, err := fs.Sub(files, "data")
		if err == nil {
			var x *T
			if x, err = load(data); err == nil {
				return x
			}
		}
		panic(pkg + ": " + what + " that are built in cannot be read: " + err.Error())
	})
}

// read reads a file, and of one that is too large no more than shows that.
func read(files fs.FS, name string, most int) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(most)+1))
}

// In says which file an error is about.
func (f *Format) In(err error, name string) error {
	var e *ledger.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("%s: %s: %w", f.Package, name, err)
	}
	c := *e
	c.Op = f.Package + ": " + name
	return &c
}
