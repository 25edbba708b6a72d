package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// holdStep is a change of one step.
func (t *trial) holdStep(op ledger.HoldOp, name string, r ledger.Ref, amountMinor int64) *ledger.Change {
	c := t.change()
	c.Holds = []ledger.HoldStep{{Op: op, ID: t.book + name, Account: r, Amount: ledger.Minor(amountMinor, r.Currency)}}
	return c
}

func (t *trial) hold(name string) ledger.Hold {
	t.Helper()
	h, err := ledger.DecodeHold(t.object(ledger.ID{Kind: ledger.HoldKind, ID: t.book + name}))
	require.NoError(t, err)
	return *h
}

// is checks the parts of a hold, which always make up its amount.
func (t *trial) is(name string, amount, captured, released, open int64) {
	t.Helper()
	h := t.hold(name)
	require.Equal(t, []int64{amount, captured, released, open},
		[]int64{h.Amount.Minor(), h.Captured.Minor(), h.Released.Minor(), h.Open.Minor()}, "amount, captured, released, open")
	require.Equal(t, amount, captured+released+open)
}

func holdLife(t *trial) {
	a, bank := t.ref("acct_1", "available"), t.ref("house", "bank/main")
	t.fund(a, 1000)
	t.commit(t.holdStep(ledger.PlaceHold, "h", a, 600))
	t.has(a, 1000, 600)
	t.is("h", 600, 0, 0, 600)
	t.refused(t.moves("payout", a, bank, 401), ledger.InsufficientFunds, "insufficient_funds")

	c := t.holdStep(ledger.CaptureHold, "h", a, 250)
	c.Post = t.moves("refund", a, bank, 250).Post
	t.commit(c)
	t.has(a, 750, 350)
	t.commit(t.holdStep(ledger.ReleaseHold, "h", a, 50))
	t.is("h", 600, 250, 50, 300)
	// One change may capture a part, take more than that, and release the rest.
	c = t.moves("refund", a, bank, 400)
	c.Holds = append(t.holdStep(ledger.CaptureHold, "h", a, 100).Holds, ledger.HoldStep{Op: ledger.ReleaseHold, ID: t.book + "h", Account: a})
	t.commit(c)
	t.is("h", 600, 350, 250, 0)
	t.has(a, 350, 0)

	placed := t.holdStep(ledger.PlaceHold, "e", a, 350)
	placed.Holds[0].Expires = t.clock.read().Add(time.Hour)
	placed.Holds[0].Object = t.id("refund", "1")
	t.commit(placed)
	h := t.hold("e")
	require.True(t, h.Expires.Equal(t.clock.read().Add(time.Hour)))
	require.Equal(t, t.id("refund", "1").String(), h.Object)
	require.Equal(t, a.String(), h.Account)
	t.clock.move(time.Hour - time.Microsecond)
	t.refused(t.holdStep(ledger.ExpireHold, "e", a, 0), ledger.State, "hold_not_expired")
	t.clock.move(time.Microsecond)
	t.commit(t.holdStep(ledger.ExpireHold, "e", a, 0))
	t.is("e", 350, 0, 350, 0)
	t.has(a, 350, 0)
}

func holdRefusals(t *trial) {
	a, b, shared := t.ref("acct_1", "available"), t.ref("acct_2", "available"), t.ref("house", "own_funds")
	t.fund(a, 1000)
	t.fund(b, 1000)
	t.open(ledger.Account{Ref: shared, Shared: true})
	t.commit(t.holdStep(ledger.PlaceHold, "h", a, 600))
	const place, capture, release, expire = ledger.PlaceHold, ledger.CaptureHold, ledger.ReleaseHold, ledger.ExpireHold
	for _, c := range []struct {
		op    ledger.HoldOp
		name  string
		of    ledger.Ref
		n     int64
		class ledger.Class
		code  string
	}{
		{place, "h", a, 1, ledger.Exists, "hold_exists"},
		{place, "h", b, 1, ledger.Exists, "hold_exists"},
		{place, "i", a, 401, ledger.InsufficientFunds, "insufficient_funds"},
		{place, "i", a, 0, ledger.Invalid, "invalid_amount"},
		{place, "i", a, -1, ledger.Invalid, "invalid_amount"},
		{place, "i", shared, 1, ledger.Invalid, "shared_account"},
		{place, "i", t.ref("nobody", "available"), 1, ledger.NotFound, "account_not_found"},
		{capture, "h", a, 600, ledger.Invalid, "capture_without_entry"},
		{capture, "h", a, 601, ledger.State, "hold_exceeded"},
		{capture, "h", a, 0, ledger.Invalid, "invalid_amount"},
		{capture, "i", a, 1, ledger.NotFound, "hold_not_found"},
		{capture, "h", b, 1, ledger.Invalid, "invalid_hold"},
		{release, "h", a, 601, ledger.State, "hold_exceeded"},
		{release, "h", a, -1, ledger.Invalid, "invalid_amount"},
		{release, "h", b, 1, ledger.Invalid, "invalid_hold"},
		{release, "i", a, 1, ledger.NotFound, "hold_not_found"},
		{expire, "h", a, 0, ledger.State, "hold_not_expired"},
		{expire, "h", a, 1, ledger.Invalid, "invalid_amount"},
		{0, "h", a, 1, ledger.Invalid, "invalid_hold"},
		{9, "h", a, 1, ledger.Invalid, "invalid_hold"},
	} {
		t.refused(t.holdStep(c.op, c.name, c.of, c.n), c.class, c.code)
	}
	other := t.holdStep(place, "i", a, 1)
	other.Holds[0].Amount = ledger.Minor(1, ledger.USD)
	t.refused(other, ledger.Invalid, "currency_mismatch")
	// Money that came in does not make up for a capture that takes nothing out.
	wrong := t.moves("transfer", b, a, 600)
	wrong.Holds = t.holdStep(capture, "h", a, 600).Holds
	t.refused(wrong, ledger.Invalid, "capture_without_entry")
	wrong.Post = t.moves("transfer", a, b, 599).Post
	t.refused(wrong, ledger.Invalid, "capture_without_entry")
	t.commit(t.holdStep(release, "h", a, 0))
	t.refused(t.holdStep(release, "h", a, 0), ledger.State, "hold_exceeded")
	t.refused(t.holdStep(capture, "h", a, 1), ledger.State, "hold_exceeded")
}

