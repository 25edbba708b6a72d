package bank

import "fmt"

// NZAccount is an account number of New Zealand, taken apart.
type NZAccount struct {
	Bank   string // two digits
	Branch string // four digits
	Base   string // seven digits
	Suffix string // three digits: which of the customer's accounts it is
}

// ParseNZAccount reads an account number: 15 or 16 digits, or the four groups of
// bank, branch (3 or 4 digits), base and suffix (2 or 3), with hyphens or spaces
// between. It checks the digits of the base by the method of the bank (Inland
// Revenue, "Bank account number validation", in its specifications for filing;
// methods A, B and D to G). Of banks whose method is not in that list only the form
// is checked. What is none is of class Invalid, code invalid_account_number, field
// account_number.
func ParseNZAccount(text string) (NZAccount, error) {
	n, ok := splitNZ(text)
	switch {
	case !ok:
		return NZAccount{}, badAccount("it has 15 or 16 digits: bank 2, branch 4, number 7, suffix 2 or 3")
	case !n.fits():
		return NZAccount{}, badAccount("its check digit does not fit: a digit is wrong")
	}
	return n, nil
}

func splitNZ(text string) (NZAccount, bool) {
	list := ungroup(text)
	if len(list) == 1 && (len(text) == 15 || len(text) == 16) {
		list = []string{text[:2], text[2:6], text[6:13], text[13:]}
	}
	if len(list) != 4 {
		return NZAccount{}, false
	}
	length := len(list) - 1 // of the separators
	for _, g := range list {
		length += len(g)
		if !allOf(g, 'n') {
			return NZAccount{}, false
		}
	}
	bank, branch, base, suffix := list[0], list[1], list[2], list[3]
	if len(bank) != 2 || len(branch) != 4 && len(branch) != 3 || len(base) != 7 || len(suffix) != 2 && len(suffix) != 3 ||
		length != len(text) && len(text) != len(bank)+len(branch)+len(base)+len(suffix) {
		return NZAccount{}, false
	}
	return NZAccount{bank, pad(branch, 4), base, pad(suffix, 3)}, true
}

// Masked returns the bank and the last digits.
func (n NZAccount) Masked() string { return n.Bank + Mask(n.Base+n.Suffix) }

// String is Masked.
func (n NZAccount) String() string { return n.Masked() }

// Format writes the masked form for every verb.
func (n NZAccount) Format(s fmt.State, verb rune) { show(s, verb, n.Masked()) }

// MarshalText returns the masked form.
func (n NZAccount) MarshalText() ([]byte, error) { return []byte(n.Masked()), nil }

// nzMethod is a sum of weights over bank (2 digits), branch (4), base (8) and
// suffix (4), that must be divisible.
type nzMethod struct {
	weights [18]int
	modulus int
	twice   bool // digits of a product are added, and those of the sum
}

var (
	nzA = nzMethod{[18]int{0, 0, 6, 3, 7, 9, 0, 0, 10, 5, 8, 4, 2, 1, 0, 0, 0, 0}, 11, false}
	nzB = nzMethod{[18]int{0, 0, 0, 0, 0, 0, 0, 0, 10, 5, 8, 4, 2, 1, 0, 0, 0, 0}, 11, false}
	nzD = nzMethod{[18]int{0, 0, 0, 0, 0, 0, 0, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0}, 11, false}
	nzE = nzMethod{[18]int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 4, 3, 2, 0, 0, 0, 1}, 11, true}
	nzF = nzMethod{[18]int{0, 0, 0, 0, 0, 0, 0, 1, 7, 3, 1, 7, 3, 1, 0, 0, 0, 0}, 10, false}
	nzG = nzMethod{[18]int{0, 0, 0, 0, 0, 0, 0, 1, 3, 7, 1, 3, 7, 1, 0, 3, 7, 1}, 10, true}
)

// fits goes by the bank. Method C belongs to no bank of the list, and X, of bank
// 31, checks nothing.
func (n NZAccount) fits() bool {
	switch n.Bank {
	case "01", "02", "03", "06", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24", "27", "30", "35", "38":
		if n.Base < "0990000" {
			return nzA.fits(n)
		}
		return nzB.fits(n)
	case "08":
		return nzD.fits(n)
	case "09":
		return nzE.fits(n)
	case "25", "33":
		return nzF.fits(n)
	case "26", "28", "29":
		return nzG.fits(n)
	}
	return true
}

func (m nzMethod) fits(n NZAccount) bool {
	sum := 0
	for i, c := range []byte(n.Bank + n.Branch + "0" + n.Base + "0" + n.Suffix) {
		p := int(c-'0') * m.weights[i]
		for range 2 {
			if m.twice && p > 9 {
				p = p/10 + p%10
			}
		}
		sum += p
	}
	return sum%m.modulus == 0
}
