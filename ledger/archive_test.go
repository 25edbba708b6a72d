package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// line is a transaction as an archive has it.
func line(id string) *Archived {
	at := time.Date(2026, 3, 1, 12, 0, 0, 1000, time.UTC)
	a := &Archived{Transaction: Transaction{
		ID: id, Book: "plat_1", Reason: "refund", Corrects: "tx_0", Object: ID{"charge", "ch_1"}, Posted: at, Effective: at.Add(-time.Hour),
		Meta: map[string]string{"k": "ü <&> \u2028"},
		Entries: []Entry{{Account: verifyRef("house", "bank"), Amount: Minor(-100, EUR)}, {Account: verifyRef("a", "available"), Amount: Minor(70, EUR), Forced: true},
			{Account: verifyRef("house", "processing_fees"), Amount: Minor(30, EUR)}},
	}}
	t := &a.Transaction
	for i, e := range t.Entries {
		a.Entries = append(a.Entries, Posted{Account: e.Account, Number: int64(i + 7), Transaction: id, Reason: t.Reason, Object: t.Object, Book: t.Book,
			At: t.Posted, Effective: t.Effective, Amount: e.Amount, Balance: Minor(int64(1000+i), EUR)})
	}
	return a
}

// A line has everything in it, in the form that is documented, and is read back as
// it was written.
func TestArchivedLines(t *testing.T) {
	full := line("tx_1")
	text, err := json.Marshal(full)
	require.NoError(t, err)
	require.JSONEq(t, `{"id": "tx_1", "book": "plat_1", "reason": "refund", "corrects": "tx_0", "object": {"kind": "charge", "id": "ch_1"},
		"posted": "2026-03-01T12:00:00.000001Z", "effective": "2026-03-01T11:00:00.000001Z", "meta": {"k": "ü <&> \u2028"}, "entries": [
		{"account": "plat_1:house:bank:EUR", "currency": "EUR", "amountMinor": -100, "balanceMinor": 1000, "number": 7},
		{"account": "plat_1:a:available:EUR", "currency": "EUR", "amountMinor": 70, "balanceMinor": 1001, "number": 8, "forced": true},
		{"account": "plat_1:house:processing_fees:EUR", "currency": "EUR", "amountMinor": 30, "balanceMinor": 1002, "number": 9}]}`, string(text))
	require.NotContains(t, string(text), "\n")
	bare := line("tx_2")
	bare.Transaction.Corrects, bare.Transaction.Object, bare.Transaction.Meta = "", ID{}, nil
	for i := range bare.Entries {
		bare.Entries[i].Object = ID{}
	}
	for _, a := range []*Archived{full, bare} {
		text, err := json.Marshal(a)
		require.NoError(t, err)
		var back Archived
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, *a, back)
	}
}

// A line that was cut off is passed over, since an empty line or the end follows;
// any other that is none is an error, wherever it stands.
func TestReadArchive(t *testing.T) {
	one, err := json.Marshal(line("tx_1"))
	require.NoError(t, err)
	two, err := json.Marshal(line("tx_2"))
	require.NoError(t, err)
	for name, x := range map[string]struct {
		text string
		want []string
		code string
	}{
		"nothing":             {"", nil, ""},
		"two":                 {"\n\n$1\n$2\n", []string{"tx_1", "tx_2"}, ""},
		"twice":               {"\n\n$1\n\n\n$1\n$2\n", []string{"tx_1", "tx_1", "tx_2"}, ""},
		"no end":              {"$1", []string{"tx_1"}, ""},
		"cut off at the end":  {"$1\n$2\n" + string(one[:50]), []string{"tx_1", "tx_2"}, ""},
		"cut off and resumed": {string(one[:50]) + "\n\n$1\n$2\n", []string{"tx_1", "tx_2"}, ""},
		"changed":             {strings.Replace(string(one), `"amountMinor":70`, `"amountMinor":71`, 1) + "\n$2\n", nil, "corrupt"},
		"an account":          {strings.Replace(string(one), `:available:`, `:`, 1) + "\n$2\n", nil, "corrupt"},
		"a time":              {strings.Replace(string(one), `2026-03-01T12`, `0000-03-01T12`, 1) + "\n$2\n", nil, "corrupt"},
		"cut off in between":  {string(one[:50]) + "\n$2\n", nil, "corrupt"},
		"something else":      {"$1\n[]\n$2\n", []string{"tx_1"}, "corrupt"},
		"too long":            {strings.Repeat("x", 65<<20), nil, "corrupt"},
	} {
		var ids []string
		text := strings.NewReplacer("$1", string(one), "$2", string(two)).Replace(x.text)
		err := ReadArchive(strings.NewReader(text), func(a *Archived) error {
			ids = append(ids, a.Transaction.ID)
			return nil
		})
		require.Equal(t, x.want, ids, name)
		if x.code == "" {
			require.NoError(t, err, name)
			continue
		}
		var e *Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, []any{Invalid, x.code}, []any{e.Class, e.Code}, name)
	}
	enough := errors.New("enough")
	require.Equal(t, enough, ReadArchive(bytes.NewReader(one), func(*Archived) error { return enough }))
	require.ErrorIs(t, ReadArchive(nil, nil), Invalid)
}

