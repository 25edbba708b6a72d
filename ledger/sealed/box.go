package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"log/slog"

	"github.com/soukhq/souk/ledger"
)

const (
	keySize = 32 // bytes of a key of AES-256
	// boxForm is the first byte of a Box: it tells this form from those to come.
	boxForm = 1
	// maxPlain bounds what is sealed as one value.
	maxPlain = 4096
)

// Box is one sealed value: a byte for the form, the nonce of 12 bytes, the ciphertext and
// the tag of 16 bytes. In JSON it is base64.
type Box []byte

// Place says where a value belongs. It is authenticated, not kept, with the value, which
// opens in its place alone.
type Place struct {
	Token    string // of the row
	Platform string
	Field    string
}

// associated writes a place so that no two have the same bytes: each part goes after its
// length.
func (p Place) associated() []byte {
	b := []byte("souk/sealed/1")
	for _, part := range [...]string{p.Token, p.Platform, p.Field} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}

// Key is a data key that was unwrapped. It prints itself as [sealed]; the zero Key neither
// seals nor opens.
type Key struct {
	aead func() cipher.AEAD
}

// newKey takes the bytes of a key, which must be 32.
func newKey(key []byte) (Key, error) {
	if len(key) != keySize {
		return Key{}, corrupt("a key has 32 bytes")
	}
	aead, err := newAEAD(key)
	if err != nil {
		return Key{}, err
	}
	return Key{func() cipher.AEAD { return aead }}, nil
}

// newAEAD is AES-GCM which draws a new nonce for each value and puts it in front.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("ledger/sealed: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("ledger/sealed: %w", err)
	}
	return aead, nil
}

// Seal encrypts a value of at most 4,096 bytes for a place, differently each time. One that
// is longer, or a place that lacks a part, is of class Invalid.
func (k Key) Seal(p Place, plain string) (Box, error) {
	switch {
	case k.aead == nil:
		return nil, corrupt("there is no key")
	case p.Token == "" || p.Platform == "" || p.Field == "":
		return nil, invalid("invalid_place", "place", "a value is sealed for a token, a platform and a field")
	case len(plain) > maxPlain:
		return nil, invalid("payload_too_large", "value", "a value has at most 4,096 bytes")
	}
	return k.aead().Seal(Box{boxForm}, nil, []byte(plain), p.associated()), nil
}

// Open decrypts a value. One that was changed, that belongs to another place, or that
// another key sealed is of class Invalid, code corrupt, and which of these it is cannot be
// told.
func (k Key) Open(p Place, b Box) (string, error) {
	if k.aead == nil || len(b) == 0 || b[0] != boxForm {
		return "", corrupt("a value cannot be opened")
	}
	plain, err := k.aead().Open(nil, nil, b[1:], p.associated())
	if err != nil {
		return "", corrupt("a value cannot be opened") // the cause has nothing to add
	}
	return string(plain), nil
}

// String is the word [sealed].
func (k Key) String() string { return hidden }

// Format writes the word [sealed] for every verb.
func (k Key) Format(s fmt.State, _ rune) { hide(s) }

// MarshalText returns the word [sealed].
func (k Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// GobEncode returns the word [sealed].
func (k Key) GobEncode() ([]byte, error) { return []byte(hidden), nil }

// LogValue implements slog.LogValuer with the word [sealed].
func (k Key) LogValue() slog.Value { return slog.StringValue(hidden) }

const op = "ledger/sealed"

func invalid(code, field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Op: op, Msg: msg}
}

func corrupt(msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "corrupt", Op: op, Msg: msg}
}
