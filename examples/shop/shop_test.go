package main

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/pgtest"
	"github.com/soukhq/souk/ledger"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is what is outside a shop and outlives its processes: the place of its
// database, the clock, and the acquirer, who looks whether an order is committed
// before its card is touched.
type world struct {
	*connect.Simulator
	t     *testing.T
	o     options
	clock *connecttest.Clock

	mu      sync.Mutex
	looking *database
	asked   int
}

func (w *world) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	var n int
	err := w.looking.QueryRowContext(ctx, `select count(*) from orders where charge = $1`, key).Scan(&n)
	if err != nil || n != 1 {
		w.t.Errorf("the card was touched before the order was committed: %d orders, %v", n, err)
	}
	return w.Simulator.Authorize(ctx, key, o)
}

// open starts a process of the shop: a new engine on the database.
func (w *world) open() *shop {
	w.t.Helper()
	d, err := openDatabase(w.t.Context(), w.o)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { require.NoError(w.t, d.close()) })
	s, err := openShop(w.t.Context(), d, connect.Config{Acquirer: w, Now: w.clock.Now}, io.Discard)
	require.NoError(w.t, err)
	return s
}

// worlds runs a test on SQLite and on PostgreSQL.
func worlds(t *testing.T, test func(t *testing.T, w *world)) {
	for name, place := range map[string]func(*testing.T) options{
		"sqlite":   func(t *testing.T) options { return options{db: filepath.Join(t.TempDir(), "a shop?.db")} },
		"postgres": func(t *testing.T) options { return options{dsn: pgtest.DSN(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{t: t, o: place(t), clock: connecttest.NewClock(connecttest.Start)}
			w.Simulator = connect.NewSimulator(connect.SimulatorConfig{Now: w.clock.Now})
			var err error
			w.looking, err = openDatabase(t.Context(), w.o)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, w.looking.close()) })
			test(t, w)
		})
	}
}

// place places an order in a transaction that is still to end.
func place(t *testing.T, s *shop, id, card string) (*sql.Tx, string) {
	t.Helper()
	tx, err := s.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	charge, err := s.place(t.Context(), tx, id, goods[0], card)
	require.NoError(t, err)
	require.NotEmpty(t, charge)
	return tx, charge
}

func statusOf(t *testing.T, s *shop, id string) string {
	t.Helper()
	o, err := find(t.Context(), s, id)
	require.NoError(t, err)
	status, err := s.status(t.Context(), o)
	require.NoError(t, err)
	return status
}

func drain(t *testing.T, s *shop) {
	t.Helper()
	done, err := s.engine.Drain(t.Context())
	require.NoError(t, err)
	require.NoError(t, done.Err)
}

// addsUp checks the books, and what is owed to the shop by the acquirer.
func addsUp(t *testing.T, s *shop, owed ledger.Money) {
	t.Helper()
	report, err := s.engine.Verify(t.Context())
	require.NoError(t, err)
	require.NoError(t, report.Err())
	books, err := s.platform.TrialBalance(t.Context())
	require.NoError(t, err)
	sum := ledger.Zero(ledger.USD)
	for _, line := range books.Lines {
		if strings.HasPrefix(line.Purpose, "acquirer/") {
			sum = line.Balance
		}
	}
	require.Equal(t, ledger.Minor(-owed.Minor(), ledger.USD), sum)
}

// A rollback leaves neither order nor charge, and nobody ever asks for the card.
func TestARollbackLeavesNothing(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, w *world) {
		s := w.open()
		tx, charge := place(t, s, "order_1", connect.TestCard)
		require.NoError(t, tx.Rollback())
		list, err := latest(t.Context(), s)
		require.NoError(t, err)
		require.Empty(t, list)
		_, err = s.platform.GetCharge(t.Context(), charge)
		require.ErrorIs(t, err, ledger.NotFound)
		w.clock.Advance(time.Hour)
		drain(t, s)
		require.Zero(t, w.asked)
		addsUp(t, s, ledger.Zero(ledger.USD))

		// The same order may be placed after all.
		require.NoError(t, s.buy(t.Context(), "order_1", goods[0], connect.TestCard))
		require.Equal(t, "paid", statusOf(t, s, "order_1"))
	})
}

// What is refused takes the order with it.
func TestARefusedChargeLeavesNoOrder(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, w *world) {
		s := w.open()
		require.ErrorIs(t, s.buy(t.Context(), "order_1", goods[0], "4242424242424242"), ledger.Invalid)
		_, err := find(t.Context(), s, "order_1")
		require.ErrorIs(t, err, ledger.NotFound)
		require.Zero(t, w.asked)
	})
}

