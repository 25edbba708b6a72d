package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// authority is who the surcharges belong to.
const authority = "nyc"

// replay drives a marketplace through the trips.
type replay struct {
	engine   *connect.Engine
	platform *connect.Platform
	clock    *connecttest.Clock
	progress io.Writer
	seed     uint64

	drivers map[string]string // zone to account: the file names no drivers
	day     time.Time
	report  report

	last time.Time                          // to which an earlier run on the same books came; zero if there was none
	paid map[string]map[string]ledger.Money // what it paid out, by date and account
}

// held is how long who was stopped in the middle of a request keeps others from
// it, by the replay's clock.
const held = time.Second

func newReplay(ctx context.Context, c connect.Config, seed uint64, first time.Time, progress io.Writer) (*replay, error) {
	r := &replay{
		clock: connecttest.NewClock(first), progress: progress, seed: seed,
		drivers: make(map[string]string), day: first, report: newReport(),
		paid: make(map[string]map[string]ledger.Money),
	}
	var err error
	c.Now, c.Lease = r.clock.Now, held
	if c.Acquirer == nil {
		c.Acquirer = connect.NewSimulator(connect.SimulatorConfig{Now: c.Now})
	}
	if c.Rail == nil {
		c.Rail = payout.NewSimulator(payout.SimulatorConfig{Now: c.Now})
	}
	if r.engine, err = connect.New(c); err != nil {
		return nil, err
	}
	// Books that were begun with another seed are refused: the key is the same, the
	// request is not.
	r.platform, err = r.engine.Register(ctx, connect.PlatformRequest{
		Key: "rides", Name: "Rides", Country: "US", Metadata: map[string]string{"seed": strconv.FormatUint(seed, 10)},
	})
	if err != nil {
		return nil, err
	}
	if err := r.resume(ctx, c.Acquirer, c.Rail); err != nil {
		return nil, fmt.Errorf("going on where an earlier run stopped: %w", err)
	}
	r.clock.Set(first)
	return r, nil
}

// run replays every trip, and then lets time pass until all is paid. What an
// earlier run has done already it does again under the same keys, so that nothing
// happens and the answers are those of then.
func (r *replay) run(ctx context.Context, trips []trip) error {
	for _, t := range trips {
		if err := r.until(ctx, t.pickup); err != nil {
			return err
		}
		if err := r.trip(ctx, t); err != nil {
			return fmt.Errorf("trip in row %d: %w", t.row, err)
		}
	}
	return r.finish(ctx)
}

// until lets the days pass up to a moment: money becomes available, and on
// Mondays the drivers are paid.
func (r *replay) until(ctx context.Context, at time.Time) error {
	for next := r.day.AddDate(0, 0, 1); !next.After(at); next = next.AddDate(0, 0, 1) {
		r.day = next
		if err := r.midnight(ctx); err != nil {
			return err
		}
	}
	r.clock.Set(at)
	return nil
}

func (r *replay) midnight(ctx context.Context) error {
	r.clock.Set(r.day)
	if !r.behind() {
		if err := r.drain(ctx); err != nil {
			return err
		}
	}
	if r.day.Weekday() != time.Monday {
		return nil
	}
	fmt.Fprintf(r.progress, "%s  %5d trips from %d zones so far; payday\n", r.day.Format(time.DateOnly), r.report.trips, len(r.drivers))
	return r.payDrivers(ctx)
}

// drain does the work that is due. That one object failed is in Drained alone:
// a host would have it tried again, a replay to the cent has gone wrong.
func (r *replay) drain(ctx context.Context) error {
	done, err := r.engine.Drain(ctx)
	return errors.Join(err, done.Err)
}

