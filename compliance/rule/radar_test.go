package rule_test

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
)

// Every attribute of Radar can be asked for, and is unknown of a payment of which
// nothing is known.
func TestRadarAttributes(t *testing.T) {
	f, err := os.Open("testdata/radar.txt")
	require.NoError(t, err)
	defer f.Close()
	theirs := make(map[string]bool)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, cond, ok := strings.Cut(lines.Text(), " | ")
		if !ok {
			continue
		}
		require.False(t, theirs[name], name)
		theirs[name] = true
		require.Equal(t, compliance.Unknown, truthOf(t, cond, compliance.Payment{}), name)
		s := compile(t, "block if "+cond)
		require.Equal(t, "block if "+cond+"\n", s.Text(), name)
		require.Equal(t, strings.HasSuffix(name, "_check"), s.Late(), name)
	}
	require.Len(t, theirs, 150)
}

// Ordering among actions: Radar's own example of 2024.
func TestAllowBlockReview(t *testing.T) {
	s := compile(t, `
		block if risk.level = "highest"
		review if card.country != "US"
		allow if amount < 10 USD
		block if amount > 1000 USD
		allow if card.country = "US" and risk.level = "normal"`)
	pay := func(minor int64, country, risk string) compliance.Payment {
		return compliance.Payment{Amount: usd(minor), Card: compliance.Card{Country: country}, Host: map[string]compliance.Value{"risk.level": compliance.OfText(risk)}}
	}
	for _, c := range []struct {
		p      compliance.Payment
		action compliance.Action
		rule   string
	}{
		{pay(150000, "US", "normal"), compliance.Allow, "allow 2"},
		{pay(900, "US", "highest"), compliance.Allow, "allow 1"},
		{pay(150000, "US", "elevated"), compliance.Block, "block 2"},
		{pay(150000, "FR", "highest"), compliance.Block, "block 1"}, // the first of those that block
		{pay(5000, "FR", "normal"), compliance.Review, "review 1"},
		{pay(5000, "US", "elevated"), compliance.NoAction, ""},
	} {
		d := decide(t, s, c.p)
		require.Equal(t, c.action, d.Action)
		require.Equal(t, c.rule, d.Rule)
	}
}

// x or not y and z is x or ((not y) and z), in all eight cases.
func TestPrecedence(t *testing.T) {
	for n := range 8 {
		x, y, z := n&1 > 0, n&2 > 0, n&4 > 0
		p := compliance.Payment{Direct: compliance.TruthOf(x), Auth: compliance.Auth{OffSession: compliance.TruthOf(y), Recurring: compliance.TruthOf(z)}}
		require.Equal(t, compliance.TruthOf(x || (!y && z)), truthOf(t, "direct or not off_session and recurring", p))
	}
	require.Equal(t, "block if direct or not off_session and recurring\n", compile(t, "block if (direct or ((not off_session) and recurring))").Text())
	require.Equal(t, "block if (direct or not off_session) and recurring\n", compile(t, "block if (direct or not off_session) and recurring").Text())
}

// Three rules as they are converted, and what they say of payments.
func TestConvertedRules(t *testing.T) {
	s := compile(t, `
		block if card.country in @blocked and not three_d_secure
		review if amount > 1000 USD and card.funding = "prepaid"
		allow if metadata.trusted = "yes"`,
		rule.Options{Lists: map[string]*rule.List{"blocked": listOf(t, rule.Country, "KP", "IR")}})
	plain := compliance.Auth{Secure: compliance.False}
	prepaid := compliance.Card{Funding: "prepaid"}
	for name, c := range map[string]struct {
		p    compliance.Payment
		want compliance.Action
	}{
		"a blocked country":                     {compliance.Payment{Card: compliance.Card{Country: "kp"}, Auth: plain}, compliance.Block},
		"a blocked country with 3-D Secure":     {compliance.Payment{Card: compliance.Card{Country: "KP"}, Auth: compliance.Auth{Secure: compliance.True}}, compliance.NoAction},
		"a country that is missing":             {compliance.Payment{Auth: plain}, compliance.NoAction},
		"3-D Secure that nobody told":           {compliance.Payment{Card: compliance.Card{Country: "KP"}}, compliance.NoAction},
		"another country":                       {compliance.Payment{Card: compliance.Card{Country: "US"}, Auth: plain}, compliance.NoAction},
		"1000.00, which is not more than 1,000": {compliance.Payment{Amount: usd(100000), Card: prepaid}, compliance.NoAction},
		"a cent more":                           {compliance.Payment{Amount: usd(100001), Card: prepaid}, compliance.Review},
		"a funding that is missing":             {compliance.Payment{Amount: usd(100001)}, compliance.NoAction},
		"trusted, in a blocked country":         {compliance.Payment{Card: compliance.Card{Country: "KP"}, Auth: plain, Metadata: map[string]string{"trusted": "yes"}}, compliance.Allow},
		"trusted in other letters":              {compliance.Payment{Metadata: map[string]string{"trusted": "Yes"}}, compliance.NoAction},
		"trust in other letters":                {compliance.Payment{Metadata: map[string]string{"Trusted": "yes"}}, compliance.NoAction},
	} {
		require.Equal(t, c.want, decide(t, s, c.p).Action, name)
	}
}

// What a rule looks at that is known after authorization is asked then, and only then.
func TestLateRules(t *testing.T) {
	s := compile(t, `
		block if check.cvc = "fail"
		review if amount > 5 USD
		allow if not check.postal_code = "fail" and amount > 5 USD`)
	require.True(t, s.Late())
	p := compliance.Payment{Amount: usd(600), Checks: compliance.Checks{CVC: "fail", PostalCode: "fail"}}
	require.Equal(t, compliance.Review, decide(t, s, p).Action)
	p.Stage = compliance.AfterAuthorization
	require.Equal(t, compliance.Block, decide(t, s, p).Action)
	p.Checks.PostalCode = "pass"
	require.Equal(t, compliance.Allow, decide(t, s, p).Action)
	p.Checks = compliance.Checks{}
	d := decide(t, s, p)
	require.Equal(t, compliance.NoAction, d.Action)
	require.Len(t, d.Undecided, 2)
}
