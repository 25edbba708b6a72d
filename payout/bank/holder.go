package bank

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// holderMost is the longest name of a party in ISO 20022 (Max140Text), in
// characters. Older files carry less; what does not fit there is for the rail.
const holderMost = 140

// ParseHolder reads the name of whoever holds an account, in any script: composed
// (NFC), with single spaces. Empty, too long, not UTF-8, or with characters that do
// not show (controls, marks of direction, unassigned ones) it is of class Invalid,
// code invalid_name, field account_holder_name. Marks as < or = stay: who writes the
// name into a file escapes it there.
func ParseHolder(text string) (string, error) {
	if len(text) > 16*holderMost || !utf8.ValidString(text) {
		return "", badHolder("it is too long, or not text")
	}
	text = strings.Trim(norm.NFC.String(text), " ")
	for strings.Contains(text, "  ") {
		text = strings.ReplaceAll(text, "  ", " ")
	}
	shown := false
	for _, r := range text {
		if !unicode.IsGraphic(r) || unicode.IsSpace(r) && r != ' ' && r != '\u3000' {
			return "", badHolder("it has characters that do not show")
		}
		shown = shown || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	switch {
	case !shown:
		return "", badHolder("it has no letter")
	case utf8.RuneCountInString(text) > holderMost:
		return "", badHolder("it is longer than 140 characters")
	}
	return text, nil
}

func badHolder(msg string) error { return invalid("invalid_name", "account_holder_name", msg) }
