package sqlstore

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// How things stand in rows: times as microseconds since 1970 in UTC, amounts as
// minor units, floors by the number of their kind, data and keys as JSON.

func micro(t time.Time) int64  { return t.UnixMicro() }
func moment(n int64) time.Time { return time.UnixMicro(n).UTC() }

// text is JSON as a value of a column; nothing is null.
func text(data []byte) any {
	if len(data) == 0 {
		return nil
	}
	return string(data)
}

const accountColumns = `id, floor_kind, floor_at, shared, closed, posted, held, entries, version, last_at`

// selectAccount reads all rows of an account: one, or of a shared one that of
// stripe 0, which has its terms, and those of other stripes.
const selectAccount = `select ` + accountColumns + ` from souk_accounts
	where book = ? and owner = ? and purpose = ? and currency = ? order by stripe`

// scanAccount reads accountColumns into an account whose Ref is known.
func scanAccount(row Answer, a *accountRow) error {
	var posted, held, last int64
	err := row.Scan(&a.row, &a.Floor.Kind, &a.Floor.AtMinor, &a.Shared, &a.Closed, &posted, &held, &a.Entries, &a.Version, &last)
	a.Posted, a.Held, a.Last = ledger.Minor(posted, a.Currency), ledger.Minor(held, a.Currency), moment(last)
	return err
}

// addStripe adds what another stripe has of a shared account.
func (a *accountRow) addStripe(b *accountRow) error {
	sum, err := a.Posted.Add(b.Posted)
	if err != nil {
		return err
	}
	a.Posted, a.Entries, a.Version = sum, a.Entries+b.Entries, a.Version+b.Version
	if b.Last.After(a.Last) {
		a.Last = b.Last
	}
	return nil
}

// scanObject reads version, keys and data into an object whose ID is known.
func scanObject(row Answer, o *ledger.Object) error {
	var keys string
	err := row.Scan(&o.Version, &keys, &o.Data)
	if err != nil {
		return err
	}
	if o.Keys, err = parseKeys(keys); err != nil {
		return corrupt(o.ID.String(), err)
	}
	return nil
}

// key is a key of an object as it stands in the object's row.
type key struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	At    int64  `json:"at"`
}

const noKeys = `[]`

func formatKeys(keys []ledger.Key) (string, error) {
	if len(keys) == 0 {
		return noKeys, nil
	}
	list := make([]key, len(keys))
	for i, k := range keys {
		list[i] = key{k.Name, k.Value, micro(k.At)}
	}
	b, err := json.Marshal(list)
	return string(b), err
}

func parseKeys(text string) ([]ledger.Key, error) {
	if text == noKeys {
		return nil, nil
	}
	var list []key
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	keys := make([]ledger.Key, len(list))
	for i, k := range list {
		keys[i] = ledger.Key{Name: k.Name, Value: k.Value, At: moment(k.At)}
	}
	return keys, nil
}

func compareIDs(a, b ledger.ID) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
}

// possible reports whether something can have all of these names: there is none
// of others, and no database need be asked about text that it may choke on.
func possible(names ...string) bool {
	const longest = 640
	for _, name := range names {
		if len(name) > longest {
			return false
		}
		for i := range len(name) {
			if name[i] < 0x20 || name[i] > 0x7e {
				return false
			}
		}
	}
	return true
}

// possibleRef is possible for accounts. The text of a number that is no currency
// may be that of one.
func possibleRef(r ledger.Ref) bool {
	return r.Currency.Valid() && possible(r.Book, r.Owner, r.Purpose)
}
