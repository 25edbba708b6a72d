package webhook

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Event is the body of a delivery.
type Event struct {
	ID         string `json:"id"`
	Object     string `json:"object"` // "event"
	Type       string `json:"type"`
	Created    int64  `json:"created"` // seconds since 1970
	APIVersion string `json:"api_version"`
	Platform   string `json:"platform"`
	Account    string `json:"account,omitzero"`
	Data       struct {
		Object  json.RawMessage `json:"object"`
		Details json.RawMessage `json:"details,omitzero"`
	} `json:"data"`
}

// Verifier checks deliveries where they are received.
type Verifier struct {
	Secrets   []string         // as they were shown; one or more, while rolling both
	Header    string           // empty: Souk-Signature
	Tolerance time.Duration    // how far its time may be off, either way; 0 is 5 minutes
	Now       func() time.Time // nil: the real clock
}

// Bounds of what is looked at.
const (
	maxSignatures   = 32
	maxHeader       = 8 << 10
	tolerance       = 5 * time.Minute
	maxVerifierBody = 1 << 20
)

// Verify checks a delivery with the real clock, and returns its event: see Verifier.Verify.
func Verify(h http.Header, body []byte, secrets ...string) (*Event, error) {
	return (&Verifier{Secrets: secrets}).Verify(h, body)
}

// Verify checks the signature of a delivery on the raw body, before anything of it is
// parsed, and returns its event. The header of the first style counts if it is there, else
// those of Standard Webhooks. Every v1 of up to 32 is tried; other versions never count.
// Errors are Invalid: signature_missing, signature_malformed, signature_invalid,
// timestamp_out_of_tolerance, invalid_body, and missing_secret where the receiving end is set
// up wrong, an empty secret being no secret.
func (v *Verifier) Verify(h http.Header, body []byte) (*Event, error) {
	if err := v.Signature(h, body); err != nil {
		return nil, err
	}
	e := new(Event)
	if err := json.Unmarshal(body, e); err != nil || e.ID == "" || e.Type == "" {
		return nil, bad("invalid_body", "body", "the signed body is no event")
	}
	return e, nil
}

// Signature is Verify of any body, which it does not parse.
func (v *Verifier) Signature(h http.Header, body []byte) error {
	if len(v.Secrets) == 0 {
		return bad("missing_secret", "secrets", "there is none to verify with")
	}
	for _, s := range v.Secrets {
		if strings.TrimPrefix(s, secretPrefix) == "" {
			return bad("missing_secret", "secrets", "an empty secret would let everybody in")
		}
	}
	if len(body) > maxVerifierBody {
		return bad("invalid_body", "body", "no delivery is above 1 MiB")
	}
	header := v.Header
	if header == "" {
		header = DefaultHeader
	}
	switch first := h.Values(header); {
	case len(first) > 0:
		return v.first(header, first, body)
	case len(h.Values(HeaderSignature)) > 0:
		return v.standard(h, body)
	}
	return bad("signature_missing", header, "the request is not signed")
}

// first checks t=…,v1=….
func (v *Verifier) first(header string, values []string, body []byte) error {
	if len(values) != 1 {
		return bad("signature_invalid", header, "there is more than one such header")
	}
	var t string
	var sums [][]byte
	if len(values[0]) > maxHeader {
		return tooMany(header)
	}
	for part := range strings.SplitSeq(values[0], ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case !ok, name == "t" && t != "":
			return malformed(header)
		case name == "t":
			t = value
		case name == "v1":
			sums = append(sums, []byte(value))
		}
	}
	if err := v.time(header, t); err != nil {
		return err
	}
	return v.compare(header, sums, func(secret string) ([]byte, error) { return []byte(hexSum(secret, t, body)), nil })
}

// standard checks the headers of Standard Webhooks.
func (v *Verifier) standard(h http.Header, body []byte) error {
	id, t, signature := h.Values(HeaderID), h.Values(HeaderTimestamp), h.Values(HeaderSignature)
	switch {
	case len(id) != 1 || id[0] == "":
		return bad("signature_missing", HeaderID, "it is there once")
	case len(t) != 1:
		return bad("signature_missing", HeaderTimestamp, "it is there once")
	case len(signature) != 1:
		return bad("signature_invalid", HeaderSignature, "there is more than one such header")
	case len(signature[0]) > maxHeader || len(id[0]) > 256:
		return tooMany(HeaderSignature)
	}
	if err := v.time(HeaderTimestamp, t[0]); err != nil {
		return err
	}
	var sums [][]byte
	for part := range strings.SplitSeq(signature[0], " ") {
		if value, ok := strings.CutPrefix(part, "v1,"); ok {
			mac, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				mac = nil // it fits nothing
			}
			sums = append(sums, mac)
		}
	}
	return v.compare(HeaderSignature, sums, func(secret string) ([]byte, error) {
		mac, err := standardSum(secret, id[0], t[0], body)
		if err != nil {
			return nil, bad("missing_secret", "secrets", "a secret of Standard Webhooks is base64")
		}
		return mac, nil
	})
}

// compare tries every signature with every secret, in constant time each.
func (v *Verifier) compare(header string, sums [][]byte, want func(secret string) ([]byte, error)) error {
	if len(sums) > maxSignatures {
		return tooMany(header)
	}
	fits := false
	for _, secret := range v.Secrets {
		mac, err := want(secret)
		if err != nil {
			return err
		}
		for _, s := range sums {
			fits = hmac.Equal(s, mac) || fits
		}
	}
	if !fits {
		return bad("signature_invalid", header, "no signature fits the body")
	}
	return nil
}

// time checks a timestamp: plain digits, within the tolerance either way.
func (v *Verifier) time(header, t string) error {
	n, err := strconv.ParseInt(t, 10, 64)
	if err != nil || n < 0 || n > 1<<40 || strconv.FormatInt(n, 10) != t {
		return malformed(header)
	}
	within := v.Tolerance
	if within == 0 {
		within = tolerance
	}
	off := ledger.Env{Now: v.Now}.Time().Sub(time.Unix(n, 0))
	if off < -within || off > within {
		return bad("timestamp_out_of_tolerance", header, "the delivery is too old, or a clock is wrong")
	}
	return nil
}

func malformed(header string) error {
	return bad("signature_malformed", header, "it does not have the form of a signature")
}

func tooMany(header string) error {
	return bad("signature_invalid", header, "there are more signatures than anybody sends")
}
