package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// NegativeStatus is whether a balance below zero stands.
type NegativeStatus string

// The states of a negative balance.
const (
	NegativeOpen  NegativeStatus = "open"  // it is below zero, or the platform's cover still stands behind it
	NegativeEnded NegativeStatus = "ended" // it was earned, paid, collected or written off; it may open again
)

// negativeLife: there is one object for an account and currency, which opens again.
var negativeLife = life[NegativeStatus]{
	NegativeOpen:  {NegativeEnded},
	NegativeEnded: {NegativeOpen},
}

// NegativeBalance is what is available to an account in one currency, once that was
// below zero: flows V2 to V4 of the chart. What came in since Looked it does not know:
// Balance does.
type NegativeBalance struct {
	ID       string          `json:"id"`
	Platform string          `json:"platform"`
	Account  string          `json:"account"`
	Currency ledger.Currency `json:"currency"`
	Bearer   Party           `json:"bearer"` // who bears what the account cannot pay
	Status   NegativeStatus  `json:"status"`
	Since    time.Time       `json:"since,omitzero"`  // since when it is below zero without a break; zero: it is not
	Owes     ledger.Money    `json:"owes"`            // when it was last looked at
	Looked   time.Time       `json:"looked,omitzero"` // by Drain
	Stale    bool            `json:"stale,omitzero"`  // something went into or out of it since: Drain looks at once

	Cover     ledger.Money `json:"cover"`          // of the platform's, that stands behind it
	Kept      []KeptCover  `json:"kept,omitzero"`  // of Cover, for debits that may still come back
	Collected ledger.Money `json:"collected"`      // what the platform has paid of it, over all times
	Debited   ledger.Money `json:"debited"`        // what came from the seller's bank and was not returned, likewise
	Debit     string       `json:"debit,omitzero"` // the NegativeDebit under way
	Plan      string       `json:"plan,omitzero"`  // the PaymentPlan that is kept

	// Booked are the latest transactions by which cover came and went or the platform
	// paid, oldest first, at most 32.
	Booked  []string    `json:"booked,omitzero"`
	Created time.Time   `json:"created"`
	Work    ledger.Work `json:"work,omitzero"`
}

// KeptCover is cover that stays for some time after a debit, which may come back.
type KeptCover struct {
	Debit  string       `json:"debit"`
	Amount ledger.Money `json:"amount"`
	Until  time.Time    `json:"until"`
}

func (n *NegativeBalance) loaded() {
	asZero(ledger.Zero(n.Currency), &n.Owes, &n.Cover, &n.Collected, &n.Debited)
}

// below reports whether the balance stood below zero when something was last known.
func (n *NegativeBalance) below() bool { return !n.Since.IsZero() }

// keyNegative finds the balances that are below zero, oldest first.
const keyNegative = "negative"

var negativeKind = ledger.Kind[NegativeBalance]{
	Name:   "connect.negative_balance",
	Prefix: "neg_",
	Loaded: (*NegativeBalance).loaded,
	Keys: func(n *NegativeBalance) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 4), ledger.Key{Name: "platform", Value: n.Platform, At: n.Created},
			ledger.Key{Name: "account", Value: n.Account, At: n.Created})
		if n.below() {
			keys = append(keys, ledger.Key{Name: keyNegative, Value: n.Platform, At: n.Since})
		}
		return n.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "status", Path: "status"},
		{Name: "owes", Path: "owes", Type: ledger.MoneyColumn}, {Name: "owes_minor", Path: "owes.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "currency"}, {Name: "since", Path: "since", Type: ledger.TimeColumn},
		{Name: "cover", Path: "cover", Type: ledger.MoneyColumn}, {Name: "collected", Path: "collected", Type: ledger.MoneyColumn},
		{Name: "looked", Path: "looked", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// negativeID names the one object of an account and currency.
func negativeID(account string, c ledger.Currency) string {
	return negativeKind.Prefix + account + "_" + c.String()
}

func (n *NegativeBalance) become(to NegativeStatus) error {
	err := negativeLife.check("negative balance", n.Status, to)
	if err == nil {
		n.Status = to
	}
	return err
}

func (p *Platform) putNegative(u *ledger.Unit, n *NegativeBalance, event string) error {
	if event != "" {
		u.Emit(ledger.Event{Type: event, Platform: p.id, Object: negativeKind.ID(n.ID)})
	}
	return negativeKind.Put(u, n.ID, n)
}

// The types of the events of negative balances.
const (
	EventNegativeOpened    = "negative_balance.opened"
	EventNegativeUpdated   = "negative_balance.updated"   // more or less stands behind it
	EventNegativeCollected = "negative_balance.collected" // the platform has paid it
	EventNegativeEnded     = "negative_balance.ended"
)

// GetNegativeBalance returns a negative balance of the platform's accounts, also one
// that has ended.
func (p *Platform) GetNegativeBalance(ctx context.Context, id string) (*NegativeBalance, error) {
	return get(ctx, p, &negativeKind, id, "negative balance", func(n *NegativeBalance) string { return n.Platform })
}

var negativeLister = &lister[NegativeBalance]{
	what: "negative balances", kind: &negativeKind, account: "account", platform: func(n *NegativeBalance) string { return n.Platform },
}

// ListNegativeBalances returns a page of the balances that are or were below zero.
func (p *Platform) ListNegativeBalances(ctx context.Context, r ListRequest) (*List[NegativeBalance], error) {
	return negativeLister.page(ctx, p, r)
}

// NegativeBalances walks them, newest first.
func (p *Platform) NegativeBalances(ctx context.Context, r ListRequest) iter.Seq2[*NegativeBalance, error] {
	return negativeLister.each(ctx, p, r, func(n *NegativeBalance) string { return n.ID })
}
