package ledger

// few keeps values by key in the order in which they came: found by looking at
// each while they are few, which beats hashing, and by a map when they are not.
type few[K comparable, V any] struct {
	keys  []K
	vals  []V
	index map[K]int // nil while they are few
}

// fewLimit is from how many on the map is faster.
const fewLimit = 16

// get returns the value of a key, or nil. It is good until the next add.
func (f *few[K, V]) get(k K) *V {
	if f.index != nil {
		if i, ok := f.index[k]; ok {
			return &f.vals[i]
		}
		return nil
	}
	for i := range f.keys {
		if f.keys[i] == k {
			return &f.vals[i]
		}
	}
	return nil
}

// add puts a key in that is not there yet.
func (f *few[K, V]) add(k K, v V) *V {
	if f.keys == nil {
		f.keys, f.vals = make([]K, 0, 4), make([]V, 0, 4)
	}
	f.keys, f.vals = append(f.keys, k), append(f.vals, v)
	switch n := len(f.keys); {
	case f.index != nil:
		f.index[k] = n - 1
	case n == fewLimit:
		f.index = make(map[K]int, 4*n)
		for i, k := range f.keys {
			f.index[k] = i
		}
	}
	return &f.vals[len(f.vals)-1]
}

// cut keeps the first n only.
func (f *few[K, V]) cut(n int) {
	if f.index != nil {
		for _, k := range f.keys[n:] {
			delete(f.index, k)
		}
	}
	clear(f.keys[n:])
	clear(f.vals[n:])
	f.keys, f.vals = f.keys[:n], f.vals[:n]
	if n == 0 {
		f.index = nil
	}
}
