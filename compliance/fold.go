package compliance

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Fold returns the form that texts have in common which differ in case alone, as
// strings.EqualFold tells it: Fold(a) == Fold(b). It is for keys of counts and lists.
func Fold(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			var buf [64]byte
			return string(AppendFold(buf[:0], s))
		}
	}
	return s
}

// AppendFold appends Fold(s) to b.
func AppendFold(b []byte, s string) []byte {
	for _, r := range s {
		b = utf8.AppendRune(b, foldRune(r))
	}
	return b
}

// foldRune returns a lower-case letter of ASCII if r differs from one in case alone,
// and else the least of all runes that do.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if least >= 'A' && least <= 'Z' { // the signs of Kelvin and Ångström, the long s
		least += 'a' - 'A'
	}
	return least
}

// IsCountry reports whether code is an officially assigned one of ISO 3166-1 alpha-2,
// in either case. Whether souk has its rules is another question (ParseCountry).
func IsCountry(code string) bool {
	if len(code) != 2 || !letter(code[0]) || !letter(code[1]) {
		return false
	}
	_, ok := slices.BinarySearch(isoCountries[:], string([]byte{code[0] &^ 0x20, code[1] &^ 0x20}))
	return ok
}
