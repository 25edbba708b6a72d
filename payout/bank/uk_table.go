package bank

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ModulusTable says how the account numbers of British banks are checked. Pay.UK
// publishes it (valacdos.txt, scsubtab.txt: "Validating account numbers, modulus
// checking") and renews it several times a year; it is not ours to give away, so
// that the host reads it in. A nil table finds every number right.
type ModulusTable struct {
	rows []modulusRow      // by their ranges
	subs map[string]string // sort codes that are checked as others
}

type modulusRow struct {
	from, to  string // sort codes
	method    string
	weights   [14]int // of the six digits of the sort code and the eight of the account
	exception int     // 0 for none
}

const (
	mod10 = "MOD10"
	mod11 = "MOD11"
	dblal = "DBLAL" // MOD10 over the digits of the products
)

// ReadModulusTable reads the two files. The second, with the sort codes that stand
// for others, may be nil. Errors are of class Invalid, code invalid_table, and name
// the file in Field and the line in the message.
func ReadModulusTable(valacdos, scsubtab io.Reader) (*ModulusTable, error) {
	t := &ModulusTable{subs: make(map[string]string)}
	err := readLines(valacdos, "valacdos", func(words []string) bool {
		row, ok := readModulusRow(words)
		t.rows = append(t.rows, row)
		return ok && (len(t.rows) == 1 || t.rows[len(t.rows)-2].from <= row.from)
	})
	if err == nil && scsubtab != nil {
		err = readLines(scsubtab, "scsubtab", func(words []string) bool {
			ok := len(words) == 2 && sixDigits(words[0]) && sixDigits(words[1])
			if ok {
				t.subs[words[0]] = words[1]
			}
			return ok
		})
	}
	if err == nil && len(t.rows) == 0 {
		err = invalid("invalid_table", "valacdos", "it is empty")
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

func readLines(r io.Reader, file string, read func(words []string) bool) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) > 0 && !read(words) {
			return invalid("invalid_table", file, "line "+strconv.Itoa(n)+" cannot be read, or is out of order")
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return invalid("invalid_table", file, "a line is too long")
	} else if err != nil {
		return err // of the reader
	}
	return nil
}

// readModulusRow reads the two sort codes of a range, the method, 14 weights and,
// if there is one, the number of an exception.
func readModulusRow(words []string) (row modulusRow, ok bool) {
	if len(words) != 17 && len(words) != 18 {
		return row, false
	}
	row.from, row.to, row.method = words[0], words[1], words[2]
	for i := range row.weights {
		w, err := strconv.Atoi(words[3+i])
		if err != nil || w < -99 || w > 999 {
			return row, false
		}
		row.weights[i] = w
	}
	if len(words) == 18 {
		n, err := strconv.Atoi(words[17])
		if err != nil || n < 1 || n > 14 {
			return row, false
		}
		row.exception = n
	}
	return row, sixDigits(row.from) && sixDigits(row.to) && row.from <= row.to && slices.Contains([]string{mod10, mod11, dblal}, row.method)
}

func sixDigits(text string) bool { return len(text) == 6 && allOf(text, 'n') }

// of returns the rows of a sort code, in their order. There are two at most.
func (t *ModulusTable) of(sortCode string) []modulusRow {
	// Ranges are in order of their first sort code, and do not overlap but where
	// one is there twice.
	at, _ := slices.BinarySearchFunc(t.rows, sortCode, func(r modulusRow, s string) int {
		if r.to < s {
			return -1
		}
		return 1
	})
	end := at
	for end < len(t.rows) && end < at+2 && t.rows[end].from <= sortCode && sortCode <= t.rows[end].to {
		end++
	}
	return t.rows[at:end]
}
