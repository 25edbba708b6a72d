package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// server is the PostgreSQL that everything runs on.
type server struct {
	dsn     string
	admin   *pgx.Conn // to the database that dsn names
	cluster *cluster  // nil: somebody else's
	made    []string  // databases
}

// openServer connects to a server, or makes one if dsn is empty.
func openServer(ctx context.Context, dsn string) (*server, error) {
	s := &server{dsn: dsn}
	var err error
	if dsn == "" {
		if s.cluster, err = newCluster(ctx); err != nil {
			return nil, err
		}
		s.dsn = "host=" + s.cluster.dir + " user=postgres dbname=postgres"
	}
	if s.admin, err = pgx.Connect(ctx, s.dsn); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// close drops the databases that were made, or the whole cluster.
func (s *server) close() (err error) {
	ctx := context.Background() // also after an interrupt
	if s.admin != nil {
		err = s.admin.Close(ctx)
	}
	if s.cluster != nil {
		return errors.Join(err, s.cluster.close())
	}
	if len(s.made) == 0 {
		return err
	}
	c, bad := pgx.Connect(ctx, s.dsn) // an interrupt has closed the other
	if bad != nil {
		return errors.Join(err, bad)
	}
	for _, db := range s.made {
		_, bad := c.Exec(ctx, "drop database "+db+" with (force)")
		err = errors.Join(err, bad)
	}
	return errors.Join(err, c.Close(ctx))
}

// create makes a database. None is dropped before the end: that forces a
// checkpoint, and what is written after one is written as whole pages first.
func (s *server) create(ctx context.Context) (string, error) {
	db := "souk_bench_" + clock.ID("")
	if _, err := s.admin.Exec(ctx, "create database "+db); err != nil {
		return "", err
	}
	s.made = append(s.made, db)
	return db, nil
}

// pool connects to a database of the server.
func (s *server) pool(ctx context.Context, db string, conns int) (*pgxpool.Pool, error) {
	c, err := s.config(db, conns)
	if err != nil {
		return nil, err
	}
	return pgxpool.NewWithConfig(ctx, c)
}

func (s *server) config(db string, conns int) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(s.dsn)
	if err != nil {
		return nil, err
	}
	c.ConnConfig.Database, c.MaxConns = db, int32(conns)
	c.ConnConfig.RuntimeParams["application_name"] = "souk bench"
	return c, nil
}

// left waits until nobody is connected to a database: whoever leaves tells the
// server's statistics first.
func (s *server) left(ctx context.Context, db string) error {
	for {
		var n int
		err := s.admin.QueryRow(ctx, "select count(*) from pg_stat_activity where datname = $1 and backend_type = 'client backend'", db).Scan(&n)
		if err != nil || n == 0 {
			return err
		}
		if _, err := s.admin.Exec(ctx, "select pg_sleep(0.02)"); err != nil {
			return err
		}
	}
}

// environ is the environment in which PostgreSQL's programs find a database of
// the server.
func (s *server) environ(db string) []string {
	c := s.admin.Config()
	env := append(os.Environ(), "PGHOST="+c.Host, "PGPORT="+strconv.Itoa(int(c.Port)), "PGUSER="+c.User, "PGDATABASE="+db)
	if c.Password != "" {
		env = append(env, "PGPASSWORD="+c.Password)
	}
	return env
}

// program finds a program of PostgreSQL's: the newest where Debian installs
// them, or that on the path.
func program(name string) (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) > 0 {
		version := func(path string) float64 {
			v, _ := strconv.ParseFloat(strings.Split(path, "/")[4], 64)
			return v
		}
		return slices.MaxFunc(found, func(a, b string) int { return int(version(a) - version(b)) }), nil
	}
	return exec.LookPath(name)
}

// cluster is a server made for one run.
type cluster struct{ dir string }

// settings differ from the defaults in size alone: commits wait for the disk.
// Checkpoints come rarely, so that no row pays for the one before it.
const settings = `
listen_addresses = ''
unix_socket_directories = '%s'
shared_buffers = 1GB
max_wal_size = 8GB
checkpoint_timeout = 30min
max_connections = 300
`

func newCluster(ctx context.Context) (c *cluster, err error) {
	dir, err := os.MkdirTemp("", "soukbench")
	if err != nil {
		return nil, err
	}
	c = &cluster{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if err := giveAway(dir); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if err := asPostgres(ctx, "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(f, settings, dir)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return c, asPostgres(ctx, "pg_ctl", "-D", data, "-l", filepath.Join(dir, "log"), "-w", "start")
}

func (c *cluster) close() error {
	return errors.Join(
		asPostgres(context.Background(), "pg_ctl", "-D", filepath.Join(c.dir, "data"), "-m", "immediate", "-w", "stop"),
		os.RemoveAll(c.dir))
}

// giveAway makes a folder that of the user postgres, if we are root: a server
// does not run as root.
func giveAway(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	return os.Chown(dir, uid, gid)
}

// asPostgres runs a program of PostgreSQL's, as the user postgres if we are root.
func asPostgres(ctx context.Context, name string, args ...string) error {
	path, err := program(name)
	if err != nil {
		return fmt.Errorf("no PostgreSQL here, and no -dsn: %w", err)
	}
	args = append([]string{path}, args...)
	if os.Geteuid() == 0 {
		args = append([]string{"runuser", "-u", "postgres", "--"}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = "/"
	// To a file and not a pipe: the server inherits it, and a pipe would be waited for.
	log, err := os.CreateTemp("", "soukbench")
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(text)))
	}
	return nil
}
