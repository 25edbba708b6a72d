package notify_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/notify"
	"github.com/soukhq/souk/connect/acquirer/notify/notifytest"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

func usd(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }

func code(t *testing.T, err error) string {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	return e.Code
}

// market is an engine on a sandbox, with a platform and a seller.
type market struct {
	*connecttest.Marketplace
	*sandbox
	t        *testing.T
	ctx      context.Context
	platform *connect.Platform
	seller   string
}

func newMarket(t *testing.T) *market {
	t.Helper()
	m := &market{t: t, ctx: t.Context(), sandbox: newSandbox(t, nil)}
	var err error
	m.Marketplace, err = connecttest.New(connecttest.Config{Config: connect.Config{Acquirer: m.acquirer}})
	require.NoError(t, err)
	m.platform, err = m.Register(m.ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	a, err := m.platform.CreateAccount(m.ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	m.seller = a.ID
	return m
}

func (m *market) charge(key string, later bool) *connect.Charge {
	m.t.Helper()
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: key, Amount: usd(5000), AccountID: m.seller, ApplicationFee: usd(500), Source: notifytest.Card, CaptureLater: later,
	})
	require.NoError(m.t, err)
	return c
}

func (m *market) now(c *connect.Charge) *connect.Charge {
	m.t.Helper()
	c, err := m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(m.t, err)
	return c
}

// post hands items on in one notification.
func (m *market) post(items ...notify.Item) connect.Notified {
	m.t.Helper()
	done, err := m.Notify(m.ctx, m.Post(items...))
	require.NoError(m.t, err)
	r, err := m.Verify(m.ctx)
	require.NoError(m.t, err)
	require.NoError(m.t, r.Err())
	return done
}

// A notification comes again, in another order, and of what nobody asked for: it is
// booked once, and what cannot be booked is kept (promise 31).
func TestNotifications(t *testing.T) {
	m := newMarket(t)
	c := m.charge("c", false)
	require.Equal(t, connect.ChargeProcessing, c.Status)
	items := m.Items()
	require.Len(t, items, 2)
	auth, capture := items[0], items[1]
	stranger := auth
	stranger.MerchantReference, stranger.PSPReference = "order 77", "PSP1"
	gone := auth
	gone.MerchantReference, gone.PSPReference = strings.Replace(auth.MerchantReference, c.ID, "ch_gone", 1), "PSP2"
	require.Equal(t, connect.Notified{Booked: 1, Kept: 2}, m.post(capture, stranger, gone))
	require.Equal(t, connect.ChargeProcessing, m.now(c).Status)
	require.Equal(t, connect.Notified{Booked: 1, Ignored: 4}, m.post(auth, auth, capture, stranger, gone))
	require.Equal(t, connect.ChargeSucceeded, m.now(c).Status)
	require.Equal(t, auth.PSPReference, m.now(c).Reference)
	for range 10 { // a storm
		require.Equal(t, connect.Notified{Ignored: 2}, m.post(capture, auth))
	}
	m.Tell(c.ID, "AUTORESCUE")
	m.Tell(c.ID, "REPORT_AVAILABLE")
	m.Clock.Advance(time.Second)
	require.Equal(t, connect.Notified{Kept: 2}, m.post(m.Items()...))
	page, err := m.UnbookedNotices(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Len(t, page.Items, 4)
	for _, n := range page.Items {
		require.NotEmpty(t, n.Reason)
	}
}

// The money of a capture is taken back after it had come: the payment has failed.
func TestACaptureFailsLate(t *testing.T) {
	for _, later := range []bool{true, false} {
		m := newMarket(t)
		c := m.charge("c", later)
		reference := m.Reference(c.ID)
		m.post(m.Items()...)
		if later {
			k, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: c.ID})
			require.NoError(t, err)
			require.Equal(t, connect.StepPending, k.Status)
			items := m.Items()
			require.Len(t, items, 1)
			reference = items[0].MerchantReference
			m.post(items...)
		}
		require.Equal(t, connect.ChargeSucceeded, m.now(c).Status)
		m.FailCapture(c.ID, reference)
		items := m.Items()
		require.Equal(t, connect.Notified{Booked: 1}, m.post(items...))
		require.Equal(t, connect.ChargeFailed, m.now(c).Status)
		require.Equal(t, usd(5000), m.now(c).Failure.Amount)
		require.Equal(t, connect.Notified{Ignored: 1}, m.post(items...))
	}
}

// What somebody did by hand is not taken for what souk asked for.
func TestByHand(t *testing.T) {
	m := newMarket(t)
	c := m.charge("c", true)
	auth := m.Items()[0]
	m.post(auth)
	for event, done := range map[string]connect.Notified{"CAPTURE": {Kept: 1}, "REFUND": {Kept: 1}, "CANCELLATION": {Booked: 1}} {
		i := auth
		i.EventCode, i.PSPReference, i.OriginalReference = event, "PSP"+event, auth.PSPReference
		require.Equal(t, done, m.post(i), event)
	}
	require.Equal(t, connect.ChargeCanceled, m.now(c).Status)
}

