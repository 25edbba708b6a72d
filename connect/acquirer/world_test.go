package acquirer_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/intent"
	"github.com/soukhq/souk/connect/acquirer/intent/intenttest"
	"github.com/soukhq/souk/connect/acquirer/internal/cut"
	"github.com/soukhq/souk/connect/acquirer/notify"
	"github.com/soukhq/souk/connect/acquirer/notify/notifytest"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// sources are one acquirer's names for the same cards.
type sources struct {
	card, challenge, soft, declined, insufficient, noRefund, fails string
}

// world is an acquirer, and what moves the world behind it.
type world struct {
	sources   sources
	acquirer  connect.Acquirer
	transport *cut.Transport // nil: there is no connection to be cut
	acted     func(key string) int
	act       func(key string, passes bool)
	settle    func()                                     // ends what the acquirer is still at
	late      func(key string)                           // lets a payment fail after it had succeeded
	tell      func(*testing.T, *connecttest.Marketplace) // posts what there is to tell
	fault     func(on string, kind string)               // of the server
	struck    int                                        // how many faults by once have been met
}

// name is that of all of them, so that their books can be compared.
const name = "acquirer"

// worlds make each acquirer anew.
var worlds = map[string]func(*testing.T, *connecttest.Clock) *world{
	"simulator, keyed":        simulated(connect.SimulatorConfig{Delivery: ledger.Keyed}),
	"simulator, askable":      simulated(connect.SimulatorConfig{Delivery: ledger.Askable}),
	"simulator, blind":        simulated(connect.SimulatorConfig{Delivery: ledger.Blind}),
	"simulator, by news":      simulated(connect.SimulatorConfig{Delivery: ledger.Keyed, NewsOnly: true}),
	"intent":                  intents,
	"notify":                  func(t *testing.T, c *connecttest.Clock) *world { return notifying(t, c, false) },
	"notify, answers at once": func(t *testing.T, c *connecttest.Clock) *world { return notifying(t, c, true) },
}

func simulated(c connect.SimulatorConfig) func(*testing.T, *connecttest.Clock) *world {
	return func(_ *testing.T, clock *connecttest.Clock) *world {
		c.Name, c.Now = name, clock.Now
		s := connect.NewSimulator(c)
		return &world{
			sources: sources{
				connect.TestCardUS, connect.TestChallenge, connect.TestSoftDecline, connect.TestDeclined, connect.TestInsufficient,
				connect.TestRefundDeclined, connect.TestFailsLater,
			},
			acquirer: s, acted: s.Taken, act: s.Act, settle: func() {}, late: func(string) {},
			tell: func(t *testing.T, m *connecttest.Marketplace) {
				for _, n := range s.Notifications() {
					require.NoError(t, m.News(t.Context(), n))
				}
			},
		}
	}
}

// twice is news in another order, and each piece again.
func twice[T any](list []T) []T {
	slices.Reverse(list)
	return append(list, list...)
}

func intents(t *testing.T, clock *connecttest.Clock) *world {
	api := intenttest.New(intenttest.Config{SecretKey: "sk_test_x", Secret: "whsec", Now: clock.Now, Lag: time.Minute})
	s := httptest.NewServer(api)
	t.Cleanup(s.Close)
	transport := &cut.Transport{}
	a, err := intent.New(intent.Config{
		Name: name, BaseURL: s.URL, SecretKey: "sk_test_x", WebhookSecrets: []string{"whsec"}, ReturnURL: "https://shop.example/back",
		HTTP: &http.Client{Transport: transport}, Now: clock.Now,
	})
	require.NoError(t, err)
	w := &world{
		sources: sources{
			intenttest.Card, intenttest.Challenge, intenttest.SoftDecline, intenttest.Declined, intenttest.Insufficient,
			intenttest.RefundDeclined, intenttest.Debit,
		},
		acquirer: a, transport: transport, acted: api.Acted, act: api.Act, settle: api.Settle, late: api.Return,
		tell: func(t *testing.T, m *connecttest.Marketplace) {
			for _, e := range twice(api.Events()) {
				_, err := m.Notify(t.Context(), api.Post(e))
				require.NoError(t, err)
			}
		},
	}
	w.fault = func(on, kind string) {
		faults := map[string]intenttest.Fault{
			"429": intenttest.TooMany, "500": intenttest.Broken, "500 after": intenttest.BrokenAt, "409": intenttest.InFlight,
		}
		api.Fail(once(w, on, faults[kind]))
	}
	return w
}

