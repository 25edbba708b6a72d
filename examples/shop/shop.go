package main

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// good is what can be bought.
type good struct {
	ID, Name, Seller string
	Price            ledger.Money
}

// goods is the whole assortment, by two sellers.
var goods = []good{
	{"mug", "Mug", "Ann", ledger.Minor(18_00, ledger.USD)},
	{"bowl", "Bowl", "Ann", ledger.Minor(42_00, ledger.USD)},
	{"lamp", "Lamp", "Ben", ledger.Minor(95_50, ledger.USD)},
	{"stool", "Stool", "Ben", ledger.Minor(120_00, ledger.USD)},
}

func goodOf(id string) (good, error) {
	for _, g := range goods {
		if g.ID == id {
			return g, nil
		}
	}
	return good{}, &ledger.Error{Class: ledger.NotFound, Code: "not_found", Op: "shop: goods"}
}

// commission is what the shop keeps of a price: a tenth.
func (g good) commission() ledger.Money { return ledger.Minor(g.Price.Minor()/10, ledger.USD) }

// orders is the shop's own table. Whether an order is paid is not in it: that is
// the charge's to say.
const orders = `create table if not exists orders (
	id     text primary key,
	good   text not null,
	cents  bigint not null,
	charge text not null default '',
	refund text not null default ''
)`

// order is one row of it.
type order struct {
	ID, Good       string
	Cents          int64
	Charge, Refund string
}

type shop struct {
	*database
	engine   *connect.Engine
	platform *connect.Platform
	sellers  map[string]string // name to account
	log      *slog.Logger
}

// openShop makes the shop's table and signs its sellers up, if that has not been
// done.
func openShop(ctx context.Context, d *database, c connect.Config, log io.Writer) (*shop, error) {
	s := &shop{database: d, sellers: make(map[string]string), log: slog.New(slog.NewTextHandler(log, nil))}
	if _, err := d.ExecContext(ctx, orders); err != nil {
		return nil, err
	}
	var err error
	c.Store, c.Logger = d.books, s.log
	if s.engine, err = connect.New(c); err != nil {
		return nil, err
	}
	if s.platform, err = s.engine.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"}); err != nil {
		return nil, err
	}
	for _, g := range goods {
		request := connecttest.Seller("US") // who has given all details already
		request.Key, request.Metadata = "seller-"+g.Seller, map[string]string{"name": g.Seller}
		a, err := s.platform.CreateAccount(ctx, request)
		if err != nil {
			return nil, err
		}
		s.sellers[g.Seller] = a.ID
	}
	return s, nil
}

// buy places an order and has its card charged. From the commit on the order
// stands: if this process ends before the card was asked, or before the answer
// was booked, Drain carries the charge out.
func (s *shop) buy(ctx context.Context, id string, g good, card string) error {
	var charge string
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		charge, err = s.place(ctx, tx, id, g, card)
		return err
	})
	if err != nil || charge == "" {
		return err
	}
	s.carryOut(ctx, charge)
	return nil
}

// place makes the order and its charge in a transaction: both are there when it
// commits, and neither if it does not. The charge is only recorded; the card is
// not touched. An order that was placed before is left alone, and there is no
// charge to carry out: who presses the button twice buys once.
func (s *shop) place(ctx context.Context, tx *sql.Tx, id string, g good, card string) (charge string, err error) {
	r, err := tx.ExecContext(ctx, `insert into orders (id, good, cents) values ($1, $2, $3) on conflict (id) do nothing`, id, g.ID, g.Price.Minor())
	if err != nil {
		return "", err
	}
	if n, err := r.RowsAffected(); n == 0 || err != nil {
		return "", err
	}
	c, err := s.platform.In(s.join(tx)).Charge(ctx, connect.ChargeRequest{
		Key: id, Amount: g.Price, AccountID: s.sellers[g.Seller], ApplicationFee: g.commission(), Source: card, Description: g.Name,
	})
	if err != nil {
		return "", err
	}
	_, err = tx.ExecContext(ctx, `update orders set charge = $2 where id = $1`, id, c.ID)
	return c.ID, err
}

// refund gives the price of an order back, and the seller's share of it with the
// commission. It is recorded with the order as the charge was.
func (s *shop) refund(ctx context.Context, id string) error {
	var refund string
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		o, err := find(ctx, tx, id)
		if err != nil || o.Refund != "" {
			return err
		}
		r, err := s.platform.In(s.join(tx)).Refund(ctx, connect.RefundRequest{
			Key: "refund-" + id, ChargeID: o.Charge, ReverseTransfer: true, RefundFee: true, Reason: "requested_by_customer",
		})
		if err != nil {
			return err
		}
		refund = r.ID
		_, err = tx.ExecContext(ctx, `update orders set refund = $2 where id = $1`, id, refund)
		return err
	})
	if err != nil || refund == "" {
		return err
	}
	s.carryOut(ctx, refund)
	return nil
}

// carryOut asks the acquirer for what has been committed. That it fails is no
// failure of the order: it is tried again by Drain.
func (s *shop) carryOut(ctx context.Context, id string) {
	if err := s.platform.Finish(ctx, id); err != nil {
		s.log.Warn("not carried out yet", slog.String("id", id), slog.Any("error", err))
	}
}

// status says how an order stands, by its charge and its refund.
func (s *shop) status(ctx context.Context, o order) (string, error) {
	if o.Refund != "" {
		r, err := s.platform.GetRefund(ctx, o.Refund)
		if err != nil {
			return "", err
		}
		return map[connect.RefundStatus]string{
			connect.RefundPending: "being refunded", connect.RefundSucceeded: "refunded", connect.RefundFailed: "paid; the refund was refused",
			connect.RefundUnknown: "being refunded; nobody knows yet",
		}[r.Status], nil
	}
	c, err := s.platform.GetCharge(ctx, o.Charge)
	if err != nil {
		return "", err
	}
	return map[connect.ChargeStatus]string{
		connect.ChargeProcessing: "being paid", connect.ChargeSucceeded: "paid", connect.ChargeFailed: "the card was declined",
		connect.ChargeUnknown: "being paid; nobody knows yet",
	}[c.Status], nil
}

// querier is the database, or a transaction on it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

const columns = `select id, good, cents, charge, refund from orders `

// find returns an order.
func find(ctx context.Context, q querier, id string) (order, error) {
	list, err := query(ctx, q, columns+`where id = $1`, id)
	if err == nil && len(list) == 0 {
		err = &ledger.Error{Class: ledger.NotFound, Code: "not_found", Op: "shop: order"}
	}
	if err != nil {
		return order{}, err
	}
	return list[0], nil
}

// latest returns the latest orders, newest first: ids rise.
func latest(ctx context.Context, q querier) ([]order, error) {
	return query(ctx, q, columns+`order by id desc limit 20`)
}

func query(ctx context.Context, q querier, text string, args ...any) (list []order, err error) {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var o order
		if err := rows.Scan(&o.ID, &o.Good, &o.Cents, &o.Charge, &o.Refund); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, rows.Err()
}
