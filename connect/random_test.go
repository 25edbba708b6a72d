package connect_test

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Seeded marketplaces of many currencies, cards, banks and partners: whatever is
// asked in whatever order, every answer has a class, Verify finds nothing, and in
// the end no money is stuck (promises 1, 7, 9).
func TestRandomMarketplaces(t *testing.T) {
	for seed := range int64(60) {
		random(t, seed)
	}
}

func random(t *testing.T, seed int64) {
	r := rand.New(rand.NewSource(seed))
	del := []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind}[r.Intn(3)]
	m := newMarket(t, connecttest.Config{AcquirerDelivery: del, RailDelivery: del})
	var ps []*connect.Platform
	for i, s := range []connect.ShortPolicy{connect.ShortNegative, connect.ShortRefuse} {
		p, err := m.Register(m.ctx, connect.PlatformRequest{Key: fmt.Sprint("p", i), Name: "P", Country: []string{"US", "DE"}[i], ShortBalance: s,
			Bank: &connect.BankDetails{Token: payout.TestAccount, Country: "DE", Currency: ledger.EUR}})
		require.NoError(t, err)
		ps = append(ps, p)
	}
	curs := []ledger.Currency{ledger.USD, ledger.JPY, ledger.KWD, ledger.HUF, ledger.EUR}
	cards := []string{connect.TestCard, connect.TestCardAtOnce, connect.TestDeclined, connect.TestRefundPending, connect.TestRefundDeclined, connect.TestReceived, connect.TestReceivedDeclined, connect.TestAnswerLost, connect.TestRequestLost, connect.TestAnsweredTwice}
	banks := []string{payout.TestAccount, payout.TestNoAccount, payout.TestRefused, payout.TestReturned, payout.TestLostAnswer, payout.TestLostRequest, payout.TestToldTwice, payout.TestPaidAfterReturned}
	type own struct {
		p  *connect.Platform
		id string
	}
	var accts []own
	var charges []own
	n := 0
	key := func() string { n++; return fmt.Sprint("k", n) }
	ok := map[string]int{}
	note := func(what string, err error) {
		if err == nil {
			ok[what]++
			return
		}
		var e *ledger.Error
		require.ErrorAs(t, err, &e, "seed %d %s", seed, what)
		ok[what+" "+e.Code]++
		require.NotErrorIs(t, err, ledger.Unknown, "seed %d %s", seed, what)
		require.NotErrorIs(t, err, ledger.Conflict, "seed %d %s", seed, what)
	}
	for range 120 {
		p := ps[r.Intn(2)]
		var a string
		if len(accts) > 0 && r.Intn(6) > 0 {
			x := accts[r.Intn(len(accts))]
			p, a = x.p, x.id
		}
		cur := curs[r.Intn(len(curs))]
		amt := func(n int64) ledger.Money { return ledger.Minor(n, cur) }
		switch r.Intn(9) {
		case 0:
			s := connecttest.Seller([]string{"US", "DE", "GB"}[r.Intn(3)])
			s.Key = key()
			s.Bank.Token = banks[r.Intn(len(banks))]
			if r.Intn(2) == 0 {
				s.ShortBalance = connect.ShortNegative
			}
			acc, err := p.CreateAccount(m.ctx, s)
			require.NoError(t, err)
			accts = append(accts, own{p, acc.ID})
		case 1, 2, 3:
			total := 20000 + r.Int63n(100000)
			req := connect.ChargeRequest{Key: key(), Amount: amt(total), AccountID: a, Source: cards[r.Intn(len(cards))]}
			share := total
			for i := range r.Intn(4) {
				x := 1 + r.Int63n(share/3)
				req.Tax = append(req.Tax, connect.Tax{Authority: fmt.Sprint("t", i), Amount: amt(x)})
				share -= x
			}
			if a != "" {
				req.ApplicationFee = amt(r.Int63n(share + 1))
			}
			c, err := p.Charge(m.ctx, req)
			note("charge", err)
			if err == nil {
				charges = append(charges, own{p, c.ID})
			}
		case 4, 5:
			if len(charges) == 0 {
				continue
			}
			x := charges[r.Intn(len(charges))]
			c, err := x.p.GetCharge(m.ctx, x.id)
			require.NoError(t, err)
			req := connect.RefundRequest{Key: key(), ChargeID: x.id, ReverseTransfer: r.Intn(2) == 0}
			req.RefundFee = req.ReverseTransfer && r.Intn(2) == 0
			if r.Intn(3) > 0 {
				req.Amount = ledger.Minor(1+r.Int63n(c.Amount.Minor()), c.Amount.Currency())
			}
			_, err = x.p.Refund(m.ctx, req)
			note("refund", err)
		case 6:
			req := connect.PayoutRequest{Key: key(), AccountID: a, Amount: amt(0)}
			if r.Intn(3) == 0 {
				req.Amount = amt(100 * (1 + r.Int63n(300)))
			}
			if r.Intn(5) == 0 {
				req = connect.PayoutRequest{Key: key(), Authority: fmt.Sprint("t", r.Intn(3)), Amount: amt(0), Bank: &connect.BankDetails{Token: banks[r.Intn(len(banks))], Country: "DE", Currency: cur}}
			}
			q := p
			joined := r.Intn(4) == 0
			if joined {
				q = p.In(m.Store())
			}
			po, err := q.Payout(m.ctx, req)
			note("payout", err)
			if err == nil && joined && r.Intn(2) == 0 {
				_, err = p.CancelPayout(m.ctx, connect.CancelPayoutRequest{Key: key(), PayoutID: po.ID})
				note("cancel", err)
			}
		case 7:
			if a == "" {
				continue
			}
			if r.Intn(2) == 0 {
				_, err := p.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: key(), AccountID: a, Commission: amt(r.Int63n(2000)), Tax: []connect.Tax{{Authority: "t0", Amount: amt(1 + r.Int63n(500))}}})
				note("cash", err)
			} else {
				_, err := p.Transfer(m.ctx, connect.TransferRequest{Key: key(), To: a, Amount: amt(1 + r.Int63n(5000))})
				note("transfer", err)
			}
		case 8:
			d := time.Duration(r.Int63n(int64(60 * time.Hour)))
			m.Clock.Advance(d)
			done, err := m.Drain(m.ctx)
			require.NoError(t, err)
			require.NoError(t, done.Err, "seed %d", seed)
			for _, x := range m.Acquirer.Notifications() {
				require.NoError(t, m.News(m.ctx, x), "seed %d", seed)
			}
		}
		rep, err := m.Verify(m.ctx)
		require.NoError(t, err)
		require.NoError(t, rep.Err(), "seed %d", seed)
	}
	for range 20 {
		m.Clock.Advance(24 * time.Hour)
		done, err := m.Drain(m.ctx)
		require.NoError(t, err)
		require.NoError(t, done.Err, "seed %d", seed)
		for _, x := range m.Acquirer.Notifications() {
			require.NoError(t, m.News(m.ctx, x), "seed %d", seed)
		}
	}
	rep, err := m.Verify(m.ctx)
	require.NoError(t, err)
	require.NoError(t, rep.Err(), "seed %d", seed)
	err = m.Store().Read(m.ctx, func(v ledger.View) error {
		list, err := v.AccountsOf(ledger.AccountQuery{Open: true, Limit: 1000})
		for _, x := range list {
			if del != ledger.Blind {
				require.True(t, x.Held.IsZero(), "seed %d %v held %v", seed, x.Ref, x.Held)
				if x.Purpose[:3] == "pen" {
					t.Errorf("seed %d: %v still %v", seed, x.Ref, x.Posted)
				}
				if x.Purpose == "in_transit" {
					require.True(t, x.Posted.IsZero(), "seed %d %v %v", seed, x.Ref, x.Posted)
				}
			}
		}
		return err
	})
	require.NoError(t, err)
	if seed == 0 {
	}
}
