package scenario

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// processing adds a rule of what processing costs, before the platform is there:
// "ach: 0.8 %, cap 500 USD if method=bank_debit".
func (r *runner) processing(args string) error {
	rule := r.rule(args)
	r.config.Prices.Rules = append(r.config.Prices.Rules, rule)
	return r.config.Prices.Check()
}

// regions says whose cards count as of one region: "EEA", or "DE FR".
func (r *runner) regions(args string) error {
	list := strings.Fields(args)
	if args == "EEA" {
		list = pricing.EEA()
	}
	r.config.Prices.Regions = append(r.config.Prices.Regions, list)
	return r.config.Prices.Check()
}

// commission adds a rule to the platform's prices, and service one for what the
// buyer pays on top.
func (r *runner) commission(args string) error {
	return r.reprice(func(l *pricing.List) { l.Commission.Rules = append(l.Commission.Rules, r.rule(args)) })
}

func (r *runner) service(args string) error {
	return r.reprice(func(l *pricing.List) { l.Service.Rules = append(l.Service.Rules, r.rule(args)) })
}

// modifier is "summer: -50 % if from=2026-06-01", on the commission; "service
// summer: …" on the service fee.
func (r *runner) modifier(args string) error {
	args, service := strings.CutPrefix(args, "service ")
	rule := r.rule(args)
	m := pricing.Modifier{Name: rule.Name, When: rule.When, Percent: rule.Price.Percent, Fixed: rule.Price.Fixed}
	return r.reprice(func(l *pricing.List) {
		if service {
			l.Service.Modifiers = append(l.Service.Modifiers, m)
		} else {
			l.Commission.Modifiers = append(l.Commission.Modifiers, m)
		}
	})
}

// unpriced takes all of the platform's prices away.
func (r *runner) unpriced(string) error {
	return r.reprice(func(l *pricing.List) { *l = pricing.List{} })
}

func (r *runner) reprice(change func(*pricing.List)) error {
	next := *r.list.Clone()
	change(&next)
	_, err := r.platform.UpdatePlatform(r.ctx, connect.PlatformUpdate{Key: r.key(), Prices: &next})
	if err == nil {
		r.list = next
	}
	return err
}

// rule reads "books: 8 % + 30 USD, min 50 USD, cap 500 USD, of total, kept if
// category=books". Tiers are parts like "up to 1000 USD 10 %" and "above 5 %".
func (r *runner) rule(args string) pricing.Rule {
	name, rest := named(args)
	terms, when, _ := strings.Cut(rest, " if ")
	rule := pricing.Rule{Name: name, When: r.match(when)}
	p := &rule.Price
	for part := range strings.SplitSeq(terms, ", ") {
		w := strings.Fields(part)
		switch w[0] {
		case "min":
			p.Min = r.in(&rule, w[1], w[2])
		case "cap":
			p.Cap = r.in(&rule, w[1], w[2])
		case "of":
			rule.OfTotal = true
		case "kept":
			rule.Kept = true
		case "graduated":
			p.Graduated = true
		case "cross-border":
			p.CrossBorder = r.percent(w[1])
		case "foreign":
			p.FX = r.percent(w[1])
		case "up":
			t := pricing.Tier{UpTo: r.in(&rule, w[2], w[3])}
			t.Percent, t.Fixed = r.terms(&rule, w[4:])
			p.Tiers = append(p.Tiers, t)
		case "above":
			var t pricing.Tier
			t.Percent, t.Fixed = r.terms(&rule, w[1:])
			p.Tiers = append(p.Tiers, t)
		default:
			p.Percent, p.Fixed = r.terms(&rule, w)
		}
	}
	return rule
}

// terms reads "8 %", "30 USD" and "8 % + 30 USD".
func (r *runner) terms(rule *pricing.Rule, w []string) (percent decimal.Decimal, fixed ledger.Money) {
	if len(w) > 1 && w[1] == "%" {
		percent, w = r.percent(w[0]), w[2:]
	}
	if len(w) > 0 && w[0] == "+" {
		w = w[1:]
	}
	if len(w) > 1 {
		fixed = r.in(rule, w[0], w[1])
	}
	return percent, fixed
}

func (r *runner) percent(text string) decimal.Decimal {
	d, err := decimal.NewFromString(text)
	require.NoError(r.t, err, r.at)
	return d
}

// in is an amount of a rule, which is for that currency alone unless it says
// another.
func (r *runner) in(rule *pricing.Rule, minor, currency string) ledger.Money {
	m := r.amount(minor, currency)
	if rule.When.Currency.IsZero() {
		rule.When.Currency = m.Currency()
	}
	return m
}

func (r *runner) match(text string) pricing.Match {
	var m pricing.Match
	_, opts := options(text)
	for key, value := range opts {
		list := strings.Split(value, ",")
		switch key {
		case "currency":
			m.Currency = r.amount("0", value).Currency()
		case "country":
			m.Countries = list
		case "seller":
			for _, name := range list {
				m.Sellers = append(m.Sellers, r.sellers[name])
			}
		case "sellers-in":
			m.SellerCountries = list
		case "category":
			m.Categories = list
		case "method":
			m.Methods = list
		case "card":
			for _, o := range list {
				m.Origins = append(m.Origins, pricing.Origin(o))
			}
		case "from":
			m.From = r.date(value)
		case "until":
			m.Until = r.date(value)
		default:
			require.Fail(r.t, "no such condition", "%s: %s", r.at, key)
		}
	}
	return m
}

func (r *runner) date(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	require.NoError(r.t, err, r.at)
	return at
}

// line checks how a price of a charge came about: "commission of c1: books, of
// 1000, percentage 80, fixed 30, amount 110", or "commission of c1: none".
func (r *runner) line(args string) error {
	what, want := named(args)
	w := strings.Fields(what)
	c, err := r.platform.GetCharge(r.ctx, r.ids[w[2]])
	require.NoError(r.t, err, r.at)
	l := map[string]*pricing.Line{"commission": c.Commission, "service": c.Service, "processing": c.Processing}[w[0]]
	require.Equal(r.t, want, showLine(l), r.at)
	return nil
}

func showLine(l *pricing.Line) string {
	if l == nil {
		return "none"
	}
	text := fmt.Sprintf("%s, of %d", l.Rule, l.Of.Minor())
	show := func(name string, m ledger.Money) {
		if !m.IsZero() {
			text += fmt.Sprintf(", %s %d", name, m.Minor())
		}
	}
	show("percentage", l.Percentage)
	show("fixed", l.Fixed)
	for _, m := range l.Modifiers {
		show(m.Name, m.Amount)
	}
	if l.Bound.Sign() > 0 {
		show("minimum", l.Bound)
	} else {
		show("cap", l.Bound)
	}
	show("cross-border", l.CrossBorder)
	show("foreign", l.FX)
	return fmt.Sprintf("%s, amount %d", text, l.Amount.Minor())
}
