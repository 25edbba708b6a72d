package compliance

import (
	_ "embed" // for the requirements
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/soukhq/souk/ledger"
)

//go:embed requirements.json
var requirementsJSON []byte

// country is what one country asks for.
type country struct {
	currency   ledger.Currency
	individual []string
	company    []string
}

// countries are read once from the data that is built in; a fault in it is a
// fault of the program.
var countries = mustReadCountries(requirementsJSON)

func mustReadCountries(data []byte) map[string]country {
	list, err := readCountries(data)
	if err != nil {
		panic("compliance: the requirements that are built in cannot be read: " + err.Error())
	}
	return list
}

func readCountries(data []byte) (map[string]country, error) {
	var file struct {
		Groups []struct {
			Countries  map[string]ledger.Currency
			Individual []string
			Company    []string
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	list := make(map[string]country)
	for _, g := range file.Groups {
		for code, currency := range g.Countries {
			if _, twice := list[code]; twice {
				return nil, fmt.Errorf("%s stands there twice", code)
			}
			list[code] = country{currency, g.Individual, g.Company}
		}
	}
	return list, nil
}

// Countries lists the countries whose rules are built in, as ISO 3166-1
// alpha-2 codes in order.
func Countries() []string { return slices.Sorted(maps.Keys(countries)) }

// DefaultCurrency returns the currency in which a country's sellers are paid
// unless they choose another; false if its rules are not built in.
func DefaultCurrency(code string) (ledger.Currency, bool) {
	c, ok := countries[code]
	return c.currency, ok
}

// ParseCountry reads a country code: two ASCII letters in either case. Text
// that is not is invalid_country, a country whose rules are not built in
// unsupported_country, one under a comprehensive embargo sanctioned_country;
// all of class Invalid.
func ParseCountry(text string) (string, error) {
	bad := func(code, msg string) (string, error) {
		return "", &ledger.Error{Class: ledger.Invalid, Code: code, Field: "country", Msg: msg}
	}
	if len(text) != 2 || !letter(text[0]) || !letter(text[1]) {
		return bad("invalid_country", "a country is an ISO 3166-1 code of two letters")
	}
	code := string([]byte{text[0] &^ 0x20, text[1] &^ 0x20})
	switch code {
	case "CU", "IR", "KP":
		return bad("sanctioned_country", code+" is under a comprehensive embargo")
	}
	if !slices.Contains(isoCountries[:], code) {
		return bad("invalid_country", code+" is not an ISO 3166-1 country")
	}
	if _, ok := countries[code]; !ok {
		return bad("unsupported_country", "the rules of "+code+" are not built in")
	}
	return code, nil
}

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
