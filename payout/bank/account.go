package bank

import (
	"fmt"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// Account names an account at a bank, as its country does. It is comparable: the
// same details, written in another way, become the same value. Whatever prints it
// (fmt, slog, encoding/json) gets the masked form; who must have the whole takes
// the fields, or Fields.
type Account struct {
	Country  string          // of the account: ISO 3166-1 alpha-2
	Currency ledger.Currency // in which it is kept
	Holder   string          // whose it is; empty if nobody said. In Japan half-width katakana

	IBAN IBAN // zero where the account is named otherwise
	BIC  BIC  // zero if there is none

	// The parts of an account without an IBAN, empty where the country has none.
	Bank   string // routing number, sort code, BSB, institution, IFSC, bank code
	Branch string // transit number, branch code
	Number string // of the account; GB 8 digits, JP 7, NZ 7, MX and AR the whole CLABE or CBU
	Suffix string // NZ: 3 digits
	Type   string // checking, savings, ordinary, vista, where the country tells them apart
}

// Key is what two ways to name one account have in common: to find out whether two
// sellers share one, compare keys, or what a keyed hash makes of them. Neither the
// holder's name nor the currency is in it; a British account has the same key by
// sort code and by IBAN. It is the whole number: it must not be shown or stored in
// the clear.
func (a Account) Key() string {
	country := mother(a.Country)
	switch {
	case country == "GB" && a.IBAN.Text != "" && a.IBAN.Branch != "":
		return "GB:" + a.IBAN.Branch + "::" + a.IBAN.Account
	case a.IBAN.Text != "":
		return "IBAN:" + a.IBAN.Text
	}
	bank := a.Bank
	if bank == "" && a.BIC.Text != "" {
		bank = a.BIC.Text[:8] // the branch matters little, and is often left out
	}
	parts := []string{country, bank, a.Branch, a.Number}
	if a.Suffix != "" {
		parts = append(parts, a.Suffix)
	}
	if country == "JP" {
		parts = append(parts, a.Type) // each type has numbers of its own
	}
	return strings.Join(parts, ":")
}

// number is what identifies the account within its bank.
func (a Account) number() string {
	if a.IBAN.Text != "" {
		return a.IBAN.Text
	}
	return a.Number + a.Suffix
}

// Last4 returns the last four characters of the account number, or fewer of a
// short one.
func (a Account) Last4() string { return last4(a.number()) }

// Masked returns the country and the last four characters: US****6789.
func (a Account) Masked() string { return a.Country + Mask(a.number()) }

// String is Masked.
func (a Account) String() string { return a.Masked() }

// Format writes the masked form for every verb.
func (a Account) Format(s fmt.State, verb rune) { show(s, verb, a.Masked()) }

// MarshalText returns the masked form, and there is no way back from it: what is to
// be kept is Fields, sealed.
func (a Account) MarshalText() ([]byte, error) { return []byte(a.Masked()), nil }

// Fields returns the account as ParseAccount takes it, in the clear: given the same
// country and currency, it makes the same value of them. Optional fields that are
// empty are left out.
func (a Account) Fields() map[string]string {
	for _, format := range formatsOf(a.Country) {
		fields := make(map[string]string)
		iban := false
		for _, f := range format {
			iban = iban || f.Name == fieldIBAN
			if v := a.field(f.Name); v != "" {
				fields[f.Name] = v
			}
		}
		if iban == (a.IBAN.Text != "") {
			return fields
		}
	}
	return nil
}

func (a Account) field(name string) string {
	switch name {
	case fieldIBAN:
		return a.IBAN.Text
	case fieldBIC:
		return a.BIC.Text
	case fieldRouting, fieldSortCode, fieldBSB, fieldInstitution, fieldIFSC, fieldBank:
		return a.Bank
	case fieldTransit, fieldBranch:
		return a.Branch
	case fieldNumber:
		if a.Suffix != "" {
			return a.Bank + a.Branch + a.Number + a.Suffix
		}
		return a.Number
	case fieldCLABE, fieldCBU:
		return a.Number
	case fieldType:
		return a.Type
	case fieldHolder:
		return a.Holder
	}
	return ""
}