// Of a batch with one bad signature nothing counts, and nothing is written.
func TestSignatures(t *testing.T) {
	m := newMarket(t)
	c := m.charge("c", false)
	auth := m.Items()[0]
	second := auth
	second.PSPReference = "PSP9"
	good := m.Post(auth, second)
	for name, change := range map[string]func(string) string{
		"another amount":    func(s string) string { return strings.Replace(s, `"value":5000`, `"value":5001`, 1) },
		"another currency":  func(s string) string { return strings.Replace(s, `"USD"`, `"EUR"`, 1) },
		"another outcome":   func(s string) string { return strings.Replace(s, `"success":"true"`, `"success":"false"`, 1) },
		"another event":     func(s string) string { return strings.Replace(s, "AUTHORISATION", "REFUND", 1) },
		"another reference": func(s string) string { return strings.Replace(s, c.ID, "ch_other", 1) },
		"the second one":    func(s string) string { return strings.Replace(s, "PSP9", "PSP8", 1) },
		"no signature":      func(s string) string { return strings.Replace(s, "hmacSignature", "signature", 1) },
		"no amount":         func(s string) string { return strings.Replace(s, `"amount":{"currency":"USD","value":5000},`, "", 1) },
	} {
		body := change(string(good.Body))
		require.NotEqual(t, string(good.Body), body, name)
		done, err := m.Notify(m.ctx, connect.Notification{Body: []byte(body)})
		require.ErrorIs(t, err, ledger.Forbidden, name)
		require.Equal(t, "bad_signature", code(t, err), name)
		require.Equal(t, connect.Notified{}, done)
	}
	for name, body := range map[string]string{
		"no JSON": "{", "no items": `{"live":"false"}`, "an empty item": `{"live":"false","notificationItems":[{}]}`,
		"no event": `{"notificationItems":[{"NotificationRequestItem":{"pspReference":"x"}}]}`,
		"live":     strings.Replace(string(good.Body), `"live":"false"`, `"live":"true"`, 1),
	} {
		_, err := m.Notify(m.ctx, connect.Notification{Body: []byte(body)})
		require.ErrorIs(t, err, ledger.Invalid, name)
	}
	require.Equal(t, connect.ChargeProcessing, m.now(c).Status)
	page, err := m.UnbookedNotices(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Empty(t, page.Items)
}

// The published scheme: the fields joined by colons, HMAC-SHA256, base64. Key, item and
// signature are the example of the API's documents; openssl computes the same.
func TestSignatureOfAnItem(t *testing.T) {
	i := notify.Item{
		PSPReference: "7914073381342284", MerchantAccountCode: "TestMerchant", MerchantReference: "TestPayment-1407325143704",
		Amount: &notify.Amount{Currency: "EUR", Value: 1130}, EventCode: "AUTHORISATION", Success: "true",
	}
	key, err := hex.DecodeString("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056")
	require.NoError(t, err)
	require.Equal(t, "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=", i.Sign(key))
}

// A user and password, where they are set, are needed besides.
func TestPassword(t *testing.T) {
	b := newSandbox(t, func(c *notify.Config, _ *notifytest.Config) { c.User, c.Password = "souk", "secret" })
	_, err := b.acquirer.Authorize(t.Context(), "ch_1", connect.AuthorizeOrder{Amount: usd(100), Source: notifytest.Card, Capture: true})
	require.NoError(t, err)
	n := b.Post(b.Items()...)
	for header, ok := range map[string]bool{"": false, "souk:secret": true, "souk:other": false} {
		n.Header = func(name string) string {
			require.Equal(t, "Authorization", name)
			return "Basic " + base64.StdEncoding.EncodeToString([]byte(header))
		}
		_, err = b.acquirer.Notification(t.Context(), n)
		require.Equal(t, ok, err == nil, header)
	}
}

// What each event says of each kind of request.
func TestEvents(t *testing.T) {
	b := newSandbox(t, nil)
	const by, elsewhere, nothing = "", "it was asked for by somebody else than souk", "souk books nothing for events of this type"
	for _, c := range []struct {
		event, mark, success string
		status               connect.AnswerStatus
		code, reference      string
		unhandled            string
	}{
		{"AUTHORISATION", "p", "true", connect.Approved, "", "PAY", by},
		{"AUTHORISATION", "a", "false", connect.Declined, "generic_decline", "PAY", by},
		{"AUTHORISATION", "c", "true", "", "", "", elsewhere},
		{"CAPTURE", "p", "true", "", "", "", by}, // the authorization has said so
		{"CAPTURE", "p", "false", connect.Failed, "generic_decline", "PAY", by},
		{"CAPTURE", "a", "true", "", "", "", elsewhere},
		{"CAPTURE", "c", "true", connect.Approved, "", "PSP", by},
		{"CAPTURE", "c", "false", connect.Declined, "generic_decline", "PSP", by},
		{"CAPTURE_FAILED", "c", "true", connect.Failed, "generic_decline", "PSP", by},
		{"CAPTURE_FAILED", "p", "true", connect.Failed, "generic_decline", "PAY", by},
		{"CAPTURE_FAILED", "a", "true", "", "", "", nothing},
		{"CANCELLATION", "x", "true", connect.Approved, "", "PSP", by},
		{"CANCELLATION", "x", "false", connect.Declined, "generic_decline", "PSP", by},
		{"CANCELLATION", "a", "true", connect.Canceled, "canceled", "PAY", by},
		{"CANCELLATION", "a", "false", "", "", "", elsewhere},
		{"EXPIRE", "a", "true", connect.Canceled, "authorization_expired", "PAY", by},
		{"OFFER_CLOSED", "p", "true", connect.Declined, "generic_decline", "PAY", by},
		{"PENDING", "p", "true", connect.Received, "", "PAY", by},
		{"REFUND", "r", "true", connect.Approved, "", "PSP", by},
		{"REFUND", "r", "false", connect.Declined, "generic_decline", "PSP", by},
		{"REFUND", "p", "true", "", "", "", elsewhere},
		{"REFUND_FAILED", "r", "true", connect.Failed, "generic_decline", "PSP", by},
		{"REFUNDED_REVERSED", "r", "true", connect.Failed, "generic_decline", "PSP", by},
		{"REFUND_FAILED", "p", "true", "", "", "", nothing},
		{"AUTORESCUE", "p", "true", "", "", "", nothing},
		{"AUTHORISATION", "p", "yes", "", "", "", "it says neither that it succeeded nor that it did not"},
	} {
		i := notify.Item{
			EventCode: c.event, Success: c.success, PSPReference: "PSP", OriginalReference: "PAY", MerchantAccountCode: account,
			MerchantReference: "key.with.dots." + c.mark + "0123abcd", Amount: &notify.Amount{Currency: "ISK", Value: 900}, Reason: "Refused",
		}
		list, err := b.acquirer.Notification(t.Context(), b.Post(i))
		require.NoError(t, err)
		want := connect.Notice{ID: "PSP:" + c.event + ":" + c.success, Event: c.event, Unhandled: c.unhandled}
		if c.status != "" {
			want.News = connect.News{Key: "key.with.dots", Answer: connect.Answer{
				Status: c.status, Code: c.code, Reference: c.reference, Amount: ledger.Minor(9, ledger.ISK),
			}}
		}
		require.Equal(t, []connect.Notice{want}, list, "%+v", c)
	}
	for reference, why := range map[string]string{
		"order-7": elsewhere, "ch_1.z00000000": elsewhere, "ch_1.p0000000g": elsewhere, ".p00000000": elsewhere,
		"a:b.p00000000": "a reference with a colon is none of souk's",
	} {
		i := notify.Item{EventCode: "AUTHORISATION", Success: "true", PSPReference: "PSP", MerchantAccountCode: account, MerchantReference: reference}
		list, err := b.acquirer.Notification(t.Context(), b.Post(i))
		require.NoError(t, err)
		require.Equal(t, why, list[0].Unhandled, reference)
		i.MerchantAccountCode = "Other"
		list, err = b.acquirer.Notification(t.Context(), b.Post(i))
		require.NoError(t, err)
		require.Equal(t, "it is of another merchant account", list[0].Unhandled)
	}
}

func FuzzNotification(f *testing.F) {
	a, err := notify.New(notify.Config{BaseURL: "http://127.0.0.1:1", APIKey: apiKey, MerchantAccount: account, HMACKeys: []string{hmacKey}})
	require.NoError(f, err)
	f.Add("AUTHORISATION", "true", "PSP1", "ch_1.p00000000", "USD", int64(100), "Refused", []byte("{}"))
	f.Add("CAPTURE_FAILED", "false", "PSP:1", "ch_1.c0000000g", "", int64(-1), "", []byte(`{"live":"false","notificationItems":[{"NotificationRequestItem":{}}]}`))
	f.Fuzz(func(t *testing.T, event, success, psp, reference, currency string, value int64, reason string, body []byte) {
		_, err := a.Notification(t.Context(), connect.Notification{Body: body, Header: func(string) string { return "" }})
		require.Error(t, err, "nobody has signed this")
		i := notify.Item{
			EventCode: event, Success: success, PSPReference: psp, MerchantReference: reference, MerchantAccountCode: account,
			Amount: &notify.Amount{Currency: currency, Value: value}, Reason: reason,
		}
		server := notifytest.New(notifytest.Config{HMACKey: keyBytes()})
		list, err := a.Notification(t.Context(), server.Post(i))
		if err != nil {
			require.NotEmpty(t, code(t, err)) // what is no UTF-8 has another signature
			return
		}
		for _, n := range list {
			require.NotEmpty(t, n.ID)
			require.Equal(t, n.News.Key == "", n.News.Answer.Status == "")
		}
	})
}
