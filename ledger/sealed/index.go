package sealed

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"log/slog"
	"strings"
)

// Index tells whether two sealed values are the same, without opening them. It is a keyed
// hash (HMAC-SHA-256, RFC 2104): account numbers are so few that any other hash of them is
// undone by trying all. It prints itself as [sealed].
type Index struct {
	name string
	mac  func() hash.Hash
}

// NewIndex takes a key of 32 random bytes or more, which stays outside of the store and is
// none of those that wrap data keys, and a name for it, which stands in front of each text:
// 1–20 characters of printable ASCII without a colon.
func NewIndex(name string, key []byte) (*Index, error) {
	switch {
	case !printable(name, 20) || strings.Contains(name, ":"):
		return nil, invalid("invalid_config", "name", "an index has a name of 1 to 20 characters, without a colon")
	case len(key) < keySize:
		return nil, invalid("invalid_config", "key", "the key of an index has 32 bytes or more")
	}
	key = append([]byte(nil), key...)
	return &Index{name: name, mac: func() hash.Hash { return hmac.New(sha256.New, key) }}, nil
}

// Of is the text for a value of a kind: the same for the same value of the same platform,
// and for another platform's another, so that nobody who reads the store can tell what two
// platforms have in common.
func (i *Index) Of(platform, kind, value string) string {
	h := i.mac()
	h.Write(Place{Token: value, Platform: platform, Field: kind}.associated())
	return i.name + ":" + hex.EncodeToString(h.Sum(nil))
}

// Made reports whether the index made a text: not, if that was one of another name.
func (i *Index) Made(text string) bool { return strings.HasPrefix(text, i.name+":") }

// String is the word [sealed].
func (i *Index) String() string { return hidden }

// Format writes the word [sealed] for every verb.
func (i *Index) Format(s fmt.State, _ rune) { hide(s) }

// MarshalText returns the word [sealed].
func (i *Index) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue implements slog.LogValuer with the word [sealed].
func (i *Index) LogValue() slog.Value { return slog.StringValue(hidden) }
