package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Acquirer takes money in: a card processor, or the host's own processor behind
// an adapter. It acts outside any unit of work. Each call carries a key that
// names the request for ever; what the acquirer promises about a repeated key
// is in Info.
//
// A decline is an Answer. An error means that no answer came, so that it is
// not known whether the acquirer acted; of class Exists, that the key belongs to
// another order. The suite acquirertest proves what Info declares.
type Acquirer interface {
	Info() AcquirerInfo
	// Authorize asks for an amount, and captures it at once if the order says so.
	// Where the buyer has to do something first the answer is RequiresAction.
	Authorize(ctx context.Context, key string, o AuthorizeOrder) (Answer, error)
	// Capture takes an amount of what was authorized.
	Capture(ctx context.Context, key string, o CaptureOrder) (Answer, error)
	// Cancel lets go of what was authorized and not captured, or of what waits for
	// the buyer.
	Cancel(ctx context.Context, key string, o CancelOrder) (Answer, error)
	// Refund gives an amount of what was captured back.
	Refund(ctx context.Context, key string, o RefundOrder) (Answer, error)
	// Lookup returns what became of a key. A key that was never seen is of
	// class NotFound. A Keyed acquirer, which is only asked about what it has
	// answered with Received or RequiresAction, may say so of a request that it
	// turned down without making anything of it.
	Lookup(ctx context.Context, key string) (Answer, error)
}

// AcquirerInfo is what an acquirer declares of itself.
type AcquirerInfo struct {
	Name     string // names its account in the books: acquirer/<name>
	Delivery ledger.Delivery
	KeyLife  time.Duration // Keyed: for how long a key is remembered; 0 is for ever
	Settling time.Duration // Askable: how long after a request "never seen" may be too early
	// NewsOnly: it cannot be asked what became of a key (Lookup has no answer), and
	// what it first answers with Received comes as News alone. A Blind one never can.
	NewsOnly  bool
	OneCharge bool // a source is a payment, of which there is one charge: a second one is refused
}

// silent reports whether the truth comes as news alone.
func (i AcquirerInfo) silent() bool { return i.NewsOnly || i.Delivery == ledger.Blind }

// AuthorizeOrder asks for money.
type AuthorizeOrder struct {
	Amount     ledger.Money
	Source     string // the acquirer's token
	Capture    bool
	Descriptor string // what the buyer sees

	Initiation Initiation // who starts it; the zero value is the buyer, who is present
	Exemption  Exemption  // from authentication, asked for
	Challenge  bool       // the buyer is to authenticate: an earlier attempt was declined for the want of it

	Save   bool // keep the source for later, as SourceSaver does: Answer.Saved says what was kept
	Stored bool // Source is one that was kept
}

// CaptureOrder takes what was authorized.
type CaptureOrder struct {
	Reference string // of the authorization
	Amount    ledger.Money
	// Final lets go of the rest: nothing more of the authorization can be captured
	// afterwards. Else it stays, where the acquirer takes several captures.
	Final bool
}

// CancelOrder lets an authorization go.
type CancelOrder struct {
	Reference string
}

// RefundOrder gives captured money back.
type RefundOrder struct {
	Reference string // of the authorization, whether it was captured at once or later
	Amount    ledger.Money
}

// AnswerStatus is what an acquirer says.
type AnswerStatus string

// What an acquirer can say.
const (
	Approved AnswerStatus = "approved"
	Declined AnswerStatus = "declined"
	Received AnswerStatus = "received" // the truth comes later, by Lookup or as News
	// RequiresAction: the buyer has to do something, as Answer.Action says. The
	// truth comes afterwards, by Lookup or as News.
	RequiresAction AnswerStatus = "requires_action"

	// What was approved, and no longer is. They come as news of the key of an
	// authorization.
	Canceled AnswerStatus = "canceled" // what was authorized and not captured was let go there: by the network, or a person
	Failed   AnswerStatus = "failed"   // the payment failed after all, and its money was taken back: a bank debit that was returned
)

// Answer is what an acquirer says about one key.
type Answer struct {
	Status    AnswerStatus
	Code      string // why it was declined, in the field's decline codes: "insufficient_funds"
	Reference string // the acquirer's name for it
	Amount    ledger.Money
	AtOnce    bool // the money needs no days to become available
	// Country is where the card was issued (ISO 3166-1 alpha-2), if the acquirer
	// tells: a price may depend on it.
	Country string

	Action Action         // RequiresAction: what the buyer has to do
	Auth   Authentication // how the buyer was authenticated, if the acquirer tells
	// Network is the card network, if the acquirer tells: "visa". Rules of capture
	// depend on it.
	Network string
	// CaptureBefore is when an authorization ends, if the acquirer tells. Else the
	// rules of capture say.
	CaptureBefore time.Time
	Checks        compliance.Checks // what the card's issuer said of what the buyer typed, if the acquirer tells
	Saved         SourceDetails     // of a source that is kept for later, where that was asked for

	key string // which it is about, where the engine knows
}

// News is an answer that comes unasked: by notification, from a report, from a
// person. It may come twice and in any order.
type News struct {
	Key    string
	Answer Answer
}
