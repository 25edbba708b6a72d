// Package complaint tries checks that are meant to fail: the tests of the suites
// for adapters plant a fault and want to see it noticed.
package complaint

import (
	"context"
	"fmt"
	"runtime"
)

// T is a test that notes its failures.
type T struct{ failures []string }

// Errorf notes a failure.
func (t *T) Errorf(format string, args ...any) {
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
}

// FailNow ends the check.
func (t *T) FailNow() { runtime.Goexit() }

// Helper does nothing.
func (t *T) Helper() {}

// Context returns a context that never ends.
func (t *T) Context() context.Context { return context.Background() }

// Of runs a check to its end and returns what it complained of. A panic is a
// complaint that begins with "panic: ".
func Of(check func(*T)) []string {
	t := new(T)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				t.failures = append(t.failures, fmt.Sprint("panic: ", p))
			}
		}()
		check(t)
	}()
	<-done
	return t.failures
}
