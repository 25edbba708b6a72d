package connect_test

import (
	"context"
	"errors"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// asked is a calculator that says what it is told to, and counts who asks.
type asked struct {
	sales  []tax.Sale
	result tax.Result
	err    error
}

func (a *asked) Tax(_ context.Context, s tax.Sale) (tax.Result, error) {
	a.sales = append(a.sales, s)
	return a.result, a.err
}

// nyc is 8 % on a line, which the platform remits.
func nyc(line string, minor int64) tax.Applied {
	return tax.Applied{
		Line: line, Authority: "nyc", Jurisdiction: "New York", Rate: decimal.New(8, 0), Amount: usd(minor), Remitter: tax.ByPlatform, Rounding: tax.RoundLine,
	}
}

func toNewYork() *connect.TaxPlaces {
	return &connect.TaxPlaces{To: tax.Place{Country: "US", Region: "NY", PostalCode: "10001"}, Buyer: tax.Party{Place: tax.Place{Country: "US"}}}
}

// The calculator is asked before the payment, for what is left of the lines after
// discounts; its answer is frozen, and a replay asks nobody (promise 21, edge-case 45).
func TestTaxIsAskedAndFrozen(t *testing.T) {
	calc := &asked{result: tax.Result{Taxes: []tax.Applied{nyc("1", 64), nyc("2", 8)}}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Tax: calc}})
	a := m.seller()
	lines := []connect.Line{goods(1000), {Kind: connect.LineDelivery, Amount: usd(100)}, {Kind: connect.LineTip, Amount: usd(50)}, off(200, 200)}
	r := connect.ChargeRequest{Key: "k", AccountID: a.ID, Lines: lines, Taxed: toNewYork(), Category: "toys", Source: connect.TestCard}
	quote, err := m.platform.QuoteTax(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, usd(1022), quote.Amount)
	require.Equal(t, []connect.Tax{{Authority: "nyc", Amount: usd(72)}}, quote.Taxes)
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, usd(1022), c.Amount)
	require.Len(t, calc.sales, 2)
	s := calc.sales[1]
	require.Equal(t, "10001", s.ShipTo.PostalCode)
	require.Equal(t, "US", s.Seller.Country)
	require.Equal(t, []tax.Line{
		{Name: "1", Kind: "goods", Category: "toys", Amount: usd(800)}, {Name: "2", Kind: "delivery", Category: "toys", Amount: usd(100)},
		{Name: "3", Kind: "tip", Category: "toys", Amount: usd(50)},
	}, s.Lines)
	require.Equal(t, []any{connect.LineTax, "tax.1", "New York", usd(64)}, []any{c.Lines[4].Kind, c.Lines[4].Name, c.Lines[4].Jurisdiction, c.Lines[4].Amount})
	require.Equal(t, *m.now(c), *c)

	calc.err = errors.New("down")
	again, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Len(t, calc.sales, 2)
	re, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Lines: []connect.RefundLine{{Line: "2"}}})
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(108), usd(8)}, []ledger.Money{re.Amount, re.Tax[0].Amount})
	m.verify()
}

