package connect_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// falling is a price of 30 % up to so much and 5 % of all that is more.
func falling(upTo int64) pricing.Prices {
	tiers := []pricing.Tier{{UpTo: usd(upTo), Percent: decimal.New(30, 0)}, {Percent: decimal.New(5, 0)}}
	return pricing.Prices{Rules: []pricing.Rule{{Name: "falling", When: pricing.Match{Currency: ledger.USD}, Price: pricing.Price{Tiers: tiers}}}}
}

// twice is a market whose authorizations are captured in two parts.
func twice(t *testing.T) *market {
	return newMarket(t, connecttest.Config{Config: connect.Config{Rates: newQuotes(t), CaptureRules: []connect.CaptureRule{{Captures: 3}}}})
}

// capture captures in part.
func (m *market) capture(p *connect.Platform, c *connect.Charge, amount ledger.Money) *connect.Capture {
	m.t.Helper()
	k, err := p.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: amount, KeepRest: true})
	require.NoError(m.t, err)
	return k
}

// A price of tiers may fall with what is captured; it does not fall below what of it
// has gone back with a refund, or is about to, whether the refund comes before the
// capture or while that is under way, and nobody is short (promise 9).
func TestFallingPriceAfterRefund(t *testing.T) {
	for name, l := range map[string]pricing.List{"commission": {Commission: falling(500)}, "service fee": {Service: falling(500)}, "both": {Commission: falling(500), Service: falling(500)}} {
		for _, direct := range []bool{false, true} {
			for _, hold := range []bool{false, true} {
				for _, settles := range []bool{false, true} {
					for _, late := range []bool{false, true} {
						m := twice(t)
						m.setPrices(l)
						a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
						r := connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, Direct: direct, CaptureLater: true}
						if hold {
							r.Hold = &connect.HoldTerms{}
						}
						if settles {
							r.SettleIn = ledger.EUR
						}
						c, err := m.try(r)
						require.NoError(t, err)
						first := usd(500 * paid(c).Minor() / 1000)
						m.capture(m.platform, c, first)
						c = m.now(c)
						was := c.ApplicationFee
						if late {
							k := m.capture(m.platform.In(m.Store()), c, ledger.Money{})
							m.giveBack(c, first)
							require.NoError(t, m.platform.Finish(m.ctx, k.ID))
						} else {
							m.giveBack(c, first)
							m.verify()
							m.capture(m.platform, c, ledger.Money{})
						}
						m.verify()
						c = m.now(c)
						require.GreaterOrEqual(t, c.ApplicationFee.Minor(), c.FeeBack.Minor(), name)
						require.GreaterOrEqual(t, c.ServiceFee.Minor(), c.ServiceBack.Minor(), name)
						if name == "commission" {
							require.Equal(t, []ledger.Money{was, was}, []ledger.Money{c.ApplicationFee, c.FeeBack}, "no more is taken, and no less")
						}
						m.giveBack(c, ledger.Minor(paid(c).Minor()-first.Minor(), ledger.USD))
						m.verify()
						c = m.now(c)
						require.Equal(t, []ledger.Money{c.Amount, c.ApplicationFee, c.ServiceFee}, []ledger.Money{c.Refunded, c.FeeBack, c.ServiceBack})
					}
				}
			}
		}
	}
}

// giveBack refunds, with all that goes back with it.
func (m *market) giveBack(c *connect.Charge, amount ledger.Money) *connect.Refund {
	m.t.Helper()
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: amount, ReverseTransfer: !c.Direct, RefundFee: true})
	require.NoError(m.t, err)
	return r
}

// The same of the price of several categories: the last one says what it is bound by.
func TestFallingPricesOfLinesAfterRefund(t *testing.T) {
	m := twice(t)
	m.setPrices(pricing.List{Commission: falling(500)})
	a := m.seller()
	c, err := m.try(connect.ChargeRequest{AccountID: a.ID, CaptureLater: true, Lines: []connect.Line{
		{Kind: connect.LineGoods, Amount: usd(600), Category: "books"}, {Kind: connect.LineGoods, Amount: usd(600), Category: "toys"},
	}})
	require.NoError(t, err)
	m.capture(m.platform, c, usd(900))
	m.giveBack(c, usd(900))
	m.capture(m.platform, c, usd(300))
	m.verify()
	c = m.now(c)
	require.Equal(t, []ledger.Money{usd(270), usd(270)}, []ledger.Money{c.ApplicationFee, c.FeeBack})
	require.Equal(t, []ledger.Money{usd(30), usd(240)}, []ledger.Money{c.Commissions[0].Price.Amount, c.Commissions[1].Price.Amount})
	require.True(t, c.Commissions[1].Price.Whole())
	m.giveBack(c, usd(300))
	m.verify()
	require.Equal(t, usd(270), m.now(c).FeeBack)
}

