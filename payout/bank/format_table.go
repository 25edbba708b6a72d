package bank

// The names of fields that have a rule of their own.
const (
	fieldIBAN        = "iban"
	fieldBIC         = "bic"
	fieldRouting     = "routing_number"
	fieldSortCode    = "sort_code"
	fieldBSB         = "bsb"
	fieldInstitution = "institution_number"
	fieldTransit     = "transit_number"
	fieldIFSC        = "ifsc"
	fieldCLABE       = "clabe"
	fieldCBU         = "cbu"
	fieldBank        = "bank_code"
	fieldBranch      = "branch_code"
	fieldNumber      = "account_number"
	fieldType        = "account_type"
	fieldHolder      = "account_holder_name"
)

// formatTable has a line for each way to name an account: the country, and its
// fields. A question mark says optional; then comes the length (or the shortest and
// the longest) with n for digits and c for letters too, or what it may be. A
// country without a line is of the line with the star if it has IBANs.
//
// Lengths are what one marketplace asks of accounts there (the rules that it
// publishes with its source, 2024 and 2025): they keep out what cannot be a number, and
// no more. Where a check digit is known its field has a rule of its own.
const formatTable = `
*  iban bic?
AE iban bic?
AG bic account_number:1-32c
AL iban bic
AM bic account_number:11-16n
AO iban bic
AR cbu
AU bsb account_number:5-9n
AZ iban bank_code?:6n branch_code?:6n
BA iban bic
BD bank_code:9n account_number:13-17n
BH iban bic
BN bic account_number:1-13n
BO bank_code:1-3n account_number:10-15n
BS bic account_number:1-10n
BT bic account_number:1-17n
BW bic account_number:6-16c
CA institution_number:3n transit_number:5n account_number:7-12n
CA routing_number account_number:7-12n
CL bank_code:3n account_number:5-25n account_type?:checking|savings|vista
CO bank_code:3n account_number:9-16n account_type?:checking|savings
DO bank_code:3n branch_code?:1-5n account_number:1-28n
DO iban bic?
DZ bic account_number:20n
EC bic account_number:5-18n
EG iban bic
ET bic account_number:13-16n
GA bic account_number:23n
GB sort_code account_number:6-10n
GB iban bic?
GH bank_code:6n account_number:8-20n
GT iban bic
GY bic account_number:1-32c
HK bank_code:3n branch_code:3n account_number:6-12n
ID bank_code:3n account_number:1-35n
IN ifsc account_number:5-18n
JM bank_code:3n branch_code:5n account_number:1-18n
JO iban bic
JP bank_code:4n branch_code:3n account_number:4-7n account_type?:ordinary|checking|savings account_holder_name
KE bic account_number:1-32c
KH bic account_number:5-15c
KR bic account_number:11-16n
KW iban bic
KZ iban bic
LA bic account_number:1-18c
LC bic account_number:1-32c
LC iban bic?
LK bic branch_code:7n account_number:10-18n
MA iban bic
MD iban bic
MG iban bic
MK iban bic
MN bic account_number:1-12n
MN iban bic?
MO bic account_number:1-19n
MU iban bic
MX clabe
MY bic account_number:5-17n
MZ bic account_number:21n
NA bic account_number:8-13c
NG bic account_number:10n
NZ account_number
OM bic account_number:6-16n
OM iban bic?
PA bic account_number:1-18n
PE account_number:20n
PH bic account_number:1-17n
PK iban bic
PY bic account_number:1-16n
QA iban bic
RS iban bic
RW bic account_number:1-15n
SA iban bic
SG bank_code:4n branch_code:3n account_number:6-19n
SM iban bic
SV iban bic
TH bank_code:3n account_number:6-15n
TR iban bic
TT bank_code:3n branch_code:5n account_number:1-17n
TW bic account_number:10-14n
TZ bic account_number:10-14c
US routing_number account_number:1-17c account_type?:checking|savings
UY bank_code:3n account_number:1-12n
UZ bic branch_code:5n account_number:5-20n
VN bank_code:8n account_number:1-17n
ZA bic account_number:1-16c
`