// A calculator that does not answer, or answers nonsense, stops the charge before
// anything is written (promises 10 and 26).
func TestTaxRefused(t *testing.T) {
	calc := &asked{}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Tax: calc}})
	a := m.seller()
	good := connect.ChargeRequest{AccountID: a.ID, Lines: []connect.Line{goods(1000)}, Taxed: toNewYork()}
	before := snapshot(t, m.Store())
	wrong := func(change func(*tax.Applied)) tax.Result {
		x := nyc("1", 80)
		change(&x)
		return tax.Result{Taxes: []tax.Applied{x}}
	}
	for _, x := range []struct {
		code   string
		err    error
		result tax.Result
	}{
		{"tax_unavailable", errors.New("connection refused"), tax.Result{}},
		{"busy", &ledger.Error{Class: ledger.Unavailable, Code: "busy"}, tax.Result{}},
		{"invalid_tax_answer", nil, wrong(func(a *tax.Applied) { a.Line = "9" })},
		{"invalid_tax_answer", nil, wrong(func(a *tax.Applied) { a.Remitter = "" })},
		{"invalid_tax_answer", nil, wrong(func(a *tax.Applied) { a.Amount = usd(-1) })},
		{"invalid_tax_answer", nil, wrong(func(a *tax.Applied) { a.Amount = ledger.Minor(1, ledger.EUR) })},
		{"invalid_tax_answer", nil, wrong(func(a *tax.Applied) { a.Authority = "New York" })},
		{"invalid_tax_answer", nil, wrong(func(a *tax.Applied) { a.Included, a.Amount = true, usd(1001) })},
		{"invalid_tax_answer", nil, wrong(func(a *tax.Applied) { a.Rate = decimal.New(1, 2_000_000_000) })},
	} {
		calc.err, calc.result = x.err, x.result
		_, err := m.try(good)
		requireCode(t, err, ledger.Unavailable, x.code)
	}
	calc.err, calc.result = nil, tax.Result{}
	for field, change := range map[string]func(*connect.ChargeRequest){
		"lines":              func(r *connect.ChargeRequest) { r.Lines = append(r.Lines, taxLine(5, "t")) },
		"taxed":              func(r *connect.ChargeRequest) { r.Lines, r.Amount = nil, usd(1000) },
		"taxed.to":           func(r *connect.ChargeRequest) { r.Taxed.To.Country = "USA" },
		"taxed.from":         func(r *connect.ChargeRequest) { r.Taxed.From = tax.Place{Country: "US", Region: "Texas"} },
		"taxed.buyer":        func(r *connect.ChargeRequest) { r.Taxed = &connect.TaxPlaces{} },
		"taxed.buyer.number": func(r *connect.ChargeRequest) { r.Taxed.Buyer.Number = "DE 123" },
		"account":            func(r *connect.ChargeRequest) { r.AccountID = "acct_unknown" },
		"amount":             func(r *connect.ChargeRequest) { r.Amount = usd(999) },
	} {
		r := good
		r.Taxed = toNewYork()
		change(&r)
		_, err := m.try(r)
		var e *ledger.Error
		require.ErrorAs(t, err, &e, field)
		require.Equal(t, field, e.Field)
		require.Contains(t, []ledger.Class{ledger.Invalid, ledger.NotFound}, e.Class)
	}
	none := good // which takes a number away elsewhere, and is none of a buyer's
	none.Taxed = toNewYork()
	none.Taxed.Buyer.Number = "none"
	_, err := m.try(none)
	requireField(t, "invalid_tax_number", "taxed.buyer.number", err)
	_, err = m.platform.QuoteTax(m.ctx, connect.ChargeRequest{Lines: []connect.Line{goods(5)}})
	requireField(t, "invalid_request", "taxed", err)
	require.Equal(t, before, snapshot(t, m.Store()))
}

// The table that ships answers as a calculator: 19 % in the price of a German sale
// stays with the seller, who remits it, and no commission is taken of it.
func TestTaxByTheTable(t *testing.T) {
	m := newMarket(t, connecttest.Config{Config: connect.Config{Tax: tax.Builtin()}})
	m.setPrices(*percentList("10"))
	a := m.seller(func(r *connect.AccountRequest) { *r = connecttest.Seller("DE"); r.Key = "de" })
	c, err := m.try(connect.ChargeRequest{
		AccountID: a.ID, Lines: []connect.Line{{Kind: connect.LineGoods, Amount: ledger.Minor(11900, ledger.EUR)}},
		Taxed: &connect.TaxPlaces{Buyer: tax.Party{Place: tax.Place{Country: "DE"}}},
	})
	require.NoError(t, err)
	require.Equal(t, []int64{11900, 1000}, []int64{c.Amount.Minor(), c.ApplicationFee.Minor()})
	require.Empty(t, c.Tax)
	require.True(t, c.Lines[1].SellerRemits && c.Lines[1].Included)
	seen, err := m.platform.Preview().Charge(m.ctx, connect.ChargeRequest{
		Key: "p", AccountID: a.ID, Lines: []connect.Line{{Kind: connect.LineGoods, Amount: ledger.Minor(12000, ledger.EUR)}},
		Taxed: &connect.TaxPlaces{Buyer: tax.Party{Place: tax.Place{Country: "FR"}}}, Source: connect.TestCard,
	})
	require.NoError(t, err)
	require.Equal(t, int64(2000), seen.Lines[1].Amount.Minor(), "20 % in it, at the destination")
	m.verify()
}

