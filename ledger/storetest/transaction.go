package storetest

import (
	"math"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// transactionRules hands in transactions that no state of the books could make
// right.
func transactionRules(t *trial) {
	a, b, c := t.ref("acct_1", "host_cash"), t.ref("acct_2", "host_cash"), t.ref("acct_3", "host_cash")
	usd := ledger.Ref{Book: t.book, Owner: "acct_1", Purpose: "host_cash", Currency: ledger.USD}
	jpy := ledger.Ref{Book: t.book, Owner: "acct_1", Purpose: "host_cash", Currency: ledger.JPY}
	t.open(account(a), account(b), account(c), account(usd), account(jpy))
	wrong := move(a, 5)
	wrong.Amount = ledger.Minor(5, ledger.USD)
	other := b
	other.Book = t.book + "-2"
	for _, x := range []struct {
		entries []ledger.Entry
		code    string
	}{
		{nil, "unbalanced_journal"},
		{[]ledger.Entry{move(a, 5)}, "unbalanced_journal"},
		{[]ledger.Entry{move(a, 5), move(b, -4)}, "unbalanced_journal"},
		{[]ledger.Entry{move(a, 5), move(usd, -5)}, "unbalanced_journal"},
		{[]ledger.Entry{move(a, 5), move(b, -5), move(usd, 1), move(jpy, -1)}, "unbalanced_journal"},
		{[]ledger.Entry{move(a, 5), move(a, -5)}, "repeated_account"},
		{[]ledger.Entry{move(a, 5), move(b, -10), move(a, 5)}, "repeated_account"},
		{[]ledger.Entry{move(a, 5), move(b, -5), move(c, 0)}, "invalid_amount"},
		{[]ledger.Entry{move(a, 0), move(b, 0)}, "invalid_amount"},
		{[]ledger.Entry{wrong, move(usd, -5)}, "currency_mismatch"},
		{[]ledger.Entry{move(a, 5), move(other, -5)}, "book_mismatch"}, // each book adds up to zero by itself
		{[]ledger.Entry{move(other, 5), move(b, -5)}, "book_mismatch"},
		{[]ledger.Entry{forced(a, -5), move(b, 5)}, "not_forced"},
		{[]ledger.Entry{move(a, math.MaxInt64), move(b, 1), move(c, math.MinInt64)}, "amount_too_large"},
		{[]ledger.Entry{move(a, math.MaxInt64), move(b, math.MaxInt64), move(c, 2)}, "amount_too_large"},
	} {
		t.refused(t.change(t.tx("a reason of the host", x.entries...)), ledger.Invalid, x.code)
	}
	for _, spoil := range []func(tx *ledger.Transaction){
		func(tx *ledger.Transaction) { tx.ID = "" },
		func(tx *ledger.Transaction) { tx.ID = strings.Repeat("x", 129) },
		func(tx *ledger.Transaction) { tx.ID = "tx\x00" },
		func(tx *ledger.Transaction) { tx.Book = "" },
		func(tx *ledger.Transaction) { tx.Book = "кни\xffга" },
		func(tx *ledger.Transaction) { tx.Reason = "" },
		func(tx *ledger.Transaction) { tx.Reason = strings.Repeat("r", 65) },
		func(tx *ledger.Transaction) { tx.Corrects = "\x00" },
		func(tx *ledger.Transaction) { tx.Object = ledger.ID{Kind: "k"} },
		func(tx *ledger.Transaction) { tx.Object = ledger.ID{Kind: "k\x00", ID: "i"} },
		func(tx *ledger.Transaction) { tx.Effective = noon.AddDate(9000, 0, 0) },
	} {
		c := t.moves("a reason of the host", a, b, 1)
		spoil(&c.Post[0])
		_, err := t.s.Commit(t.ctx, c)
		require.ErrorIs(t, err, ledger.Invalid, "%+v", c.Post[0])
	}
	t.refused(t.moves("charge", t.ref("nobody", "available"), b, 1), ledger.NotFound, "account_not_found")

	tx := t.tx("a reason of the host", move(a, -5), move(b, 2), move(c, 3), move(usd, 7), move(usd2(usd), -7))
	change := t.change(tx)
	change.Open = []ledger.Account{account(usd2(usd))}
	tx.Corrects, tx.Object, tx.Meta = "tx_earlier", t.id("charge", "1"), map[string]string{"order": "4711", "": ""}
	delete(tx.Meta, "")
	change.Post[0] = tx
	t.commit(change)
	t.view(func(v ledger.View) error {
		list, err := v.Transactions(tx.ID, "tx_none", tx.ID)
		require.NoError(t, err)
		require.Len(t, list, 2, "those that exist, in the order asked for")
		got := list[0]
		require.False(t, got.Posted.IsZero())
		require.Equal(t, got.Posted, got.Effective)
		got.Posted, got.Effective = tx.Posted, tx.Effective
		require.Equal(t, tx, got)
		return nil
	})
}

// usd2 is an account in dollars of another owner.
func usd2(r ledger.Ref) ledger.Ref {
	r.Owner = "acct_2"
	return r
}

// noWrap takes balances to the ends of 64 bits.
func noWrap(t *trial) {
	a, b, c := t.ref("acct_1", "host_cash"), t.ref("acct_2", "host_cash"), t.ref("acct_3", "available")
	t.open(account(a), account(b), account(c))
	const top = math.MaxInt64
	t.commit(t.moves("x", a, b, top))
	t.has(a, -top, 0)
	t.has(b, top, 0)
	t.refused(t.moves("x", a, c, 2), ledger.Invalid, "amount_too_large")
	t.refused(t.moves("x", c, b, 1), ledger.Invalid, "amount_too_large")
	t.refused(t.change(t.tx("x", move(a, -1), move(b, 1))), ledger.Invalid, "amount_too_large")
	// Up to the edge in one change, over it for a moment: refused, not wrapped.
	t.refused(t.change(t.tx("x", move(b, 1), move(c, -1)), t.tx("x", move(b, -1), move(c, 1))), ledger.Invalid, "amount_too_large")
	t.commit(t.moves("x", b, a, top))
	t.has(b, 0, 0)
	t.commit(t.moves("top-up", a, c, top))
	t.commit(t.holdStep(ledger.PlaceHold, "1", c, top-1))
	t.refused(t.holdStep(ledger.PlaceHold, "2", c, 2), ledger.Invalid, "amount_too_large")
	t.refused(t.holdStep(ledger.PlaceHold, "2", c, top), ledger.Invalid, "amount_too_large")
	h := t.change()
	h.Holds = append(t.holdStep(ledger.PlaceHold, "2", b, top).Holds, t.holdStep(ledger.PlaceHold, "3", b, top).Holds...)
	t.refused(h, ledger.Invalid, "amount_too_large")
	// 2^53 and its neighbour, where floating point would lose a unit.
	d, e := t.ref("acct_4", "host_cash"), t.ref("acct_5", "host_cash")
	t.open(account(d), account(e))
	t.commit(t.moves("x", d, e, 1<<53+1))
	t.has(e, 1<<53+1, 0)
}

func transactionIDs(t *trial) {
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 100)
	t.open(account(b))
	c := t.moves("transfer", a, b, 1)
	t.commit(c)
	again := t.moves("transfer", a, b, 1)
	again.Post[0].ID = c.Post[0].ID
	t.refused(again, ledger.Exists, "transaction_exists")
	t.clock.move(400 * 24 * time.Hour)
	again.Post[0].Reason = "something else"
	t.refused(again, ledger.Exists, "transaction_exists")
	twice := t.change(t.tx("transfer", move(a, -1), move(b, 1)), t.tx("transfer", move(a, -1), move(b, 1)))
	twice.Post[1].ID = twice.Post[0].ID
	t.refused(twice, ledger.Exists, "transaction_exists")
	// Ids of transactions, changes, objects and holds are different things.
	same := t.moves("transfer", a, b, 1)
	same.ID = t.book + "same"
	same.Post[0].ID = same.ID
	same.Put = []ledger.Object{object(ledger.ID{Kind: "x", ID: same.ID}, 0, "{}"), object(ledger.ID{Kind: "y", ID: same.ID}, 0, "{}")}
	same.Holds = []ledger.HoldStep{{Op: ledger.PlaceHold, ID: same.ID, Account: a, Amount: ledger.Minor(1, ledger.EUR)}}
	t.commit(same)
	other := t.moves("transfer", a, b, 1)
	other.ID = c.Post[0].ID
	require.False(t, t.commit(other).Replayed, "a change has the id of a transaction")
	// Bytes count, not what they look like.
	for _, id := range []string{"ID", "id", "Id", "id ", " id", "id%", "i_", "id'"} {
		c := t.moves("transfer", a, b, 1)
		c.Post[0].ID = t.book + id
		t.commit(c)
	}
	t.has(b, 11, 0)
}
