package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// DefaultHeader is the header of the first of the two signatures of a delivery.
const DefaultHeader = "Souk-Signature"

// The headers of the other one, by the Standard Webhooks specification.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// secretPrefix begins the secrets of endpoints.
const secretPrefix = "whsec_"

// sign is the first signature: hex of HMAC-SHA256 over the time, a point and the body,
// keyed by the whole text of a secret; once for each secret in force.
func sign(secrets []string, at time.Time, body []byte) string {
	t := timestamp(at)
	var b strings.Builder
	b.WriteString("t=" + t)
	for _, secret := range secrets {
		b.WriteString(",v1=" + hex.EncodeToString(mac([]byte(secret), t+".", body)))
	}
	return b.String()
}

// signStandard is the second: base64 of HMAC-SHA256 over the message's id, the time and
// the body, keyed by what the secret is the base64 of.
func signStandard(secrets []string, id string, at time.Time, body []byte) string {
	t := timestamp(at)
	list := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		if key, ok := standardKey(secret); ok {
			list = append(list, "v1,"+base64.StdEncoding.EncodeToString(mac(key, id+"."+t+".", body)))
		}
	}
	return strings.Join(list, " ")
}

func standardKey(secret string) ([]byte, bool) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	return key, err == nil && len(key) > 0
}

func mac(key []byte, head string, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(head))
	h.Write(body)
	return h.Sum(nil)
}

// timestamp is a time as it is signed.
func timestamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
