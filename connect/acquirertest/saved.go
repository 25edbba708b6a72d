package acquirertest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// agreement is what a buyer agrees to who lets a source be kept.
var agreement = connect.BuyerAgreement{Text: "monthly", At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}

// saver is the acquirer as one that keeps sources; nil if it keeps none.
func (t *trial) saver() connect.SourceSaver {
	s, _ := t.Acquirer.(connect.SourceSaver)
	return s
}

// keep asks to keep a source.
func (t *trial) keep(k, source string) (connect.Answer, error) {
	return t.saver().SaveSource(t.ctx, k, connect.SaveOrder{Source: source, Agreement: agreement, Absent: true})
}

// kept asserts that an answer is a source that was kept, and returns its token.
func (t *trial) kept(a connect.Answer) string {
	t.Helper()
	require.Equal(t, connect.Approved, a.Status, "a good source was not kept: %+v", a)
	require.NotEmpty(t, a.Saved.Token, "it does not say with which token the source is charged")
	require.LessOrEqual(t, len(a.Saved.Last4), 4, "more than the last four digits are told")
	require.True(t, a.Amount.IsZero(), "something was charged")
	return a.Saved.Token
}

// savedSources: a source that is kept is charged again and again, with the buyer
// and without; one that is declined is not kept, and keeping one takes nothing.
func savedSources(t *trial) {
	if t.saver() == nil {
		return
	}
	k := key()
	a, err := t.keep(k, t.Source)
	a = t.final(k, a, err)
	token := t.kept(a)
	t.declined(t.refund(a.Reference, 1), "a refund of a source that was only kept")
	t.declined(t.capture(a.Reference, 1), "a capture of a source that was only kept")
	for i, by := range []connect.Initiator{connect.BuyerPresent, connect.Recurring, connect.Recurring} {
		o, k := t.order(int64(1000+i), true), key()
		if o.Source, o.Stored = token, true; by != connect.BuyerPresent {
			o.Initiation = connect.Initiation{By: by, Agreement: agreement, First: a.Auth.Transaction}
		}
		a, err := t.Acquirer.Authorize(t.ctx, k, o)
		t.holds(t.approved(t.final(k, a, err), o.Amount).Reference, o.Amount.Minor())
	}
	for _, source := range append([]string{"", ledger.Env{}.ID("nobody_")}, t.Declined...) {
		k := key()
		a, err := t.keep(k, source)
		a = t.final(k, a, err)
		t.declined(a, "the source "+source)
		require.Empty(t, a.Saved.Token, "what was declined is kept")
	}
}

// savedWithCharges: what a charge used is kept where that was asked for, and only
// there.
func savedWithCharges(t *trial) {
	if t.saver() == nil {
		return
	}
	for _, save := range []bool{true, false} {
		o, k := t.order(1100, true), key()
		o.Save = save
		a, err := t.Acquirer.Authorize(t.ctx, k, o)
		a = t.approved(t.final(k, a, err), o.Amount)
		require.Equal(t, save, a.Saved.Token != "", "%+v", a.Saved)
		t.holds(a.Reference, 1100)
		if !save {
			return
		}
		o, k = t.order(1200, true), key()
		o.Source, o.Stored = a.Saved.Token, true
		a, err = t.Acquirer.Authorize(t.ctx, k, o)
		t.holds(t.approved(t.final(k, a, err), o.Amount).Reference, 1200)
	}
}

// savedByBuyers: a source that the buyer has to authenticate is kept once they did.
func savedByBuyers(t *trial) {
	if t.saver() == nil || t.Challenge == "" {
		return
	}
	for _, passes := range []bool{true, false} {
		k := key()
		a, err := t.keep(k, t.Challenge)
		require.NoError(t, err)
		t.waits(a)
		require.Empty(t, a.Saved.Token, "it is kept before the buyer has acted")
		t.Act(k, passes)
		if a = t.told(k); passes {
			t.kept(a)
		} else {
			t.declined(a, "a source whose buyer failed")
		}
	}
}

// savedOnce: a keyed acquirer keeps a source once for a key, and one that can be
// asked knows what became of it.
func savedOnce(t *trial) {
	if t.saver() == nil || !t.askable() {
		return
	}
	k := key()
	_, err := t.Acquirer.Lookup(t.ctx, k)
	require.ErrorIs(t, err, ledger.NotFound)
	a, err := t.keep(k, t.Source)
	first := t.final(k, a, err)
	token := t.kept(first)
	again, err := t.reopen().Lookup(t.ctx, k)
	require.NoError(t, err, "it does not know what it was sent")
	require.Equal(t, first, again)
	if t.info.Delivery != ledger.Keyed {
		return
	}
	a, err = t.keep(k, t.Source)
	require.Equal(t, token, t.kept(t.final(k, a, err)), "it was kept twice")
	_, err = t.keep(k, t.Declined[0])
	require.ErrorIs(t, err, ledger.Exists, "another source under a key that is taken")
	t.acted(k)
}
