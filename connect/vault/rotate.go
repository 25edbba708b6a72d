package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

// RotateRequest wraps data keys anew.
type RotateRequest struct {
	// From names the master key that is replaced: all data keys that it wrapped are wrapped by
	// the wrapper's newest. Where that is From itself, only Reseal has something to do.
	From string
	// Reseal seals all values anew, too, under new data keys: for a data key that somebody may
	// have seen. A data key that began at or after Since is new enough; the zero time is the
	// moment of the call. Who goes on with a rotation that was cut off gives that of the first
	// call again.
	Reseal bool
	Since  time.Time
}

// Rotation says what was done.
type Rotation struct {
	Keys   int   // data keys that were wrapped anew or renewed
	Values int   // references whose values were sealed anew
	Failed int   // data keys that could not be, and are as they were, or half done
	Err    error // why, joined (the first hundred)
}

// Rotate replaces a master key, while others tokenise, use and open. It goes through all
// data keys that From wrapped; one that fails is left for the next call and holds up no
// other. Once a call has left none (Failed is 0), the master is needed for backups alone. It
// can be cut off anywhere and called again.
func (v *Vault) Rotate(ctx context.Context, r RotateRequest) (*Rotation, error) {
	if err := v.begin(ctx); err != nil {
		return nil, err
	}
	newest, err := sealed.Newest(ctx, v.c.Wrapper)
	if err != nil {
		return nil, err
	}
	if r.Since.IsZero() {
		r.Since = v.c.Env.Time()
	}
	done := new(Rotation)
	q := ledger.Query{Kind: sealed.DataKeys.Name, Name: sealed.MasterKey, Value: r.From}
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
			if err := v.rotate(ctx, o.ID.ID, newest, &r, done); err != nil {
				if ctx.Err() != nil {
					return done, err
				}
				if done.Failed++; done.Failed <= 100 {
					done.Err = errors.Join(done.Err, fmt.Errorf("%v: %w", o.ID, err))
				}
			}
		}
		if len(list) < ledger.DefaultPage {
			return done, nil
		}
		q.After = list[len(list)-1].PlaceIn(q)
	}
}

// rotate wraps one data key anew, and seals what it sealed anew if it is asked to.
func (v *Vault) rotate(ctx context.Context, id, newest string, r *RotateRequest, done *Rotation) error {
	k, changed, err := v.changeKey(ctx, id, func(k *sealed.DataKey) (bool, error) {
		changed, err := k.Rewrap(ctx, v.c.Wrapper, newest)
		if err == nil && r.Reseal && k.Usable() && k.Renewed.Before(r.Since) {
			_, err = k.Renew(ctx, v.c.Wrapper, v.c.Env.Time())
			changed = true
		}
		return changed, err
	})
	if err != nil {
		return err
	}
	if changed {
		done.Keys++
	}
	if !r.Reseal || len(k.Wrapped) < 2 {
		return nil
	}
	if err := v.resealAll(ctx, id, k, done); err != nil {
		return err
	}
	_, _, err = v.changeKey(ctx, id, func(now *sealed.DataKey) (bool, error) {
		if now.Current != k.Current || !now.Usable() {
			return false, nil // another rotation has gone on, or it was destroyed
		}
		now.Retire()
		return true, nil
	})
	return err
}

// changeKey changes a data key outside of the unit of work that stores it, since wrappers
// are far away; what has changed meanwhile is changed anew.
func (v *Vault) changeKey(ctx context.Context, id string, change func(*sealed.DataKey) (bool, error)) (k *sealed.DataKey, changed bool, err error) {
	for try := 0; try < 16; try++ {
		var o ledger.Object
		err = v.store.Read(ctx, func(view ledger.View) error {
			list, err := view.Objects(sealed.DataKeys.ID(id))
			if err == nil {
				o = list[0]
			}
			return err
		})
		if err != nil {
			return nil, false, err
		}
		if k, err = sealed.DataKeys.Decode(o); err != nil {
			return nil, false, err
		}
		if changed, err = change(k); err != nil || !changed {
			return k, false, err
		}
		_, err = v.c.Env.Update(ctx, v.store, func(u *ledger.Unit) error {
			now, err := u.Object(o.ID)
			if err != nil {
				return err
			}
			if now.Version != o.Version {
				return errKeyChanged
			}
			if err := sealed.DataKeys.Put(u, id, k); err != nil {
				return err
			}
			return emit(u, EventKeyRotated, k.Platform, o.ID, nil)
		})
		if !errors.Is(err, errKeyChanged) {
			return k, err == nil, err
		}
	}
	return k, false, err
}

// resealAll seals what older generations of a key sealed under its current one.
func (v *Vault) resealAll(ctx context.Context, id string, k *sealed.DataKey, done *Rotation) error {
	to, err := k.Unwrap(ctx, v.c.Wrapper, k.Current)
	if err != nil {
		return err
	}
	q := ledger.Query{Kind: references.Name, Name: keyDataKey, Value: id}
	for {
		var list []ledger.Object
		err := v.store.Read(ctx, func(view ledger.View) (err error) {
			list, err = view.Find(q)
			return err
		})
		if err != nil {
			return err
		}
		for _, o := range list {
			if err := v.reseal(ctx, o.ID.ID, k, to, done); err != nil {
				return err
			}
		}
		if len(list) < ledger.DefaultPage {
			return nil
		}
		q.After = list[len(list)-1].PlaceIn(q)
	}
}

// reseal seals one reference anew. What it reads in one moment it opens outside of the unit
// of work, and what has changed meanwhile it leaves for the next try.
func (v *Vault) reseal(ctx context.Context, id string, k *sealed.DataKey, to sealed.Key, done *Rotation) error {
	for try := 0; ; try++ {
		was, err := references.Read(ctx, v.store, id)
		if err != nil || was.DataKey == "" || was.Generation == k.Current {
			return err
		}
		from, err := k.Unwrap(ctx, v.c.Wrapper, was.Generation)
		if err != nil {
			return err
		}
		next, err := v.sealAnew(was, id, from, to)
		if err != nil {
			return err
		}
		raced := false
		_, err = v.c.Env.Update(ctx, v.store, func(u *ledger.Unit) error {
			now, err := references.Get(u, id)
			if err != nil {
				return err
			}
			if raced = now.DataKey != was.DataKey || now.Generation != was.Generation; raced {
				return nil
			}
			now.Fields, now.Same, now.Generation = next.Fields, next.Same, k.Current
			if err := references.Put(u, id, now); err != nil {
				return err
			}
			return emit(u, EventResealed, now.Platform, references.ID(id), nil)
		})
		if err != nil || !raced || try == 16 {
			if err == nil && !raced {
				done.Values++
			}
			return err
		}
	}
}

// sealAnew opens a record and seals it with another key. What the index of another key has
// made is made anew as well.
func (v *Vault) sealAnew(was *record, id string, from, to sealed.Key) (*record, error) {
	opened, err := was.open(from, id)
	if err != nil {
		return nil, err
	}
	next := &record{Same: was.Same}
	d := &details{kind: was.Kind, fields: opened.Reveal()}
	if next.Fields, err = d.seal(to, id, was.Platform); err != nil {
		return nil, err
	}
	if was.Same == "" || v.c.Index.Made(was.Same) {
		return next, nil
	}
	d, err = v.read(&TokeniseRequest{Kind: was.Kind, Country: was.Country, Currency: was.Currency, Fields: opened})
	if err != nil {
		return nil, err // what was read once is read again, unless the rules for it have changed since
	}
	next.Same = v.c.Index.Of(was.Platform, string(was.Kind), d.same)
	return next, nil
}
