package compliance

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// PaymentKind is what moves the money.
type PaymentKind string

// The kinds of payments.
const (
	ChargePayment   PaymentKind = "charge"   // a buyer pays
	TransferPayment PaymentKind = "transfer" // money goes from one account to another
)

// Stage is what has happened to a payment when rules are asked.
type Stage uint8

// The stages.
const (
	BeforeAuthorization Stage = iota // nobody has been asked for the money yet
	AfterAuthorization               // the acquirer has approved it, and has told its checks
)

// Payment is a charge or a transfer as a Rule sees it: the facts on which it
// decides. Only At is needed. Everything else may be missing, and that is not a
// value: empty text, the zero Money and time, Unknown, nil. A list that is nil is
// missing; one that is empty is known to have nothing in it.
//
// A rule changes nothing of a payment, and keeps nothing of it. Text is as it came
// and at most 4,096 bytes; countries are codes of ISO 3166-1 in two letters, in either case.
type Payment struct {
	ID       string      `json:"id,omitzero"`
	Platform string      `json:"platform,omitzero"`
	Kind     PaymentKind `json:"kind,omitzero"`
	Stage    Stage       `json:"stage,omitzero"`
	At       time.Time   `json:"at,omitzero"` // the moment of the decision

	Amount        ledger.Money `json:"amount,omitzero"`
	Fee           ledger.Money `json:"fee,omitzero"`      // the platform's commission
	Method        string       `json:"method,omitzero"`   // "card", "debit", "bitcoin"
	Category      string       `json:"category,omitzero"` // of what is sold
	Description   string       `json:"description,omitzero"`
	TransferGroup string       `json:"transferGroup,omitzero"`
	From          string       `json:"from,omitzero"` // of a transfer: the account that it leaves, or the platform
	OnBehalfOf    string       `json:"onBehalfOf,omitzero"`
	Direct        Truth        `json:"direct,omitzero"` // the seller's own charge

	Card     Card          `json:"card,omitzero"`
	Buyer    Buyer         `json:"buyer,omitzero"`
	Billing  Address       `json:"billing,omitzero"`
	Shipping Address       `json:"shipping,omitzero"`
	Auth     Auth          `json:"auth,omitzero"`
	Checks   Checks        `json:"checks,omitzero"`
	Seller   Seller        `json:"seller,omitzero"`
	Lines    []PaymentLine `json:"lines,omitzero"`

	Metadata         map[string]string `json:"metadata,omitzero"`
	BuyerMetadata    map[string]string `json:"buyerMetadata,omitzero"` // of the customer
	SellerMetadata   map[string]string `json:"sellerMetadata,omitzero"`
	PlatformMetadata map[string]string `json:"platformMetadata,omitzero"`

	// Host are facts that only the host can know, by name: "risk.score".
	Host map[string]Value `json:"host,omitzero"`
	// Rates are what an amount in another currency is compared by. Without the one
	// that is needed the comparison is unknown; the inverse is not assumed.
	Rates []PaymentRate `json:"rates,omitzero"`
	// Counter answers what was before this payment. Nil: what counts is unknown.
	Counter Counter `json:"-"`
}

// Card is what is known of the card that pays.
type Card struct {
	Brand       string `json:"brand,omitzero"`   // "visa"
	Funding     string `json:"funding,omitzero"` // "credit", "debit", "prepaid", "unknown"
	Country     string `json:"country,omitzero"` // where it was issued
	BIN         string `json:"bin,omitzero"`     // its first six or eight digits
	Last4       string `json:"last4,omitzero"`
	Fingerprint string `json:"fingerprint,omitzero"` // the same for the same card
	Wallet      string `json:"wallet,omitzero"`      // "apple_pay"; missing if it was none
	Secure      string `json:"secure,omitzero"`      // whether it takes 3-D Secure: "required", "recommended", "optional", "not_supported"
	New         Truth  `json:"new,omitzero"`         // the customer has not paid with it before
}

// Buyer is who pays.
type Buyer struct {
	Customer  string `json:"customer,omitzero"` // the platform's or the seller's customer
	Name      string `json:"name,omitzero"`
	Country   string `json:"country,omitzero"`
	Email     string `json:"email,omitzero"`
	IP        string `json:"ip,omitzero"`
	IPCountry string `json:"ipCountry,omitzero"`
}

// Address is where something is sent, or where a card is registered.
type Address struct {
	Line1      string `json:"line1,omitzero"`
	Line2      string `json:"line2,omitzero"`
	PostalCode string `json:"postalCode,omitzero"`
	City       string `json:"city,omitzero"`
	State      string `json:"state,omitzero"`
	Country    string `json:"country,omitzero"`
}

