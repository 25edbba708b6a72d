package payout

import (
	"strings"
	"time"
)

// Tokens of the simulated rail for accounts that are debited. TestAccount pays on
// the due date; the failing tokens fail then, those whose answers and news go
// astray do the same as for payouts. TestDebitReturn followed by a reason, such as
// "btok_debit_return_R10", pays and takes the money back two banking days later;
// TestDebitFail followed by one never pays. A payout to those that pay is paid.
const (
	TestDebitReturn    = "btok_debit_return_"
	TestDebitFail      = "btok_debit_fail_"
	TestDebitLate      = "btok_debit_late"      // pays, and takes it back 20 months later, debit_not_authorized
	TestDebitReordered = "btok_debit_reordered" // as TestDebitReturn, insufficient_funds; that it was paid is told last
)

// debited tells tokens of accounts that can be debited.
func debited(token string) bool {
	return token == TestDebitLate || token == TestDebitReordered || len(token) > len(TestDebitReturn) && strings.HasPrefix(token, TestDebitReturn)
}

// simulatedSchemes are those that a simulated rail debits unless it is told.
func simulatedSchemes() []string { return []string{"ach", "bacs", "becs", "pad", "sepa", "sepa_b2b"} }

// scheduleDebit plans the news of a debit.
func (s *Simulator) scheduleDebit(it *simulated, add func(UpdateKind, string, time.Time)) {
	i := s.Info()
	if !i.TakesDebits(it.Debit.Scheme) {
		it.refuse("unsupported_scheme")
		return
	}
	due := max(it.Debit.DueDate, DayOf(s.env.Time(), time.UTC))
	paid := s.cfg.Calendar.Next(due).Time()
	if paid.Before(s.env.Time()) {
		paid = s.env.Time()
	}
	back := s.cfg.Calendar.Add(DayOf(paid, time.UTC), 2).Time()
	token := it.Destination.Token
	if code, ok := strings.CutPrefix(token, TestDebitReturn); ok && code != "" {
		add(UpdateSettled, "", paid)
		add(UpdateReturned, code, back)
		return
	}
	if code, ok := strings.CutPrefix(token, TestDebitFail); ok && code != "" {
		add(UpdateFailed, code, paid)
		return
	}
	switch token {
	case TestDebitReordered:
		add(UpdateReturned, "insufficient_funds", back)
		add(UpdateSettled, "", back)
	case TestDebitLate:
		add(UpdateSettled, "", paid)
		add(UpdateReturned, "debit_not_authorized", paid.AddDate(0, 20, 0))
	default:
		it.follow(UpdateSettled, paid, back, add)
	}
}
