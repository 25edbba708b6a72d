package ledger

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Entry moves money into an account (positive) or out of it (negative).
type Entry struct {
	Account Ref
	Amount  Money // in the account's currency, never zero

	// Forced books the entry whatever the balance. Only reasons that the chart
	// forces by policy need and may set it; Plan refuses it for all others.
	Forced bool
}

// Transaction is a balanced set of entries, posted whole and never changed. A
// correction is a new transaction that names the old one.
type Transaction struct {
	ID        string
	Book      string // the platform it was done for; all its accounts are of this book
	Reason    string // a reason of the chart, or the host's own
	Corrects  string // id of the transaction that this one undoes or corrects, if any
	Object    ID     // the object whose step this was, if any
	Posted    time.Time
	Effective time.Time // when it counts; zero when handed over means: when posted
	Meta      map[string]string
	Entries   []Entry // 2 to 4,096, no account twice, zero in sum per currency; none once they are in an archive
}

// Limits of a transaction and its metadata; the metadata's are those of the
// field (50 keys of up to 40 characters, values of up to 500).
const (
	maxEntries   = 4096
	maxMetaKeys  = 50
	maxMetaKey   = 40
	maxMetaValue = 500
)

// changePrefix begins the ids of changes that Update makes, and of the
// transactions in them: the change's id, a point and a number.
const changePrefix = "chg_"

// ownID reports whether a transaction's id is made of its change's. Such an id
// is as unique as the change, so nobody has to look for it. A change's id may
// have points itself: the last one counts, so that no id is two changes' own.
func ownID(change, id string) bool {
	of, ok := changeOf(id)
	return ok && of == change && len(id) > len(of)+1
}

// changeOf returns the change that such an id names, if it is one.
func changeOf(id string) (string, bool) {
	i := strings.LastIndexByte(id, '.')
	if i < 0 || !strings.HasPrefix(id, changePrefix) {
		return "", false
	}
	return id[:i], true
}

// Posted is an entry as it stands in its account's book.
type Posted struct {
	Account     Ref
	Number      int64 // 1, 2, 3 … without a gap in its account; in a shared one unique, but with gaps
	Transaction string
	Reason      string
	Object      ID
	Book        string
	At          time.Time // when it was posted; rises strictly within an account, in a shared one within each stripe
	Effective   time.Time
	Amount      Money
	Balance     Money // of the account after this entry, by posting time; in a shared one of its stripe
}

// TimeKind says by which of its two times an entry is placed.
type TimeKind uint8

// The two times of an entry.
const (
	ByPosting   TimeKind = iota // when it was written
	ByEffective                 // when it counts
)

// Page selects entries of one account, oldest first.
type Page struct {
	By   TimeKind
	From time.Time // inclusive; zero is the beginning
	To   time.Time // exclusive; zero is the end

	Moved bool // only entries whose two times differ

	After Place // the last one already seen, by its time in By and its number
	Desc  bool  // newest first
	Limit int   // 1–1,000; 0 is 100
}

// Check returns the page with its defaults and its times as AskedTime has them,
// or says why it cannot be shown. It is for adapters.
func (p Page) Check() (Page, error) {
	if p.By > ByEffective {
		return p, invalid("invalid_query", "by", "entries are placed by posting or by effective time")
	}
	var err error
	p.From, p.To, p.After.At = AskedTime(p.From), AskedTime(p.To), AskedTime(p.After.At)
	p.Limit, err = PageSize(p.Limit)
	return p, err
}

// Place is a position in a list ordered by time and then by something unique.
type Place struct {
	At     time.Time
	Number int64  // of an entry
	ID     string // of an object
}

// IsZero reports whether the place is the beginning.
func (p Place) IsZero() bool { return p.At.IsZero() && p.Number == 0 && p.ID == "" }

// Place returns where the entry stands in lists by the time asked for.
func (p Posted) Place(by TimeKind) Place {
	if by == ByEffective {
		return Place{At: p.Effective, Number: p.Number}
	}
	return Place{At: p.At, Number: p.Number}
}

