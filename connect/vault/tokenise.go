package vault

import (
	"context"
	"errors"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

// TokeniseRequest turns details into a token.
type TokeniseRequest struct {
	Platform string
	// Account is whose details these are, as the host calls it: an account's id, or any name
	// of 1–100 letters, digits, points, hyphens and underscores. The token can then be used
	// for it alone. Empty: whoever uses the token says.
	Account string
	Kind    Kind
	Country string // ISO 3166-1 alpha-2: where the account is, or who says who somebody is
	// Currency is that in which the account is kept.
	Currency ledger.Currency
	// Fields are those of bank.Formats, or of an identity: id_number, tax_id,
	// document_number, ssn_last_4, first_name, last_name, birth_date (2006-01-02).
	Fields sealed.Clear
}

// Token is what stands for details until it is used: once, within its life, by its
// platform, for its account.
type Token struct {
	Token    string
	Kind     Kind
	Country  string
	Currency ledger.Currency
	Last4    string
	Bank     string
	Expires  time.Time
}

// Tokenise checks details, seals them and returns a token, a new one for each call; the
// same details are answered alike, whoever has them already. What is wrong with them is of
// class Invalid, names the field and repeats nothing; it is refused before anything is
// written.
func (v *Vault) Tokenise(ctx context.Context, r TokeniseRequest) (*Token, error) {
	switch {
	case !plain(r.Platform, 1, 64):
		return nil, badField("invalid_platform", "platform", "details belong to a platform")
	case r.Account != "" && !plain(r.Account, 1, 100):
		return nil, badField("invalid_account", "account", "an account's name is 1 to 100 letters, digits, points, hyphens and underscores")
	}
	d, err := v.read(&r)
	if err != nil {
		return nil, err
	}
	if err := v.begin(ctx); err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		t, err := v.tokenise(ctx, &r, d)
		if !errors.Is(err, errKeyChanged) || try == 16 {
			return t, err
		}
	}
}

// errKeyChanged says that a data key is another one than the details were sealed with.
var errKeyChanged = &ledger.Error{Class: ledger.Conflict, Code: "conflict", Op: op, Msg: "the key has changed meanwhile"}

func (v *Vault) tokenise(ctx context.Context, r *TokeniseRequest, d *details) (*Token, error) {
	token := tokenPrefixes[d.kind] + ledger.Secret()
	id := referenceID(token)
	subject := r.Account
	if subject == "" {
		subject = id
	}
	k, err := v.keyFor(ctx, r.Platform, subject, subject != id)
	if err != nil {
		return nil, err
	}
	boxes, err := d.seal(k.key, id, r.Platform)
	if err != nil {
		return nil, err
	}
	rec := &record{
		Platform: r.Platform, Account: r.Account, Kind: d.kind, Status: Fresh, Country: d.country, Currency: d.currency, Last4: d.last4, Bank: d.bank,
		DataKey: k.id, Generation: k.data.Current, Fields: boxes,
	}
	if d.same != "" {
		rec.Same = v.c.Index.Of(r.Platform, string(d.kind), d.same)
	}
	_, err = v.c.Env.Update(ctx, v.store, func(u *ledger.Unit) error {
		rec.Created, rec.Expires = u.At(), u.At().Add(v.c.TokenLife)
		if err := k.put(u); err != nil {
			return err
		}
		if err := references.Put(u, id, rec); err != nil {
			return err
		}
		return emit(u, EventTokenCreated, rec.Platform, references.ID(id), nil)
	})
	if err != nil {
		return nil, err
	}
	return &Token{
		Token: token, Kind: rec.Kind, Country: rec.Country, Currency: rec.Currency, Last4: rec.Last4, Bank: rec.Bank, Expires: rec.Expires,
	}, nil
}

// sealing is a data key that is about to seal.
type sealing struct {
	id      string
	data    *sealed.DataKey
	key     sealed.Key
	version int64 // as it was read; 0: there is none
	fresh   bool  // nobody else can have made it
}

// keyFor returns the data key of a subject. It is made, and stored later by put, where there
// is none. Nothing of this is within a unit of work, since the wrapper may be far away.
func (v *Vault) keyFor(ctx context.Context, platform, subject string, shared bool) (*sealing, error) {
	s := &sealing{id: sealed.DataKeyID(platform, subject), fresh: !shared}
	if shared {
		err := v.store.Read(ctx, func(view ledger.View) error {
			list, err := view.Objects(sealed.DataKeys.ID(s.id))
			if err != nil || list[0].Version == 0 {
				return err
			}
			s.version = list[0].Version
			s.data, err = sealed.DataKeys.Decode(list[0])
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var err error
	switch {
	case s.data == nil:
		s.data, s.key, err = sealed.NewDataKey(ctx, v.c.Wrapper, platform, subject, v.c.Env.Time())
	case !s.data.Usable(): // it was destroyed, and the subject is back
		s.key, err = s.data.Renew(ctx, v.c.Wrapper, v.c.Env.Time())
	default:
		s.key, err = s.data.Unwrap(ctx, v.c.Wrapper, s.data.Current)
	}
	return s, err
}

// put stores the key in the change that stores what it sealed. An account's is put though it
// has not changed: who destroys a key that seals nothing must see that it seals again.
func (s *sealing) put(u *ledger.Unit) error {
	if !s.fresh {
		o, err := u.Object(sealed.DataKeys.ID(s.id))
		if err != nil {
			return err
		}
		if o.Version != s.version {
			return errKeyChanged
		}
	}
	return sealed.DataKeys.Put(u, s.id, s.data)
}
