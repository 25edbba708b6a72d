package rule_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/ledger"
)

// A decision says which rule made it, by what, and what was unknown before it.
func TestExplanation(t *testing.T) {
	s := compile(t, `
		lost: block if ip.country = "US" and (buyer.country = "FR" or direct)
		block if amount > 9 EUR
		big: block if (direct or amount > 400 USD or off_session) and seller.age_days < 7 and not card.country in ("FR", "DE")
			and not (amount < 1 USD or email = "x@example.com") and buyer.name is missing
		review if direct`)
	d := decide(t, s, one())
	require.Equal(t, compliance.Decision{
		Action: compliance.Block, Rule: "big", Version: s.Version(),
		Text: `block if (direct or amount > 400 USD or off_session) and seller.age_days < 7 and card.country not in ("FR", "DE") ` +
			`and not (amount < 1 USD or email = "x@example.com") and buyer.name is missing`,
		Because: []compliance.Reason{
			{Term: "amount > 400 USD", Facts: []compliance.Fact{{Name: "amount", Value: "500.00 USD"}}},
			{Term: "seller.age_days < 7", Facts: []compliance.Fact{{Name: "seller.age_days", Value: "6"}}},
			{Term: `card.country not in ("FR", "DE")`, Facts: []compliance.Fact{{Name: "card.country", Value: `"us"`}}},
			{Term: "not amount < 1 USD", Facts: []compliance.Fact{{Name: "amount", Value: "500.00 USD"}}},
			{Term: `not email = "x@example.com"`, Facts: []compliance.Fact{{Name: "email", Value: "not shown"}}},
			{Term: "buyer.name is missing", Facts: []compliance.Fact{{Name: "buyer.name", Value: "missing"}}},
		},
		Undecided: []compliance.Undecided{
			{Rule: "lost", Missing: []string{"ip.country", "buyer.country", "direct"}},
			{Rule: "block 1", Missing: []string{"rate USD/EUR"}},
		},
	}, d)
	require.Equal(t, "block by big (version "+s.Version()+`)
  amount > 400 USD, as amount is 500.00 USD
  seller.age_days < 7, as seller.age_days is 6
  card.country not in ("FR", "DE"), as card.country is "us"
  not amount < 1 USD, as amount is 500.00 USD
  not email = "x@example.com", as email is not shown
  buyer.name is missing, as buyer.name is missing
  lost is unknown without ip.country, buyer.country, direct
  block 1 is unknown without rate USD/EUR`, d.Explain())

	// It is stored, and reads the same.
	data, err := json.Marshal(d)
	require.NoError(t, err)
	var back compliance.Decision
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, d, back)
}

// Facts that are personal stand in no explanation, whatever asks for them.
func TestPersonalFactsAreNotShown(t *testing.T) {
	p := one()
	p.Buyer.Name, p.Buyer.IP, p.Card.Fingerprint = "SECRET-name", "SECRET-ip", "SECRET-fp"
	p.Buyer.Email, p.BuyerMetadata = "ann@SECRET.example", map[string]string{"note": "SECRET-note"}
	p.Billing = compliance.Address{Line1: "SECRET-1", Line2: "SECRET-2", PostalCode: "SECRET-3", City: "SECRET-4"}
	p.Shipping = p.Billing
	p.Host["host.id"] = compliance.OfText("SECRET-id")
	o := rule.Options{Host: []rule.Attribute{{Name: "host.id", Type: rule.Exact, Private: true}}}
	asked := 0
	for _, a := range append(rule.Attributes(), o.Host[0], rule.Attribute{Name: "customer.metadata.note", Private: true}) {
		if !a.Private {
			continue
		}
		for _, cond := range []string{` includes "SECRET"`, ` = "x" or ` + a.Name + ` != "x"`, ` like "%SECRET%"`, ` = ` + a.Name, ` is not missing`} {
			d := decide(t, compile(t, "block if "+a.Name+cond, o), p)
			require.Equal(t, compliance.Block, d.Action, a.Name)
			asked++
			for _, r := range d.Because {
				for _, f := range r.Facts {
					require.NotContains(t, f.Value, "SECRET", a.Name+cond)
				}
			}
		}
	}
	require.Greater(t, asked, 60)
}

