package connect

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// ClosePeriod closes the platform's book for all that counts before a day in UTC, if its
// checks pass: its trial balance is zero, its objects say what its ledger has (as
// Verify adds up), and its balance transactions are its balances (as VerifyBalances).
// If one does not, nothing is closed: the error is of class State, code
// books_do_not_add_up, and the report says where. A day to come is invalid_period, an
// earlier day than that of a period that is closed State, period_closed. Later changes
// cannot post into what is closed; closing it again changes nothing.
func (p *Platform) ClosePeriod(ctx context.Context, until payout.Day) (*ledger.Report, error) {
	if err := p.may(ctx, "ClosePeriod"); err != nil {
		return nil, err
	}
	wrap := func(err error) error { return fmt.Errorf("connect: close period: %w", err) }
	r, prof := &ledger.Report{}, p.Profile()
	trial, err := p.TrialBalance(ctx)
	if err != nil {
		return nil, wrap(err)
	}
	if !trial.IsZero() {
		r.Add("platform "+p.id, "its trial balance is %v", trial.Totals)
	}
	err = p.store.Read(ctx, func(v ledger.View) error {
		_, _, err := inPasses(r, tallied, func(x *pass) error { return verifyPlatform(v, x, &prof, payout.DayOf(p.e.env.Time(), time.UTC)) })
		if err != nil {
			return err
		}
		return verifyLines(v, r, p.id)
	})
	if err == nil {
		err = r.Err()
	}
	if err == nil {
		err = p.e.env.ClosePeriod(ctx, p.store, p.id, until.Time())
	}
	if err != nil {
		return r, wrap(err)
	}
	return r, nil
}
