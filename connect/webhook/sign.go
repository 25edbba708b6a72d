package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a delivery.
const (
	DefaultHeader   = "Souk-Signature"    // t=<seconds>,v1=<hex>, as Stripe signs
	HeaderID        = "webhook-id"        // Standard Webhooks: the event's id
	HeaderTimestamp = "webhook-timestamp" // in seconds
	HeaderSignature = "webhook-signature" // v1,<base64>, one for each secret
)

const secretPrefix = "whsec_"

// hexSum is the signature of the first style: of "<t>.<body>", with the secret as it is
// written.
func hexSum(secret, t string, body []byte) string {
	return hex.EncodeToString(sum([]byte(secret), t, body))
}

// standardSum is that of Standard Webhooks: of "<id>.<t>.<body>", with the bytes that the
// secret stands for.
func standardSum(secret, id, t string, body []byte) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil {
		return nil, err
	}
	return sum(key, id+"."+t, body), nil
}

func sum(key []byte, before string, body []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(before + "."))
	m.Write(body)
	return m.Sum(nil)
}

// sign puts both styles of signature on a request.
func sign(into http.Header, header, id string, at time.Time, body []byte, secrets []string) error {
	t := strconv.FormatInt(at.Unix(), 10)
	first, standard := "t="+t, ""
	for _, s := range secrets {
		first += ",v1=" + hexSum(s, t, body)
		mac, err := standardSum(s, id, t, body)
		if err != nil {
			return err
		}
		standard += " v1," + base64.StdEncoding.EncodeToString(mac)
	}
	into.Set(header, first)
	into.Set(HeaderID, id)
	into.Set(HeaderTimestamp, t)
	into.Set(HeaderSignature, strings.TrimPrefix(standard, " "))
	return nil
}
