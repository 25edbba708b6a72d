package bitcoin

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Addresses gives addresses to be paid. They are the host's, who has the keys.
type Addresses interface {
	// Address returns the address of a key: one that nobody was ever given, or
	// the same again if the key was asked for before.
	Address(ctx context.Context, key string) (string, error)
}

// Wallet sends coins: the host's, behind an adapter. It acts outside any unit of
// work. Each call carries a key that names the request for ever; what the wallet
// promises about a repeated key is in Info.
//
// A refusal is an Answer. An error means that no answer came, so that it is not
// known whether the wallet acted; of class Exists, that the key belongs to another
// order.
type Wallet interface {
	Info() WalletInfo
	// Send pays coins to an address.
	Send(ctx context.Context, key string, o Order) (Answer, error)
	// Lookup returns what became of a key. One that was never seen is of class
	// NotFound.
	Lookup(ctx context.Context, key string) (Answer, error)
}

// WalletInfo is what a wallet declares of itself.
type WalletInfo struct {
	Name     string // names its account in the books: wallet/<name>
	Delivery ledger.Delivery
	KeyLife  time.Duration // Keyed: for how long a key is remembered; 0 is for ever
	Settling time.Duration // Askable: how long after a request "never seen" may be too early
}

// Order asks a wallet to pay. A wallet pays from what it likes.
type Order struct {
	Address string
	Satoshi int64
	CostBy  Bearer // Buyer: what the network takes comes out of Satoshi; House: on top
}

// Bearer is who pays for getting a transaction into a block.
type Bearer string

// Who may bear the network's cost.
const (
	Buyer Bearer = "buyer"
	House Bearer = "house"
)

// Status is what a wallet says.
type Status string

// What a wallet can say.
const (
	Sent    Status = "sent"    // it was handed to the network and will not be taken back
	Refused Status = "refused" // nothing was sent, and nothing will be
	Queued  Status = "queued"  // the truth comes later, by Lookup or as news
)

// Answer is what a wallet says about one key.
type Answer struct {
	Status  Status
	Code    string // why it was refused: "insufficient_funds"
	Tx      string // Sent: the transaction's id
	Satoshi int64  // Sent: what arrives
	Cost    int64  // Sent: what the network takes for it, in satoshi
}

// News is an answer that comes unasked. It may come twice and in any order.
type News struct {
	Key    string // of the request: the id of the return
	Answer Answer
}
