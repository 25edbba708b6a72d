package vault

import (
	"context"
	"crypto/sha256"
	"strings"
	"sync"
)

// Keys knows the keys of platforms. connect's own keys are one; MemoryKeys is another, for a
// vault that runs by itself.
type Keys interface {
	// Key tells what a key is, whole as it was shown. One that is not known, or was revoked,
	// is of class NotFound.
	Key(ctx context.Context, key string) (Key, error)
	// Registered reports whether some platform has registered an origin. A browser asks for
	// leave before it shows a key.
	Registered(ctx context.Context, origin string) (bool, error)
}

// Key says what a key opens.
type Key struct {
	ID       string // names the key without being it, 1–64 letters, digits and _-.
	Platform string
	Secret   bool     // no publishable one: a secret or restricted key, which no browser may have
	Live     bool     // for real details
	Origins  []string // that may use it: "https://shop.example"
}

// MemoryKeys are Keys that a program registers by itself. It is safe for use by several
// goroutines. The zero value has none.
type MemoryKeys struct {
	mu   sync.Mutex
	keys map[[sha256.Size]byte]Key // by the hash of the key, so that none is compared byte by byte
}

var _ Keys = (*MemoryKeys)(nil)

// Register makes a key known, in place of what it was before. A key is 10–200 letters,
// digits and _-., an origin as Config.Origin; what is wrong is of class Invalid.
func (m *MemoryKeys) Register(key string, k Key) error {
	switch {
	case !plain(key, 10, maxKey):
		return badField("invalid_key", "key", "a key is 10 to 200 letters, digits, points, hyphens and underscores")
	case !plain(k.ID, 1, 64):
		return badField("invalid_key", "id", "a key has an id")
	case !plain(k.Platform, 1, 64):
		return badField("invalid_platform", "platform", "a key is a platform's")
	}
	for _, o := range k.Origins {
		if !isOrigin(o, !k.Live) {
			return badField("invalid_origin", "origins", "an origin is https:// and a name, in lower case, with nothing after it")
		}
	}
	k.Origins = append([]string(nil), k.Origins...)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys == nil {
		m.keys = make(map[[sha256.Size]byte]Key)
	}
	m.keys[sha256.Sum256([]byte(key))] = k
	return nil
}

// Revoke forgets a key. One that is not there is no error.
func (m *MemoryKeys) Revoke(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.keys, sha256.Sum256([]byte(key)))
}

// Key implements Keys.
func (m *MemoryKeys) Key(_ context.Context, key string) (Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.keys[sha256.Sum256([]byte(key))]
	if !ok {
		return Key{}, notFound("key")
	}
	return k, nil
}

// Registered implements Keys.
func (m *MemoryKeys) Registered(_ context.Context, origin string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range m.keys {
		for _, o := range k.Origins {
			if o == origin {
				return true, nil
			}
		}
	}
	return false, nil
}

const maxKey = 200

// isOrigin takes what a browser writes in the header Origin for https pages, and for those
// of the machine itself where they may be.
func isOrigin(text string, local bool) bool {
	rest, ok := strings.CutPrefix(text, "https://")
	if !ok && local {
		if rest, ok = strings.CutPrefix(text, "http://"); ok {
			host, _, _ := strings.Cut(rest, ":")
			ok = host == "localhost" || host == "127.0.0.1"
		}
	}
	host, port, hasPort := strings.Cut(rest, ":")
	if !ok || host == "" || len(text) > 255 || hasPort && (port == "" || port[0] == '0' || len(port) > 5 || !digits(port)) {
		return false
	}
	for i := range len(host) {
		switch c := host[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-' && i > 0, c == '.' && i > 0 && host[i-1] != '.':
		default:
			return false
		}
	}
	return !strings.HasSuffix(host, ".")
}
