package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// NegativeDebitStatus is where a debit of a seller's bank stands.
type NegativeDebitStatus string

// The states of a debit of a seller's bank.
const (
	NegativeDebitScheduled  NegativeDebitStatus = "scheduled"  // the rail does not have it yet
	NegativeDebitProcessing NegativeDebitStatus = "processing" // it is with the rail, or about to be
	NegativeDebitUnknown    NegativeDebitStatus = "unknown"    // sent blind, and the answer was lost: only news can tell
	NegativeDebitSucceeded  NegativeDebitStatus = "succeeded"  // the bank has paid
	NegativeDebitFailed     NegativeDebitStatus = "failed"     // it never paid; Code says why
	NegativeDebitReturned   NegativeDebitStatus = "returned"   // it took the money back
	NegativeDebitCanceled   NegativeDebitStatus = "canceled"   // nothing was owed any more on its day
)

// negativeDebitLife: what has failed, was returned or canceled stays so.
var negativeDebitLife = life[NegativeDebitStatus]{
	NegativeDebitScheduled:  {NegativeDebitProcessing, NegativeDebitFailed, NegativeDebitCanceled},
	NegativeDebitProcessing: {NegativeDebitProcessing, NegativeDebitUnknown, NegativeDebitSucceeded, NegativeDebitFailed, NegativeDebitReturned},
	NegativeDebitUnknown:    {NegativeDebitProcessing, NegativeDebitSucceeded, NegativeDebitFailed, NegativeDebitReturned},
	NegativeDebitSucceeded:  {NegativeDebitReturned},
	NegativeDebitFailed:     {},
	NegativeDebitReturned:   {},
	NegativeDebitCanceled:   {},
}

// NegativeDebit takes what an account owes from its bank, by the mandate of whoever owns
// it: flow V4 of the chart. It posts when the bank has paid.
type NegativeDebit struct {
	ID        string              `json:"id"`
	Platform  string              `json:"platform"`
	Account   string              `json:"account"`
	Amount    ledger.Money        `json:"amount"` // at most what was owed when it was handed over
	Plan      string              `json:"plan,omitzero"`
	Rail      string              `json:"rail"`
	Debit     Debit               `json:"debit"`
	Status    NegativeDebitStatus `json:"status"`
	Code      string              `json:"code,omitzero"`
	Reference string              `json:"reference,omitzero"` // the rail's name for it
	Created   time.Time           `json:"created"`
	Settled   time.Time           `json:"settled,omitzero"`  // when it was heard that the bank has paid
	Returned  time.Time           `json:"returned,omitzero"` // or took it back
	Metadata  map[string]string   `json:"metadata,omitzero"`
	Work      ledger.Work         `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

var negativeDebitKind = ledger.Kind[NegativeDebit]{
	Name:   "connect.negative_debit",
	Prefix: "ndeb_",
	Keys: func(d *NegativeDebit) []ledger.Key {
		return d.Work.Keys(ledger.Key{Name: "platform", Value: d.Platform, At: d.Created}, ledger.Key{Name: "account", Value: d.Account, At: d.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn}, {Name: "currency", Path: "amount.currency"},
		{Name: "mandate", Path: "debit.mandate"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "collect_on", Path: "debit.collectOn"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// The types of the events of debits of sellers' banks.
const (
	EventNegativeDebitCreated   = "negative_debit.created"
	EventNegativeDebitNotice    = "negative_debit.notice" // the host announces it to the account holder
	EventNegativeDebitUpdated   = "negative_debit.updated"
	EventNegativeDebitSucceeded = "negative_debit.succeeded"
	EventNegativeDebitFailed    = "negative_debit.failed"
	EventNegativeDebitReturned  = "negative_debit.returned"
	EventNegativeDebitCanceled  = "negative_debit.canceled"
)

func (d *NegativeDebit) become(to NegativeDebitStatus, code string) error {
	err := negativeDebitLife.check("negative debit", d.Status, to)
	if err == nil {
		d.Status, d.Code = to, code
	}
	return inField("negativeDebit", err)
}

// over reports whether nothing more will come of it, as far as it is known.
func (d *NegativeDebit) over() bool {
	return d.Status != NegativeDebitScheduled && d.Status != NegativeDebitProcessing && d.Status != NegativeDebitUnknown
}

// charge is the debit in the terms of those of buyers, whose mandates and days it shares.
func (d *NegativeDebit) charge() *Charge {
	c := &Charge{ID: d.ID, Platform: d.Platform, Amount: d.Amount, Rail: d.Rail, Debit: &d.Debit, Status: ChargeProcessing}
	if d.Status == NegativeDebitSucceeded || d.Status == NegativeDebitReturned {
		c.Status = ChargeSucceeded
	}
	return c
}

func (p *Platform) putNegativeDebit(u *ledger.Unit, d *NegativeDebit, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: negativeDebitKind.ID(d.ID)})
	return negativeDebitKind.Put(u, d.ID, d)
}

// GetNegativeDebit returns a debit of a seller's bank.
func (p *Platform) GetNegativeDebit(ctx context.Context, id string) (*NegativeDebit, error) {
	return get(ctx, p, &negativeDebitKind, id, "negative debit", func(d *NegativeDebit) string { return d.Platform })
}

var negativeDebitLister = &lister[NegativeDebit]{
	what: "negative debits", kind: &negativeDebitKind, account: "account", platform: func(d *NegativeDebit) string { return d.Platform },
}

// ListNegativeDebits returns a page of the debits of sellers' banks.
func (p *Platform) ListNegativeDebits(ctx context.Context, r ListRequest) (*List[NegativeDebit], error) {
	return negativeDebitLister.page(ctx, p, r)
}

// NegativeDebits walks them, newest first.
func (p *Platform) NegativeDebits(ctx context.Context, r ListRequest) iter.Seq2[*NegativeDebit, error] {
	return negativeDebitLister.each(ctx, p, r, func(d *NegativeDebit) string { return d.ID })
}

var negativeDebitTask = &task[NegativeDebitRequest, NegativeDebit, payout.Ack]{
	verb: "debit negative",
	kind: &negativeDebitKind,
	head: func(d *NegativeDebit) head {
		return head{id: d.ID, platform: d.Platform, partner: d.Rail, work: &d.Work, replayed: &d.Replayed}
	},
	partner:  railName,
	record:   recordNegativeDebit,
	ready:    readyNegativeDebit,
	carryOut: submitNegativeDebit,
	settle:   settleNegativeDebit,
	rest: func(u *ledger.Unit, p *Platform, d *NegativeDebit, code string) error {
		d.Work.Done()
		if err := d.become(NegativeDebitUnknown, code); err != nil {
			return err
		}
		return p.putNegativeDebit(u, d, EventNegativeDebitUpdated)
	},
	open: func(d *NegativeDebit, ack payout.Ack) (bool, error) {
		if !d.over() || ack.Accepted || d.Status == NegativeDebitFailed {
			return !d.over(), nil
		}
		return false, contradiction()
	},
	late: func(u *ledger.Unit, p *Platform, d *NegativeDebit, ack payout.Ack) error {
		if d.Reference != "" || ack.Reference == "" {
			return nil
		}
		d.Reference = ack.Reference
		return p.putNegativeDebit(u, d, EventNegativeDebitUpdated)
	},
}
