package connect_test

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

// olist is a marketplace that takes real orders of a real one: goods of one or more
// sellers, each with its delivery, paid by cards in instalments, by slips that are paid
// later, by vouchers, and by several of these together.
type olist struct {
	*market
	sellers map[string]string // by the file's id
	orders  []*olistOrder
	split   int // orders from several sources
	later   int // orders that were paid later
	by      int // vouchers, and payments of less than a card takes
	short   int // sellers of orders for which less was paid than they are of
}

type olistOrder struct {
	id       string
	items    []olistItem
	sources  []connect.SourcePart // cards and slips
	vouchers []int64
	months   int
	charges  []string
}

type olistItem struct {
	seller         string
	price, freight int64
}

func reais(minor int64) ledger.Money { return ledger.Minor(minor, ledger.BRL) }

// table reads a file by column.
func table(t *testing.T, name string) []map[string]string {
	rows, err := csv.NewReader(bytes.NewReader(shareddata.Read(t, "olist/"+name))).ReadAll()
	require.NoError(t, err)
	var list []map[string]string
	for _, row := range rows[1:] {
		line := make(map[string]string, len(row))
		for i, column := range rows[0] {
			line[column] = row[i]
		}
		list = append(list, line)
	}
	return list
}

func newOlist(t *testing.T) *olist {
	o := &olist{market: newMarket(t, connecttest.Config{}), sellers: map[string]string{}}
	_, err := o.platform.RecordTopUp(o.ctx, connect.TopUpRequest{Key: o.key(), Amount: reais(100_000_000)})
	require.NoError(t, err)
	byID := map[string]*olistOrder{}
	for _, row := range table(t, "olist_orders_dataset.csv.gz") {
		order := &olistOrder{id: row["order_id"]}
		byID[order.id], o.orders = order, append(o.orders, order)
	}
	for _, row := range table(t, "olist_order_items_dataset.csv.gz") {
		order := byID[row["order_id"]]
		order.items = append(order.items, olistItem{row["seller_id"], cents(t, row["price"]), cents(t, row["freight_value"])})
		if o.sellers[row["seller_id"]] == "" {
			o.sellers[row["seller_id"]] = o.seller().ID
		}
	}
	payments := table(t, "olist_order_payments_dataset.csv.gz")
	slices.SortStableFunc(payments, func(a, b map[string]string) int {
		return cmp.Compare(len(a["payment_sequential"]), len(b["payment_sequential"]))
	})
	for _, row := range payments {
		order, value := byID[row["order_id"]], cents(t, row["payment_value"])
		months, err := strconv.Atoi(row["payment_installments"])
		require.NoError(t, err)
		order.months = max(order.months, months)
		source := map[string]string{"credit_card": connect.TestCard, "debit_card": connect.TestCardAtOnce, "boleto": connect.TestReceived}[row["payment_type"]]
		switch {
		case value == 0:
		case row["payment_type"] == "voucher" || value < 50: // less than a card takes
			order.vouchers = append(order.vouchers, value)
		default:
			require.NotEmpty(t, source, row["payment_type"])
			order.sources = append(order.sources, connect.SourcePart{Source: source, Amount: reais(value)})
		}
	}
	return o
}

// paid is what was paid for an order, and of what it is.
func (x *olistOrder) paid() (paid, of int64) {
	for _, s := range x.sources {
		paid += s.Amount.Minor()
	}
	for _, v := range x.vouchers {
		paid += v
	}
	for _, i := range x.items {
		of += i.price + i.freight
	}
	return paid, of
}