// What is captured of a payment in another currency waits as its charge says.
func TestCapturesInAnotherCurrencyWait(t *testing.T) {
	for _, direct := range []bool{false, true} {
		m := twice(t)
		a := m.seller()
		c, err := m.try(connect.ChargeRequest{
			Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(100), Direct: direct, CaptureLater: true, SettleIn: ledger.EUR, Hold: &connect.HoldTerms{},
		})
		require.NoError(t, err)
		m.capture(m.platform, c, usd(400))
		m.capture(m.platform, c, usd(600))
		c = m.now(c)
		s := m.share(c.ID)
		require.Equal(t, []ledger.Money{c.Amount, c.ApplicationFee}, []ledger.Money{s.In.Amount, s.In.Platform})
		b, err := m.platform.Balance(m.ctx, a.ID)
		require.NoError(t, err)
		require.True(t, b.In(ledger.EUR).Pending.IsZero())
		m.verify()
	}
}

// A refund that is worth nothing in the currency in which its charge settles goes to
// its buyer all the same.
func TestRefundWorthNothingIsAskedFor(t *testing.T) {
	m := twice(t)
	c, err := m.try(connect.ChargeRequest{Amount: ledger.Minor(1000, ledger.KRW), AccountID: m.seller().ID, SettleIn: ledger.USD})
	require.NoError(t, err)
	r := m.giveBack(c, ledger.Minor(1, ledger.KRW))
	require.Equal(t, []any{connect.RefundSucceeded, usd(0), c.Acquirer}, []any{r.Status, r.Amount, r.Acquirer})
	require.Equal(t, 1, m.Acquirer.Taken(r.ID))
	m.verify()
	m.giveBack(c, ledger.Minor(999, ledger.KRW))
	m.verify()
	require.Equal(t, m.now(c).Amount, m.now(c).Refunded)
}

// A payment fails while a later part of it is being captured: what credit and vouchers
// were to pay of that is given back once (promises 11 and 12).
func TestTendersFailBetweenCaptures(t *testing.T) {
	for _, direct := range []bool{false, true} {
		m := twice(t)
		a := m.seller(func(r *connect.AccountRequest) {
			r.ShortBalance, r.FeesPayer = connect.ShortNegative, connect.PartyPlatform
		})
		m.sell("b", usd(300))
		_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: m.key(), Amount: usd(1000)})
		require.NoError(t, err)
		var codes []string
		for _, prepaid := range []bool{true, false} {
			v, err := m.platform.IssueVoucher(m.ctx, connect.VoucherRequest{Key: m.key(), Prepaid: prepaid, Amount: usd(200)})
			require.NoError(t, err)
			codes = append(codes, v.Code)
		}
		c, err := m.try(connect.ChargeRequest{
			Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(100), Direct: direct, CaptureLater: true,
			Tenders: []connect.TenderRequest{{BuyerID: "b"}, {Code: codes[0]}, {Code: codes[1]}},
		})
		require.NoError(t, err)
		m.capture(m.platform, c, usd(400))
		k := m.capture(m.platform.In(m.Store()), c, usd(600))
		require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "late"}}))
		m.verify()
		require.NoError(t, m.platform.Finish(m.ctx, k.ID))
		m.verify()
		require.Equal(t, connect.ChargeFailed, m.now(c).Status)
		require.Equal(t, usd(300), m.creditOf("b", ledger.USD))
		for i, code := range codes {
			v, err := m.platform.VoucherByCode(m.ctx, code)
			require.NoError(t, err)
			require.Equal(t, connect.VoucherIssued, v.Status)
			if i == 0 {
				require.Equal(t, []ledger.Money{usd(200), usd(0)}, []ledger.Money{v.Left, v.Reserved})
			}
		}
		require.Equal(t, usd(0), m.has(a.ID).Pending)
	}
}

