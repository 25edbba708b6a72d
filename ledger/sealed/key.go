package sealed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/soukhq/souk/ledger"
)

// DataKey is the key of one subject of one platform, as it is stored: wrapped, in one or
// more generations.
type DataKey struct {
	Platform string             `json:"platform"`
	Subject  string             `json:"subject"`           // whose values it seals
	Current  int                `json:"current"`           // the generation that seals, unless it was destroyed
	Wrapped  map[string]Wrapped `json:"wrapped,omitempty"` // by generation
	Created  time.Time          `json:"created"`
	Renewed  time.Time          `json:"renewed"` // when the current generation began
	// Destroyed is when the key last was, so that whatever it had sealed cannot be opened any
	// more, nor in a copy of the values that was made before.
	Destroyed time.Time `json:"destroyed,omitzero"`
}

// DataKeys is the kind of data keys. A key is found by the names of the masters that
// wrapped it ("master"), which is how a rotation goes through them.
var DataKeys = ledger.Kind[DataKey]{
	Name: "sealed.key", Prefix: "dkey_",
	Keys: func(k *DataKey) (list []ledger.Key) {
		seen := make(map[string]bool)
		for _, w := range k.Wrapped {
			if !seen[w.Master] && len(list) < ledger.MaxKeys {
				seen[w.Master] = true
				list = append(list, ledger.Key{Name: MasterKey, Value: w.Master, At: k.Created})
			}
		}
		return list
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
		{Name: "destroyed", Path: "destroyed", Type: ledger.TimeColumn},
	},
}

// MasterKey is the key by which data keys are found.
const MasterKey = "master"

// DataKeyID is the id of the data key of a subject. Subjects of two platforms have two,
// whatever they are called.
func DataKeyID(platform, subject string) string {
	sum := sha256.Sum256(Place{Token: subject, Platform: platform, Field: "id"}.associated())
	return DataKeys.Prefix + hex.EncodeToString(sum[:16])
}

// NewDataKey makes and wraps a data key. Storing it is left to the caller, in the change
// that stores the first value that it seals.
func NewDataKey(ctx context.Context, w KeyWrapper, platform, subject string, at time.Time) (*DataKey, Key, error) {
	k := &DataKey{Platform: platform, Subject: subject, Created: at}
	key, err := k.Renew(ctx, w, at)
	return k, key, err
}

// ID is the id that the key is stored under.
func (k *DataKey) ID() string { return DataKeyID(k.Platform, k.Subject) }

// Renew begins a new generation, which seals from now on.
func (k *DataKey) Renew(ctx context.Context, w KeyWrapper, at time.Time) (Key, error) {
	raw := newDataKey()
	defer clear(raw)
	key, err := newKey(raw)
	if err != nil {
		return Key{}, err
	}
	wrapped, err := wrap(ctx, w, raw, k.ID())
	if err != nil {
		return Key{}, err
	}
	next := make(map[string]Wrapped, len(k.Wrapped)+1)
	for generation, old := range k.Wrapped {
		next[generation] = old
	}
	k.Current, k.Renewed = k.Current+1, at
	next[strconv.Itoa(k.Current)] = wrapped
	k.Wrapped = next
	return key, nil
}

func wrap(ctx context.Context, w KeyWrapper, raw []byte, about string) (Wrapped, error) {
	wrapped, err := w.Wrap(ctx, raw, about)
	if err == nil && (!printable(wrapped.Master, 64) || len(wrapped.Bytes) == 0 || len(wrapped.Bytes) > maxPlain) {
		err = corrupt("the wrapper names no key, or wrapped nothing")
	}
	return wrapped, err
}

// Unwrap returns a generation of the key. One that is not there, since what it sealed was
// erased, is of class State, code erased.
func (k *DataKey) Unwrap(ctx context.Context, w KeyWrapper, generation int) (Key, error) {
	wrapped, ok := k.Wrapped[strconv.Itoa(generation)]
	if !ok {
		return Key{}, &ledger.Error{Class: ledger.State, Code: "erased", Op: op, Msg: "the key was destroyed"}
	}
	raw, err := w.Unwrap(ctx, wrapped, k.ID())
	if err != nil {
		return Key{}, err
	}
	defer clear(raw)
	return newKey(raw)
}

// Rewrap wraps every generation with the wrapper's newest key, and reports whether that
// changed anything: not, where all have been wrapped with it.
func (k *DataKey) Rewrap(ctx context.Context, w KeyWrapper, newest string) (changed bool, err error) {
	next := make(map[string]Wrapped, len(k.Wrapped))
	for generation, old := range k.Wrapped {
		if old.Master == newest {
			next[generation] = old
			continue
		}
		raw, err := w.Unwrap(ctx, old, k.ID())
		if err != nil {
			return false, err
		}
		next[generation], err = wrap(ctx, w, raw, k.ID())
		clear(raw)
		if err != nil {
			return false, err
		}
		changed = true
	}
	k.Wrapped = next
	return changed, nil
}

// Newest asks a wrapper for the name of the key that it wraps with, by wrapping something.
func Newest(ctx context.Context, w KeyWrapper) (string, error) {
	wrapped, err := wrap(ctx, w, make([]byte, keySize), "souk/newest")
	return wrapped.Master, err
}

// Retire ends all generations but the current one, once nothing is sealed under them.
func (k *DataKey) Retire() {
	current := strconv.Itoa(k.Current)
	k.Wrapped = map[string]Wrapped{current: k.Wrapped[current]}
}

// Destroy ends the key: nothing that it sealed can be opened again. Renew begins another
// generation, for what the subject brings later.
func (k *DataKey) Destroy(at time.Time) { k.Wrapped, k.Destroyed = nil, at }

// Usable reports whether the key has a generation that seals.
func (k *DataKey) Usable() bool {
	_, ok := k.Wrapped[strconv.Itoa(k.Current)]
	return ok
}