// check refuses what no state of the books could make right.
func (t *Transaction) check() *Error {
	switch {
	case !usable(t.ID, 128):
		return invalid("invalid_id", "id", "a transaction id is 1 to 128 characters of printable ASCII")
	case !usable(t.Book, 64):
		return invalid("invalid_account", "book", "a transaction names the book it was done for")
	case !usable(t.Reason, 64):
		return invalid("invalid_reason", "reason", "a reason is 1 to 64 characters of printable ASCII")
	case t.Corrects != "" && !usable(t.Corrects, 128):
		return invalid("invalid_id", "corrects", "a transaction id is 1 to 128 characters of printable ASCII")
	case t.Object != (ID{}) && t.Object.check() != nil:
		return t.Object.check()
	case badTime(t.Effective):
		return invalid("invalid_time", "effective", "times lie in the years 1 to 9999")
	case len(t.Entries) < 2:
		return invalid("unbalanced_journal", "entries", "a transaction has at least two entries")
	case len(t.Entries) > maxEntries:
		return invalid("too_many_entries", "entries", "a transaction has at most 4,096 entries")
	}
	if err := checkMetadata(t.Meta); err != nil {
		return err
	}
	for i := range t.Entries {
		if err := t.checkEntry(i); err != nil {
			return err
		}
	}
	return t.checkBalance()
}

func (t *Transaction) checkEntry(i int) *Error {
	e := &t.Entries[i]
	switch {
	case e.Account.Book != t.Book:
		// A book adds up to zero by itself, and its closed period is closed to
		// whatever moves its accounts.
		err := invalid("book_mismatch", "entries["+strconv.Itoa(i)+"].book", "a transaction of book "+quoted(t.Book)+" moves accounts of that book")
		err.Account = e.Account
		return err
	case e.Amount.cur != e.Account.Currency:
		err := mismatch(e.Amount.cur, e.Account.Currency)
		err.Account = e.Account
		return err
	case e.Amount.minor == 0:
		return invalid("invalid_amount", "entries", "an entry moves something")
	case e.Amount.minor == -1<<63:
		return tooLarge()
	case e.Forced && forceOf(t.Reason) != ForcedByPolicy:
		return invalid("not_forced", "entries", "the chart does not let a caller force entries of reason "+quoted(t.Reason))
	}
	if len(t.Entries) <= 16 {
		for j := range i {
			if t.Entries[j].Account == e.Account {
				return repeated(e.Account)
			}
		}
	} else if i == 0 {
		seen := make(map[Ref]struct{}, len(t.Entries))
		for j := range t.Entries {
			seen[t.Entries[j].Account] = struct{}{}
		}
		if len(seen) < len(t.Entries) {
			return repeated(Ref{})
		}
	}
	return nil
}

func repeated(r Ref) *Error {
	err := invalid("repeated_account", "entries", "no account stands twice in one transaction")
	err.Account = r
	return err
}

// checkBalance adds up per currency. Most transactions have one.
func (t *Transaction) checkBalance() *Error {
	for i := range t.Entries {
		cur := t.Entries[i].Amount.cur
		if seenBefore(t.Entries[:i], cur) {
			continue
		}
		sum := Zero(cur)
		for j := i; j < len(t.Entries); j++ {
			if t.Entries[j].Amount.cur != cur {
				continue
			}
			s, err := sum.Add(t.Entries[j].Amount)
			if err != nil {
				return tooLarge()
			}
			sum = s
		}
		if sum.minor != 0 {
			return invalid("unbalanced_journal", "entries", "the entries in "+cur.String()+" add up to "+sum.Amount()+", not to zero")
		}
	}
	return nil
}

func seenBefore(entries []Entry, c Currency) bool {
	for i := range entries {
		if entries[i].Amount.cur == c {
			return true
		}
	}
	return false
}

// CheckMetadata refuses metadata that is out of bounds: at most 50 keys of 1 to
// 40 characters without square brackets, values of at most 500 characters, all
// of it valid UTF-8.
func CheckMetadata(meta map[string]string) error {
	if err := checkMetadata(meta); err != nil {
		return err
	}
	return nil
}

func checkMetadata(meta map[string]string) *Error {
	if len(meta) == 0 {
		return nil
	}
	if len(meta) > maxMetaKeys {
		return invalid("metadata_too_many_keys", "metadata", "metadata has at most 50 keys")
	}
	for _, k := range slices.Sorted(maps.Keys(meta)) {
		if err := checkMetaPair(k, meta[k]); err != nil {
			return err
		}
	}
	return nil
}
