package ledger_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// The same object in three versions of a program.
type (
	oldShape struct {
		Name   string       `json:"name"`
		Status string       `json:"status,omitzero"`
		Inner  oldInner     `json:"inner"`
		Point  *oldInner    `json:"point,omitzero"`
		Money  ledger.Money `json:"money"`
		oldBase
	}
	oldInner struct {
		A    int       `json:"a,omitzero"`
		Deep deepShape `json:"deep"`
	}
	deepShape struct {
		Z int `json:"z"`
	}
	oldBase struct {
		Base  string    `json:"base,omitzero"`
		Made  time.Time `json:"made,omitzero"`
		Plain int
	}
	newShape struct {
		Name   string            `json:"name"`
		Status string            `json:"status,omitzero"`
		Inner  newInner          `json:"inner"`
		Point  *newInner         `json:"point,omitzero"`
		Money  ledger.Money      `json:"money"`
		Added  map[string]string `json:"added"`
		List   []int             `json:"list"`
		*NewBase
	}
	newInner struct {
		A    int     `json:"a,omitzero"`
		B    string  `json:"b"`
		Deep newDeep `json:"deep"`
	}
	newDeep struct {
		Z int    `json:"z"`
		Y *int64 `json:"y"`
	}
	NewBase struct {
		Base  string    `json:"base,omitzero"`
		Extra string    `json:"extra,omitzero"`
		Made  time.Time `json:"made,omitzero"`
		Plain int
	}
)

func byName[T any](name func(*T) string) func(*T) []ledger.Key {
	return func(v *T) []ledger.Key { return []ledger.Key{{Name: "name", Value: name(v), At: noon}} }
}

var (
	oldKind = ledger.Kind[oldShape]{Name: "shape", Prefix: "sh_", Keys: byName(func(v *oldShape) string { return v.Name })}
	newKind = ledger.Kind[newShape]{Name: "shape", Prefix: "sh_", Keys: byName(func(v *newShape) string { return v.Name })}
)

func newValue() *newShape {
	y := int64(1<<53 + 1)
	return &newShape{
		Name: "x", Status: "open", Inner: newInner{A: 1, B: "new", Deep: newDeep{Z: 2, Y: &y}}, Point: &newInner{B: "point"},
		Money: ledger.Minor(1<<53+1, ledger.EUR), Added: map[string]string{"k": "v"}, List: []int{1, 2},
		NewBase: &NewBase{Base: "base", Extra: "extra", Made: noon, Plain: 7},
	}
}

// A program of the version before may change an object and loses nothing of
// what it does not know, at any depth; what it knows and clears stays cleared.
func TestKindKeepsUnknownFields(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	mustUpdate(t, e, s, func(u *ledger.Unit) { require.NoError(t, newKind.Put(u, "sh_1", newValue())) })
	for range 2 {
		mustUpdate(t, e, s, func(u *ledger.Unit) {
			v, err := oldKind.Get(u, "sh_1")
			require.NoError(t, err)
			v.Name, v.Status, v.Inner.A, v.Inner.Deep.Z, v.Base = "y", "", 0, 9, ""
			require.NoError(t, oldKind.Put(u, "sh_1", v))
			v, err = oldKind.Get(u, "sh_1") // again in the same unit
			require.NoError(t, err)
			v.Plain++
			require.NoError(t, oldKind.Put(u, "sh_1", v))
		})
	}
	got, err := newKind.Read(t.Context(), s, "sh_1")
	require.NoError(t, err)
	want := newValue()
	want.Name, want.Status, want.Inner.A, want.Inner.Deep.Z, want.Base, want.Plain = "y", "", 0, 9, "", 9
	require.Equal(t, want, got)
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		list, err := v.Find(ledger.Query{Kind: "shape", Name: "name", Value: "y"})
		require.Len(t, list, 1, "the keys are those of the value")
		return err
	}))
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		v, err := oldKind.Get(u, "sh_1")
		require.NoError(t, err)
		v.Point = nil
		require.NoError(t, oldKind.Put(u, "sh_1", v))
	})
	got, err = newKind.Read(t.Context(), s, "sh_1")
	require.NoError(t, err)
	require.Nil(t, got.Point, "a pointer that was cleared comes back")
}

