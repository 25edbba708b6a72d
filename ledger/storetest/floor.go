package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// floorUnderLoad takes a hundred debits at once from a balance that covers 99:
// exactly one is refused.
func floorUnderLoad(t *trial) {
	const n, each = 100, 7
	a, bank := t.ref("acct_1", "available"), t.ref("house", "bank/main")
	t.fund(a, (n-1)*each)
	errs := together(n, func(int) error {
		_, err := t.s.Commit(t.ctx, t.moves("payout", a, bank, each))
		return err
	})
	require.Equal(t, n-1, t.won(errs, ledger.InsufficientFunds), "promise 4: debits that went through")
	t.has(a, 0, 0)

	// The same with holds between the debits.
	t.commit(t.moves("top-up", bank, a, (n-1)*each))
	errs = together(n, func(i int) error {
		if i%2 == 0 {
			_, err := t.s.Commit(t.ctx, t.moves("payout", a, bank, each))
			return err
		}
		c := t.change()
		c.Holds = []ledger.HoldStep{{Op: ledger.PlaceHold, ID: t.book + data(int64(i)), Account: a, Amount: ledger.Minor(each, ledger.EUR)}}
		_, err := t.s.Commit(t.ctx, c)
		return err
	})
	require.Equal(t, n-1, t.won(errs, ledger.InsufficientFunds), "promise 4: debits and holds that went through")
	free, err := t.get(a).Spendable()
	require.NoError(t, err)
	require.Zero(t, free.Minor())
}

// floors tries each kind of floor with each kind of entry.
func floors(t *trial) {
	bank := t.ref("house", "bank/main")
	t.open(account(bank))
	const none, guard, hard = ledger.NoFloor, ledger.Guarded, ledger.HardFloor
	cases := []struct {
		kind   ledger.FloorKind
		floor  int64
		reason string // refund: a caller may force; dispute: always forced; payout: never
		take   int64  // of a balance of 100, 30 of it held
		force  bool
		ok     bool
	}{
		{none, 0, "payout", 1000, false, true},
		{guard, 0, "payout", 70, false, true},
		{guard, 0, "payout", 71, false, false},
		{guard, 0, "refund", 71, false, false},
		{guard, 0, "refund", 71, true, true},
		{guard, 0, "dispute", 71, false, true},
		{guard, 0, "dispute", 5000, false, true},
		{guard, -50, "payout", 120, false, true},
		{guard, -50, "payout", 121, false, false},
		{guard, 20, "payout", 50, false, true},
		{guard, 20, "payout", 51, false, false},
		{hard, 0, "payout", 70, false, true},
		{hard, 0, "payout", 71, false, false},
		{hard, 0, "dispute", 100, false, true}, // the hold gives way to what is forced
		{hard, 0, "dispute", 101, false, false},
		{hard, 0, "refund", 101, true, false},
		{hard, -50, "dispute", 150, false, true},
		{hard, -50, "dispute", 151, false, false},
	}
	for i, c := range cases {
		r := t.ref("acct_"+data(int64(i)), "host_purse")
		t.open(ledger.Account{Ref: r, Floor: ledger.Floor{Kind: c.kind, AtMinor: c.floor}})
		t.commit(t.moves("top-up", bank, r, 100))
		h := t.change()
		h.Holds = []ledger.HoldStep{{Op: ledger.PlaceHold, ID: t.book + data(int64(i)), Account: r, Amount: ledger.Minor(30, ledger.EUR)}}
		t.commit(h)
		out := t.moves(c.reason, r, bank, c.take)
		out.Post[0].Entries[0].Forced = c.force
		if c.ok {
			t.commit(out)
			t.has(r, 100-c.take, 30)
			continue
		}
		t.refused(out, ledger.InsufficientFunds, "insufficient_funds")
		_, err := t.s.Commit(t.ctx, out)
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, r, e.Account)
		require.Equal(t, ledger.Minor(c.take, ledger.EUR), e.Need)
	}
	refused := t.moves("payout", t.ref("acct_1", "host_purse"), bank, 1)
	refused.Post[0].Entries[0].Forced = true
	t.refused(refused, ledger.Invalid, "not_forced")
	refused.Post[0].Reason = "a reason of the host"
	t.refused(refused, ledger.Invalid, "not_forced")
}

