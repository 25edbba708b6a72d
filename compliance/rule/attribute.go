package rule

import (
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/compliance"
)

// Type is what an attribute is, and what it may be compared with.
type Type uint8

// The types.
const (
	Bool     Type = iota + 1 // stands alone
	Number                   // a decimal number, exact: = != < <= > >= in
	Money                    // an amount with its currency: the same
	Duration                 // a length of time: = != < <= > >=
	Text                     // = != in, not in, like, includes; case makes no difference
	Exact                    // the same; case makes a difference
	Country                  // a code of ISO 3166-1 alpha-2: = != in, not in
	Currency                 // a code of ISO 4217 or an asset: = != in, not in
)

// String returns the type as messages name it.
func (t Type) String() string {
	switch t {
	case Bool:
		return "true or false"
	case Number:
		return "a number"
	case Money:
		return "an amount"
	case Duration:
		return "a duration"
	case Text, Exact:
		return "text"
	case Country:
		return "a country"
	case Currency:
		return "a currency"
	}
	return "nothing"
}

// textual reports whether values of the type are text.
func (t Type) textual() bool { return t >= Text }

// folds reports whether case makes no difference.
func (t Type) folds() bool { return t == Text || t == Country || t == Currency }

// Source is who knows an attribute.
type Source uint8

// The sources.
const (
	FromEngine   Source = iota + 1 // it follows from the payment, its accounts and the books
	FromAcquirer                   // the acquirer tells it, of a source that is saved or with its answer
	FromHost                       // the host tells it (compliance.Payment.Host)
)

// Attribute describes what a rule may ask of a payment.
type Attribute struct {
	Name   string
	Type   Type
	List   bool // it is a list of that type: in, includes
	Source Source
	// Values are all that it can be; nil where anything may be.
	Values []string
	// Private values are personal, and stand in no explanation.
	Private bool
	// Late is known after authorization alone. A rule that uses it is asked then
	// (compliance.AfterAuthorization), and not before.
	Late  bool
	About string
}

// attribute is one with the way to its value.
type attribute struct {
	Attribute
	counts bool // payments may be counted by it
	get    func(*compliance.Payment) compliance.Value
	// Of lists: how long it is, −1 if it is missing, and what is in it.
	size func(*compliance.Payment) int
	item func(*compliance.Payment, int) string
}

// Attributes lists the attributes that every rule may use, by name. Those of
// metadata (metadata.key, customer.metadata.key, seller.metadata.key,
// platform.metadata.key) come on top, and what the host declares (Options.Host).
func Attributes() []Attribute {
	list := make([]Attribute, len(catalogue))
	for i, a := range catalogue {
		list[i] = a.Attribute
		list[i].Values = slices.Clone(a.Values)
	}
	slices.SortFunc(list, func(a, b Attribute) int { return strings.Compare(a.Name, b.Name) })
	return list
}

var catalogue = rows()

var byName = index(catalogue)

func index(list []*attribute) map[string]*attribute {
	m := make(map[string]*attribute, len(list))
	for _, a := range list {
		m[a.Name] = a
	}
	return m
}

// The ways to a value.

func text(f func(*compliance.Payment) string) func(*compliance.Payment) compliance.Value {
	return func(p *compliance.Payment) compliance.Value { return compliance.OfText(f(p)) }
}

func truth(f func(*compliance.Payment) compliance.Truth) func(*compliance.Payment) compliance.Value {
	return func(p *compliance.Payment) compliance.Value { return compliance.OfTruth(f(p)) }
}

// hosted reads what the host told under a name.
func hosted(name string) func(*compliance.Payment) compliance.Value {
	return func(p *compliance.Payment) compliance.Value { return p.Host[name] }
}

// domain is what follows the @ of an e-mail address.
func domain(p *compliance.Payment) string {
	return p.Buyer.Email[strings.LastIndexByte(p.Buyer.Email, '@')+1:]
}

// whole writes an address as one line.
func whole(a *compliance.Address) string {
	var parts []string
	for _, part := range []string{a.Line1, a.Line2, a.City, a.State, a.PostalCode, a.Country} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

const day = 24 * time.Hour

// age is how long ago a seller was created; missing if that is not known. One who
// was created later than the payment is new.
func age(p *compliance.Payment) compliance.Value {
	if p.Seller.Created.IsZero() {
		return compliance.Value{}
	}
	return compliance.OfDuration(max(0, p.At.Sub(p.Seller.Created)))
}

func ageDays(p *compliance.Payment) compliance.Value {
	v := age(p)
	if v.Missing() {
		return v
	}
	return compliance.OfWhole(int64(v.Duration() / day))
}

// length is that of a list, −1 if it is missing.
func length[T any](list []T) int {
	if list == nil {
		return -1
	}
	return len(list)
}