// The way back: a newer program clears a field of an embedded struct.
func TestKindClearsWhatItKnows(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		u.Put(ledger.Object{ID: newKind.ID("sh_1"), Data: []byte(`{"name":"x","base":"b","extra":"e","later":1,"inner":{"b":"x","later":2}}`)})
	})
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		v, err := newKind.Get(u, "sh_1")
		require.NoError(t, err)
		v.Base, v.Extra, v.Money = "", "", ledger.Zero(ledger.EUR)
		require.NoError(t, newKind.Put(u, "sh_1", v))
	})
	var raw map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(objectOf(t, s, newKind.ID("sh_1")).Data, &raw))
	require.NotContains(t, raw, "base")
	require.NotContains(t, raw, "extra")
	require.Equal(t, "1", string(raw["later"]))
	require.Contains(t, string(raw["inner"]), `"later":2`)
}

func TestKindReadsAndRefuses(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	for _, id := range []string{"", "sh_", "ch_1", "sh_\x00", "sh_ä", "SH_1", "sh_" + string(make([]byte, 200)), "sh_none"} {
		_, err := oldKind.Read(t.Context(), s, id)
		requireCode(t, err, ledger.NotFound, "not_found")
		_, err = e.Update(t.Context(), s, func(u *ledger.Unit) error { _, err := oldKind.Get(u, id); return err })
		requireCode(t, err, ledger.NotFound, "not_found")
		require.Equal(t, id == "sh_none", oldKind.Fits(id))
		if id != "sh_none" {
			_, err = e.Update(t.Context(), s, func(u *ledger.Unit) error { return oldKind.Put(u, id, &oldShape{}) })
			requireCode(t, err, ledger.Invalid, "invalid_id")
		}
	}
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		u.Put(ledger.Object{ID: oldKind.ID("sh_bad"), Data: []byte(`{"name":7}`)})
		u.Put(ledger.Object{ID: oldKind.ID("sh_none2")})
	})
	for _, id := range []string{"sh_bad", "sh_none2"} {
		_, err := oldKind.Read(t.Context(), s, id)
		requireCode(t, err, ledger.Invalid, "corrupt")
		_, err = oldKind.Decode(objectOf(t, s, oldKind.ID(id)))
		requireCode(t, err, ledger.Invalid, "corrupt")
	}
	_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error { return oldKind.Put(u, "sh_1", nil) })
	requireField(t, err, "missing_argument", "value")
	info := ledger.Kind[oldShape]{Name: "n", Prefix: "p", Columns: []ledger.Column{{Name: "c", Path: "a.b"}}}.Info()
	require.Equal(t, ledger.KindInfo{Name: "n", Prefix: "p", Columns: []ledger.Column{{Name: "c", Path: "a.b"}}}, info)
}

// Get expects the object unchanged, or that it stays away; the value is the
// caller's own (promise 47).
func TestKindGetIsAnExpectation(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	runs := 0
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		runs++
		_, err := oldKind.Get(u, "sh_1")
		if runs == 1 {
			require.ErrorIs(t, err, ledger.NotFound)
			mustUpdate(t, e, s, func(u *ledger.Unit) { require.NoError(t, oldKind.Put(u, "sh_1", &oldShape{Name: "first"})) })
		} else {
			require.NoError(t, err)
		}
		u.Put(thing("other", "1"))
	})
	require.Equal(t, 2, runs)
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		a, err := oldKind.Get(u, "sh_1")
		require.NoError(t, err)
		a.Name = "spoilt"
		b, err := oldKind.Get(u, "sh_1")
		require.NoError(t, err)
		require.Equal(t, "first", b.Name)
	})
}

// What Put wrote is not checked again; what takes its place is, and what is not
// text never gets in (promise 71).
func TestKindPutsJSON(t *testing.T) {
	type raw struct {
		Raw json.RawMessage `json:"raw"`
	}
	k := ledger.Kind[raw]{Name: "raw", Prefix: "r_"}
	e := newClock().env()
	put := func(s ledger.Store, text string) error {
		_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error {
			return k.Put(u, "r_1", &raw{Raw: json.RawMessage(text)})
		})
		return err
	}
	s := ledger.NewMemory()
	requireCode(t, put(s, "\"\xff\xfe\""), ledger.Invalid, "invalid_data")
	for _, text := range []string{"no JSON", `{"raw":`, ""} {
		buf := []byte(text)
		err := put(swapped{s, buf}, `"x"`)
		if text != "" {
			requireCode(t, err, ledger.Invalid, "invalid_data")
			continue
		}
		require.NoError(t, err)
	}
	s = ledger.NewMemory()
	buf := []byte(`{"raw":"y"}`)
	require.NoError(t, put(swapped{s, buf}, `"x"`))
	copy(buf, `{"raw":"z"}`)
	require.Equal(t, `{"raw":"y"}`, string(objectOf(t, s, k.ID("r_1")).Data), "it is the store's own")
}

