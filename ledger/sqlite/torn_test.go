package sqlite_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sqlite"
)

// Promise 37: one byte that is not what was written, anywhere in the file. SQLite
// has no checksum of pages, so a digit may differ in a page that is well formed.
// Reading says so, or Verify or pragma quick_check does, or the money is what it
// was.
func TestAFlippedByte(t *testing.T) {
	path := file(t)
	s := open(t, path)
	for i := range 12 {
		commit(t, s, keyed(fmt.Sprint(i), fmt.Sprint("k", i)))
	}
	want, err := money(t, s)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	intact, err := os.ReadFile(path)
	require.NoError(t, err)
	flips := 120
	if long() {
		flips = 10_000
	}
	r := rand.New(rand.NewPCG(37, 1))
	found := make(map[string]int)
	for range flips {
		torn := bytes.Clone(intact)
		at, bits := r.IntN(len(torn)), byte(1+r.IntN(255))
		for torn[at] == 0 && r.IntN(8) > 0 { // most of a page is empty
			at = r.IntN(len(torn))
		}
		torn[at] ^= bits
		require.NoError(t, os.WriteFile(path, torn, 0o600))
		by, got := whoFinds(t, path)
		if by == "nobody" {
			require.Equal(t, want, got, "byte %d of page %d, flipped by %#x", at%4096, 1+at/4096, bits)
		}
		found[by]++
	}
	t.Logf("%d flips, found by %v", flips, found)
	for _, by := range []string{"reading", "Verify", "nobody"} {
		require.NotZero(t, found[by], by)
	}
}

// whoFinds reads a file and returns who found a fault in it, and the money if
// nobody did.
func whoFinds(t *testing.T, path string) (by, text string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, nil)
	var r *ledger.Report
	if err == nil {
		defer func() { require.NoError(t, s.Close()) }()
		if text, err = money(t, s); err == nil {
			r, err = ledger.Verify(t.Context(), s)
		}
	}
	if err != nil {
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		// The schema is text in the file too. It may have become another one.
		require.True(t, e.Class == ledger.Unavailable || e.Class == ledger.State && e.Code == "schema_changed", "%v", err)
		return "reading", ""
	}
	if r.Err() != nil {
		return "Verify", ""
	}
	db, err := sql.Open("sqlite", path+good)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var said string
	if err := db.QueryRow("pragma quick_check").Scan(&said); err != nil || said != "ok" {
		return "quick_check", ""
	}
	return "nobody", text
}

// money reads all accounts with their entries, and some by name, as text.
func money(t *testing.T, s ledger.Store) (string, error) {
	t.Helper()
	var b bytes.Buffer
	err := s.Read(t.Context(), func(v ledger.View) error {
		accounts, err := v.AccountsOf(ledger.AccountQuery{})
		if err != nil {
			return err
		}
		for _, a := range accounts {
			fmt.Fprintln(&b, a.Ref, a.Posted, a.Held)
			list, err := v.Entries(a.Ref, ledger.Page{})
			if err != nil {
				return err
			}
			for _, e := range list {
				fmt.Fprintln(&b, e.Number, e.Transaction, e.Amount, e.Balance)
			}
		}
		named, err := v.Accounts(bank, seller)
		if err != nil {
			return err
		}
		for _, a := range named {
			past, err := v.BalanceAt(a.Ref, noon.AddDate(1, 0, 0))
			if err != nil {
				return err
			}
			fmt.Fprintln(&b, a.Ref, a.Posted, a.Held, past)
		}
		return nil
	})
	return b.String(), err
}