// take charges the buyer of an order. What is sold is in its lines, where they add up
// to what was paid; delivery is once for each item, as it was.
func (o *olist) take(x *olistOrder) {
	paid, of := x.paid()
	if paid == 0 {
		return
	}
	r := connect.ChargeRequest{
		Key: "order-" + x.id, Amount: reais(paid), TransferGroup: x.id, Metadata: map[string]string{"instalments": strconv.Itoa(x.months)},
	}
	for i, v := range x.vouchers {
		voucher, err := o.platform.IssueVoucher(o.ctx, connect.VoucherRequest{Key: fmt.Sprint("voucher-", x.id, i), Amount: reais(v), Prepaid: true})
		require.NoError(o.t, err)
		r.Tenders = append(r.Tenders, connect.TenderRequest{Code: voucher.Code, Amount: reais(v)})
		o.by++
	}
	if len(x.sources) > 0 {
		r.Source = x.sources[0].Source
		if r.Source == connect.TestReceived {
			o.later++
		}
	}
	if len(x.sources) > 1 {
		o.split++
		y, err := o.platform.Pay(o.ctx, connect.PayRequest{Key: r.Key, Charge: r, Others: x.sources[1:]})
		require.NoError(o.t, err)
		for _, part := range y.Parts {
			x.charges = append(x.charges, part.Charge)
		}
		return
	}
	if paid == of {
		for i, item := range x.items {
			r.Lines = append(r.Lines, connect.Line{Name: fmt.Sprint("item-", i), Kind: connect.LineGoods, Amount: reais(item.price), Owner: o.sellers[item.seller]})
			if item.freight > 0 {
				r.Lines = append(r.Lines, connect.Line{Name: fmt.Sprint("delivery-", i), Kind: connect.LineDelivery, Amount: reais(item.freight), Owner: o.sellers[item.seller]})
			}
		}
	}
	c, err := o.platform.Charge(o.ctx, r)
	require.NoError(o.t, err, x.id)
	x.charges = append(x.charges, c.ID)
}

// share transfers what an order brought to whom it belongs: tied to its charge, by
// its lines where it has some, and for what was not paid out of the platform's own.
func (o *olist) share(x *olistOrder) {
	own := map[string][]string{}
	sum := map[string]int64{}
	for i, item := range x.items {
		own[item.seller] = append(own[item.seller], fmt.Sprint("item-", i))
		if item.freight > 0 {
			own[item.seller] = append(own[item.seller], fmt.Sprint("delivery-", i))
		}
		sum[item.seller] += item.price + item.freight
	}
	send := func(r connect.TransferRequest, seller string) {
		r.Key, r.To, r.TransferGroup = o.key(), o.sellers[seller], x.id
		_, err := o.platform.Transfer(o.ctx, r)
		require.NoError(o.t, err, "order %s: %+v", x.id, r)
	}
	for _, id := range x.charges {
		c, err := o.platform.GetCharge(o.ctx, id)
		require.NoError(o.t, err)
		require.Equal(o.t, connect.ChargeSucceeded, c.Status, "order %s", x.id)
		rest := c.Amount.Minor()
		for _, seller := range slices.Sorted(maps.Keys(own)) {
			if len(c.Lines) > 0 {
				send(connect.TransferRequest{ChargeID: id, Lines: own[seller]}, seller)
				sum[seller] = 0
				continue
			}
			tied := min(sum[seller], rest)
			if sum[seller], rest = sum[seller]-tied, rest-tied; tied > 0 {
				send(connect.TransferRequest{ChargeID: id, Amount: reais(tied)}, seller)
			}
		}
	}
	for seller, missing := range sum {
		if missing > 0 {
			o.short++
			send(connect.TransferRequest{Amount: reais(missing)}, seller)
		}
	}
}

// Thousands of real orders, each one payment for one or more sellers with what is whose
// in transfers of it. Each seller has what the file says they sold, delivery once for
// each item whatever was paid with (edge-case 23), and nobody has anything else
// (promises 1, 7 and 8).
func TestOlistOrders(t *testing.T) {
	o := newOlist(t)
	require.Len(t, o.orders, 4772)
	for _, x := range o.orders {
		o.take(x)
	}
	o.pass(time.Hour) // the slips are paid
	for _, x := range o.orders {
		o.share(x)
	}
	require.Equal(t, []int{15, 919, 286, 10}, []int{o.split, o.later, o.by, o.short})
	for _, row := range table(t, "expected-seller-totals.csv.gz") {
		want := cents(t, row["price_total_brl"]) + cents(t, row["freight_total_brl"])
		var has int64
		for _, purpose := range o.balances(o.sellers[row["seller_id"]]) {
			has += purpose
		}
		require.Equal(t, want, has, "seller %s", row["seller_id"])
	}
	o.verify()
}

// balances is what an account has in reais, by purpose.
func (o *olist) balances(account string) map[string]int64 {
	b, err := o.platform.Balance(o.ctx, account)
	require.NoError(o.t, err)
	has := map[string]int64{}
	for _, c := range b.Currencies {
		require.Equal(o.t, ledger.BRL, c.Currency)
		has["pending"], has["available"] = c.Pending.Minor(), c.Available.Minor()
	}
	return has
}