// holdsUnderLoad asks for 60 % of a balance fifty times at once, and then lets
// captures and releases of the one hold race.
func holdsUnderLoad(t *trial) {
	const n = 50
	a, bank := t.ref("acct_1", "available"), t.ref("house", "bank/main")
	t.fund(a, 1000)
	errs := together(n, func(i int) error {
		_, err := t.s.Commit(t.ctx, t.holdStep(ledger.PlaceHold, data(int64(i)), a, 600))
		return err
	})
	require.Equal(t, 1, t.won(errs, ledger.InsufficientFunds), "promise 4: holds of 60 %")
	name := ""
	for i, err := range errs {
		if err == nil {
			name = data(int64(i))
			t.seen[ledger.ID{Kind: ledger.HoldKind, ID: t.book + name}] = true
		}
	}
	errs = together(10, func(i int) error {
		c := t.holdStep(ledger.ReleaseHold, name, a, 600)
		if i%2 == 0 {
			c = t.holdStep(ledger.CaptureHold, name, a, 600)
			c.Post = t.moves("refund", a, bank, 600).Post
		}
		_, err := t.s.Commit(t.ctx, c)
		return err
	})
	require.Equal(t, 1, t.won(errs, ledger.State), "promise 11: captures and releases of one hold")
	h := t.hold(name)
	t.has(a, 1000-h.Captured.Minor(), 0)
}

// holdLists finds open holds by account and by when they expire, and spent ones
// by neither.
func holdLists(t *trial) {
	a, b := t.ref("acct_1", "available"), t.ref("acct_2", "available")
	t.fund(a, 1000)
	t.fund(b, 1000)
	for _, name := range []string{"1", "2", "3"} {
		c := t.holdStep(ledger.PlaceHold, name, a, 100)
		c.Holds[0].Expires = t.clock.read().Add(time.Hour)
		t.commit(c)
	}
	t.commit(t.holdStep(ledger.PlaceHold, "4", b, 100))
	due := noon.Add(time.Hour)
	lists := func(q ledger.Query) (names []string) {
		t.Helper()
		t.view(func(v ledger.View) error {
			list, err := allObjects(v, q)
			for _, o := range list {
				if len(o.ID.ID) > len(t.book) && o.ID.ID[:len(t.book)] == t.book {
					names = append(names, o.ID.ID[len(t.book):])
				}
			}
			return err
		})
		return names
	}
	open := ledger.Query{Kind: ledger.HoldKind, Name: ledger.HoldAccountKey, Value: a.String()}
	expiring := ledger.Query{Kind: ledger.HoldKind, Name: ledger.DueKey, From: due, To: due.Add(time.Microsecond)}
	require.Equal(t, []string{"1", "2", "3"}, lists(open))
	require.Equal(t, []string{"1", "2", "3"}, lists(expiring))
	t.commit(t.holdStep(ledger.ReleaseHold, "2", a, 0))
	t.commit(t.holdStep(ledger.ReleaseHold, "3", a, 99))
	require.Equal(t, []string{"1", "3"}, lists(open))
	require.Equal(t, []string{"1", "3"}, lists(expiring))
	t.clock.move(time.Hour)
	t.commit(t.holdStep(ledger.ExpireHold, "1", a, 0))
	t.commit(t.holdStep(ledger.ExpireHold, "3", a, 0))
	require.Empty(t, lists(open), "promise 61: finished work is listed")
	require.Empty(t, lists(expiring))
	require.Equal(t, []string{"4"}, lists(ledger.Query{Kind: ledger.HoldKind, Name: ledger.HoldAccountKey, Value: b.String()}))
}
