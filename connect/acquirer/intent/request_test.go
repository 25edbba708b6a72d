package intent_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/intent"
	"github.com/soukhq/souk/connect/acquirer/intent/intenttest"
	"github.com/soukhq/souk/connect/acquirer/internal/cut"
	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// canned is an API that always answers the same, and keeps what it was asked.
type canned struct {
	status int
	body   string
	path   string
	header http.Header
	form   url.Values
	calls  int
}

func (c *canned) open(t *testing.T, change func(*intent.Config)) *intent.Acquirer {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		c.calls++
		c.path, c.header = r.URL.Path, r.Header
		c.form, _ = url.ParseQuery(string(body))
		w.WriteHeader(c.status)
		_, _ = io.WriteString(w, c.body)
	}))
	t.Cleanup(s.Close)
	config := intent.Config{BaseURL: s.URL + "/", SecretKey: "rk_test_x"}
	if change != nil {
		change(&config)
	}
	a, err := intent.New(config)
	require.NoError(t, err)
	return a
}

// What the API is asked for, field by field.
func TestOrders(t *testing.T) {
	c := &canned{status: 200, body: `{"id":"pi_1","status":"succeeded","amount":1000,"currency":"usd"}`}
	plain := url.Values{
		"amount": {"1000"}, "currency": {"usd"}, "confirm": {"true"}, "expand[]": {"latest_charge"}, "metadata[souk_key]": {"ch_1"},
		"payment_method": {"pm_1"}, "payment_method_types[0]": {"card"}, "capture_method": {"automatic"},
	}
	agreement := connect.BuyerAgreement{Text: "monthly", At: time.Unix(1, 0)}
	for name, o := range map[string]struct {
		change func(*connect.AuthorizeOrder)
		config func(*intent.Config)
		more   url.Values
	}{
		"plain":             {nil, nil, nil},
		"captured later":    {func(o *connect.AuthorizeOrder) { o.Capture = false }, nil, url.Values{"capture_method": {"manual"}}},
		"in several parts":  {func(o *connect.AuthorizeOrder) { o.Capture = false }, func(c *intent.Config) { c.SeveralCaptures, c.OverCapture = true, true }, url.Values{"capture_method": {"manual"}, "payment_method_options[card][request_multicapture]": {"if_available"}, "payment_method_options[card][request_overcapture]": {"if_available"}}},
		"with a descriptor": {func(o *connect.AuthorizeOrder) { o.Descriptor = "SHOP 1" }, nil, url.Values{"statement_descriptor_suffix": {"SHOP 1"}}},
		"of a customer":     {func(o *connect.AuthorizeOrder) { o.Source = "cus_1/pm_2" }, nil, url.Values{"customer": {"cus_1"}, "payment_method": {"pm_2"}}},
		"challenged":        {func(o *connect.AuthorizeOrder) { o.Challenge = true }, nil, url.Values{"payment_method_options[card][request_three_d_secure]": {"challenge"}}},
		"agreed to":         {func(o *connect.AuthorizeOrder) { o.Initiation.Agreement = agreement }, nil, url.Values{"setup_future_usage": {"off_session"}}},
		"without the buyer": {func(o *connect.AuthorizeOrder) {
			o.Initiation = connect.Initiation{By: connect.Recurring, Agreement: agreement, First: "n"}
		}, nil, url.Values{"off_session": {"true"}}},
		"by other methods": {nil, func(c *intent.Config) {
			c.Methods, c.ReturnURL = []string{"card", "sepa_debit"}, "https://shop.example/"
		}, url.Values{"payment_method_types[1]": {"sepa_debit"}, "return_url": {"https://shop.example/"}}},
		"of krónur":   {func(o *connect.AuthorizeOrder) { o.Amount = ledger.Minor(5, ledger.ISK) }, nil, url.Values{"amount": {"500"}, "currency": {"isk"}}},
		"of yen":      {func(o *connect.AuthorizeOrder) { o.Amount = ledger.Minor(5, ledger.JPY) }, nil, url.Values{"amount": {"5"}, "currency": {"jpy"}}},
		"of dinars":   {func(o *connect.AuthorizeOrder) { o.Amount = ledger.Minor(5120, ledger.KWD) }, nil, url.Values{"amount": {"5120"}, "currency": {"kwd"}}},
		"of forint":   {func(o *connect.AuthorizeOrder) { o.Amount = ledger.Minor(1045, ledger.HUF) }, nil, url.Values{"amount": {"1045"}, "currency": {"huf"}}},
		"of shilling": {func(o *connect.AuthorizeOrder) { o.Amount = ledger.Minor(7, ledger.UGX) }, nil, url.Values{"amount": {"700"}, "currency": {"ugx"}}},
	} {
		a := c.open(t, func(config *intent.Config) {
			if config.Account = "acct_1"; o.config != nil {
				o.config(config)
			}
		})
		order := connect.AuthorizeOrder{Amount: ledger.Minor(1000, ledger.USD), Source: "pm_1", Capture: true}
		if o.change != nil {
			o.change(&order)
		}
		want := url.Values{}
		for _, list := range []url.Values{plain, o.more} {
			for k, v := range list {
				want[k] = v
			}
		}
		_, err := a.Authorize(t.Context(), "ch_1", order)
		require.NoError(t, err, name)
		require.Equal(t, want, c.form, name)
		require.Equal(t, "/v1/payment_intents", c.path)
		require.Equal(t, "Bearer rk_test_x", c.header.Get("Authorization"))
		require.Equal(t, []string{"ch_1", intent.Version, "acct_1"},
			[]string{c.header.Get("Idempotency-Key"), c.header.Get("Stripe-Version"), c.header.Get("Stripe-Account")})
	}
	c.calls = 0
	for _, m := range []ledger.Money{ledger.Minor(5, ledger.BTC), ledger.Minor(0, ledger.USD), {}} {
		answer, err := c.open(t, nil).Authorize(t.Context(), "ch_1", connect.AuthorizeOrder{Amount: m, Source: "pm_1"})
		require.NoError(t, err)
		require.Equal(t, connect.Declined, answer.Status)
	}
	require.Zero(t, c.calls, "what the API has no units for is not sent")
}

