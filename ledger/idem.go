package ledger

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
)

// Idem is an idempotency key: within its scope it belongs to one request for
// ever.
type Idem struct {
	Scope string // who the key belongs to: a platform, or a platform and an account
	Key   string // 1–255 characters of printable ASCII
	Hash  [sha256.Size]byte
}

// IdemKind is the kind of the objects that remember keys; Plan alone writes them.
const IdemKind = "ledger.idempotency"

// memory of a key: the hash of its request, and what that made.
type idemRecord struct {
	Hash []byte `json:"hash"`
	Made []ID   `json:"made,omitempty"`
}

// HashRequest makes the hash of a request: SHA-256 of the verb and of the
// request's JSON; request is best a pointer. Give its fields the omitzero
// option, so that a field added later does not change the hash of requests that
// leave it out. A value that has no JSON is Invalid: with the code and field of
// its own error, such as invalid_currency, or else invalid_request.
func HashRequest(verb string, request any) ([sha256.Size]byte, error) {
	data, err := marshal(request)
	if err != nil {
		if inner := (*Error)(nil); errors.As(err, &inner) {
			return [sha256.Size]byte{}, inner
		}
		return [sha256.Size]byte{}, invalid("invalid_request", "request", err.Error())
	}
	b := make([]byte, 0, len(verb)+1+len(data))
	b = append(b, verb...)
	b = append(b, ' ')
	return sha256.Sum256(append(b, data...)), nil
}

// IsZero reports whether there is no key.
func (i *Idem) IsZero() bool { return i.Scope == "" && i.Key == "" }

// CheckKey refuses keys that are not 1 to 255 characters of printable ASCII.
func CheckKey(key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	return nil
}

func checkKey(key string) *Error {
	if !usable(key, 255) {
		return invalid("invalid_idempotency_key", "key", "an idempotency key is 1 to 255 characters of printable ASCII")
	}
	return nil
}

func (i *Idem) check() *Error {
	if !usable(i.Scope, 200) {
		return invalid("invalid_idempotency_key", "scope", "the scope of a key is 1 to 200 characters of printable ASCII")
	}
	for j := range len(i.Scope) {
		if i.Scope[j] == '|' {
			return invalid("invalid_idempotency_key", "scope", "the scope of a key has no bar")
		}
	}
	return checkKey(i.Key)
}

// object names the object that remembers the key. A scope has no bar, so no two
// pairs share a name.
func (i *Idem) object() ID { return ID{IdemKind, i.Scope + "|" + i.Key} }

// answer reads what a key is remembered for. The same request gets what it
// made; another one an error.
func (i *Idem) answer(o Object) ([]ID, *Error) {
	var r idemRecord
	if err := json.Unmarshal(o.Data, &r); err != nil {
		return nil, &Error{Class: Invalid, Code: "corrupt", Op: "ledger: " + o.ID.String(), Msg: "its data cannot be read", Err: err}
	}
	if string(r.Hash) != string(i.Hash[:]) {
		return nil, &Error{Class: Exists, Code: "idempotency_mismatch", Field: "key",
			Msg: "this key was used for another request"}
	}
	return r.Made, nil
}

// tooMuch reports whether what a change makes is more than can be remembered.
func (i *Idem) tooMuch(c *Change) bool {
	const longest = 2*(64+640) + 20 // of one id, if each character of it is escaped
	return len(c.Put) >= MaxData/longest && len(i.remember(c.made()).Data) > MaxData
}

// remember makes the object that is stored with the first request. It is
// written by hand because every request of a host passes here.
func (i *Idem) remember(made []ID) Object {
	b := append(make([]byte, 0, 64+64*(1+len(made))), `{"hash":"`...)
	b = base64.StdEncoding.AppendEncode(b, i.Hash[:])
	b = append(b, `","made":[`...)
	for n, id := range made {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"Kind":`...)
		b = strconv.AppendQuote(b, id.Kind)
		b = append(b, `,"ID":`...)
		b = strconv.AppendQuote(b, id.ID)
		b = append(b, '}')
	}
	return Object{ID: i.object(), Version: 1, Data: append(b, `]}`...)}
}
