package sqlite

import (
	"context"

	"github.com/soukhq/souk/ledger"
)

// Archive moves old transactions of a book out of the file: what was posted and
// counts before a moment, which lies in a closed period (ledger.ClosePeriod).
// They are written to r.To as lines of JSON (ledger.Archived, ReadArchive), and
// their entries are deleted once the writer has taken and synced them. Balances,
// statements and Verify go on from what each account carries forward. Their ids
// stay, so that nothing happens twice.
//
// It may be stopped at any time, by its context too, and called again. Where it was
// cut off between writing and deleting, lines come twice, and nothing is lost. Other
// callers go on meanwhile; they wait for one part at a time (r.Limit).
//
// The errors are, besides those of every call: class State, code period_open, if
// the book is not closed up to then, and books_do_not_add_up, if a transaction is
// not whole; class Unavailable, code archive_not_written, if the writer failed;
// Conflict, changed, if others kept moving the same. The result says what was moved
// until then.
func (s *Store) Archive(ctx context.Context, r ledger.ArchiveRequest) (*ledger.ArchiveResult, error) {
	if s == nil || s.on == nil {
		return &ledger.ArchiveResult{}, missing("store")
	}
	return s.on.Archive(ctx, r)
}
