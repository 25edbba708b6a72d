package connect_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// What is missing blocks payouts with a reason, and providing it unblocks them.
func TestRequirementsBlockPayouts(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.Details, r.Bank = compliance.Details{}, nil })
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	requireCode(t, err, ledger.State, "no_bank_account")

	complete := connecttest.Seller("US")
	_, err = m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "bank", AccountID: a.ID, Bank: complete.Bank})
	require.NoError(t, err)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	requireCode(t, err, ledger.State, "capability_inactive")
	var blocked *compliance.Blocked
	require.ErrorAs(t, err, &blocked)
	due, err := m.platform.Requirements(m.ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, due, blocked.Due)
	require.NotContains(t, due, compliance.Requirement{Field: "external_account"})

	_, err = m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "details", AccountID: a.ID, Details: complete.Details})
	require.NoError(t, err)
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
	require.NoError(t, err)
	require.Equal(t, usd(1000), po.Amount)
	m.verify()
}

// Two workers, many callers: the same balance is not paid twice (edge-case 65).
func TestBalanceIsPaidOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	var group sync.WaitGroup
	for i := range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: fmt.Sprint("po", i), AccountID: a.ID, Amount: usd(0)})
			if err != nil && !errors.Is(err, ledger.InsufficientFunds) {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	require.Equal(t, usd(1000), m.has(a.ID).InTransit)
	require.Equal(t, usd(0), m.has(a.ID).Available)
	m.pass(48 * time.Hour)
	require.Equal(t, usd(0), m.has(a.ID).InTransit)
	m.verify()
}

// The platform itself is paid out, and converts.
func TestPlatformIsPaidOut(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "none"})
	requireCode(t, err, ledger.State, "no_bank_account")
	p, err := m.Register(m.ctx, connect.PlatformRequest{
		Key: "de", Name: "Laden", Country: "DE", Bank: &connect.BankDetails{Token: payout.TestAccount, Country: "DE", Currency: ledger.EUR},
	})
	require.NoError(t, err)
	require.Equal(t, ledger.EUR, p.Profile().Base)
	_, err = p.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(11252), Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	po, err := p.Payout(m.ctx, connect.PayoutRequest{Key: "po", Amount: usd(0)})
	require.NoError(t, err)
	require.Equal(t, usd(11252-326-30), po.From)
	require.Equal(t, ledger.EUR, po.Amount.Currency())
	m.verify()
}

// Rates are asked for outside the unit of work, and a replay does not need them.
func TestReplayNeedsNoRates(t *testing.T) {
	rates := &moody{}
	rates.Example, _ = fx.ExampleRates()
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rates: rates}})
	a := m.seller(func(r *connect.AccountRequest) { *r = connecttest.Seller("DE"); r.Key = "de" })
	m.charge(a.ID, 10000, 0, connect.TestCardAtOnce)
	request := connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: usd(0)}
	rates.down = true
	_, err := m.platform.Payout(m.ctx, request)
	require.ErrorIs(t, err, ledger.Unavailable)
	require.Equal(t, usd(10000), m.has(a.ID).Available)
	rates.down = false
	first, err := m.platform.Payout(m.ctx, request)
	require.NoError(t, err)
	rates.down = true
	again, err := m.platform.Payout(m.ctx, request)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, first.ID, again.ID)
	m.verify()
}

type moody struct {
	fx.Example
	down bool
}

func (r *moody) Rate(ctx context.Context, base, quote ledger.Currency, at time.Time) (fx.Rate, error) {
	if r.down {
		return fx.Rate{}, &ledger.Error{Class: ledger.Unavailable, Code: "no_rates"}
	}
	return r.Example.Rate(ctx, base, quote, at)
}

// A lost answer of the rail, by what it promises.
func TestLostPayouts(t *testing.T) {
	for _, d := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		for _, token := range []string{payout.TestLostAnswer, payout.TestLostRequest} {
			t.Run(d.String()+" "+token, func(t *testing.T) {
				m := newMarket(t, connecttest.Config{RailDelivery: d})
				a := m.seller(func(r *connect.AccountRequest) { r.Bank.Token = token })
				m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
				po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID})
				require.NoError(t, err)
				for range 4 {
					m.pass(24 * time.Hour)
				}
				po, err = m.platform.GetPayout(m.ctx, po.ID)
				require.NoError(t, err)
				require.LessOrEqual(t, m.Rail.Taken(po.Key()), 1, "never paid twice (promise 15)")
				if d == ledger.Blind && token == payout.TestLostRequest {
					require.Equal(t, payout.Unknown, po.Status)
					require.Equal(t, usd(1000), m.has(a.ID).InTransit, "its money waits where the record put it")
				} else {
					require.Equal(t, payout.Paid, po.Status)
				}
				m.verify()
			})
		}
	}
}

