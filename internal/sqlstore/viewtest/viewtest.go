// Package viewtest holds the views that people query to what the store says.
package viewtest

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Day is a marketplace with a charge, of which a part was refunded, and a payout,
// which has been paid.
type Day struct {
	*connecttest.Marketplace
	Shop   *connect.Platform
	Seller *connect.Account
	Charge *connect.Charge
	Refund *connect.Refund
	Payout *payout.Payout
}

// Fill runs a day on a store.
func Fill(t testing.TB, s ledger.Store) *Day {
	t.Helper()
	ctx, d := t.Context(), &Day{}
	usd := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }
	var err error
	d.Marketplace, err = connecttest.New(connecttest.Config{Config: connect.Config{Store: s}})
	require.NoError(t, err)
	d.Shop, err = d.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Atelier", Country: "US"})
	require.NoError(t, err)
	d.Seller, err = d.Shop.CreateAccount(ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	d.Charge, err = d.Shop.Charge(ctx, connect.ChargeRequest{
		Key: "order-1", Amount: usd(100_00), AccountID: d.Seller.ID, ApplicationFee: usd(12_30), Source: connect.TestCard})
	require.NoError(t, err)
	d.Refund, err = d.Shop.Refund(ctx, connect.RefundRequest{Key: "return-1", ChargeID: d.Charge.ID, Amount: usd(25_05), ReverseTransfer: true})
	require.NoError(t, err)
	require.NoError(t, d.Pass(ctx, 72*time.Hour))
	d.Payout, err = d.Shop.Payout(ctx, connect.PayoutRequest{Key: "payout-1", AccountID: d.Seller.ID, Amount: usd(50_00)})
	require.NoError(t, err)
	require.NoError(t, d.Pass(ctx, 24*time.Hour))
	return d
}

// Odd is a change with amounts that are easily shown wrong: below one unit, of
// few and of many digits, at the ends of 64 bits, and before 1970.
func Odd(id string, at time.Time, on ...ledger.Currency) *ledger.Change {
	c := &ledger.Change{ID: id, At: at}
	for range 50 { // so that ids of events have two digits
		c.Emit = append(c.Emit, ledger.Event{Type: "odd.made", Platform: "odd", Object: ledger.ID{Kind: "odd", ID: id}})
	}
	for i, cur := range on {
		bank := ledger.Ref{Book: "odd", Owner: "house", Purpose: "bank/main", Currency: cur}
		owner := ledger.Ref{Book: "odd", Owner: "acct_1", Purpose: "odd", Currency: cur}
		c.Open = append(c.Open, ledger.Account{Ref: bank, Shared: true},
			ledger.Account{Ref: owner, Floor: ledger.Floor{Kind: ledger.HardFloor, AtMinor: -7}})
		for n, minor := range []int64{5, 1 << 61, 1_234_567} {
			c.Post = append(c.Post, ledger.Transaction{
				ID: fmt.Sprintf("%s.%d.%d", id, i, n), Book: "odd", Reason: "top-up", Effective: time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
				Entries: []ledger.Entry{{Account: bank, Amount: ledger.Minor(-minor, cur)}, {Account: owner, Amount: ledger.Minor(minor, cur)}},
			})
		}
	}
	return c
}

// Compare compares the views of balances, entries and events to the store. Names
// of views follow on prefix.
func Compare(t *testing.T, s ledger.Store, db *sql.DB, prefix string) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		accounts, err := v.AccountsOf(ledger.AccountQuery{Limit: ledger.MaxPage})
		require.NoError(t, err)
		require.Equal(t, balances(t, accounts), Rows(t, db, `select book, owner, purpose, currency, posted, held, spendable,
			posted_minor, digits, floor, floor_minor, shared, closed, entries, last_posted_at from `+prefix+`balances`))
		var want []string
		for _, a := range accounts {
			want = append(want, journal(t, v, a)...)
		}
		require.ElementsMatch(t, want, Rows(t, db, `select posted_at, effective_at, transaction_id, reason, book, owner, purpose, currency,
			amount, balance, amount_minor, object_kind, object_id from `+prefix+`journal`))
		require.Equal(t, events(t, v), Rows(t, db, `select id, at, type, platform, object_kind, object_id, version from `+prefix+`event_log`))
		return nil
	}))
}

func balances(t *testing.T, accounts []ledger.Account) (list []string) {
	t.Helper()
	for _, a := range accounts {
		free, err := a.Spendable()
		require.NoError(t, err)
		last := any(nil)
		if a.Entries > 0 {
			last = a.Last
		}
		list = append(list, row(a.Book, a.Owner, a.Purpose, a.Currency.String(), plain(a.Posted), plain(a.Held), plain(free),
			a.Posted.Minor(), a.Currency.Digits(), [...]string{"none", "guarded", "hard"}[a.Floor.Kind], a.Floor.AtMinor,
			a.Shared, a.Closed, a.Entries, last))
	}
	return list
}

// journal adds the entries of an account up by itself, since the store's balance
// of a shared one is that of a stripe.
func journal(t *testing.T, v ledger.View, a ledger.Account) (list []string) {
	t.Helper()
	entries, err := v.Entries(a.Ref, ledger.Page{Limit: ledger.MaxPage})
	require.NoError(t, err)
	for _, e := range entries {
		balance, err := v.BalanceAt(a.Ref, e.At)
		require.NoError(t, err)
		if !a.Shared {
			require.Equal(t, e.Balance, balance)
		}
		list = append(list, row(e.At, e.Effective, e.Transaction, e.Reason, a.Book, a.Owner, a.Purpose, a.Currency.String(),
			plain(e.Amount), plain(balance), e.Amount.Minor(), e.Object.Kind, e.Object.ID))
	}
	return list
}

func events(t *testing.T, v ledger.View) (list []string) {
	t.Helper()
	all, _, err := v.Events("", "", ledger.MaxPage)
	require.NoError(t, err)
	for _, e := range all {
		list = append(list, row(e.ID, e.At, e.Type, e.Platform, e.Object.Kind, e.Object.ID, e.Version))
	}
	return list
}

// plain is an amount without its currency.
func plain(m ledger.Money) string { return strings.TrimSuffix(m.String(), " "+m.Currency().String()) }

// Rows returns the answer to a query, a line for each row, whichever types the
// database has for times and numbers. Lines of balances and events come in their
// order.
func Rows(t testing.TB, db *sql.DB, query string) (list []string) {
	t.Helper()
	switch {
	case strings.HasSuffix(query, "balances"):
		query += ` order by book, owner, purpose, currency`
	case strings.HasSuffix(query, "event_log"):
		query += ` order by lane, number`
	}
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err, query)
	names, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(t, rows.Scan(into...))
		list = append(list, row(values...))
	}
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
	return list
}

func row(values ...any) string {
	text := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case time.Time:
			text[i] = v.UTC().Format("2006-01-02T15:04:05.000000Z")
		case []byte:
			text[i] = string(v)
		case bool: // SQLite has none
			text[i] = map[bool]string{false: "0", true: "1"}[v]
		default:
			text[i] = fmt.Sprint(v)
		}
	}
	return strings.Join(text, " | ")
}
