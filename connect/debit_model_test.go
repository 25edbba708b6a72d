package connect_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// debitModel is a small picture of what debits come to: who has what follows from what
// was heard of each, in whatever order.
type debitModel struct {
	t       *rapid.T
	m       *market
	sellers []string
	debits  []*modelDebit
	mandate map[string]*modelMandate
	names   []string // of mandates
}

type modelMandate struct {
	id     string
	active bool
	ended  bool
}

type modelDebit struct {
	charge   *connect.Charge
	mandate  *modelMandate
	seller   string
	minor    int64
	fee      int64
	due      payout.Day
	let      bool // go, or refused on its day
	settled  bool
	returned bool
	again    bool
	of       *modelDebit // that it presents again
}

// letGo notes that the debtor's bank never had it: what it presents again may be once more.
func (b *modelDebit) letGo() {
	if b.let = true; b.of != nil {
		b.of.again = false
	}
}

func newDebitModel(t *rapid.T, outer *testing.T) *debitModel {
	m := newMarket(outer, connecttest.Config{RailDelivery: rapid.SampledFrom([]ledger.Delivery{ledger.Keyed, ledger.Askable}).Draw(t, "rail")})
	return &debitModel{t: t, m: m, sellers: []string{m.seller().ID, m.seller().ID}, mandate: make(map[string]*modelMandate)}
}

func (d *debitModel) today() payout.Day { return payout.DayOf(d.m.Clock.Now(), time.UTC) }

func (d *debitModel) sign(*rapid.T) {
	r := achMandate(d.m.key(), payout.TestStalled)
	r.NoticeDays = rapid.IntRange(0, 3).Draw(d.t, "notice")
	r.ShortNotice = r.NoticeDays == 0
	x := d.m.mandate(r)
	d.mandate[x.ID] = &modelMandate{id: x.ID, active: true}
	d.names = append(d.names, x.ID)
}

func (d *debitModel) pickMandate() *modelMandate {
	if len(d.names) == 0 {
		d.t.Skip("no mandate")
	}
	return d.mandate[rapid.SampledFrom(d.names).Draw(d.t, "mandate")]
}

func (d *debitModel) pickDebit() *modelDebit {
	if len(d.debits) == 0 {
		d.t.Skip("no debit")
	}
	return rapid.SampledFrom(d.debits).Draw(d.t, "debit")
}

func (d *debitModel) charge(*rapid.T) {
	x := d.pickMandate()
	b := &modelDebit{
		mandate: x, seller: rapid.SampledFrom(d.sellers).Draw(d.t, "seller"), minor: rapid.Int64Range(100, 100000).Draw(d.t, "minor"),
	}
	b.fee = rapid.Int64Range(0, b.minor).Draw(d.t, "fee")
	r := connect.ChargeRequest{Key: d.m.key(), MandateID: x.id, Amount: usd(b.minor), AccountID: b.seller, ApplicationFee: usd(b.fee)}
	if ahead := rapid.IntRange(0, 20).Draw(d.t, "ahead"); ahead > 7 {
		r.CollectOn = d.today() + payout.Day(ahead)
	}
	c, err := d.m.platform.Charge(d.m.ctx, r)
	if !x.active {
		require.ErrorIs(d.t, err, ledger.State)
		return
	}
	require.NoError(d.t, err)
	again, err := d.m.platform.Charge(d.m.ctx, r)
	require.NoError(d.t, err)
	require.Equal(d.t, c.ID, again.ID)
	b.charge, b.due = c, c.Debit.CollectOn
	d.debits = append(d.debits, b)
}

// handed tells whether the rail has a debit.
func (d *debitModel) handed(b *modelDebit) bool { return d.m.Rail.Taken(b.charge.ID+"-1") > 0 }

func (d *debitModel) cancel(*rapid.T) {
	b := d.pickDebit()
	_, err := d.m.platform.Cancel(d.m.ctx, connect.CancelRequest{Key: d.m.key(), ChargeID: b.charge.ID})
	if d.handed(b) || b.let {
		require.ErrorIs(d.t, err, ledger.State)
		return
	}
	require.NoError(d.t, err)
	b.letGo()
}

func (d *debitModel) step(*rapid.T) {
	x := d.pickMandate()
	r := connect.MandateStepRequest{Key: d.m.key(), MandateID: x.id}
	var err error
	switch rapid.IntRange(0, 4).Draw(d.t, "step") {
	case 0:
		if _, err = d.m.platform.CancelMandate(d.m.ctx, r); err == nil {
			require.False(d.t, x.ended)
			x.active, x.ended = false, true
		}
	case 1, 2:
		if _, err = d.m.platform.ResumeMandate(d.m.ctx, r); err == nil {
			require.False(d.t, x.active || x.ended)
			x.active = true
		}
	default:
		if _, err = d.m.platform.SuspendMandate(d.m.ctx, r); err == nil {
			require.True(d.t, x.active)
			x.active = false
		}
	}
	if err != nil {
		require.ErrorIs(d.t, err, ledger.State)
	}
}

