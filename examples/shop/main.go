// Shop: a small web shop whose orders are rows of its own and whose payments are
// souk's, both in one database and in one transaction. See README.md beside this
// file.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are what the command line says.
type options struct{ db, dsn, addr, key string }

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
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // command prints, once and where it belongs
	flags.StringVar(&o.db, "db", "", "keep orders and books in this `file` of SQLite; without it, in one that is removed at the end")
	flags.StringVar(&o.dsn, "dsn", "", "keep them in PostgreSQL: a connection `string`")
	flags.StringVar(&o.addr, "addr", "", "open the shop at this `address`, such as localhost:8080; without it, the shop serves one round of customers and closes")
	flags.StringVar(&o.key, "key", "", "the `file` of the keys with which bank details are sealed, made if it is not there; without it, shop.key, or beside -db")
	err = flags.Parse(args)
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument: %s", flags.Arg(0))
	case o.db != "" && o.dsn != "":
		err = errors.New("either -db or -dsn")
	}
	return o, func(w io.Writer) {
		fmt.Fprintln(w, "Usage of shop: a web shop whose orders and charges are made in one transaction")
		flags.SetOutput(w)
		flags.PrintDefaults()
	}, err
}

func run(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	if o.db == "" && o.dsn == "" {
		dir, err := os.MkdirTemp("", "shop")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		o.db = filepath.Join(dir, "shop.db")
	}
	d, err := openDatabase(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	cards := connect.NewSimulator(connect.SimulatorConfig{})
	s, err := openShop(ctx, d, connect.Config{Acquirer: cards}, stderr)
	if err != nil {
		return err
	}
	if err := connecttest.RemindCards(ctx, s.platform, cards); err != nil {
		return err
	}
	addr := o.addr
	if addr == "" {
		addr = "localhost:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	if o.addr == "" {
		return s.round(ctx, l, stdout)
	}
	if o.key == "" {
		o.key = strings.TrimSuffix(cmp.Or(o.db, "shop.db"), ".db") + ".key"
	}
	c, err := openCounter(ctx, s, l.Addr(), o.key)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { _ = c.server.Close() }()
	fmt.Fprintf(stdout, "the shop is open at http://%s\n", strings.Replace(l.Addr().String(), "127.0.0.1", "localhost", 1))
	return s.serve(ctx, l, c.handler())
}
