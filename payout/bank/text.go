package bank

import "strings"

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// allOf reports whether a text is of one class of characters alone, as the IBAN
// registry writes them: n digits, a upper-case letters, c either.
func allOf(text string, class byte) bool {
	for i := range len(text) {
		c := text[i]
		switch {
		case isDigit(c) && class != 'a', isUpper(c) && class != 'n':
		default:
			return false
		}
	}
	return true
}

// upper makes ASCII letters upper case and leaves every other byte as it is:
// letters of other alphabets must not turn into ours.
func upper(text string) string {
	for i := range len(text) {
		if 'a' <= text[i] && text[i] <= 'z' {
			b := []byte(text)
			for j := i; j < len(b); j++ {
				if 'a' <= b[j] && b[j] <= 'z' {
					b[j] &^= 0x20
				}
			}
			return string(b)
		}
	}
	return text
}

// pad puts zeros in front up to a length.
func pad(text string, length int) string {
	if len(text) >= length {
		return text
	}
	return strings.Repeat("0", length-len(text)) + text
}

// digit is the value of a digit, or of a letter from A = 10.
func digit(c byte) int {
	if isUpper(c) {
		return int(c-'A') + 10
	}
	return int(c - '0')
}

// weighted adds up the digits, each times its weight. Where there are more digits
// than weights, these begin again.
func weighted(digits string, weights ...int) int {
	sum := 0
	for i := range len(digits) {
		sum += int(digits[i]-'0') * weights[i%len(weights)]
	}
	return sum
}

// luhn is the sum of Luhn's formula: the last digit as it is, each second one
// before it doubled and its digits added (ISO/IEC 7812-1, annex B).
func luhn(digits string) int {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if d *= 1 + i%2; d > 9 {
			d -= 9
		}
		sum += d
	}
	return sum
}

// ungroup takes groups apart that are written with a hyphen or a space between.
func ungroup(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '-' || r == ' ' })
}

// grouped removes separators if the groups are of the lengths given, or if there
// are none.
func grouped(text string, lengths ...int) (string, bool) {
	total := 0
	for _, n := range lengths {
		total += n
	}
	if len(text) == total {
		return text, allOf(text, 'n')
	}
	if len(text) != total+len(lengths)-1 {
		return "", false
	}
	list := ungroup(text)
	if len(list) != len(lengths) {
		return "", false
	}
	for i, n := range lengths {
		if len(list[i]) != n || !allOf(list[i], 'n') {
			return "", false
		}
	}
	return strings.Join(list, ""), true
}
