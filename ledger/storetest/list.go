package storetest

import (
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// accountLists opens accounts whose names are ordered otherwise where text is
// not compared bytewise, and compares every list with one made by hand.
func accountLists(t *trial) {
	var all []ledger.Account
	for _, owner := range []string{"a", "A", "a-", "a.", "a1", "B", "b", "_", "~"} {
		for _, p := range []string{"own", "own/1", "own/10", "own/2", "own-", "Own"} {
			a := ledger.Account{Ref: t.ref(owner, p)}
			usd := a
			usd.Currency = ledger.USD
			c := t.change()
			c.Open = []ledger.Account{a, usd}
			if p == "own/2" {
				c.Close = []ledger.Ref{a.Ref}
			}
			t.commit(c)
			all = append(all, a, usd)
		}
	}
	// A book whose name begins alike is another book.
	c := t.change()
	near := t.ref("a", "own")
	near.Book += "0"
	c.Open = []ledger.Account{{Ref: near}}
	t.commit(c)
	slices.SortFunc(all, func(a, b ledger.Account) int { return a.Ref.Compare(b.Ref) })
	queries := []ledger.AccountQuery{
		{}, {Owner: "a"}, {Owner: "A"}, {Owner: "none"}, {Purpose: "own"}, {Purpose: "own/"}, {Purpose: "own/1"}, {Purpose: "own/1/"},
		{Owner: "a", Purpose: "own"}, {Owner: "a", Purpose: "own/"}, {Purpose: "OWN"}, {Purpose: "own/2"}, {Owner: "a%"}, {Purpose: "o%"}, {Owner: "' OR 1=1 --"},
	}
	t.view(func(v ledger.View) error {
		for i := range 4 * len(queries) {
			q := queries[i%len(queries)]
			q.Book, q.Open, q.Limit = t.book, i/len(queries)%2 == 1, []int{0, 7}[i/len(queries)/2]
			got, err := allAccounts(v, q)
			require.NoError(t, err)
			want := []ledger.Ref{}
			for _, a := range all {
				closed := a.Purpose == "own/2" && a.Currency == ledger.EUR
				named := q.Purpose == "" || a.Purpose == q.Purpose || strings.HasSuffix(q.Purpose, "/") && strings.HasPrefix(a.Purpose, q.Purpose)
				if (q.Owner == "" || a.Owner == q.Owner) && named && !(q.Open && closed) {
					want = append(want, a.Ref)
				}
			}
			require.Equal(t, want, refs(got), "%+v", q)
		}
		// A place in the list that no account has is a place all the same.
		list, err := v.AccountsOf(ledger.AccountQuery{Book: t.book, After: t.ref("a", "own/"), Limit: 1})
		require.NoError(t, err)
		require.Equal(t, []ledger.Ref{{Book: t.book, Owner: "a", Purpose: "own/1", Currency: ledger.EUR}}, refs(list))
		list, err = v.AccountsOf(ledger.AccountQuery{Book: t.book, Owner: "a", After: t.ref("b", "own")})
		require.NoError(t, err)
		require.Empty(t, list, "a place beyond the range")
		list, err = v.AccountsOf(ledger.AccountQuery{Book: t.book, Owner: "a", After: t.ref("A", "own"), Limit: 1})
		require.NoError(t, err)
		require.Equal(t, "a", list[0].Owner, "a place before the range")
		_, err = v.AccountsOf(ledger.AccountQuery{Owner: "a"})
		require.ErrorIs(t, err, ledger.Invalid)
		// All books together: this one's accounts stand in one piece.
		list, err = allAccounts(v, ledger.AccountQuery{Purpose: "own/10"})
		require.NoError(t, err)
		i := slices.IndexFunc(list, func(a ledger.Account) bool { return a.Book == t.book })
		require.GreaterOrEqual(t, i, 0)
		for _, a := range list[i : i+18] {
			require.Equal(t, t.book, a.Book)
		}
		return nil
	})
}

func refs(list []ledger.Account) []ledger.Ref {
	names := []ledger.Ref{}
	for _, a := range list {
		names = append(names, a.Ref)
	}
	return names
}

// listBounds asks each list for too few and too many rows.
func listBounds(t *trial) {
	const n = ledger.DefaultPage + 5
	a, b := t.ref("acct_1", "own"), t.ref("acct_2", "own")
	c := t.change()
	c.Open = []ledger.Account{{Ref: a}, {Ref: b}}
	for i := range int64(n) {
		c.Post = append(c.Post, t.tx("x", move(a, -1), move(b, 1)))
		c.Put = append(c.Put, object(t.id("thing", data(i)), 0, "{}", ledger.Key{Name: "of", Value: t.book}))
		c.Emit = append(c.Emit, ledger.Event{Type: "made", Platform: t.book, Object: c.Put[i].ID})
		c.Open = append(c.Open, ledger.Account{Ref: t.ref("more", "own/"+data(i))})
	}
	t.commit(c)
	lists := map[string]func(v ledger.View, limit int) (int, error){
		"accounts": func(v ledger.View, limit int) (int, error) {
			list, err := v.AccountsOf(ledger.AccountQuery{Book: t.book, Limit: limit})
			return len(list), err
		},
		"entries": func(v ledger.View, limit int) (int, error) {
			list, err := v.Entries(a, ledger.Page{Limit: limit})
			return len(list), err
		},
		"objects": func(v ledger.View, limit int) (int, error) {
			list, err := v.Find(ledger.Query{Kind: "thing", Name: "of", Value: t.book, Limit: limit})
			return len(list), err
		},
		"events": func(v ledger.View, limit int) (int, error) {
			list, _, err := v.Events(t.start, t.book, limit)
			return len(list), err
		},
	}
	t.view(func(v ledger.View) error {
		for name, list := range lists {
			for limit, want := range map[int]int{0: ledger.DefaultPage, 1: 1, ledger.DefaultPage: ledger.DefaultPage} {
				got, err := list(v, limit)
				require.NoError(t, err)
				require.Equal(t, want, got, "%s, limit %d", name, limit)
			}
			got, err := list(v, ledger.MaxPage)
			require.NoError(t, err)
			require.GreaterOrEqual(t, got, n, name)
			for _, limit := range []int{-1, ledger.MaxPage + 1, -1 << 31, 1<<31 - 1} {
				_, err := list(v, limit)
				t.isError(err, ledger.Invalid, "invalid_limit")
			}
		}
		_, err := v.Find(ledger.Query{Kind: "thing"})
		t.isError(err, ledger.Invalid, "invalid_query")
		_, err = v.Find(ledger.Query{Name: "of"})
		t.isError(err, ledger.Invalid, "invalid_query")
		_, err = v.Entries(a, ledger.Page{By: 7})
		t.isError(err, ledger.Invalid, "invalid_query")
		none, err := v.Accounts()
		require.Empty(t, none)
		require.NoError(t, err)
		objects, err := v.Objects()
		require.Empty(t, objects)
		return err
	})
}
