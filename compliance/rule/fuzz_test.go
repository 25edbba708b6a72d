package rule_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/ledger"
)

// corpus are rules that use all of the language.
var corpus = []string{
	"", "#", "block if direct", "a: allow if not (direct and recurring) or off_session # c",
	"block if amount > 500 USD and seller.age_days < 7 and not card.country in seller.countries",
	"block if card.country in @blocked and not three_d_secure\nreview if amount > 1000 USD and card.funding = \"prepaid\"\nallow if metadata.trusted = \"yes\"",
	`"x y": review if email.domain in ("a.example", 'b') and metadata["k k"] != 'it\'s' and metadata.n >= 2.50`,
	"block if count(declined charges by card.fingerprint in 24h) >= 3 or sum(charges by email in all) > 5.00 EUR or since(charges by ip) < 15m",
	`block if description like "%gift%" or lines.categories includes "x" and seller.age > 2w or amount in (1 USD, 2 USDC/6) or check.cvc = "fail"`,
	"block if risk.score > 74.5 and ip.country != card.country and email is not missing", "block if (((((((direct)))))))", "block if not not not direct",
}

// FuzzCompile: whatever is compiled is written in one form, which compiles to the same
// rules. What is not is refused by a typed error that points into the text. Promise 71.
func FuzzCompile(f *testing.F) {
	for _, text := range corpus {
		f.Add(text)
	}
	lists := map[string]*rule.List{"blocked": listOf(f, rule.Country, "KP")}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := rule.Compile(text, rule.Options{Lists: lists})
		out, formatErr := rule.Format(text)
		if err != nil {
			var e *rule.Error
			require.ErrorAs(t, err, &e)
			require.ErrorIs(t, err, ledger.Invalid)
			require.Less(t, len(e.Pointed()), 2000)
			require.True(t, e.Line >= 1 && e.Column >= 1 && e.Line <= len(text)+1 && e.Column <= len(text)+1, "%v", e.Pos)
			if formatErr != nil {
				require.ErrorAs(t, formatErr, &e)
				return
			}
		}
		require.NoError(t, formatErr)
		again, err := rule.Format(out)
		require.NoError(t, err, out)
		require.Equal(t, out, again)
		if s == nil {
			return
		}
		require.Equal(t, out, s.Text())
		same, err := rule.Compile(out, rule.Options{Lists: lists})
		require.NoError(t, err, out)
		require.Equal(t, s.Version(), same.Version())
		require.Equal(t, s.Questions(), same.Questions())
		require.Equal(t, s.Late(), same.Late())
	})
}

// FuzzDecide: whatever a payment has in it, deciding ends, with the same answer each
// time and for the text in its one form, or with a typed error.
func FuzzDecide(f *testing.F) {
	for i, text := range corpus {
		f.Add(text, int64(i*1000), "USD", "us", "Ann@Example.com", "2.50", int8(i), int64(i), uint8(i))
	}
	f.Add("block if card.brand includes email or email.domain like '%K'", int64(1), "JPY", "\xff", "\u212a", "k", int8(1), int64(-1), uint8(255))
	lists := map[string]*rule.List{"blocked": listOf(f, rule.Country, "US")}
	f.Fuzz(func(t *testing.T, text string, minor int64, currency, country, word, meta string, truth int8, count int64, bits uint8) {
		s, err := rule.Compile(text, rule.Options{Lists: lists})
		if err != nil {
			return
		}
		p := fuzzed(minor, currency, country, word, meta, truth, count, bits)
		same := compile(t, s.Text(), rule.Options{Lists: lists})
		d, err := s.Decide(context.Background(), p)
		for _, set := range []*rule.Set{s, same} {
			d2, err2 := set.Decide(context.Background(), p)
			require.Equal(t, d, d2)
			require.Equal(t, err, err2)
		}
		if err != nil {
			var e *ledger.Error
			require.True(t, errors.As(err, &e) && e.Class == ledger.Invalid, "%v", err)
			return
		}
		require.Less(t, len(d.Explain()), 4*rule.MaxText)
		require.Equal(t, s.Version(), d.Version)
	})
}

// fuzzed makes a payment, some of whose facts are missing.
func fuzzed(minor int64, currency, country, word, meta string, truth int8, count int64, bits uint8) *compliance.Payment {
	p := &compliance.Payment{At: noon, Kind: compliance.PaymentKind(meta), Description: word, Metadata: map[string]string{"trusted": meta, "n": meta, "k k": word}}
	if c, err := ledger.ParseCurrency(currency); err == nil {
		p.Amount = ledger.Minor(minor, c)
	}
	p.Card = compliance.Card{Country: country, Brand: word, Funding: meta, Fingerprint: word}
	p.Buyer = compliance.Buyer{Email: word, IP: meta, IPCountry: country}
	p.Direct, p.Auth.OffSession, p.Auth.Secure = compliance.Truth(truth), compliance.Truth(truth>>2), compliance.Truth(truth>>4)
	if bits&1 > 0 {
		p.Seller.Created = noon.Add(-time.Duration(minor))
	}
	if bits&2 > 0 {
		p.Seller.Countries = []string{country, "US", ""}
	}
	if bits&4 > 0 {
		p.Lines = []compliance.PaymentLine{{Category: word}, {Category: meta}}
	}
	if bits&8 > 0 {
		p.Counter = counterFunc(func() compliance.Value { return compliance.OfWhole(count) })
	}
	if bits&16 > 0 {
		p.Host = map[string]compliance.Value{"risk.score": compliance.OfWhole(count), "risk.level": compliance.OfText(word)}
	}
	if bits&32 > 0 {
		p.Stage, p.Checks.CVC = compliance.AfterAuthorization, meta
	}
	return p
}
