package connect

import (
	"cmp"

	"github.com/soukhq/souk/ledger"
)

// books posts for one object of a platform. Every line is one transaction of
// one reason; accounts are opened as the chart has them.
type books struct {
	u      *ledger.Unit
	p      *Platform
	object ledger.ID

	late    ledger.Money   // what an account that is closed got of a dispute: keepLate
	first   string         // the first transaction that was posted; empty: none was
	last    string         // and the latest
	entries []ledger.Entry // of the transaction in hand; the unit keeps copies
}

// line is one entry: into an account (positive) or out of it.
type line struct {
	account ledger.Ref
	minor   int64
	forced  bool
}

// in moves an amount into an account, out takes it out. Amounts of flows are
// zero or more, so their negative always exists.
func in(r ledger.Ref, m ledger.Money) line { return line{account: r, minor: m.Minor()} }

func out(r ledger.Ref, m ledger.Money) line { return line{account: r, minor: -m.Minor()} }

// force books the line whatever the balance, if the short-balance policy of its
// owner says so.
func (l line) force(s ShortPolicy) line {
	l.forced = s == ShortNegative
	return l
}

// post books one transaction. Lines of nothing are left out, and so is a
// transaction of nothing.
func (b *books) post(reason string, lines ...line) {
	b.entries = b.entries[:0]
	for _, l := range lines {
		if l.minor == 0 {
			continue
		}
		b.u.Open(ledger.Account{Ref: l.account, Shared: b.shared(l.account)})
		b.entries = append(b.entries, ledger.Entry{
			Account: l.account, Amount: ledger.Minor(l.minor, l.account.Currency), Forced: l.forced,
		})
	}
	if len(b.entries) == 0 {
		return
	}
	id := b.u.Post(ledger.Transaction{Book: b.p.id, Reason: reason, Object: b.object, Entries: b.entries})
	b.first, b.last = cmp.Or(b.first, id), id
}

// postEntries books entries that another package made.
func (b *books) postEntries(reason string, entries []ledger.Entry) {
	for _, e := range entries {
		b.u.Open(ledger.Account{Ref: e.Account, Shared: b.shared(e.Account)})
	}
	b.u.Post(ledger.Transaction{Book: b.p.id, Reason: reason, Object: b.object, Entries: entries})
}

// shared tells which accounts everybody's payments touch: those of the house,
// and what is pending for the platform.
func (b *books) shared(r ledger.Ref) bool {
	return r.Owner == ledger.House || r.Owner == b.p.id && isPending(r.Purpose)
}

func isPending(purpose string) bool {
	return len(purpose) > len(pendingPrefix) && purpose[:len(pendingPrefix)] == pendingPrefix
}

const pendingPrefix = "pending/"

// house names an account of the house in the platform's book, of names one of a
// platform or account.
func (p *Platform) house(purpose string, c ledger.Currency) ledger.Ref {
	return ledger.Ref{Book: p.id, Owner: ledger.House, Purpose: purpose, Currency: c}
}

func (p *Platform) of(owner, purpose string, c ledger.Currency) ledger.Ref {
	return ledger.Ref{Book: p.id, Owner: owner, Purpose: purpose, Currency: c}
}
