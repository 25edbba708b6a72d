package connect

import (
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// BalanceTransaction is what one step of an object did to what one owner has in one
// currency, as people read it: a sale and the fees taken out of it are one line. It
// is read from the ledger's transactions and stored nowhere, so it is never anything
// else than these.
//
// The net amounts of an owner and a currency add up to what the owner has pending,
// available and waiting (held) in it; with Moves, what Changes says of each purpose
// adds up to what the owner has in that.
type BalanceTransaction struct {
	// ID is the same whenever it is read: the name of the ledger transaction that it
	// stands for, the owner and the currency.
	ID       string                 `json:"id"`
	Platform string                 `json:"platform"`
	Owner    string                 `json:"owner"` // an account, or the platform itself
	Type     BalanceTransactionType `json:"type"`
	Category ReportingCategory      `json:"reportingCategory"`
	Currency ledger.Currency        `json:"currency"`
	// Amount is signed. Fee is what was taken out of it, below zero where fees came
	// back. Net is Amount less Fee: what the owner has more, or less.
	Amount ledger.Money `json:"amount"`
	Fee    ledger.Money `json:"fee"`
	Net    ledger.Money `json:"net"`
	Fees   []FeeDetail  `json:"feeDetails,omitzero"` // they add up to Fee

	// Available is the day on which the money is available, or was taken from what
	// is; zero where it waits for a release (HeldShare). Pending tells that it waits for
	// that day still.
	Available payout.Day `json:"availableOn,omitzero"`
	Pending   bool       `json:"pending,omitzero"`
	// Rate is how an amount that was paid, or had, in another currency was converted,
	// as it was published: "1.1252 USD = 1 EUR". Empty: nothing was converted.
	Rate string `json:"exchangeRate,omitzero"`

	Source  ledger.ID `json:"source"`  // the object whose step it was
	Reason  string    `json:"reason"`  // of the ledger transaction that it stands for: docs/chart-of-accounts.md
	Created time.Time `json:"created"` // when that was posted

	Changes      []PurposeChange `json:"changes"`      // what it did, purpose by purpose
	Transactions []string        `json:"transactions"` // the ledger transactions that it is read from, in the order of booking
}

// FeeDetail is one fee of a balance transaction.
type FeeDetail struct {
	Type   FeeType      `json:"type"`
	Amount ledger.Money `json:"amount"` // below zero where it came back
	// Authority is whose the tax is, of FeeTax and FeeWithheldTax.
	Authority   string `json:"authority,omitzero"`
	Transaction string `json:"transaction"` // the ledger transaction that took it
}

// FeeType is what a fee is for.
type FeeType string

// The fees of balance transactions.
const (
	FeeProcessing  FeeType = "processing_fee"
	FeeApplication FeeType = "application_fee" // the platform's commission, or another fee of the platform
	FeeTax         FeeType = "tax"             // on the platform's commission
	FeeWithheldTax FeeType = "withheld_tax"    // of what was paid, passed on to an authority
	FeeExchange    FeeType = "fx_fee"          // what the house keeps of a conversion
	FeeDispute     FeeType = "dispute_fee"
)

// PurposeChange is what a balance transaction did to one purpose of an owner's
// accounts, all days of pending money together.
type PurposeChange struct {
	Purpose string       `json:"purpose"`
	Amount  ledger.Money `json:"amount"`
}

const balanceTransactionPrefix = "txn_"

// balanceTransactionID names what a ledger transaction did to an owner in a currency.
func balanceTransactionID(transaction, owner string, c ledger.Currency) string {
	return balanceTransactionPrefix + transaction + ":" + owner + ":" + c.String()
}

// parseBalanceTransactionID reads such a name. Neither owners nor currencies have
// colons.
func parseBalanceTransactionID(id string) (transaction, owner string, c ledger.Currency, ok bool) {
	rest, ok := strings.CutPrefix(id, balanceTransactionPrefix)
	last := strings.LastIndexByte(rest, ':')
	if !ok || last < 0 || len(id) > 256 {
		return "", "", c, false
	}
	rest, code := rest[:last], rest[last+1:]
	if last = strings.LastIndexByte(rest, ':'); last <= 0 || last == len(rest)-1 {
		return "", "", c, false
	}
	c, err := ledger.ParseCurrency(code)
	return rest[:last], rest[last+1:], c, err == nil && c.String() == code
}
