package ledger

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Seal is a block of the chain that seals what was written: the transactions with
// their entries and the events that came after the block before, with a hash over
// them and over that block. Whoever changes a row, though they have the right to
// write to the database, changes what Verify computes again. Whoever computes all
// later blocks anew as well is found by a hash that was kept elsewhere: Block.
type Seal struct {
	Block    int64     `json:"block"` // its number: 1, 2, 3 …
	At       time.Time `json:"at"`    // when it was made; never before the block before
	Journal  Sealed    `json:"journal"`
	Events   Sealed    `json:"events"`
	Previous string    `json:"previous,omitzero"` // hash of the block before; empty in the first
	Hash     string    `json:"hash"`              // SHA-256 over everything else in the block, in hexadecimal
}

// Sealed is what a block seals of a feed.
type Sealed struct {
	After Cursor `json:"after,omitzero"` // where the block before ended
	To    Cursor `json:"to,omitzero"`    // where this one ends
	Rows  int64  `json:"rows"`
	Moved int64  `json:"moved,omitzero"` // transactions that were in an archive already: their entries are not sealed
	// Hash is the SHA-256 over the rows in the order of View.Written: of transactions
	// without their entries, which has Entries, since these may be moved to an archive.
	Hash    string `json:"hash"`
	Entries string `json:"entries,omitzero"`
}

// SealKind is the kind of the blocks; their ids have their numbers.
var SealKind = Kind[Seal]{
	Name: "ledger.seal", Prefix: "seal_",
	Keys: func(s *Seal) []Key { return []Key{{Name: "seals", At: s.At}} },
	Columns: []Column{
		{Name: "block", Path: "block", Type: IntegerColumn}, {Name: "at", Path: "at", Type: TimeColumn},
		{Name: "previous", Path: "previous"}, {Name: "hash", Path: "hash"},
		{Name: "transactions", Path: "journal.rows", Type: IntegerColumn}, {Name: "events", Path: "events.rows", Type: IntegerColumn},
	},
}

// SealID is the id of a block.
func SealID(number int64) string { return fmt.Sprintf("%s%012d", SealKind.Prefix, number) }

// sealing says how far a store is sealed, and when to go on. There is one.
type sealing struct {
	Last Seal      `json:"last"`
	Due  time.Time `json:"due"`
}

// SealingKind is the kind of the one object that says how far a store is sealed.
const SealingKind = "ledger.sealing"

var sealingKind = Kind[sealing]{
	Name: SealingKind, Prefix: "sealing_",
	Keys: func(s *sealing) []Key { return []Key{{Name: DueKey, At: s.Due}} },
}

const theSealing = "sealing_1"

// Bounds of the work of one look: rows of each feed in a block, and blocks.
const (
	sealRows   = MaxPage
	sealBlocks = 64
)

// StartSealing lets a store be sealed by the worker Sealing, from the beginning. It
// has no effect on one that is.
func StartSealing(u *Unit) error {
	o, err := u.Object(sealingKind.ID(theSealing))
	if err != nil || o.Version > 0 {
		return err
	}
	return sealingKind.Put(u, theSealing, &sealing{Due: u.At()})
}

// Sealing returns the worker that seals what was written, every so often: all that
// there is, in blocks of up to a thousand transactions and events. A commit has no
// part in it. At once it makes 64 blocks; if more has to be sealed it comes due again
// a second later. Of two processes one makes a block, and the other sees it.
func (e Env) Sealing(every time.Duration) Worker {
	return Worker{Kind: SealingKind, Do: func(ctx context.Context, s Store, _ Object) error {
		for n := 1; ; n++ {
			more := false
			_, err := e.Update(ctx, s, func(u *Unit) (err error) {
				more, err = sealNext(u, every, n == sealBlocks)
				return err
			})
			if err != nil || !more {
				return err
			}
		}
	}}
}

// sealNext makes one block if it is time and there is something to seal.
func sealNext(u *Unit, every time.Duration, last bool) (more bool, err error) {
	x, err := sealingKind.Get(u, theSealing)
	if err != nil || x.Due.After(u.At()) {
		return false, err
	}
	next := &Seal{
		Block: x.Last.Block + 1, At: u.At(), Previous: x.Last.Hash,
		Journal: Sealed{After: x.Last.Journal.To}, Events: Sealed{After: x.Last.Events.To},
	}
	if next.At.Before(x.Last.At) {
		next.At = x.Last.At
	}
	err = u.View(func(v View) error { more, err = next.seal(v); return err })
	if err != nil {
		return false, err
	}
	switch {
	case more && last:
		x.Due, more = u.At().Add(time.Second), false
	case !more:
		x.Due = u.At().Add(every)
	}
	if next.Journal.Rows+next.Events.Rows > 0 {
		x.Last = *next
		if err := SealKind.Put(u, SealID(next.Block), next); err != nil {
			return false, err
		}
	}
	return more, sealingKind.Put(u, theSealing, x)
}

// seal reads what comes next of both feeds and fills the block; more: there is more.
func (s *Seal) seal(v View) (more bool, err error) {
	for _, x := range []struct {
		feed Feed
		part *Sealed
	}{{JournalFeed, &s.Journal}, {EventFeed, &s.Events}} {
		h := newRowHash()
		w, err := v.Written(WrittenQuery{Feed: x.feed, After: x.part.After, Limit: sealRows})
		if err != nil {
			return false, err
		}
		if err := h.written(v, w); err != nil {
			return false, err
		}
		x.part.To = w.Next
		h.into(x.feed, x.part)
		more = more || x.part.Rows == sealRows
	}
	s.Hash = s.hash()
	return more, nil
}

// hash is the hash of the block.
func (s *Seal) hash() string {
	h := sha256.New()
	var b canon
	b.number(s.Block)
	b.time(s.At)
	b.text(s.Previous)
	for _, p := range []Sealed{s.Journal, s.Events} {
		b.text(string(p.After))
		b.text(string(p.To))
		b.number(p.Rows)
		b.number(p.Moved)
		b.text(p.Hash)
		b.text(p.Entries)
	}
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}

// LatestSeal returns the latest block; of a store that has none, the zero Seal. Its
// number and hash, kept elsewhere, are what nobody can change any more.
func LatestSeal(v View) (Seal, error) {
	list, err := v.Find(Query{Kind: SealKind.Name, Name: "seals", Desc: true, Limit: 1})
	if err != nil || len(list) == 0 {
		return Seal{}, err
	}
	s, err := SealKind.Decode(list[0])
	if err != nil {
		return Seal{}, err
	}
	return *s, nil
}

// Block identifies a block and what its hash was when somebody noted it.
type Block struct {
	Number int64  `json:"number"`
	Hash   string `json:"hash"`
}

// Compare orders blocks by number.
func (b Block) Compare(o Block) int { return cmp.Compare(b.Number, o.Number) }
