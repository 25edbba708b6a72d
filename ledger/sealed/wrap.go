package sealed

import (
	"context"
	"crypto/cipher"
	"fmt"
	"log/slog"

	"github.com/soukhq/souk/ledger"
)

// KeyWrapper encrypts data keys with keys that never enter the store: those of a key
// management service, of a hardware module, or LocalKeys. It is called outside of any unit
// of work, by many goroutines at once, once for each data key that is used; who wants fewer
// calls keeps what it has unwrapped, and answers for that.
type KeyWrapper interface {
	// Wrap encrypts a data key of 32 bytes with the newest key. about is authenticated with
	// it, as the context of an encryption: it says whose it is, in at most 100 characters of
	// printable ASCII.
	Wrap(ctx context.Context, key []byte, about string) (Wrapped, error)
	// Unwrap decrypts what any of its keys wrapped, about the same. What it cannot is of class
	// Invalid; that it was not reached is of class Unavailable.
	Unwrap(ctx context.Context, w Wrapped, about string) ([]byte, error)
}

// Wrapped is a data key as it is stored.
type Wrapped struct {
	Master string `json:"master"` // names the key that wrapped it: 1–64 characters of printable ASCII
	Bytes  []byte `json:"bytes"`
}

// LocalKeys is a KeyWrapper of keys that the host keeps, outside of the store: in a file, a
// variable of the environment, or wherever it has its secrets. It prints itself as [sealed].
type LocalKeys struct {
	newest string
	keys   map[string]func() cipher.AEAD
}

var _ KeyWrapper = (*LocalKeys)(nil)

// NewLocalKeys takes keys of 32 random bytes by name. The one named newest wraps; the others
// unwrap what they wrapped before. A name is 1–64 characters of printable ASCII and is never
// given to another key. What is wrong is of class Invalid, and no key is repeated in the
// error.
func NewLocalKeys(newest string, keys map[string][]byte) (*LocalKeys, error) {
	l := &LocalKeys{newest: newest, keys: make(map[string]func() cipher.AEAD)}
	if _, ok := keys[newest]; !ok {
		return nil, invalid("invalid_config", "newest", "there is no key of this name")
	}
	for name, key := range keys {
		if !printable(name, 64) {
			return nil, invalid("invalid_config", "keys", "a key's name is 1 to 64 characters of printable ASCII")
		}
		if len(key) != keySize {
			return nil, invalid("invalid_config", "keys", "a key has 32 bytes")
		}
		aead, err := newAEAD(key)
		if err != nil {
			return nil, err
		}
		l.keys[name] = func() cipher.AEAD { return aead }
	}
	return l, nil
}

// wrapFor is what a wrapped key is authenticated with: also the name of its master, so that
// the same bytes under another name do not unwrap.
func wrapFor(master, about string) []byte {
	return Place{Token: about, Platform: master, Field: "data key"}.associated()
}

// Wrap implements KeyWrapper.
func (l *LocalKeys) Wrap(ctx context.Context, key []byte, about string) (Wrapped, error) {
	if err := ctx.Err(); err != nil {
		return Wrapped{}, unavailable(err)
	}
	sealed := l.keys[l.newest]().Seal([]byte{boxForm}, nil, key, wrapFor(l.newest, about))
	return Wrapped{Master: l.newest, Bytes: sealed}, nil
}

// Unwrap implements KeyWrapper.
func (l *LocalKeys) Unwrap(ctx context.Context, w Wrapped, about string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, unavailable(err)
	}
	aead, ok := l.keys[w.Master]
	if !ok {
		return nil, invalid("unknown_master", "master", "there is no key of the name that wrapped it")
	}
	if len(w.Bytes) == 0 || w.Bytes[0] != boxForm {
		return nil, corrupt("a data key cannot be unwrapped")
	}
	key, err := aead().Open(nil, nil, w.Bytes[1:], wrapFor(w.Master, about))
	if err != nil {
		return nil, corrupt("a data key cannot be unwrapped")
	}
	return key, nil
}

// String is the word [sealed].
func (l *LocalKeys) String() string { return hidden }

// Format writes the word [sealed] for every verb.
func (l *LocalKeys) Format(s fmt.State, _ rune) { hide(s) }

// MarshalText returns the word [sealed].
func (l *LocalKeys) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue implements slog.LogValuer with the word [sealed].
func (l *LocalKeys) LogValue() slog.Value { return slog.StringValue(hidden) }

func unavailable(err error) error {
	return &ledger.Error{Class: ledger.Unavailable, Code: "unavailable", Op: op, Err: err}
}

func printable(text string, most int) bool {
	if len(text) == 0 || len(text) > most {
		return false
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
