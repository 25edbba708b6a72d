package webhook

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// at is a clock that stands still.
func at(unix int64) func() time.Time { return func() time.Time { return time.Unix(unix, 0) } }

// The published vectors of both kinds of signatures are judged as they say.
func TestPublishedSignatures(t *testing.T) {
	body := []byte(`{"id":"evt_1"}`) // facts 12.23
	want := "t=1425168000,v1=158a6ee72cc94bcacdcaf97b8a1bffcc3e472327c76254e4712d6ad6ff68a7fa"
	require.Equal(t, want, sign([]string{"whsec_test"}, time.Unix(1425168000, 0), body))

	f := shareddata.Open(t, "oauth-webhooks/webhook-signature-vectors.json")
	defer f.Close()
	var all struct {
		Official struct {
			Secret    string `json:"secret"`
			ID        string `json:"webhook-id"`
			Timestamp int64  `json:"webhook-timestamp"`
			Payload   string `json:"payload"`
			Signature string `json:"webhook-signature"`
		} `json:"standard_webhooks_official_vector"`
		Scheme struct {
			Cases []struct {
				Secret, Payload, Header, Expect string
				Now                             *int64
				Tolerance                       *float64 `json:"tolerance_s"`
			}
		} `json:"stripe_scheme"`
	}
	require.NoError(t, json.NewDecoder(f).Decode(&all))
	o := all.Official
	require.Equal(t, o.Signature, signStandard([]string{o.Secret}, o.ID, time.Unix(o.Timestamp, 0), []byte(o.Payload)))
	require.Greater(t, len(all.Scheme.Cases), 8)
	for _, c := range all.Scheme.Cases {
		v := &Verifier{Secrets: []string{c.Secret}, Now: at(12345)}
		if c.Now != nil {
			v.Now = at(*c.Now)
		}
		if c.Tolerance != nil {
			v.Tolerance = time.Duration(*c.Tolerance * float64(time.Second))
		}
		h := http.Header{}
		if c.Header != "" {
			h.Set(DefaultHeader, c.Header)
		}
		_, err := v.Verify(h, []byte(c.Payload))
		code := map[string]string{"ErrNotSigned": "signature_missing", "ErrInvalidHeader": "signature_invalid", "ErrNoValidSignature": "signature_invalid", "ErrTooOld": "signature_expired"}[c.Expect]
		if strings.Contains(c.Expect, "ok") { // whether the body is JSON is for its reader to say
			require.NoError(t, err, "%+v", c)
		} else {
			require.NotEmpty(t, code, c.Expect)
			requireRefused(t, err, ledger.Invalid, code)
		}
	}
}