// swapped is a store of a host's that puts other data in place of what it is
// given, as one that seals it would.
type swapped struct {
	ledger.Store
	data []byte
}

func (s swapped) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	d := *c
	d.Put = slices.Clone(c.Put)
	for i := range d.Put {
		d.Put[i].Data = s.data
	}
	return s.Store.Commit(ctx, &d)
}

// Loaded completes what was read, wherever it was read.
func TestKindLoaded(t *testing.T) {
	k := ledger.Kind[oldShape]{Name: "shape", Prefix: "sh_", Loaded: func(v *oldShape) { v.Status = "loaded" }}
	s, e := ledger.NewMemory(), newClock().env()
	mustUpdate(t, e, s, func(u *ledger.Unit) { require.NoError(t, k.Put(u, "sh_1", &oldShape{Name: "x"})) })
	v, err := k.Read(t.Context(), s, "sh_1")
	require.NoError(t, err)
	require.Equal(t, "loaded", v.Status)
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		v, err := k.Get(u, "sh_1")
		require.NoError(t, err)
		require.Equal(t, "loaded", v.Status)
	})
}

// bag is a shape with a map and a list of things that a later program knows
// more of.
type bag struct {
	Top  int                       `json:"top"`
	Map  map[string]bagItem        `json:"map,omitzero"`
	Deep map[string]map[int]bagRef `json:"deep,omitzero"`
	List []bagItem                 `json:"list,omitzero"`
}

type bagItem struct {
	A int `json:"a"`
}

type bagRef = *bagItem

const bagData = `{"top":1,"later":7,"map":{"x":{"a":1,"new":2},"y":{"a":3,"new":4}},"deep":{"p":{"1":{"a":5,"new":6}}},"list":[{"a":8,"new":9}]}`

var bagKind = ledger.Kind[bag]{Name: "bag", Prefix: "bag_"}

// What is in a map is matched by its key, at any depth. A list has no keys by
// which its members could be told apart, so it is what was put.
func TestKindMergesMapsByKey(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	id := bagKind.ID("bag_1")
	mustUpdate(t, e, s, func(u *ledger.Unit) { u.Put(ledger.Object{ID: id, Data: []byte(bagData)}) })
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		v, err := bagKind.Get(u, "bag_1")
		require.NoError(t, err)
		delete(v.Map, "y")
		v.Map["x"], v.Map["z"], v.Deep["p"][2] = bagItem{10}, bagItem{11}, &bagItem{12}
		require.NoError(t, bagKind.Put(u, "bag_1", v))
	})
	require.JSONEq(t, `{"top":1,"later":7,"map":{"x":{"a":10,"new":2},"z":{"a":11}},"deep":{"p":{"1":{"a":5,"new":6},"2":{"a":12}}},"list":[{"a":8}]}`,
		string(objectOf(t, s, id).Data))

	// A kind may be a map itself.
	k := ledger.Kind[map[string]bagItem]{Name: "items"}
	mustUpdate(t, e, s, func(u *ledger.Unit) { u.Put(ledger.Object{ID: k.ID("m"), Data: []byte(`{"x":{"a":1,"new":2}}`)}) })
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		v, err := k.Get(u, "m")
		require.NoError(t, err)
		(*v)["x"] = bagItem{3}
		require.NoError(t, k.Put(u, "m", v))
	})
	require.JSONEq(t, `{"x":{"a":3,"new":2}}`, string(objectOf(t, s, k.ID("m")).Data))
}

