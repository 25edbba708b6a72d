//go:build unix

package pgtest

import (
	"bytes"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// owner is the user whom a server runs as: the one who tests, but not root, as
// whom PostgreSQL does not run.
type owner struct{ credential *syscall.Credential } // nil: the one who tests

func newOwner() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			return owner{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
		}
	}
	return owner{}, absent("it does not run as root, and there is no user postgres or nobody")
}

// detach makes a program run as the owner, and out of reach of the terminal's
// signals.
func (o owner) detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: o.credential, Setpgid: true}
}

// tempDir makes a folder of the owner's. Its path is short, since that of a
// socket in it has at most 103 bytes.
func (o owner) tempDir() (string, error) {
	top := os.TempDir()
	if len(top) > 70 || o.credential != nil && !public(top) {
		top = "/tmp"
	}
	dir, err := os.MkdirTemp(top, "souk-pg")
	if err == nil && o.credential != nil {
		err = os.Chown(dir, int(o.credential.Uid), int(o.credential.Gid))
	}
	return dir, err
}

// public reports whether everybody may go into a folder.
func public(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil || info.Mode()&1 == 0 {
		return false
	}
	up := filepath.Dir(dir)
	return up == dir || public(up)
}

// shutNow stops a server without a checkpoint, as if it had crashed.
func shutNow(p *os.Process) error { return p.Signal(syscall.SIGQUIT) }

// shutDown stops a server in order; what is connected to it is cut off.
func shutDown(p *os.Process) error { return p.Signal(syscall.SIGINT) }

// killAll kills a postmaster and its children.
func killAll(p *os.Process) error {
	// Stopped, it starts no more children while they are looked for.
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for _, pid := range children(p.Pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	return p.Kill()
}

// children lists the processes that a process has started: from Linux's list,
// for not every Linux has ps, or else from ps.
func children(parent int) []int {
	var pairs [][2]string // pid, parent's pid
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, _ := os.ReadFile(path) // pid (name) state parent …
		if f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])); len(f) > 1 {
			pairs = append(pairs, [2]string{filepath.Base(filepath.Dir(path)), f[1]})
		}
	}
	if len(pairs) == 0 {
		out, _ := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
		for line := range strings.Lines(string(out)) {
			if f := strings.Fields(line); len(f) == 2 {
				pairs = append(pairs, [2]string{f[0], f[1]})
			}
		}
	}
	var list []int
	for _, p := range pairs {
		if pid, err := strconv.Atoi(p[0]); err == nil && p[1] == strconv.Itoa(parent) {
			list = append(list, pid)
		}
	}
	return list
}