// netEffect judges a change by what it leaves, not by its steps.
func netEffect(t *trial) {
	a, b, c := t.ref("acct_1", "available"), t.ref("acct_2", "available"), t.ref("acct_3", "available")
	t.fund(a, 100)
	t.open(account(b), account(c))
	// b passes on what it gets in the same change, before it gets it.
	t.commit(t.change(t.tx("transfer", move(b, -80), move(c, 80)), t.tx("transfer", move(a, -80), move(b, 80))))
	t.has(b, 0, 0)
	t.has(c, 80, 0)
	t.refused(t.change(t.tx("transfer", move(b, -81), move(a, 81)), t.tx("transfer", move(c, -80), move(b, 80))),
		ledger.InsufficientFunds, "insufficient_funds")
	// A guarded entry beside a forced one must be covered after both.
	t.refused(t.change(t.tx("dispute", move(c, -50), move(a, 50)), t.tx("transfer", move(c, -31), move(a, 31))),
		ledger.InsufficientFunds, "insufficient_funds")
	t.commit(t.change(t.tx("dispute", move(c, -50), move(a, 50)), t.tx("transfer", move(c, -30), move(a, 30))))
	t.has(c, 0, 0)
	// A hold is placed on money that comes with it.
	h := t.moves("transfer", a, c, 60)
	h.Holds = []ledger.HoldStep{{Op: ledger.PlaceHold, ID: t.book + "h", Account: c, Amount: ledger.Minor(60, ledger.EUR)}}
	t.commit(h)
	t.has(c, 60, 60)
}

// raisingIsFree pays into an account that is deep below its floor, and gives
// back what is held there.
func raisingIsFree(t *trial) {
	a, b, bank := t.ref("acct_1", "available"), t.ref("acct_2", "available"), t.ref("house", "bank/main")
	t.fund(a, 100)
	t.open(account(b))
	h := t.change()
	h.Holds = []ledger.HoldStep{
		{Op: ledger.PlaceHold, ID: t.book + "h1", Account: a, Amount: ledger.Minor(40, ledger.EUR)},
		{Op: ledger.PlaceHold, ID: t.book + "h2", Account: a, Amount: ledger.Minor(40, ledger.EUR)},
	}
	t.commit(h)
	t.commit(t.moves("dispute", a, bank, 500))
	t.has(a, -400, 80)
	t.commit(t.moves("top-up", bank, a, 1))
	t.commit(t.change(t.tx("transfer", move(a, -5), move(b, 5)), t.tx("top-up", move(bank, -6), move(a, 6))))
	t.has(a, -398, 80)
	// The same where the world brings the money, by force, and a guarded entry
	// passes some of it on.
	t.commit(t.change(t.tx("refund failed", move(bank, -9), move(a, 9)), t.tx("transfer", move(a, -9), move(b, 9))))
	t.refused(t.change(t.tx("refund failed", move(bank, -9), move(a, 9)), t.tx("transfer", move(a, -10), move(b, 10))),
		ledger.InsufficientFunds, "insufficient_funds")
	c := t.change()
	c.Holds = []ledger.HoldStep{{Op: ledger.ReleaseHold, ID: t.book + "h1", Account: a}}
	t.commit(c)
	// What was set aside may be taken, whatever happened to the balance since.
	c = t.moves("refund", a, bank, 40)
	c.Holds = []ledger.HoldStep{{Op: ledger.CaptureHold, ID: t.book + "h2", Account: a, Amount: ledger.Minor(40, ledger.EUR)}}
	t.commit(c)
	t.has(a, -438, 0)
	t.refused(t.moves("payout", a, bank, 1), ledger.InsufficientFunds, "insufficient_funds")
}
