package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// DisputeStatus is where a dispute stands, in the field's words.
type DisputeStatus string

// The states of a dispute. Those of an inquiry begin with warning: the buyer's bank
// asks, and takes nothing.
const (
	InquiryNeedsResponse DisputeStatus = "warning_needs_response"
	InquiryUnderReview   DisputeStatus = "warning_under_review"
	InquiryClosed        DisputeStatus = "warning_closed"
	DisputeNeedsResponse DisputeStatus = "needs_response"
	DisputeUnderReview   DisputeStatus = "under_review"
	DisputeWon           DisputeStatus = "won"
	DisputeLost          DisputeStatus = "lost"
)

// Why a dispute was lost before its acquirer said so.
const (
	codeNoResponse = "no_response" // nobody answered in time
	codeAccepted   = "accepted"
)

// ClawBack says when a platform that bears a dispute pulls the seller's part of it
// back by itself.
type ClawBack string

// When the seller's part is pulled back.
const (
	ClawBackByHand ClawBack = "by_hand" // RecoverDispute does it
	ClawBackOpened ClawBack = "opened"  // as soon as the dispute takes money
	ClawBackLost   ClawBack = "lost"
)

// DisputePolicy is how a platform deals with disputes. What it was when a dispute took
// its money is that dispute's.
type DisputePolicy struct {
	ClawBack  ClawBack `json:"clawBack,omitzero"`  // empty: ClawBackByHand. A direct charge is the seller's, and needs none
	ReturnFee bool     `json:"returnFee,omitzero"` // the seller who gives a part back gets the same part of the commission
	// HouseBearsExcess: what a lost dispute took beyond what the charge had left is the
	// house's loss. Else it is taken from whoever bears the dispute.
	HouseBearsExcess bool `json:"houseBearsExcess,omitzero"`
}

func (p DisputePolicy) check() (DisputePolicy, error) {
	switch p.ClawBack {
	case "":
		p.ClawBack = ClawBackByHand
	case ClawBackByHand, ClawBackOpened, ClawBackLost:
	default:
		return p, badField("invalid_request", "disputes.clawBack", "it is by_hand, opened or lost")
	}
	return p, nil
}

