package connect

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/ledger"
)

// Seal returns the latest block of the chain by which Drain seals the journal and all
// events, with who did what. Its number and hash, noted where nobody who may write to
// the database can reach, are what VerifyKept compares. Before the first block it is
// the zero Seal.
func (e *Engine) Seal(ctx context.Context) (*ledger.Seal, error) {
	var s ledger.Seal
	err := e.c.Store.Read(ctx, func(v ledger.View) (err error) {
		s, err = ledger.LatestSeal(v)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("connect: seal: %w", err)
	}
	return &s, nil
}

// VerifyKept checks the chain of blocks as Verify does, and that it still has what was
// noted of some of them: nobody can have changed anything that these seal, nor made a
// new chain over it. VerifySeals of ledger holds archives against it, too.
func (e *Engine) VerifyKept(ctx context.Context, kept ...ledger.Block) (*ledger.Report, error) {
	r, err := ledger.VerifySeals(ctx, e.c.Store, ledger.SealCheck{Kept: kept})
	if err != nil {
		return nil, fmt.Errorf("connect: verify: %w", err)
	}
	return r, nil
}
