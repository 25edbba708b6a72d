package main

import (
	"os"
	"syscall"
)

// syncData returns when the disk has what was written to a file.
func syncData(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// peak returns how many MB a program that has ended needed at most. It is no less
// than what this one needed when it started it.
func peak(p *os.ProcessState) float64 {
	u, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return none
	}
	return float64(u.Maxrss) / 1024
}
