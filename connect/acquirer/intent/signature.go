package intent

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// SignatureHeader is where the signature of an event stands.
const SignatureHeader = "Stripe-Signature"

// Sign returns what the API writes there at a moment: "t=1700000000,v1=…". It is for
// tests.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(digest(secret, t, body))
}

// digest signs the time and the bytes as they came.
func digest(secret, t string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(t + "."))
	h.Write(body)
	return h.Sum(nil)
}

// verify refuses a notification that none of the secrets has signed, or that was
// signed too long ago: somebody may have kept it.
func (a *Acquirer) verify(n connect.Notification) error {
	bad := func(code, msg string) error {
		return &ledger.Error{Class: ledger.Forbidden, Code: code, Field: "signature", Op: op, Msg: msg}
	}
	var stamp string
	var signatures [][]byte
	for _, part := range strings.Split(n.Header(SignatureHeader), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			if stamp != "" {
				return bad("bad_signature", "the header has two times")
			}
			stamp = value
		case "v1":
			if sum, err := hex.DecodeString(value); err == nil {
				signatures = append(signatures, sum)
			}
		}
	}
	unix, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || len(signatures) == 0 {
		return bad("bad_signature", "there is no signature")
	}
	known := false
	for _, secret := range a.cfg.WebhookSecrets {
		want := digest(secret, stamp, n.Body)
		for _, have := range signatures {
			known = hmac.Equal(have, want) || known
		}
	}
	if !known {
		return bad("bad_signature", "it was not signed with this acquirer's secret")
	}
	at := time.Unix(unix, 0)
	if now := a.env.Time(); at.Before(now.Add(-a.cfg.Tolerance)) || at.After(now.Add(a.cfg.Tolerance)) {
		return bad("stale_signature", "it was signed too long ago, or in the future")
	}
	return nil
}
