package connect

import (
	"context"
	"maps"
	"time"

	"github.com/soukhq/souk/ledger"
)

// KeyRequest makes a key.
type KeyRequest struct {
	Key  string  `json:"-"`
	Kind KeyKind `json:"kind,omitzero"`
	Name string  `json:"name,omitzero"` // for people: at most 100 characters
	// Permissions are of a restricted key: at least one, of groups that may be granted.
	Permissions map[Group]Access `json:"permissions,omitzero"`
	Expires     time.Time        `json:"expires,omitzero"` // zero: never
}

// RollKeyRequest puts a new key in the place of one.
type RollKeyRequest struct {
	Key   string `json:"-"`
	KeyID string `json:"keyID,omitzero"`
	// Overlap is for how long the old key opens what it did still: 0 to 7 days.
	Overlap time.Duration `json:"overlap,omitzero"`
}

// RevokeKeyRequest ends a key at once.
type RevokeKeyRequest struct {
	Key   string `json:"-"`
	KeyID string `json:"keyID,omitzero"`
}

const maxOverlap = 7 * 24 * time.Hour

// CreateKey makes a key. APIKey.Secret of the answer is the key: it is told here and
// never again, so that a call under the same idempotency key does not tell it either.
// Errors: invalid_key_kind, invalid_permission, invalid_name, invalid_time.
func (p *Platform) CreateKey(ctx context.Context, r KeyRequest) (*APIKey, error) {
	verb := simpleVerb[APIKey]{name: "create key", kind: &apiKeyKind, replayed: (*APIKey).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*APIKey, error) {
		if err := r.check(u.At()); err != nil {
			return nil, err
		}
		if _, err := p.expectProfile(u); err != nil {
			return nil, err
		}
		k := &APIKey{
			ID: u.NewID(apiKeyKind.Prefix), Platform: p.id, Kind: r.Kind, Live: p.e.c.Live, Name: r.Name, Begins: r.Kind.prefix(p.e.c.Live),
			Permissions: maps.Clone(r.Permissions), Created: u.At(), Expires: r.Expires.UTC().Truncate(time.Microsecond),
		}
		if r.Expires.IsZero() {
			k.Expires = time.Time{}
		}
		k.draw()
		return k, p.putKey(u, k, EventKeyCreated)
	})
}

func (r *KeyRequest) check(at time.Time) error {
	if r.Kind.prefix(false) == "" {
		return badField("invalid_key_kind", "kind", "a key is secret, publishable or restricted")
	}
	if r.Name != "" {
		if err := checkName("name", r.Name, 100); err != nil {
			return err
		}
	}
	if !r.Expires.IsZero() && !r.Expires.After(at) {
		return badField("invalid_time", "expires", "a key that is over opens nothing")
	}
	if (r.Kind == KeyRestricted) != (len(r.Permissions) > 0) {
		return badField("invalid_permission", "permissions", "a restricted key has permissions, and no other key does")
	}
	for g, a := range r.Permissions {
		if !g.grantable() || a != AccessRead && a != AccessWrite {
			return badField("invalid_permission", "permissions", "a permission is read or write, of a group of docs/scopes.md that may be granted")
		}
	}
	return nil
}

// RollKey makes a key with the same rights, and ends the old one once Overlap is over.
// It returns the new key, with its Secret. A key that was rolled, or is over, is not
// rolled: class State, code key_ended.
func (p *Platform) RollKey(ctx context.Context, r RollKeyRequest) (*APIKey, error) {
	verb := simpleVerb[APIKey]{name: "roll key", kind: &apiKeyKind, replayed: (*APIKey).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*APIKey, error) {
		if r.Overlap < 0 || r.Overlap > maxOverlap {
			return nil, badField("invalid_overlap", "overlap", "two keys overlap for 0 to 7 days")
		}
		old, err := p.ownKey(u, r.KeyID)
		if err != nil {
			return nil, err
		}
		if !old.opens(u.At()) || old.Next != "" {
			return nil, badState("key_ended", "keyID", "the key is over, or another has taken its place")
		}
		k := &APIKey{
			ID: u.NewID(apiKeyKind.Prefix), Platform: p.id, Kind: old.Kind, Live: old.Live, Name: old.Name, Begins: old.Begins,
			Permissions: maps.Clone(old.Permissions), Created: u.At(), Expires: old.Expires,
		}
		k.draw()
		if end := u.At().Add(r.Overlap); old.Expires.IsZero() || end.Before(old.Expires) {
			old.Expires = end
		}
		old.Next = k.ID
		if err := p.putKey(u, old, EventKeyRolled); err != nil {
			return nil, err
		}
		return k, p.putKey(u, k, EventKeyCreated)
	})
}

// RevokeKey ends a key: the next call under it is refused. A key that was revoked stays
// so.
func (p *Platform) RevokeKey(ctx context.Context, r RevokeKeyRequest) (*APIKey, error) {
	verb := simpleVerb[APIKey]{name: "revoke key", kind: &apiKeyKind, replayed: (*APIKey).replay, target: r.KeyID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*APIKey, error) {
		k, err := p.ownKey(u, r.KeyID)
		if err != nil || !k.Revoked.IsZero() {
			return k, err
		}
		k.Revoked = u.At()
		return k, p.putKey(u, k, EventKeyRevoked)
	})
}

// ownKey returns a key of the platform, expected unchanged.
func (p *Platform) ownKey(u *ledger.Unit, id string) (*APIKey, error) {
	k, err := apiKeyKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "key")
	}
	if k.Platform != p.id {
		return nil, notFound("key")
	}
	return k, nil
}

func (p *Platform) putKey(u *ledger.Unit, k *APIKey, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: apiKeyKind.ID(k.ID)})
	return apiKeyKind.Put(u, k.ID, k)
}