// A transaction that no store has posted is not whole.
func TestArchivedCheck(t *testing.T) {
	require.NoError(t, line("tx_1").Check())
	for name, spoil := range map[string]func(a *Archived){
		"an entry less":    func(a *Archived) { a.Transaction.Entries, a.Entries = a.Transaction.Entries[:2], a.Entries[:2] },
		"one only":         func(a *Archived) { a.Transaction.Entries, a.Entries = a.Transaction.Entries[:1], a.Entries[:1] },
		"an amount":        func(a *Archived) { a.Transaction.Entries[0].Amount.minor-- },
		"another book":     func(a *Archived) { a.Transaction.Entries[0].Account.Book = "plat_2" },
		"a place is gone":  func(a *Archived) { a.Entries = a.Entries[:2] },
		"it has no moment": func(a *Archived) { a.Transaction.Posted = time.Time{} },
	} {
		a := line("tx_1")
		spoil(a)
		var e *Error
		require.ErrorAs(t, a.Check(), &e, name)
		require.Equal(t, []any{State, "books_do_not_add_up"}, []any{e.Class, e.Code}, name)
	}
	a := line("tx_1") // its own entries stay
	require.NoError(t, a.Check())
	require.True(t, a.Transaction.Entries[1].Forced)
}

// archiving is a store that says of its accounts what a test makes up.
type archiving struct {
	Store
	carried map[Ref]Carried
}

func (s archiving) Read(ctx context.Context, fn func(View) error) error {
	return s.Store.Read(ctx, func(v View) error { return fn(archivingView{v, s}) })
}

type archivingView struct {
	View
	s archiving
}

func (v archivingView) Carried(r Ref) (Carried, error) {
	c, ok := v.s.carried[r]
	if !ok {
		return v.View.Carried(r)
	}
	return c, nil
}

// Nothing is taken for moved that is there, or whose transaction is not: whoever
// says so of an account is found out (edge case 101).
func TestVerifyHoldsWhatIsCarriedToTheBooks(t *testing.T) {
	a := verifyRef("a", "available")
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, x := range map[string]struct {
		c    Carried
		want string
	}{
		"nothing":              {Carried{Balance: Zero(EUR)}, ""},
		"a sum of nothing":     {Carried{Entries: 1, Balance: Minor(0, EUR), Posted: at, Effective: at, Last: "tx_0", Latest: "tx_0"}, "its book is closed until"},
		"what is in the books": {Carried{Entries: 1, Balance: Minor(70, EUR), Posted: at, Effective: at, Last: "tx_0", Latest: "tx_0"}, "which is not in an archive"},
		"what never was":       {Carried{Entries: 1, Balance: Minor(70, EUR), Posted: at, Effective: at, Last: "tx_x", Latest: "tx_x"}, "transaction tx_x, which is not in an archive"},
	} {
		m := tampered(t)
		r, err := Verify(t.Context(), archiving{m, map[Ref]Carried{a: x.c}})
		require.NoError(t, err)
		require.Equal(t, x.want == "", r.OK(), name)
		var lines []string
		for _, d := range r.Differences {
			lines = append(lines, d.String())
		}
		require.Contains(t, strings.Join(lines, "\n"), x.want, name)
	}
}

// A book is closed until it says so, and an overlay and memory move nothing.
func TestClosedUntilAndCarried(t *testing.T) {
	m := tampered(t)
	over := Overlay(m)
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	until := func(s Store) (until time.Time) {
		require.NoError(t, s.Read(t.Context(), func(v View) (err error) {
			if until, err = ClosedUntil(v, "plat_1"); err != nil {
				return err
			}
			c, err := v.Carried(verifyRef("a", "available"))
			require.Equal(t, Carried{Balance: Zero(EUR)}, c)
			return err
		}))
		return until
	}
	require.True(t, until(over).IsZero())
	e := Env{Now: func() time.Time { return noon }}
	require.NoError(t, e.ClosePeriod(t.Context(), over, "plat_1", noon.Add(-time.Hour)))
	require.Equal(t, noon.Add(-time.Hour), until(over))
	require.True(t, until(m).IsZero())
	m.objects[ID{PeriodKind, "plat_1"}] = &memObject{version: 1, data: []byte("{")}
	require.ErrorIs(t, m.Read(t.Context(), func(v View) error {
		_, err := ClosedUntil(v, "plat_1")
		return err
	}), Invalid)
	var kept View
	require.NoError(t, over.Read(t.Context(), func(v View) error { kept = v; return nil }))
	_, err := kept.Carried(verifyRef("a", "available"))
	require.ErrorIs(t, err, Invalid)
}
