package connect_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// creditModel is what should be of one buyer: lots that are spent in order, and what
// paid for each charge.
type creditModel struct {
	lots    []*modelLot
	charges []*modelCharge
	now     time.Time
}

type modelLot struct {
	id            string
	left          int64
	sold, granted bool
	expires       time.Time
}

type modelCharge struct {
	id           string
	card, credit int64
	cardBack     int64
	creditBack   int64
	direct       bool
}

func (c *creditModel) spendable() (sum int64) {
	for _, l := range c.lots {
		if l.expires.IsZero() || c.now.Before(l.expires) {
			sum += l.left
		}
	}
	return sum
}

// spend takes what expires first, then what was not bought.
func (c *creditModel) spend(m int64) {
	order := slices.Clone(c.lots)
	rank := func(l *modelLot) int64 {
		switch {
		case !l.expires.IsZero():
			return l.expires.Unix()
		case l.sold:
			return 1<<62 + 1
		}
		return 1 << 62
	}
	slices.SortStableFunc(order, func(a, b *modelLot) int { return int(min(max(rank(a)-rank(b), -1), 1)) })
	for _, l := range order {
		if !l.expires.IsZero() && !c.now.Before(l.expires) {
			continue
		}
		step := min(l.left, m)
		l.left, m = l.left-step, m-step
	}
}

// creditRun is a marketplace with one buyer, and its model.
type creditRun struct {
	*market
	t      *rapid.T
	model  creditModel
	seller string
	keys   int
}

// A buyer's credit is what a small model says, whatever they buy, spend and get back
// in whatever order; each refund takes its own amount, and what comes in and goes out
// is in the same units (promises 4 and 9, edge-cases 10 and 33).
func TestCreditFollowsTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMarket(t, connecttest.Config{})
		a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
		_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "up", Amount: usd(1_000_000)})
		require.NoError(t, err)
		run := &creditRun{market: m, t: rt, seller: a.ID}
		rt.Repeat(map[string]func(*rapid.T){
			"sell": run.sells, "grant": run.grants, "pay": run.pays, "refund": run.refunds, "refund sale": run.refundsSale, "wait": run.waits, "": run.check,
		})
	})
}

func (r *creditRun) next() string {
	r.keys++
	return fmt.Sprint("model-", r.keys)
}

func (r *creditRun) sells(t *rapid.T) {
	minor := rapid.Int64Range(100, 2000).Draw(t, "amount")
	c := r.sell("b", usd(minor))
	r.model.lots = append(r.model.lots, &modelLot{id: c.ID, left: minor, sold: true})
}

func (r *creditRun) grants(t *rapid.T) {
	minor, days := rapid.Int64Range(1, 500).Draw(t, "amount"), rapid.IntRange(0, 5).Draw(t, "days")
	q := connect.GrantRequest{Key: r.next(), BuyerID: "b", Amount: usd(minor)}
	if days > 0 {
		q.Expires = r.Clock.Now().Add(time.Duration(days) * 24 * time.Hour)
	}
	g, err := r.platform.GrantCredit(r.ctx, q)
	require.NoError(t, err)
	r.model.lots = append(r.model.lots, &modelLot{id: g.ID, left: minor, granted: true, expires: q.Expires})
}

func (r *creditRun) pays(t *rapid.T) {
	amount := rapid.Int64Range(100, 3000).Draw(t, "amount")
	source := rapid.SampledFrom([]string{connect.TestCard, connect.TestDeclined, connect.TestCardAtOnce}).Draw(t, "card")
	q := connect.ChargeRequest{Key: r.next(), Amount: usd(amount), AccountID: r.seller, Source: source, Direct: rapid.Bool().Draw(t, "direct"), Tenders: []connect.TenderRequest{{BuyerID: "b"}}}
	has := r.model.spendable()
	credit := min(has, amount)
	card := amount - credit
	c, err := r.platform.Charge(r.ctx, q)
	switch {
	case has == 0:
		requireCode(r.market.t, err, ledger.State, "insufficient_credit")
		return
	case card > 0 && card < 50:
		requireCode(r.market.t, err, ledger.Invalid, "amount_below_minimum")
		return
	}
	require.NoError(t, err)
	if card > 0 && source == connect.TestDeclined {
		require.Equal(t, connect.ChargeFailed, c.Status)
		return
	}
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	r.model.spend(credit)
	r.model.charges = append(r.model.charges, &modelCharge{id: c.ID, card: card, credit: credit, direct: q.Direct})
}

func (r *creditRun) refunds(t *rapid.T) {
	if len(r.model.charges) == 0 {
		return
	}
	c := rapid.SampledFrom(r.model.charges).Draw(t, "charge")
	minor := rapid.Int64Range(1, c.card+c.credit).Draw(t, "amount")
	_, err := r.platform.Refund(r.ctx, connect.RefundRequest{Key: r.next(), ChargeID: c.id, Amount: usd(minor), ReverseTransfer: !c.direct})
	if minor > c.card+c.credit-c.cardBack-c.creditBack {
		requireCode(r.market.t, err, ledger.State, "refund_exceeds_charge")
		return
	}
	require.NoError(t, err)
	toCard := min(minor, c.card-c.cardBack)
	c.cardBack += toCard
	c.creditBack += minor - toCard
	r.follow(minor - toCard)
}

// follow takes the lots over from the engine, once their sum is what it should be:
// which of them a refund gave back to is another test's to say.
func (r *creditRun) follow(more int64) {
	want := r.model.balance() + more
	w, err := r.platform.CreditOf(r.ctx, "b", ledger.USD)
	require.NoError(r.t, err)
	require.Equal(r.t, usd(want), w.Balance)
	r.model.lots = nil
	for _, l := range w.Lots {
		r.model.lots = append(r.model.lots, &modelLot{
			id: l.ID, left: l.Left.Minor(), sold: l.Origin == connect.CreditSold, granted: l.Origin == connect.CreditGranted, expires: l.Expires,
		})
	}
}

func (c *creditModel) balance() (sum int64) {
	for _, l := range c.lots {
		sum += l.left
	}
	return sum
}

func (r *creditRun) refundsSale(t *rapid.T) {
	for _, l := range r.model.lots {
		if !l.sold {
			continue
		}
		minor := rapid.Int64Range(1, 2000).Draw(t, "amount")
		_, err := r.platform.Refund(r.ctx, connect.RefundRequest{Key: r.next(), ChargeID: l.id, Amount: usd(minor)})
		if minor > l.left {
			require.ErrorIs(t, err, ledger.State)
			return
		}
		require.NoError(t, err)
		l.left -= minor
		return
	}
}

func (r *creditRun) waits(t *rapid.T) {
	r.pass(time.Duration(rapid.IntRange(1, 60).Draw(t, "hours")) * time.Hour)
}

func (r *creditRun) check(t *rapid.T) {
	r.model.now = r.Clock.Now()
	for _, l := range r.model.lots {
		if !l.expires.IsZero() && !r.model.now.Before(l.expires) {
			l.left = 0 // Drain has taken it back
		}
	}
	w, err := r.platform.CreditOf(r.ctx, "b", ledger.USD)
	require.NoError(t, err)
	require.Equal(t, usd(r.model.spendable()), w.Balance)
	r.verify()
}
