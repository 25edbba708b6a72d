package connect

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// decided is what rules saw of a charge or transfer, as it was then. It is in an object
// of its own, since much of it is personal and a charge is read by many; counts find it
// by what payments have in common.
type decided struct {
	Platform string             `json:"platform"`
	Object   string             `json:"object"` // the id of the charge or transfer
	Payment  compliance.Payment `json:"payment"`
}

// loaded gives a fee of nothing its currency back, which storage leaves out.
func (d *decided) loaded() {
	if d.Payment.Kind == compliance.ChargePayment {
		asZero(ledger.Zero(d.Payment.Amount.Currency()), &d.Payment.Fee)
	}
}

var decidedKind = ledger.Kind[decided]{
	Name:   "connect.payment_facts",
	Prefix: "facts_",
	Loaded: (*decided).loaded,
	Keys: func(d *decided) []ledger.Key {
		p := &d.Payment
		keys := append(make([]ledger.Key, 0, 6), ledger.Key{Name: "platform", Value: d.Platform, At: p.At})
		for _, by := range countedBy {
			if value := by.of(p); value != "" {
				keys = append(keys, ledger.Key{Name: by.name, Value: countKey(d.Platform, value), At: p.At})
			}
		}
		return keys
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "object", Path: "object"}, {Name: "kind", Path: "payment.kind"},
		{Name: "amount", Path: "payment.amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "payment.amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "payment.amount.currency"}, {Name: "at", Path: "payment.at", Type: ledger.TimeColumn},
	},
}

// countedBy are the attributes by which payments are counted: five, since an object has
// six keys. A transfer leaves an account and a charge has none that it leaves, a
// transfer has neither card nor buyer.
var countedBy = [...]struct {
	name string
	of   func(*compliance.Payment) string // as rules ask for it
}{
	{"card.fingerprint", func(p *compliance.Payment) string { return p.Card.Fingerprint }},
	{"email", func(p *compliance.Payment) string { return compliance.Fold(p.Buyer.Email) }},
	{"ip", func(p *compliance.Payment) string { return compliance.Fold(p.Buyer.IP) }},
	{"customer", func(p *compliance.Payment) string { return p.Buyer.Customer }},
	{"seller", func(p *compliance.Payment) string { return p.Seller.ID }},
	{"from", func(p *compliance.Payment) string { return p.From }},
}

// countKey is a value as it stands in an index: not itself, since an index is read by
// many, and of any length.
func countKey(platform, value string) string {
	h := sha256.Sum256([]byte(platform + "\n" + value))
	return hex.EncodeToString(h[:16])
}

// keepFacts stores what rules saw.
func keepFacts(u *ledger.Unit, p *compliance.Payment) error {
	d := &decided{Platform: p.Platform, Object: p.ID, Payment: *p}
	d.Payment.Counter = nil
	return decidedKind.Put(u, decidedKind.Prefix+p.ID, d)
}

// decidedOf returns what rules saw of a charge or transfer.
func decidedOf(u *ledger.Unit, id string) (*decided, error) {
	return decidedKind.Get(u, decidedKind.Prefix+id)
}