// Dispute is a payment that its buyer questions at their bank. Its amount is taken from
// the seller of a direct charge, and else from the platform, as soon as it is more
// than an inquiry.
type Dispute struct {
	ID        string        `json:"id"`
	Platform  string        `json:"platform"`
	Charge    string        `json:"charge"`
	Account   string        `json:"account,omitzero"`
	Acquirer  string        `json:"acquirer"`
	Reference string        `json:"reference"`         // the acquirer's name for it
	Amount    ledger.Money  `json:"amount"`            // what is disputed, in the currency in which the buyer paid
	AmountAt  time.Time     `json:"amountAt,omitzero"` // of which time Amount is, as the acquirer says
	Rail      string        `json:"rail,omitzero"`     // of a claim under a bank debit's guarantee; it has no acquirer
	Reason    string        `json:"reason,omitzero"`
	Network   string        `json:"network,omitzero"` // the network's code of the reason: "10.4"
	Status    DisputeStatus `json:"status"`
	Code      string        `json:"code,omitzero"` // why it was lost by itself
	DueBy     time.Time     `json:"dueBy,omitzero"`
	Created   time.Time     `json:"created"`
	Decided   time.Time     `json:"decided,omitzero"`  // when it was heard to be won or lost, the last time
	Booked    []string      `json:"booked,omitzero"`   // the first transaction of each change in which something was posted for it
	StatusAt  time.Time     `json:"statusAt,omitzero"` // of which time its status is, as the acquirer says

	// What the acquirer has taken for it so far, and given back, of Amount.
	Withdrawn  ledger.Money `json:"withdrawn"`
	Reinstated ledger.Money `json:"reinstated"`
	Moved      ledger.Money `json:"moved"` // what of that is booked, and what losing it means

	// Taken is what it takes back of its charge, counted there as a refund is: under way
	// while it is open, done when it is lost, undone when it is won. Nil: it has taken
	// nothing yet. All its amounts are in the currency in which the charge settles.
	Taken *Refund `json:"taken,omitzero"`
	// Excess is what of Amount the charge did not have any more. It lies in suspense
	// until the dispute is decided.
	Excess ledger.Money `json:"excess"`
	// Kept is what it had released of the value of the charge and did not take back when it
	// was won, in minor units of the books' base: others had closed less for it.
	Kept int64 `json:"kept,omitzero"`
	// Recovered: the seller's part of Taken was pulled back.
	Recovered bool          `json:"recovered,omitzero"`
	Policy    DisputePolicy `json:"policy,omitzero"`

	// Failed: the payment failed after all, and was taken back for that; the dispute takes
	// nothing.
	Failed bool `json:"failed,omitzero"`

	Fee      *DisputeFee `json:"fee,omitzero"`      // nil: none was taken
	Evidence Evidence    `json:"evidence,omitzero"` // staged, and sent with Answer
	Answer   string      `json:"answer,omitzero"`   // the DisputeAnswer that is under way or was taken

	Counted bool `json:"counted,omitzero"` // against the limits of its card network

	Work ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// DisputeFee is what the house takes for a dispute, besides its amount.
type DisputeFee struct {
	Amount   ledger.Money `json:"amount"`
	Owner    string       `json:"owner"`             // from whom
	Returns  bool         `json:"returns,omitzero"`  // it goes back when the dispute is won
	Returned bool         `json:"returned,omitzero"` // it has
}

// open reports whether it takes its amount now, and nobody has decided.
func (d *Dispute) open() bool { return d.Taken != nil && d.Taken.Status == RefundPending }

// takes reports whether its amount is taken now.
func (d *Dispute) takes() bool {
	return d.open() || d.Taken != nil && d.Taken.Status == RefundSucceeded
}

// clone is a dispute as it is now, whatever becomes of it.
func (d *Dispute) clone() *Dispute {
	was := *d
	if d.Taken != nil {
		taken := *d.Taken
		was.Taken = &taken
	}
	return &was
}

func (d *Dispute) loaded() {
	asZero(ledger.Zero(d.Amount.Currency()), &d.Withdrawn, &d.Reinstated, &d.Moved, &d.Excess)
	if d.Taken != nil {
		asZero(ledger.Zero(d.Taken.Amount.Currency()), &d.Taken.Reversal, &d.Taken.FeeBack)
		d.Taken.loaded()
	}
}

var disputeKind = ledger.Kind[Dispute]{
	Name:   "connect.dispute",
	Prefix: "dp_",
	Loaded: (*Dispute).loaded,
	Keys: func(d *Dispute) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 4),
			ledger.Key{Name: "platform", Value: d.Platform, At: d.Created},
			ledger.Key{Name: "charge", Value: d.Charge, At: d.Created})
		if d.Account != "" {
			keys = append(keys, ledger.Key{Name: "account", Value: d.Account, At: d.Created})
		}
		return d.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "charge", Path: "charge"}, {Name: "account", Path: "account"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"}, {Name: "reason", Path: "reason"},
		{Name: "due_by", Path: "dueBy", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

func (p *Platform) putDispute(u *ledger.Unit, d *Dispute, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: disputeKind.ID(d.ID)})
	return disputeKind.Put(u, d.ID, d)
}

// dispute returns a dispute of the platform, expected unchanged.
func (p *Platform) dispute(u *ledger.Unit, id string) (*Dispute, error) {
	d, err := disputeKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "dispute")
	}
	if d.Platform != p.id {
		return nil, notFound("dispute")
	}
	return d, nil
}

// GetDispute returns a dispute of the platform.
func (p *Platform) GetDispute(ctx context.Context, id string) (*Dispute, error) {
	return get(ctx, p, &disputeKind, id, "dispute", func(d *Dispute) string { return d.Platform })
}

var disputes = lister[Dispute]{
	what: "list disputes", kind: &disputeKind, platform: func(d *Dispute) string { return d.Platform }, account: "account", charge: "charge",
}

// ListDisputes lists disputes, of the platform, an account or a charge, newest first.
func (p *Platform) ListDisputes(ctx context.Context, r ListRequest) (*List[Dispute], error) {
	return disputes.page(ctx, p, r)
}

// Disputes goes through the same list page by page.
func (p *Platform) Disputes(ctx context.Context, r ListRequest) iter.Seq2[*Dispute, error] {
	return disputes.each(ctx, p, r, func(d *Dispute) string { return d.ID })
}
