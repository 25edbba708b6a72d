package payout

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Tokens of the simulated rail. The first six stand for the test account
// numbers of hosted marketplaces at routing number 110000000; the rest are
// souk's own. Every other token is refused with invalid_account_number.
const (
	TestAccount              = "btok_ok"                   // 000123456789: is paid
	TestNoAccount            = "btok_no_account"           // 000111111116: fails, no_account
	TestAccountClosed        = "btok_account_closed"       // 000111111113: fails, account_closed
	TestInsufficientFunds    = "btok_insufficient_funds"   // 000222222227: fails, insufficient_funds
	TestDebitNotAuthorized   = "btok_debit_not_authorized" // 000333333335: fails, debit_not_authorized
	TestInvalidCurrency      = "btok_invalid_currency"     // 000444444440: fails, invalid_currency
	TestRefused              = "btok_refused"              // refused at once, could_not_process
	TestReturned             = "btok_returned"             // is paid, and comes back two banking days later, account_closed
	TestLostAnswer           = "btok_lost_answer"          // is taken and paid, but the first answer is lost
	TestLostRequest          = "btok_lost_request"         // the first request never arrives, and looks the same
	TestStalled              = "btok_stalled"              // is taken, and nothing is heard until Release
	TestToldTwice            = "btok_told_twice"           // the news that it was paid comes twice
	TestPaidAfterReturned    = "btok_paid_after_returned"  // comes back, and then "paid" is heard again
	testNumberRouting        = "110000000"
	codeInvalidAccountNumber = "invalid_account_number"
)

// testNumbers maps the documented account numbers to their tokens.
var testNumbers = map[string]string{
	"000123456789": TestAccount,
	"000111111116": TestNoAccount,
	"000111111113": TestAccountClosed,
	"000222222227": TestInsufficientFunds,
	"000333333335": TestDebitNotAuthorized,
	"000444444440": TestInvalidCurrency,
	"000999999991": TestOwnerVerified,
	"000999999992": TestOwnerDocument,
}

// failures maps tokens that fail to the code they fail with.
var failures = map[string]string{
	TestNoAccount:          "no_account",
	TestAccountClosed:      "account_closed",
	TestInsufficientFunds:  "insufficient_funds",
	TestDebitNotAuthorized: "debit_not_authorized",
	TestInvalidCurrency:    "invalid_currency",
}

// TestToken returns the token and last four digits of a documented test account
// at routing number 110000000. Other numbers are refused: a simulator takes no
// real account.
func TestToken(routing, account string) (token, last4 string, err error) {
	token, ok := testNumbers[account]
	if routing != testNumberRouting || !ok {
		return "", "", &ledger.Error{Class: ledger.Invalid, Code: codeInvalidAccountNumber, Field: "account_number",
			Msg: "the simulated rail takes only its documented test accounts"}
	}
	return token, account[len(account)-4:], nil
}

// SimulatorConfig sets a simulated rail up. The zero value is a keyed rail
// named "simulated" that pays on the next banking day.
type SimulatorConfig struct {
	Name     string
	Delivery ledger.Delivery
	Now      func() time.Time // nil is the real clock
	Calendar Calendar
	Days     int // banking days until arrival; 0 is 1, less than 0 is at once
	// Debits are the schemes of debits that it carries; nil is all that souk has data
	// of, an empty list none.
	Debits []string
}

// Simulator is a Rail without a bank behind it. It is safe for use by several
// goroutines, and remembers what it was asked for.
type Simulator struct {
	cfg SimulatorConfig
	env ledger.Env

	mu      sync.Mutex
	items   map[string]*simulated
	waiting []*simulated // those with news still to come, in the order in which they were taken
	log     []Update     // what has been told
	lost    map[string]bool

	deposits map[string]bool // keys of micro-deposits that were sent
}

// simulated is one instruction with the news that is still to come.
type simulated struct {
	Instruction
	ack     Ack
	taken   int // how often it acted: more than once is a double payment
	due     []Update
	stalled bool
	queued  bool // is among waiting
}

// NewSimulator returns a simulated rail.
func NewSimulator(c SimulatorConfig) *Simulator {
	if c.Name == "" {
		c.Name = "simulated"
	}
	if c.Debits == nil {
		c.Debits = simulatedSchemes()
	}
	switch {
	case c.Days == 0:
		c.Days = 1
	case c.Days < 0:
		c.Days = 0
	}
	return &Simulator{cfg: c, env: ledger.Env{Now: c.Now}, items: make(map[string]*simulated), lost: make(map[string]bool), deposits: make(map[string]bool)}
}

// TestOnly implements ledger.TestOnly.
func (s *Simulator) TestOnly() string { return "a simulated rail" }

// maxMinor is the limit of a field of ten digits.
const maxMinor = 9_999_999_999

// Info implements Rail.
func (s *Simulator) Info() RailInfo {
	return RailInfo{Name: s.cfg.Name, Delivery: s.cfg.Delivery, Settling: time.Minute, MaxMinor: maxMinor, Days: s.cfg.Days, Debits: slices.Clone(s.cfg.Debits)}
}

