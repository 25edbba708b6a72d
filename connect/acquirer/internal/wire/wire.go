// Package wire is what adapters of acquirers have in common: one request over HTTP,
// what its failure says about whether it was acted on, and amounts in an API's digits.
package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Client makes requests of one acquirer.
type Client struct {
	Op   string       // of its errors
	HTTP *http.Client // nil: one without a time limit of its own; the engine's lease ends each call
	// Wait waits before a request is sent again that is under way already. Nil: the
	// real clock.
	Wait func(ctx context.Context, d time.Duration) error
}

// Request is one request.
type Request struct {
	Method, URL string
	Header      http.Header
	Body        []byte
}

// Reply is what came back.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// replyLimit is how many bytes of a reply are read.
const replyLimit = 4 << 20

// Do makes a request. An error of class Unavailable says that nothing was sent, one
// of class Unknown that nobody knows.
func (c *Client) Do(ctx context.Context, r Request) (Reply, error) {
	if err := ctx.Err(); err != nil {
		return Reply{}, err
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return Reply{}, c.Error(ledger.Invalid, "invalid_request", "the request has no form")
	}
	req.Header = r.Header
	res, err := c.client().Do(req)
	if err != nil {
		return Reply{}, c.failed(err)
	}
	defer func() { _ = res.Body.Close() }() // what was read counts
	body, err := io.ReadAll(io.LimitReader(res.Body, replyLimit+1))
	if err != nil || len(body) > replyLimit {
		return Reply{}, c.Error(ledger.Unknown, "no_answer", "the reply was cut off")
	}
	return Reply{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// client is the host's, which follows no redirect: that would send a secret, or a
// payment, elsewhere.
func (c *Client) client() *http.Client {
	client := http.Client{}
	if c.HTTP != nil {
		client = *c.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// failed classifies an error of the transport. Its text is not passed on: it may
// hold addresses.
func (c *Client) failed(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
		return c.Error(ledger.Unavailable, "no_connection", "nothing was sent")
	}
	return c.Error(ledger.Unknown, "no_answer", "the connection failed before a reply came")
}

// Error makes an error of the acquirer.
func (c *Client) Error(class ledger.Class, code, msg string) error {
	return &ledger.Error{Class: class, Code: code, Op: c.Op, Msg: msg}
}

// tries is how often a request is made that is under way already: the waits between
// them, 50 ms and twice as long each time, add up to 6.3 s.
const tries = 8

// Persist makes a request until the acquirer no longer says that the same one is
// under way. What still is then may be done or not: that is Unknown.
func (c *Client) Persist(ctx context.Context, r Request, underWay func(Reply) bool) (Reply, error) {
	wait := 50 * time.Millisecond
	for try := 1; ; try++ {
		reply, err := c.Do(ctx, r)
		switch {
		case err != nil:
			return reply, err
		case !underWay(reply):
			return reply, nil
		case try == tries:
			return reply, c.Error(ledger.Unknown, "in_flight", "the same request is still under way")
		}
		if err := c.wait(ctx, wait); err != nil {
			return Reply{}, err
		}
		wait *= 2
	}
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// CheckBase refuses an address at which secrets would go over the net in the clear.
// Without encryption it may be this machine alone. It returns the address without a
// slash at its end.
func CheckBase(base string) (string, bool) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !local(u.Hostname())) {
		return "", false
	}
	return strings.TrimRight(base, "/"), true
}

func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Key tells whether a key can be sent in a header as it is.
func Key(key string, most int) bool {
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return false
		}
	}
	return key != "" && len(key) <= most && strings.TrimSpace(key) == key
}

// Token tells whether something is an acquirer's name for a thing: letters, digits,
// dashes and underscores. It goes into a path as it is.
func Token(text string) bool {
	for i := range len(text) {
		c := text[i]
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-') {
			return false
		}
	}
	return text != "" && len(text) <= 255
}