// What comes in is judged by its bytes: the body, the time, each signature of the right
// version, and no header twice (W7; bad inputs, webhook_in).
func TestVerify(t *testing.T) {
	body, now := []byte(`{"a":1}`), time.Unix(1_700_000_000, 0)
	secret := newSecret().Plain()
	good := sign([]string{secret}, now, body)
	sum := strings.TrimPrefix(good, "t=1700000000,v1=")
	other := sign([]string{"whsec_other"}, now, body)
	standard := signStandard([]string{secret}, "wd_1", now, body)
	v := &Verifier{Secrets: []string{"whsec_b2xk", secret}, Now: at(now.Unix())}
	own := func(values ...string) http.Header { return http.Header{DefaultHeader: values} }
	std := func(id, t string, values ...string) http.Header {
		return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {t}, "Webhook-Signature": values}
	}
	many := "t=1700000000" + strings.Repeat(",v1="+strings.Repeat("00", 32), 1000) + ",v1=" + sum
	for name, c := range map[string]struct {
		header http.Header
		body   string
		code   string
	}{
		"good":                     {own(good), `{"a":1}`, ""},
		"good among others":        {own(other + ",v1=zz,v0=00,v1=" + sum + ",v2=x"), `{"a":1}`, ""},
		"standard":                 {std("wd_1", "1700000000", standard), `{"a":1}`, ""},
		"standard among others":    {std("wd_1", "1700000000", "v1,AAAA v2,BBBB v1a,CC "+standard), `{"a":1}`, ""},
		"none":                     {http.Header{}, `{"a":1}`, "signature_missing"},
		"standard without id":      {std("", "1700000000", standard), `{"a":1}`, "signature_missing"},
		"another body":             {own(good), `{"a":2}`, "signature_invalid"},
		"a space more":             {own(good), `{"a":1} `, "signature_invalid"},
		"of another secret":        {own(other), `{"a":1}`, "signature_invalid"},
		"empty":                    {own(""), `{"a":1}`, "signature_invalid"},
		"v1=":                      {own("v1="), `{"a":1}`, "signature_invalid"},
		"no time":                  {own("v1=" + sum), `{"a":1}`, "signature_invalid"},
		"two times":                {own("t=1," + good), `{"a":1}`, "signature_invalid"},
		"time with a sign":         {own("t=+1700000000,v1=" + sum), `{"a":1}`, "signature_invalid"},
		"only another version":     {own("t=1700000000,v0=" + sum), `{"a":1}`, "signature_invalid"},
		"after a thousand":         {own(many), `{"a":1}`, "signature_invalid"},
		"twice":                    {own(good, good), `{"a":1}`, "signature_invalid"},
		"standard twice":           {std("wd_1", "1700000000", standard, standard), `{"a":1}`, "signature_invalid"},
		"standard of another id":   {std("wd_2", "1700000000", standard), `{"a":1}`, "signature_invalid"},
		"standard of another time": {std("wd_1", "1700000001", standard), `{"a":1}`, "signature_invalid"},
		"v1 of nothing":            {std("wd_1", "1700000000", "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), `{"a":1}`, "signature_invalid"},
		"old":                      {own(sign([]string{secret}, now.Add(-301*time.Second), body)), `{"a":1}`, "signature_expired"},
		"of the future":            {own(sign([]string{secret}, now.Add(301*time.Second), body)), `{"a":1}`, "signature_expired"},
		"nearly old":               {own(sign([]string{secret}, now.Add(-300*time.Second), body)), `{"a":1}`, ""},
	} {
		m, err := v.Verify(c.header, []byte(c.body))
		if c.code == "" {
			require.NoError(t, err, name)
			require.WithinDuration(t, now, m.At, 301*time.Second)
			continue
		}
		require.Error(t, err, name)
		requireRefused(t, err, ledger.Invalid, c.code)
	}
	for _, none := range [][]string{nil, {""}, {"whsec_"}, {secret, ""}} {
		_, err := (&Verifier{Secrets: none, Now: v.Now}).Verify(own(good), body)
		requireRefused(t, err, ledger.State, "no_secret")
	}
	bare := strings.TrimPrefix(secret, secretPrefix)
	_, err := (&Verifier{Secrets: []string{bare}, Now: v.Now}).Verify(std("wd_1", "1700000000", standard), body)
	require.NoError(t, err, "with and without its prefix it is the same key")
	named := &Verifier{Secrets: []string{secret}, Now: v.Now, Header: "X-Shop-Signature"}
	_, err = named.Verify(http.Header{"X-Shop-Signature": {good}}, body)
	require.NoError(t, err)
}

func TestVerifyRequest(t *testing.T) {
	secret, now := newSecret().Plain(), time.Unix(1_700_000_000, 0)
	v := &Verifier{Secrets: []string{secret}, Now: at(now.Unix())}
	ask := func(body []byte) error {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set(DefaultHeader, sign([]string{secret}, now, body))
		_, err := v.VerifyRequest(r)
		return err
	}
	require.NoError(t, ask([]byte("{}")))
	require.NoError(t, ask(make([]byte, 1<<20)))
	requireRefused(t, ask(make([]byte, 1<<20+1)), ledger.Invalid, "payload_too_large")
}

// Secrets are long, and none is another's.
func TestSecretsAreRandom(t *testing.T) {
	seen := map[string]bool{}
	for range 10_000 {
		s := newSecret().Plain()
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, secretPrefix))
		require.NoError(t, err)
		require.Len(t, key, 39)
		require.False(t, seen[s])
		seen[s] = true
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("t=1700000000,v1=00", "v1,AAAA", "wd_1", "1700000000", []byte("{}"))
	f.Add("t=,v1", "v1 v1", "", "-1", []byte{})
	v := &Verifier{Secrets: []string{newSecret().Plain()}, Now: at(1_700_000_000)}
	f.Fuzz(func(t *testing.T, own, standard, id, when string, body []byte) {
		for _, h := range []http.Header{{DefaultHeader: {own}}, {"Webhook-Id": {id}, "Webhook-Timestamp": {when}, "Webhook-Signature": {standard}}} {
			_, err := v.Verify(h, body)
			var e *ledger.Error
			require.True(t, errors.As(err, &e), "nothing that is made up is signed")
		}
	})
}
