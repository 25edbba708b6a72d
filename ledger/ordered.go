package ledger

import "slices"

// ordered is a sorted set in chunks: a small B+ tree of two levels. It stands
// behind the memory store's lists.
type ordered[T any] struct {
	compare func(a, b T) int
	chunks  [][]T
}

const chunkSize = 512

// chunk returns the index of the chunk in which v is or belongs.
func (o *ordered[T]) chunk(v T) int {
	i, _ := slices.BinarySearchFunc(o.chunks, v, func(c []T, v T) int { return o.compare(c[len(c)-1], v) })
	return min(i, len(o.chunks)-1)
}

// add puts v in; a second time it changes nothing.
func (o *ordered[T]) add(v T) {
	if len(o.chunks) == 0 {
		o.chunks = [][]T{{v}}
		return
	}
	// Most keys are times and ids, which rise: the end is tried first.
	i := len(o.chunks) - 1
	c := o.chunks[i]
	j := len(c)
	if o.compare(c[j-1], v) >= 0 {
		i = o.chunk(v)
		c = o.chunks[i]
		var found bool
		if j, found = slices.BinarySearchFunc(c, v, o.compare); found {
			return
		}
	}
	c = slices.Insert(c, j, v)
	if len(c) < chunkSize {
		o.chunks[i] = c
		return
	}
	// A full chunk that grows at its end is left full: rising keys pack tight.
	at := len(c) / 2
	if j == len(c)-1 && i == len(o.chunks)-1 {
		at = len(c) - 1
	}
	o.chunks[i] = c[:at:at]
	o.chunks = slices.Insert(o.chunks, i+1, slices.Clone(c[at:]))
}

// remove takes v out, if it is there.
func (o *ordered[T]) remove(v T) {
	if len(o.chunks) == 0 {
		return
	}
	i := o.chunk(v)
	j, found := slices.BinarySearchFunc(o.chunks[i], v, o.compare)
	if !found {
		return
	}
	o.chunks[i] = slices.Delete(o.chunks[i], j, j+1)
	if len(o.chunks[i]) == 0 {
		o.chunks = slices.Delete(o.chunks, i, i+1)
	}
}

// from yields the members that are not before v, in order, until yield stops.
func (o *ordered[T]) from(v T, yield func(T) bool) {
	if len(o.chunks) == 0 {
		return
	}
	i := o.chunk(v)
	j, _ := slices.BinarySearchFunc(o.chunks[i], v, o.compare)
	for ; i < len(o.chunks); i, j = i+1, 0 {
		for ; j < len(o.chunks[i]); j++ {
			if !yield(o.chunks[i][j]) {
				return
			}
		}
	}
}

// all yields every member in order.
func (o *ordered[T]) all(yield func(T) bool) {
	for _, c := range o.chunks {
		for _, v := range c {
			if !yield(v) {
				return
			}
		}
	}
}

// backFrom yields the members before v, last first, until yield stops.
func (o *ordered[T]) backFrom(v T, yield func(T) bool) {
	if len(o.chunks) == 0 {
		return
	}
	i := o.chunk(v)
	j, _ := slices.BinarySearchFunc(o.chunks[i], v, o.compare)
	for j--; ; j-- {
		for j < 0 {
			if i--; i < 0 {
				return
			}
			j = len(o.chunks[i]) - 1
		}
		if !yield(o.chunks[i][j]) {
			return
		}
	}
}

// back yields every member, last first.
func (o *ordered[T]) back(yield func(T) bool) {
	for i := len(o.chunks) - 1; i >= 0; i-- {
		for j := len(o.chunks[i]) - 1; j >= 0; j-- {
			if !yield(o.chunks[i][j]) {
				return
			}
		}
	}
}
