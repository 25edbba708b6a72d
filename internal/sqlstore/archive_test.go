package sqlstore

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// paid is a store with n payments in a book that is closed until a moment.
func paid(t *testing.T, n int) (*Store, time.Time) {
	t.Helper()
	s, at := store(t), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	bank := ledger.Ref{Book: "plat_1", Owner: "house", Purpose: "bank/main", Currency: ledger.EUR}
	seller := ledger.Ref{Book: "plat_1", Owner: "acct_1", Purpose: "available", Currency: ledger.EUR}
	for i := range n {
		_, err := s.Commit(t.Context(), &ledger.Change{ID: fmt.Sprint("chg_", i), At: at,
			Open: []ledger.Account{{Ref: bank}, {Ref: seller, Floor: ledger.Floor{Kind: ledger.Guarded}}},
			Post: []ledger.Transaction{{ID: fmt.Sprint("tx_", i), Book: "plat_1", Reason: "top-up", Entries: []ledger.Entry{
				{Account: bank, Amount: ledger.Minor(-1, ledger.EUR)}, {Account: seller, Amount: ledger.Minor(1, ledger.EUR)}}}}})
		require.NoError(t, err)
	}
	until := at.Add(time.Hour)
	require.NoError(t, ledger.Env{Now: func() time.Time { return until }}.ClosePeriod(t.Context(), s, "plat_1", until))
	return s, until
}

// What one look does not find the next one does.
func TestArchiveLooksAgain(t *testing.T) {
	for n := range 8 {
		s, until := paid(t, n)
		var out bytes.Buffer
		r, err := ledger.ArchiveRequest{Book: "plat_1", Before: until, To: &out, Limit: 2}.Check()
		require.NoError(t, err)
		a := &archive{t.Context(), s.d, keeper{s}, r, bufio.NewWriter(&out), &ledger.ArchiveResult{}, 3}
		require.NoError(t, a.run())
		require.Equal(t, ledger.ArchiveResult{Transactions: int64(n), Entries: int64(2 * n)}, *a.done)
		require.Equal(t, n, bytes.Count(out.Bytes(), []byte(`{"id"`)))
	}
}

// hurried is a keeper who finds for some time that others were faster.
type hurried struct {
	Keeper
	lost int
}

func (h *hurried) Move(ctx context.Context, m *Moving) error {
	if h.lost--; h.lost >= 0 {
		return Taken()
	}
	return h.Keeper.Move(ctx, m)
}

// A move that was lost is tried again, and not for ever (promise 39).
func TestArchiveTriesAgain(t *testing.T) {
	for _, lost := range []int{0, 1, maxLost, maxLost + 1} {
		s, until := paid(t, 5)
		var out bytes.Buffer
		done, err := Archive(t.Context(), s.d, &hurried{keeper{s}, lost}, ledger.ArchiveRequest{Book: "plat_1", Before: until, To: &out, Limit: 2})
		if lost <= maxLost {
			require.NoError(t, err)
			require.EqualValues(t, 5, done.Transactions)
			continue
		}
		requireCode(t, err, ledger.Conflict, "changed")
		require.Zero(t, done.Transactions)
	}
}

// A move does nothing if it finds another row than was read, or an older one that
// stays behind.
func TestMoveDoesNothingInPart(t *testing.T) {
	s, until := paid(t, 4)
	r, err := ledger.ArchiveRequest{Book: "plat_1", Before: until, To: &bytes.Buffer{}}.Check()
	require.NoError(t, err)
	a := &archive{t.Context(), s.d, keeper{s}, r, nil, &ledger.ArchiveResult{}, looked}
	seqs, _, err := a.find()
	require.NoError(t, err)
	require.Len(t, seqs, 4)
	counted, _, err := a.load(seqs[:2])
	require.NoError(t, err)
	counted.Entries++
	requireCode(t, a.k.Move(t.Context(), counted), ledger.Conflict, "changed")
	behind, _, err := a.load(seqs[1:3])
	require.NoError(t, err)
	requireCode(t, a.k.Move(t.Context(), behind), ledger.Conflict, "changed")
	whole, _, err := a.load(seqs)
	require.NoError(t, err)
	require.NoError(t, a.k.Move(t.Context(), whole))
	requireCode(t, a.k.Move(t.Context(), whole), ledger.Conflict, "changed")
	report, err := ledger.Verify(t.Context(), s)
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.EqualValues(t, 8, report.Archived)
}
