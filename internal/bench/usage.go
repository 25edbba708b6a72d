package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// usage is what has been used up at one moment. What cannot be known is none.
type usage struct {
	disk, wal      float64 // bytes
	server, client float64 // processor time, in microseconds
}

// usage reads the size of a database, the length of the log and the processor
// time of both sides.
func (b *bench) usage(ctx context.Context, db string) (usage, error) {
	u := usage{none, none, none, ownTime()}
	if b.server == nil || db == "" {
		return u, nil
	}
	var backend int
	err := b.server.admin.QueryRow(ctx, `select pg_database_size($1), pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8,
		pg_backend_pid()`, db).Scan(&u.disk, &u.wal, &backend)
	u.server = serverTime(backend)
	return u, err
}

// procStat is a line of Linux's process table.
type procStat struct {
	name     string
	parent   int
	own, all float64 // processor time in microseconds: its own, and with that of children that ended
}

// readProcess reads such a line; nothing is found on other systems.
func readProcess(pid string) (procStat, bool) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return procStat{}, false
	}
	_, rest, ok := strings.Cut(string(text), "(")
	end := strings.LastIndex(rest, ")")
	if !ok || end < 0 {
		return procStat{}, false
	}
	f := strings.Fields(rest[end+1:]) // the first is the third of the line: its state
	if len(f) < 15 {
		return procStat{}, false
	}
	ticks := func(i int) float64 { // a hundredth of a second each
		n, _ := strconv.ParseFloat(f[i], 64)
		return n * 10_000
	}
	p := procStat{name: rest[:end], own: ticks(11) + ticks(12)}
	p.parent, _ = strconv.Atoi(f[1])
	p.all = p.own + ticks(13) + ticks(14)
	return p, true
}

// ownTime is this process's, and that of processes that it started and that ended.
func ownTime() float64 {
	p, ok := readProcess("self")
	if !ok {
		return none
	}
	return p.all
}

// serverTime is that of the server that a backend belongs to, if it runs on this
// machine.
func serverTime(backend int) float64 {
	p, ok := readProcess(strconv.Itoa(backend))
	if !ok || p.name != "postgres" {
		return none
	}
	top, ok := readProcess(strconv.Itoa(p.parent))
	if !ok {
		return none
	}
	sum := top.all
	pids, _ := filepath.Glob("/proc/[0-9]*")
	for _, pid := range pids {
		if c, ok := readProcess(filepath.Base(pid)); ok && c.parent == p.parent {
			sum += c.all
		}
	}
	return sum
}
