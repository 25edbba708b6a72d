package bank

import (
	"slices"
	"strings"
)

// The numbers that tests are documented with: no bank has them.
const (
	testIBANEnd = "89370400440532013000" // after the letters of any country
	testRouting = "110000000"
)

// testAccounts are the numbers behind testRouting that a simulated bank answers in
// different ways.
var testAccounts = []string{
	"000123456789", // paid
	"000111111116", // no such account
	"000111111113", // account closed
	"000222222227", // insufficient funds
	"000333333335", // debit not authorized
	"000444444440", // another currency
	"000888888883", // not instantly
	"000999999991", // its owner is found at once
	"000999999992", // its owner must be shown
}

// IsTest reports whether the number is that of tests: the example of the German
// registry entry, with the letters of any country in front. Its check digits are
// right for DE alone; where tests may use it, Rules.Test takes the others.
func (i IBAN) IsTest() bool { return len(i.Text) > 2 && i.Text[2:] == testIBANEnd }

// testIBAN reads the test number of a country that has IBANs.
func testIBAN(text string) (IBAN, bool) {
	if len(text) > ibanTyped {
		return IBAN{}, false
	}
	text = upper(strings.ReplaceAll(text, " ", ""))
	if len(text) != 2+len(testIBANEnd) || text[2:] != testIBANEnd {
		return IBAN{}, false
	}
	shape, ok := ibanShapes[text[:2]]
	if !ok {
		return IBAN{}, false
	}
	return IBAN{Text: text, Country: text[:2], Registered: shape.registered}, true
}

// IsTest reports whether the account is one that tests are documented with, or has
// the BIC of a test. Who pays real money refuses it.
func (a Account) IsTest() bool {
	if a.BIC.IsTest() {
		return true
	}
	switch mother(a.Country) {
	case "US":
		return a.Bank == testRouting && slices.Contains(testAccounts, a.Number)
	case "CA":
		return a.Bank == "000" && a.Branch == "11000" && a.Number == "000123456789"
	case "GB":
		return a.Bank == "108800" && a.Number == "00012345" || a.IBAN.IsTest()
	case "AU":
		return a.Bank == "110000" && a.Number == "000123456"
	}
	return a.IBAN.IsTest()
}
