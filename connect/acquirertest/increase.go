package acquirertest

import (
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// increaser is the acquirer as one that raises authorizations; nil if it does not.
func (t *trial) increaser() connect.Increaser {
	i, _ := t.Acquirer.(connect.Increaser)
	return i
}

// increase raises what is authorized.
func (t *trial) increase(reference string, by, total ledger.Money) connect.Answer {
	t.Helper()
	k := key()
	a, err := t.increaser().Increase(t.ctx, k, connect.IncreaseOrder{Reference: reference, By: by, Total: total})
	return t.final(k, a, err)
}

// raises: what was raised can be captured, and no more; what cannot be raised stays
// as it was.
func raises(t *trial) {
	if t.increaser() == nil {
		return
	}
	reference := t.authorize(1000, false)
	t.approved(t.increase(reference, t.money(500), t.money(1500)), t.money(1500))
	t.approved(t.increase(reference, t.money(1), t.money(1501)), t.money(1501))
	for _, no := range []struct {
		why       string
		by, total int64
	}{{"by nothing", 0, 1501}, {"to less", -1, 1500}, {"of another amount", 1, 1501}, {"of another amount", 500, 1500}} {
		k := key()
		a, err := t.increaser().Increase(t.ctx, k, connect.IncreaseOrder{Reference: reference, By: t.money(no.by), Total: t.money(no.total)})
		t.turnedDown(k, a, err, "an increase "+no.why)
	}
	other := ledger.EUR
	if t.Currency == other {
		other = ledger.USD
	}
	k := key()
	a, err := t.increaser().Increase(t.ctx, k, connect.IncreaseOrder{Reference: reference, By: ledger.Minor(1, other), Total: ledger.Minor(1502, other)})
	t.turnedDown(k, a, err, "an increase in another currency")
	t.declined(t.refund(reference, 1), "a refund of what was raised and not captured")
	t.declined(t.capture(reference, 1502), "a capture of more than was raised")
	t.approved(t.capture(reference, 1501), t.money(1501))
	t.declined(t.increase(reference, t.money(1), t.money(1502)), "an increase of what was captured")
	t.holds(reference, 1501)

	reference = t.authorize(1000, false)
	require.Equal(t, connect.Approved, t.cancel(reference).Status)
	for _, reference := range []string{reference, "", ledger.Env{}.ID("nothing_"), t.authorize(1000, true)} {
		t.declined(t.increase(reference, t.money(1), t.money(1001)), "an increase of what is not authorized")
	}
}

// raisesOnce: a keyed acquirer raises once for a key, and one that can be asked knows
// what became of it.
func raisesOnce(t *trial) {
	if t.increaser() == nil || !t.askable() {
		return
	}
	reference, k := t.authorize(1000, false), key()
	o := connect.IncreaseOrder{Reference: reference, By: t.money(500), Total: t.money(1500)}
	a, err := t.increaser().Increase(t.ctx, k, o)
	first := t.approved(t.final(k, a, err), t.money(1500))
	again, err := t.reopen().Lookup(t.ctx, k)
	require.NoError(t, err, "it does not know what it was sent")
	require.Equal(t, first, again)
	if t.info.Delivery == ledger.Keyed {
		a, err = t.increaser().Increase(t.ctx, k, o)
		require.Equal(t, first, t.final(k, a, err), "an increase was answered otherwise the second time")
		o.Total = t.money(1501)
		_, err = t.increaser().Increase(t.ctx, k, o)
		require.ErrorIs(t, err, ledger.Exists, "another increase under a key that is taken")
		t.acted(k)
	}
	t.declined(t.capture(reference, 1501), "a capture of more than was raised")
	t.approved(t.capture(reference, 1500), t.money(1500))
	t.holds(reference, 1500)
}
