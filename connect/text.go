package connect

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/soukhq/souk/internal/email"
)

// checkText refuses free text that checkPlain does, or that holds what looks like a
// card's number, which is not repeated.
func checkText(field, text string, most int) error {
	if err := checkPlain(field, text, most); err != nil {
		return err
	}
	if holdsCard(text) {
		return cardIn(field)
	}
	return nil
}

// checkPlain refuses text that is too long, not UTF-8, or hides control characters.
// None at all is fine.
func checkPlain(field, text string, most int) error {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > most {
		return badField("invalid_text", field, fmt.Sprintf("it is text of at most %d characters", most))
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return badField("invalid_text", field, "it has no control characters")
		}
	}
	return nil
}

// cardNumber reports whether text is what is printed on a card: 12 to 19 digits
// with a right check digit (ISO/IEC 7812-1). Such a number must not be stored.
func cardNumber(text string) bool {
	digits := strings.ReplaceAll(text, "-", "")
	if len(digits) < 12 || len(digits) > 19 || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// accountNumber reports whether text is a bank account's number: digits alone,
// or an IBAN with right check digits (ISO 13616-1).
func accountNumber(text string) bool {
	text = strings.ToUpper(strings.ReplaceAll(text, "-", ""))
	if len(text) < 5 || len(text) > 34 {
		return false
	}
	rest := 0
	for i := range len(text) {
		switch c := text[(i+4)%len(text)]; {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	digits := strings.Trim(text, "0123456789") == ""
	return digits || len(text) >= 15 && rest == 1
}

// checkName refuses names that are empty, too long, or not plain text, or that hold
// what looks like a card's number.
func checkName(field, name string, most int) error {
	if name == "" || utf8.RuneCountInString(name) > most || !utf8.ValidString(name) {
		return badField("invalid_name", field, fmt.Sprintf("a name is 1 to %d characters", most))
	}
	for _, r := range name {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return badField("invalid_name", field, "a name has no control or direction characters")
		}
	}
	if holdsCard(name) {
		return cardIn(field)
	}
	return nil
}

// checkEmail refuses what is not an address. None is fine.
func checkEmail(address string) error {
	if address == "" {
		return nil
	}
	if !email.Valid(address) {
		return badField("invalid_email", "email", "this is not an e-mail address")
	}
	return nil
}

// plain reports whether text is printable ASCII without spaces, of a length.
func plain(text string, least, most int) bool {
	if len(text) < least || len(text) > most {
		return false
	}
	for i := range len(text) {
		if text[i] <= 0x20 || text[i] > 0x7e {
			return false
		}
	}
	return true
}

func alphanumeric(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// validName refuses names that could not stand in a purpose or a key.
func validName(name string) bool {
	if name == "" || len(name) > 40 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}