// What each answer of the API means: a refusal is a decline, and nothing else is.
func TestAnswers(t *testing.T) {
	problem := func(kind, code string) string { return `{"error":{"type":"` + kind + `","code":"` + code + `"}}` }
	for name, c := range map[string]struct {
		status int
		body   string
		class  ledger.Class // of the error; 0: an answer
		code   string
	}{
		"a bad card":          {402, `{"error":{"type":"card_error","code":"card_declined","decline_code":"lost_card","payment_intent":{"id":"pi_1","status":"requires_payment_method","amount":1000,"currency":"usd"}}}`, 0, "lost_card"},
		"without a code":      {402, problem("card_error", "expired_card"), 0, "expired_card"},
		"not authenticated":   {402, problem("card_error", "payment_intent_authentication_failure"), 0, "authentication_failed"},
		"a bad parameter":     {400, problem("invalid_request_error", "parameter_unknown"), 0, "parameter_unknown"},
		"a bad request":       {400, problem("invalid_request_error", ""), 0, "invalid_request_error"},
		"nothing there":       {404, problem("invalid_request_error", "resource_missing"), 0, "resource_missing"},
		"another order":       {400, problem("idempotency_error", ""), ledger.Exists, "idempotency_mismatch"},
		"a bad key":           {401, problem("invalid_request_error", ""), ledger.Unavailable, "unauthorized"},
		"a key that may not":  {403, problem("invalid_request_error", ""), ledger.Unavailable, "forbidden"},
		"too many":            {429, problem("invalid_request_error", "rate_limit"), ledger.Unavailable, "rate_limited"},
		"a dependency":        {424, problem("api_error", ""), ledger.Unknown, "api_error"},
		"broken":              {500, problem("api_error", ""), ledger.Unknown, "api_error"},
		"a gateway's page":    {502, "<html>", ledger.Unknown, "api_error"},
		"a page of somebody":  {404, "<html>", ledger.Unknown, "api_error"},
		"elsewhere":           {301, "", ledger.Unknown, "api_error"},
		"an error at once":    {400, problem("api_error", ""), ledger.Unknown, "api_error"},
		"half an answer":      {200, `{"id":"pi_`, ledger.Unknown, "no_answer"},
		"an answer too large": {200, strings.Repeat(" ", 5<<20), ledger.Unknown, "no_answer"},
	} {
		t.Run(name, func(t *testing.T) {
			api := &canned{status: c.status, body: c.body}
			answer, err := api.open(t, nil).Authorize(t.Context(), "ch_1", connect.AuthorizeOrder{Amount: ledger.Minor(1000, ledger.USD), Source: "pm_1"})
			if c.class != 0 {
				require.ErrorIs(t, err, c.class)
				require.Equal(t, c.code, code(t, err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, connect.Declined, answer.Status)
			require.Equal(t, c.code, answer.Code)
			require.Equal(t, ledger.Minor(1000, ledger.USD), answer.Amount)
		})
	}
}

// A key that cannot be a header is Invalid, and not sent.
func TestKeys(t *testing.T) {
	api := &canned{status: 200}
	a := api.open(t, nil)
	for _, key := range []string{"", "a\nb", "ü", " a", strings.Repeat("x", 256)} {
		_, err := a.Authorize(t.Context(), key, connect.AuthorizeOrder{Amount: ledger.Minor(1000, ledger.USD), Source: "pm_1"})
		require.ErrorIs(t, err, ledger.Invalid, "%q", key)
	}
	require.Zero(t, api.calls)
}

// An API that gives a 500 for a key from now on is asked what it made: a payment that
// was made is found, also while the search does not know of it yet.
func TestAnAPIThatFailsAfterItActed(t *testing.T) {
	b := newSandbox(t, nil)
	usd := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }
	b.Fail(func(r *http.Request) intenttest.Fault {
		if r.Method == http.MethodPost {
			return intenttest.BrokenAt
		}
		return intenttest.NoFault
	})
	auth, err := b.acquirer.Authorize(t.Context(), "ch_1", connect.AuthorizeOrder{Amount: usd(1000), Source: intenttest.Card})
	require.NoError(t, err)
	require.Equal(t, connect.Approved, auth.Status)
	captured, err := b.acquirer.Capture(t.Context(), "cap_1", connect.CaptureOrder{Reference: auth.Reference, Amount: usd(600), Final: true})
	require.NoError(t, err)
	require.Equal(t, connect.Approved, captured.Status)
	refunded, err := b.acquirer.Refund(t.Context(), "re_1", connect.RefundOrder{Reference: auth.Reference, Amount: usd(100)})
	require.NoError(t, err)
	require.Equal(t, connect.Approved, refunded.Status)
	other, err := b.acquirer.Authorize(t.Context(), "ch_2", connect.AuthorizeOrder{Amount: usd(1000), Source: intenttest.Card})
	require.NoError(t, err)
	let, err := b.acquirer.Cancel(t.Context(), "cxl_1", connect.CancelOrder{Reference: other.Reference})
	require.NoError(t, err)
	require.Equal(t, connect.Approved, let.Status)
	for _, key := range []string{"ch_1", "cap_1", "re_1", "ch_2", "cxl_1"} {
		require.Equal(t, 1, b.Acted(key))
	}
	for _, wait := range []time.Duration{0, time.Minute} { // before and after the search finds it
		b.clock.Advance(wait)
		for key, want := range map[string]connect.Answer{"cap_1": captured, "re_1": refunded} {
			have, err := b.acquirer.Lookup(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, want, have)
		}
	}
	_, err = b.acquirer.Find(t.Context(), "x", "ch_1")
	require.ErrorIs(t, err, ledger.NotFound)
	_, err = b.acquirer.Find(t.Context(), "x", "re_nothing")
	require.ErrorIs(t, err, ledger.NotFound)
	have, err := b.acquirer.Find(t.Context(), "re_1", refunded.Reference)
	require.NoError(t, err)
	require.Equal(t, refunded, have)

	b.Fail(func(*http.Request) intenttest.Fault { return intenttest.Broken })
	_, err = b.acquirer.Authorize(t.Context(), "ch_3", connect.AuthorizeOrder{Amount: usd(1000), Source: intenttest.Card})
	require.ErrorIs(t, err, ledger.Unknown)
	b.Fail(nil)
	_, err = b.acquirer.Authorize(t.Context(), "ch_3", connect.AuthorizeOrder{Amount: usd(1000), Source: intenttest.Card})
	require.ErrorIs(t, err, ledger.Unknown, "the key says so from now on")
	_, err = b.acquirer.Lookup(t.Context(), "ch_3")
	require.ErrorIs(t, err, ledger.NotFound)
}

// A list that is too long to be read says nothing of what is not in it.
func TestLookupsAreBounded(t *testing.T) {
	api := &canned{status: 200, body: `{"data":[{"id":"pi_1"}],"has_more":true}`}
	_, err := api.open(t, nil).Lookup(t.Context(), "ch_1")
	require.ErrorIs(t, err, ledger.Unavailable)
	require.Equal(t, "too_many", code(t, err))
	require.Less(t, api.calls, 30)
}

// A request that is under way is waited for, and what was not sent says so.
func TestConnections(t *testing.T) {
	b := newSandbox(t, nil)
	o := connect.AuthorizeOrder{Amount: ledger.Minor(500, ledger.USD), Source: intenttest.Card}
	tries := 0
	b.Fail(func(*http.Request) intenttest.Fault {
		if tries++; tries < 3 {
			return intenttest.InFlight
		}
		return intenttest.NoFault
	})
	a, err := b.acquirer.Authorize(t.Context(), "ch_1", o)
	require.NoError(t, err)
	require.Equal(t, connect.Approved, a.Status)
	require.Equal(t, 3, tries)
	b.Fail(nil)
	for where, class := range map[cut.Where]ledger.Class{cut.Before: ledger.Unavailable, cut.Lost: ledger.Unknown, cut.After: ledger.Unknown} {
		b.transport.When(func(*http.Request) cut.Where { return where })
		_, err = b.acquirer.Authorize(t.Context(), "ch_"+strconv.Itoa(int(where)+1), o)
		require.ErrorIs(t, err, class)
		require.NotContains(t, err.Error(), "reset", "the transport's text stays with it")
	}
}

// What cannot be right is refused when an acquirer is made; a test key is not for real
// money.
func TestConfig(t *testing.T) {
	good := intent.Config{BaseURL: "https://api.example", SecretKey: "sk_live_x"}
	for field, change := range map[string]func(*intent.Config){
		"baseURL":        func(c *intent.Config) { c.BaseURL = "http://api.example" },
		"secretKey":      func(c *intent.Config) { c.SecretKey = "pk_live_x" },
		"tolerance":      func(c *intent.Config) { c.Tolerance = -1 },
		"keyLife":        func(c *intent.Config) { c.KeyLife = -1 },
		"account":        func(c *intent.Config) { c.Account = "a b" },
		"webhookSecrets": func(c *intent.Config) { c.WebhookSecrets = []string{""} },
	} {
		c := good
		change(&c)
		_, err := intent.New(c)
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, field, e.Field)
	}
	live, err := intent.New(good)
	require.NoError(t, err)
	good.SecretKey = "sk_test_x"
	test, err := intent.New(good)
	require.NoError(t, err)
	_, err = connect.New(connect.Config{Live: true, Acquirer: live})
	require.ErrorIs(t, err, ledger.Invalid)
	require.NotContains(t, err.Error(), "Acquirer is")
	_, err = connect.New(connect.Config{Live: true, Acquirer: test})
	require.ErrorContains(t, err, "Acquirer is an acquirer with a test key")
}

