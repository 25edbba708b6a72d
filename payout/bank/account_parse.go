package bank

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// Rules say how accounts are read. The zero value reads live accounts and checks
// British numbers by their form alone.
type Rules struct {
	Modulus *ModulusTable // for British numbers, by sort code and by IBAN
	Test    bool          // takes the test IBAN in every country too: see IBAN.IsTest
}

// ParseAccount reads an account by the zero Rules.
func ParseAccount(country string, currency ledger.Currency, fields map[string]string) (Account, error) {
	return Rules{}.ParseAccount(country, currency, fields)
}

// ParseAccount reads the details of an account: the country where it is (two
// letters, in either case), its currency, and the fields that Formats lists. Where
// a country has several ways, it is the first that has all the fields given. A field
// that is empty counts as absent.
//
// Errors are of class Invalid and name the field; what was given is never repeated.
// The code is invalid_ and the name of the field (invalid_name for
// account_holder_name), for one that is missing too; country_mismatch where IBAN or
// BIC are of another country; unknown_field for one that the country does not have,
// with Field empty if no country has it; unsupported_country; invalid_currency.
func (r Rules) ParseAccount(country string, currency ledger.Currency, fields map[string]string) (Account, error) {
	code, err := parseCountry(country)
	if err != nil {
		return Account{}, err
	}
	if !currency.Valid() || currency.IsAsset() || currency == ledger.BTC {
		return Account{}, invalid("invalid_currency", "currency", "an account at a bank is kept in a currency")
	}
	list := formatsOf(code)
	if len(list) == 0 {
		return Account{}, invalid("unsupported_country", "country", "how accounts are named in this country is not known")
	}
	format := choose(list, fields)
	if err := onlyThese(format, fields); err != nil {
		return Account{}, err
	}
	a := Account{Country: code, Currency: currency}
	for _, f := range format {
		text := fields[f.Name]
		switch {
		case text == "" && len(f.Options) > 0:
			text = f.Options[0]
		case text == "" && f.Optional:
			continue
		case text == "":
			return Account{}, invalid(codeOf(f.Name), f.Name, "it is missing")
		}
		if err := r.read(&a, f, text); err != nil {
			return Account{}, err
		}
	}
	if err := r.finish(&a); err != nil {
		return Account{}, err
	}
	return a, nil
}

// choose takes the first way that has all the fields given, or the one that has
// most of them.
func choose(list [][]Field, fields map[string]string) []Field {
	best, most := list[0], -1
	for _, format := range list {
		n := 0
		for name, text := range fields {
			if text != "" && has(format, name) {
				n++
			}
		}
		if n > most {
			best, most = format, n
		}
	}
	return best
}

func has(format []Field, name string) bool {
	return slices.ContainsFunc(format, func(f Field) bool { return f.Name == name })
}

func onlyThese(format []Field, fields map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch {
		case fields[name] == "" && fieldNames[name], has(format, name):
		case fieldNames[name]:
			return invalid("unknown_field", name, "accounts of this country have no such field, or not together with the others")
		default:
			return invalid("unknown_field", "", "there is a field that no account has")
		}
	}
	return nil
}

func codeOf(field string) string {
	if field == fieldHolder {
		return "invalid_name"
	}
	return "invalid_" + field
}

// read puts one field into the account.
func (r Rules) read(a *Account, f Field, text string) (err error) {
	switch f.Name {
	case fieldIBAN:
		if a.IBAN, err = r.iban(text); err == nil && !a.IBAN.Serves(a.Country) {
			err = invalid("country_mismatch", fieldIBAN, "the IBAN is of another country")
		}
	case fieldBIC:
		if a.BIC, err = ParseBIC(text); err == nil && !a.BIC.serves(a.Country) {
			err = invalid("country_mismatch", fieldBIC, "the BIC is of another country")
		}
	case fieldRouting:
		err = a.route(text)
	case fieldSortCode:
		a.Bank, err = ParseSortCode(text)
	case fieldBSB:
		a.Bank, err = ParseBSB(text)
	case fieldIFSC:
		a.Bank, err = parseIFSC(text)
	case fieldCLABE:
		a.Number, err = ParseCLABE(text)
	case fieldCBU:
		a.Number, err = ParseCBU(text)
	case fieldHolder:
		if a.Country == "JP" {
			a.Holder, err = ParseZenginName(text)
		} else {
			a.Holder, err = ParseHolder(text)
		}
	case fieldType:
		if a.Type = strings.ToLower(text); !slices.Contains(f.Options, a.Type) {
			err = invalid(codeOf(f.Name), f.Name, "it is none of: "+strings.Join(f.Options, ", "))
		}
	case fieldBank, fieldInstitution:
		a.Bank, err = f.plain(text)
	case fieldBranch, fieldTransit:
		a.Branch, err = f.plain(text)
	case fieldNumber:
		a.Number, err = f.plain(text)
	}
	return err
}

// plain reads a field of so many digits or letters. One without a length is judged
// with the others.
func (f Field) plain(text string) (string, error) {
	class, of := byte('n'), " digits"
	if !f.Digits {
		class, of = 'c', " letters and digits"
	}
	text = upper(text)
	if f.Max > 0 && (len(text) < f.Min || len(text) > f.Max || !allOf(text, class)) {
		n := strconv.Itoa(f.Min)
		if f.Max > f.Min {
			n += " to " + strconv.Itoa(f.Max)
		}
		return "", invalid(codeOf(f.Name), f.Name, "it has "+n+of)
	}
	return text, nil
}

// route reads a routing number of the United States or Canada.
func (a *Account) route(text string) (err error) {
	if a.Country == "CA" {
		a.Bank, a.Branch, err = ParseCanadianRouting(text)
		return err
	}
	n, err := ParseRoutingNumber(text)
	if err == nil && !n.ACH() {
		err = badRouting("payments to accounts cannot be addressed to it")
	}
	a.Bank = n.Text
	return err
}

// parseIFSC reads the code of a branch in India: four letters, 0, six letters or
// digits (Reserve Bank of India).
func parseIFSC(text string) (string, error) {
	text = upper(text)
	if len(text) != 11 || !allOf(text[:4], 'a') || text[4] != '0' || !allOf(text[5:], 'c') {
		return "", invalid("invalid_ifsc", fieldIFSC, "it has four letters, a zero and six letters or digits")
	}
	return text, nil
}

func (r Rules) iban(text string) (IBAN, error) {
	i, err := ParseIBAN(text)
	if err != nil && r.Test {
		if t, ok := testIBAN(text); ok {
			return t, nil
		}
	}
	return i, err
}

// finish does what needs several fields.
func (r Rules) finish(a *Account) (err error) {
	if a.IBAN.Country == "GB" && a.IBAN.Branch != "" {
		if r.Modulus.Check(a.IBAN.Branch, a.IBAN.Account) != nil {
			return badIBAN("the account number within it does not pass the check of its bank")
		}
		return nil
	}
	switch mother(a.Country) {
	case "GB":
		if a.Bank != "" {
			if a.Bank, a.Number, err = ParseUKAccount(a.Bank, a.Number); err == nil {
				err = r.Modulus.Check(a.Bank, a.Number)
			}
		}
	case "NZ":
		var n NZAccount
		n, err = ParseNZAccount(a.Number)
		a.Bank, a.Branch, a.Number, a.Suffix = n.Bank, n.Branch, n.Base, n.Suffix
	case "JP":
		a.Number = pad(a.Number, 7)
	}
	return err
}
