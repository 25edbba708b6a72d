package vault

import (
	"context"
	"strconv"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

// Detokeniser returns what opens details of a kind, for the one who holds it: "rail nacha".
// It is given to a rail or an acquirer when that is set up, and to nobody else; that it was
// used, by whom and what for is told in the feed of events (EventOpened) before anything is
// opened. A holder's name is 1–100 characters of printable ASCII.
//
// Details whose token was not used (State, not_used), that were erased (State, erased), that
// are of another kind or are not there (NotFound) are not opened, and hold up no others.
func (v *Vault) Detokeniser(holder string, kind Kind) (sealed.Detokeniser, error) {
	switch {
	case !printable(holder):
		return nil, badField("invalid_holder", "holder", "who opens details has a name of 1 to 100 characters")
	case !kind.known():
		return nil, badField("invalid_kind", "kind", "details are of a bank account or of an identity")
	}
	return &detokeniser{v, holder, kind}, nil
}

type detokeniser struct {
	v      *Vault
	holder string
	kind   Kind
}

// Detokenise implements sealed.Detokeniser.
func (d *detokeniser) Detokenise(ctx context.Context, r sealed.Request) ([]sealed.Opened, error) {
	if err := checkOpen(r); err != nil {
		return nil, err
	}
	if err := d.v.begin(ctx); err != nil {
		return nil, err
	}
	var found []found
	_, err := d.v.c.Env.Update(ctx, d.v.store, func(u *ledger.Unit) (err error) {
		found, err = d.look(u, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	keys := make(map[string]sealed.Key) // by data key and generation: an account has many references
	opened := make([]sealed.Opened, len(found))
	for i, f := range found {
		opened[i] = d.v.open(ctx, r.Tokens[i], f, keys)
	}
	return opened, nil
}

func checkOpen(r sealed.Request) error {
	switch {
	case !printable(r.Purpose):
		return badField("invalid_purpose", "purpose", "who opens details says why, in 1 to 100 characters")
	case len(r.Tokens) == 0 || len(r.Tokens) > sealed.MaxTokens:
		return badField("invalid_tokens", "tokens", "1 to 1,000 tokens are opened at once")
	}
	return nil
}

// found is what there is of one token.
type found struct {
	rec *record
	key *sealed.DataKey
	err error
}

// look reads what there is of each token and tells that it is opened. What it has read is
// still so when that is written, so that nothing is opened that was erased meanwhile.
func (d *detokeniser) look(u *ledger.Unit, r sealed.Request) ([]found, error) {
	var ids []ledger.ID
	for _, token := range r.Tokens {
		if references.Fits(token) {
			ids = append(ids, references.ID(token))
		}
	}
	if err := u.Load(ids...); err != nil {
		return nil, err
	}
	list := make([]found, len(r.Tokens))
	told := make(map[string]bool)
	for i, token := range r.Tokens {
		f := &list[i]
		if f.rec, f.err = references.Get(u, token); f.err == nil {
			f.err = f.rec.opens(d.kind)
		} else {
			f.err = notFoundOr(f.err, "token")
		}
		if f.err != nil {
			continue
		}
		if f.key, f.err = sealed.DataKeys.Get(u, f.rec.DataKey); f.err != nil || told[token] {
			continue
		}
		told[token] = true
		if err := emit(u, EventOpened, f.rec.Platform, references.ID(token), Audit{d.holder, r.Purpose}); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// opens says why a record is not opened.
func (r *record) opens(kind Kind) error {
	switch {
	case r.Kind != kind:
		return notFound("token")
	case r.Status == Fresh:
		return badState("not_used", "token", "its token has not been used")
	case r.Status != Used:
		return badState("erased", "token", "nothing is left of it")
	}
	return nil
}

func (v *Vault) open(ctx context.Context, token string, f found, keys map[string]sealed.Key) sealed.Opened {
	o := sealed.Opened{Token: token, Err: f.err}
	if o.Err != nil {
		return o
	}
	name := f.rec.DataKey + "/" + strconv.Itoa(f.rec.Generation)
	key, ok := keys[name]
	if !ok {
		if key, o.Err = f.key.Unwrap(ctx, v.c.Wrapper, f.rec.Generation); o.Err != nil {
			return o
		}
		keys[name] = key
	}
	o.Country, o.Currency = f.rec.Country, f.rec.Currency
	o.Fields, o.Err = f.rec.open(key, token)
	return o
}

func printable(text string) bool {
	if len(text) == 0 || len(text) > 100 {
		return false
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
