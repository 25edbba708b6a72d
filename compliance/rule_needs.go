package compliance

import (
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// What a Rule may also tell, each by one method. Package compliance/rule does.
type (
	// FactUser knows which facts it looks at, by the names of package rule's attributes
	// ("seller.exposure"), so that what is costly to find out is left missing where nobody
	// asks. A Rule that is none may look at everything.
	FactUser interface{ Uses(fact string) bool }
	// LateRule says whether it has anything to say after authorization. A Rule that is
	// none is not asked then.
	LateRule interface{ Late() bool }
	// CurrencyUser says in which currencies it names amounts, so that rates can be fetched
	// before a payment is decided on.
	CurrencyUser interface{ Currencies() []ledger.Currency }
)

// Uses reports whether any of the rules may look at a fact.
func Uses(rules []Rule, fact string) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool {
		u, ok := r.(FactUser)
		return !ok || u.Uses(fact)
	})
}

// LateRules returns those of the rules that have to be asked after authorization, in
// their order. They are asked with AfterAuthorization, unless the first decision was
// to allow.
func LateRules(rules []Rule) []Rule {
	var late []Rule
	for _, r := range rules {
		if l, ok := r.(LateRule); ok && l.Late() {
			late = append(late, r)
		}
	}
	return late
}

// Currencies lists the currencies that rules name, each once, by their codes.
func Currencies(rules []Rule) []ledger.Currency {
	var all []ledger.Currency
	for _, r := range rules {
		if u, ok := r.(CurrencyUser); ok {
			all = append(all, u.Currencies()...)
		}
	}
	slices.SortFunc(all, func(a, b ledger.Currency) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(all)
}