func notifying(t *testing.T, clock *connecttest.Clock, atOnce bool) *world {
	key := bytes.Repeat([]byte{7}, 32)
	api := notifytest.New(notifytest.Config{APIKey: "key", MerchantAccount: "Souk", HMACKey: key, AtOnce: atOnce, Now: clock.Now})
	s := httptest.NewServer(api)
	t.Cleanup(s.Close)
	transport := &cut.Transport{}
	a, err := notify.New(notify.Config{
		Name: name, BaseURL: s.URL + "/v71", APIKey: "key", MerchantAccount: "Souk", HMACKeys: []string{strings.Repeat("07", 32)},
		ReturnURL: "https://shop.example/back", HTTP: &http.Client{Transport: transport},
	})
	require.NoError(t, err)
	w := &world{
		sources: sources{
			notifytest.Card, notifytest.Challenge, notifytest.SoftDecline, notifytest.Refused, notifytest.Insufficient,
			notifytest.RefundRefused, notifytest.Card,
		},
		acquirer: a, transport: transport, acted: api.Acted, act: api.Act, settle: func() {},
		late: func(k string) { api.FailCapture(k, api.Reference(k)) },
		tell: func(t *testing.T, m *connecttest.Marketplace) {
			if items := twice(api.Items()); len(items) > 0 {
				_, err := m.Notify(t.Context(), api.Post(items...))
				require.NoError(t, err)
			}
		},
	}
	w.fault = func(on, kind string) {
		faults := map[string]notifytest.Fault{
			"429": notifytest.TooMany, "500": notifytest.Broken, "500 after": notifytest.BrokenAt, "409": notifytest.InFlight,
		}
		api.Fail(once(w, on, faults[kind]))
	}
	return w
}

// once is a fault of the first request to a path that ends so.
func once[F any](w *world, on string, f F) func(*http.Request) F {
	done := false
	return func(r *http.Request) F {
		var none F
		if done || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, on) {
			return none
		}
		done = true
		w.struck++
		return f
	}
}

// market is a marketplace on a world.
type market struct {
	*connecttest.Marketplace
	*world
	t        *testing.T
	follow   *connecttest.Clock // of the world
	ctx      context.Context
	platform *connect.Platform
	seller   string
	keys     int
}

func open(t *testing.T, make func(*testing.T, *connecttest.Clock) *world) *market {
	t.Helper()
	clock := connecttest.NewClock(connecttest.Start)
	m := &market{t: t, ctx: t.Context(), world: make(t, clock)}
	var err error
	m.Marketplace, err = connecttest.New(connecttest.Config{Config: connect.Config{Acquirer: m.acquirer}})
	require.NoError(t, err)
	m.follow = clock
	m.platform, err = m.Register(m.ctx, connect.PlatformRequest{Key: "platform", Name: "Platform", Country: "US"})
	require.NoError(t, err)
	a, err := m.platform.CreateAccount(m.ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	m.seller = a.ID
	return m
}

func (m *market) key() string {
	m.keys++
	return "key-" + strconv.Itoa(m.keys)
}

// wait lets time pass, and tells what there is to tell.
func (m *market) wait(rounds int, d time.Duration) {
	m.t.Helper()
	for range rounds {
		m.settle()
		m.tell(m.t, m.Marketplace)
		m.Clock.Advance(d)
		m.follow.Set(m.Clock.Now())
		_, err := m.Drain(m.ctx)
		require.NoError(m.t, err)
	}
}

// books are all balances, by names that are the same in every world.
func (m *market) books() map[string]string {
	m.t.Helper()
	r, err := m.Verify(m.ctx)
	require.NoError(m.t, err)
	require.NoError(m.t, r.Err())
	list := make(map[string]string)
	names := strings.NewReplacer(m.seller, "seller", m.platform.ID(), "platform")
	err = m.Store().Read(m.ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{}, func(a ledger.Account) error {
			if !a.Posted.IsZero() || !a.Held.IsZero() {
				list[names.Replace(a.Ref.String())] = a.Posted.String() + " held " + a.Held.String()
			}
			return nil
		})
	})
	require.NoError(m.t, err)
	return list
}
