package storetest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// data writes a number as the JSON of an object; number reads it back.
func data(n int64) string { return strconv.FormatInt(n, 10) }

func number(data []byte) int64 {
	n, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil {
		return -1 << 32
	}
	return n
}

// sorted returns the ids in order, for messages and comparisons.
func sorted(ids map[ledger.ID]bool) []ledger.ID {
	list := make([]ledger.ID, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	slices.SortFunc(list, func(a, b ledger.ID) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
	})
	return list
}
