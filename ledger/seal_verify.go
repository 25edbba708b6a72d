package ledger

import (
	"context"
	"fmt"
	"slices"
)

// SealCheck says how the chain is checked. The zero value does what Verify does.
type SealCheck struct {
	// Kept are blocks whose hashes were kept elsewhere: the chain has to have them.
	Kept []Block

	// Moved returns transactions that were moved to an archive, as ReadArchive gives
	// them, each once and in any order. Without it, of blocks with such transactions
	// the entries are not compared.
	Moved func(ids []string) ([]Archived, error)
}

// VerifySeals checks the chain of blocks against what they seal, in one consistent
// moment and bounded memory. Report.Differences names the first block that differs,
// and blocks that are not what was kept of them.
func VerifySeals(ctx context.Context, s Store, c SealCheck) (*Report, error) {
	r := &Report{}
	err := read(ctx, s, func(v View) error { return r.seals(ctx, v, c) })
	if err != nil {
		return nil, err
	}
	return r, nil
}

// seals goes along the chain, up to the first block that differs: those that follow
// it hang on it.
func (r *Report) seals(ctx context.Context, v View, c SealCheck) error {
	latest, err := LatestSeal(v)
	if err != nil {
		return err
	}
	end, err := sealedTo(v)
	if err != nil {
		return err
	}
	kept := slices.Clone(c.Kept)
	slices.SortFunc(kept, Block.Compare)
	before := Seal{}
	for n := int64(1); n <= max(latest.Block, end.Block); n++ {
		if err := ctx.Err(); err != nil {
			return unavailable("verify", err)
		}
		next, ok, err := r.block(v, n, &before, c)
		if err != nil || !ok {
			return err
		}
		for len(kept) > 0 && kept[0].Number <= n {
			if kept[0].Number == n && kept[0].Hash != next.Hash {
				r.Add(blockName(n), "its hash is %s, and %s was kept of it", next.Hash, kept[0].Hash)
			}
			kept = kept[1:]
		}
		r.Blocks++
		before = next
	}
	if end.Block != before.Block || end.Hash != before.Hash {
		r.Add(blockName(before.Block), "it is the last one, and %d of hash %s should be", end.Block, end.Hash)
	}
	for _, k := range kept {
		r.Add(blockName(k.Number), "it is not there, and its hash was kept")
	}
	return nil
}

func blockName(n int64) string { return fmt.Sprintf("block %d", n) }

// sealedTo is the last block by what the sealing itself says.
func sealedTo(v View) (Seal, error) {
	list, err := v.Objects(sealingKind.ID(theSealing))
	if err != nil || list[0].Version == 0 {
		return Seal{}, err
	}
	x, err := sealingKind.Decode(list[0])
	if err != nil {
		return Seal{}, err
	}
	return x.Last, nil
}

// block checks one block against the one before and what it seals.
func (r *Report) block(v View, n int64, before *Seal, c SealCheck) (s Seal, ok bool, err error) {
	list, err := v.Objects(SealKind.ID(SealID(n)))
	if err != nil {
		return s, false, err
	}
	if list[0].Version == 0 {
		r.Add(blockName(n), "it is not there")
		return s, false, nil
	}
	have, err := SealKind.Decode(list[0])
	if err != nil {
		r.Add(blockName(n), "%v", err)
		return s, false, nil
	}
	s = *have
	switch {
	case s.Block != n || s.Previous != before.Hash || s.Journal.After != before.Journal.To || s.Events.After != before.Events.To || s.At.Before(before.At):
		r.Add(blockName(n), "it does not go on from the block before")
		return s, false, nil
	case s.hash() != s.Hash:
		r.Add(blockName(n), "it was changed: its hash is not that of what it says")
		return s, false, nil
	}
	for _, x := range []struct {
		feed Feed
		part Sealed
		what string
	}{{JournalFeed, s.Journal, "transactions"}, {EventFeed, s.Events, "events"}} {
		msg, err := r.sealed(v, x.feed, x.part, c)
		if err != nil {
			return s, false, err
		}
		if msg != "" {
			r.Add(blockName(n), "%s that it seals (of %v) are not as they were: %s", x.what, s.At, msg)
			return s, false, nil
		}
	}
	return s, true, nil
}

// sealed computes again what a block says of a feed, and says what differs.
func (r *Report) sealed(v View, f Feed, p Sealed, c SealCheck) (string, error) {
	h := newRowHash()
	q := WrittenQuery{Feed: f, After: p.After, To: p.To, Limit: sealRows}
	for q.To != "" {
		w, err := v.Written(q)
		if err != nil {
			return "", err
		}
		if err := c.moved(w); err != nil {
			return "", err
		}
		if err := h.written(v, w); err != nil {
			return "", err
		}
		if len(w.Transactions)+len(w.Events) < q.Limit || h.rows > p.Rows {
			break
		}
		q.After = w.Next
	}
	var is Sealed
	h.into(f, &is)
	switch {
	case is.Rows != p.Rows:
		return fmt.Sprintf("there are %d of %d", is.Rows, p.Rows), nil
	case is.Hash != p.Hash:
		return "their hash is another", nil
	case is.Entries != p.Entries && h.moved == 0 && p.Moved == 0:
		return "the hash of their entries is another", nil
	}
	return "", nil
}

// moved puts back what was moved to an archive.
func (c *SealCheck) moved(w *Written) error {
	if c.Moved == nil {
		return nil
	}
	at := make(map[string]int)
	var ids []string
	for i := range w.Transactions {
		if len(w.Transactions[i].Entries) == 0 {
			id := w.Transactions[i].Transaction.ID
			at[id], ids = i, append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	list, err := c.Moved(ids)
	for _, a := range list {
		if i, ok := at[a.Transaction.ID]; ok {
			w.Transactions[i].Entries, w.Transactions[i].Transaction.Entries = a.Entries, a.Transaction.Entries
		}
	}
	return err
}
