package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// shapeModel is what everybody should have of one charge, in minor units and whole
// numbers alone.
type shapeModel struct {
	direct, platformPays, reverse, withFee bool

	amount, fee, gets int64 // gets: what the seller was stated to get; -1: they were not
	seller            bool  // it is for a seller
	refunded          int64
	feeBack, taken    int64 // what refunds gave back of the fee, and took of the seller
	processing        int64
	failed            bool
	moved             int64 // by transfers of it, less what was reversed
}

// whole is what the seller is given before any refund, and of which refunds take their part.
func (s *shapeModel) whole() int64 {
	if s.gets >= 0 {
		return s.gets
	}
	return s.amount
}

// shares are what the seller, the platform, the house and the acquirer have.
func (s *shapeModel) shares() (seller, platform, house, acquirer int64) {
	house, acquirer = s.processing, s.refunded-s.amount
	platform = s.amount - s.processing - s.refunded
	if s.failed {
		acquirer, platform = 0, -s.processing
	}
	switch {
	case s.direct && s.failed:
		seller = -s.processing
		if s.platformPays {
			seller = 0
		}
	case s.direct:
		seller = s.amount - s.fee - s.refunded + s.feeBack
		if !s.platformPays {
			seller -= s.processing
		}
	case s.seller && !s.failed:
		seller = s.whole() - s.fee - s.taken + s.feeBack
	case !s.seller:
		seller = s.moved
	}
	return seller, platform - seller, house, acquirer
}

func (s *shapeModel) refund(y int64) {
	s.refunded += y
	if s.withFee {
		s.feeBack = part(s.fee, s.refunded, s.amount)
	}
	if s.reverse {
		s.taken = part(s.whole(), s.refunded, s.amount)
	}
}

// Each shape of charges is what a small model of whole numbers says of it, in
// currencies of no, two and three digits, at once or in captures, after any refunds,
// transfers, reversals and a late failure, with requests and news that come again
// (promises 1, 7, 8, 9, 12 and 31).
func TestShapesModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		cur := rapid.SampledFrom([]ledger.Currency{ledger.USD, ledger.JPY, ledger.KWD}).Draw(r, "currency")
		c := connect.Config{CaptureRules: []connect.CaptureRule{{Captures: 3}}}
		if cur != ledger.USD {
			c.Prices = &pricing.Table{}
		}
		m := newMarket(t, connecttest.Config{Config: c})
		s := &shapeModel{gets: -1, withFee: rapid.Bool().Draw(r, "fee back"), platformPays: rapid.Bool().Draw(r, "platform pays")}
		seller := m.seller(func(a *connect.AccountRequest) {
			a.ShortBalance = connect.ShortNegative
			if s.platformPays {
				a.FeesPayer = connect.PartyPlatform
			}
		}).ID
		asked := rapid.Int64Range(1000, 1_000_000).Draw(r, "amount")
		request := connect.ChargeRequest{Key: m.key(), Amount: ledger.Minor(asked, cur), Source: connect.TestCard}
		fee := rapid.Int64Range(0, asked/2).Draw(r, "fee")
		shape := rapid.SampledFrom([]string{"direct", "fee", "amount", "separate"}).Draw(r, "shape")
		if shape != "separate" {
			s.seller, request.AccountID = true, seller
		}
		switch shape {
		case "direct", "fee":
			s.direct = shape == "direct"
			request.Direct, request.ApplicationFee, request.NoFee = s.direct, ledger.Minor(fee, cur), fee == 0
			request.CaptureLater = rapid.Bool().Draw(r, "later")
			s.reverse = !s.direct && (s.withFee || rapid.Bool().Draw(r, "reverse"))
		case "amount":
			s.gets, fee = asked-fee, 0
			s.withFee, s.reverse = false, rapid.Bool().Draw(r, "reverse")
			request.TransferAmount = ledger.Minor(s.gets, cur)
		case "separate":
			fee, s.withFee = 0, false
		}
		if !request.CaptureLater && rapid.Bool().Draw(r, "received") {
			request.Source = connect.TestReceived
		}
		again := func(do func() error) { // one to three times under its key
			for range rapid.IntRange(1, 3).Draw(r, "times") {
				require.NoError(r, do())
			}
		}
		charge, err := m.platform.Charge(m.ctx, request)
		require.NoError(r, err)
		again(func() error { _, err := m.platform.Charge(m.ctx, request); return err })
		m.pass(time.Hour)
		if request.CaptureLater {
			s.capture(r, m, charge, again)
		} else {
			s.amount = asked
		}
		s.fee = part(fee, s.amount, asked)
		if cur == ledger.USD {
			s.processing = part(s.amount, 29, 1000) + 30
		}
		s.check(r, m, seller)
		s.live(r, m, charge, seller, again)
		m.verify()
	})
}

