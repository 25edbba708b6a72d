package ledger

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// Unit collects one change. What it reads by id or by account becomes an
// expectation: at commit it must still be so, or fn runs again. Lists, shared
// accounts and what Peek returns are not checked. What it is given it copies,
// and what it returns is the caller's own. A Unit is for one goroutine and for
// the time of its Update.
type Unit struct {
	ctx     context.Context
	s       Store
	newID   func(prefix string) string // of Env
	c       Change
	try     int32
	unasked bool // the change's key has not been looked up
	wraps   bool // what it moves or holds leaves 64 bits, which is told when fn returns

	objects  few[ID, unitObject]
	accounts few[Ref, *unitAccount]
	seenOpen []Ref
	first    [1]Transaction // room for what most units post
}

// unitObject is an object that the unit has read, assumed or put.
type unitObject struct {
	base    int64 // version in the store
	data    []byte
	keys    []Key
	put     int          // index in Change.Put plus one, 0 if not put
	unread  bool         // it was assumed, and what it holds was not read
	knownTo reflect.Type // the type of a Kind that knows every field of its data, as far as that was found out
}

// object returns what the unit knows, with what it has put; its data and keys
// are the unit's own.
func (u *Unit) object(id ID, o *unitObject) Object {
	if o.put > 0 {
		shown := u.c.Put[o.put-1]
		shown.kept = nil
		shown.Version++
		return shown
	}
	return Object{ID: id, Version: o.base, Data: o.data, Keys: o.keys}
}

func newUnit(ctx context.Context, s Store, e Env, try int) *Unit {
	return &Unit{ctx: ctx, s: s, newID: e.NewID, try: int32(try), c: Change{ID: e.ID(changePrefix), At: e.Time()}}
}

// Context returns the context of the Update.
func (u *Unit) Context() context.Context { return u.ctx }

// At returns the time of the change: one reading of the clock, the same
// throughout.
func (u *Unit) At() time.Time { return u.c.At }

// First reports whether fn runs for the first time. A caller that holds an
// object already may Assume it then, and reads it only when that was wrong.
func (u *Unit) First() bool { return u.try == 1 }

// NewID returns a new id with a prefix.
func (u *Unit) NewID(prefix string) string { return Env{NewID: u.newID}.ID(prefix) }

// Once ties the change to an idempotency key. If the key has been used for the
// same request, replayed is true and made are the objects that it created: fn
// returns without doing anything. Another request under the key is an error of
// class Exists.
func (u *Unit) Once(i Idem) (made []ID, replayed bool, err error) {
	if err := i.check(); err != nil {
		return nil, false, err
	}
	o, err := u.read(i.object())
	if err != nil {
		return nil, false, err
	}
	u.c.Idem = i
	if o.Version == 0 {
		return nil, false, nil
	}
	made, bad := i.answer(o)
	if bad != nil {
		return nil, false, bad
	}
	return made, true, nil
}

// Under ties the change to an idempotency key without asking about it first:
// the commit does. fn runs as if the key were new; if it is not, what fn did is
// dropped and the receipt says Replayed and ByKey, also where fn fails, since a
// request that was carried out before may be impossible now.
func (u *Unit) Under(i Idem) error {
	if err := i.check(); err != nil {
		return err
	}
	u.c.Idem, u.unasked = i, true
	return nil
}

// asked finds out, after fn has failed, whether its key was used before.
func (u *Unit) asked() (used bool, err error) {
	if !u.unasked {
		return false, nil
	}
	o, err := u.read(u.c.Idem.object())
	if err != nil || o.Version == 0 {
		return false, err
	}
	u.c = Change{ID: u.c.ID, Idem: u.c.Idem, At: u.c.At}
	return true, nil
}

// read gets one object without expecting anything of it.
func (u *Unit) read(id ID) (o Object, err error) {
	err = u.s.Read(u.ctx, func(v View) error {
		list, err := v.Objects(id)
		if err == nil {
			o = list[0]
		}
		return err
	})
	return o, err
}

