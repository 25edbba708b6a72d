package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"time"
)

// baseline is pgbench on the server that is measured on.
type baseline struct {
	path string
	env  []string
	best int // the callers at which it does best
}

// newBaseline fills a database for pgbench and finds out where it does best. A
// checkpoint comes before and none after, so that no later run pays for whole
// pages in the log.
func newBaseline(ctx context.Context, s *server, scale int, span time.Duration) (*baseline, error) {
	path, err := program("pgbench")
	if err != nil {
		return nil, err
	}
	db, err := s.create(ctx)
	if err != nil {
		return nil, err
	}
	p := &baseline{path: path, env: s.environ(db)}
	_, _ = s.admin.Exec(ctx, "checkpoint") // who may not goes without
	if _, err := p.exec(ctx, "-i", "-q", "-s", strconv.Itoa(scale)); err != nil {
		return nil, err
	}
	top := 0.0
	for _, callers := range []int{8, 16, 32, 64, 96} {
		rate, err := p.rate(ctx, callers, span)
		if err != nil {
			return nil, err
		}
		if rate > top {
			top, p.best = rate, callers
		}
	}
	return p, nil
}

// rate measures transactions per second.
func (p *baseline) rate(ctx context.Context, callers int, span time.Duration) (float64, error) {
	seconds := max(1, int(span.Round(time.Second).Seconds()))
	out, err := p.exec(ctx, "-n", "-M", "prepared", "-c", strconv.Itoa(callers),
		"-j", strconv.Itoa(min(callers, runtime.NumCPU())), "-T", strconv.Itoa(seconds))
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(`(?m)^tps = ([0-9.]+) `).FindStringSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("pgbench says no rate: %s", out)
	}
	return strconv.ParseFloat(found[1], 64)
}

// pair measures at some callers and at the best number of them; a baseline that
// is nil measures nothing.
func (p *baseline) pair(ctx context.Context, callers int, span time.Duration) (same, best float64, err error) {
	if p == nil {
		return none, none, nil
	}
	if same, err = p.rate(ctx, callers, span); err != nil || callers == p.best {
		return same, same, err
	}
	best, err = p.rate(ctx, p.best, span)
	return same, best, err
}

func (p *baseline) exec(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = p.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("pgbench: %w: %s", err, out)
	}
	return string(out), nil
}
