package intent_test

import (
	"net/http"
	"net/http/httptest"

	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/intent"
	"github.com/soukhq/souk/connect/acquirer/intent/intenttest"
	"github.com/soukhq/souk/connect/acquirer/internal/cut"
	"github.com/soukhq/souk/connect/acquirertest"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

const (
	secretKey = "sk_test_4eC39"
	signs     = "whsec_first"
)

// sandbox is an acquirer on a server of its own.
type sandbox struct {
	*intenttest.Server
	clock     *connecttest.Clock
	transport *cut.Transport
	config    intent.Config
	acquirer  *intent.Acquirer
}

func newSandbox(t *testing.T, change func(*intent.Config, *intenttest.Config)) *sandbox {
	t.Helper()
	b := &sandbox{clock: connecttest.NewClock(connecttest.Start), transport: &cut.Transport{}}
	server := intenttest.Config{SecretKey: secretKey, Secret: signs, Now: b.clock.Now, Lag: time.Minute}
	b.config = intent.Config{
		SecretKey: secretKey, WebhookSecrets: []string{"whsec_second", signs}, ReturnURL: "https://shop.example/back",
		Now: b.clock.Now, HTTP: &http.Client{Transport: b.transport},
	}
	if change != nil {
		change(&b.config, &server)
	}
	b.Server = intenttest.New(server)
	s := httptest.NewServer(b.Server)
	t.Cleanup(s.Close)
	b.config.BaseURL = s.URL
	b.acquirer = b.open(t)
	return b
}

func (b *sandbox) open(t *testing.T) *intent.Acquirer {
	t.Helper()
	a, err := intent.New(b.config)
	require.NoError(t, err)
	return a
}

func (b *sandbox) harness(t *testing.T, source string) acquirertest.Harness {
	return acquirertest.Harness{
		Acquirer: b.acquirer, Currency: ledger.USD, Source: source, Challenge: intenttest.Challenge, Act: b.Act,
		Declined: []string{intenttest.Declined, intenttest.Insufficient, intenttest.SoftDecline},
		Settle:   b.Settle, Actions: b.Acted, Reopen: func() connect.Acquirer { return b.open(t) },
	}
}

// The adapter keeps the laws: with answers at once, with payments or refunds that are
// processed for days, with several captures, and while the same request is under way.
// Each of its requests is one that the published document of the API knows.
func TestLaws(t *testing.T) {
	for _, source := range []string{intenttest.Card, intenttest.RefundPending, intenttest.Debit} {
		for _, several := range []bool{false, true} {
			t.Run(source, func(t *testing.T) {
				acquirertest.Run(t, func(t *testing.T) acquirertest.Harness {
					b := newSandbox(t, func(c *intent.Config, _ *intenttest.Config) { c.SeveralCaptures = several })
					return b.harness(t, source)
				})
			})
		}
	}
}

// TestRequestsAreKnown runs the laws with each request held against the published
// document.
func TestRequestsAreKnown(t *testing.T) {
	doc, err := intenttest.ReadSpec(shareddata.Read(t, "stripe/spec3.json.gz"))
	require.NoError(t, err)
	for _, several := range []bool{false, true} {
		acquirertest.Run(t, func(t *testing.T) acquirertest.Harness {
			b := newSandbox(t, func(c *intent.Config, s *intenttest.Config) {
				c.SeveralCaptures, c.OverCapture, s.Spec = several, several, doc
			})
			t.Cleanup(func() { require.Empty(t, b.Wrong()) })
			return b.harness(t, intenttest.Card)
		})
	}
}
