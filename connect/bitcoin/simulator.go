package bitcoin

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout/bank"
)

// SimulatorConfig sets a simulator up. The zero value is a keyed wallet named
// "simulated" to whom a transaction costs 2,000 satoshi, and 250.00 USD a coin.
type SimulatorConfig struct {
	Name     string
	Delivery ledger.Delivery
	Cost     int64            // satoshi that sending takes; 0 is 2,000
	Now      func() time.Time // nil is the real clock
}

// Simulator is the outside without a network behind it: addresses of a test
// network that nobody has keys for, a chain that does what the test says, and a
// wallet. It is safe for use by several goroutines.
type Simulator struct {
	cfg SimulatorConfig
	env ledger.Env

	mu      sync.Mutex
	n       int   // transactions and blocks made, for their ids
	order   int64 // rises with everything that happens
	blocks  []string
	outputs []*output
	told    map[*output]Sighting
	prices  map[ledger.Currency]string

	sends map[string]*send
	next  []Behaviour
}

// output is one that pays to an address. Its block is the index in blocks plus
// one, 0 while it waits.
type output struct {
	Sighting
	block int
}

// send is what the wallet did for a key.
type send struct {
	order  Order
	answer Answer
	final  Answer // what it says when asked later, if answer is Queued
	taken  int
}

// Behaviour is what the simulated wallet does with a request.
type Behaviour string

// What can happen to a request.
const (
	LoseAnswer  Behaviour = "lose_answer"  // it is sent, but the answer is lost
	LoseRequest Behaviour = "lose_request" // it never arrives, and looks the same
	Refuse      Behaviour = "refuse"       // insufficient_funds
	Queue       Behaviour = "queue"        // queued first, sent when asked again
)

// NewSimulator returns a simulator.
func NewSimulator(c SimulatorConfig) *Simulator {
	c.Name, c.Cost = cmp.Or(c.Name, "simulated"), cmp.Or(c.Cost, 2000)
	return &Simulator{
		cfg: c, env: ledger.Env{Now: c.Now}, told: make(map[*output]Sighting), sends: make(map[string]*send),
		prices: map[ledger.Currency]string{ledger.USD: "250.00"},
	}
}

// TestOnly implements ledger.TestOnly.
func (s *Simulator) TestOnly() string { return "a simulated chain and wallet" }

// Price sets what one coin is worth in a currency: a decimal, "250.00".
func (s *Simulator) Price(c ledger.Currency, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prices[c] = text
}

// Rate implements fx.RateProvider, for one coin in a currency that has a price.
func (s *Simulator) Rate(_ context.Context, base, quote ledger.Currency, at time.Time) (fx.Rate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.prices[quote]
	if !ok || base != ledger.BTC {
		return fx.Rate{}, &ledger.Error{Class: ledger.NotFound, Code: "rate_not_found", Field: "currency", Op: "bitcoin: simulator",
			Msg: "there is no rate of " + base.String() + " in " + quote.String()}
	}
	return fx.ParseRate(base, quote, text, at, "simulated")
}

// Address implements Addresses.
func (s *Simulator) Address(ctx context.Context, key string) (string, error) {
	return bank.TestBitcoin(s.cfg.Name + "/" + key), ctx.Err()
}

// Pay lets somebody pay to an address, once for each amount, in one transaction,
// and returns its id. It waits to be mined.
func (s *Simulator) Pay(address string, satoshi ...int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pay(address, satoshi)
}

func (s *Simulator) pay(address string, satoshi []int64) string {
	tx := s.id("tx")
	s.order++
	for i, n := range satoshi {
		s.outputs = append(s.outputs, &output{Sighting: Sighting{
			Tx: tx, Output: uint32(i), Address: address, Satoshi: n, Order: s.order, First: s.env.Time(),
		}})
	}
	return tx
}

// id makes an id up.
func (s *Simulator) id(kind string) string {
	s.n++
	hash := sha256.Sum256([]byte(s.cfg.Name + kind + strconv.Itoa(s.n)))
	return hex.EncodeToString(hash[:])
}

// Mine adds blocks to the chain. The first takes everything that waits.
func (s *Simulator) Mine(blocks int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range blocks {
		s.blocks = append(s.blocks, s.id("block"))
		s.order++
		for _, o := range s.outputs {
			if o.block == 0 && !o.Gone {
				o.block = len(s.blocks)
			}
			s.stand(o)
		}
	}
}

// stand says of an output how it stands in the chain.
func (s *Simulator) stand(o *output) {
	o.Order, o.Confirmations, o.Block = s.order, 0, ""
	if o.block > 0 {
		o.Confirmations, o.Block = int64(len(s.blocks)-o.block+1), s.blocks[o.block-1]
	}
}

// Reorganise takes the latest blocks away. What was in them waits again, in front
// of a longer chain without it.
func (s *Simulator) Reorganise(depth int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	depth = min(depth, len(s.blocks))
	kept := len(s.blocks) - depth
	s.blocks = s.blocks[:kept]
	for range depth + 1 {
		s.blocks = append(s.blocks, s.id("block"))
	}
	s.order++
	for _, o := range s.outputs {
		if o.block > kept {
			o.block = 0
		}
		s.stand(o)
	}
}

