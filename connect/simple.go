package connect

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/ledger"
)

// simple runs a verb that needs nothing from the outside: it records and
// settles in one commit. fn puts the object. If the key was used before, the
// object is returned as it is now: the one that was made, or target.
func simple[Req, Obj any](ctx context.Context, p *Platform, v simpleVerb[Obj], key string, r Req, fn func(*ledger.Unit) (*Obj, error)) (*Obj, error) {
	wrap := func(err error) error { return fmt.Errorf("connect: %s: %w", v.name, err) }
	if err := ledger.CheckKey(key); err != nil {
		return nil, wrap(err)
	}
	if err := p.e.start(ctx); err != nil {
		return nil, wrap(err)
	}
	if err := p.mayDo(ctx, v.name); err != nil {
		return nil, wrap(err)
	}
	if err := bind(ctx, p, v.name, &r, false); err != nil {
		return nil, wrap(err)
	}
	hash, err := ledger.HashRequest(v.name, &r)
	if err != nil {
		return nil, wrap(err)
	}
	if p, err = p.by(r); err != nil {
		return nil, wrap(err)
	}
	idem := ledger.Idem{Scope: p.scopeOfKeys(), Key: key, Hash: hash}
	if v.prepare != nil {
		if err := v.prepared(ctx, p, idem); err != nil {
			return nil, wrap(err)
		}
	}
	var o *Obj
	receipt, err := p.unit(ctx, func(u *ledger.Unit) error {
		o = nil
		err := u.Under(idem)
		if err == nil {
			err = p.stands(u)
		}
		if err == nil {
			o, err = fn(u)
		}
		return err
	})
	switch {
	case err != nil:
		return nil, wrap(err)
	case !receipt.ByKey:
		return disclosed(ctx, p, o)
	}
	id := v.target
	if id == "" {
		id = madeOf(receipt, v.kind.Name)
	}
	if o, err = v.kind.Read(ctx, p.store, id); err != nil {
		return nil, wrap(err)
	}
	*v.replayed(o) = true
	return disclosed(ctx, p, o)
}

// simpleVerb is what simple needs to know of a verb.
type simpleVerb[Obj any] struct {
	name     string
	kind     *ledger.Kind[Obj]
	replayed func(*Obj) *bool
	target   string // the object that the verb changes, if it does not make one

	// prepare asks the outside for what the recording needs, such as a rate.
	prepare func(context.Context) error
}

// prepared prepares a verb whose key is new: a replay must not depend on the
// outside, so the key is asked first.
func (v *simpleVerb[Obj]) prepared(ctx context.Context, p *Platform, idem ledger.Idem) error {
	receipt, err := p.unit(ctx, func(u *ledger.Unit) error {
		_, _, err := u.Once(idem)
		return err
	})
	if err != nil || receipt.ByKey {
		return err
	}
	return v.prepare(ctx)
}

// get reads one object of the platform. What is not the platform's is not
// found, in the same words.
func get[Obj any](ctx context.Context, p *Platform, kind *ledger.Kind[Obj], id, what string, platform func(*Obj) string) (*Obj, error) {
	if err := p.mayRead(ctx, kind.Name); err != nil {
		return nil, fmt.Errorf("connect: %s: %w", what, err)
	}
	o, err := kind.Read(ctx, p.store, id)
	if err != nil {
		return nil, fmt.Errorf("connect: %s: %w", what, notFoundOr(err, what))
	}
	if platform(o) != p.id {
		return nil, fmt.Errorf("connect: %s: %w", what, notFound(what))
	}
	return disclosed(ctx, p, o)
}
