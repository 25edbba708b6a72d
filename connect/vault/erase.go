package vault

import (
	"context"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

// EraseRequest forgets details: those of one reference, or all of an account, of which
// exactly one is named.
type EraseRequest struct {
	Platform string
	ID       string // of a reference
	Account  string
}

// Erasure says what was forgotten.
type Erasure struct {
	References int `json:"references"` // forgotten by this call; 0 if that was done before
	Keys       int `json:"keys"`       // data keys destroyed
}

// Erase forgets details for good: values and index are taken away, and the key that sealed
// them is destroyed, so that a copy of the values that somebody else has cannot be opened
// with what the store has by then. What is left of a reference is a tombstone; the books,
// which have never had any of it, stay as they are. Erasing again has no effect. Whoever
// keeps backups keeps wrapped keys in them: they end with the backups.
//
// A reference that is not the platform's is NotFound. An account is whatever the host calls
// by the name: one that has nothing is no error.
func (v *Vault) Erase(ctx context.Context, r EraseRequest) (*Erasure, error) {
	switch {
	case (r.ID == "") == (r.Account == ""):
		return nil, badField("invalid_request", "account", "either a reference is forgotten or an account")
	case r.Account != "" && !plain(r.Account, 1, 100):
		return nil, badField("invalid_account", "account", "an account's name is 1 to 100 letters, digits, points, hyphens and underscores")
	}
	if err := v.begin(ctx); err != nil {
		return nil, err
	}
	done := new(Erasure)
	if r.ID != "" {
		return done, v.erase(ctx, r.Platform, r.ID, done)
	}
	// What is used for the account meanwhile is found by the next pass.
	for again := true; again; {
		again = false
		q := ledger.Query{Kind: references.Name, Name: keyAccount, Value: ofAccount(r.Platform, r.Account)}
		for {
			var list []ledger.Object
			err := v.store.Read(ctx, func(view ledger.View) (err error) {
				list, err = view.Find(q)
				return err
			})
			if err != nil {
				return done, err
			}
			for _, o := range list {
				n := done.References
				if err := v.erase(ctx, r.Platform, o.ID.ID, done); err != nil {
					return done, err
				}
				again = again || done.References > n
			}
			if len(list) < ledger.DefaultPage {
				break
			}
			q.After = list[len(list)-1].PlaceIn(q)
		}
	}
	return done, nil
}

// erase forgets one reference.
func (v *Vault) erase(ctx context.Context, platform, id string, done *Erasure) error {
	var gone bool
	var key string
	_, err := v.c.Env.Update(ctx, v.store, func(u *ledger.Unit) error {
		gone, key = false, ""
		rec, err := references.Get(u, id)
		switch {
		case err != nil:
			return notFoundOr(err, "reference")
		case rec.Platform != platform:
			return notFound("reference")
		case rec.Status == Erased, rec.Status == Expired:
			return nil
		}
		gone, key = true, rec.DataKey
		return v.end(u, id, rec, Erased)
	})
	if err != nil || !gone {
		return err
	}
	done.References++
	return v.destroyIdle(ctx, key, done)
}

// end makes a tombstone of a record. The key of one that no account shares ends with it.
func (v *Vault) end(u *ledger.Unit, id string, rec *record, s Status) error {
	key := rec.DataKey
	rec.forget(s, u.At())
	if err := references.Put(u, id, rec); err != nil {
		return err
	}
	kind := EventErased
	if s == Expired {
		kind = EventTokenExpired
	}
	if err := emit(u, kind, rec.Platform, references.ID(id), nil); err != nil {
		return err
	}
	if key != sealed.DataKeyID(rec.Platform, id) {
		return nil
	}
	k, err := sealed.DataKeys.Get(u, key)
	if err != nil {
		return err
	}
	return destroy(u, key, k)
}

func destroy(u *ledger.Unit, id string, k *sealed.DataKey) error {
	k.Destroy(u.At())
	if err := sealed.DataKeys.Put(u, id, k); err != nil {
		return err
	}
	return emit(u, EventKeyDestroyed, k.Platform, sealed.DataKeys.ID(id), nil)
}

// destroyIdle destroys an account's key that seals nothing any more. The list is not checked
// at commit; the key is, and whoever seals with it puts it (sealing.put).
func (v *Vault) destroyIdle(ctx context.Context, key string, done *Erasure) error {
	destroyed := false
	_, err := v.c.Env.Update(ctx, v.store, func(u *ledger.Unit) error {
		destroyed = false
		k, err := sealed.DataKeys.Get(u, key)
		if err != nil || len(k.Wrapped) == 0 {
			destroyed = err == nil
			return err
		}
		list, err := u.Find(ledger.Query{Kind: references.Name, Name: keyDataKey, Value: key, Limit: 1})
		if err != nil || len(list) > 0 {
			return err
		}
		destroyed = true
		return destroy(u, key, k)
	})
	if err == nil && destroyed {
		done.Keys++
	}
	return err
}
