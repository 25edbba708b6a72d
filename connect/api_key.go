package connect

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// KeyKind tells what a key is for.
type KeyKind string

// The kinds of keys.
const (
	KeySecret      KeyKind = "secret"      // all that the platform may: on servers alone
	KeyPublishable KeyKind = "publishable" // for browsers and apps: it hands bank and identity details in, and opens nothing
	KeyRestricted  KeyKind = "restricted"  // what its permissions say
)

// prefix is how a key of the kind begins: it tells people, and scanners of leaked
// secrets, what they see.
func (k KeyKind) prefix(live bool) string {
	mode := "test_"
	if live {
		mode = "live_"
	}
	switch k {
	case KeySecret:
		return "sk_" + mode
	case KeyPublishable:
		return "pk_" + mode
	case KeyRestricted:
		return "rk_" + mode
	}
	return ""
}

// APIKey is a key of a platform, without its secret: that is told when the key is made
// and never again, and only a hash of it is kept.
type APIKey struct {
	ID          string           `json:"id"`
	Platform    string           `json:"platform"`
	Kind        KeyKind          `json:"kind"`
	Live        bool             `json:"live,omitzero"`
	Name        string           `json:"name,omitzero"`        // for people
	Begins      string           `json:"begins"`               // of the key: "sk_test_"
	Last4       string           `json:"last4"`                // by which people tell keys apart
	Hash        string           `json:"hash"`                 // SHA-256, hexadecimal
	Permissions map[Group]Access `json:"permissions,omitzero"` // of a restricted key
	Created     time.Time        `json:"created"`
	// LastUsed is about when it was used: within an hour.
	LastUsed time.Time `json:"lastUsed,omitzero"`
	Expires  time.Time `json:"expires,omitzero"` // from then on it opens nothing; zero: never
	Revoked  time.Time `json:"revoked,omitzero"` // since when it opens nothing
	Next     string    `json:"next,omitzero"`    // the key that took its place

	// Secret is the key itself. It is set once: by CreateKey and RollKey for whoever
	// asked first.
	Secret Secret `json:"-"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

var apiKeyKind = ledger.Kind[APIKey]{
	Name:   "connect.api_key",
	Prefix: "key_",
	Keys: func(k *APIKey) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: k.Platform, At: k.Created}, {Name: "hash", Value: k.Hash, At: k.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "kind", Path: "kind"}, {Name: "name", Path: "name"}, {Name: "last4", Path: "last4"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn}, {Name: "last_used", Path: "lastUsed", Type: ledger.TimeColumn},
		{Name: "revoked", Path: "revoked", Type: ledger.TimeColumn},
	},
}

var apiKeyLister = &lister[APIKey]{what: "keys", kind: &apiKeyKind, platform: func(k *APIKey) string { return k.Platform }}

func (k *APIKey) replay() *bool { return &k.Replayed }

// opens tells whether the key opens anything at a moment.
func (k *APIKey) opens(at time.Time) bool {
	return k.Revoked.IsZero() && (k.Expires.IsZero() || at.Before(k.Expires))
}

// The events of keys. None of them has the key.
const (
	EventKeyCreated = "api_key.created"
	EventKeyRolled  = "api_key.rolled"
	EventKeyRevoked = "api_key.revoked"
)

// keyUsed is how exactly it is known when a key was used last: a write at each use would
// cost more than the use.
const keyUsed = time.Hour

// keyLength bounds what is looked up at all.
const keyLength = 128

// hashKey is how a key is found and kept. Keys are random and long, so that a fast hash
// is as good as a slow one.
func hashKey(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// draw gives a key a new secret of 260 random bits.
func (k *APIKey) draw() {
	text := k.Begins + ledger.Secret() + ledger.Secret()
	k.Secret, k.Hash, k.Last4 = NewSecret(text), hashKey(text), text[len(text)-4:]
}

// badKey is the one answer for keys that are not known, not of this engine's mode,
// revoked or over.
func badKey() error {
	return &ledger.Error{Class: ledger.Forbidden, Code: "invalid_key", Field: "key", Msg: "this key opens nothing"}
}

// APIKey returns the key that a text is, if it opens something now. A text that is no
// key, one that is over and one of the other mode are the same error: class Forbidden,
// code invalid_key. The use is noted, to the hour.
func (e *Engine) APIKey(ctx context.Context, text string) (*APIKey, error) {
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	k, err := e.findKey(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("connect: key: %w", err)
	}
	if at := e.env.Time(); at.Sub(k.LastUsed) >= keyUsed {
		e.useKey(ctx, k.ID)
		k.LastUsed = at
	}
	return k, nil
}

// findKey looks a key up by its hash, and compares what was found in constant time.
func (e *Engine) findKey(ctx context.Context, text string) (*APIKey, error) {
	kind := keyKindOf(text, e.c.Live)
	if kind == "" {
		return nil, badKey()
	}
	hash := hashKey(text)
	var found *APIKey
	err := e.c.Store.Read(ctx, func(v ledger.View) error {
		list, err := v.Find(ledger.Query{Kind: apiKeyKind.Name, Name: "hash", Value: hash, Limit: 1})
		if err == nil && len(list) > 0 {
			found, err = apiKeyKind.Decode(list[0])
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case found == nil, subtle.ConstantTimeCompare([]byte(found.Hash), []byte(hash)) != 1,
		found.Kind != kind, found.Live != e.c.Live, !found.opens(e.env.Time()):
		return nil, badKey()
	}
	return found, nil
}

// keyKindOf reads what kind of key a text is by its beginning; empty if it cannot be one
// of this mode.
func keyKindOf(text string, live bool) KeyKind {
	if !plain(text, 20, keyLength) {
		return ""
	}
	for _, k := range []KeyKind{KeySecret, KeyPublishable, KeyRestricted} {
		if strings.HasPrefix(text, k.prefix(live)) {
			return k
		}
	}
	return ""
}

// useKey notes that a key was used. A use that cannot be noted is a use all the same.
func (e *Engine) useKey(ctx context.Context, id string) {
	_, err := e.env.Update(ctx, e.c.Store, func(u *ledger.Unit) error {
		k, err := apiKeyKind.Get(u, id)
		if err != nil || u.At().Sub(k.LastUsed) < keyUsed {
			return err
		}
		k.LastUsed = u.At()
		return apiKeyKind.Put(u, id, k)
	})
	if err != nil && ctx.Err() == nil {
		e.c.Logger.Error("souk: the use of a key was not noted", slog.String("id", id), slog.Any("error", err))
	}
}

// PlatformByKey returns the platform of a secret or restricted key, with the rights of
// the key: verbs beyond them are refused (class Forbidden, code key_scope), and all of
// them from the moment that the key is revoked or over, also on what was returned before.
// A publishable key opens no verb (code publishable_key).
func (e *Engine) PlatformByKey(ctx context.Context, key string) (*Platform, error) {
	k, err := e.APIKey(ctx, key)
	if err != nil {
		return nil, err
	}
	if k.Kind == KeyPublishable {
		return nil, fmt.Errorf("connect: key: %w", &ledger.Error{Class: ledger.Forbidden, Code: "publishable_key", Field: "key", Msg: "a publishable key opens no verb"})
	}
	p, err := e.Platform(ctx, k.Platform)
	if err != nil {
		return nil, err
	}
	p.key = &keyUse{id: k.ID}
	if k.Kind == KeyRestricted {
		p.key.rights = maps.Clone(k.Permissions)
		if p.key.rights == nil {
			p.key.rights = map[Group]Access{}
		}
	}
	return p, nil
}

// GetKey returns a key of the platform, without its secret.
func (p *Platform) GetKey(ctx context.Context, id string) (*APIKey, error) {
	return get(ctx, p, &apiKeyKind, id, "key", func(k *APIKey) string { return k.Platform })
}

// ListKeys returns a page of the platform's keys, without their secrets.
func (p *Platform) ListKeys(ctx context.Context, r ListRequest) (*List[APIKey], error) {
	return apiKeyLister.page(ctx, p, r)
}

// Keys walks the platform's keys, newest first.
func (p *Platform) Keys(ctx context.Context, r ListRequest) iter.Seq2[*APIKey, error] {
	return apiKeyLister.each(ctx, p, r, func(k *APIKey) string { return k.ID })
}
