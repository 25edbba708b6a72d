package connect

import (
	"time"

	"github.com/soukhq/souk/ledger"
)

// holdsCard reports whether text has a card's number in it: 13 to 19 digits in a
// row, single spaces and dashes apart, that begin as those of a card network and
// have a right check digit (ISO/IEC 7812-1).
func holdsCard(text string) bool {
	run := make([]byte, 0, 32)
	gap := false
	for i := 0; i <= len(text); i++ {
		switch {
		case i < len(text) && text[i] >= '0' && text[i] <= '9':
			run, gap = append(run, text[i]), false
			continue
		case i < len(text) && (text[i] == ' ' || text[i] == '-') && len(run) > 0 && !gap:
			gap = true
			continue
		}
		if networkNumber(run) {
			return true
		}
		run, gap = run[:0], false
	}
	return false
}

// networkNumber reports whether digits are a number of a card network: Visa begins
// with 4, Mastercard with 51 to 55 and 2221 to 2720, Maestro with 5 and 6, American
// Express and Diners with 34 to 39, Discover and UnionPay with 6, JCB with 35.
func networkNumber(digits []byte) bool {
	if len(digits) < 13 || len(digits) > 19 || !cardNumber(string(digits)) {
		return false
	}
	switch digits[0] {
	case '4', '5', '6':
		return true
	case '3':
		return digits[1] >= '4' || digits[1] == '0'
	}
	four := string(digits[:4])
	return four >= "2221" && four <= "2720"
}

// cardIn is the error for a field that holds a card's number.
func cardIn(field string) error {
	return badField("card_number", field, "it holds what looks like a card's number, which must not be stored")
}

// checkMetadata is ledger.CheckMetadata, and refuses what looks like a card's
// number.
func checkMetadata(meta map[string]string) error {
	if err := ledger.CheckMetadata(meta); err != nil {
		return err
	}
	for k, v := range meta {
		if holdsCard(k) || holdsCard(v) {
			return cardIn("metadata")
		}
	}
	return nil
}

// checkSource refuses what is not an acquirer's token: a card's number, and where
// money is real what stands for a test card.
func (e *Engine) checkSource(field, token string) error {
	switch {
	case !plain(token, 1, 200) || cardNumber(token):
		return badField("invalid_source", field, "a source is the acquirer's token, never a card's number")
	case e.c.Live && testToken(token):
		return badField("test_source", field, "a test card pays nothing where money is real")
	}
	return nil
}

// SourceDetails is what an acquirer tells of a source that it keeps for later.
// What it does not tell is empty.
type SourceDetails struct {
	Token       string `json:"token,omitzero"`       // with which it is charged from now on: 1–200 characters of printable ASCII
	Brand       string `json:"brand,omitzero"`       // "visa": at most 40 characters
	Last4       string `json:"last4,omitzero"`       // digits or letters
	ExpMonth    int    `json:"expMonth,omitzero"`    // 1–12
	ExpYear     int    `json:"expYear,omitzero"`     // of four digits
	Fingerprint string `json:"fingerprint,omitzero"` // the same for the same card: at most 100 characters
	Country     string `json:"country,omitzero"`     // where it was issued, ISO 3166-1 alpha-2
}

// usable reports whether a source can be charged with what an acquirer told.
func (d *SourceDetails) usable() bool { return plain(d.Token, 1, 200) && !cardNumber(d.Token) }

// kept returns the details without what is not of its form, so that no number
// gets in through an adapter.
func (d SourceDetails) kept() SourceDetails {
	if !plain(d.Brand, 1, 40) || holdsCard(d.Brand) {
		d.Brand = ""
	}
	if len(d.Last4) > 4 || !alphanumeric(d.Last4) {
		d.Last4 = ""
	}
	if !plain(d.Fingerprint, 1, 100) || cardNumber(d.Fingerprint) {
		d.Fingerprint = ""
	}
	if len(d.Country) != 2 || !alphanumeric(d.Country) {
		d.Country = ""
	}
	if d.expires().IsZero() {
		d.ExpMonth, d.ExpYear = 0, 0
	}
	return d
}

// expires is the moment after the card's last month; zero if that is not known.
func (d *SourceDetails) expires() time.Time {
	if d.ExpMonth < 1 || d.ExpMonth > 12 || d.ExpYear < 2000 || d.ExpYear > 2199 {
		return time.Time{}
	}
	return time.Date(d.ExpYear, time.Month(d.ExpMonth)+1, 1, 0, 0, 0, 0, time.UTC)
}