// Nothing is lost either where the value was not read by Get: what counts is
// what stands in the store.
func TestKindKeepsUnknownFieldsHoweverItWasRead(t *testing.T) {
	id := bagKind.ID("bag_1")
	for name, read := range map[string]func(t *testing.T, u *ledger.Unit){
		"by Decode": func(t *testing.T, u *ledger.Unit) {
			o, err := u.Object(id)
			require.NoError(t, err)
			_, err = bagKind.Decode(o)
			require.NoError(t, err)
		},
		"by Load":    func(t *testing.T, u *ledger.Unit) { require.NoError(t, u.Load(id)) },
		"not at all": func(_ *testing.T, u *ledger.Unit) { u.Assume(id, 1) },
		"by a kind that knows": func(t *testing.T, u *ledger.Unit) {
			_, err := ledger.Kind[map[string]any]{Name: "bag", Prefix: "bag_"}.Get(u, "bag_1")
			require.NoError(t, err)
		},
		"after another put": func(_ *testing.T, u *ledger.Unit) {
			u.Assume(id, 1)
			require.NoError(t, bagKind.Put(u, "bag_1", &bag{Top: 1}))
			u.Put(ledger.Object{ID: id, Data: []byte(bagData)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := ledger.NewMemory(), newClock().env()
			mustUpdate(t, e, s, func(u *ledger.Unit) { u.Put(ledger.Object{ID: id, Data: []byte(bagData)}) })
			mustUpdate(t, e, s, func(u *ledger.Unit) {
				read(t, u)
				require.NoError(t, bagKind.Put(u, "bag_1", &bag{Top: 2}))
			})
			require.JSONEq(t, `{"top":2,"later":7}`, string(objectOf(t, s, id).Data))
		})
	}
}

// What was assumed is read when it is asked for. If the assumption was wrong,
// the unit decides again.
func TestKindGetsWhatWasAssumed(t *testing.T) {
	s, e := ledger.NewMemory(), newClock().env()
	for i, assumed := range []int64{0, 1, 7, 3} {
		runs := 0
		mustUpdate(t, e, s, func(u *ledger.Unit) {
			if runs++; u.First() {
				u.Assume(bagKind.ID("bag_1"), assumed)
			}
			v, err := bagKind.Get(u, "bag_1")
			if i == 0 {
				require.ErrorIs(t, err, ledger.NotFound)
				v = &bag{}
			} else {
				require.NoError(t, err)
				require.Equal(t, i, v.Top)
			}
			o, err := u.Object(bagKind.ID("bag_1"))
			require.NoError(t, err)
			require.EqualValues(t, i, o.Version)
			v.Top++
			require.NoError(t, bagKind.Put(u, "bag_1", v))
		})
		want := 1
		if assumed != int64(i) {
			want = 2
		}
		require.Equal(t, want, runs, "assumed %d of %d", assumed, i)
	}
	require.EqualValues(t, 4, objectOf(t, s, bagKind.ID("bag_1")).Version)
}

// reads counts what a store is asked.
type reads struct {
	ledger.Store
	n int
}

func (r *reads) Read(ctx context.Context, fn func(ledger.View) error) error {
	r.n++
	return r.Store.Read(ctx, fn)
}

// Who made an object just now puts it again without reading it; of an older one
// it must be known what others have added.
func TestKindAssumeMade(t *testing.T) {
	s, e := &reads{Store: ledger.NewMemory()}, newClock().env()
	mustUpdate(t, e, s, func(u *ledger.Unit) { require.NoError(t, bagKind.Put(u, "bag_1", &bag{Top: 1})) })
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		bagKind.AssumeMade(u, "bag_1")
		require.NoError(t, bagKind.Put(u, "bag_1", &bag{Top: 2}))
		require.NoError(t, bagKind.Put(u, "bag_1", &bag{Top: 3}))
		v, err := bagKind.Get(u, "bag_1")
		require.NoError(t, err)
		require.Equal(t, 3, v.Top)
	})
	require.Zero(t, s.n)
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		u.Assume(bagKind.ID("bag_1"), 2)
		require.NoError(t, bagKind.Put(u, "bag_1", &bag{Top: 4}))
	})
	require.Equal(t, 1, s.n)
	_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error {
		if u.First() { // a guess that fails; the next try makes none
			bagKind.AssumeMade(u, "bag_1")
		}
		v, err := bagKind.Get(u, "bag_1")
		require.NoError(t, err)
		require.Equal(t, 4, v.Top, "it is read when it is asked for")
		return nil
	})
	require.NoError(t, err)
}
