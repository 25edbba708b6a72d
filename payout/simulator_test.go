package payout_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// rail is a simulator with a clock, and where the test has read its news to.
type rail struct {
	*testing.T
	*payout.Simulator
	clock  *clock
	cursor string
}

func newRail(t *testing.T, c payout.SimulatorConfig) *rail {
	r := &rail{T: t, clock: &clock{noon}}
	c.Now = r.clock.read
	r.Simulator = payout.NewSimulator(c)
	return r
}

func instruction(key, token string) payout.Instruction {
	return payout.Instruction{Key: key, Amount: amount, Destination: payout.Destination{Token: token, Country: "US", Currency: ledger.USD}}
}

// send submits one instruction that is answered.
func (r *rail) send(key, token string) payout.Ack {
	r.Helper()
	acks, err := r.Submit(r.Context(), []payout.Instruction{instruction(key, token)})
	require.NoError(r, err)
	require.Len(r, acks, 1)
	require.Equal(r, key, acks[0].Key)
	return acks[0]
}

// news returns what is new, as "key kind code day".
func (r *rail) news() []string {
	r.Helper()
	list, next, err := r.Updates(r.Context(), r.cursor)
	require.NoError(r, err)
	r.cursor = next
	var out []string
	for _, u := range list {
		require.Equal(r, amount, u.Amount)
		out = append(out, strings.Join(strings.Fields(u.Key+" "+string(u.Kind)+" "+u.Code+" "+u.At.Format(time.DateOnly)), " "))
	}
	return out
}

func (r *rail) days(n int) { r.clock.now = r.clock.now.AddDate(0, 0, n) }

// Each documented token, with the account number it stands for. It
// is a Monday; Tuesday is the next banking day, Thursday two after that.
func TestSimulatorTokens(t *testing.T) {
	for _, c := range []struct {
		number, token string
		refused       string
		news          []string
	}{
		{"000123456789", payout.TestAccount, "", []string{"k paid 2026-03-03"}},
		{"000111111116", payout.TestNoAccount, "", []string{"k failed no_account 2026-03-03"}},
		{"000111111113", payout.TestAccountClosed, "", []string{"k failed account_closed 2026-03-03"}},
		{"000222222227", payout.TestInsufficientFunds, "", []string{"k failed insufficient_funds 2026-03-03"}},
		{"000333333335", payout.TestDebitNotAuthorized, "", []string{"k failed debit_not_authorized 2026-03-03"}},
		{"000444444440", payout.TestInvalidCurrency, "", []string{"k failed invalid_currency 2026-03-03"}},
		{"", payout.TestRefused, "could_not_process", nil},
		{"", payout.TestReturned, "", []string{"k paid 2026-03-03", "k returned account_closed 2026-03-05"}},
		{"", payout.TestToldTwice, "", []string{"k paid 2026-03-03", "k paid 2026-03-03"}},
		{"", payout.TestPaidAfterReturned, "", []string{"k paid 2026-03-03", "k returned account_closed 2026-03-05", "k paid 2026-03-05"}},
		{"", payout.TestStalled, "", nil},
		{"", "btok_nobody", "invalid_account_number", nil},
		{"", "", "invalid_account_number", nil},
		{"", "000123456789", "invalid_account_number", nil}, // a number is no token
	} {
		t.Run(c.token, func(t *testing.T) {
			r := newRail(t, payout.SimulatorConfig{})
			if c.number != "" {
				token, last4, err := payout.TestToken("110000000", c.number)
				require.NoError(t, err)
				require.Equal(t, []string{c.token, c.number[8:]}, []string{token, last4})
			}
			ack := r.send("k", c.token)
			require.Equal(t, c.refused == "", ack.Accepted)
			require.Equal(t, c.refused, ack.Code)
			require.Empty(t, r.news()) // not before the bank works
			r.days(7)
			require.Equal(t, c.news, r.news())
			require.Empty(t, r.news())
			require.Equal(t, 1, r.Taken("k"))
		})
	}
}

// The number is not repeated in the refusal: promise 68.
func TestTokenRefuses(t *testing.T) {
	for _, c := range [][2]string{{"110000000", "000123456780"}, {"021000021", "000123456789"}, {"", ""}, {"110000000", "4242424242424242"}} {
		_, _, err := payout.TestToken(c[0], c[1])
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, []string{"invalid_account_number", "account_number"}, []string{e.Code, e.Field})
		if c[1] != "" {
			require.NotContains(t, err.Error(), c[1])
		}
	}
}

// A lost answer and a lost request look the same; the kind of rail decides what
// can be done about it. Promise 15.
func TestSimulatorLoses(t *testing.T) {
	for _, kind := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		for _, token := range []string{payout.TestLostAnswer, payout.TestLostRequest} {
			t.Run(kind.String()+" "+token, func(t *testing.T) {
				r := newRail(t, payout.SimulatorConfig{Delivery: kind})
				acks, err := r.Submit(t.Context(), []payout.Instruction{instruction("k", token)})
				require.Nil(t, acks)
				require.ErrorIs(t, err, ledger.Unknown)
				arrived := token == payout.TestLostAnswer
				ack, seen, err := r.Ask(t.Context(), "k")
				require.NoError(t, err)
				require.Equal(t, []bool{arrived, arrived}, []bool{seen, ack.Accepted})

				require.True(t, r.send("k", token).Accepted) // the second time is answered
				want := 1
				if arrived && kind != ledger.Keyed {
					want = 2 // paid twice: what an engine must not let happen
				}
				require.Equal(t, want, r.Taken("k"))
				r.days(1)
				require.Len(t, r.news(), want) // and the news tells of it
			})
		}
	}
}