// The tax on a commission is the table's where the platform has a number, and the
// request's where it states one; its number can be changed and taken away, and a
// charge keeps what held when it was made (edge-cases 21 and 22).
func TestTaxOnCommission(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	p, err := m.Register(m.ctx, connect.PlatformRequest{Key: "de", Name: "DE", Country: "DE", TaxNumber: "DE123456789"})
	require.NoError(t, err)
	request := connecttest.Seller("FR")
	request.Key, request.ShortBalance = "fr", connect.ShortNegative
	a, err := p.CreateAccount(m.ctx, request)
	require.NoError(t, err)
	eur := func(minor int64) ledger.Money { return ledger.Minor(minor, ledger.EUR) }
	pay := func(change func(*connect.ChargeRequest)) (*connect.Charge, error) {
		r := connect.ChargeRequest{Key: m.key(), AccountID: a.ID, Amount: eur(10000), ApplicationFee: eur(999), Source: connect.TestCard}
		change(&r)
		return p.Charge(m.ctx, r)
	}
	same := func(*connect.ChargeRequest) {}
	c, err := pay(same)
	require.NoError(t, err)
	require.Equal(t, []any{tax.CustomerRate, "fr-vat", eur(200)}, []any{c.FeeTaxed.Outcome, c.FeeTax[0].Authority, c.FeeTax[0].Amount})
	_, err = p.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "n", AccountID: a.ID, TaxNumber: "FR12345678901"})
	require.NoError(t, err)
	c2, err := pay(same)
	require.NoError(t, err)
	require.Equal(t, tax.Reverse, c2.FeeTaxed.Outcome)
	require.Empty(t, c2.FeeTax)
	require.Contains(t, c2.FeeTaxed.Note, "Reverse charge")
	c3, err := pay(func(r *connect.ChargeRequest) { r.FeeTax = []connect.Tax{{Authority: "own", Amount: eur(7)}} })
	require.NoError(t, err)
	require.Nil(t, c3.FeeTaxed)
	require.Equal(t, "own", c3.FeeTax[0].Authority)
	_, err = pay(func(r *connect.ChargeRequest) { r.Amount, r.Net = ledger.Money{}, eur(5000) })
	requireField(t, "invalid_request", "net", err)
	got, err := p.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, eur(200), got.FeeTax[0].Amount)
	total := int64(0)
	for _, part := range []int64{3333, 3333, 3334} {
		re, err := p.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: eur(part), ReverseTransfer: true, RefundFee: true})
		require.NoError(t, err)
		total += re.FeeTax[0].Amount.Minor()
	}
	require.Equal(t, int64(200), total)
	_, err = p.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "gone", AccountID: a.ID, TaxNumber: "none"})
	require.NoError(t, err)
	_, err = pay(func(r *connect.ChargeRequest) { r.ApplicationFee = eur(9000) })
	requireField(t, "fee_exceeds_amount", "applicationFee", err)
	prof, err := p.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "none", TaxNumber: "none"})
	require.NoError(t, err)
	require.Empty(t, prof.TaxNumber)
	c4, err := pay(same)
	require.NoError(t, err)
	require.Nil(t, c4.FeeTaxed)
	for _, number := range []string{"DE 123", "de123", "1", "DE1234567890123456789"} {
		_, err := p.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "bad", TaxNumber: number})
		requireField(t, "invalid_tax_number", "taxNumber", err)
		_, err = p.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "bad", AccountID: a.ID, TaxNumber: number})
		requireField(t, "invalid_tax_number", "taxNumber", err)
	}
	m.verify()
}

