package oauth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// pending is a consent page that somebody looks at.
type pending struct {
	ID        string            `json:"id"`
	Session   string            `json:"session"` // hashed
	User      string            `json:"user"`
	Client    string            `json:"client"`
	Platform  string            `json:"platform"`
	Redirect  string            `json:"redirect"`
	Stated    bool              `json:"stated,omitzero"` // the redirect was in the request
	Scope     connect.Scope     `json:"scope"`
	State     string            `json:"state"`
	Challenge string            `json:"challenge,omitzero"`
	Prefill   map[string]string `json:"prefill,omitzero"`
	Check     string            `json:"check"` // what the form has to bring, hashed
	Created   time.Time         `json:"created"`
	Decided   time.Time         `json:"decided,omitzero"`
}

// code is an authorization code, by its hash.
type code struct {
	ID        string        `json:"id"`
	User      string        `json:"user"`
	Platform  string        `json:"platform"`
	Account   string        `json:"account"`
	Redirect  string        `json:"redirect"`
	Stated    bool          `json:"stated,omitzero"`
	Scope     connect.Scope `json:"scope"`
	Challenge string        `json:"challenge,omitzero"`
	Created   time.Time     `json:"created"`
	Used      time.Time     `json:"used,omitzero"`
	Family    string        `json:"family,omitzero"` // what it gave; empty of one that was burned
}

// family is all that one consent gave: tokens that follow each other.
type family struct {
	ID         string        `json:"id"`
	Platform   string        `json:"platform"`
	Account    string        `json:"account"`
	Scope      connect.Scope `json:"scope"`
	Connection string        `json:"connection,omitzero"`
	Grant      int           `json:"grant,omitzero"` // of the connection; 0: it was not granted yet
	Created    time.Time     `json:"created"`
	Ends       time.Time     `json:"ends"`
	Revoked    time.Time     `json:"revoked,omitzero"`
}

// token is an access or refresh token, by its hash.
type token struct {
	ID      string        `json:"id"`
	Family  string        `json:"family"`
	Refresh bool          `json:"refresh,omitzero"`
	Scope   connect.Scope `json:"scope"`
	Created time.Time     `json:"created"`
	Ends    time.Time     `json:"ends"`
	Used    time.Time     `json:"used,omitzero"` // a refresh token: when it was exchanged
	// Salt makes, with the token itself, which nobody has here, its successors: so that a
	// client that lost the answer gets the same ones.
	Salt      string        `json:"salt,omitzero"`
	NextScope connect.Scope `json:"nextScope,omitzero"`
}

var (
	pendingKind = ledger.Kind[pending]{Name: "oauth.consent", Prefix: "ocs_", Keys: func(x *pending) []ledger.Key {
		return []ledger.Key{{Name: "session", Value: x.Session, At: x.Created}}
	}}
	codeKind   = ledger.Kind[code]{Name: "oauth.code", Prefix: "oac_"}
	familyKind = ledger.Kind[family]{Name: "oauth.family", Prefix: "ofm_", Keys: func(x *family) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: x.Platform, At: x.Created}}
	}}
	tokenKind = ledger.Kind[token]{Name: "oauth.token", Prefix: "otk_"}
)

// Kinds are the objects that a provider keeps, for the SQL views of a store.
func Kinds() []ledger.KindInfo {
	return []ledger.KindInfo{pendingKind.Info(), codeKind.Info(), familyKind.Info(), tokenKind.Info()}
}

// hash is how a secret is kept and found: secrets are random and long, so that a fast hash
// will do.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// The beginnings of codes and tokens.
const (
	codePrefix    = "ac_"
	accessPrefix  = "at_"
	refreshPrefix = "rt_"
	longest       = 200 // of any of them
)

// draw is a new secret of 260 random bits.
func draw(prefix string) string { return prefix + ledger.Secret() + ledger.Secret() }

// successor is the secret that follows one: whoever does not have the one cannot make it.
func successor(prefix, secret, salt string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(prefix + salt))
	return prefix + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(m.Sum(nil))
}
