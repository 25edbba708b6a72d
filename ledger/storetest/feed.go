package storetest

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// say is a change that puts an object of the book anew and emits events.
func (t *trial) say(name string, version int64, types ...string) *ledger.Change {
	c := t.change()
	id := t.id("thing", name)
	c.Put = []ledger.Object{object(id, version, data(version))}
	for _, x := range types {
		c.Emit = append(c.Emit, ledger.Event{Type: x, Platform: t.book, Object: id, Data: []byte(`{"n":` + data(version) + `}`)})
	}
	return c
}

// feed reads the book's events since the law began, so many at a time.
func (t *trial) feed(s ledger.Store, limit int) (all []ledger.Event) {
	t.Helper()
	require.NoError(t, s.Read(t.ctx, func(v ledger.View) (err error) {
		all, _, err = allEvents(v, t.start, t.book, limit)
		return err
	}))
	return all
}

func feedOrder(t *trial) {
	for v := range int64(4) {
		t.clock.move(time.Second)
		t.commit(t.say("a", v, "a.first", "a.second"))
		t.commit(t.say("b", v, "b.only"))
	}
	about := t.change() // an event about an object that this change does not put
	about.Emit = []ledger.Event{
		{Type: "a.seen", Platform: t.book, Object: t.id("thing", "a")},
		{Type: "none.seen", Platform: t.book, Object: t.id("thing", "none")},
		{Type: "a.told", Platform: t.book, Object: t.id("thing", "a"), Version: 2, At: noon},
	}
	t.commit(about)
	t.commit(about)                                            // a replay says nothing again
	t.refused(t.say("a", 1, "no"), ledger.Conflict, "changed") // nor does a refusal
	want := []string{}
	for v := 1; v <= 4; v++ {
		want = append(want, fmt.Sprintf("a.first %d", v), fmt.Sprintf("a.second %d", v), fmt.Sprintf("b.only %d", v))
	}
	want = append(want, "a.seen 4", "none.seen 0", "a.told 2")
	all := t.feed(t.s, ledger.MaxPage)
	got, seen := []string{}, map[string]bool{}
	for _, e := range all {
		got = append(got, fmt.Sprintf("%s %d", e.Type, e.Version))
		require.NotEmpty(t, e.ID)
		require.False(t, seen[e.ID], "two events have the id %s", e.ID)
		seen[e.ID] = true
		require.Equal(t, t.book, e.Platform)
	}
	require.Equal(t, perObject(want), perObject(got), "promise 57: order per object")
	require.ElementsMatch(t, want, got, "promise 56: every event once")
	require.Equal(t, noon.Add(time.Second), all[0].At)
	for _, e := range all {
		switch e.Type {
		case "a.first":
			require.Equal(t, `{"n":`+data(e.Version-1)+`}`, string(e.Data))
		case "a.told":
			require.Equal(t, noon, e.At)
			require.Empty(t, e.Data)
		case "a.seen":
			require.Equal(t, noon.Add(4*time.Second), e.At)
		}
	}
	for _, limit := range []int{1, 2, 3, 7, ledger.MaxPage} { // promise 59: the same whenever it is read
		require.Equal(t, all, t.feed(t.s, limit), "the feed by %d", limit)
		require.Equal(t, all, t.feed(t.second, limit), "the feed by %d, read elsewhere", limit)
	}
}

// perObject sorts "object.type version" by object and keeps the order within.
func perObject(list []string) map[string][]string {
	of := map[string][]string{}
	for _, s := range list {
		name, _, _ := strings.Cut(s, ".")
		of[name] = append(of[name], s)
	}
	return of
}

