package vault

import (
	"context"
	"errors"
	"slices"

	"github.com/soukhq/souk/ledger"
)

// UseRequest takes what a token stands for.
type UseRequest struct {
	Key      string `json:"-"` // the idempotency key
	Platform string `json:"platform"`
	Token    string `json:"token"`
	// Account is whose details they are from now on: see TokeniseRequest.
	Account string `json:"account"`
}

// Use takes what a token stands for, once. The reference that it returns is what an account
// keeps (Reference.BankDetails), and what a rail opens. It can be done in the transaction
// that creates the account: v.In(store).Use.
//
// A token that is not there, or that is bound to another platform or account, is NotFound,
// field token. One that was used is State, code token_used, and one whose time is
// over State, code token_expired.
func (v *Vault) Use(ctx context.Context, r UseRequest) (*Reference, error) {
	_, ok := kindOf(r.Token)
	switch err := ledger.CheckKey(r.Key); {
	case err != nil:
		return nil, err
	case !plain(r.Platform, 1, 64):
		return nil, badField("invalid_platform", "platform", "details belong to a platform")
	case !plain(r.Account, 1, 100):
		return nil, badField("invalid_account", "account", "details belong to somebody: 1 to 100 letters, digits, points, hyphens and underscores")
	case !ok:
		return nil, notFound("token")
	}
	hash, err := ledger.HashRequest("vault use", &r)
	if err != nil {
		return nil, err
	}
	if err := v.begin(ctx); err != nil {
		return nil, err
	}
	id := referenceID(r.Token)
	var made *Reference
	_, err = v.c.Env.Update(ctx, v.store, func(u *ledger.Unit) error {
		_, replayed, err := u.Once(ledger.Idem{Scope: "vault:" + r.Platform, Key: r.Key, Hash: hash})
		if err != nil {
			return err
		}
		rec, err := references.Get(u, id)
		if err != nil {
			return notFoundOr(err, "token")
		}
		if !replayed {
			if err := rec.use(u, id, &r); err != nil {
				return err
			}
		}
		made = rec.reference(id)
		made.Replayed = replayed
		return nil
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (r *record) use(u *ledger.Unit, id string, q *UseRequest) error {
	switch {
	case r.Platform != q.Platform, r.Account != "" && r.Account != q.Account:
		return notFound("token")
	case r.Status == Used:
		return badState("token_used", "token", "it was used before")
	case r.Status != Fresh, !u.At().Before(r.Expires):
		return badState("token_expired", "token", "its time is over")
	}
	r.Account, r.Status, r.Used = q.Account, Used, u.At()
	if err := references.Put(u, id, r); err != nil {
		return err
	}
	return emit(u, EventTokenUsed, r.Platform, references.ID(id), nil)
}

func notFoundOr(err error, field string) error {
	if errors.Is(err, ledger.NotFound) {
		return notFound(field)
	}
	return err
}

// Reference returns a reference of a platform.
func (v *Vault) Reference(ctx context.Context, platform, id string) (*Reference, error) {
	rec, err := references.Read(ctx, v.store, id)
	switch {
	case err != nil:
		return nil, notFoundOr(err, "reference")
	case rec.Platform != platform:
		return nil, notFound("reference")
	}
	return rec.reference(id), nil
}

// References lists the references of an account, oldest first, up to 1,000 of them.
func (v *Vault) References(ctx context.Context, platform, account string) ([]*Reference, error) {
	return v.find(ctx, ledger.Query{Kind: references.Name, Name: keyAccount, Value: ofAccount(platform, account), Limit: ledger.MaxPage})
}

// Shared lists the used references of a platform that stand for the same bank account, or
// the same identity number, as one of them, which is left out: oldest first, up to 1,000.
// Two accounts that are paid out to one bank account are worth a look.
func (v *Vault) Shared(ctx context.Context, platform, id string) ([]*Reference, error) {
	rec, err := references.Read(ctx, v.store, id)
	switch {
	case err != nil:
		return nil, notFoundOr(err, "reference")
	case rec.Platform != platform:
		return nil, notFound("reference")
	case rec.Same == "":
		return nil, nil
	}
	list, err := v.find(ctx, ledger.Query{Kind: references.Name, Name: keySame, Value: rec.Same, Limit: ledger.MaxPage})
	return slices.DeleteFunc(list, func(r *Reference) bool { return r.ID == id }), err
}

func (v *Vault) find(ctx context.Context, q ledger.Query) (list []*Reference, err error) {
	err = v.store.Read(ctx, func(view ledger.View) error {
		found, err := view.Find(q)
		for _, o := range found {
			rec, err := references.Decode(o)
			if err != nil {
				return err
			}
			list = append(list, rec.reference(o.ID.ID))
		}
		return err
	})
	return list, err
}

// expire forgets details whose token was not used in time.
func (v *Vault) expire(ctx context.Context, s ledger.Store, o ledger.Object) error {
	_, err := v.c.Env.Update(ctx, s, func(u *ledger.Unit) error {
		rec, err := references.Get(u, o.ID.ID)
		if err != nil || rec.Status != Fresh || u.At().Before(rec.Expires) {
			return err
		}
		return v.end(u, o.ID.ID, rec, Expired)
	})
	return err
}
