package bank

import "strings"

// isoCountries are the codes of ISO 3166-1 alpha-2, and XK, which banks use for
// Kosovo (user-assigned; it is in the IBAN registry and in BICs).
const isoCountries = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ " +
	"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
	"SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ " +
	"UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW "

func isCountry(code string) bool {
	return len(code) == 2 && allOf(code, 'a') && strings.Contains(isoCountries, " "+code+" ")
}

// mothers are the territories whose accounts have the numbers of another country:
// those that the IBAN registry lists under FR, GB and FI, the islands and
// territories in the American routing number scheme, in that of Australia, and
// Svalbard.
var mothers = map[string]string{
	"GF": "FR", "GP": "FR", "MQ": "FR", "RE": "FR", "YT": "FR", "PM": "FR", "BL": "FR", "MF": "FR", "NC": "FR", "PF": "FR", "WF": "FR", "TF": "FR",
	"GG": "GB", "IM": "GB", "JE": "GB",
	"AX": "FI", "SJ": "NO",
	"AS": "US", "GU": "US", "MP": "US", "PR": "US", "VI": "US",
	"CC": "AU", "CX": "AU", "NF": "AU",
}

// mother is the country whose account numbers a country or territory uses.
func mother(country string) string {
	if m, ok := mothers[country]; ok {
		return m
	}
	return country
}

// parseCountry reads a code in either case.
func parseCountry(text string) (string, error) {
	if len(text) == 2 && isCountry(upper(text)) {
		return upper(text), nil
	}
	return "", invalid("invalid_country", "country", "a country is an ISO 3166-1 code of two letters")
}
