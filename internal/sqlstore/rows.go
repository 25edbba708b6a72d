package sqlstore

import (
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
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

const noKeys = `[]`

// formatKeys returns keys as they stand in the object's row: a JSON list of name,
// value and time of each, one after the other.
func formatKeys(keys []ledger.Key) (string, error) {
	if len(keys) == 0 {
		return noKeys, nil
	}
	b := []byte{'['}
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := json.Marshal([]string{k.Name, k.Value})
		if err != nil {
			return "", err
		}
		b = append(append(b, name[1:len(name)-1]...), ',')
		b = strconv.AppendInt(b, micro(k.At), 10)
	}
	return string(append(b, ']')), nil
}

func parseKeys(text string) ([]ledger.Key, error) {
	if text == noKeys {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	if len(list)%3 != 0 {
		return nil, errors.New("keys do not come in threes")
	}
	keys := make([]ledger.Key, len(list)/3)
	for i := range keys {
		k, at := &keys[i], int64(0)
		err := cmp.Or(json.Unmarshal(list[3*i], &k.Name), json.Unmarshal(list[3*i+1], &k.Value), json.Unmarshal(list[3*i+2], &at))
		if err != nil {
			return nil, err
		}
		k.At = moment(at)
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
