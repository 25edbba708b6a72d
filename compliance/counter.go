package compliance

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Counter answers questions about what was before a payment. It writes nothing,
// counts neither the payment itself nor what comes after its At, and nothing of
// another platform. Charges, transfers and disputes count from when they were made.
//
// The answer is a number to CountOf, an amount in the question's currency to SumOf
// and AverageOf, a duration to SinceFirst; another kind is an error of the rule that
// asked. What it cannot tell (it keeps no such count, there was nothing to average,
// an amount has no rate) is the zero Value. An error ends the decision.
type Counter interface {
	Ask(ctx context.Context, p *Payment, q Question) (Value, error)
}

// Measure is what a question asks for.
type Measure string

// The measures.
const (
	CountOf    Measure = "count"   // how many; of cards, emails, names, customers and ips: how many different ones
	SumOf      Measure = "sum"     // of their amounts
	AverageOf  Measure = "average" // of their amounts
	SinceFirst Measure = "since"   // how long ago the first was
)

// Question is what a rule asks a Counter: of those charges whose By is Key, and that
// are not older than Within.
type Question struct {
	Measure Measure
	// Status is of which alone: "authorized" (the acquirer approved), "successful",
	// "declined" (by acquirer or issuer), "failed" (in any way), "blocked" (by rules);
	// of customers "fraudulent". Empty: all.
	Status string
	// Of is "charges", "transfers", "disputes", or what their charges had: "cards",
	// "emails", "names", "customers", "ips".
	Of string
	// By is the attribute that is the same ("card.fingerprint"), and Key its value in
	// this payment: as it is, or as Fold gives it where case makes no difference.
	By, Key string
	// Within is how far back it looks, to the second. 0: for ever.
	Within time.Duration
	// AtMost bounds CountOf: a higher number may be told as this one.
	AtMost int64
	// Currency is that of SumOf and AverageOf.
	Currency ledger.Currency
}
