package connect

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Explanation is the whole flow of funds of an object, as it stands.
type Explanation struct {
	Object   ledger.ID         `json:"object"`
	Platform string            `json:"platform"`
	Objects  []ExplainedObject `json:"objects"`          // the object itself first, then what belongs to it
	Steps    []ExplainedStep   `json:"steps,omitzero"`   // what was posted for them, in the order of booking
	Applied  []ExplainedTerm   `json:"applied,omitzero"` // prices, taxes, rates and terms, with who bears them
	Open     []ExplainedRest   `json:"open,omitzero"`    // what can still be given back, taken back, captured or released, and what was
	Left     []ExplainedLeft   `json:"left,omitzero"`    // what all the steps together left with each owner
	// Differences is where the objects say something else than was posted for them, or
	// count something else than their parts add up to. It is empty, or something is
	// wrong.
	Differences []string `json:"differences,omitzero"`
}

// ExplainedObject is one of the objects.
type ExplainedObject struct {
	ID      ledger.ID    `json:"id"`
	Of      ledger.ID    `json:"of,omitzero"` // the object that it belongs to
	What    string       `json:"what"`        // "refund"
	Status  string       `json:"status,omitzero"`
	Code    string       `json:"code,omitzero"` // why, where something failed
	Amount  ledger.Money `json:"amount,omitzero"`
	Created time.Time    `json:"created"`
}

// ExplainedStep is a ledger transaction and why it was posted.
type ExplainedStep struct {
	Transaction ledger.Transaction `json:"transaction"`
	Why         string             `json:"why"`
}

// ExplainedTerm is something that was applied.
type ExplainedTerm struct {
	Object ledger.ID    `json:"object"`
	What   string       `json:"what"` // "processing fee"
	Amount ledger.Money `json:"amount,omitzero"`
	By     string       `json:"by,omitzero"`  // who bears it: an account, the platform's id, "buyer"
	How    string       `json:"how,omitzero"` // by which rule, and of what
}

// ExplainedRest is an amount that an object counts.
type ExplainedRest struct {
	Object ledger.ID    `json:"object"`
	What   string       `json:"what"` // "refundable"
	Amount ledger.Money `json:"amount"`
}

// ExplainedLeft is what the steps left in one purpose of one owner; all days of
// pending money are one.
type ExplainedLeft struct {
	Owner   string       `json:"owner"`
	Purpose string       `json:"purpose"`
	Amount  ledger.Money `json:"amount"`
}

// Explain returns the flow of funds of an object of the platform: a charge, a capture,
// a cancellation or an increase of one (which show their charge), a refund, a transfer
// or its reversal, a payout, a top-up, a cash sale, a receiver, a return of coins, a
// share that waits or its release, a review, a grant of credit, a credit, a voucher, a payment
// of several sources, a dispute or an answer to one (which show their charge), a fee,
// an adjustment, a freeze, a write-off, an unclaimed balance; also that of the object behind a balance transaction or a
// ledger transaction. It reads what belongs to the object and the ledger accounts that
// its steps were posted to, at one moment, and writes nothing. What was moved to an
// archive is missing, and told as a difference.
func (p *Platform) Explain(ctx context.Context, id string) (*Explanation, error) {
	if err := p.may(ctx, "Explain"); err != nil {
		return nil, err
	}
	var out *Explanation
	err := p.store.Read(ctx, func(v ledger.View) error {
		x := newExplain(p, v)
		o, err := x.find(id)
		if err != nil {
			return err
		}
		x.out.Object = o.ID
		if err := x.add(o); err != nil {
			return err
		}
		if err := x.seek(); err != nil {
			return err
		}
		out = x.out
		return x.finish()
	})
	if err != nil {
		return nil, fmt.Errorf("connect: explain: %w", err)
	}
	return out, nil
}

// explain collects an explanation.
type explain struct {
	p      *Platform
	v      ledger.View
	out    *Explanation
	said   *tally
	report *ledger.Report
	seen   map[ledger.ID]bool
	steps  *steps
	found  map[string]bool // ids of transactions that are part of it
	coins  bool            // the receiver of coins is part of it
	// disputed: a dispute is part of it, of which something may lie in suspense.
	disputed bool
	credit   string // it is of this credit alone
	back     map[string]*coinsBack
	// released are the charges whose releases are part of it.
	released map[string]bool

	sought []sought            // steps to be found
	runs   map[ledger.Ref]*run // what was read of accounts
}

func newExplain(p *Platform, v ledger.View) *explain {
	x := &explain{
		p: p, v: v, out: &Explanation{Platform: p.id}, report: &ledger.Report{}, seen: make(map[ledger.ID]bool),
		steps: newSteps(v, p.id), found: make(map[string]bool), back: make(map[string]*coinsBack),
		released: make(map[string]bool),
	}
	x.steps.whole, x.runs = true, make(map[ledger.Ref]*run)
	x.said = newTally(p.id, x.report, payout.DayOf(p.e.env.Time(), time.UTC))
	return x
}

// find looks an object up by its id, or the object behind a transaction.
func (x *explain) find(id string) (ledger.Object, error) {
	none := notFound("object")
	if t, _, _, ok := parseBalanceTransactionID(id); ok {
		id = t
	}
	if _, _, ok := numbered(id); ok && strings.HasPrefix(id, "chg_") {
		if err := x.steps.load([]string{id}); err != nil {
			return ledger.Object{}, err
		}
		t := x.steps.read[id]
		if t == nil {
			return ledger.Object{}, none
		}
		return x.get(t.Object)
	}
	for _, k := range explainables() {
		if k.fits(id) {
			return x.get(k.id(id))
		}
	}
	return ledger.Object{}, none
}

// get reads one object.
func (x *explain) get(id ledger.ID) (ledger.Object, error) {
	if id == (ledger.ID{}) {
		return ledger.Object{}, notFound("object")
	}
	list, err := x.v.Objects(id)
	if err == nil && list[0].Version == 0 {
		err = notFound("object")
	}
	if err != nil {
		return ledger.Object{}, err
	}
	return list[0], nil
}

// add adds an object of any kind with what belongs to it.
func (x *explain) add(o ledger.Object) error {
	for _, k := range explainables() {
		if k.kind == o.Kind {
			return k.add(x, o)
		}
	}
	return notFound("object")
}

func (x *explain) addID(id ledger.ID) error {
	if x.seen[id] {
		return nil
	}
	o, err := x.get(id)
	if err != nil {
		return err
	}
	return x.add(o)
}

func (x *explain) chargeOf(id string) error { return x.addID(chargeKind.ID(id)) }

// show lists an object.
func (x *explain) show(o ExplainedObject) {
	x.seen[o.ID] = true
	x.out.Objects = append(x.out.Objects, o)
}

func (x *explain) rest(id ledger.ID, what string, m ledger.Money) {
	if m.Currency().Valid() && !m.IsZero() {
		x.out.Open = append(x.out.Open, ExplainedRest{id, what, m})
	}
}

func (x *explain) term(id ledger.ID, what string, m ledger.Money, by, how string) {
	x.out.Applied = append(x.out.Applied, ExplainedTerm{id, what, m, by, how})
}

// children calls fn with all objects of a kind that name another.
func children[T any](x *explain, kind *ledger.Kind[T], key, value string, fn func(*T) error) error {
	return eachObject(x.v, ledger.Query{Kind: kind.Name, Name: key, Value: value}, func(o ledger.Object) error {
		item, err := kind.Decode(o)
		if err == nil {
			err = fn(item)
		}
		return err
	})
}
