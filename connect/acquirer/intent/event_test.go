package intent_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/intent"
	"github.com/soukhq/souk/connect/acquirer/intent/intenttest"
	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// note is a notification with a signature.
func note(signature string, body []byte) connect.Notification {
	return connect.Notification{Body: body, Header: func(name string) string {
		if name == intent.SignatureHeader {
			return signature
		}
		return ""
	}}
}

// code is that of an error of souk's.
func code(t *testing.T, err error) string {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	return e.Code
}

const paid = `{"id":"evt_1","object":"event","type":"payment_intent.processing","livemode":false,"data":{"object":
	{"id":"pi_1","object":"payment_intent","amount":500,"currency":"usd","status":"processing","metadata":{"souk_key":"ch_1"}}}}`

// An event counts if one of the secrets has signed it, not long ago.
func TestSignatures(t *testing.T) {
	b := newSandbox(t, nil)
	body, now := []byte(paid), b.clock.Now()
	good := intent.Sign(signs, now, body)
	stamp, sum, _ := strings.Cut(good, ",")
	for name, c := range map[string]struct{ signature, code string }{
		"signed":              {good, ""},
		"by the other secret": {intent.Sign("whsec_second", now, body), ""},
		"and by a stranger":   {stamp + ",v1=00," + sum, ""},
		"with spaces":         {stamp + ", " + sum, ""},
		"just in time":        {intent.Sign(signs, now.Add(-5*time.Minute), body), ""},
		"just not too early":  {intent.Sign(signs, now.Add(5*time.Minute), body), ""},
		"too old":             {intent.Sign(signs, now.Add(-5*time.Minute-time.Second), body), "stale_signature"},
		"of the future":       {intent.Sign(signs, now.Add(5*time.Minute+time.Second), body), "stale_signature"},
		"by a stranger":       {intent.Sign("whsec_other", now, body), "bad_signature"},
		"of other bytes":      {intent.Sign(signs, now, []byte(paid+" ")), "bad_signature"},
		"none":                {"", "bad_signature"},
		"no time":             {sum, "bad_signature"},
		"two times":           {stamp + "," + good, "bad_signature"},
		"another time":        {"t=1," + sum, "bad_signature"},
		"of an old scheme":    {strings.Replace(good, "v1=", "v0=", 1), "bad_signature"},
		"cut off":             {good[:len(good)-2], "bad_signature"},
	} {
		list, err := b.acquirer.Notification(t.Context(), note(c.signature, body))
		if c.code != "" {
			require.ErrorIs(t, err, ledger.Forbidden, name)
			require.Equal(t, c.code, code(t, err), name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, []connect.Notice{{ID: "evt_1", Event: "payment_intent.processing", News: connect.News{
			Key: "ch_1", Answer: connect.Answer{Status: connect.Received, Reference: "pi_1", Amount: ledger.Minor(500, ledger.USD)},
		}}}, list, name)
	}
	none, err := intent.New(intent.Config{BaseURL: "https://api.example", SecretKey: secretKey})
	require.NoError(t, err)
	_, err = none.Notification(t.Context(), note(intent.Sign("", now, body), body))
	require.ErrorIs(t, err, ledger.Forbidden, "without a secret nothing is signed")
}

// The cases of the published scheme.
func TestSignatureVectors(t *testing.T) {
	var vectors struct {
		Scheme struct {
			Cases []struct {
				Secret, Payload, Header, Expect string
				Now                             int64
				Tolerance                       *int `json:"tolerance_s"`
			}
		} `json:"stripe_scheme"`
	}
	require.NoError(t, json.Unmarshal(shareddata.Read(t, "oauth-webhooks/webhook-signature-vectors.json"), &vectors))
	require.NotEmpty(t, vectors.Scheme.Cases)
	for _, c := range vectors.Scheme.Cases {
		config := intent.Config{
			BaseURL: "https://api.example", SecretKey: secretKey, WebhookSecrets: []string{c.Secret}, Tolerance: 100 * 365 * 24 * time.Hour,
		}
		if c.Tolerance != nil {
			config.Tolerance = time.Duration(*c.Tolerance) * time.Second
			config.Now = func() time.Time { return time.Unix(c.Now, 0) }
		}
		a, err := intent.New(config)
		require.NoError(t, err)
		_, err = a.Notification(t.Context(), note(c.Header, []byte(c.Payload)))
		if strings.HasPrefix(c.Expect, "ok") || strings.HasPrefix(c.Expect, "signature ok") { // their payload is no event that souk reads
			require.ErrorIs(t, err, ledger.Invalid, "%+v", c)
			continue
		}
		require.ErrorIs(t, err, ledger.Forbidden, "%+v", c)
	}
}

// What each event says.
func TestEvents(t *testing.T) {
	b := newSandbox(t, nil)
	of := func(kind, object string) []byte {
		return []byte(`{"id":"evt_1","object":"event","type":"` + kind + `","livemode":false,"data":{"object":` + object + `}}`)
	}
	pi := func(status, more string) string {
		return `{"id":"pi_1","amount":900,"currency":"isk","status":"` + status + `","metadata":{"souk_key":"ch_1"}` + more + `}`
	}
	re := func(status, more string) string {
		return `{"id":"re_1","amount":900,"currency":"isk","status":"` + status + `","metadata":{"souk_key":"re_9"}` + more + `}`
	}
	isk := ledger.Minor(9, ledger.ISK)
	for name, c := range map[string]struct {
		kind, object string
		news         connect.News
		unhandled    string
	}{
		"failed": {"payment_intent.payment_failed", pi("requires_payment_method", `,"last_payment_error":{"type":"card_error","code":"card_declined","decline_code":"lost_card"}`),
			connect.News{Key: "ch_1", Answer: connect.Answer{Status: connect.Declined, Code: "lost_card", Reference: "pi_1", Amount: isk}}, ""},
		"to act": {"payment_intent.requires_action", pi("requires_action", `,"client_secret":"s"`),
			connect.News{Key: "ch_1", Answer: connect.Answer{Status: connect.RequiresAction, Reference: "pi_1", Amount: isk, Action: connect.Action{Data: "s"}}}, ""},
		"canceled before it was authorized": {"payment_intent.canceled", pi("canceled", ""),
			connect.News{Key: "ch_1", Answer: connect.Answer{Status: connect.Declined, Code: "canceled", Reference: "pi_1", Amount: isk}}, ""},
		"canceled": {"payment_intent.canceled", pi("canceled", `,"cancellation_reason":"duplicate","latest_charge":{"id":"ch_x","status":"succeeded"}`),
			connect.News{Key: "ch_1", Answer: connect.Answer{Status: connect.Canceled, Code: "duplicate", Reference: "pi_1", Amount: isk}}, ""},
		"expired": {"payment_intent.canceled", pi("canceled", `,"cancellation_reason":"automatic","latest_charge":{"id":"ch_x","status":"succeeded"}`),
			connect.News{Key: "ch_1", Answer: connect.Answer{Status: connect.Canceled, Code: "authorization_expired", Reference: "pi_1", Amount: isk}}, ""},
		"its charge expired": {"charge.expired", `{"id":"ch_x","amount":900,"currency":"isk","payment_intent":"pi_1","metadata":{"souk_key":"ch_1"}}`,
			connect.News{Key: "ch_1", Answer: connect.Answer{Status: connect.Canceled, Code: "authorization_expired", Reference: "pi_1", Amount: isk}}, ""},
		"a refund": {"charge.refund.updated", re("succeeded", ""),
			connect.News{Key: "re_9", Answer: connect.Answer{Status: connect.Approved, Reference: "re_1", Amount: isk}}, ""},
		"a refund that failed": {"refund.failed", re("failed", `,"failure_reason":"lost_or_stolen_card"`),
			connect.News{Key: "re_9", Answer: connect.Answer{Status: connect.Failed, Code: "lost_or_stolen_card", Reference: "re_1", Amount: isk}}, ""},
		"a refund by hand":  {"refund.created", `{"id":"re_1","amount":1,"currency":"usd","status":"succeeded"}`, connect.News{}, "it is of nothing that souk asked for"},
		"a payment by hand": {"payment_intent.succeeded", `{"id":"pi_1","status":"succeeded"}`, connect.News{}, "it is of nothing that souk asked for"},
		"a capture by hand": {"payment_intent.succeeded", pi("succeeded", `,"capture_method":"manual"`),
			connect.News{Key: "ch_1", Answer: connect.Answer{Status: connect.Approved, Reference: "pi_1", Amount: isk}}, "it was captured by somebody else than souk"},
		"a dispute of nothing":   {"charge.dispute.closed", `{"id":"du_1","status":"lost","reason":"fraudulent"}`, connect.News{}, "the dispute names no payment of this API's"},
		"a dispute of another's": {"charge.dispute.closed", `{"id":"du_1","status":"lost","reason":"fraudulent","payment_intent":"pi_1"}`, connect.News{}, "it is of nothing that souk asked for"},
		"another":                {"customer.created", `{"id":"cus_1"}`, connect.News{}, "souk books nothing for events of this type"},
	} {
		body := of(c.kind, c.object)
		list, err := b.acquirer.Notification(t.Context(), note(intent.Sign(signs, b.clock.Now(), body), body))
		require.NoError(t, err, name)
		want := connect.Notice{ID: "evt_1", Event: c.kind, News: c.news, Unhandled: c.unhandled}
		if c.unhandled == "it is of nothing that souk asked for" {
			list[0].News = connect.News{}
		}
		require.Equal(t, []connect.Notice{want}, list, name)
	}
	for name, c := range map[string]struct{ body, code string }{
		"no JSON":         {"{", "invalid_event"},
		"no event":        {`{"id":"evt_1","object":"charge","type":"x","data":{"object":{}}}`, "invalid_event"},
		"no id":           {`{"object":"event","type":"x","data":{"object":{}}}`, "invalid_event"},
		"no object":       {`{"id":"evt_1","object":"event","type":"x"}`, "invalid_event"},
		"an odd object":   {string(of("payment_intent.processing", `{"amount":"x"}`)), "invalid_event"},
		"of live mode":    {strings.Replace(paid, `"livemode":false`, `"livemode":true`, 1), "wrong_mode"},
		"of an account":   {strings.Replace(paid, `"livemode"`, `"account":"acct_1","livemode"`, 1), "wrong_account"},
		"a number":        {"1", "invalid_event"},
		"an odd dispute":  {string(of("charge.dispute.closed", `[]`)), "invalid_event"},
		"an odd refund":   {string(of("refund.updated", `"re_1"`)), "invalid_event"},
		"an expired text": {string(of("charge.expired", `7`)), "invalid_event"},
	} {
		body := []byte(c.body)
		_, err := b.acquirer.Notification(t.Context(), note(intent.Sign(signs, b.clock.Now(), body), body))
		require.ErrorIs(t, err, ledger.Invalid, name)
		require.Equal(t, c.code, code(t, err), name)
	}
}

// What was approved is asked for, since an event does not say how the buyer paid; where
// nobody answers, the event is to be posted again.
func TestAnEventIsCompleted(t *testing.T) {
	b := newSandbox(t, nil)
	o := connect.AuthorizeOrder{Amount: ledger.Minor(500, ledger.EUR), Source: intenttest.CardDE}
	first, err := b.acquirer.Authorize(t.Context(), "ch_1", o)
	require.NoError(t, err)
	events := b.Events()
	require.Len(t, events, 1)
	list, err := b.acquirer.Notification(t.Context(), b.Post(events[0]))
	require.NoError(t, err)
	require.Equal(t, connect.News{Key: "ch_1", Answer: first}, list[0].News)
	require.Equal(t, "DE", first.Country)
	require.Equal(t, "visa", first.Network)
	require.Equal(t, compliance.Checks{CVC: "pass", PostalCode: "unavailable"}, first.Checks)
	require.Equal(t, b.clock.Now().Add(7*24*time.Hour), first.CaptureBefore)
	require.NotEmpty(t, first.Auth.Transaction)

	a := b.config
	a.BaseURL = "http://127.0.0.1:1"
	lonely, err := intent.New(a)
	require.NoError(t, err)
	_, err = lonely.Notification(t.Context(), b.Post(events[0]))
	require.ErrorIs(t, err, ledger.Unavailable)
}

func FuzzNotification(f *testing.F) {
	a, err := intent.New(intent.Config{BaseURL: "http://127.0.0.1:1", SecretKey: secretKey, WebhookSecrets: []string{signs}})
	require.NoError(f, err)
	f.Add("t=1,v1=00", []byte(paid), true)
	f.Add("", []byte(`{"id":"evt_1","object":"event","type":"charge.expired","data":{"object":{"payment_method_details":{"card":{}}}}}`), true)
	f.Add("", []byte(`{"id":"evt_1","object":"event","type":"payment_intent.canceled","data":{"object":{"id":"pi_1","latest_charge":"ch_1","status":"canceled"}}}`), true)
	f.Fuzz(func(t *testing.T, signature string, body []byte, signed bool) {
		if signed {
			signature = intent.Sign(signs, ledger.Env{}.Time(), body)
		}
		list, err := a.Notification(t.Context(), note(signature, body))
		if err != nil {
			require.NotEmpty(t, code(t, err))
			require.Empty(t, list)
			return
		}
		require.True(t, signed, "nobody has signed this")
		for _, n := range list {
			require.NotEmpty(t, n.ID)
			require.True(t, n.Unhandled != "" || n.News.Key != "")
		}
	})
}
