package ledger

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// An ordered set is a sorted list without repetitions, whatever is added and
// taken out (edge case 98: it stands behind every list of the memory store).
func TestOrderedIsASortedSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := &ordered[int]{compare: cmp.Compare[int]}
		model := map[int]bool{}
		span := rapid.SampledFrom([]int{5, 50, 3000}).Draw(t, "span")
		rising := 0
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			v := rapid.IntRange(0, span).Draw(t, "v")
			switch rapid.IntRange(0, 3).Draw(t, "op") {
			case 0: // a run of rising values
				for range chunkSize * 3 / 2 {
					rising++
					set.add(span + rising)
					model[span+rising] = true
				}
			case 1: // a run of values all over
				for i := range 700 {
					x := (v + i*7919) % (span + 1)
					set.add(x)
					model[x] = true
				}
			case 2:
				for i := range 600 {
					x := (v + i*31) % (span + 600)
					set.remove(x)
					delete(model, x)
				}
			default:
				set.remove(v)
				delete(model, v)
				set.add(v)
				set.add(v)
				model[v] = true
			}
			requireOrdered(t, set, model, v)
		}
	})
}

// Rising values, as times and ids are, pack tight.
func TestOrderedPacksRisingValues(t *testing.T) {
	set := &ordered[int]{compare: cmp.Compare[int]}
	for v := range 20 * chunkSize {
		set.add(v)
	}
	require.LessOrEqual(t, len(set.chunks), 21)
}

func requireOrdered(t require.TestingT, set *ordered[int], model map[int]bool, v int) {
	want := make([]int, 0, len(model))
	for x := range model {
		want = append(want, x)
	}
	slices.Sort(want)
	i, _ := slices.BinarySearch(want, v)
	all, back := collect(set.all), collect(set.back)
	slices.Reverse(back)
	require.Equal(t, want, all)
	require.Equal(t, want, back)
	require.Equal(t, want[i:], collect(func(y func(int) bool) { set.from(v, y) }))
	before := collect(func(y func(int) bool) { set.backFrom(v, y) })
	slices.Reverse(before)
	require.Equal(t, want[:i], before)
	for _, c := range set.chunks {
		require.NotEmpty(t, c)
		require.LessOrEqual(t, len(c), chunkSize)
	}
	for _, walk := range []func(func(int) bool){set.all, set.back} {
		n := 0
		walk(func(int) bool { n++; return n < 3 })
		require.Equal(t, min(3, len(want)), n, "yield stops the walk")
	}
}

func collect(walk func(func(int) bool)) []int {
	list := []int{}
	walk(func(v int) bool { list = append(list, v); return true })
	return list
}
