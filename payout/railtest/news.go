package railtest

import (
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// newsIsWhole: each piece has an id of its own, names the instruction, its whole
// amount and a reason where it went wrong; that of one instruction comes oldest
// first.
func newsIsWhole(t *trial) {
	sent := make(map[string]payout.Instruction)
	for i, d := range append([]payout.Destination{t.Payee, t.Payee}, t.Others...) {
		in := t.pay(800 + int64(i))
		in.Amount, in.Destination = ledger.Minor(in.Amount.Minor(), d.Currency), d
		t.send(in)
		sent[in.Key] = in
	}
	ids := make(map[string]bool)
	for key, list := range t.settled() {
		in, ok := sent[key]
		if !ok {
			continue // of another law, or of somebody else on this rail
		}
		for i, u := range list {
			require.NotEmpty(t, u.ID)
			require.False(t, ids[u.ID], "two pieces of news with the id %s", u.ID)
			ids[u.ID] = true
			require.Equal(t, in.Amount, u.Amount, "news of another amount")
			require.Contains(t, []payout.UpdateKind{payout.UpdatePaid, payout.UpdateFailed, payout.UpdateReturned}, u.Kind)
			require.Equal(t, u.Kind == payout.UpdatePaid, u.Code == "", "what went wrong has a code, and nothing else has: %+v", u)
			require.False(t, u.At.IsZero(), "%+v", u)
			require.False(t, i > 0 && u.At.Before(list[i-1].At), "newer news came first: %v", list)
		}
		delete(sent, key)
	}
	for _, in := range sent {
		require.NotEqual(t, t.Payee, in.Destination, "no news of the payee")
	}
}

// reading: the same cursor gives the same news for ever, and only more of it.
func reading(t *trial) {
	for i := range int64(4) {
		t.accepted(t.pay(900 + i))
	}
	t.Settle()
	before, end := t.read(t.Rail, t.start)
	require.GreaterOrEqual(t, len(before), 4)
	again, _ := t.read(t.Rail, t.start)
	require.Equal(t, before, again, "read again")
	elsewhere, _ := t.read(t.reopen(), t.start)
	require.Equal(t, before, elsewhere, "read by another process")
	for range 2 {
		list, _, err := t.Rail.Updates(t.ctx, end)
		require.NoError(t, err)
		require.Empty(t, list, "there is news after the end")
	}
	t.pages(before)

	more := t.pay(950)
	t.accepted(more)
	t.Settle()
	after, _ := t.read(t.Rail, t.start)
	require.Greater(t, len(after), len(before))
	require.Equal(t, before, after[:len(before)], "what was told is told otherwise now")
	rest, _ := t.read(t.Rail, end)
	require.Equal(t, after[len(before):], rest, "from the end on")
	require.True(t, slices.ContainsFunc(rest, func(u payout.Update) bool { return u.Key == more.Key }))
}

// pages: from every cursor on the way the rest follows.
func (t *trial) pages(all []payout.Update) {
	t.Helper()
	at := t.start
	for seen := 0; seen < len(all); {
		list, next, err := t.Rail.Updates(t.ctx, at)
		require.NoError(t, err)
		require.NotEmpty(t, list)
		seen += len(list)
		rest, _ := t.read(t.Rail, next)
		require.Equal(t, len(all)-seen, len(rest), "after %d pieces of news", seen)
		require.Equal(t, all[seen:], append([]payout.Update{}, rest...))
		at = next
	}
}

// badCursors: a cursor that the rail did not give is refused, and nothing is
// told from wherever it might have meant.
func badCursors(t *trial) {
	t.accepted(t.pay(960))
	t.Settle()
	_, end := t.read(t.Rail, t.start)
	for _, bad := range []string{
		"no such cursor", "-1", "+1", " ", "\x00", "99999999999999999999", "999999999", strings.Repeat("9", 10_000), end + "x", "0" + end,
	} {
		list, _, err := t.Rail.Updates(t.ctx, bad)
		require.ErrorIs(t, err, ledger.Invalid, "the cursor %.40q", bad)
		require.Empty(t, list)
	}
	_, _, err := t.Rail.Updates(t.ctx, end)
	require.NoError(t, err)
}