// No more is remitted than was owed at the end of a period, whatever payouts are under
// way, failed or came back since, and by however many at once (promises 14 and 48).
func TestRemitTax(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	owe := func(minor int64) {
		_, err := m.try(connect.ChargeRequest{AccountID: a.ID, Lines: []connect.Line{goods(1000), taxLine(minor, "nyc")}})
		require.NoError(t, err)
	}
	bank := func(token string) *connect.BankDetails {
		return &connect.BankDetails{Token: token, Country: "US", Currency: ledger.USD}
	}
	owe(80)
	end := payout.DayOf(m.Clock.Now(), m.Clock.Now().Location())
	remit := func(minor int64, day payout.Day, token string) (*payout.Payout, error) {
		return m.platform.RemitTax(m.ctx, connect.RemitTaxRequest{Key: m.key(), Authority: "nyc", Amount: usd(minor), PeriodEnd: day, Bank: bank(token)})
	}
	_, err := remit(80, end, payout.TestAccount)
	requireCode(t, err, ledger.State, "period_not_over")
	m.pass(24 * 3600e9)
	owe(40)
	_, err = remit(81, end, payout.TestAccount)
	requireCode(t, err, ledger.InsufficientFunds, "insufficient_funds")
	first, err := remit(50, end, payout.TestReturned)
	require.NoError(t, err)
	require.Equal(t, []any{end, "tax/nyc"}, []any{first.PeriodEnd, first.Source})
	_, err = remit(31, end, payout.TestAccount)
	requireCode(t, err, ledger.InsufficientFunds, "insufficient_funds")
	rest, err := remit(0, end, payout.TestNoAccount)
	require.NoError(t, err)
	require.Equal(t, usd(30), rest.Amount)
	m.pass(10 * 24 * 3600e9) // the one came back, the other failed
	again, err := remit(0, end, payout.TestAccount)
	require.NoError(t, err)
	require.Equal(t, usd(80), again.Amount)
	m.pass(10 * 24 * 3600e9)
	_, err = remit(0, end, payout.TestAccount)
	requireCode(t, err, ledger.InsufficientFunds, "insufficient_funds")
	all, err := m.platform.RemitTax(m.ctx, connect.RemitTaxRequest{Key: "all", Authority: "nyc", Bank: bank(payout.TestAccount)})
	require.NoError(t, err)
	require.Equal(t, usd(40), all.Amount)
	replay, err := m.platform.RemitTax(m.ctx, connect.RemitTaxRequest{Key: "all", Authority: "nyc", Bank: bank(payout.TestAccount)})
	require.NoError(t, err)
	require.True(t, replay.Replayed)
	m.verify()
	for field, r := range map[string]connect.RemitTaxRequest{
		"authority": {Bank: bank("btok_ok")}, "bank": {Authority: "nyc"}, "bank.currency": {Authority: "nyc", Amount: ledger.Minor(5, ledger.EUR), Bank: bank("btok_ok")},
	} {
		r.Key = "bad"
		_, err := m.platform.RemitTax(m.ctx, r)
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, field, e.Field)
	}
	_, err = m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "bad", AccountID: a.ID, PeriodEnd: end})
	requireField(t, "invalid_request", "periodEnd", err)
}

// Two who remit the same tax at once remit it once.
func TestRacingRemittances(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.try(connect.ChargeRequest{AccountID: m.seller().ID, Lines: []connect.Line{goods(1000), taxLine(80, "nyc")}})
	require.NoError(t, err)
	end := payout.DayOf(m.Clock.Now(), m.Clock.Now().Location())
	m.pass(24 * 3600e9)
	answers := make(chan error)
	for i := range 6 {
		go func() {
			_, err := m.platform.RemitTax(m.ctx, connect.RemitTaxRequest{
				Key: string(rune('a' + i)), Authority: "nyc", Amount: usd(80), PeriodEnd: end,
				Bank: &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD},
			})
			answers <- err
		}()
	}
	done := 0
	for range 6 {
		if err := <-answers; err == nil {
			done++
		}
	}
	require.Equal(t, 1, done)
	m.verify()
}
