package bank

// BIC names a bank (ISO 9362). It is comparable: the branch XXX, which is the head
// office, is left out. A BIC is public, and printed as it is.
type BIC struct {
	Text    string // as it is compared: upper case, 8 or 11 characters
	Country string // ISO 3166-1 alpha-2, its fifth and sixth letter
	Branch  string // three characters, empty for the head office
}

// ParseBIC reads a BIC of 8 or 11 characters, in either case: four letters or
// digits of the business party, two letters of a country, two characters for the
// place and three for a branch (ISO 9362:2014). Whether such a bank exists is not
// asked. What is none is of class Invalid, code invalid_bic, field bic.
func ParseBIC(text string) (BIC, error) {
	if len(text) != 8 && len(text) != 11 {
		return BIC{}, badBIC("it has 8 or 11 characters")
	}
	text = upper(text)
	switch {
	case !allOf(text, 'c'):
		return BIC{}, badBIC("it has characters other than letters and digits")
	case !isCountry(text[4:6]):
		return BIC{}, badBIC("its fifth and sixth letters name no country")
	}
	b := BIC{Text: text, Country: text[4:6], Branch: text[8:]}
	if b.Branch == "XXX" {
		b.Text, b.Branch = text[:8], ""
	}
	return b, nil
}

// IsTest reports whether the BIC is one for tests, which no live payment may
// carry: its eighth character is 0.
func (b BIC) IsTest() bool { return len(b.Text) >= 8 && b.Text[7] == '0' }

// Long returns the BIC with 11 characters, as some files want it.
func (b BIC) Long() string {
	if len(b.Text) == 8 {
		return b.Text + "XXX"
	}
	return b.Text
}

// String returns the text.
func (b BIC) String() string { return b.Text }

// Agree refuses a BIC of another country than the IBAN's: class Invalid, code
// country_mismatch, field bic. Territories whose numbers are those of a country
// agree with it, and Faroese and Greenlandic ones with Denmark. Some electronic
// money institutions give out IBANs of another country than that of their BIC: in
// the single euro payments area it is not needed, and is better left out then.
func (i IBAN) Agree(b BIC) error {
	if b.serves(i.Country) {
		return nil
	}
	return invalid("country_mismatch", "bic", "the BIC is of another country than the IBAN")
}

// serves reports whether a bank with such a BIC keeps accounts of a country or
// territory.
func (b BIC) serves(country string) bool {
	return mother(b.Country) == mother(country) || b.Country == "DK" && (country == "FO" || country == "GL")
}

func badBIC(msg string) error { return invalid("invalid_bic", "bic", msg) }
