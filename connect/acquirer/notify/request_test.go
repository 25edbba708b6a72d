package notify_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/internal/cut"
	"github.com/soukhq/souk/connect/acquirer/notify"
	"github.com/soukhq/souk/connect/acquirer/notify/notifytest"
	"github.com/soukhq/souk/ledger"
)

// What the API answers to each order decides what is sent again: nothing acts twice,
// and another order under a key is noticed though the API does not compare.
func TestRequests(t *testing.T) {
	b := newSandbox(t, nil)
	o := connect.AuthorizeOrder{Amount: usd(100), Source: notifytest.Card, Capture: true}
	for fault, class := range map[notifytest.Fault]ledger.Class{
		notifytest.TooMany: ledger.Unavailable, notifytest.Broken: ledger.Unknown, notifytest.BrokenAt: ledger.Unknown,
	} {
		key := "ch_" + string(rune('a'+fault))
		b.Fail(func(*http.Request) notifytest.Fault { return fault })
		_, err := b.acquirer.Authorize(t.Context(), key, o)
		require.ErrorIs(t, err, class)
		b.Fail(nil)
		a, err := b.acquirer.Authorize(t.Context(), key, o)
		require.NoError(t, err)
		require.Equal(t, connect.Received, a.Status)
		require.Equal(t, 1, b.Acted(key))
		other := o
		other.Amount = usd(101)
		_, err = b.acquirer.Authorize(t.Context(), key, other)
		require.ErrorIs(t, err, ledger.Exists)
	}
	for where, class := range map[cut.Where]ledger.Class{cut.Before: ledger.Unavailable, cut.Lost: ledger.Unknown, cut.After: ledger.Unknown} {
		b.transport.When(func(*http.Request) cut.Where { return where })
		_, err := b.acquirer.Authorize(t.Context(), "ch_"+string(rune('k'+where)), o)
		require.ErrorIs(t, err, class)
	}
	b.transport.When(nil)
	for _, key := range []string{"", "a\nb", strings.Repeat("x", 65)} {
		_, err := b.acquirer.Authorize(t.Context(), key, o)
		require.ErrorIs(t, err, ledger.Invalid)
	}
	_, err := b.acquirer.Lookup(t.Context(), "ch_a")
	require.ErrorIs(t, err, ledger.Unavailable)
}

// What a buyer brings back is handed over, and is news at once.
func TestDetails(t *testing.T) {
	b := newSandbox(t, nil)
	o := connect.AuthorizeOrder{Amount: usd(100), Source: notifytest.Challenge, Capture: true}
	for key, want := range map[string]connect.AnswerStatus{"ch_pass": connect.Approved, "ch_fail": connect.Declined} {
		a, err := b.acquirer.Authorize(t.Context(), key, o)
		require.NoError(t, err)
		require.Equal(t, connect.RequiresAction, a.Status)
		brought := json.RawMessage(`{"redirectResult":"` + a.Reference + " " + strings.TrimPrefix(key, "ch_") + `"}`)
		for range 2 {
			news, err := b.acquirer.Details(t.Context(), brought)
			require.NoError(t, err)
			require.Equal(t, key, news.Key)
			require.Equal(t, want, news.Answer.Status)
			require.Equal(t, usd(100), news.Answer.Amount)
		}
	}
	_, err := b.acquirer.Details(t.Context(), json.RawMessage(`{"redirectResult":"nothing"}`))
	require.ErrorIs(t, err, ledger.NotFound)
	for _, bad := range []string{"", "[]", "{}", "x", `{"a":"` + strings.Repeat("x", 70_000) + `"}`} {
		_, err = b.acquirer.Details(t.Context(), json.RawMessage(bad))
		require.ErrorIs(t, err, ledger.Invalid)
	}
}

// Details of two buyers never have one key: the second would get the first one's answer.
// Of these two, the first 32 bits of a hash were once the same.
func TestKeysOfDetails(t *testing.T) {
	var keys []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		_, _ = io.WriteString(w, `{"merchantReference":"ch_1.p00000000","resultCode":"Authorised"}`)
	}))
	t.Cleanup(s.Close)
	a, err := notify.New(notify.Config{BaseURL: s.URL, APIKey: "k", MerchantAccount: "M"})
	require.NoError(t, err)
	for _, brought := range []string{`{"redirectResult":"27157"}`, `{"redirectResult":"48322"}`, `{"redirectResult":"27157"}`} {
		_, err := a.Details(t.Context(), json.RawMessage(brought))
		require.NoError(t, err)
	}
	require.Len(t, keys, 3)
	require.NotEqual(t, keys[0], keys[1])
	require.Equal(t, keys[0], keys[2])
}