// A direct charge whose share waits fails while a refund is under way, which fails,
// too: what the refund was about to take waits for nothing any more, and makes up for
// what the seller gave (promise 12).
func TestHeldDirectFailsDuringRefund(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) {
		r.ShortBalance, r.FeesPayer = connect.ShortNegative, connect.PartyPlatform
	})
	c := m.hold(a.ID, connect.HoldTerms{AtEnd: connect.HoldRefunds}, func(r *connect.ChargeRequest) { r.Direct = true })
	r, err := m.platform.In(m.Store()).Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(300), RefundFee: true})
	require.NoError(t, err)
	require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "late"}}))
	m.verify()
	require.NoError(t, m.News(m.ctx, connect.News{Key: r.ID, Answer: connect.Answer{Status: connect.Declined, Code: "no"}}))
	m.verify()
	require.Equal(t, connect.ShareGivenBack, m.share(c.ID).Status)
	b := m.has(a.ID)
	require.Equal(t, []ledger.Money{usd(0), usd(0)}, []ledger.Money{b.Pending, b.Available})
}

// A commission that falls below nothing beside a service fee that grows waits as one,
// since a direct charge hands both to the platform as one.
func TestHeldDirectFallingCommission(t *testing.T) {
	m := twice(t)
	m.setPrices(pricing.List{Commission: falling(500), Service: rule("40")})
	c, err := m.try(connect.ChargeRequest{Amount: usd(1000), AccountID: m.seller().ID, Direct: true, CaptureLater: true, Hold: &connect.HoldTerms{}})
	require.NoError(t, err)
	m.capture(m.platform, c, usd(700))
	m.capture(m.platform, c, usd(700))
	m.verify()
	c = m.now(c)
	require.Equal(t, c.ApplicationFee.Minor()+c.ServiceFee.Minor(), m.share(c.ID).In.Platform.Minor())
}

// A service fee that is kept is no part of any line: a refund of lines is refused
// where refunds without lines have left less than that (promise 7).
func TestRefundOfLinesLeavesKeptFee(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	m.setPrices(pricing.List{Service: pricing.Prices{Rules: []pricing.Rule{{Name: "s", Kept: true, Price: pricing.Price{Percent: decimal.New(25, 0)}}}}})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
	c, err := m.try(connect.ChargeRequest{AccountID: a.ID, Direct: true, Lines: []connect.Line{
		{Kind: connect.LineGoods, Amount: usd(1000)}, {Kind: connect.LineTax, Amount: usd(50), Authority: "t"},
	}})
	require.NoError(t, err)
	lines := func(amount ledger.Money) error {
		_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, RefundFee: true, Lines: []connect.RefundLine{{Line: "1", Amount: amount}}})
		return err
	}
	require.NoError(t, lines(usd(800)))
	r, err := m.platform.In(m.Store()).Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(70)})
	require.NoError(t, err)
	requireCode(t, lines(ledger.Money{}), ledger.State, "refund_exceeds_charge")
	require.NoError(t, m.News(m.ctx, connect.News{Key: r.ID, Answer: connect.Answer{Status: connect.Declined, Code: "no"}}))
	require.NoError(t, lines(ledger.Money{}))
	m.verify()
	c = m.now(c)
	require.Equal(t, []ledger.Money{usd(50), usd(0)}, []ledger.Money{c.Tax[0].Refunded, c.ServiceBack})
	m.giveBack(c, c.ServiceFee)
	m.verify()
	require.Equal(t, c.Amount, m.now(c).Refunded)
}

