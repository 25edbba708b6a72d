package market

import (
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// View is what a set says of the buyers of a country on a day. Making one and
// asking it parses and allocates nothing.
type View struct {
	day   payout.Day
	named bool // the country has rules of its own
	n     int
	rules [2 * (maxLayers + 1)]*Rules // what is asked first stands first
}

// View looks at the set for a buyer's country at a moment, with what a platform
// has otherwise on top (nil: nothing). No country sees the rules of all countries
// alone.
func (s *Set) View(buyer string, at time.Time, over *List) View {
	v := View{day: payout.DayOf(at, time.UTC)}
	if over != nil {
		var own, all *Rules
		for i := range over.Rules {
			switch over.Rules[i].Country {
			case "":
				all = &over.Rules[i]
			case buyer:
				own = &over.Rules[i]
			}
		}
		v.add(own, all)
	}
	layers := s.or().layers
	for i := len(layers) - 1; i >= 0; i-- {
		v.add(layers[i].countries[buyer], layers[i].all)
	}
	return v
}

func (v *View) add(own, all *Rules) {
	v.named = v.named || own != nil
	for _, r := range [...]*Rules{own, all} {
		if r != nil {
			v.rules[v.n] = r
			v.n++
		}
	}
}

// Known reports whether any layer has rules of the country.
func (v *View) Known() bool { return v.named }

// pick returns the fact that holds: of the first rules that have one for the day.
func pick[T any](v *View, of func(*Rules) []Fact[T]) *Fact[T] {
	for _, r := range v.rules[:v.n] {
		list := of(r)
		for i := range list {
			if list[i].on(v.day) {
				return &list[i]
			}
		}
	}
	return nil
}

// value is the value of a fact, zero if there is none.
func value[T any](f *Fact[T]) (v T) {
	if f != nil {
		v = f.Value
	}
	return v
}

// Currency is the country's own. Nil: not known.
func (v *View) Currency() *Fact[ledger.Currency] {
	return pick(v, func(r *Rules) []Fact[ledger.Currency] { return r.Currency })
}

// Currencies are those in which can be charged. Nil: all.
func (v *View) Currencies() *Fact[[]ledger.Currency] {
	return pick(v, func(r *Rules) []Fact[[]ledger.Currency] { return r.Currencies })
}

// Prices says how consumers are shown them. Nil: not known.
func (v *View) Prices() *Fact[TaxDisplay] {
	return pick(v, func(r *Rules) []Fact[TaxDisplay] { return r.Prices })
}

// Descriptor says what may stand on a statement. Nil: anything.
func (v *View) Descriptor() *Fact[Descriptor] {
	return pick(v, func(r *Rules) []Fact[Descriptor] { return r.Descriptor })
}

// Holding is for how many days at most money may wait for its release to a seller
// of the country that is looked at. Nil: not known.
func (v *View) Holding() *Fact[int] {
	return pick(v, func(r *Rules) []Fact[int] { return r.Holding })
}

// Cash says how sums of a currency are rounded that are paid in cash. Where the
// market has no rule for it, coins decide (ledger.Currency.CashStep).
func (v *View) Cash(c ledger.Currency) Fact[Cash] {
	f := pick(v, func(r *Rules) []Fact[Cash] { return r.Cash })
	if f != nil && f.Value.Currency == c {
		return *f
	}
	return Fact[Cash]{Value: Cash{Currency: c, Step: c.CashStep().Minor()}, Source: "Unicode CLDR"}
}

// Authentication is the rule that holds for the buyers of the country and the
// sellers of another; a country that is not known is none of a rule's. Nil: no
// rule.
func (v *View) Authentication(seller string) *Fact[Authentication] {
	f := pick(v, func(r *Rules) []Fact[Authentication] { return r.Authentication })
	if f == nil || len(f.Value.Sellers) == 0 || v.among(f.Value.Sellers, seller) {
		return f
	}
	other := *f
	other.Value = Authentication{Level: Optional}
	return &other
}

// among reports whether a country is in a list of countries and regions.
func (v *View) among(list []string, code string) bool {
	for _, name := range list {
		if name == code && code != "" {
			return true
		}
		if len(name) > 2 {
			region := pick(v, func(r *Rules) []Fact[[]string] { return r.Regions[name] })
			if region != nil && slices.Contains(region.Value, code) {
				return true
			}
		}
	}
	return false
}

// Limit bounds charges in a currency, in minor units: the least in which a charge
// may settle (0: any), the most by a card, and the step of which amounts are
// multiples (1: any).
func (v *View) Limit(c ledger.Currency) (least, most, step int64) {
	least = value(v.limit(c, func(l *Limit) []Fact[int64] { return l.Min }))
	step = max(1, value(v.limit(c, func(l *Limit) []Fact[int64] { return l.Step })))
	if most = value(v.limit(c, func(l *Limit) []Fact[int64] { return l.Max })); most == 0 {
		most = MaxAmount
	}
	return least, most, step
}

func (v *View) limit(c ledger.Currency, of func(*Limit) []Fact[int64]) *Fact[int64] {
	return pick(v, func(r *Rules) []Fact[int64] {
		if l := r.Limits[c]; l != nil {
			return of(l)
		}
		return nil
	})
}

// Language picks of the languages of the market the one for a wish, a tag of BCP
// 47: the same, or the same language. Otherwise it is the market's first.
// A market of which no language is known answers the wish.
func (v *View) Language(wish string) string {
	f := pick(v, func(r *Rules) []Fact[[]string] { return r.Languages })
	if f == nil || len(f.Value) == 0 || slices.Contains(f.Value, wish) {
		return wish
	}
	for _, tag := range f.Value {
		if base(tag) == base(wish) {
			return tag
		}
	}
	return f.Value[0]
}

func base(tag string) string {
	lang, _, _ := strings.Cut(tag, "-")
	return lang
}

// Text returns a text in a language, or else in English, and in which. Nil: there
// is none.
func (v *View) Text(name, language string) (text *Fact[string], in string) {
	for _, tag := range [...]string{language, base(language), "en"} {
		text = pick(v, func(r *Rules) []Fact[string] { return r.Texts[name][tag] })
		if text != nil {
			return text, tag
		}
	}
	return nil, ""
}
