package notify_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/internal/cut"
	"github.com/soukhq/souk/connect/acquirer/notify"
	"github.com/soukhq/souk/connect/acquirer/notify/notifytest"
	"github.com/soukhq/souk/connect/acquirertest"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

const (
	apiKey  = "test_key"
	account = "SoukTEST"
	hmacKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
)

func keyBytes() []byte {
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i%16) * 0x11
	}
	return key
}

// sandbox is an acquirer on a server of its own.
type sandbox struct {
	*notifytest.Server
	clock     *connecttest.Clock
	transport *cut.Transport
	config    notify.Config
	acquirer  *notify.Acquirer
}

func newSandbox(t *testing.T, change func(*notify.Config, *notifytest.Config)) *sandbox {
	t.Helper()
	b := &sandbox{clock: connecttest.NewClock(connecttest.Start), transport: &cut.Transport{}}
	server := notifytest.Config{APIKey: apiKey, MerchantAccount: account, HMACKey: keyBytes(), Now: b.clock.Now}
	b.config = notify.Config{
		APIKey: apiKey, MerchantAccount: account, HMACKeys: []string{"ff" + hmacKey[2:], hmacKey}, ReturnURL: "https://shop.example/back",
		HTTP: &http.Client{Transport: b.transport},
	}
	if change != nil {
		change(&b.config, &server)
	}
	b.Server = notifytest.New(server)
	s := httptest.NewServer(b.Server)
	t.Cleanup(s.Close)
	b.config.BaseURL = s.URL + "/v71"
	b.acquirer = b.open(t)
	return b
}

func (b *sandbox) open(t *testing.T) *notify.Acquirer {
	t.Helper()
	a, err := notify.New(b.config)
	require.NoError(t, err)
	return a
}

// news reads what the server has to tell, posted in one batch.
func (b *sandbox) news(t *testing.T) []connect.News {
	items := b.Items()
	if len(items) == 0 {
		return nil
	}
	list, err := b.acquirer.Notification(t.Context(), b.Post(items...))
	require.NoError(t, err)
	var news []connect.News
	for _, notice := range list {
		require.Empty(t, notice.Unhandled)
		if notice.News.Key != "" {
			news = append(news, notice.News)
		}
	}
	return news
}

// The adapter keeps the laws, whether payments are answered at once or later.
func TestLaws(t *testing.T) {
	for name, atOnce := range map[string]bool{"later": false, "at once": true} {
		t.Run(name, func(t *testing.T) {
			acquirertest.Run(t, func(t *testing.T) acquirertest.Harness {
				b := newSandbox(t, func(_ *notify.Config, s *notifytest.Config) { s.AtOnce = atOnce })
				return acquirertest.Harness{
					Acquirer: b.acquirer, Currency: ledger.USD, Source: notifytest.Card, Challenge: notifytest.Challenge, Act: b.Act,
					Declined: []string{notifytest.Refused, notifytest.Insufficient, notifytest.SoftDecline},
					Settle:   func() {}, News: func() []connect.News { return b.news(t) }, Actions: b.Acted,
					Reopen: func() connect.Acquirer { return b.open(t) },
				}
			})
		})
	}
}
