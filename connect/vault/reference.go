package vault

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

// Kind is what details are of.
type Kind string

// The kinds of details.
const (
	Bank     Kind = "bank"     // an account at a bank
	Identity Kind = "identity" // numbers, names and dates of a person or company
)

// Status is how a reference stands.
type Status string

// The states of a reference. One that is fresh is used, or expires; whatever it is, it can
// be erased.
const (
	Fresh   Status = "fresh"   // its token waits to be used
	Used    Status = "used"    // it belongs to an account, and can be opened
	Expired Status = "expired" // its token was not used in time; nothing is left of the details
	Erased  Status = "erased"  // nothing is left of the details
)

// Reference stands for details in the vault. It is what may leave it: no more than the last
// four characters and the bank.
type Reference struct {
	ID       string          `json:"id"` // what connect.BankDetails.Token is, and payout.Destination.Token
	Platform string          `json:"platform"`
	Account  string          `json:"account,omitzero"` // whose it is, as the host calls it; empty while nobody said
	Kind     Kind            `json:"kind"`
	Status   Status          `json:"status"`
	Country  string          `json:"country,omitzero"`  // ISO 3166-1 alpha-2
	Currency ledger.Currency `json:"currency,omitzero"` // of a bank account
	Last4    string          `json:"last4,omitzero"`    // of the account or identity number; empty once erased
	Bank     string          `json:"bank,omitzero"`     // the bank's code, which is public; empty once erased
	Same     string          `json:"same,omitzero"`     // equal for the same account of one platform; empty once erased
	Created  time.Time       `json:"created"`
	Expires  time.Time       `json:"expires,omitzero"` // of its token; zero unless it is fresh
	Used     time.Time       `json:"used,omitzero"`
	Erased   time.Time       `json:"erased,omitzero"`
	Replayed bool            `json:"replayed,omitzero"` // the request was carried out before
}

// BankDetails are what CreateAccount and UpdateAccount take.
func (r *Reference) BankDetails() connect.BankDetails {
	return connect.BankDetails{Token: r.ID, Country: r.Country, Currency: r.Currency, Last4: r.Last4, Fingerprint: r.Same}
}

// record is a reference as it is stored.
type record struct {
	Platform string          `json:"platform"`
	Account  string          `json:"account,omitzero"`
	Kind     Kind            `json:"kind"`
	Status   Status          `json:"status"`
	Country  string          `json:"country,omitzero"`
	Currency ledger.Currency `json:"currency,omitzero"`
	Last4    string          `json:"last4,omitzero"`
	Bank     string          `json:"bank,omitzero"`

	DataKey    string                `json:"dataKey,omitzero"` // that sealed the fields
	Generation int                   `json:"generation,omitzero"`
	Fields     map[string]sealed.Box `json:"fields,omitempty"`
	Same       string                `json:"same,omitzero"` // in the index: equal for the same account of one platform

	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
	Used    time.Time `json:"used,omitzero"`
	Erased  time.Time `json:"erased,omitzero"`
}

// The keys by which references are found.
const (
	keyAccount = "account" // platform|account
	keySame    = "same"    // used ones alone
	keyDataKey = "dataKey"
)

var references = ledger.Kind[record]{
	Name: "vault.reference", Prefix: "vref_",
	Keys: func(r *record) (list []ledger.Key) {
		if r.Account != "" && r.Status != Expired {
			list = append(list, ledger.Key{Name: keyAccount, Value: ofAccount(r.Platform, r.Account), At: r.Created})
		}
		if r.DataKey != "" {
			list = append(list, ledger.Key{Name: keyDataKey, Value: r.DataKey, At: r.Created})
		}
		switch {
		case r.Status == Fresh:
			list = append(list, ledger.Key{Name: ledger.DueKey, At: r.Expires})
		case r.Status == Used && r.Same != "":
			list = append(list, ledger.Key{Name: keySame, Value: r.Same, At: r.Created})
		}
		return list
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "kind", Path: "kind"}, {Name: "status", Path: "status"},
		{Name: "country", Path: "country"}, {Name: "currency", Path: "currency"}, {Name: "last4", Path: "last4"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn}, {Name: "erased", Path: "erased", Type: ledger.TimeColumn},
	},
}

func ofAccount(platform, account string) string { return platform + "|" + account }

// reference is what may be seen of a record.
func (r *record) reference(id string) *Reference {
	v := &Reference{
		ID: id, Platform: r.Platform, Account: r.Account, Kind: r.Kind, Status: r.Status, Country: r.Country, Currency: r.Currency,
		Last4: r.Last4, Bank: r.Bank, Same: letters(r.Same), Created: r.Created, Used: r.Used, Erased: r.Erased,
	}
	if r.Status == Fresh {
		v.Expires = r.Expires
	}
	return v
}

// letters writes an index without digits, so that nothing takes a part of it for the number
// of an account or a card.
func letters(index string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + 'g'
		}
		return r
	}, index)
}

// forget takes away all that says anything of the details. What is left is a tombstone.
func (r *record) forget(s Status, at time.Time) {
	r.Status, r.Erased = s, at
	r.Last4, r.Bank, r.Same, r.DataKey, r.Generation, r.Fields = "", "", "", "", 0, nil
}

// tokenPrefixes begin the tokens of each kind.
var tokenPrefixes = map[Kind]string{Bank: "btok_", Identity: "itok_"}

// referenceID is the id of what a token stands for. It is a hash of the token, of 130 bits:
// whoever reads the store or has a reference cannot find the token of it, and looking a
// token up compares nothing that is secret.
func referenceID(token string) string {
	sum := sha256.Sum256([]byte("souk/vault " + token))
	text := base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding).EncodeToString(sum[:])
	return references.Prefix + text[:26]
}

// kindOf tells what a token is for, and whether it can be one.
func kindOf(token string) (Kind, bool) {
	for kind, prefix := range tokenPrefixes {
		if rest, ok := strings.CutPrefix(token, prefix); ok && plain(rest, 10, 64) {
			return kind, true
		}
	}
	return "", false
}

// plain reports whether a text is letters, digits, points, hyphens and underscores.
func plain(text string, least, most int) bool {
	if len(text) < least || len(text) > most {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.':
		default:
			return false
		}
	}
	return true
}