// News that nobody knows, or that contradicts the books, is kept for a person
// and stops nobody (edge-case 97).
func TestUnmatchedRailNews(t *testing.T) {
	rail := &chatty{Simulator: payout.NewSimulator(payout.SimulatorConfig{Days: -1})}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Rail: rail}})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: usd(400)})
	require.NoError(t, err)
	rail.extra = []payout.Update{
		{ID: "x1", Key: "po_of_nobody-1", Kind: payout.UpdatePaid, Amount: usd(5)},
		{ID: "x2", Key: "", Kind: payout.UpdatePaid, Amount: usd(5)},
		{ID: "x3", Key: po.Key(), Kind: payout.UpdatePaid, Amount: ledger.Minor(400, ledger.EUR)},
	}
	m.pass(time.Hour)
	po, err = m.platform.GetPayout(m.ctx, po.ID)
	require.NoError(t, err)
	require.Equal(t, payout.Paid, po.Status)
	m.verify()
}

// chatty is a rail that tells things that are not so.
type chatty struct {
	*payout.Simulator
	extra []payout.Update
}

func (c *chatty) Updates(ctx context.Context, after string) ([]payout.Update, string, error) {
	list, next, err := c.Simulator.Updates(ctx, after)
	return append(append([]payout.Update(nil), c.extra...), list...), next, err
}

func TestPayoutRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	bank := &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD}
	for code, r := range map[string]connect.PayoutRequest{
		"invalid_amount":     {AccountID: a.ID, Amount: usd(-1)},
		"invalid_descriptor": {AccountID: a.ID, Descriptor: "more than twenty-two characters"},
		"invalid_request":    {AccountID: a.ID, Authority: "nyc", Bank: bank},
		"no_bank_account":    {AccountID: a.ID, Currency: ledger.JPY},
		"insufficient_funds": {AccountID: a.ID, Amount: usd(1001)},
		"currency_mismatch":  {Authority: "nyc", Amount: ledger.Minor(1, ledger.EUR), Bank: bank},
		"not_found":          {AccountID: "acct_nobody"},
		"rate_not_found":     {AccountID: a.ID, Amount: ledger.Minor(0, ledger.BTC)},
	} {
		r.Key = "k"
		before := snapshot(t, m.Store())
		_, err := m.platform.Payout(m.ctx, r)
		var e *ledger.Error
		require.ErrorAs(t, err, &e, code)
		require.Equal(t, code, e.Code, "%v", err)
		require.Equal(t, before, snapshot(t, m.Store()), code)
	}
}

// What is converted fills a balance below zero first; only the rest is paid.
func TestAConvertedPayoutFillsTheDebtFirst(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	_, err := m.platform.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: "cash", AccountID: a.ID, Commission: usd(5000)})
	require.NoError(t, err)
	_, err = m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: ledger.Minor(10000, ledger.EUR), AccountID: a.ID, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "stated", AccountID: a.ID, Amount: usd(100)})
	require.ErrorIs(t, err, ledger.InsufficientFunds)
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: ledger.Zero(ledger.EUR)})
	require.NoError(t, err)
	require.Equal(t, po.Bought.Minor()-5000, po.Amount.Minor())
	require.Equal(t, usd(0), m.has(a.ID).Available)
	m.verify()

	// Where the debt eats all of it, nothing is converted either.
	_, err = m.platform.RecordCashSale(m.ctx, connect.CashSaleRequest{Key: "more", AccountID: a.ID, Commission: usd(5000)})
	require.NoError(t, err)
	_, err = m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "d", Amount: ledger.Minor(1000, ledger.EUR), AccountID: a.ID, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	before := snapshot(t, m.Store())
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "none", AccountID: a.ID, Amount: ledger.Zero(ledger.EUR)})
	requireCode(t, err, ledger.InsufficientFunds, "insufficient_funds")
	require.Equal(t, before, snapshot(t, m.Store()))
}

// The rail's limit is compared with what it carries, not with what was sold for it.
func TestTheLimitIsOfWhatTheRailCarries(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	idr := func(n int64) ledger.Money { return ledger.Minor(n, ledger.IDR) }
	_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: idr(20_000_000_000), AccountID: a.ID, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	for _, amount := range []ledger.Money{idr(0), idr(20_000_000_000)} {
		po, err := m.platform.Preview().Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: amount})
		require.NoError(t, err)
		require.Equal(t, idr(20_000_000_000), po.From)
		require.Less(t, po.Amount.Minor(), int64(9_999_999_999))
	}
}