// feedUnderLoad follows the cursor while many callers commit, as a sender of
// webhooks does, on either handle. It misses nothing and sees nothing twice.
func feedUnderLoad(t *trial) {
	const workers, each = 8, 12
	var done atomic.Int64
	var followed []ledger.Event
	errs := together(workers+1, func(i int) error {
		if i == workers {
			return t.follow(&followed, func() bool { return done.Load() == workers })
		}
		defer done.Add(1)
		s := t.s
		if i%2 == 1 {
			s = t.second
		}
		for v := range int64(each) {
			if _, err := s.Commit(t.ctx, t.say(data(int64(i)), v, "x")); err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
	seen := map[string]bool{}
	versions := map[ledger.ID]int64{}
	for _, e := range followed {
		require.False(t, seen[e.ID], "an event was seen twice")
		seen[e.ID] = true
		versions[e.Object]++
		require.Equal(t, versions[e.Object], e.Version, "promise 57: events of %v out of order, or one skipped", e.Object)
	}
	require.Len(t, followed, workers*each, "promise 56: events seen by one who follows the cursor")
	require.ElementsMatch(t, followed, t.feed(t.s, 10))
}

// follow reads page by page, each in a Read of its own, until the writers are
// done and nothing more comes.
func (t *trial) follow(all *[]ledger.Event, done func() bool) error {
	at := t.start
	for idle := 0; idle < rounds; {
		last := done()
		if last {
			idle++
		}
		runtime.Gosched()
		var list []ledger.Event
		err := t.s.Read(t.ctx, func(v ledger.View) (err error) {
			list, at, err = v.Events(at, t.book, 5)
			return err
		})
		if err != nil {
			return err
		}
		*all = append(*all, list...)
		if last && len(list) == 0 {
			return nil
		}
	}
	return errEndless
}

func feedPlatforms(t *trial) {
	other := t.book + "-2"
	for v := range int64(6) {
		c := t.say("a", v, "mine")
		c.Emit = append(c.Emit, ledger.Event{Type: "theirs", Platform: other, Object: c.Put[0].ID}, ledger.Event{Type: "nobody's", Object: c.Put[0].ID})
		t.commit(c)
	}
	for platform, want := range map[string]string{t.book: "mine", other: "theirs"} {
		for _, limit := range []int{1, 4, ledger.MaxPage} {
			t.view(func(v ledger.View) error {
				list, end, err := allEvents(v, t.start, platform, limit)
				require.NoError(t, err)
				require.Len(t, list, 6)
				for i, e := range list {
					require.Equal(t, []any{want, platform, int64(i) + 1}, []any{e.Type, e.Platform, e.Version}, "promise 65")
				}
				more, _, err := v.Events(end, platform, limit)
				require.Empty(t, more, "the cursor stands at the end")
				return err
			})
		}
	}
	t.view(func(v ledger.View) error {
		list, end, err := v.Events(t.start, other+"-none", 10)
		require.NoError(t, err)
		require.Empty(t, list)
		later, _, err := allEvents(v, end, "", ledger.MaxPage)
		for _, e := range later {
			require.NotEqual(t, t.book, e.Platform, "a cursor that found nothing got on all the same")
		}
		return err
	})
	all := map[string]int{}
	t.view(func(v ledger.View) error {
		list, _, err := allEvents(v, t.start, "", 4)
		for _, e := range list {
			if e.Object == t.id("thing", "a") {
				all[e.Type]++
			}
		}
		return err
	})
	require.Equal(t, map[string]int{"mine": 6, "theirs": 6, "nobody's": 6}, all)
}

// badCursors hands in what is no cursor of this feed.
func badCursors(t *trial) {
	t.commit(t.say("a", 0, "x"))
	good := t.end()
	for _, bad := range []ledger.Cursor{
		"ch_of_other_account", "\xff\xfe", "eyJpZCI6MX0=tampered", "1 UNION SELECT", "0", "0.", ".0", "0.-1", "-1.0", "0.01", "+0.1", "0.1 ",
		"0.9223372036854775807", "0.9223372036854775808", "4611686018427387904.1", "0.1-0.1", "1.1-0.1", good + "-", "-" + good, good + ".1",
		ledger.Cursor(strings.Repeat("9", 1<<17)),
	} {
		t.view(func(v ledger.View) error {
			list, _, err := v.Events(bad, t.book, 10)
			require.Error(t, err, "%.40q is no cursor", string(bad))
			t.isError(err, ledger.Invalid, "invalid_cursor")
			require.Empty(t, list)
			return nil
		})
	}
	t.commit(t.say("a", 1, "y"))
	t.view(func(v ledger.View) error {
		list, next, err := v.Events(good, t.book, 10)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, "y", list[0].Type)
		list, same, err := v.Events(next, t.book, 10)
		require.Empty(t, list)
		require.Equal(t, next, same)
		return err
	})
}
