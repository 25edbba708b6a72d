package debit

import (
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// The schemes that come with souk, under the names that package market has for
// them.
const (
	SEPA    = "sepa" // SEPA core
	SEPAB2B = "sepa_b2b"
	Bacs    = "bacs"
	ACH     = "ach"
	BECS    = "becs" // Australia
	PAD     = "pad"  // Canada
)

// Scheme is what is known of one scheme, over time. What is empty is what the
// layers under it say.
type Scheme struct {
	Name       string                           `json:"scheme"`
	Currencies []market.Fact[[]ledger.Currency] `json:"currencies,omitzero"`
	// Countries are those of the debtor's bank.
	Countries []market.Fact[[]string] `json:"countries,omitzero"`
	// Kinds are the kinds of entry or of debtor that the scheme tells apart; the
	// first is the default. None: there is one.
	Kinds []market.Fact[[]string] `json:"kinds,omitzero"`
	// Confirmed: the debtor's bank confirms a mandate before it may be used.
	Confirmed []market.Fact[bool]                 `json:"confirmed,omitzero"`
	Notice    []market.Fact[Notice]               `json:"notice,omitzero"`
	Lead      []market.Fact[Lead]                 `json:"lead,omitzero"`
	Life      []market.Fact[int]                  `json:"life,omitzero"` // months that a mandate lives after its last use, or its signature; 0 is for ever
	Returns   map[string][]market.Fact[Return]    `json:"returns,omitzero"`
	Retry     []market.Fact[Retry]                `json:"retry,omitzero"`
	Limits    map[string][]market.Fact[RateLimit] `json:"limits,omitzero"`
	Text      []market.Fact[string]               `json:"text,omitzero"` // the name of the text of consent in package market
}

// Notice is how long before its due date a debit is announced to the debtor.
type Notice struct {
	OneOff    int  `json:"oneOff,omitzero"`    // days for a mandate that serves once
	Recurring int  `json:"recurring,omitzero"` // for any other
	Least     int  `json:"least,omitzero"`     // the fewest that debtor and creditor can agree on
	Business  bool `json:"business,omitzero"`  // banking days; else calendar days
}

// Lead is how many banking days before its due date a debit is handed over.
type Lead struct {
	First     int `json:"first,omitzero"`     // the first or only one of its mandate
	Recurring int `json:"recurring,omitzero"` // any other
}

// Return is why a debit may come back, and until when after the day on which it was
// settled.
type Return struct {
	Means    string `json:"means"`             // in souk's words: "insufficient_funds"
	Days     int    `json:"days,omitzero"`     // the window
	Months   int    `json:"months,omitzero"`   // or in months
	NoLimit  bool   `json:"noLimit,omitzero"`  // or for ever
	Business bool   `json:"business,omitzero"` // Days are banking days; else calendar days
	ByPayer  bool   `json:"byPayer,omitzero"`  // the payer disputes it, rather than their bank
	Retry    bool   `json:"retry,omitzero"`    // it may be presented again
	Ends     bool   `json:"ends,omitzero"`     // the mandate is no longer good
	// Guaranteed: the scheme gives the payer their money back whatever the creditor says.
	Guaranteed bool `json:"guaranteed,omitzero"`
}

// Retry bounds how often a debit is presented again.
type Retry struct {
	Times int `json:"times,omitzero"` // after the first; 0 is never
	Days  int `json:"days,omitzero"`  // after the first was settled, or due; 0 is no bound
}

// RateLimit is the part of debits that may come back.
type RateLimit struct {
	Percent decimal.Decimal `json:"percent"`
	Days    int             `json:"days"`           // that are counted
	Codes   []string        `json:"codes,omitzero"` // of the reasons that count; none: all
}

// Terms are what holds of a scheme on one day.
type Terms struct {
	Scheme     string
	Currencies []ledger.Currency
	Countries  []string
	Kinds      []string
	Confirmed  bool
	Notice     Notice
	Lead       Lead
	Life       int
	Returns    map[string]Return
	Retry      Retry
	Limits     map[string]RateLimit
	Text       string
}

// NoticeDays is how many days' notice a mandate has: as was agreed, or else what the
// scheme has without an agreement.
func (t *Terms) NoticeDays(oneOff bool) int {
	if oneOff {
		return t.Notice.OneOff
	}
	return t.Notice.Recurring
}

// LeadDays is how many banking days before its due date a debit is handed over.
func (t *Terms) LeadDays(first bool) int {
	if first {
		return t.Lead.First
	}
	return t.Lead.Recurring
}

// Reason finds a reason by the scheme's code, or by what it means in souk's words;
// of several that mean it, the first by code. ok is false if there is none.
func (t *Terms) Reason(code string) (name string, r Return, ok bool) {
	if r, ok = t.Returns[code]; ok {
		return code, r, true
	}
	for _, name := range slices.Sorted(maps.Keys(t.Returns)) {
		if r = t.Returns[name]; r.Means == code {
			return name, r, true
		}
	}
	return "", Return{}, false
}

// Until is the last day on which a debit that was settled on a day may come back
// for a reason; ever is true if there is none.
func (r *Return) Until(settled payout.Day, c payout.Calendar) (last payout.Day, ever bool) {
	switch {
	case r.NoLimit:
		return 0, true
	case r.Months > 0:
		return AddMonths(settled, r.Months), false
	case r.Business:
		return c.Add(settled, r.Days), false
	}
	return settled + payout.Day(r.Days), false
}

// AddMonths is the same day n months later, or earlier if n is below zero; the last day
// of a month that has no such day.
func AddMonths(d payout.Day, n int) payout.Day {
	t := d.Time()
	first := payout.DayOf(t.AddDate(0, 0, 1-t.Day()).AddDate(0, n, 0), t.Location())
	last := payout.DayOf(first.Time().AddDate(0, 1, -1), t.Location())
	return min(first+payout.Day(t.Day()-1), last)
}

// Counts reports whether a return counts towards a limit.
func (l *RateLimit) Counts(code string) bool {
	return len(l.Codes) == 0 || slices.Contains(l.Codes, code)
}

// Reached reports whether so many of all debits are at least a share of the limit, in
// percent of it. Of no debits nothing is.
func (l *RateLimit) Reached(returned, all int64, share int) bool {
	if all <= 0 || returned <= 0 {
		return false
	}
	// returned ÷ all ≥ Percent ÷ 100 × share ÷ 100, without a division.
	has := decimal.NewFromInt(returned).Mul(decimal.NewFromInt(10_000))
	return has.Cmp(l.Percent.Mul(decimal.NewFromInt(int64(share))).Mul(decimal.NewFromInt(all))) >= 0
}