// capture captures a charge in up to three parts, and lets the rest go.
func (s *shapeModel) capture(r *rapid.T, m *market, c *connect.Charge, again func(func() error)) {
	left := c.Amount.Minor() // the third capture is the last
	for i := range rapid.IntRange(1, 3).Draw(r, "captures") {
		most := left / 3
		if most < 1000 && i > 0 {
			break
		}
		k := connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: ledger.Minor(rapid.Int64Range(max(most/2, 1), most).Draw(r, "part"), c.Amount.Currency()), KeepRest: i < 2}
		again(func() error { _, err := m.platform.Capture(m.ctx, k); return err })
		left, s.amount = left-k.Amount.Minor(), s.amount+k.Amount.Minor()
	}
	x := connect.CancelRequest{Key: m.key(), ChargeID: c.ID}
	if c = m.now(c); !c.Authorization.Ended {
		again(func() error { _, err := m.platform.Cancel(m.ctx, x); return err })
	}
}

// live refunds, transfers, reverses, lets days pass and hears of a failure.
func (s *shapeModel) live(r *rapid.T, m *market, c *connect.Charge, seller string, again func(func() error)) {
	cur := c.Amount.Currency()
	given := map[string]int64{} // transfers, less what was reversed
	var order []string
	for range rapid.IntRange(1, 8).Draw(r, "steps") {
		switch rapid.SampledFrom([]string{"refund", "refund", "transfer", "reverse", "pass", "fail"}).Draw(r, "step") {
		case "refund":
			left := s.amount - s.refunded
			if s.failed || left == 0 {
				continue
			}
			y := rapid.Int64Range(1, left).Draw(r, "of")
			re := connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: ledger.Minor(y, cur), ReverseTransfer: s.reverse, RefundFee: s.withFee}
			again(func() error { _, err := m.platform.Refund(m.ctx, re); return err })
			s.refund(y)
			re.Key, re.Amount = m.key(), ledger.Minor(s.amount-s.refunded+1, cur)
			_, err := m.platform.Refund(m.ctx, re)
			require.ErrorIs(r, err, ledger.State)
		case "transfer":
			left := s.amount - s.refunded - s.moved
			most := left
			if m.now(c).Available <= m.today() { // no advance on what comes any more: the platform gives what it has
				has, err := m.platform.Balance(m.ctx, m.platform.ID())
				require.NoError(r, err)
				most = min(left, has.In(cur).Available.Minor())
			}
			if s.seller || s.failed || most <= 0 {
				continue
			}
			x := connect.TransferRequest{Key: m.key(), ChargeID: c.ID, To: seller, Amount: ledger.Minor(rapid.Int64Range(1, most).Draw(r, "to"), cur)}
			id := ""
			again(func() error {
				tr, err := m.platform.Transfer(m.ctx, x)
				if err == nil {
					id = tr.ID
				}
				return err
			})
			order, given[id], s.moved = append(order, id), x.Amount.Minor(), s.moved+x.Amount.Minor()
			x.Key, x.Amount = m.key(), ledger.Minor(left+1, cur)
			_, err := m.platform.Transfer(m.ctx, x)
			require.ErrorIs(r, err, ledger.State)
		case "reverse":
			if len(order) == 0 {
				continue
			}
			id := rapid.SampledFrom(order).Draw(r, "transfer")
			if given[id] == 0 {
				continue
			}
			x := connect.ReverseTransferRequest{Key: m.key(), TransferID: id, Amount: ledger.Minor(rapid.Int64Range(1, given[id]).Draw(r, "back"), cur)}
			again(func() error { _, err := m.platform.ReverseTransfer(m.ctx, x); return err })
			given[id], s.moved = given[id]-x.Amount.Minor(), s.moved-x.Amount.Minor()
			x.Key, x.Amount = m.key(), ledger.Minor(given[id]+1, cur)
			_, err := m.platform.ReverseTransfer(m.ctx, x)
			require.ErrorIs(r, err, ledger.State)
		case "pass":
			m.pass(time.Duration(rapid.IntRange(1, 80).Draw(r, "hours")) * time.Hour)
		case "fail":
			if s.refunded > 0 { // the flows C11b and C11e show what stands then
				continue
			}
			again(func() error {
				return m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "returned"}})
			})
			s.failed = true
		}
		s.check(r, m, seller)
	}
}

func (s *shapeModel) check(r *rapid.T, m *market, seller string) {
	a, p, house, acquirer := s.shares()
	sums := m.sumsByOwner()
	got := []int64{sums[seller], sums[m.platform.ID()], sums["processing_fees"], sums["acquirer"] + sums["acquirer/"+m.Acquirer.Info().Name]}
	require.Equal(r, []int64{a, p, house, acquirer}, got, "seller, platform, house and acquirer of %+v: %v", s, sums)
}