// Authorities too are paid in the multiples that banks pay (edge-case 66).
func TestTaxesArePaidInWholeUnitsToo(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	huf := func(n int64) ledger.Money { return ledger.Minor(n, ledger.HUF) }
	_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: huf(100000), Source: connect.TestCard, Tax: []connect.Tax{{Authority: "nav", Amount: huf(1045)}}})
	require.NoError(t, err)
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", Authority: "nav", Bank: &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.HUF}})
	require.NoError(t, err)
	require.Equal(t, huf(1000), po.Amount)
}

// A conversion names its payout, and the payout its rate.
func TestAConversionNamesItsPayout(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	eur := ledger.Minor(10000, ledger.EUR)
	_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: eur, AccountID: a.ID, Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: ledger.Zero(ledger.EUR)})
	require.NoError(t, err)
	st, err := m.platform.Statement(m.ctx, ledger.StatementRequest{Account: ledger.Ref{Owner: a.ID, Purpose: "available", Currency: ledger.EUR}})
	require.NoError(t, err)
	last := st.Lines[len(st.Lines)-1]
	require.Equal(t, "conversion", last.Reason)
	require.Equal(t, ledger.ID{Kind: "payout", ID: po.ID}, last.Object)
	require.NotEmpty(t, po.Conversion.Rate)
	require.NotEmpty(t, po.Conversion.Source)
	require.False(t, po.Conversion.At.IsZero())
	require.Equal(t, 1, po.Conversion.Spread.Sign())
}

// An amount of no currency is refused before any rate is asked for.
func TestAPayoutOfNoCurrency(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "c", AccountID: a.ID, Amount: ledger.Minor(5, 0)})
	require.ErrorIs(t, err, ledger.Invalid)
}

// The bank account in the currency of the balance is paid without a conversion,
// one that is asked for with it, and else the first.
func TestWhichBankIsPaid(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Banks: &connect.BankConfig{CoolDown: -1}}})
	a := m.seller() // in USD
	for i, cur := range []ledger.Currency{ledger.EUR, ledger.GBP} {
		_, err := m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{
			Key: fmt.Sprint("bank", i), AccountID: a.ID, Bank: &connect.BankDetails{Token: payout.TestAccount, Country: "DE", Currency: cur},
		})
		require.NoError(t, err)
	}
	for _, cur := range []ledger.Currency{ledger.USD, ledger.EUR, ledger.CHF} {
		_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
			Key: cur.String(), Amount: ledger.Minor(10000, cur), AccountID: a.ID, Source: connect.TestCardAtOnce,
		})
		require.NoError(t, err)
	}
	for i, c := range []struct{ balance, asked, paid ledger.Currency }{
		{ledger.USD, 0, ledger.USD}, {ledger.EUR, 0, ledger.EUR}, {ledger.CHF, 0, ledger.USD},
		{ledger.EUR, ledger.GBP, ledger.GBP}, {ledger.USD, ledger.EUR, ledger.EUR}, {ledger.USD, ledger.USD, ledger.USD},
	} {
		o, err := m.platform.Payout(m.ctx, connect.PayoutRequest{
			Key: fmt.Sprint("po", i), AccountID: a.ID, Amount: ledger.Minor(1000, c.balance), Currency: c.asked,
		})
		require.NoError(t, err)
		require.Equal(t, c.paid, o.Amount.Currency(), "%v", c)
		require.Equal(t, c.paid, o.Destination.Currency)
		require.Equal(t, c.paid == c.balance, o.Conversion == nil, "%v", c)
	}
	m.verify()
}

// A tax is refunded while it is held for its authority, paid, and comes back.
func TestATaxRefundedWhileItIsRemitted(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(1080), AccountID: a.ID, Source: connect.TestCard,
		Tax: []connect.Tax{{Authority: "nyc", Amount: usd(80)}}})
	require.NoError(t, err)
	po, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "po", Authority: "nyc", Amount: usd(80),
		Bank: &connect.BankDetails{Token: payout.TestReturned, Country: "US", Currency: ledger.USD}})
	require.NoError(t, err)
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, ReverseTransfer: true})
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, r.Status)
	m.verify()
	m.pass(24 * time.Hour)
	po, err = m.platform.GetPayout(m.ctx, po.ID)
	require.NoError(t, err)
	require.Equal(t, payout.Paid, po.Status)
	m.verify()
	m.pass(6 * 24 * time.Hour)
	po, err = m.platform.GetPayout(m.ctx, po.ID)
	require.NoError(t, err)
	require.Equal(t, payout.Returned, po.Status)
	m.verify()
}
