package rule_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
)

// twenty are rules as operators write them.
const twenty = `
known: allow if customer in @known and amount < 2000 USD
tiny: allow if amount < 2 USD and card.country = seller.country
embargo: block if card.country in @blocked or ip.country in @blocked
fresh: block if amount > 500 USD and seller.age_days < 7 and card.country not in seller.countries
throwaway: block if email.domain in @throwaway and amount > 50 USD
prepaid: block if card.funding = "prepaid" and amount > 300 USD and not three_d_secure
anonymous: block if ip.anonymous and (card.new or customer is missing)
risky: block if risk.score >= 85 or risk.level = "highest"
fast: block if count(declined charges by card.fingerprint in 24h) >= 3
spread: block if count(cards by email in 24h) > 4
hopping: block if count(charges by ip in 1h) > 10 and amount > 10 USD
words: block if description like "%gift%coupon%" and seller.age_days < 30
unverified: block if not seller.verified and amount > 1000 USD
exposed: block if seller.exposure > 50000 USD and amount > 5000 USD
abroad: review if card.country != ip.country and amount > 200 USD
large: review if amount > 3000 USD
moved: review if shipping.country != billing.country and shipping.country not in ("US", "CA", "MX")
night: review if off_session and not recurring and amount > 100 USD
parts: review if lines.count > 20 or lines.categories includes "electronics"
flagged: review if metadata.flag = "yes" or customer.metadata.score < 3`

func twentyRules(t require.TestingT) *rule.Set {
	s := compile(t, twenty, rule.Options{Lists: map[string]*rule.List{
		"known": listOf(t, rule.Exact, "cus_9"), "blocked": listOf(t, rule.Country, "KP", "IR", "CU"), "throwaway": listOf(t, rule.Text, "mail.example", "junk.example"),
	}})
	require.Len(t, s.Rules(), 20)
	return s
}

// ordinary is a payment of which much is known and that no rule stops.
func ordinary() compliance.Payment {
	p := one()
	p.Card.Funding, p.Card.New, p.Auth.Secure, p.Auth.OffSession = "credit", compliance.False, compliance.True, compliance.False
	p.Buyer.IP, p.Buyer.IPCountry = "192.0.2.1", "US"
	p.Seller.Short, p.Amount = compliance.False, usd(18900)
	p.Billing.Country, p.Shipping.Country = "US", "US"
	p.Metadata["flag"], p.BuyerMetadata = "no", map[string]string{"score": "7"}
	p.Host = map[string]compliance.Value{"ip.anonymous": compliance.OfTruth(compliance.False), "risk.score": compliance.OfWhole(20), "risk.level": compliance.OfText("normal")}
	p.Counter = counterFunc(func() compliance.Value { return compliance.OfWhole(1) })
	return p
}

func BenchmarkTwentyRules(b *testing.B) {
	s := twentyRules(b)
	stopped, nothing := ordinary(), compliance.Payment{At: noon, Amount: usd(18900)}
	stopped.Lines[0].Category = "Electronics"
	all := ordinary()
	for _, c := range []struct {
		name      string
		p         *compliance.Payment
		action    compliance.Action
		undecided int
	}{{"nothing to say", &all, compliance.NoAction, 0}, {"review by the 19th", &stopped, compliance.Review, 0}, {"only the amount is known", &nothing, compliance.NoAction, 13}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			ctx := context.Background()
			d, err := s.Decide(ctx, c.p)
			require.NoError(b, err)
			require.Equal(b, c.action, d.Action, d.Explain())
			require.Len(b, d.Undecided, c.undecided, d.Explain())
			for b.Loop() {
				if _, err := s.Decide(ctx, c.p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompileTwentyRules(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		twentyRules(b)
	}
}

// A decision that says nothing allocates the answers of the counter, and the key of the
// one that is asked by an address in capitals.
func TestDecideAllocations(t *testing.T) {
	s, p := twentyRules(t), ordinary()
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		if d, err := s.Decide(context.Background(), &p); err != nil || d.Action != compliance.NoAction {
			t.Fatal(d, err)
		}
	}), 2.0)
}
