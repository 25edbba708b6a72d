package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"time"
)

// Result is how an attempt ended. What the receiver said, and why it could not be reached,
// is told to nobody: a platform could otherwise look around in the host's network.
type Result string

// The results.
const (
	Answered2xx Result = "2xx"         // delivered
	Answered3xx Result = "3xx"         // redirects are not followed
	Answered4xx Result = "4xx"         //
	Answered5xx Result = "5xx"         // also what is no status
	NoAnswer    Result = "no_answer"   // not reached, not in time, or not trusted
	NoBody      Result = "no_body"     // no body could be made of the event: nothing was sent
	NotSigned   Result = "not_signed"  // the secret could not be opened: nothing was sent
	Interrupted Result = "interrupted" // the process ended while it was sent; what was interrupted in the attempt before too is counted
)

const maxAnswer = 64 << 10

func newClient(c *Config, g *guard) *http.Client {
	t := &http.Transport{
		Proxy: nil, DialContext: g.connect, DisableCompression: true,
		MaxConnsPerHost: c.PerHost, MaxIdleConnsPerHost: c.PerHost, MaxIdleConns: 4 * c.Parallel, IdleConnTimeout: 30 * time.Second,
		TLSHandshakeTimeout: c.Timeout, ResponseHeaderTimeout: c.Timeout, MaxResponseHeaderBytes: 16 << 10,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if c.TLS != nil {
		t.TLSClientConfig = c.TLS.Clone()
	}
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// send makes one attempt.
func (h *Hooks) send(ctx context.Context, e *Endpoint, d *Delivery) Result {
	ctx, cancel := context.WithTimeout(ctx, h.c.Timeout)
	defer cancel()
	u, err := h.guard.parse(e.URL) // rules may be stricter than when it was made
	if err != nil {
		return NoAnswer
	}
	now := h.env.Time()
	secrets, err := h.secrets(ctx, e, now)
	if err != nil || len(secrets) == 0 {
		return NotSigned
	}
	body := []byte(d.Body)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return NoAnswer
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "souk-webhook/1")
	if err := sign(r.Header, h.c.Header, d.Event, now, body, secrets); err != nil {
		return NotSigned
	}
	answer, err := h.client.Do(r)
	if err != nil {
		return NoAnswer
	}
	defer answer.Body.Close()
	// A short answer is read, so that the connection can be used again; of a long one no
	// more. One that does not end in time is none.
	if _, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer)); ctx.Err() != nil {
		return NoAnswer
	}
	switch answer.StatusCode / 100 {
	case 2:
		return Answered2xx
	case 3:
		return Answered3xx
	case 4:
		return Answered4xx
	}
	return Answered5xx
}
