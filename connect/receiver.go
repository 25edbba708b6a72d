package connect

import (
	"context"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// ReceiverStatus is where a receiver stands.
type ReceiverStatus string

// The states of a receiver. One that is filled becomes open or expired again if
// the chain takes its coins back, and one that has expired is filled when coins
// that were sent in time are confirmed after all.
const (
	ReceiverPending ReceiverStatus = "pending" // recorded; its address and rate are still to come
	ReceiverOpen    ReceiverStatus = "open"    // waits for coins
	ReceiverFilled  ReceiverStatus = "filled"  // paid in full: Charge is the payment
	ReceiverExpired ReceiverStatus = "expired" // the window is over; what came is to be applied or returned
	ReceiverFailed  ReceiverStatus = "failed"  // it never got an address; Code says why
)

// Receiver is an address of the host's wallet for one payment in bitcoin: so many
// satoshi, at a rate that is guaranteed for a while. Who pays in full within that
// time has paid Amount, and the payment is a Charge like others (Method
// "bitcoin", Source the receiver). All other coins stay coins, until they are
// applied (ApplyCoins) or returned (ReturnCoins).
type Receiver struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Account     string            `json:"account,omitzero"`
	Wallet      string            `json:"wallet"`
	Amount      ledger.Money      `json:"amount"` // what the buyer pays
	Email       string            `json:"email,omitzero"`
	Description string            `json:"description,omitzero"`
	RefundTo    string            `json:"refundTo,omitzero"` // an address of the buyer's
	Status      ReceiverStatus    `json:"status"`
	Code        string            `json:"code,omitzero"`
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	// Set when it opens.
	Address string       `json:"address,omitzero"`
	Satoshi ledger.Money `json:"satoshi,omitzero"` // what is to be paid, in BTC, rounded up
	Rate    fx.Rate      `json:"rate,omitzero"`    // of a coin in the currency of Amount
	Value   ledger.Money `json:"value,omitzero"`   // of Satoshi in the base currency of the platform's books
	Until   time.Time    `json:"until,omitzero"`   // the end of the window, included
	Need    int64        `json:"need,omitzero"`    // confirmations

	// What came, in BTC: Received is Paid, Applied, Returned and what is still
	// there, less Missing.
	Coins     []bitcoin.Coin `json:"coins,omitzero"`
	Received  ledger.Money   `json:"received,omitzero"`  // confirmed
	Paid      ledger.Money   `json:"paid,omitzero"`      // became Charge
	Applied   ledger.Money   `json:"applied,omitzero"`   // became other payments
	Returned  ledger.Money   `json:"returned,omitzero"`  // sent back, the network's cost included
	Returning ledger.Money   `json:"returning,omitzero"` // being sent back
	Missing   ledger.Money   `json:"missing,omitzero"`   // applied or returned before the chain took it back: in suspense

	Charge string      `json:"charge,omitzero"` // the payment, while it is filled
	Terms  Charge      `json:"terms"`           // what that is made of
	Work   ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// Free returns the coins that are there, are no payment, and are not being sent
// back: in BTC.
func (r *Receiver) Free() ledger.Money {
	return ledger.Minor(r.there()-r.Returning.Minor(), ledger.BTC)
}

// there is what the receiver's ledger account holds.
func (r *Receiver) there() int64 {
	return r.Received.Minor() + r.Missing.Minor() - r.Paid.Minor() - r.Applied.Minor() - r.Returned.Minor()
}

// URI returns what a wallet of the buyer's opens (BIP-21): the address, the amount
// and the description. It is empty before the receiver opens.
func (r *Receiver) URI() string {
	if r.Address == "" {
		return ""
	}
	uri := "bitcoin:" + r.Address + "?amount=" + strings.TrimRight(strings.TrimRight(r.Satoshi.Amount(), "0"), ".")
	if r.Description != "" {
		uri += "&message=" + strings.ReplaceAll(url.QueryEscape(r.Description), "+", "%20")
	}
	return uri
}

func (r *Receiver) loaded() {
	asZero(ledger.Zero(ledger.BTC), &r.Satoshi, &r.Received, &r.Paid, &r.Applied, &r.Returned, &r.Returning, &r.Missing)
	r.Terms.loaded()
}

var receiverKind = ledger.Kind[Receiver]{
	Name:   "connect.receiver",
	Prefix: "rcv_",
	Loaded: (*Receiver).loaded,
	Keys: func(r *Receiver) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 3), ledger.Key{Name: "platform", Value: r.Platform, At: r.Created})
		if r.Account != "" {
			keys = append(keys, ledger.Key{Name: "account", Value: r.Account, At: r.Created})
		}
		return r.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn}, {Name: "currency", Path: "amount.currency"},
		{Name: "status", Path: "status"}, {Name: "address", Path: "address"}, {Name: "charge", Path: "charge"},
		{Name: "satoshi", Path: "satoshi.amountMinor", Type: ledger.IntegerColumn},
		{Name: "received", Path: "received.amountMinor", Type: ledger.IntegerColumn},
		{Name: "until", Path: "until", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// coinAddress says whose an address is. There is one for each that was ever given
// out, under the address, so that none is given twice.
type coinAddress struct {
	Receiver string `json:"receiver"`
}

var coinAddressKind = ledger.Kind[coinAddress]{
	Name: "connect.coin_address", Prefix: "btc_", Columns: []ledger.Column{{Name: "receiver", Path: "receiver"}},
}

// The types of the events of receivers and of coins that go back.
const (
	EventReceiverPending = "receiver.pending" // recorded
	EventReceiverOpened  = "receiver.opened"  // it can be shown to the buyer
	EventReceiverUpdated = "receiver.updated" // coins were seen, confirmed, replaced, applied or returned
	EventReceiverFilled  = "receiver.filled"
	EventReceiverExpired = "receiver.expired"
	EventReceiverFailed  = "receiver.failed"

	EventCoinReturnCreated   = "coin_return.created"
	EventCoinReturnUpdated   = "coin_return.updated"
	EventCoinReturnSucceeded = "coin_return.succeeded"
	EventCoinReturnFailed    = "coin_return.failed"
)

// ReceiverRequest asks a buyer for bitcoin. What it says of the payment is what a
// ChargeRequest says.
type ReceiverRequest struct {
	Key            string            `json:"-"`
	Amount         ledger.Money      `json:"amount,omitzero"` // in money, not in coins
	Net            ledger.Money      `json:"net,omitzero"`
	Total          ledger.Money      `json:"total,omitzero"`
	AccountID      string            `json:"account,omitzero"`
	ApplicationFee ledger.Money      `json:"applicationFee,omitzero"`
	NoFee          bool              `json:"noFee,omitzero"`
	FeeTax         []Tax             `json:"feeTax,omitzero"`
	Tax            []Tax             `json:"tax,omitzero"`
	PriceOf        ledger.Money      `json:"priceOf,omitzero"`
	Category       string            `json:"category,omitzero"`
	Email          string            `json:"email,omitzero"`       // the buyer's
	RefundTo       string            `json:"refundTo,omitzero"`    // an address of the buyer's for what goes back
	Description    string            `json:"description,omitzero"` // for people, also in the URI
	Metadata       map[string]string `json:"metadata,omitzero"`
}

// MethodBitcoin is the Method of payments in bitcoin: prices may depend on it.
const MethodBitcoin = "bitcoin"

// charge is what the request says of the payment.
func (r *ReceiverRequest) charge(id string) ChargeRequest {
	return ChargeRequest{
		Amount: r.Amount, Net: r.Net, Total: r.Total, Source: id, AccountID: r.AccountID, ApplicationFee: r.ApplicationFee, NoFee: r.NoFee,
		FeeTax: r.FeeTax, Tax: r.Tax, PriceOf: r.PriceOf, Category: r.Category, Method: MethodBitcoin,
		Description: r.Description, Metadata: r.Metadata,
	}
}

// CreateReceiver asks a buyer for bitcoin. The receiver is open, with its address,
// when it returns; if the address or the rate is still to come it is pending, and
// Drain goes on with it. One for which there is no rate, or that asks for less than
// the network carries, has failed.
func (p *Platform) CreateReceiver(ctx context.Context, r ReceiverRequest) (*Receiver, error) {
	if err := p.may(ctx, "CreateReceiver"); err != nil {
		return nil, err
	}
	if r.ApplicationFee.IsZero() && r.ApplicationFee != (ledger.Money{}) {
		r.NoFee = true // as in Charge
	}
	return receiverTask.do(ctx, p, r.Key, r)
}

// GetReceiver returns a receiver of the platform.
func (p *Platform) GetReceiver(ctx context.Context, id string) (*Receiver, error) {
	return get(ctx, p, &receiverKind, id, "receiver", func(r *Receiver) string { return r.Platform })
}

var receiverLister = &lister[Receiver]{what: "receivers", kind: &receiverKind, account: "account", platform: func(r *Receiver) string { return r.Platform }}

// ListReceivers returns a page of the platform's receivers.
func (p *Platform) ListReceivers(ctx context.Context, r ListRequest) (*List[Receiver], error) {
	return receiverLister.page(ctx, p, r)
}

// Receivers walks the platform's receivers, newest first.
func (p *Platform) Receivers(ctx context.Context, r ListRequest) iter.Seq2[*Receiver, error] {
	return receiverLister.each(ctx, p, r, func(x *Receiver) string { return x.ID })
}

func (p *Platform) putReceiver(u *ledger.Unit, r *Receiver, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: receiverKind.ID(r.ID)})
	return receiverKind.Put(u, r.ID, r)
}

// receiver returns a receiver of the platform, expected unchanged.
func (p *Platform) receiver(u *ledger.Unit, id string) (*Receiver, error) {
	r, err := receiverKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "receiver")
	}
	if r.Platform != p.id {
		return nil, notFound("receiver")
	}
	return r, nil
}