// What the platform gives to a discount may round to nothing of what was captured
// first; a refund of that counts for what comes later, and one that is declined does
// not (promise 9).
func TestDiscountOfLaterCaptures(t *testing.T) {
	for _, direct := range []bool{false, true} {
		for _, declined := range []bool{false, true} {
			m := twice(t)
			a := m.seller(func(r *connect.AccountRequest) {
				r.ShortBalance, r.FeesPayer = connect.ShortNegative, connect.PartyPlatform
			})
			c, err := m.try(connect.ChargeRequest{AccountID: a.ID, Direct: direct, CaptureLater: true, Lines: []connect.Line{
				{Kind: connect.LineGoods, Amount: usd(1000)}, {Kind: connect.LineDiscount, Amount: usd(-3), PlatformPays: usd(3)},
			}})
			require.NoError(t, err)
			m.capture(m.platform, c, usd(100))
			first, err := m.platform.In(m.Store()).Refund(m.ctx, connect.RefundRequest{
				Key: m.key(), ChargeID: c.ID, Amount: usd(100), ReverseTransfer: !direct, RefundFee: true,
			})
			require.NoError(t, err)
			m.capture(m.platform, c, usd(897))
			answer := connect.Answer{Status: connect.Approved, Amount: usd(100)}
			left := usd(897)
			if declined {
				answer, left = connect.Answer{Status: connect.Declined, Code: "no"}, usd(997)
			}
			require.NoError(t, m.News(m.ctx, connect.News{Key: first.ID, Answer: answer}))
			m.giveBack(c, left)
			m.verify()
			c = m.now(c)
			require.Equal(t, []ledger.Money{usd(3), usd(997), usd(997)}, []ledger.Money{c.DiscountBack, c.DiscountBase, c.Refunded})
			require.Equal(t, usd(0), m.has(a.ID).Pending)
		}
	}
}

// Credit that was sold for a bank debit goes back by the rail.
func TestCreditSoldByDebitGoesBack(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x := m.mandate(achMandate("m", payout.TestAccount))
	c, err := m.collect(connect.ChargeRequest{MandateID: x.ID, Amount: usd(1000), SellsCredit: "b"})
	require.NoError(t, err)
	m.pass(30 * 24 * time.Hour)
	require.Equal(t, usd(1000), m.creditOf("b", ledger.USD))
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(400)})
	require.NoError(t, err)
	m.verify()
	m.pass(10 * 24 * time.Hour)
	require.Equal(t, usd(400), m.now(c).Refunded)
	require.Equal(t, usd(600), m.creditOf("b", ledger.USD))
	m.verify()
}

// The taxes of a small capture may round to more than it is of. Where all before it was
// given back nobody is there to make up for that, and they wait for a later capture;
// in the end no authority keeps anything (promise 9).
func TestTaxesOfSmallCapturesAfterRefund(t *testing.T) {
	for _, shape := range []string{"direct", "destination", "own"} {
		for _, late := range []bool{false, true} {
			m := newMarket(t, connecttest.Config{Config: connect.Config{CaptureRules: []connect.CaptureRule{{Captures: 9}}}})
			r := connect.ChargeRequest{Amount: usd(100), CaptureLater: true}
			for _, name := range []string{"a", "b", "c"} {
				r.Tax = append(r.Tax, connect.Tax{Authority: name, Amount: usd(30)})
			}
			if shape != "own" {
				r.Direct = shape == "direct"
				r.AccountID = m.seller(func(r *connect.AccountRequest) {
					r.ShortBalance, r.FeesPayer = connect.ShortNegative, connect.PartyPlatform
				}).ID
			}
			c, err := m.try(r)
			require.NoError(t, err)
			back := func(minor int64) {
				own := shape == "own"
				_, err := m.platform.Refund(m.ctx, connect.RefundRequest{
					Key: m.key(), ChargeID: c.ID, Amount: usd(minor), ReverseTransfer: shape == "destination", RefundFee: !own,
				})
				require.NoError(t, err)
				m.verify()
			}
			m.capture(m.platform, c, usd(61)) // 18 each, of 18.3
			if late {
				k := m.capture(m.platform.In(m.Store()), c, usd(1)) // 18.6 each
				back(61)
				require.NoError(t, m.platform.Finish(m.ctx, k.ID))
			} else {
				back(61)
				m.capture(m.platform, c, usd(1))
			}
			m.verify()
			require.Equal(t, "0.55", m.taxes(c)) // and not 0.57
			back(1)
			c = m.now(c)
			for _, x := range c.Tax {
				require.Equal(t, x.Amount, x.Refunded)
			}
			m.capture(m.platform, c, ledger.Money{})
			m.verify()
			require.Equal(t, "0.90", m.taxes(c))
			back(38)
			for _, x := range m.now(c).Tax {
				require.Equal(t, usd(30), x.Refunded)
			}
		}
	}
}

// taxes are all taxes of a charge together.
func (m *market) taxes(c *connect.Charge) string {
	m.t.Helper()
	n := int64(0)
	for _, x := range m.now(c).Tax {
		n += x.Amount.Minor()
	}
	return decimal.New(n, -2).StringFixed(2)
}
