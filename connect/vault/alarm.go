package vault

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// alarm counts how often a secret key was shown to the vault, which a page does that has one
// in it. It names the key by its id, and the page by nothing, since anybody can say so.
type alarm struct {
	Platform string    `json:"platform"`
	Key      string    `json:"key"` // its id
	Count    int       `json:"count"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
}

var alarms = ledger.Kind[alarm]{
	Name: "vault.alarm", Prefix: "valarm_",
	Keys: func(a *alarm) []ledger.Key { return []ledger.Key{{Name: "platform", Value: a.Platform, At: a.First}} },
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "key", Path: "key"}, {Name: "count", Path: "count", Type: ledger.IntegerColumn},
		{Name: "last", Path: "last", Type: ledger.TimeColumn},
	},
}

// alarmEvery is how often one key raises it: whoever shows a key without end writes once a
// minute.
const alarmEvery = time.Minute

// alarm tells in the feed of events that a secret key was shown. What it is told as tells the
// platform to roll the key: it has been where everybody can read it.
func (v *Vault) alarm(ctx context.Context, k Key) error {
	if err := v.begin(ctx); err != nil {
		return err
	}
	id := alarms.Prefix + k.ID
	_, err := v.c.Env.Update(ctx, v.store, func(u *ledger.Unit) error {
		o, err := u.Object(alarms.ID(id))
		if err != nil {
			return err
		}
		a := &alarm{Platform: k.Platform, Key: k.ID, First: u.At()}
		if o.Version > 0 {
			if a, err = alarms.Decode(o); err != nil || u.At().Sub(a.Last) < alarmEvery {
				return err
			}
		}
		a.Count, a.Last = a.Count+1, u.At()
		if err := alarms.Put(u, id, a); err != nil {
			return err
		}
		return emit(u, EventSecretKeyUsed, k.Platform, alarms.ID(id), nil)
	})
	return err
}
