package ledger

// rows is a list that only grows, in blocks of a fixed size: nothing is copied
// when it grows, and a place in it stays where it is.
type rows[T any] struct {
	blocks [][]T
	n      int
}

const rowsBlock = 256

func (r *rows[T]) add(v T) {
	if r.n%rowsBlock == 0 {
		// The first block grows with its list: most lists are short.
		first := rowsBlock
		if r.n == 0 {
			first = 0
		}
		r.blocks = append(r.blocks, make([]T, 0, first))
	}
	last := len(r.blocks) - 1
	r.blocks[last] = append(r.blocks[last], v)
	r.n++
}

func (r *rows[T]) at(i int) *T { return &r.blocks[i/rowsBlock][i%rowsBlock] }

// search returns the first place for which after is true, in a list in which
// it stays true from there on.
func (r *rows[T]) search(after func(*T) bool) int {
	lo, hi := 0, r.n
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if after(r.at(mid)) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}
