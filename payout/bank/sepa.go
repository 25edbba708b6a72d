package bank

import "strings"

// sepa is the geographical scope of the SEPA schemes as the European Payments
// Council lists it (EPC409-09, as of 2026): the Union, the European Economic Area
// and who has joined since, with the territories that are named there. New
// Caledonia, French Polynesia, Wallis and Futuna, and Svalbard are not.
const sepa = " AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK " +
	"IS LI NO AD AL CH GB GI MC MD ME MK RS SM VA AX BL GF GP MF MQ PM RE YT GG IM JE "

// SEPA reports whether accounts of a country or territory (ISO 3166-1 alpha-2) can
// be reached by SEPA payments in euros. Which scheme a bank has joined is not asked.
func SEPA(country string) bool { return isCountry(country) && strings.Contains(sepa, " "+country+" ") }
