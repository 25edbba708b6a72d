package webhook_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/webhook"
	"github.com/soukhq/souk/internal/shareddata"
)

func at(seconds int64) func() time.Time {
	return func() time.Time { return time.Unix(seconds, 0) }
}

// What libraries of others sign and expect, by their published cases.
func TestVectors(t *testing.T) {
	var file struct {
		Official map[string]any `json:"standard_webhooks_official_vector"`
		Rules    []struct{ Case string }
		Stripe   struct {
			Cases []struct {
				Secret, Payload, Header, Expect string
				Now                             int64
				Tolerance                       *int64 `json:"tolerance_s"`
			}
		} `json:"stripe_scheme"`
	}
	require.NoError(t, json.Unmarshal(shareddata.Read(t, "oauth-webhooks/webhook-signature-vectors.json"), &file))
	wants := map[string]string{
		"ErrNoValidSignature": "signature_invalid", "ErrNotSigned": "signature_missing", "ErrInvalidHeader": "signature_malformed",
		"ErrTooOld": "timestamp_out_of_tolerance", "signature ok, JSON parse error": "",
	}
	require.Len(t, file.Stripe.Cases, 12)
	for _, c := range file.Stripe.Cases {
		v := webhook.Verifier{Secrets: []string{c.Secret}, Now: at(12345)}
		if c.Now > 0 {
			v.Now, v.Tolerance = at(c.Now), time.Duration(*c.Tolerance)*time.Second
		}
		h := http.Header{}
		if c.Header != "" {
			h.Set(webhook.DefaultHeader, c.Header)
		}
		err := v.Signature(h, []byte(c.Payload))
		if want := wants[c.Expect]; want != "" {
			require.Equal(t, want, codeOf(t, err), c.Header)
			continue
		}
		require.NoError(t, err, c.Header)
		if strings.HasPrefix(c.Expect, "signature ok") {
			_, err := v.Verify(h, []byte(c.Payload))
			require.Equal(t, "invalid_body", codeOf(t, err))
		}
	}
	o := file.Official
	id, signature, secret, body := o["webhook-id"].(string), o["webhook-signature"].(string), o["secret"].(string), []byte(o["payload"].(string))
	stamp := int64(o["webhook-timestamp"].(float64))
	require.Equal(t, int64(1614265330), stamp)
	standard := func(now int64, change func(http.Header)) error {
		h := http.Header{}
		h.Set(webhook.HeaderID, id)
		h.Set(webhook.HeaderTimestamp, "1614265330")
		h.Set(webhook.HeaderSignature, signature)
		change(h)
		return (&webhook.Verifier{Secrets: []string{secret}, Now: at(now)}).Signature(h, body)
	}
	none := func(http.Header) {}
	require.NoError(t, standard(stamp, none))
	require.NoError(t, standard(stamp, func(h http.Header) {
		h.Set(webhook.HeaderSignature, "v1,AAAA v1a,xyz v2,"+signature[3:]+" "+signature)
	}), "several, one valid")
	for name, change := range map[string]func(http.Header){
		"missing id":        func(h http.Header) { h.Del(webhook.HeaderID) },
		"missing timestamp": func(h http.Header) { h.Del(webhook.HeaderTimestamp) },
		"missing signature": func(h http.Header) { h.Del(webhook.HeaderSignature) },
		"other payload":     func(h http.Header) { h.Set(webhook.HeaderSignature, "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=") },
		"partial":           func(h http.Header) { h.Set(webhook.HeaderSignature, "v1,") },
		"another version":   func(h http.Header) { h.Set(webhook.HeaderSignature, "v2"+signature[2:]) },
		"another id":        func(h http.Header) { h.Set(webhook.HeaderID, "msg_other") },
		"another time":      func(h http.Header) { h.Set(webhook.HeaderTimestamp, "1614265331") },
		"a written time":    func(h http.Header) { h.Set(webhook.HeaderTimestamp, "+1614265330") },
		"signature twice":   func(h http.Header) { h.Add(webhook.HeaderSignature, signature) },
		"id twice":          func(h http.Header) { h.Add(webhook.HeaderID, id) },
	} {
		require.Error(t, standard(stamp, change), name)
	}
	for _, off := range []int64{-301, 301} {
		require.Equal(t, "timestamp_out_of_tolerance", codeOf(t, standard(stamp+off, none)))
		require.NoError(t, standard(stamp+off*300/301, none), "300 s are within")
	}
	secret = strings.TrimPrefix(secret, "whsec_")
	require.NoError(t, standard(stamp, none), "the prefix is not part of it")
	for _, s := range []string{"", "whsec_"} {
		secret = s
		require.Equal(t, "missing_secret", codeOf(t, standard(stamp, none)))
	}
	_, err := webhook.Verify(http.Header{}, nil)
	require.Equal(t, "missing_secret", codeOf(t, err))
}