// Long facts are cut, and lists are shown as far as ten.
func TestFactsAreCut(t *testing.T) {
	p := one()
	p.Description = strings.Repeat("é", 500)
	p.Seller.Countries = strings.Split(strings.Repeat("FR,", 11)+"DE", ",")
	d := decide(t, compile(t, `block if description like "é%" and card.country not in seller.countries`), p)
	require.Equal(t, `"`+strings.Repeat("é", 59)+"…", d.Because[0].Facts[0].Value)
	require.Equal(t, `("FR", "FR", "FR", "FR", "FR", "FR", "FR", "FR", "FR", "FR", 2 more)`, d.Because[1].Facts[1].Value)
}

// At most thirty reasons are told.
func TestReasonsAreFew(t *testing.T) {
	for n, want := range map[int]int{29: 30, 30: 30} {
		d := decide(t, compile(t, "block if seller.verified"+strings.Repeat(" and seller.verified", n)), one())
		require.Len(t, d.Because, want)
	}
}

// A set in use is replaced between two decisions, under many callers.
func TestActive(t *testing.T) {
	var a rule.Active
	require.Equal(t, compliance.Decision{}, decide(t, &a, one()))
	require.Nil(t, a.Set())
	require.False(t, a.Uses("direct") || a.Late() || a.Currencies() != nil)
	sets := []*rule.Set{compile(t, "block if direct is missing"), compile(t, "review if direct is missing")}
	a.Use(sets[0])
	require.True(t, a.Uses("direct") && !a.Uses("amount"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			p := one()
			for range 200 {
				d, err := a.Decide(context.Background(), &p)
				if err != nil || d.Version != map[compliance.Action]string{compliance.Block: sets[0].Version(), compliance.Review: sets[1].Version()}[d.Action] {
					t.Error(d, err)
				}
			}
		})
	}
	for i := range 100 {
		a.Use(sets[i%2])
	}
	wg.Wait()
	require.Equal(t, sets[1], a.Set())
	a.Use(nil)
	require.Equal(t, compliance.NoAction, decide(t, &a, one()).Action)
}

// What rules need is known beforehand, and those in Go may need everything.
func TestNeeds(t *testing.T) {
	s := compile(t, `
		block if amount > 5 USD and seller.exposure > 7 EUR or customer.metadata.x = "y" or count(charges by email in 1h) > 3
		review if check.cvc = "fail"`)
	for fact, want := range map[string]bool{
		"amount": true, "seller.exposure": true, "customer.metadata": true, "email": true, "check.cvc": true, "seller.short": false, "metadata": false, "ip": false,
	} {
		require.Equal(t, want, s.Uses(fact), fact)
		require.Equal(t, want, compliance.Uses([]compliance.Rule{compile(t, ""), s}, fact), fact)
	}
	var a rule.Active
	a.Use(s)
	early := compile(t, "block if amount > 3 JPY or amount > 2 USD")
	rules := []compliance.Rule{early, &a, s, goRule{}}
	require.Equal(t, []compliance.Rule{&a, s}, compliance.LateRules(rules))
	require.Equal(t, []ledger.Currency{ledger.EUR, ledger.JPY, ledger.USD}, compliance.Currencies(rules))
	require.True(t, compliance.Uses(rules, "ip"))
	require.False(t, compliance.Uses(nil, "ip"))
}

// goRule is a rule that says nothing of itself.
type goRule struct{}

func (goRule) Decide(context.Context, *compliance.Payment) (compliance.Decision, error) {
	return compliance.Decision{}, nil
}
