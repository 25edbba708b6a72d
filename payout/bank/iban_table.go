package bank

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ibanRegistry is the structure of the countries' numbers after the four
// characters that all have: the IBAN registry of SWIFT, the registration authority
// of ISO 13616 (release 101). Each piece is a part, its length and its class:
//
//	b bank code   s branch code   c account   k national check digits
//	n digits      a letters       c either
//
// What the registry counts to the account number or names apart (its type, its
// currency, whose it is) is of the account here, and so are check digits whose
// method is not published.
const ibanRegistry = `
AD b4n s4n c12c
AE b3n c16n
AL b3n s4n k1n c16c
AT b5n c11n
AZ b4a c20c
BA b3n s3n c8n k2n
BE b3n c7n k2n
BG b4a s4n c2n c8c
BH b4a c14c
BI b5n s5n c11n c2n
BR b8n s5n c10n c1a c1c
BY b4c c4n c16c
CH b5n c12c
CR b4n c14n
CY b3n s5n c16c
CZ b4n c16n
DE b8n c10n
DJ b5n s5n c11n c2n
DK b4n c10n
DO b4c c20n
EE b2n c13n k1n
EG b4n s4n c17n
ES b4n s4n k2n c10n
FI b3n c10n k1n
FK b2a c12n
FO b4n c10n
FR b5n s5n c11c k2n
GB b4a s6n c8n
GE b2a c16n
GI b4a c15c
GL b4n c10n
GR b3n s4n c16c
GT b4c c20c
HN b4a c20n
HR b7n c10n
HU b3n s4n k1n c15n k1n
IE b4a s6n c8n
IL b3n s3n c13n
IQ b4a s3n c12n
IS b2n s2n c18n
IT k1a b5n s5n c12c
JO b4a s4n c18c
KW b4a c22c
KZ b3n c13c
LB b4n c20c
LC b4a c24c
LI b5n c12c
LT b5n c11n
LU b3n c13c
LV b4a c13c
LY b3n s3n c15n
MC b5n s5n c11c k2n
MD b2c c18c
ME b3n c13n k2n
MK b3n c10c k2n
MN b4n c12n
MR b5n s5n c11n k2n
MT b4a s5n c18c
MU b4a b2n s2n c12n c3n c3a
NI b4a c20n
NL b4a c10n
NO b4n c6n k1n
OM b3n c16c
PK b4a c16c
PL b8n c16n
PS b4a c21c
PT b4n s4n c11n k2n
QA b4a c21c
RO b4a c16c
RS b3n c13n k2n
RU b9n s5n c15c
SA b2n c18c
SC b4a b2n s2n c16n c3a
SD b2n c12n
SE b3n c17n
SI b5n c8n k2n
SK b4n c16n
SM k1a b5n s5n c12c
SO b4n s3n c12n
ST b4n s4n c13n
SV b4a c20n
TL b3n c14n k2n
TN b2n s3n c13n k2n
TR b5n c1n c16c
UA b6n c19c
VA b3n c15n
VG b4a c16n
XK b2n s2n c10n k2n
YE b4a s4n c18c
`

// ibanAnnounced are structures that countries use which are not in the registry:
// those of the central banks of West and Central Africa, and of others that have
// announced one. What is known of them is their length and where digits are.
const ibanAnnounced = `
AO b4n s4n c13n
BF b2c b3n s5n c14n
BJ b2c b3n s5n c14n
CF b5n s5n c13n
CG b5n s5n c13n
CI b2c b3n s5n c14n
CM b5n s5n c13n
CV b4n s4n c13n
DZ b3n s5n c14n
GA b5n s5n c13n
GQ b5n s5n c13n
GW b2c b2n s4n c13n
IR b3n c19n
KM b5n s5n c13n
MA b3n s3n c18n
MG b5n s5n c13n
ML b2c b3n s5n c14n
MZ b4n s4n c13n
NE b2a b3n s5n c14n
SN b2a b3n s5n c14n
TD b5n s5n c13n
TG b2a b3n s5n c14n
`

// ibanShape is how the numbers of one country are made up.
type ibanShape struct {
	country    string
	registered bool
	pieces     []ibanPiece
	length     int               // without the country and the check digits
	check      func(string) bool // of the part after those, nil if none is known
}

type ibanPiece struct {
	part, class byte
	from, to    int // in what comes after the check digits
}

var ibanShapes = readIBANShapes()

func readIBANShapes() map[string]*ibanShape {
	list := make(map[string]*ibanShape)
	for _, of := range []struct {
		text       string
		registered bool
	}{{ibanRegistry, true}, {ibanAnnounced, false}} {
		for line := range strings.Lines(of.text) {
			words := strings.Fields(line)
			if len(words) == 0 {
				continue
			}
			s := &ibanShape{country: words[0], registered: of.registered, check: ibanChecks[words[0]]}
			for _, w := range words[1:] {
				n, _ := strconv.Atoi(w[1 : len(w)-1]) // a test reads the table as well
				s.pieces = append(s.pieces, ibanPiece{w[0], w[len(w)-1], s.length, s.length + n})
				s.length += n
			}
			list[s.country] = s
		}
	}
	return list
}

// IBANCountries lists the countries whose IBANs are known, in order: all of the
// registry, or those outside of it.
func IBANCountries(registered bool) []string {
	var list []string
	for _, c := range slices.Sorted(maps.Keys(ibanShapes)) {
		if ibanShapes[c].registered == registered {
			list = append(list, c)
		}
	}
	return list
}

// fits reports whether each character is of its class.
func (s *ibanShape) fits(bban string) bool {
	for _, p := range s.pieces {
		if !allOf(bban[p.from:p.to], p.class) {
			return false
		}
	}
	return true
}

// part joins the pieces of one part.
func (s *ibanShape) part(bban string, part byte) string {
	found := ""
	for _, p := range s.pieces {
		if p.part == part {
			found += bban[p.from:p.to]
		}
	}
	return found
}

func (s *ibanShape) iban(text string) IBAN {
	bban := text[4:]
	return IBAN{
		Text: text, Country: s.country, Registered: s.registered,
		Bank: s.part(bban, 'b'), Branch: s.part(bban, 's'), Account: s.part(bban, 'c'), Check: s.part(bban, 'k'),
	}
}
