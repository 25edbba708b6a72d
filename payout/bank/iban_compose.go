package bank

import (
	"fmt"
	"strings"
)

// IBANParts are the national parts of an IBAN, as IBAN has them: digits and
// letters, without separators. What is shorter than the country has it gets zeros
// in front. National check digits are left out; they are worked out.
type IBANParts struct {
	Bank, Branch, Account string
}

// ComposeIBAN makes the IBAN of national parts. A part that the country has and
// that is missing, one that it does not have, one too long or with characters that
// cannot be there is of class Invalid, code invalid_iban, with the field bank_code,
// branch_code or account_number.
func ComposeIBAN(country string, parts IBANParts) (IBAN, error) {
	shape, ok := ibanShapes[mother(upper(country))]
	if !ok {
		return IBAN{}, invalid("invalid_country", "country", "there are no IBANs of such a country")
	}
	bban := []byte(strings.Repeat("0", shape.length))
	for _, p := range []struct {
		part        byte
		text, field string
	}{{'b', parts.Bank, "bank_code"}, {'s', parts.Branch, "branch_code"}, {'c', parts.Account, "account_number"}} {
		if msg := shape.put(bban, p.part, upper(p.text)); msg != "" {
			return IBAN{}, invalid("invalid_iban", p.field, msg)
		}
	}
	if !shape.seal(bban) {
		return IBAN{}, invalid("invalid_iban", "account_number", "no national check digits fit these parts: a character is wrong")
	}
	text := shape.country + "00" + string(bban)
	check := 98 - rest97(rest97(0, text[4:]), text[:4])
	return shape.iban(fmt.Sprintf("%s%02d%s", shape.country, check, bban)), nil
}

// put lays a part into its pieces. msg says what is wrong.
func (s *ibanShape) put(bban []byte, part byte, text string) (msg string) {
	length := 0
	for _, p := range s.pieces {
		if p.part == part {
			length += p.to - p.from
		}
	}
	switch {
	case length == 0 && text != "":
		return "numbers of this country have no such part"
	case length > 0 && text == "":
		return "it is missing"
	case len(text) > length:
		return fmt.Sprintf("it has more than %d characters", length)
	}
	text = pad(text, length)
	for _, p := range s.pieces {
		if p.part != part {
			continue
		}
		piece := text[:p.to-p.from]
		if !allOf(piece, p.class) {
			return "it has characters that cannot be there, or too few"
		}
		copy(bban[p.from:p.to], piece)
		text = text[p.to-p.from:]
	}
	return ""
}

// seal finds the national check digits that fit. There are at most a hundred to
// try, and at most one fits.
func (s *ibanShape) seal(bban []byte) bool {
	var at []int // where they stand
	letters := false
	for _, p := range s.pieces {
		for i := p.from; p.part == 'k' && i < p.to; i++ {
			at, letters = append(at, i), p.class == 'a'
		}
	}
	first, count := byte('0'), 10
	if letters {
		first, count = 'A', 26
	}
	tries := 1
	for range at {
		tries *= count
	}
	for try := range tries {
		for i, rest := len(at)-1, try; i >= 0; i, rest = i-1, rest/count {
			bban[at[i]] = first + byte(rest%count)
		}
		if s.check == nil || s.check(string(bban)) {
			return true
		}
	}
	return false
}
