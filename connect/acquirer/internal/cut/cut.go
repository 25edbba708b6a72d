// Package cut is a transport whose connections break when a test says so.
package cut

import (
	"errors"
	"net"
	"net/http"
	"sync"
)

// Where is the place at which a connection breaks.
type Where int

// The places. Before: nothing was sent. Lost: the request never arrived, and it looks
// as if it might have. After: it was acted on, and the reply is lost.
const (
	Nowhere Where = iota
	Before
	Lost
	After
)

// Transport is a http.RoundTripper.
type Transport struct {
	mu   sync.Mutex
	fn   func(*http.Request) Where
	sent int
}

// When sets where connections break; nil: nowhere.
func (t *Transport) When(fn func(*http.Request) Where) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fn = fn
}

// Sent counts the requests that arrived.
func (t *Transport) Sent() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sent
}

func (t *Transport) where(r *http.Request) Where {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := Nowhere
	if t.fn != nil {
		w = t.fn(r)
	}
	if w == Nowhere || w == After {
		t.sent++
	}
	return w
}

var errCut = errors.New("connection reset")

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	switch t.where(r) {
	case Before:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errCut}
	case Lost:
		return nil, &net.OpError{Op: "write", Net: "tcp", Err: errCut}
	case After:
		res, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			err = res.Body.Close()
		}
		return nil, errors.Join(errCut, err)
	}
	return http.DefaultTransport.RoundTrip(r)
}