// A second payment is told even when everything of the first was told before.
func TestSimulatorTellsOfTheSecondPayment(t *testing.T) {
	r := newRail(t, payout.SimulatorConfig{Delivery: ledger.Blind})
	r.send("k", payout.TestAccount)
	r.days(1)
	require.Equal(t, []string{"k paid 2026-03-03"}, r.news())
	r.send("k", payout.TestAccount)
	r.days(1)
	require.Equal(t, []string{"k paid 2026-03-04"}, r.news())
}

// News comes oldest first, however long nobody listened.
func TestSimulatorOrder(t *testing.T) {
	r := newRail(t, payout.SimulatorConfig{})
	r.send("a", payout.TestReturned) // paid on the 3rd, back on the 5th
	r.days(1)
	r.send("b", payout.TestAccount) // paid on the 4th
	r.days(7)
	require.Equal(t, []string{"a paid 2026-03-03", "b paid 2026-03-04", "a returned account_closed 2026-03-05"}, r.news())
}

func TestSimulatorRelease(t *testing.T) {
	r := newRail(t, payout.SimulatorConfig{})
	require.True(t, r.send("k", payout.TestStalled).Accepted)
	r.days(30)
	require.Empty(t, r.news())
	r.Release("nobody")
	r.Release("k")
	require.Equal(t, []string{"k paid 2026-03-03"}, r.news())
}

// Days are banking days of its calendar; less than zero is at once.
func TestSimulatorDays(t *testing.T) {
	tuesday := date(t, "2026-03-03")
	for _, c := range []struct {
		days int
		want string
	}{{0, "2026-03-04"}, {1, "2026-03-04"}, {3, "2026-03-06"}, {5, "2026-03-10"}, {-1, "2026-03-02"}} {
		r := newRail(t, payout.SimulatorConfig{Days: c.days, Calendar: payout.NewCalendar(tuesday)})
		require.Equal(t, max(c.days, 0)+map[bool]int{true: 1}[c.days == 0], r.Info().Days)
		r.send("k", payout.TestAccount)
		r.days(10)
		require.Equal(t, []string{"k paid " + c.want}, r.news())
	}
	r := newRail(t, payout.SimulatorConfig{Days: -1})
	r.send("k", payout.TestReturned)
	require.Equal(t, []string{"k paid 2026-03-02"}, r.news())
	r.days(2)
	require.Equal(t, []string{"k returned account_closed 2026-03-04"}, r.news())
}

// A keyed rail refuses another instruction under a key, and says the same about
// the same one: promise 22.
func TestSimulatorKeys(t *testing.T) {
	r := newRail(t, payout.SimulatorConfig{})
	first := r.send("k", payout.TestAccount)
	require.Equal(t, first, r.send("k", payout.TestAccount))
	for _, change := range []func(*payout.Instruction){
		func(i *payout.Instruction) { i.Amount = ledger.Minor(1, ledger.USD) },
		func(i *payout.Instruction) { i.Destination.Token = payout.TestReturned },
		func(i *payout.Instruction) { i.Destination.Country = "CA" },
		func(i *payout.Instruction) { i.Descriptor = "OTHER" },
	} {
		other := instruction("k", payout.TestAccount)
		change(&other)
		_, err := r.Submit(t.Context(), []payout.Instruction{other})
		require.ErrorIs(t, err, ledger.Exists)
	}
	require.Equal(t, 1, r.Taken("k"))
	require.Zero(t, r.Taken("other"))
}

// What a field of ten digits does not hold is refused, and so is nothing:
// edge-case 74.
func TestSimulatorLimits(t *testing.T) {
	r := newRail(t, payout.SimulatorConfig{})
	for minor, ok := range map[int64]bool{1: true, 9_999_999_999: true, 10_000_000_000: false, 0: false, -877: false} {
		in := instruction("k"+ledger.Minor(minor, ledger.USD).Amount(), payout.TestAccount)
		in.Amount = ledger.Minor(minor, ledger.USD)
		acks, err := r.Submit(t.Context(), []payout.Instruction{in})
		require.NoError(t, err)
		require.Equal(t, ok, acks[0].Accepted, minor)
		require.Equal(t, ok, acks[0].Code == "", minor)
	}
}

var schemes = []string{"ach", "bacs", "becs", "pad", "sepa", "sepa_b2b"}

func TestSimulatorInfo(t *testing.T) {
	r := newRail(t, payout.SimulatorConfig{})
	require.NotEmpty(t, r.TestOnly()) // promise 67
	require.Equal(t, payout.RailInfo{Name: "simulated", Settling: time.Minute, MaxMinor: 9_999_999_999, Days: 1, Debits: schemes}, r.Info())
	r = newRail(t, payout.SimulatorConfig{Name: "other", Delivery: ledger.Blind, Days: 3})
	require.Equal(t, payout.RailInfo{Name: "other", Delivery: ledger.Blind, Settling: time.Minute, MaxMinor: 9_999_999_999, Days: 3, Debits: schemes}, r.Info())
	require.Equal(t, 1, payout.NewSimulator(payout.SimulatorConfig{}).Info().Days) // the real clock
}

// A context that has ended sends and reads nothing: promise 42.
func TestSimulatorContext(t *testing.T) {
	r := newRail(t, payout.SimulatorConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Submit(ctx, []payout.Instruction{instruction("k", payout.TestAccount)})
	require.ErrorIs(t, err, context.Canceled)
	_, _, err = r.Updates(ctx, "")
	require.ErrorIs(t, err, context.Canceled)
	_, _, err = r.Ask(ctx, "k")
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, r.Taken("k"))
}
