package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"time"
)

// canon is the one form of bytes in which rows are sealed: each text after its
// length, each number as a varint, in a fixed order. Two rows that differ never have
// the same bytes. It never changes; something more is sealed by another hash.
type canon []byte

func (b *canon) text(s string) {
	*b = binary.AppendUvarint(*b, uint64(len(s)))
	*b = append(*b, s...)
}

func (b *canon) number(n int64) { *b = binary.AppendVarint(*b, n) }

func (b *canon) time(t time.Time) { b.number(t.UnixMicro()) }

func (b *canon) flag(x bool) {
	if x {
		b.number(1)
	} else {
		b.number(0)
	}
}

// head is a transaction without its entries.
func (b *canon) head(t *Transaction) {
	for _, s := range [...]string{t.ID, t.Book, t.Reason, t.Corrects, t.Object.Kind, t.Object.ID} {
		b.text(s)
	}
	b.time(t.Posted)
	b.time(t.Effective)
	b.number(int64(len(t.Meta)))
	for _, k := range slices.Sorted(maps.Keys(t.Meta)) {
		b.text(k)
		b.text(t.Meta[k])
	}
}

// entries are the entries of a transaction, as they stand in their accounts.
func (b *canon) entries(a *Archived) {
	b.text(a.Transaction.ID)
	b.number(int64(len(a.Entries)))
	for i := range a.Entries {
		e := &a.Entries[i]
		for _, s := range [...]string{e.Account.Book, e.Account.Owner, e.Account.Purpose, e.Account.Currency.String()} {
			b.text(s)
		}
		b.number(e.Number)
		b.number(e.Amount.minor)
		b.number(e.Balance.minor)
		b.time(e.At)
		b.time(e.Effective)
		b.flag(i < len(a.Transaction.Entries) && a.Transaction.Entries[i].Forced)
	}
}

func (b *canon) event(e *Event) {
	for _, s := range [...]string{e.ID, e.Type, e.Platform, e.Object.Kind, e.Object.ID} {
		b.text(s)
	}
	b.number(e.Version)
	b.time(e.At)
	b.text(string(e.Data))
}

// rowHash hashes rows as they are read.
type rowHash struct {
	heads, entries hash.Hash
	rows           int64
	moved          int64 // transactions whose entries are in an archive
	closed         map[string]time.Time
	buf            canon
}

func newRowHash() *rowHash {
	return &rowHash{heads: sha256.New(), entries: sha256.New(), closed: make(map[string]time.Time)}
}

// archived reports whether a transaction that has no entries may have lost them to an
// archive: what is not in a closed period was not moved.
func (h *rowHash) archived(v View, t *Transaction) (bool, error) {
	until, ok := h.closed[t.Book]
	if !ok {
		var err error
		if until, err = ClosedUntil(v, t.Book); err != nil {
			return false, err
		}
		h.closed[t.Book] = until
	}
	return t.Posted.Before(until) && t.Effective.Before(until), nil
}

func (h *rowHash) written(v View, w *Written) error {
	for i := range w.Transactions {
		a := &w.Transactions[i]
		h.rows++
		h.buf = h.buf[:0]
		h.buf.head(&a.Transaction)
		h.heads.Write(h.buf)
		if len(a.Entries) == 0 {
			moved, err := h.archived(v, &a.Transaction)
			if err != nil {
				return err
			}
			if moved {
				h.moved++
			}
		}
		h.buf = h.buf[:0]
		h.buf.entries(a)
		h.entries.Write(h.buf)
	}
	for i := range w.Events {
		h.rows++
		h.buf = h.buf[:0]
		h.buf.event(&w.Events[i])
		h.heads.Write(h.buf)
	}
	return nil
}

// into writes what was hashed into a block.
func (h *rowHash) into(f Feed, p *Sealed) {
	p.Rows, p.Hash = h.rows, hex.EncodeToString(h.heads.Sum(nil))
	if f == JournalFeed {
		p.Moved = h.moved
		p.Entries = hex.EncodeToString(h.entries.Sum(nil))
	}
}
