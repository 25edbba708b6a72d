package sealed

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// Detokeniser opens what stands behind tokens. Only a rail or an acquirer is given one, by
// the host that sets it up; the engine has none. Whoever has one tells it why.
type Detokeniser interface {
	// Detokenise opens up to 1,000 tokens, and answers for each of them in the order asked,
	// so that one which cannot be opened holds up no other. It is told in the feed of events
	// before anything is opened; if that cannot be done, nothing is.
	Detokenise(ctx context.Context, r Request) ([]Opened, error)
}

// MaxTokens is how many tokens one request opens.
const MaxTokens = 1000

// Request asks for what stands behind tokens.
type Request struct {
	Tokens  []string // as they stand in payout.Destination.Token
	Purpose string   // why, for the audit: 1–100 characters of printable ASCII, such as the name of a file
}

// Opened is what stands behind one token.
type Opened struct {
	Token    string
	Country  string // ISO 3166-1 alpha-2
	Currency ledger.Currency
	Fields   Clear // of a bank account: as bank.ParseAccount takes them
	Err      error // why it could not be opened: NotFound, or State where it was erased
}