// What the API is asked for, field by field.
func TestOrders(t *testing.T) {
	var body map[string]any
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		body = nil
		require.NoError(t, json.Unmarshal(data, &body))
		_, _ = io.WriteString(w, `{"pspReference":"PSP1","resultCode":"Received"}`)
	}))
	t.Cleanup(s.Close)
	a, err := notify.New(notify.Config{BaseURL: s.URL, APIKey: "k", MerchantAccount: "M", ReturnURL: "https://shop.example/"})
	require.NoError(t, err)
	agreement := connect.BuyerAgreement{Text: "monthly", At: time.Unix(1, 0)}
	send := func(o connect.AuthorizeOrder) map[string]any {
		o.Source = "shopper/stored"
		if o.Amount == (ledger.Money{}) {
			o.Amount = usd(100)
		}
		_, err := a.Authorize(t.Context(), "ch_1", o)
		require.NoError(t, err)
		require.Regexp(t, `^ch_1\.[pa][0-9a-f]{8}$`, body["reference"])
		require.Equal(t, "M", body["merchantAccount"])
		delete(body, "reference")
		delete(body, "merchantAccount")
		return body
	}
	base := func(more map[string]any) map[string]any {
		want := map[string]any{
			"amount": map[string]any{"currency": "USD", "value": 100.0}, "returnUrl": "https://shop.example/", "shopperInteraction": "Ecommerce",
			"shopperReference": "shopper", "paymentMethod": map[string]any{"type": "scheme", "storedPaymentMethodId": "stored"}, "captureDelayHours": 0.0,
		}
		for k, v := range more {
			if want[k] = v; v == nil {
				delete(want, k)
			}
		}
		return want
	}
	require.Equal(t, base(nil), send(connect.AuthorizeOrder{Capture: true}))
	require.Equal(t, base(map[string]any{"captureDelayHours": nil, "additionalData": map[string]any{"manualCapture": "true"}}), send(connect.AuthorizeOrder{}))
	require.Equal(t, base(map[string]any{
		"shopperInteraction": "ContAuth", "recurringProcessingModel": "Subscription", "additionalData": map[string]any{"networkTxReference": "net"},
	}), send(connect.AuthorizeOrder{Capture: true, Initiation: connect.Initiation{By: connect.Recurring, First: "net"}}))
	require.Equal(t, base(map[string]any{"shopperInteraction": "ContAuth", "recurringProcessingModel": "UnscheduledCardOnFile"}),
		send(connect.AuthorizeOrder{Capture: true, Initiation: connect.Initiation{By: connect.NoShow, Agreement: agreement}}))
	require.Equal(t, base(map[string]any{"storePaymentMethod": true, "recurringProcessingModel": "UnscheduledCardOnFile"}),
		send(connect.AuthorizeOrder{Capture: true, Initiation: connect.Initiation{Agreement: agreement}}))
	require.Equal(t, base(map[string]any{
		"authenticationData": map[string]any{"attemptAuthentication": "always"}, "shopperStatement": "SHOP", "additionalData": map[string]any{"scaExemption": "lowValue"},
	}), send(connect.AuthorizeOrder{Capture: true, Challenge: true, Descriptor: "SHOP", Exemption: connect.LowValue}))
	for m, value := range map[ledger.Money]float64{
		ledger.Minor(5, ledger.ISK): 500, ledger.Minor(5, ledger.JPY): 5, ledger.Minor(5120, ledger.KWD): 5120, ledger.Minor(1500, ledger.IDR): 15,
		ledger.Minor(5, ledger.CLP): 500,
	} {
		require.Equal(t, map[string]any{"currency": m.Currency().Code(), "value": value}, send(connect.AuthorizeOrder{Amount: m})["amount"])
	}
	for _, m := range []ledger.Money{ledger.Minor(5, ledger.BTC), ledger.Minor(1550, ledger.IDR), usd(-1)} {
		answer, err := a.Authorize(t.Context(), "ch_1", connect.AuthorizeOrder{Amount: m, Source: "x"})
		require.NoError(t, err)
		require.Equal(t, connect.Declined, answer.Status)
	}
}

// What cannot be right is refused when an acquirer is made; one that is not set up as
// live is not for real money.
func TestConfig(t *testing.T) {
	good := notify.Config{BaseURL: "https://api.example/v71", APIKey: "k", MerchantAccount: "M", Live: true}
	for field, change := range map[string]func(*notify.Config){
		"baseURL":         func(c *notify.Config) { c.BaseURL = "http://api.example" },
		"apiKey":          func(c *notify.Config) { c.APIKey = "" },
		"merchantAccount": func(c *notify.Config) { c.MerchantAccount = "" },
		"keyLife":         func(c *notify.Config) { c.KeyLife = -1 },
		"password":        func(c *notify.Config) { c.User = "x" },
		"digits":          func(c *notify.Config) { c.Digits = map[ledger.Currency]int{ledger.USD: 9} },
		"hmacKeys":        func(c *notify.Config) { c.HMACKeys = []string{"00"} },
	} {
		c := good
		change(&c)
		_, err := notify.New(c)
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, field, e.Field)
	}
	live, err := notify.New(good)
	require.NoError(t, err)
	_, err = connect.New(connect.Config{Live: true, Acquirer: live})
	require.NotContains(t, err.Error(), "Acquirer is")
	good.Live = false
	test, err := notify.New(good)
	require.NoError(t, err)
	_, err = connect.New(connect.Config{Live: true, Acquirer: test})
	require.ErrorContains(t, err, "Acquirer is an acquirer that is not set up as live")
}