// A process that ends after the commit, before the card was asked or before its
// answer was booked, leaves an order that the next one has paid, once.
func TestACrashAfterTheCommit(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, w *world) {
		s := w.open()
		tx, before := place(t, s, "order_1", connect.TestCard)
		require.Zero(t, w.asked, "the card is never touched before the commit")
		require.NoError(t, tx.Commit())
		tx, after := place(t, s, "order_2", connect.TestAnswerLost)
		require.NoError(t, tx.Commit())
		require.NoError(t, s.platform.Finish(t.Context(), after))
		require.Equal(t, []int{0, 1}, []int{w.Taken(before), w.Taken(after)})

		next := w.open() // the first is never heard of again
		require.Equal(t, "being paid", statusOf(t, next, "order_1"))
		require.Equal(t, "being paid", statusOf(t, next, "order_2"))
		for range 3 {
			w.clock.Advance(time.Hour)
			drain(t, next)
		}
		require.Equal(t, "paid", statusOf(t, next, "order_1"))
		require.Equal(t, "paid", statusOf(t, next, "order_2"))
		require.Equal(t, []int{1, 1}, []int{w.Taken(before), w.Taken(after)})
		require.NoError(t, next.buy(t.Context(), "order_1", goods[0], connect.TestCard), "pressed again")
		require.Equal(t, []int{1, 1}, []int{w.Taken(before), w.Taken(after)})
		addsUp(t, next, ledger.Minor(36_00, ledger.USD))
	})
}

// lost says neither yes nor no to refunds for as long as it is down.
type lost struct {
	*world
	down bool
}

func (l *lost) Refund(ctx context.Context, key string, o connect.RefundOrder) (connect.Answer, error) {
	if l.down {
		return connect.Answer{}, ledger.Unavailable
	}
	return l.world.Refund(ctx, key, o)
}

// A refund stands as soon as it is committed, and the acquirer hears of it when
// it can.
func TestARefundStands(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, w *world) {
		d, err := openDatabase(t.Context(), w.o)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, d.close()) })
		acquirer := &lost{w, true}
		s, err := openShop(t.Context(), d, connect.Config{Acquirer: acquirer, Now: w.clock.Now}, io.Discard)
		require.NoError(t, err)
		require.NoError(t, s.buy(t.Context(), "order_1", goods[0], connect.TestCard))
		require.NoError(t, s.refund(t.Context(), "order_1"))
		require.NoError(t, s.refund(t.Context(), "order_1"), "once is enough")
		require.Equal(t, "being refunded", statusOf(t, s, "order_1"))
		acquirer.down = false
		w.clock.Advance(time.Hour)
		drain(t, s)
		require.Equal(t, "refunded", statusOf(t, s, "order_1"))
		addsUp(t, s, ledger.Zero(ledger.USD))
	})
}

