package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

const chargeMinor = 1000

// runCharge measures whole charges of connect: recorded, carried out by the
// simulated acquirer, settled.
func runCharge(ctx context.Context, b *bench, add func(row)) (err error) {
	s, err := b.prepared(ctx, &books{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return b.charges(ctx, s, "charge", add)
}

// charges measures them on a store.
func (b *bench) charges(ctx context.Context, s *subject, name string, add func(row)) error {
	engine, err := connect.New(connect.Config{Store: s.Store})
	if err != nil {
		return err
	}
	p, err := engine.Register(ctx, connect.PlatformRequest{Key: "bench", Name: "Bench", Country: "US"})
	if err != nil {
		return err
	}
	sellers := make([]string, 100)
	for i := range sellers {
		r := connecttest.Seller("US")
		r.Key = "seller-" + strconv.Itoa(i)
		a, err := p.CreateAccount(ctx, r)
		if err != nil {
			return err
		}
		sellers[i] = a.ID
	}
	var done atomic.Int64
	r, err := b.measure(ctx, name, 64, s.db, func(ctx context.Context, h *hand) error {
		_, err := p.Charge(ctx, connect.ChargeRequest{
			Key: clock.ID("order-"), Amount: ledger.Minor(chargeMinor, ledger.USD), AccountID: sellers[h.below(len(sellers))],
			ApplicationFee: ledger.Minor(123, ledger.USD), Source: connect.TestCard,
		})
		if err == nil {
			done.Add(1)
		}
		return err
	})
	if err != nil {
		return err
	}
	add(r)
	if err := checkCharged(ctx, s, done.Load()); err != nil || !b.verify {
		return err
	}
	return verified(engine.Verify(ctx))
}

// checkCharged compares what the acquirer owes with what was acknowledged.
func checkCharged(ctx context.Context, s *subject, charges int64) error {
	var owed, sum int64
	err := s.Read(ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{}, func(a ledger.Account) error {
			sum += a.Posted.Minor()
			if strings.HasPrefix(a.Purpose, "acquirer/") {
				owed -= a.Posted.Minor()
			}
			return nil
		})
	})
	if err == nil && (sum != 0 || owed != charges*chargeMinor) {
		err = fmt.Errorf("the acquirer owes %d, of %d charges of %d; the books add up to %d", owed, charges, chargeMinor, sum)
	}
	return err
}
