package storetest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// oddIDs are ids whose order differs where text is not compared bytewise.
var oddIDs = []string{"a", "A", "b", "B", "_", "~", "1", "10", "2", "a-b", "a.b", "a b", "ab", "a%", "a'", "z", "!"}

// findOrder puts objects at few moments and compares every list with one made
// by hand.
func findOrder(t *trial) {
	kind := "kind_" + t.book
	moments := []time.Time{{}, noon, noon.Add(time.Microsecond), noon.Add(time.Hour), noon.AddDate(-60, 0, 0)}
	values := []string{"", "v", "V", "v'; --", "%"}
	var all []ledger.Object
	for i, id := range oddIDs {
		keys := []ledger.Key{{Name: "k", Value: values[i%2], At: moments[i%len(moments)]}, {Name: "k", Value: values[2+i%3], At: moments[i%3]}, {Name: "K", Value: "v", At: noon}}
		o := object(ledger.ID{Kind: kind, ID: id}, 0, data(int64(i)), keys...)
		c := t.change()
		c.Put = []ledger.Object{o, object(ledger.ID{Kind: kind + "2", ID: id}, 0, "{}", keys...)}
		t.commit(c)
		o.Version = 1
		all = append(all, o)
	}
	t.view(func(v ledger.View) error {
		for n := range 240 {
			q := ledger.Query{
				Kind: kind, Name: "k", Value: values[n%len(values)], Desc: n/5%2 == 1, Limit: 1 + n%4,
				From: moments[n/10%len(moments)], To: moments[n/7%len(moments)],
			}
			if n/20%2 == 0 {
				q.From = time.Time{}
			}
			if n/40%2 == 0 {
				q.To = time.Time{}
			}
			got, err := allObjects(v, q)
			require.NoError(t, err)
			require.Equal(t, wanted(all, q), ids(got), "%+v", q)
			for _, o := range got {
				i := slices.Index(oddIDs, o.ID.ID)
				require.Equal(t, all[i], o, "an object of a list is not the object")
			}
		}
		for _, q := range []ledger.Query{{Kind: kind, Name: "none"}, {Kind: kind, Name: "k", Value: "none"}, {Kind: "none" + t.book, Name: "k", Value: "v"}, {Kind: kind, Name: "K", Value: "V"}} {
			list, err := v.Find(q)
			require.NoError(t, err)
			require.Empty(t, list)
		}
		return nil
	})
	t.view(func(v ledger.View) error { // a place that no object has is a place all the same
		q := ledger.Query{Kind: kind, Name: "k", Value: "v", After: ledger.Place{At: noon, ID: "a0"}}
		list, err := v.Find(q)
		require.NoError(t, err)
		want := slices.DeleteFunc(wanted(all, q), func(id string) bool {
			p := all[slices.Index(oddIDs, id)].PlaceIn(q)
			return p.At.Before(noon) || p.At.Equal(noon) && id <= "a0"
		})
		require.Equal(t, want, ids(list))
		return nil
	})
}

func ids(list []ledger.Object) []string {
	names := []string{}
	for _, o := range list {
		names = append(names, o.ID.ID)
	}
	return names
}

// wanted are the ids that a query must list, in its order.
func wanted(all []ledger.Object, q ledger.Query) []string {
	var list []ledger.Object
	for _, o := range all {
		has := slices.ContainsFunc(o.Keys, func(k ledger.Key) bool { return k.Name == q.Name && k.Value == q.Value })
		at := o.PlaceIn(q).At
		if has && (q.From.IsZero() || !at.Before(q.From)) && (q.To.IsZero() || at.Before(q.To)) {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b ledger.Object) int {
		x, y := a.PlaceIn(q), b.PlaceIn(q)
		c := cmp.Or(x.At.Compare(y.At), strings.Compare(x.ID, y.ID))
		if q.Desc {
			return -c
		}
		return c
	})
	return ids(list)
}

// keysReplaced puts an object again and again: only the keys of the last put
// find it.
func keysReplaced(t *trial) {
	id, other := t.id("job", "1"), t.id("job", "2")
	due := func(h int) ledger.Key {
		return ledger.Key{Name: "due", Value: t.book, At: noon.Add(time.Duration(h) * time.Hour)}
	}
	owner := ledger.Key{Name: "owner", Value: t.book}
	find := func(name string) []string {
		t.Helper()
		var list []ledger.Object
		t.view(func(v ledger.View) (err error) {
			list, err = v.Find(ledger.Query{Kind: "job", Name: name, Value: t.book})
			return err
		})
		return ids(list)
	}
	c := t.change()
	c.Put = []ledger.Object{object(id, 0, "0", due(1), owner), object(other, 0, "0", due(2), owner)}
	t.commit(c)
	steps := []struct {
		keys       []ledger.Key
		due, owned []string
	}{
		{[]ledger.Key{due(3), owner}, []string{other.ID, id.ID}, []string{id.ID, other.ID}},
		{[]ledger.Key{owner}, []string{other.ID}, []string{id.ID, other.ID}},
		{nil, []string{other.ID}, []string{other.ID}},
		{[]ledger.Key{due(1)}, []string{id.ID, other.ID}, []string{other.ID}},
		{[]ledger.Key{{Name: "due", Value: t.book + "x", At: noon}}, []string{other.ID}, []string{other.ID}},
		{nil, []string{other.ID}, []string{other.ID}},
		{[]ledger.Key{owner, due(1)}, []string{id.ID, other.ID}, []string{id.ID, other.ID}},
	}
	for i, s := range steps {
		c := t.change()
		c.Put = []ledger.Object{object(id, int64(i)+1, data(int64(i)), s.keys...)}
		t.commit(c)
		require.Equal(t, s.due, find("due"), "step %d", i)
		require.Equal(t, s.owned, find("owner"), "step %d", i)
		o := t.object(id)
		require.Equal(t, len(s.keys), len(o.Keys))
		require.EqualValues(t, i+2, o.Version)
		require.Equal(t, data(int64(i)), string(o.Data))
	}
	// A put that is refused leaves the keys alone.
	stale := t.change()
	stale.Put = []ledger.Object{object(id, 1, "9")}
	t.refused(stale, ledger.Conflict, "changed")
	require.Equal(t, []string{id.ID, other.ID}, find("due"))
	// Two puts of one object in one change count one after the other.
	c = t.change()
	c.Put = []ledger.Object{object(id, 8, "1", due(5)), object(id, 9, "2", owner)}
	require.Equal(t, []int64{9, 10}, t.commit(c).Versions)
	require.Equal(t, []string{other.ID}, find("due"))
	require.EqualValues(t, 10, t.object(id).Version)
}
