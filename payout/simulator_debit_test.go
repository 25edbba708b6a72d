package payout_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Each token of an account that is debited does what it says, on the due date.
func TestSimulatedDebits(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for token, want := range map[string][]string{
		payout.TestAccount:             {"settled 2026-03-06"},
		payout.TestInsufficientFunds:   {"failed insufficient_funds 2026-03-06"},
		payout.TestDebitFail + "AC04":  {"failed AC04 2026-03-06"},
		payout.TestDebitReturn + "R10": {"settled 2026-03-06", "returned R10 2026-03-10"},
		payout.TestReturned:            {"settled 2026-03-06", "returned account_closed 2026-03-10"},
		payout.TestDebitReordered:      {"returned insufficient_funds 2026-03-10", "settled 2026-03-10"},
		payout.TestDebitLate:           {"settled 2026-03-06", "returned debit_not_authorized 2027-11-06"},
		payout.TestToldTwice:           {"settled 2026-03-06", "settled 2026-03-06"},
		payout.TestRefused:             nil, payout.TestDebitFail: nil, "nobody": nil,
	} {
		at := now
		s := payout.NewSimulator(payout.SimulatorConfig{Now: func() time.Time { return at }})
		in := payout.Instruction{
			Key: "ch_1-1", Amount: ledger.Minor(100, ledger.USD), Destination: payout.Destination{Token: token, Country: "US", Currency: ledger.USD},
			Debit: payout.Debit{Scheme: "ach", DueDate: payout.DayOf(now, time.UTC) + 4},
		}
		acks, err := s.Submit(t.Context(), []payout.Instruction{in})
		require.NoError(t, err)
		require.Equal(t, want != nil, acks[0].Accepted, token)
		at = at.AddDate(3, 0, 0)
		list, _, err := s.Updates(t.Context(), "")
		require.NoError(t, err)
		var got []string
		for _, u := range list {
			text := string(u.Kind)
			if u.Code != "" {
				text += " " + u.Code
			}
			got = append(got, text+" "+u.At.Format(time.DateOnly))
		}
		require.Equal(t, want, got, token)
	}
}

// A simulated rail carries the schemes that it was told, and a payout goes to what
// was debited.
func TestSimulatedSchemes(t *testing.T) {
	s := payout.NewSimulator(payout.SimulatorConfig{Debits: []string{}})
	in := payout.Instruction{
		Key: "1", Amount: ledger.Minor(100, ledger.USD), Destination: payout.Destination{Token: payout.TestAccount},
		Debit: payout.Debit{Scheme: "ach"},
	}
	acks, err := s.Submit(t.Context(), []payout.Instruction{in})
	require.NoError(t, err)
	require.Equal(t, payout.Ack{Key: "1", Code: "unsupported_scheme", Reference: acks[0].Reference}, acks[0])
	in.Key, in.Debit, in.Destination.Token = "2", payout.Debit{}, payout.TestDebitLate
	acks, err = s.Submit(t.Context(), []payout.Instruction{in})
	require.NoError(t, err)
	require.True(t, acks[0].Accepted)
}