// payDrivers pays every driver what is available. Who has nothing, or owes
// commission, is passed over; any other failure ends the replay.
func (r *replay) payDrivers(ctx context.Context) error {
	for _, zone := range slices.Sorted(maps.Keys(r.drivers)) {
		account := r.drivers[zone]
		if r.behind() {
			if amount, ok := r.paid[r.day.Format(time.DateOnly)][account]; ok {
				r.report.payout(r.day, zone, amount)
			}
			continue
		}
		po, err := r.platform.Payout(ctx, connect.PayoutRequest{
			Key: "weekly-" + r.day.Format(time.DateOnly) + "-" + account, AccountID: account, Amount: usd(0), Descriptor: "RIDES WEEKLY",
		})
		if errors.Is(err, ledger.InsufficientFunds) {
			continue
		}
		if err != nil {
			return fmt.Errorf("payout to %s: %w", zone, err)
		}
		r.report.payout(r.day, zone, po.Amount)
	}
	return nil
}

func (r *replay) trip(ctx context.Context, t trip) error {
	driver, err := r.driver(ctx, t.zone)
	if err != nil {
		return err
	}
	commission, err := t.fare.Times(decimal.New(25, -2), ledger.RoundHalfUp)
	if err != nil {
		return err
	}
	var tax []connect.Tax
	if s := t.surcharges(); !s.IsZero() {
		tax = []connect.Tax{{Authority: authority, Amount: s}}
	}
	key := fmt.Sprintf("trip-%d", t.row)
	switch t.kind {
	case "credit card":
		c, err := r.platform.Charge(ctx, connect.ChargeRequest{
			Key: key, Amount: t.total, Source: connect.TestCard, AccountID: driver, ApplicationFee: commission, Tax: tax,
		})
		if err != nil {
			return err
		}
		r.report.card(t, commission, c.ProcessingFee)
		return r.perhapsRefund(ctx, t, c)
	case "cash":
		_, err := r.platform.RecordCashSale(ctx, connect.CashSaleRequest{Key: key, AccountID: driver, Commission: commission, Tax: tax})
		r.report.cash(t, commission)
		return err
	}
	r.report.exception(t)
	return nil
}

// refunds tells whether the card trip in a row is refunded: about two in a
// hundred are. Which ones hangs on the seed alone.
func refunds(seed uint64, row int) bool {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%d", seed, row)
	return h.Sum64()%100 < 2
}

// perhapsRefund refunds half of a card trip, if it is one of those.
func (r *replay) perhapsRefund(ctx context.Context, t trip, c *connect.Charge) error {
	if !refunds(r.seed, t.row) {
		return nil
	}
	re, err := r.platform.Refund(ctx, connect.RefundRequest{
		Key: fmt.Sprintf("refund-%d", t.row), ChargeID: c.ID, Amount: usd(c.Amount.Minor() / 2), ReverseTransfer: true, RefundFee: true,
	})
	if err != nil {
		return err
	}
	r.report.refund(t, re)
	return nil
}

// driver returns the account of a zone's driver, who joins at the first trip.
func (r *replay) driver(ctx context.Context, zone string) (string, error) {
	if id, ok := r.drivers[zone]; ok {
		return id, nil
	}
	request := connecttest.Seller("US")
	request.Key, request.Metadata = "driver-"+zone, map[string]string{"zone": zone}
	a, err := r.platform.CreateAccount(ctx, request)
	if err != nil {
		return "", err
	}
	r.drivers[zone] = a.ID
	return a.ID, nil
}

// finish remits the taxes at the month's end, pays the last week, and waits for
// the bank.
func (r *replay) finish(ctx context.Context) error {
	if err := r.until(ctx, time.Date(2019, 4, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		return err
	}
	po, err := r.platform.Payout(ctx, connect.PayoutRequest{
		Key: "tax-2019-03", Authority: authority,
		Bank: &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD},
	})
	if err != nil {
		return fmt.Errorf("taxes: %w", err)
	}
	r.report.Remitted = po.Amount
	return r.until(ctx, time.Date(2019, 4, 10, 0, 0, 0, 0, time.UTC))
}

// left returns what each zone has that was not paid out, below zero what it
// owes.
func (r *replay) left(ctx context.Context) (map[string]ledger.Money, error) {
	left := make(map[string]ledger.Money, len(r.drivers))
	for zone, id := range r.drivers {
		b, err := r.platform.Balance(ctx, id)
		if err != nil {
			return nil, err
		}
		left[zone] = sum(b.In(ledger.USD).Pending, b.In(ledger.USD).Available)
	}
	return left, nil
}
