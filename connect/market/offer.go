package market

import (
	"cmp"
	"maps"
	"slices"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Sale is what is to be paid.
type Sale struct {
	Amount ledger.Money // what the buyer pays
	// Settled is the same in the currency in which it settles. The zero Money: it
	// settles as it is.
	Settled    ledger.Money
	Seller     string // the seller's country, ISO 3166-1 alpha-2
	Method     string // empty: pricing.Card
	Descriptor string
}

// Reason says why something is not offered. It is the code of the error that a
// charge by it gets.
type Reason string

// The reasons.
const (
	BadCurrency  Reason = "unsupported_currency"   // the market or the method does not know the amount's
	TooSmall     Reason = "amount_below_minimum"   // in the currency in which it settles
	TooLarge     Reason = "amount_too_large"       //
	BadStep      Reason = "invalid_charge_amount"  // the networks know fewer digits
	BadSeller    Reason = "seller_not_supported"   // sellers of this country cannot
	NotOffered   Reason = "method_not_offered"     // not in this market
	NotYet       Reason = "method_not_yet_offered" // from Hidden.Day on
	NoLonger     Reason = "method_ended"           // it was until Hidden.Day
	NotConfirmed Reason = "method_not_confirmed"   // the data for it are a starting point that nobody has confirmed
)

// Hidden is what is not offered, and why.
type Hidden struct {
	Method string       `json:"method"`
	Brand  string       `json:"brand,omitzero"` // of the method; empty: the whole of it
	Reason Reason       `json:"reason"`
	Limit  ledger.Money `json:"limit,omitzero"` // the least, the most or the step, where the amount is the reason
	Day    payout.Day   `json:"day,omitzero"`   // the first or the last, where the date is
}

// Offer is a method that is shown.
type Offer struct {
	Method string   `json:"method"`
	Scheme string   `json:"scheme,omitzero"` // how it is called there
	Brands []string `json:"brands,omitzero"` // of which it says what they take, those that take it
	// Min is the least by it, in the currency in which the sale settles, and zero
	// where there is none; Max the most, in the sale's.
	Min            ledger.Money `json:"min"`
	Max            ledger.Money `json:"max"`
	Authentication Level        `json:"authentication"`  // what is asked of the buyer
	Exempt         bool         `json:"exempt,omitzero"` // though required, an exemption for low values may be asked for
	Text           string       `json:"text,omitzero"`   // the name of what the buyer agrees to; empty: nothing
}

// Refuse returns nil, or why a sale is not made, as an error of class Invalid
// whose code is a Reason or invalid_descriptor and whose field is that of a
// charge's request.
func (v *View) Refuse(s *Sale) error {
	if h, hidden := v.hides(cmp.Or(s.Method, pricing.Card), s); hidden {
		return h.err()
	}
	if d := v.Descriptor(); d != nil && !d.Value.Fits(s.Descriptor) {
		return &ledger.Error{Class: ledger.Invalid, Code: "invalid_descriptor", Field: "descriptor",
			Msg: d.Value.String()}
	}
	return nil
}

func (h *Hidden) err() error {
	field, msg := "method", "the method is not offered in this market"
	switch h.Reason {
	case BadCurrency:
		field, msg = "amount", h.Method+" does not take this currency in this market"
	case TooSmall:
		field, msg = "amount", "at least "+h.Limit.String()+" is charged"
	case TooLarge:
		field, msg = "amount", "at most "+h.Limit.String()+" can be charged at once"
	case BadStep:
		field, msg = "amount", "an amount is a multiple of "+h.Limit.String()
	case BadSeller:
		field, msg = "account", "a seller of this country cannot be paid by "+h.Method+" in this market"
	case NotYet:
		msg = h.Method + " is offered from " + h.Day.String() + " on"
	case NoLonger:
		msg = h.Method + " was offered until " + h.Day.String()
	case NotConfirmed:
		msg = h.Method + " is offered once its data are confirmed"
	}
	return &ledger.Error{Class: ledger.Invalid, Code: string(h.Reason), Field: field, Msg: msg}
}

// hides says why a method is not offered for a sale.
func (v *View) hides(method string, s *Sale) (Hidden, bool) {
	h := Hidden{Method: method}
	offered := pick(v, func(r *Rules) []Fact[bool] { return r.method(method).Offered })
	switch {
	case offered == nil || !offered.Value || offered.Confirm:
		h.Reason, h.Day = v.absent(method, offered)
	case !v.sells(pick(v, func(r *Rules) []Fact[[]string] { return r.Sellers }), s.Seller),
		!v.sells(pick(v, func(r *Rules) []Fact[[]string] { return r.method(method).Sellers }), s.Seller):
		h.Reason = BadSeller
	case !takes(v.Currencies(), s.Amount.Currency()),
		!takes(pick(v, func(r *Rules) []Fact[[]ledger.Currency] { return r.method(method).Currencies }), s.Amount.Currency()):
		h.Reason = BadCurrency
	default:
		h.Reason, h.Limit = v.bounds(s, v.most(method, s.Amount.Currency()))
	}
	return h, h.Reason != ""
}

// absent says why a method is not offered on the day, of which the fact is given:
// it will be, or it was, or there is nothing to rely on.
func (v *View) absent(method string, offered *Fact[bool]) (Reason, payout.Day) {
	var next, last payout.Day
	for _, r := range v.rules[:v.n] {
		for _, f := range r.method(method).Offered {
			switch {
			case !f.Value || f.Confirm:
			case f.From > v.day && (next == 0 || f.From < next):
				next = f.From
			case f.Until != 0 && f.Until < v.day && f.Until > last:
				last = f.Until
			}
		}
	}
	switch {
	case next != 0:
		return NotYet, next
	case offered == nil && last != 0:
		return NoLonger, last
	case offered != nil && offered.Confirm:
		return NotConfirmed, 0
	}
	return NotOffered, 0
}

// bounds looks at the amount of a sale.
func (v *View) bounds(s *Sale, most int64) (Reason, ledger.Money) {
	cur, settled := s.Amount.Currency(), s.Settled
	if settled == (ledger.Money{}) {
		settled = s.Amount
	}
	_, _, step := v.Limit(cur)
	least, _, _ := v.Limit(settled.Currency())
	switch {
	case s.Amount.Minor() > most:
		return TooLarge, ledger.Minor(most, cur)
	case settled.Minor() < least:
		return TooSmall, ledger.Minor(least, settled.Currency())
	case s.Amount.Minor()%step != 0:
		return BadStep, ledger.Minor(step, cur)
	}
	return "", ledger.Money{}
}

// most is the largest amount by a method: what its currency states, or else the
// method's digits.
func (v *View) most(method string, c ledger.Currency) int64 {
	if f := v.limit(c, func(l *Limit) []Fact[int64] { return l.Max }); f != nil {
		return f.Value
	}
	return nines(value(pick(v, func(r *Rules) []Fact[int] { return r.method(method).Digits })))
}

// nines is the largest number of so many digits; none is twelve.
func nines(digits int) int64 {
	n := int64(1)
	for range cmp.Or(digits, maxDigits) {
		n *= 10
	}
	return n - 1
}

// none stands for a method or brand of which rules say nothing.
var (
	noMethod Method
	noBrand  Brand
)

func (r *Rules) method(name string) *Method {
	if m := r.Methods[name]; m != nil {
		return m
	}
	return &noMethod
}

func (r *Rules) brand(method, name string) *Brand {
	if b := r.method(method).Brands[name]; b != nil {
		return b
	}
	return &noBrand
}

func (v *View) sells(f *Fact[[]string], seller string) bool {
	return f == nil || len(f.Value) == 0 || v.among(f.Value, seller)
}

func takes(f *Fact[[]ledger.Currency], c ledger.Currency) bool {
	return f == nil || len(f.Value) == 0 || slices.Contains(f.Value, c)
}

// Offers lists the methods for a sale in the order in which they are shown, and
// what is not shown. The sale's own method does not matter.
func (v *View) Offers(s *Sale) ([]Offer, []Hidden) {
	var shown []Offer
	var hidden []Hidden
	for _, name := range v.methods() {
		if h, is := v.hides(name, s); is {
			hidden = append(hidden, h)
			continue
		}
		o := v.offer(name, s)
		for _, brand := range v.brands(name) {
			if h, is := v.hidesBrand(name, brand, s); is {
				hidden = append(hidden, h)
			} else {
				o.Brands = append(o.Brands, brand)
			}
		}
		shown = append(shown, o)
	}
	return shown, hidden
}

func (v *View) offer(name string, s *Sale) Offer {
	settled := s.Settled.Currency()
	if settled.IsZero() {
		settled = s.Amount.Currency()
	}
	least, _, _ := v.Limit(settled)
	o := Offer{
		Method: name, Min: ledger.Minor(least, settled), Max: ledger.Minor(v.most(name, s.Amount.Currency()), s.Amount.Currency()),
		Scheme:         value(pick(v, func(r *Rules) []Fact[string] { return r.method(name).Scheme })),
		Text:           value(pick(v, func(r *Rules) []Fact[string] { return r.method(name).Text })),
		Authentication: Optional,
	}
	if a := v.Authentication(s.Seller); a != nil && value(pick(v, func(r *Rules) []Fact[bool] { return r.method(name).Authenticated })) {
		low := a.Value.LowValue
		o.Authentication = a.Value.Level
		o.Exempt = low.Currency() == s.Amount.Currency() && s.Amount.Minor() <= low.Minor()
	}
	return o
}

func (v *View) hidesBrand(method, brand string, s *Sale) (Hidden, bool) {
	h, cur := Hidden{Method: method, Brand: brand}, s.Amount.Currency()
	offered := pick(v, func(r *Rules) []Fact[bool] { return r.brand(method, brand).Offered })
	except := pick(v, func(r *Rules) []Fact[[]ledger.Currency] { return r.brand(method, brand).Except })
	most := min(v.most(method, cur), nines(value(pick(v, func(r *Rules) []Fact[int] { return r.brand(method, brand).Digits }))))
	switch {
	case offered == nil || !offered.Value:
		h.Reason = NotOffered
	case offered.Confirm:
		h.Reason = NotConfirmed
	case except != nil && slices.Contains(except.Value, cur):
		h.Reason = BadCurrency
	case s.Amount.Minor() > most:
		h.Reason, h.Limit = TooLarge, ledger.Minor(most, cur)
	}
	return h, h.Reason != ""
}

// methods lists all that any rules name, in their places, then by name.
func (v *View) methods() []string {
	names := make(map[string]int)
	for _, r := range v.rules[:v.n] {
		for name := range r.Methods {
			place := pick(v, func(r *Rules) []Fact[int] { return r.method(name).Place })
			if names[name] = 1001; place != nil {
				names[name] = place.Value
			}
		}
	}
	return slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		return cmp.Or(cmp.Compare(names[a], names[b]), cmp.Compare(a, b))
	})
}

func (v *View) brands(method string) []string {
	names := make(map[string]bool)
	for _, r := range v.rules[:v.n] {
		for name := range r.method(method).Brands {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