// W7: the cases of the list of bad inputs, and that an old version does not count.
func TestW7In(t *testing.T) {
	const secret = "whsec_test_secret"
	const body = "{\n  \"id\": \"evt_test_webhook\",\n  \"object\": \"event\",\n  \"api_version\": \"2020-01-01\"\n}"
	const mac = "88744cb5ff43b7b56410276564ff7b78fc7fa253b71b9a8115f688c5ef6a059f"
	v := webhook.Verifier{Secrets: []string{secret}, Now: at(12345)}
	try := func(body string, headers ...string) error {
		h := http.Header{}
		for _, s := range headers {
			h.Add(webhook.DefaultHeader, s)
		}
		return v.Signature(h, []byte(body))
	}
	require.NoError(t, try(body, "t=12345,v1="+mac))
	for _, l := range badLines(t, "webhook_in", "verify") {
		var text string
		require.NoError(t, json.Unmarshal(l.Value, &text))
		var err error
		switch text {
		case "valid for other body":
			err = try(body+"x", "t=12345,v1="+mac)
		case "valid v1 after 1000 wrong ones":
			err = try(body, "t=12345"+strings.Repeat(",v1="+strings.Repeat("0", 64), 1000)+",v1="+mac)
		case "valid, header twice":
			err = try(body, "t=12345,v1="+mac, "t=12345,v1="+mac)
		case "v1=":
			err = try(body, "t=12345,v1=")
		case "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA":
			h := http.Header{}
			h.Set(webhook.HeaderID, "x")
			h.Set(webhook.HeaderTimestamp, "12345")
			h.Set(webhook.HeaderSignature, text)
			err = (&webhook.Verifier{Secrets: []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, Now: at(12345)}).Signature(h, []byte(body))
		}
		require.Equal(t, l.Expect, codeOf(t, err), text)
	}
	require.NoError(t, try(body, "t=12345,v1=junk,v1="+mac), "all v1 are tried")
	for _, h := range []string{"t=12345,v0=" + mac, "t=12345", "t=12345,v1=" + strings.ToUpper(mac)} {
		require.Equal(t, "signature_invalid", codeOf(t, try(body, h)), h)
	}
	for _, h := range []string{"t=-1,v1=" + mac, "t=012345,v1=" + mac, "t=12345,t=12345,v1=" + mac, "t=99999999999999999999,v1=" + mac, "v1=" + mac} {
		require.Equal(t, "signature_malformed", codeOf(t, try(body, h)), h)
	}
	v.Secrets = []string{"another", secret}
	require.NoError(t, try(body, "t=12345,v1="+mac), "and all secrets")
}

func TestDedupe(t *testing.T) {
	now := time.Unix(0, 0)
	d := webhook.NewDedupe(time.Hour, func() time.Time { return now })
	require.True(t, d.First("a"))
	require.False(t, d.First("a"))
	d.Forget("a")
	d.Forget("none")
	require.True(t, d.First("a"), "its handling failed")
	now = now.Add(3 * 24 * time.Hour)
	require.False(t, d.First("a"), "three days at least, whatever was asked for")
	now = now.Add(time.Second)
	require.True(t, d.First("a"))
}

// Whatever comes, Verify answers, and nothing passes that was not signed.
func FuzzVerify(f *testing.F) {
	f.Add("t=12345,v1=00", "v1,AAAA", "id", "12345", []byte(`{"id":"a","type":"b"}`))
	f.Add("t=,v1", "v1a,", "", "-1", []byte(nil))
	f.Fuzz(func(t *testing.T, first, standard, id, stamp string, body []byte) {
		v := webhook.Verifier{Secrets: []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, Now: at(12345)}
		h := http.Header{webhook.DefaultHeader: {first}}
		_, err := v.Verify(h, body)
		require.Error(t, err)
		h = http.Header{}
		h.Set(webhook.HeaderID, id)
		h.Set(webhook.HeaderTimestamp, stamp)
		h.Set(webhook.HeaderSignature, standard)
		_, err = v.Verify(h, body)
		require.Error(t, err)
	})
}