// Many buyers at once, and each order is placed by two clicks.
func TestManyBuyers(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, w *world) {
		s := w.open()
		var group sync.WaitGroup
		for i := range 16 {
			group.Go(func() {
				err := s.buy(t.Context(), "order_"+string(rune('a'+i/2)), goods[1], connect.TestCard)
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		drain(t, s)
		require.Equal(t, 8, w.asked)
		addsUp(t, s, ledger.Minor(8*42_00, ledger.USD))
	})
}

// browser talks to a shop's web side.
type browser struct {
	t  *testing.T
	at http.Handler
}

func (b browser) do(method, path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://shop.example"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.at.ServeHTTP(w, r)
	return w
}

// buy presses a button and follows to the order.
func (b browser) buy(id, good, card string) string {
	b.t.Helper()
	w := b.do("POST", "/orders", url.Values{"order": {id}, "good": {good}, "card": {card}})
	require.Equal(b.t, http.StatusSeeOther, w.Code, w.Body)
	return b.do("GET", w.Header().Get("Location"), nil).Body.String()
}

func TestThePages(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, w *world) {
		s := w.open()
		b := browser{t, s.handler()}
		front := b.do("GET", "/", nil).Body.String()
		require.Contains(t, front, "Stool")
		require.Contains(t, front, "None yet.")
		require.Contains(t, front, `name="order" value="order_`)

		require.Contains(t, b.buy("order_1", "mug", connect.TestCard), "<td>paid</td>")
		require.Contains(t, b.buy("order_1", "mug", connect.TestCard), "<td>paid</td>")
		require.Contains(t, b.buy("order_2", "lamp", connect.TestDeclined), "the card was declined")
		require.Contains(t, b.buy("order_3", "bowl", connect.TestReceived), "being paid")
		w.clock.Advance(time.Hour)
		drain(t, s)
		require.Contains(t, b.do("GET", "/orders/order_3", nil).Body.String(), "<td>paid</td>")
		require.Equal(t, 3, strings.Count(b.do("GET", "/", nil).Body.String(), `href="/orders/`))

		require.Equal(t, http.StatusSeeOther, b.do("POST", "/orders/order_3/refund", nil).Code)
		require.Contains(t, b.do("GET", "/orders/order_3", nil).Body.String(), "refunded")
		require.Equal(t, http.StatusConflict, b.do("POST", "/orders/order_2/refund", nil).Code)
		addsUp(t, s, goods[0].Price)

		require.Equal(t, http.StatusNotFound, b.do("POST", "/orders", url.Values{"order": {"order_4"}, "good": {"moon"}}).Code)
		require.Equal(t, http.StatusBadRequest, b.do("POST", "/orders", url.Values{"order": {"order_4"}, "good": {"mug"}}).Code)
		require.Equal(t, http.StatusBadRequest, b.do("POST", "/orders", url.Values{"good": {"mug"}, "card": {connect.TestCard}}).Code)
		require.Equal(t, http.StatusNotFound, b.do("GET", "/orders/order_4", nil).Code)
		require.Equal(t, http.StatusNotFound, b.do("POST", "/orders/order_4/refund", nil).Code)
		require.Equal(t, http.StatusForbidden, b.do("POST", "/orders/order_1/refund", nil, "Origin", "https://elsewhere.example").Code)
		require.Equal(t, "paid", statusOf(t, s, "order_1"))
	})
}

// The command runs on a file, twice, and refunds in the second run what was
// bought in the first: the simulated cards were reminded.
func TestTheCommand(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "shop.db")
	var out, words bytes.Buffer
	for range 2 {
		out.Reset()
		require.Zero(t, command(t.Context(), []string{"-db", path}, &out, &words), "%s", &words)
	}
	for text, n := range map[string]int{"18.00 USD  paid\n": 2, "the card was declined\n": 2, "95.50 USD  refunded\n": 2, "adds up to [0.00 USD]\n": 1} {
		require.Equal(t, n, strings.Count(out.String(), text), "%s", &out)
	}

	d, err := openDatabase(t.Context(), options{db: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, d.close()) }()
	cards := connect.NewSimulator(connect.SimulatorConfig{})
	s, err := openShop(t.Context(), d, connect.Config{Acquirer: cards}, io.Discard)
	require.NoError(t, err)
	require.NoError(t, connecttest.RemindCards(t.Context(), s.platform, cards))
	list, err := latest(t.Context(), s)
	require.NoError(t, err)
	for _, o := range list {
		if statusOf(t, s, o.ID) == "paid" {
			require.NoError(t, s.refund(t.Context(), o.ID))
			require.Equal(t, "refunded", statusOf(t, s, o.ID))
		}
	}
	addsUp(t, s, ledger.Zero(ledger.USD))
}

func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	var out, words bytes.Buffer
	require.Zero(t, command(t.Context(), []string{"-h"}, &out, &words))
	require.Contains(t, out.String(), "-addr address")
	require.Empty(t, words.String())
	for _, args := range [][]string{{"-nonsense"}, {"nonsense"}, {"-db", "x", "-dsn", "y"}} {
		require.Equal(t, 2, command(t.Context(), args, io.Discard, &words), args)
	}
	require.Equal(t, 1, command(t.Context(), []string{"-db", filepath.Join(t.TempDir(), "no", "shop.db")}, io.Discard, &words))
	require.Equal(t, 1, command(t.Context(), []string{"-addr", "nowhere"}, io.Discard, &words))
}

// An open shop answers until it is told to close.
func TestAnOpenShop(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- command(ctx, []string{"-addr", "localhost:0"}, w, io.Discard)
		w.Close()
	}()
	line := make([]byte, 200)
	n, err := r.Read(line)
	require.NoError(t, err)
	_, at, _ := strings.Cut(strings.TrimSpace(string(line[:n])), "open at ")
	answer, err := http.Get(at)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.NoError(t, answer.Body.Close())
	stop()
	require.Zero(t, <-ended)
}