// Auth is how the buyer was, or is to be, authenticated.
type Auth struct {
	Secure         Truth `json:"secure,omitzero"`         // by 3-D Secure
	Authenticated  Truth `json:"authenticated,omitzero"`  // that ended well
	LiabilityShift Truth `json:"liabilityShift,omitzero"` // the issuer bears fraud
	OffSession     Truth `json:"offSession,omitzero"`     // the buyer is not there
	Recurring      Truth `json:"recurring,omitzero"`      // it is one of a series
}

// Checks are what the card's issuer said of what the buyer typed: "pass", "fail",
// "unavailable", "unchecked", "not_provided". They are known after authorization.
type Checks struct {
	CVC        string `json:"cvc,omitzero"`
	Line1      string `json:"line1,omitzero"`
	PostalCode string `json:"postalCode,omitzero"`
}

// Seller is the account that gets the money.
type Seller struct {
	ID         string            `json:"id,omitzero"`
	Country    string            `json:"country,omitzero"`
	Countries  []string          `json:"countries,omitzero"` // in which it sells
	Currencies []ledger.Currency `json:"currencies,omitzero"`
	Category   string            `json:"category,omitzero"`
	Type       string            `json:"type,omitzero"`     // "individual", "company", …
	Created    time.Time         `json:"created,omitzero"`  // its age is counted from here
	Verified   Truth             `json:"verified,omitzero"` // all that is asked of it is there
	Short      Truth             `json:"short,omitzero"`    // a balance of it is below zero
	Exposure   ledger.Money      `json:"exposure,omitzero"` // what buyers may still dispute
	// BankSharers is how many accounts, itself among them, have a bank account that it has;
	// zero: nobody knows.
	BankSharers int64 `json:"bankSharers,omitzero"`
}

// PaymentLine is one line of what is sold.
type PaymentLine struct {
	Category string `json:"category,omitzero"`
	Seller   string `json:"seller,omitzero"` // whose it is; missing: the payment's
}

// PaymentRate says that Per units of Base are worth Value of Quote. Both are above
// zero and of at most 40 digits; another is as good as missing.
type PaymentRate struct {
	Base  ledger.Currency `json:"base,omitzero"`
	Quote ledger.Currency `json:"quote,omitzero"`
	Value decimal.Decimal `json:"value,omitzero"`
	Per   decimal.Decimal `json:"per,omitzero"`
}

// usable reports whether a rate can be reckoned with.
func (r *PaymentRate) usable() bool {
	fits := func(d decimal.Decimal) bool {
		e := d.Exponent()
		return d.Sign() > 0 && e >= -maxNumberDigits && e <= maxNumberDigits && d.NumDigits() <= maxNumberDigits
	}
	return fits(r.Value) && fits(r.Per)
}

// CmpMoney compares two amounts exactly: −1, 0 or +1. Amounts in two currencies are
// compared by the rate of a's in b's, without rounding; false if there is none, or
// if either has no currency.
func (p *Payment) CmpMoney(a, b ledger.Money) (int, bool) {
	if a.Currency().IsZero() || b.Currency().IsZero() {
		return 0, false
	}
	if n, err := a.Cmp(b); err == nil {
		return n, true
	}
	r := p.rate(a.Currency(), b.Currency())
	if r == nil {
		return 0, false
	}
	return a.Decimal().Mul(r.Value).Cmp(b.Decimal().Mul(r.Per)), true
}

// worthDigits are those of an amount that was converted, beyond its minor unit.
const worthDigits = 20

// Worth returns an amount in major units of another currency, by the rate that the
// payment carries, to 20 digits beyond the minor unit; false if there is none.
func (p *Payment) Worth(m ledger.Money, in ledger.Currency) (decimal.Decimal, bool) {
	if m.Currency() == in {
		return m.Decimal(), !in.IsZero()
	}
	r := p.rate(m.Currency(), in)
	if r == nil {
		return decimal.Decimal{}, false
	}
	return m.Decimal().Mul(r.Value).DivRound(r.Per, int32(in.Digits())+worthDigits), true
}

// rate finds the rate of a pair, in that direction; nil if there is none.
func (p *Payment) rate(base, quote ledger.Currency) *PaymentRate {
	for i := range p.Rates {
		if r := &p.Rates[i]; r.Base == base && r.Quote == quote && r.usable() {
			return r
		}
	}
	return nil
}