// The document refuses what it does not know.
func TestSpec(t *testing.T) {
	doc, err := intenttest.ReadSpec(shareddata.Read(t, "stripe/spec3.json.gz"))
	require.NoError(t, err)
	check := func(more url.Values) string {
		form := url.Values{"amount": {"1"}, "currency": {"usd"}}
		for k, v := range more {
			form[k] = v
		}
		return doc.Check("POST", "/v1/payment_intents", form)
	}
	require.Empty(t, check(nil))
	for _, bad := range []url.Values{
		{"amount": {"1.5"}}, {"confirm": {"yes"}}, {"capture_method": {"later"}}, {"source": {"x"}}, {"metadata": {"x"}}, {"amount[x]": {"1"}},
		{"payment_method_options[card][request_multicapture]": {"yes"}}, {"statement_descriptor_suffix": {strings.Repeat("x", 23)}}, {"metadata[x": {"y"}},
	} {
		require.NotEmpty(t, check(bad), "%v", bad)
	}
	require.Equal(t, " lacks amount", doc.Check("POST", "/v1/payment_intents", url.Values{"currency": {"usd"}}))
	require.NotEmpty(t, doc.Check("POST", "/v1/payment_intents/pi_1/charge", nil))
	require.NotEmpty(t, doc.Check("GET", "/v1/refunds", url.Values{"query": {"x"}}))
}
