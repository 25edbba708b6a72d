package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Bounds of rolling.
const (
	maxSecrets = 5
	maxOverlap = 7 * 24 * time.Hour
)

// makeSecret returns a secret of 256 bits, in the form of Standard Webhooks. It hashes
// what ledger.Secret reads from crypto/rand twice, 260 bits.
func makeSecret() string {
	sum := sha256.Sum256([]byte(ledger.Secret() + ledger.Secret()))
	return secretPrefix + base64.StdEncoding.EncodeToString(sum[:])
}

func (p *Platform) newSecret(ctx context.Context, endpoint string) (string, SecretInfo, error) {
	secret, info := makeSecret(), SecretInfo{ID: p.h.env.ID("whs_")}
	info.Kept = []byte(secret)
	if p.h.c.Sealer != nil {
		kept, err := p.h.c.Sealer.Seal(ctx, endpoint+" "+info.ID, info.Kept)
		if err != nil {
			return "", info, fmt.Errorf("seal: %w", err)
		}
		info.Kept = kept
	}
	return secret, info, nil
}

// open returns a secret in the clear.
func (h *Hooks) open(ctx context.Context, endpoint string, s *SecretInfo) (string, error) {
	if h.c.Sealer == nil {
		return string(s.Kept), nil
	}
	plain, err := h.c.Sealer.Open(ctx, endpoint+" "+s.ID, s.Kept)
	return string(plain), err
}

// secrets returns those in force, newest first.
func (h *Hooks) secrets(ctx context.Context, e *Endpoint, now time.Time) (list []string, err error) {
	for i := range e.Secrets {
		if !e.Secrets[i].inForce(now) {
			continue
		}
		s, err := h.open(ctx, e.ID, &e.Secrets[i])
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// RollRequest asks for a new secret.
type RollRequest struct {
	Key        string        `json:"-"`
	EndpointID string        `json:"endpoint"`
	Overlap    time.Duration `json:"overlap,omitzero"` // for how long the old ones sign too: up to 7 days; 0: not at all
}

// Roll gives an endpoint a new secret, which the answer shows, and shows again for the same
// Key. Until the overlap ends deliveries are signed with all of them.
func (p *Platform) Roll(ctx context.Context, r RollRequest) (*Endpoint, error) {
	wrap := func(err error) (*Endpoint, error) { return nil, fmt.Errorf("webhook: roll: %w", err) }
	if r.Overlap < 0 || r.Overlap > maxOverlap {
		return wrap(bad("invalid_overlap", "overlap", "old secrets sign for up to 7 days more"))
	}
	hash, err := ledger.HashRequest("webhook.roll", &r)
	if err != nil {
		return wrap(err)
	}
	secret, info, err := p.newSecret(ctx, r.EndpointID)
	if err != nil {
		return wrap(err)
	}
	var e *Endpoint
	var replayed bool
	_, err = p.h.env.Update(ctx, p.store, func(u *ledger.Unit) error {
		if _, replayed, err = u.Once(ledger.Idem{Scope: p.id + "/webhook", Key: r.Key, Hash: hash}); err != nil {
			return err
		}
		if e, err = p.mine(u, r.EndpointID); err != nil || replayed {
			return err
		}
		old := slices.DeleteFunc(e.Secrets, func(s SecretInfo) bool { return r.Overlap == 0 || !s.inForce(u.At()) })
		for i := range old {
			if end := u.At().Add(r.Overlap); old[i].Expires.IsZero() || end.Before(old[i].Expires) {
				old[i].Expires = end
			}
		}
		if len(old) >= maxSecrets {
			return &ledger.Error{Class: ledger.State, Code: "too_many_secrets", Field: "endpoint", Msg: "five secrets are in force"}
		}
		info.Created = u.At()
		e.Secrets = append([]SecretInfo{info}, old...)
		return endpointKind.Put(u, e.ID, e)
	})
	if err != nil {
		return wrap(err)
	}
	made := e.shown()
	if made.Secret = secret; replayed { // the newest that there is
		made.Replayed = true
		made.Secret, err = p.h.open(ctx, e.ID, &e.Secrets[0])
	}
	return made, err
}
