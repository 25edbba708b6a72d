package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// cut says where a connection breaks.
type cut int

const (
	beforeSent cut = iota // what the client says does not get there
	afterSent             // it gets there, and nobody hears the answer
	onCommit              // the answer to a COMMIT is lost
	afterwards            // the answer to a COMMIT arrives, and nothing after it
	cuts
)

// proxy stands between clients and a server, and breaks every connection, each at
// a moment that it draws.
type proxy struct {
	server  net.Addr
	address string // of its own
	mu      sync.Mutex
	draw    *rand.Rand
	calm    atomic.Bool // it breaks nothing
	broken  [cuts]atomic.Int64
}

// proxyTo starts one.
func proxyTo(t *testing.T, server net.Addr, seed uint64) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	x := &proxy{server: server, address: l.Addr().String(), draw: rand.New(rand.NewPCG(seed, 5))}
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			group.Add(1)
			go func() {
				defer group.Done()
				x.serve(client)
			}()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		group.Wait()
	})
	return x
}

// serve carries one connection until it ends or breaks.
func (x *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial(x.server.Network(), x.server.String())
	if err != nil {
		return
	}
	defer server.Close()
	x.mu.Lock()
	how, n := cut(x.draw.IntN(int(cuts))), 1+x.draw.IntN(30)
	x.mu.Unlock()
	if how >= onCommit {
		n = 1 + n/4
	}
	var once sync.Once
	end := func() { once.Do(func() { client.Close(); server.Close() }) }
	breaks := func() { x.broken[how].Add(1); end() }
	back := make(chan struct{})
	go func() {
		defer close(back)
		defer end()
		commits := 0
		carry(client, server, func(part []byte) (forward, over bool) {
			if bytes.Contains(part, []byte("COMMIT\x00")) && how >= onCommit && !x.calm.Load() {
				if commits++; commits >= n {
					return how == afterwards, true
				}
			}
			return true, false
		}, breaks)
	}()
	sent := 0
	carry(server, client, func([]byte) (forward, over bool) {
		if sent++; how < onCommit && sent >= n && !x.calm.Load() {
			return how == afterSent, true
		}
		return true, false
	}, breaks)
	end()
	<-back
}

// carry copies what comes, part by part, until step says that it is over.
func carry(to io.Writer, from io.Reader, step func(part []byte) (forward, over bool), breaks func()) {
	buf := make([]byte, 1<<16)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		forward, over := step(buf[:n])
		if forward {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if over {
			breaks()
			return
		}
	}
}

// Promise 26: whatever is lost on the way, what a caller is told is so. Of what
// failed nothing is there, what was acknowledged is there once, and what is not
// known is found out by handing it in again.
func TestTheNetworkBreaks(t *testing.T) {
	t.Parallel()
	const workers, each, most = 8, 25, 1000
	for seed := range times(2, 30) {
		p, s := shop(t)
		through := proxied(t, p, uint64(seed))
		far := open(t, through.pool)
		var unknown, unavailable, replayed atomic.Int64
		// What breaks when is drawn, so it goes on until everything has happened.
		complete := func() bool {
			for how := range cuts {
				if through.broken[how].Load() == 0 {
					return false
				}
			}
			return unknown.Load() > 0 && unavailable.Load() > 0 && replayed.Load() > 0
		}
		var done [workers]int
		var group sync.WaitGroup
		for w := range workers {
			group.Add(1)
			go func() {
				defer group.Done()
				for i := 0; i < each || i < most && !complete(); i++ {
					done[w] = i + 1
					id := fmt.Sprint("w", w, "-", i)
					c := pay(available(fmt.Sprint("acct_", w%3)), id, 1)
					doubt := false
					for {
						r, err := far.Commit(context.Background(), c)
						if err == nil {
							if r.Replayed {
								replayed.Add(1)
								require.True(t, doubt, "a replay of what was said to have failed")
							}
							break
						}
						switch {
						case errors.Is(err, ledger.Unknown):
							doubt = true
							unknown.Add(1)
						case errors.Is(err, ledger.Unavailable):
							unavailable.Add(1)
						default:
							require.NoError(t, err)
						}
					}
				}
			}()
		}
		group.Wait()
		through.calm.Store(true)
		ids := make([]string, 0, workers*each)
		for w := range workers {
			ids = append(ids, names(fmt.Sprint("w", w, "-"), done[w])...)
		}
		thereOnce(t, s, ids)
		require.Equal(t, len(ids), whole(t, p))
		require.Positive(t, unknown.Load())
		require.Positive(t, unavailable.Load())
		require.Positive(t, replayed.Load(), "what was not known had happened")
		for how := range cuts {
			require.Positive(t, through.broken[how].Load(), "connections broken in way %d", how)
		}
		t.Logf("seed %d: %d unknown, %d unavailable, %d replays, broken %d %d %d %d", seed, unknown.Load(), unavailable.Load(), replayed.Load(),
			through.broken[0].Load(), through.broken[1].Load(), through.broken[2].Load(), through.broken[3].Load())
	}
}

type way struct {
	*proxy
	pool *pgxpool.Pool
}

// proxied opens a second pool on a database, through a proxy.
func proxied(t *testing.T, p *pgxpool.Pool, seed uint64) way {
	t.Helper()
	c := p.Config()
	x := proxyTo(t, addressOf(c.ConnConfig.Host, c.ConnConfig.Port), seed)
	through := poolOf(t, c.ConnString(), func(c *pgxpool.Config) {
		c.MaxConns = 4
		c.ConnConfig.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: time.Minute}).DialContext(ctx, "tcp", x.address)
		}
	})
	return way{x, through}
}

// addr is where a server listens.
type addr struct{ network, address string }

func (a addr) Network() string { return a.network }
func (a addr) String() string  { return a.address }

// addressOf says it as PostgreSQL's clients do: a host that is a path is the
// folder of a socket.
func addressOf(host string, port uint16) addr {
	if filepath.IsAbs(host) {
		return addr{"unix", filepath.Join(host, fmt.Sprint(".s.PGSQL.", port))}
	}
	return addr{"tcp", net.JoinHostPort(host, fmt.Sprint(port))}
}