// Replace lets whoever sent a transaction that waits replace it (BIP-125): by one
// that pays so much to the same address, or by one that pays it nothing if no
// amount is given. It returns the new id, empty if the transaction does not wait.
func (s *Simulator) Replace(tx string, satoshi ...int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	address := ""
	for _, o := range s.outputs {
		if o.Tx == tx && o.block == 0 && !o.Gone {
			s.order++
			address, o.Gone, o.Order = o.Address, true, s.order
		}
	}
	if address == "" {
		return ""
	}
	return s.pay(address, satoshi)
}

// Look implements Chain.
func (s *Simulator) Look(ctx context.Context, address string) (Look, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := Look{Order: s.order}
	for _, o := range s.outputs {
		if o.Address == address && !o.Gone {
			l.Sightings = append(l.Sightings, o.Sighting)
		}
	}
	return l, ctx.Err()
}

// Tell returns what changed since it was asked last, as news that a test hands to
// Engine.CoinNews, in any order and as often as it likes.
func (s *Simulator) Tell() (list []Sighting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.outputs {
		if s.told[o] != o.Sighting {
			s.told[o] = o.Sighting
			list = append(list, o.Sighting)
		}
	}
	return list
}

// Next says what becomes of the next requests to the wallet, one each. Others are
// sent.
func (s *Simulator) Next(b ...Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, b...)
}

// Info implements Wallet.
func (s *Simulator) Info() WalletInfo {
	return WalletInfo{Name: s.cfg.Name, Delivery: s.cfg.Delivery, Settling: time.Minute}
}

// Send implements Wallet. Only a keyed one knows that it did before.
func (s *Simulator) Send(ctx context.Context, key string, o Order) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	noAnswer := &ledger.Error{Class: ledger.Unknown, Code: "no_answer", Op: "bitcoin: simulated wallet"}
	was := s.sends[key]
	if was != nil && s.cfg.Delivery == ledger.Keyed {
		if was.order != o {
			return Answer{}, &ledger.Error{Class: ledger.Exists, Code: "idempotency_mismatch", Field: "key", Op: "bitcoin: simulated wallet"}
		}
		return s.say(was), nil
	}
	b := Behaviour("")
	if len(s.next) > 0 {
		b, s.next = s.next[0], s.next[1:]
	}
	if b == LoseRequest {
		return Answer{}, noAnswer
	}
	done := s.act(o, b)
	if was != nil {
		done.taken += was.taken
	}
	s.sends[key] = done
	if b == LoseAnswer {
		return Answer{}, noAnswer
	}
	return done.answer, nil
}

// act pays, or does not.
func (s *Simulator) act(o Order, b Behaviour) *send {
	arrives := o.Satoshi
	if o.CostBy == Buyer {
		arrives -= s.cfg.Cost
	}
	d := &send{order: o, final: Answer{Status: Sent, Satoshi: arrives, Cost: s.cfg.Cost}, taken: 1}
	to, err := bank.ParseBitcoin(o.Address)
	switch {
	case err != nil || to.On(false) != nil:
		d.final = Answer{Status: Refused, Code: "invalid_address"}
	case b == Refuse || o.Satoshi > Most:
		d.final = Answer{Status: Refused, Code: "insufficient_funds"}
	case arrives < Dust:
		d.final = Answer{Status: Refused, Code: "amount_too_small"}
	default:
		d.final.Tx = s.id("tx")
	}
	if d.answer = d.final; b == Queue {
		d.answer = Answer{Status: Queued}
	}
	if d.final.Status == Refused {
		d.taken = 0
	}
	return d
}

func (s *Simulator) say(d *send) Answer {
	d.answer = d.final
	return d.answer
}

// Lookup implements Wallet. A blind one cannot be asked.
func (s *Simulator) Lookup(ctx context.Context, key string) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.sends[key]
	switch {
	case s.cfg.Delivery == ledger.Blind:
		return Answer{}, &ledger.Error{Class: ledger.Unavailable, Code: "not_askable", Op: "bitcoin: simulated wallet"}
	case d == nil:
		return Answer{}, &ledger.Error{Class: ledger.NotFound, Code: "not_found", Op: "bitcoin: simulated wallet"}
	}
	return s.say(d), nil
}

// Told returns the wallet's answer to a key as news, as a blind one tells it; ok
// is false if it never had the key.
func (s *Simulator) Told(key string) (n News, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.sends[key]
	if d == nil {
		return News{}, false
	}
	return News{Key: key, Answer: s.say(d)}, true
}

// Taken returns how often the wallet paid for a key: more than once is coins sent
// twice.
func (s *Simulator) Taken(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.sends[key]; d != nil {
		return d.taken
	}
	return 0
}

// Transactions lists the ids of all transactions to an address, sorted.
func (s *Simulator) Transactions(address string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, o := range s.outputs {
		if o.Address == address {
			list = append(list, o.Tx)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
