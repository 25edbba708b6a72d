package webhook

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Verifier is for the receiving end: it tells whether what came is signed with a secret
// that is known, and lately. The zero values of all but Secrets are defaults.
type Verifier struct {
	// Secrets are those of the endpoint: two while it is rolling them. One that is empty is
	// a mistake in the configuration, and refused.
	Secrets []string

	// Tolerance is how far the time of a signature may be from now, either way. Zero: five
	// minutes.
	Tolerance time.Duration

	// Header is that of the first signature. Empty: DefaultHeader.
	Header string

	// Now is the clock. Nil: the system's.
	Now func() time.Time
}

// Message is what was signed.
type Message struct {
	ID   string    // of the delivery, the same whenever it is tried again; empty: the sender sent none
	At   time.Time // of the signature
	Body []byte
}

// maxSignatures bounds how many signatures of one request are looked at.
const maxSignatures = 16

// Verify checks the signature of a request's body, byte by byte as it came. It looks for
// the header of the first kind, and where there is none for those of Standard Webhooks.
// What is wrong is ledger.Invalid with the code signature_missing, signature_invalid (also
// where only signatures of other versions came), or signature_expired; a Verifier without
// usable secrets is ledger.State, no_secret.
func (v *Verifier) Verify(h http.Header, body []byte) (*Message, error) {
	if len(v.Secrets) == 0 {
		return nil, noSecret()
	}
	for _, s := range v.Secrets {
		if strings.TrimPrefix(s, secretPrefix) == "" {
			return nil, noSecret()
		}
	}
	name := v.Header
	if name == "" {
		name = DefaultHeader
	}
	m := &Message{Body: body, ID: h.Get(headerID)}
	var signed bool
	switch own, standard := h.Values(name), h.Values(headerSignature); {
	case len(own) > 1 || len(own) == 0 && (len(standard) > 1 || len(h.Values(headerID)) > 1 || len(h.Values(headerTimestamp)) > 1):
		return nil, unsigned("signature_invalid", "a header of the signature came twice")
	case len(own) == 1:
		signed = v.own(own[0], m)
	case len(standard) == 1 && m.ID != "":
		signed = v.standard(h.Get(headerTimestamp), standard[0], m)
	default:
		return nil, unsigned("signature_missing", "it is not signed")
	}
	if !signed {
		return nil, unsigned("signature_invalid", "no signature is of this body and a secret that is known")
	}
	tolerance := v.Tolerance
	if tolerance <= 0 {
		tolerance = 5 * time.Minute
	}
	if age := (ledger.Env{Now: v.Now}).Time().Sub(m.At); age > tolerance || age < -tolerance {
		return nil, unsigned("signature_expired", "it was signed at another time")
	}
	return m, nil
}

// VerifyRequest reads the body of a request, of at most 1 MiB, and verifies it.
func (v *Verifier) VerifyRequest(r *http.Request) (*Message, error) {
	const most = 1 << 20
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	switch {
	case err != nil:
		return nil, &ledger.Error{Class: ledger.Unavailable, Code: "body_unread", Op: "webhook: verify", Err: err}
	case len(body) > most:
		return nil, unsigned("payload_too_large", "it has more than 1 MiB")
	}
	return v.Verify(r.Header, body)
}

// own reads t=…,v1=…, and tells whether one of the signatures is good.
func (v *Verifier) own(header string, m *Message) bool {
	var t string
	var given [][]byte
	for part := range strings.SplitSeq(header, ",") {
		key, value, ok := strings.Cut(part, "=")
		switch {
		case !ok || key == "t" && t != "":
			return false
		case key == "t":
			t = value
		case key == "v1":
			if sum, err := hex.DecodeString(value); err == nil {
				given = append(given, sum)
			}
		}
		if len(given) > maxSignatures {
			return false
		}
	}
	at, ok := seconds(t)
	if !ok {
		return false
	}
	m.At = at
	var want [][]byte
	for _, secret := range v.Secrets {
		want = append(want, mac([]byte(secret), t+".", m.Body))
	}
	return anyEqual(given, want)
}

// standard reads the headers of Standard Webhooks likewise.
func (v *Verifier) standard(t, header string, m *Message) bool {
	var given [][]byte
	for i, part := range strings.Fields(header) {
		if i >= maxSignatures {
			return false
		}
		version, value, _ := strings.Cut(part, ",")
		if sum, err := base64.StdEncoding.DecodeString(value); version == "v1" && err == nil {
			given = append(given, sum)
		}
	}
	at, ok := seconds(t)
	if !ok {
		return false
	}
	m.At = at
	var want [][]byte
	for _, secret := range v.Secrets {
		if key, ok := standardKey(secret); ok {
			want = append(want, mac(key, m.ID+"."+t+".", m.Body))
		}
	}
	return anyEqual(given, want)
}

// anyEqual compares all with all, in a time that does not depend on which are equal.
func anyEqual(given, want [][]byte) bool {
	equal := false
	for _, g := range given {
		for _, w := range want {
			if hmac.Equal(g, w) {
				equal = true
			}
		}
	}
	return equal
}

// seconds reads a time in whole seconds since 1970, as it is written by sign.
func seconds(text string) (time.Time, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1<<36 || strconv.FormatInt(n, 10) != text {
		return time.Time{}, false
	}
	return time.Unix(n, 0).UTC(), true
}

func unsigned(code, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: code, Field: "signature", Op: "webhook: verify", Msg: msg}
}

func noSecret() error {
	return &ledger.Error{Class: ledger.State, Code: "no_secret", Field: "secret", Op: "webhook: verify", Msg: "there is no secret to verify with"}
}
