package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// cluster is a server and its data: dir/data, the log dir/log, and a socket.
type cluster struct {
	dir, bin string
	owner    owner
	settings []string // as arguments of postgres
	watchdog *exec.Cmd
	leash    io.Closer     // what the watchdog waits on
	process  *os.Process   // the postmaster; nil while none runs
	gone     chan struct{} // closed when its last process has ended
}

// watchdog is a shell script that waits until the test binary ends, in whatever
// way, and then stops the server in $1 and removes it. It tries for a while,
// since a server that is only just starting cannot be found yet.
const watchdog = `cat >/dev/null
for pause in 0 1 1 1; do
	sleep $pause
	[ -d "$1" ] || exit 0
	read -r pid <"$1/data/postmaster.pid" || continue
	case $pid in '' | *[!0-9]*) ;; *) kill -QUIT "$pid" ;; esac
done
rm -rf "$1"`

// create makes a cluster and runs it: an empty one, or a copy that follows the
// one given.
func create(o Options, primary *cluster) (*cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	as, err := newOwner()
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, owner: as}
	for _, name := range slices.Sorted(maps.Keys(o.Settings)) {
		c.settings = append(c.settings, "-c", name+"="+o.Settings[name])
	}
	if c.dir, err = as.tempDir(); err != nil {
		return nil, err
	}
	if err = c.fill(primary); err == nil {
		err = c.start()
	}
	if err != nil {
		c.remove()
		return nil, err
	}
	return c, nil
}

// fill sets the watchdog on the folder and puts the data into it.
func (c *cluster) fill(primary *cluster) error {
	dog := c.command("/bin/sh", "-c", watchdog, "sh", c.dir)
	leash, err := dog.StdinPipe()
	if err != nil {
		return err
	}
	if err := dog.Start(); err != nil {
		return err
	}
	c.watchdog, c.leash = dog, leash
	data := filepath.Join(c.dir, "data")
	cmd := c.command(filepath.Join(c.bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync")
	if primary != nil {
		cmd = c.command(filepath.Join(c.bin, "pg_basebackup"), "-D", data, "-d", primary.dsn("postgres"), "-R", "-X", "stream", "-c", "fast", "--no-sync")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd.Path, err, out)
	}
	return nil
}

// command prepares a program to run as the owner, away from the terminal and
// from what the environment says of other servers.
func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = c.dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PG") }), "LC_ALL=C")
	c.owner.detach(cmd)
	return cmd
}

// start runs the server and returns when it takes connections.
func (c *cluster) start() error {
	if c.process != nil {
		return errors.New("the server already runs")
	}
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	// Every process of the server inherits the end that is written to, so that
	// the other one ends when the last of them has.
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close()
	cmd := c.command(filepath.Join(c.bin, "postgres"), append([]string{"-D", filepath.Join(c.dir, "data"), "-c", "port=5432",
		"-c", "listen_addresses=", "-c", "unix_socket_directories=" + c.dir, "-c", "max_connections=100"}, c.settings...)...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, []*os.File{w}
	if err := cmd.Start(); err != nil {
		r.Close()
		return err
	}
	gone := make(chan struct{})
	c.process, c.gone = cmd.Process, gone
	go func() {
		defer close(gone)
		_ = cmd.Wait()
		_, _ = io.Copy(io.Discard, r)
		r.Close()
	}()
	if err := c.ready(); err != nil {
		return fmt.Errorf("PostgreSQL does not start: %w\n%s", err, c.log())
	}
	return nil
}

// ready waits until the server takes connections.
func (c *cluster) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.dsn("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.gone:
			return errors.New("it ended")
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// end ends the server in the way given, and returns when nothing of it is left.
func (c *cluster) end(how func(*os.Process) error) error {
	if c.process == nil {
		return nil
	}
	if err := how(c.process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-c.gone:
	case <-time.After(patience):
		return errors.New("the server does not end\n" + c.log())
	}
	c.process = nil
	// Left behind by one that was killed. The number in it may by now be that of
	// another process, before which a server would refuse to start.
	err := os.Remove(filepath.Join(c.dir, "data", "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// remove leaves nothing of the cluster.
func (c *cluster) remove() {
	if c.end(shutNow) != nil {
		_ = c.end(killAll)
	}
	_ = os.RemoveAll(c.dir)
	if c.watchdog != nil {
		c.leash.Close()
		_ = c.watchdog.Wait()
	}
}

// log returns all that the server has logged.
func (c *cluster) log() string {
	text, err := os.ReadFile(filepath.Join(c.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// dsn returns a connection string for one of its databases.
func (c *cluster) dsn(name string) string {
	return "host=" + quote(c.dir) + " port=5432 user=postgres dbname=" + quote(name)
}

// oldest is the first version whose databases may sort by ICU.
const oldest = 15

// binaries returns the folder of PostgreSQL's programs: the one in PATH, or else
// the newest of those that Debian and its kin put side by side.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		// A link leads to where all of them are.
		if path, err = filepath.EvalSymlinks(path); err == nil && complete(filepath.Dir(path)) {
			return filepath.Dir(path), nil
		}
	}
	best, newest := "", oldest-1
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	for _, dir := range dirs {
		v, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if err == nil && v > newest && complete(dir) {
			best, newest = dir, v
		}
	}
	if best == "" {
		return "", absent(fmt.Sprintf("no postgres, initdb and pg_basebackup of version %d or newer in PATH or /usr/lib/postgresql; SOUK_TEST_POSTGRES may name a server", oldest))
	}
	return best, nil
}

// complete reports whether a folder has the programs that are needed.
func complete(dir string) bool {
	for _, name := range []string{"postgres", "initdb", "pg_basebackup"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}
