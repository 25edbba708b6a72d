package vault

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
	"github.com/soukhq/souk/payout/bank"
)

// details are what was typed, once it is known to be right.
type details struct {
	kind     Kind
	country  string
	currency ledger.Currency
	last4    string
	bank     string
	same     string // what is equal for the same account, in the clear
	fields   map[string]string
}

// read checks what was typed. What is refused is of class Invalid and names the field, and
// nothing of it is repeated.
func (v *Vault) read(r *TokeniseRequest) (*details, error) {
	switch r.Kind {
	case Bank:
		return v.readBank(r)
	case Identity:
		return v.readIdentity(r)
	}
	return nil, badField("invalid_kind", "kind", "details are of a bank account or of an identity")
}

func (v *Vault) readBank(r *TokeniseRequest) (*details, error) {
	a, err := bank.Rules{Modulus: v.c.Modulus, Test: !v.c.Live}.ParseAccount(r.Country, r.Currency, r.Fields.Reveal())
	if err != nil {
		return nil, err
	}
	if v.c.Live && a.IsTest() {
		return nil, badField("test_account", "", "this account is one of the tests, and no bank has it")
	}
	return &details{
		kind: Bank, country: a.Country, currency: a.Currency, last4: a.Last4(), bank: cmp.Or(a.BIC.Text, a.IBAN.Bank, a.Bank),
		same: a.Key(), fields: a.Fields(),
	}, nil
}

// identityFields are the fields of an identity, each with what it looks like.
var identityFields = map[string]func(text string, now time.Time) bool{
	"id_number":       isNumber,
	"tax_id":          isNumber,
	"document_number": isNumber,
	"ssn_last_4":      func(text string, _ time.Time) bool { return len(text) == 4 && digits(text) },
	"first_name":      isName,
	"last_name":       isName,
	"birth_date":      isBirthDate,
}

// numbered are the fields that identify somebody, the strongest first.
var numbered = []string{"id_number", "tax_id", "document_number"}

func (v *Vault) readIdentity(r *TokeniseRequest) (*details, error) {
	country, err := compliance.ParseCountry(r.Country)
	if err != nil {
		return nil, badField("invalid_country", "country", "a country is two capital letters of ISO 3166-1")
	}
	typed, fields := r.Fields.Reveal(), make(map[string]string)
	for _, name := range r.Fields.Names() {
		fits, ok := identityFields[name]
		switch text := strings.TrimSpace(typed[name]); {
		case !ok:
			return nil, badField("unknown_field", "", "there is a field that no identity has")
		case text == "":
		case !fits(text, v.c.Env.Time()), name == "id_number" && country == "US" && !isSSN(text):
			return nil, badField("invalid_"+name, name, "it is not written as one")
		default:
			fields[name] = text
		}
	}
	if len(fields) == 0 {
		return nil, badField("invalid_id_number", "id_number", "it is missing")
	}
	d := &details{kind: Identity, country: country, fields: fields}
	for _, name := range numbered {
		if text := fields[name]; text != "" {
			text = strings.ToUpper(strings.NewReplacer(" ", "", "-", "", ".", "", "/", "").Replace(text))
			d.same, d.last4 = country+":"+name+":"+text, strings.TrimPrefix(bank.Mask(text), "****")
			break
		}
	}
	return d, nil
}

// isNumber takes letters and digits with what stands between them on paper: identity
// numbers of countries have 4 to 20, and their check digits are a verifier's business.
func isNumber(text string, _ time.Time) bool {
	n := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			n++
		case strings.IndexByte(" -./", c) < 0:
			return false
		}
	}
	return n >= 4 && n <= 20 && len(text) <= 40
}

// isSSN takes the nine digits of a number of the United States.
func isSSN(text string) bool {
	text = strings.NewReplacer(" ", "", "-", "").Replace(text)
	return len(text) == 9 && digits(text)
}

func isName(text string, _ time.Time) bool {
	_, err := bank.ParseHolder(text)
	return err == nil
}

// isBirthDate takes a day as 2006-01-02, of the last 150 years.
func isBirthDate(text string, now time.Time) bool {
	day, err := time.Parse(time.DateOnly, text)
	return err == nil && day.Before(now) && day.After(now.AddDate(-150, 0, 0))
}

func digits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// seal seals the fields of details for a reference.
func (d *details) seal(key sealed.Key, id, platform string) (map[string]sealed.Box, error) {
	boxes := make(map[string]sealed.Box, len(d.fields))
	for name, text := range d.fields {
		box, err := key.Seal(sealed.Place{Token: id, Platform: platform, Field: name}, text)
		if err != nil {
			return nil, err
		}
		boxes[name] = box
	}
	return boxes, nil
}

// open opens the fields of a record.
func (r *record) open(key sealed.Key, id string) (sealed.Clear, error) {
	fields := make(map[string]string, len(r.Fields))
	for name, box := range r.Fields {
		text, err := key.Open(sealed.Place{Token: id, Platform: r.Platform, Field: name}, box)
		if err != nil {
			return sealed.Clear{}, err
		}
		fields[name] = text
	}
	return sealed.NewClear(fields), nil
}

// allKinds are the kinds in order.
var allKinds = []Kind{Bank, Identity}

func (k Kind) known() bool { return slices.Contains(allKinds, k) }
