package notify

import (
	"strings"

	"github.com/soukhq/souk/compliance"
)

// The results of checks, as rules have them.
const (
	pass        = "pass"
	fail        = "fail"
	unavailable = "unavailable"
	unchecked   = "unchecked"
	notProvided = "not_provided"
)

// cvcResults are the API's answers about the code of a card (cvcResult), by number.
var cvcResults = map[string]string{
	"0": unavailable, "1": pass, "2": fail, "3": unchecked, "4": notProvided, "5": unavailable, "6": notProvided,
}

// avsResults are its answers about an address (avsResult), by number: of the street, and
// of the postal code. From 19 on they are about a name, too, which is not told on; 22 is of
// that alone. Both lists are from the API's pages on its AVS and CVC result codes.
var avsResults = map[string][2]string{
	"0": {unavailable, unavailable}, "1": {pass, fail}, "2": {fail, fail}, "3": {unavailable, unavailable}, "4": {unavailable, unavailable},
	"5": {notProvided, notProvided}, "6": {fail, pass}, "7": {pass, pass}, "8": {unchecked, unavailable}, "9": {pass, unavailable},
	"10": {fail, unavailable}, "11": {unavailable, unchecked}, "12": {pass, unchecked}, "13": {fail, unchecked}, "14": {unavailable, pass},
	"15": {unchecked, pass}, "16": {unavailable, fail}, "17": {unchecked, fail}, "18": {unchecked, unchecked}, "19": {"", pass},
	"20": {pass, pass}, "21": {pass, ""}, "23": {"", pass}, "24": {pass, pass}, "25": {pass, ""}, "26": {fail, fail},
}

// checks are what the issuer said of what the buyer typed: each result is a number,
// mostly with its meaning in words after it. What is not known here says nothing.
func (d details) checks() compliance.Checks {
	number := func(name string) string {
		n, _, _ := strings.Cut(strings.TrimSpace(d.text(name)), " ")
		return n
	}
	avs := avsResults[number("avsResult")]
	return compliance.Checks{CVC: cvcResults[number("cvcResult")], Line1: avs[0], PostalCode: avs[1]}
}
