package railtest

import (
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// debit is an instruction to debit somebody by a scheme.
func (t *trial) debit(amountMinor int64, scheme string, who payout.Destination) payout.Instruction {
	in := t.pay(amountMinor)
	in.Key, in.Destination = ledger.Env{}.ID("ch_")+"-1", who
	in.Amount = ledger.Minor(amountMinor, who.Currency)
	in.Debit = payout.Debit{
		Scheme: scheme, Creditor: "1234567890", Mandate: ledger.Env{}.ID("M"), Signed: 20000, Sequence: payout.Recurring,
		DueDate: t.DueDate, Attempt: 1,
	}
	return in
}

// payers lists whom a rail debits, by scheme; without any it declares none.
func (t *trial) payers() map[string]payout.Destination {
	t.Helper()
	for _, scheme := range t.info.Debits {
		require.NotEmpty(t, t.Payers[scheme], "a harness has a payer of each scheme that the rail declares: %s", scheme)
	}
	require.Len(t, t.Payers, len(t.info.Debits), "the rail declares each scheme of which the harness has a payer")
	return t.Payers
}

// debits: what a rail says that it debits is settled once and never paid out; in one
// batch with payouts, each is what it is.
func debits(t *trial) {
	batch := []payout.Instruction{t.pay(1900)}
	for scheme, who := range t.payers() {
		batch = append(batch, t.debit(1901, scheme, who), t.debit(1902, scheme, who))
	}
	t.accepted(batch...)
	news := t.settled()
	t.paid(batch[0], news[batch[0].Key])
	for _, in := range batch[1:] {
		list := news[in.Key]
		require.Len(t, list, 1, "words about the debit %s", in.Key)
		require.Equal(t, payout.UpdateSettled, list[0].Kind, "%+v", list[0])
		require.Equal(t, in.Amount, list[0].Amount, "news of another amount")
		t.payments(in, 1)
	}
}

// otherSchemes: a debit by a scheme that a rail does not carry is refused, and never
// paid out instead.
func otherSchemes(t *trial) {
	who := t.Payee
	for _, p := range t.payers() {
		who = p
	}
	in := t.debit(2000, "no_such_scheme", who)
	require.False(t, slices.Contains(t.info.Debits, in.Debit.Scheme))
	t.turnedDown(in, "a debit by a scheme that the rail does not carry")
}

// debitKeys: the same debit under a key is settled once, and a key of a debit is of no
// payout and no other debit.
func debitKeys(t *trial) {
	if t.info.Delivery != ledger.Keyed {
		return
	}
	for scheme, who := range t.payers() {
		in := t.debit(2100, scheme, who)
		first := t.accepted(in)
		require.Equal(t, first, t.accepted(in), "the answer the second time")
		for what, change := range map[string]func(*payout.Instruction){
			"a payout": func(in *payout.Instruction) { in.Debit = payout.Debit{} }, "another day": func(in *payout.Instruction) { in.Debit.DueDate++ },
			"another mandate": func(in *payout.Instruction) { in.Debit.Mandate += "x" },
		} {
			other := in
			change(&other)
			_, err := t.Rail.Submit(t.ctx, []payout.Instruction{other})
			require.ErrorIs(t, err, ledger.Exists, "%s under the key of a debit", what)
		}
		list := t.settled()[in.Key]
		require.Len(t, list, 1, "words about the debit %s", in.Key)
		t.payments(in, 1)
	}
}