// Load reads objects in one round trip. All of them, also those that do not
// exist, are expected unchanged at commit.
func (u *Unit) Load(ids ...ID) error {
	var missing []ID
	for _, id := range ids {
		if k := u.objects.get(id); k == nil || k.unread && k.put == 0 {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return u.s.Read(u.ctx, func(v View) error {
		list, err := v.Objects(missing...)
		if err != nil {
			return err
		}
		for _, o := range list {
			u.know(o)
		}
		return nil
	})
}

// know keeps an object that was read and expects it unchanged. If it had been
// assumed otherwise, that expectation stands beside this and fails.
func (u *Unit) know(o Object) {
	if k := u.objects.get(o.ID); k != nil {
		if k.unread {
			*k = unitObject{base: o.Version, data: o.Data, keys: o.Keys}
		}
		return
	}
	u.objects.add(o.ID, unitObject{base: o.Version, data: o.Data, keys: o.Keys})
	u.c.Expect = append(room(u.c.Expect), Expectation{Object: o.ID, Version: o.Version})
}

// Object returns an object, with what the unit has put; one that does not exist
// has Version 0. It is expected unchanged at commit.
func (u *Unit) Object(id ID) (Object, error) {
	if err := u.Load(id); err != nil {
		return Object{}, err
	}
	return u.object(id, u.objects.get(id)).clone(), nil
}

// Assume expects an object to be at a version without reading it: for a caller
// that holds it already. 0 expects that it does not exist. It has no effect on
// an object that the unit has read or put. If it is asked for afterwards it is
// read; if it was at another version, fn runs again.
func (u *Unit) Assume(id ID, version int64) {
	if u.objects.get(id) == nil {
		u.know(Object{ID: id, Version: version})
		u.objects.get(id).unread = true
	}
}

// Put stores an object. Its version is that which the unit read or assumed; an
// object that the unit never looked at is new, and Exists if it is not.
func (u *Unit) Put(o Object) {
	o.Data, o.Keys = slices.Clone(o.Data), slices.Clone(o.Keys)
	u.put(o, false)
}

// put keeps an object whose data and keys are the unit's own.
func (u *Unit) put(o Object, json bool) {
	o.kept, o.json = o.Data, json
	k := u.objects.get(o.ID)
	if k == nil {
		k = u.objects.add(o.ID, unitObject{})
	}
	o.Version = k.base
	k.knownTo = nil
	if k.put > 0 {
		u.c.Put[k.put-1] = o
		return
	}
	u.c.Put = append(u.c.Put, o)
	k.put = len(u.c.Put)
}

// Open opens an account unless it stands open already. Purposes of the chart
// get the chart's floor, whatever a.Floor says.
func (u *Unit) Open(a Account) {
	if p, ok := PurposeOf(a.Purpose); ok {
		a.Floor = p.Floor
	}
	for i := range u.c.Open {
		if u.c.Open[i].Ref == a.Ref {
			return
		}
	}
	u.c.Open = append(room(u.c.Open), Account{Ref: a.Ref, Floor: a.Floor, Shared: a.Shared})
}

// room makes room for four, as most lists of a unit that have one have a few.
func room[T any](list []T) []T {
	if cap(list) == 0 {
		return make([]T, 0, 4)
	}
	return list
}

// Close ends an account that the change leaves empty. One that is not is an
// error of class State and code account_not_empty; if it was read unchecked, as
// shared accounts are, fn runs again first.
func (u *Unit) Close(r Ref) { u.c.Close = append(u.c.Close, r) }

// Post books a transaction. One without an id gets that of the change and a
// number; the id is returned.
func (u *Unit) Post(t Transaction) string {
	if t.ID == "" {
		t.ID = u.c.ID + "." + strconv.Itoa(len(u.c.Post)+1)
	}
	t.Entries, t.Meta = slices.Clone(t.Entries), maps.Clone(t.Meta)
	switch {
	case u.c.Post == nil:
		u.c.Post = u.first[:0]
	case len(u.c.Post) == len(u.first):
		u.c.Post = slices.Grow(u.c.Post, 2) // who posts twice posts a few times
	}
	u.c.Post = append(u.c.Post, t)
	for i := range t.Entries {
		if a := u.accounts.get(t.Entries[i].Account); a != nil {
			u.note(checkedAdd(&(*a).moved, t.Entries[i].Amount.minor))
		}
	}
	return t.ID
}

// Hold takes a step in a hold's life. A hold that may expire does so in Drain
// (HoldExpiry).
func (u *Unit) Hold(s HoldStep) {
	u.c.Holds = append(u.c.Holds, s)
	if a := u.accounts.get(s.Account); a != nil {
		u.noteHeld(*a, &s)
	}
}

// note keeps an overflow for the end of fn.
func (u *Unit) note(ok bool) { u.wraps = u.wraps || !ok }

// Emit appends an event. Its time, and the version of its object if that is put
// in this unit, are filled in.
func (u *Unit) Emit(e Event) {
	e.Data = slices.Clone(e.Data)
	u.c.Emit = append(u.c.Emit, e)
}

// Emitted are the events that the unit has appended so far; they are read-only.
func (u *Unit) Emitted() []Event { return u.c.Emit[:len(u.c.Emit):len(u.c.Emit)] }

// Find lists objects by a key of theirs, as the store has them; the list is not
// checked at commit.
func (u *Unit) Find(q Query) (list []Object, err error) {
	err = u.View(func(v View) error {
		list, err = v.Find(q)
		return err
	})
	return list, err
}

// View reads anything else; nothing of it is checked at commit.
func (u *Unit) View(fn func(View) error) error { return u.s.Read(u.ctx, fn) }
