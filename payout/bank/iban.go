package bank

import (
	"fmt"
	"strings"
)

// IBAN is an account number of ISO 13616 whose check digits are right. It is
// comparable: two ways to write the same number become the same value. Whatever
// prints it (fmt, slog, encoding/json) gets the masked form; who must have the
// whole takes Text.
type IBAN struct {
	Text    string // as it is compared: upper case, without spaces
	Country string // its first two letters
	Bank    string // the bank code
	Branch  string // the branch code, empty where the country has none
	Account string // what is left: the number, and with it whatever else the country puts in
	Check   string // the national check digits, where they stand apart and are checked here

	// Registered tells that the country is in the registry. The others have
	// announced a structure or use one among themselves, so that an IBAN names the
	// account, but no bank abroad need take it.
	Registered bool
}

const (
	ibanMost  = 34 // characters (ISO 13616-1)
	ibanTyped = 64 // of what is typed, spaces included
)

// ParseIBAN reads an IBAN, in either case and with spaces anywhere; other
// separators, and any other character, are refused. It checks the structure of
// its country, the check digits (ISO 7064, MOD 97-10) and those that the country
// had before, where the method is published; the table in the package's
// documentation says for which. What does not pass is of class Invalid, code
// invalid_iban, field iban. The text is not repeated in the error.
//
// A number of a territory begins with the letters of the country whose banks it
// uses: FR for Réunion, GB for Jersey. See IBAN.Serves.
func ParseIBAN(text string) (IBAN, error) {
	if len(text) > ibanTyped {
		return IBAN{}, badIBAN("it is too long")
	}
	text = upper(strings.ReplaceAll(text, " ", ""))
	if len(text) < 5 || !allOf(text[:2], 'a') {
		return IBAN{}, badIBAN("it does not begin with the two letters of a country")
	}
	shape, ok := ibanShapes[text[:2]]
	switch {
	case !ok && mother(text[:2]) != text[:2]:
		return IBAN{}, badIBAN("numbers of this territory begin with " + mother(text[:2]))
	case !ok:
		return IBAN{}, badIBAN("there are no IBANs of such a country")
	case !allOf(text, 'c'):
		return IBAN{}, badIBAN("it has characters other than letters, digits and spaces")
	case len(text) != 4+shape.length:
		return IBAN{}, badIBAN(fmt.Sprintf("one of this country has %d characters", 4+shape.length))
	case !allOf(text[2:4], 'n') || !shape.fits(text[4:]):
		return IBAN{}, badIBAN("it has letters where this country has digits, or the other way round")
	case !mod97(text):
		return IBAN{}, badIBAN("its check digits do not fit: a character is wrong")
	case shape.check != nil && !shape.check(text[4:]):
		return IBAN{}, badIBAN("the national check digits within it do not fit")
	}
	return shape.iban(text), nil
}

// mod97 checks an IBAN by ISO 7064 MOD 97-10: with its first four characters put
// last and each letter written as its number, it leaves 1. The digits themselves
// are from 02 to 98: others leave the same rest as one of these, and nobody issues
// them.
func mod97(text string) bool {
	check := int(text[2]-'0')*10 + int(text[3]-'0')
	return 2 <= check && check <= 98 && rest97(rest97(0, text[4:]), text[:4]) == 1
}

// rest97 goes on with the rest of a number modulo 97.
func rest97(rest int, text string) int {
	for i := range len(text) {
		if d := digit(text[i]); d > 9 {
			rest = (rest*100 + d) % 97
		} else {
			rest = (rest*10 + d) % 97
		}
	}
	return rest
}

// Serves reports whether the accounts of a country or territory (ISO 3166-1
// alpha-2) have such IBANs: FR ones are of France, its overseas departments and
// territories, GB ones of the Channel Islands and the Isle of Man too.
func (i IBAN) Serves(country string) bool { return i.Country != "" && mother(country) == i.Country }

// Last4 returns the last four characters.
func (i IBAN) Last4() string { return last4(i.Text) }

// Masked returns the country and the last four characters: DE****3000.
func (i IBAN) Masked() string { return i.Country + Mask(i.Text) }

// String is Masked.
func (i IBAN) String() string { return i.Masked() }

// Format writes the masked form for every verb.
func (i IBAN) Format(s fmt.State, verb rune) { show(s, verb, i.Masked()) }

// MarshalText returns the masked form, and there is no way back from it: what is
// to be kept is Text, sealed.
func (i IBAN) MarshalText() ([]byte, error) { return []byte(i.Masked()), nil }

// Groups returns the number as it is printed on paper, in groups of four.
func (i IBAN) Groups() string {
	var b strings.Builder
	for at := 0; at < len(i.Text); at += 4 {
		if at > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(i.Text[at:min(at+4, len(i.Text))])
	}
	return b.String()
}

func badIBAN(msg string) error { return invalid("invalid_iban", "iban", msg) }