// Submit implements Rail.
func (s *Simulator) Submit(ctx context.Context, batch []Instruction) ([]Ack, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	acks := make([]Ack, len(batch))
	lost := false
	for i, in := range batch {
		first := !s.lost[in.Key]
		if in.Destination.Token == TestLostRequest && first {
			s.lost[in.Key], lost = true, true
			continue
		}
		it, err := s.take(in)
		if err != nil {
			return nil, err
		}
		if acks[i] = it.ack; in.Destination.Token == TestLostAnswer && first {
			s.lost[in.Key], lost = true, true
		}
	}
	if lost {
		return nil, &ledger.Error{Class: ledger.Unknown, Code: "no_answer", Op: "payout: simulated rail"}
	}
	return acks, nil
}

// take acts on an instruction. Only a keyed rail knows that it did before.
func (s *Simulator) take(in Instruction) (*simulated, error) {
	it, seen := s.items[in.Key]
	if seen && s.cfg.Delivery == ledger.Keyed {
		if it.Instruction != in {
			return nil, &ledger.Error{Class: ledger.Exists, Code: "idempotency_mismatch", Field: "key", Op: "payout: simulated rail"}
		}
		return it, nil
	}
	if !seen {
		it = &simulated{Instruction: in, ack: Ack{Key: in.Key, Accepted: true, Reference: "sim-" + strconv.Itoa(len(s.items)+1)}}
		s.items[in.Key] = it
	}
	it.taken++
	s.schedule(it)
	if !it.queued { // for the first time, or once more after all was told
		it.queued, s.waiting = true, append(s.waiting, it)
	}
	return it, nil
}

// schedule plans the news of an instruction.
func (s *Simulator) schedule(it *simulated) {
	today := DayOf(s.env.Time(), time.UTC)
	arrival := s.env.Time()
	if s.cfg.Days > 0 {
		arrival = s.cfg.Calendar.Add(today, s.cfg.Days).Time()
	}
	back := s.cfg.Calendar.Add(today, s.cfg.Days+2).Time()
	add := func(kind UpdateKind, code string, at time.Time) {
		id := it.ack.Reference + "-" + strconv.Itoa(len(it.due)+1) + "-" + strconv.Itoa(it.taken)
		it.due = append(it.due, Update{ID: id, Key: it.Key, Kind: kind, Code: code, Amount: it.Amount, At: at})
	}
	if n := it.Amount.Minor(); n <= 0 || n > maxMinor {
		it.refuse("could_not_process")
		return
	}
	if it.IsDebit() {
		s.scheduleDebit(it, add)
		return
	}
	if debited(it.Destination.Token) { // which are paid what was taken from them
		add(UpdatePaid, "", arrival)
		return
	}
	it.follow(UpdatePaid, arrival, back, add)
}

// follow plans the news that a token of payouts and debits stands for: done is the good
// news, and at when it or a failure is heard; back is when money comes back.
func (it *simulated) follow(done UpdateKind, at, back time.Time, add func(UpdateKind, string, time.Time)) {
	switch token := it.Destination.Token; token {
	case TestAccount, TestLostAnswer, TestLostRequest, TestOwnerVerified, TestOwnerDocument:
		add(done, "", at)
	case TestStalled:
		it.stalled = true
		add(done, "", at)
	case TestToldTwice:
		add(done, "", at)
		add(done, "", at)
	case TestReturned:
		add(done, "", at)
		add(UpdateReturned, "account_closed", back)
	case TestPaidAfterReturned:
		add(done, "", at)
		add(UpdateReturned, "account_closed", back)
		add(done, "", back)
	case TestRefused:
		it.refuse("could_not_process")
	default:
		if code, ok := failures[token]; ok {
			add(UpdateFailed, code, at)
			return
		}
		it.refuse(codeInvalidAccountNumber)
	}
}

func (it *simulated) refuse(code string) { it.ack.Accepted, it.ack.Code = false, code }

// Ask implements Asker; what a simulator of another kind was asked is no
// promise.
func (s *Simulator) Ask(ctx context.Context, key string) (Ack, bool, error) {
	if err := ctx.Err(); err != nil {
		return Ack{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	it, ok := s.items[key]
	if !ok {
		return Ack{}, false, nil
	}
	return it.ack, true, nil
}

// Updates implements Rail.
func (s *Simulator) Updates(ctx context.Context, after string) ([]Update, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell() // first, for one that was told its instructions again may be asked to go on
	n := 0
	if after != "" {
		var err error
		if n, err = strconv.Atoi(after); err != nil || n < 0 || n > len(s.log) || strconv.Itoa(n) != after {
			return nil, "", &ledger.Error{Class: ledger.Invalid, Code: "invalid_cursor", Field: "after", Op: "payout: simulated rail"}
		}
	}
	list := append([]Update(nil), s.log[n:]...)
	return list, strconv.Itoa(len(s.log)), nil
}

// tell moves the news whose time has come into the log, oldest first.
func (s *Simulator) tell() {
	now, told := s.env.Time(), len(s.log)
	s.waiting = slices.DeleteFunc(s.waiting, func(it *simulated) bool {
		for !it.stalled && len(it.due) > 0 && !it.due[0].At.After(now) {
			s.log = append(s.log, it.due[0])
			it.due = it.due[1:]
		}
		it.queued = len(it.due) > 0
		return !it.queued
	})
	slices.SortStableFunc(s.log[told:], func(a, b Update) int { return a.At.Compare(b.At) })
}

// Release lets the news of a stalled instruction come.
func (s *Simulator) Release(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it, ok := s.items[key]; ok {
		it.stalled = false
	}
}

// Taken returns how often the simulator acted on a key: more than once is a
// payment made twice.
func (s *Simulator) Taken(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it, ok := s.items[key]; ok {
		return it.taken
	}
	return 0
}