// tell lets the bank say something of a debit, perhaps again or late.
func (d *debitModel) tell(*rapid.T) {
	b := d.pickDebit()
	n := payout.Update{ID: d.m.key(), Key: b.charge.ID + "-1", Kind: payout.UpdateSettled, Amount: usd(b.minor), At: d.m.Clock.Now()}
	if rapid.Bool().Draw(d.t, "back") {
		n.Kind = rapid.SampledFrom([]payout.UpdateKind{payout.UpdateReturned, payout.UpdateFailed}).Draw(d.t, "kind")
		n.Code = rapid.SampledFrom([]string{"R01", "R10", "R77"}).Draw(d.t, "code")
	}
	before := d.m.now(b.charge)
	for range rapid.IntRange(1, 2).Draw(d.t, "times") {
		err := d.m.RailNews(d.m.ctx, n)
		if !d.handed(b) {
			require.ErrorIs(d.t, err, ledger.State, "%s", before.Status)
			return
		}
		require.NoError(d.t, err)
	}
	if n.Kind == payout.UpdateSettled {
		b.settled = true
		return
	}
	if !b.returned && n.Code == "R10" {
		b.mandate.active, b.mandate.ended = false, true
	}
	b.returned = true
}

func (d *debitModel) represent(*rapid.T) {
	b := d.pickDebit()
	c, err := d.m.platform.Represent(d.m.ctx, connect.RepresentRequest{Key: d.m.key(), ChargeID: b.charge.ID})
	was := d.m.now(b.charge)
	ok := b.returned && !b.again && b.mandate.active && was.Debit.Reason == "R01" && was.Debit.Attempt <= 2
	if !ok {
		require.ErrorIs(d.t, err, ledger.State)
		return
	}
	require.NoError(d.t, err)
	b.again = true
	d.debits = append(d.debits, &modelDebit{charge: c, mandate: b.mandate, seller: b.seller, minor: b.minor, fee: b.fee, due: c.Debit.CollectOn, of: b})
}

// pass lets time go by. What is due by then is with the rail, or failed for its mandate.
func (d *debitModel) pass(*rapid.T) {
	d.m.pass(time.Duration(rapid.IntRange(1, 96).Draw(d.t, "hours")) * time.Hour)
	for _, b := range d.debits {
		if now := d.m.now(b.charge); now.Status == connect.ChargeFailed && !d.handed(b) {
			require.False(d.t, b.mandate.active && !b.let, "%s", now.Code)
			b.letGo()
		}
	}
}

// check compares what everybody has with what was heard.
func (d *debitModel) check(t *rapid.T) {
	has := make(map[string]int64)
	var clearing, fees int64
	for _, b := range d.debits {
		now := d.m.now(b.charge)
		switch {
		case b.settled && b.returned:
			paid := now.ProcessingFee.Minor()
			if now.Debit.Reason == "R10" && now.Debit.Flag != connect.ReturnedLate {
				paid += 1500 // a claim under the guarantee is a dispute
			}
			fees += paid
			has[d.m.platform.ID()] -= paid
		case b.settled:
			clearing -= b.minor
			fees += now.ProcessingFee.Minor()
			has[b.seller] += b.minor - b.fee
			has[d.m.platform.ID()] += b.fee - now.ProcessingFee.Minor()
		}
		want := connect.ChargeProcessing
		switch {
		case b.returned:
			want = connect.ChargeFailed
		case b.settled:
			want = connect.ChargeSucceeded
		case !d.handed(b) && !b.let:
			want = connect.ChargeScheduled
		case b.let:
			require.Contains(t, []connect.ChargeStatus{connect.ChargeCanceled, connect.ChargeFailed}, now.Status)
			continue
		}
		require.Equal(t, want, now.Status, "%s", b.charge.ID)
		require.LessOrEqual(t, d.m.Rail.Taken(b.charge.ID+"-1"), 1)
		if d.handed(b) {
			require.GreaterOrEqual(t, d.today(), now.Debit.SubmitOn)
		}
	}
	is := d.m.owned()
	for who, minor := range has {
		require.Equal(t, minor, is[who], who)
	}
	require.Equal(t, clearing, is["bank_clearing/simulated"])
	require.Equal(t, fees, is["processing_fees"])
}

// owned adds up what owners have in dollars, and the house by purpose.
func (m *market) owned() map[string]int64 {
	m.t.Helper()
	sums := make(map[string]int64)
	m.eachAccount(func(a ledger.Account) {
		name := a.Owner
		if a.Owner == ledger.House {
			name = a.Purpose
		}
		sums[name] += a.Posted.Minor()
	})
	return sums
}

// Random mandates and debits against a small model, under retries, repeated and
// reordered news, and the passing of days (promises 1, 31, 64).
func TestDebitsAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDebitModel(rt, t)
		d.sign(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"sign": d.sign, "charge": d.charge, "cancel": d.cancel, "step": d.step, "tell": d.tell, "tell more": d.tell,
			"represent": d.represent, "pass": d.pass, "": d.check,
		})
		d.m.pass(10 * 24 * time.Hour)
		report, err := d.m.Verify(d.m.ctx)
		require.NoError(rt, err)
		require.NoError(rt, report.Err(), fmt.Sprint(len(d.debits)))
	})
}
