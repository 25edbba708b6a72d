package connect

import "github.com/soukhq/souk/compliance"

// Tokens of cards that are approved though a check fails, and the documented test
// numbers that they stand for.
const (
	TestCVCFails        = "tok_cvcCheckFail" // 4000000000000101: the card's code is wrong
	TestPostalCodeFails = "tok_avsZipFail"   // 4000000000000036: the postal code is
)

// testChecks are what the simulator says of what the buyer typed.
var testChecks = map[string]compliance.Checks{
	TestCVCFails:        {CVC: "fail", Line1: "pass", PostalCode: "pass"},
	TestPostalCodeFails: {CVC: "pass", Line1: "pass", PostalCode: "fail"},
}
