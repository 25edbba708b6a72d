package connect_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// sell gives a buyer store credit that they have paid for.
func (m *market) sell(buyer string, amount ledger.Money) *connect.Charge {
	m.t.Helper()
	c, err := m.try(connect.ChargeRequest{Amount: amount, SellsCredit: buyer})
	require.NoError(m.t, err)
	require.Equal(m.t, connect.ChargeSucceeded, c.Status)
	return c
}

// creditOf is what a buyer can spend now.
func (m *market) creditOf(buyer string, c ledger.Currency) ledger.Money {
	m.t.Helper()
	w, err := m.platform.CreditOf(m.ctx, buyer, c)
	require.NoError(m.t, err)
	return w.Spendable(m.Clock.Now())
}

// What cannot be asked of credit, vouchers and tenders is refused by its field, and
// changes nothing (edge-case 85).
func TestRefusalsOfCredit(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	sold := m.sell("b", usd(5000))
	plain := m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "up", Amount: usd(5000)})
	require.NoError(t, err)
	grant, err := m.platform.GrantCredit(m.ctx, connect.GrantRequest{Key: "g", BuyerID: "c", Amount: usd(300)})
	require.NoError(t, err)
	voucher, err := m.platform.IssueVoucher(m.ctx, connect.VoucherRequest{Key: "v", Amount: usd(200), Expires: m.Clock.Now().Add(time.Hour)})
	require.NoError(t, err)
	mixed, err := m.try(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, Tenders: []connect.TenderRequest{{BuyerID: "b", Amount: usd(100)}}})
	require.NoError(t, err)
	whole, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "whole", Amount: usd(50), AccountID: a.ID, Tenders: []connect.TenderRequest{{BuyerID: "b"}}})
	require.NoError(t, err)
	require.Empty(t, whole.Acquirer)
	m.pass(2 * time.Hour) // the voucher is over

	pay := func(r connect.ChargeRequest, tenders ...connect.TenderRequest) func() error {
		return func() error {
			if r.Amount == (ledger.Money{}) {
				r.Amount = usd(1000)
			}
			r.Key, r.Tenders = "new", tenders
			if r.Source == "" {
				r.Source = connect.TestCard
			}
			_, err := m.platform.Charge(m.ctx, r)
			return err
		}
	}
	b := connect.TenderRequest{BuyerID: "b"}
	part := func(who string, amount ledger.Money) connect.TenderRequest {
		return connect.TenderRequest{BuyerID: who, Amount: amount}
	}
	give := func(r connect.RefundRequest) func() error {
		return func() error {
			r.Key = "new"
			_, err := m.platform.Refund(m.ctx, r)
			return err
		}
	}
	issue := func(r connect.VoucherRequest) func() error {
		return func() error {
			r.Key = "new"
			_, err := m.platform.IssueVoucher(m.ctx, r)
			return err
		}
	}
	split := func(r connect.ChargeRequest, others ...connect.SourcePart) func() error {
		return func() error {
			if r.Source == "" {
				r.Source = connect.TestCard
			}
			r.Amount = usd(1000)
			_, err := m.platform.Pay(m.ctx, connect.PayRequest{Key: "new", Charge: r, Others: others})
			return err
		}
	}
	other := connect.SourcePart{Source: connect.TestCard, Amount: usd(300)}
	for _, x := range []struct {
		what  string
		ask   func() error
		class ledger.Class
		code  string
		field string
	}{
		{"nobody's", pay(connect.ChargeRequest{}, connect.TenderRequest{}), ledger.Invalid, "invalid_request", "tenders[0]"},
		{"two in one", pay(connect.ChargeRequest{}, connect.TenderRequest{BuyerID: "b", Code: "code"}), ledger.Invalid, "invalid_request", "tenders[0]"},
		{"the same twice", pay(connect.ChargeRequest{}, part("b", usd(1)), part("b", usd(1))), ledger.Invalid, "invalid_request", "tenders[1]"},
		{"more than there is", pay(connect.ChargeRequest{Amount: usd(6000)}, part("b", usd(4851))), ledger.State, "insufficient_credit", "tenders[0]"},
		{"another buyer's", pay(connect.ChargeRequest{}, part("d", usd(1))), ledger.State, "insufficient_credit", "tenders[0]"},
		{"more than is to pay", pay(connect.ChargeRequest{}, part("b", usd(1001))), ledger.Invalid, "tenders_exceed_amount", "tenders[0]"},
		{"nothing left to pay", pay(connect.ChargeRequest{}, b, part("c", usd(1))), ledger.Invalid, "tenders_exceed_amount", "tenders[1]"},
		{"another currency", pay(connect.ChargeRequest{Amount: eur}, part("b", usd(100))), ledger.Invalid, "currency_mismatch", "tenders[0]"},
		{"credit of another currency", pay(connect.ChargeRequest{Amount: eur}, b), ledger.State, "insufficient_credit", "tenders[0]"},
		{"below zero", pay(connect.ChargeRequest{}, part("b", usd(-1))), ledger.Invalid, "invalid_amount", "tenders[0]"},
		{"a card's part below the least", pay(connect.ChargeRequest{}, part("b", usd(951))), ledger.Invalid, "amount_below_minimum", "amount"},
		{"an unknown code", pay(connect.ChargeRequest{}, connect.TenderRequest{Code: "nothing"}), ledger.NotFound, "not_found", "tenders[0]"},
		{"an expired voucher", pay(connect.ChargeRequest{}, connect.TenderRequest{Code: voucher.Code}), ledger.State, "voucher_expired", "tenders[0]"},
		{"no card for the rest", func() error {
			_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "new", Amount: usd(9000), Tenders: []connect.TenderRequest{b}})
			return err
		}, ledger.Invalid, "tenders_too_small", "source"},
		{"nothing to authorize", pay(connect.ChargeRequest{CaptureLater: true}, b), ledger.Invalid, "invalid_request", "captureLater"},
		{"bitcoin", pay(connect.ChargeRequest{Method: connect.MethodBitcoin}, b), ledger.Invalid, "invalid_request", "tenders"},
		{"a card number as a buyer", pay(connect.ChargeRequest{}, connect.TenderRequest{BuyerID: "4242424242424242"}), ledger.Invalid, "invalid_buyer", "tenders[0]"},
		{"credit for credit", pay(connect.ChargeRequest{SellsCredit: "c"}, b), ledger.Invalid, "invalid_request", "tenders"},
		{"credit of a seller", pay(connect.ChargeRequest{SellsCredit: "c", AccountID: a.ID}), ledger.Invalid, "invalid_request", "sellsCredit"},
		{"taxed credit", pay(connect.ChargeRequest{SellsCredit: "c", Tax: []connect.Tax{{Authority: "nyc", Amount: usd(8)}}}), ledger.Invalid, "invalid_request", "tax"},
		{"credit later", pay(connect.ChargeRequest{SellsCredit: "c", CaptureLater: true}), ledger.Invalid, "invalid_request", "captureLater"},

		{"capture of what credit paid", func() error {
			_, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "new", ChargeID: whole.ID})
			return err
		}, ledger.State, "already_captured", "charge"},
		{"cancel what credit paid", func() error {
			_, err := m.platform.Cancel(m.ctx, connect.CancelRequest{Key: "new", ChargeID: whole.ID})
			return err
		}, ledger.State, "already_captured", "charge"},
		{"news of what credit paid", func() error {
			return m.News(m.ctx, connect.News{Key: whole.ID, Answer: connect.Answer{Status: connect.Failed}})
		}, ledger.NotFound, "not_found", "charge"},
		{"refund into nobody's", give(connect.RefundRequest{ChargeID: plain.ID, IntoCredit: true}), ledger.Invalid, "buyer_required", "buyer"},
		{"refund of a buyer", give(connect.RefundRequest{ChargeID: plain.ID, BuyerID: "b"}), ledger.Invalid, "invalid_request", "buyer"},
		{"refund of credit into credit", give(connect.RefundRequest{ChargeID: sold.ID, IntoCredit: true, BuyerID: "b"}), ledger.Invalid, "invalid_request", "intoCredit"},
		{"refund of spent credit", give(connect.RefundRequest{ChargeID: sold.ID, Amount: usd(4851)}), ledger.State, "credit_spent", "amount"},
		{"refund to what did not pay", give(connect.RefundRequest{ChargeID: mixed.ID, To: []string{"credit_0"}}), ledger.Invalid, "invalid_request", "to"},
		{"refund twice to one", give(connect.RefundRequest{ChargeID: mixed.ID, To: []string{"source", "source"}}), ledger.Invalid, "invalid_request", "to"},
		{"refund of more than one paid", give(connect.RefundRequest{ChargeID: mixed.ID, Amount: usd(901), To: []string{"source"}}), ledger.State, "refund_exceeds_tender", "to"},

		{"a guessable prepaid code", issue(connect.VoucherRequest{Amount: usd(100), Prepaid: true, Code: "SUMMER"}), ledger.Invalid, "invalid_code", "code"},
		{"a card number as a code", issue(connect.VoucherRequest{Amount: usd(100), Code: "4242424242424242"}), ledger.Invalid, "invalid_code", "code"},
		{"a code that there is", issue(connect.VoucherRequest{Amount: usd(100), Code: voucher.Code}), ledger.Exists, "voucher_exists", "code"},
		{"uses of a prepaid one", issue(connect.VoucherRequest{Amount: usd(100), Prepaid: true, Uses: 2}), ledger.Invalid, "invalid_request", "uses"},
		{"a past date", issue(connect.VoucherRequest{Amount: usd(100), Expires: m.Clock.Now()}), ledger.Invalid, "invalid_time", "expires"},
		{"paid for by a seller's charge", issue(connect.VoucherRequest{Amount: usd(100), Prepaid: true, ChargeID: plain.ID}), ledger.Invalid, "charge_has_seller", "charge"},
		{"prepaid with nothing", issue(connect.VoucherRequest{Amount: usd(999999), Prepaid: true}), ledger.InsufficientFunds, "insufficient_funds", ""},

		{"grant to nobody", func() error {
			_, err := m.platform.GrantCredit(m.ctx, connect.GrantRequest{Key: "new", Amount: usd(1)})
			return err
		}, ledger.Invalid, "invalid_buyer", "buyer"},
		{"grant of nothing", func() error {
			_, err := m.platform.GrantCredit(m.ctx, connect.GrantRequest{Key: "new", BuyerID: "b", Amount: usd(0)})
			return err
		}, ledger.Invalid, "invalid_amount", "amount"},
		{"revoke too much", func() error {
			_, err := m.platform.RevokeCredit(m.ctx, connect.RevokeRequest{Key: "new", GrantID: grant.ID, Amount: usd(301)})
			return err
		}, ledger.State, "credit_spent", "amount"},

		{"one source alone", split(connect.ChargeRequest{}), ledger.Invalid, "invalid_request", "others"},
		{"others pay all", split(connect.ChargeRequest{}, connect.SourcePart{Source: "tok", Amount: usd(1000)}), ledger.Invalid, "tenders_exceed_amount", "others[0]"},
		{"a source that is none", split(connect.ChargeRequest{}, connect.SourcePart{Amount: usd(300)}), ledger.Invalid, "invalid_source", "others[0]"},
		{"too little on one", split(connect.ChargeRequest{}, connect.SourcePart{Source: "tok", Amount: usd(49)}), ledger.Invalid, "amount_below_minimum", "others[0]"},
		{"later", split(connect.ChargeRequest{CaptureLater: true}, other), ledger.Invalid, "invalid_request", "charge.captureLater"},
		{"what a seller gets", split(connect.ChargeRequest{AccountID: a.ID, TransferAmount: usd(800)}, other), ledger.Invalid, "invalid_request", "charge.transferAmount"},
	} {
		before := snapshot(t, m.Store())
		requireRefusal(t, x.ask(), x.class, x.code, x.field, x.what)
		require.Equal(t, before, snapshot(t, m.Store()), x.what)
	}
	m.verify()
}

// Two processes spend the same credit at once: it pays once, and is never below zero
// (promises 4 and 48, edge-case 31).
func TestTwoSpendTheSameCredit(t *testing.T) {
	for _, with := range []string{connect.TestCard, ""} {
		m := newMarket(t, connecttest.Config{})
		a := m.seller()
		m.sell("b", usd(1000))
		v, err := m.platform.IssueVoucher(m.ctx, connect.VoucherRequest{Key: "v", Amount: usd(500)})
		require.NoError(t, err)
		_, other := m.second()
		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			r := connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: a.ID, Source: with, Tenders: []connect.TenderRequest{{BuyerID: "b", Amount: usd(900)}, {Code: v.Code, Amount: usd(100)}}}
			if with != "" {
				r.Amount = usd(2000)
			}
			all.Go(func() { _, errs[i] = []*connect.Platform{m.platform, other}[i%2].Charge(m.ctx, r) })
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			// Whoever read the credit before it was spent finds the voucher used.
			require.ErrorIs(t, err, ledger.State)
			require.Contains(t, []string{"insufficient_credit", "voucher_used"}, codeOf(t, err))
		}
		require.Equal(t, 1, won)
		require.Equal(t, usd(100), m.creditOf("b", ledger.USD))
		m.verify()
	}
}

// The lots that a tender took from get exactly what they gave: when the card is
// declined, and when the charge is refunded.
func TestCreditIsRestoredExactly(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
	m.sell("b", usd(1000))
	_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "up", Amount: usd(1000)})
	require.NoError(t, err)
	for _, days := range []int{20, 10, 0} {
		g := connect.GrantRequest{Key: m.key(), BuyerID: "b", Amount: usd(100)}
		if days > 0 {
			g.Expires = m.Clock.Now().Add(time.Duration(days) * 24 * time.Hour)
		}
		_, err := m.platform.GrantCredit(m.ctx, g)
		require.NoError(t, err)
	}
	lots := func() map[string]ledger.Money {
		w, err := m.platform.CreditOf(m.ctx, "b", ledger.USD)
		require.NoError(t, err)
		left := make(map[string]ledger.Money)
		for _, l := range w.Lots {
			left[l.ID] = l.Left
			require.True(t, l.Reserved.IsZero())
		}
		return left
	}
	before := lots()
	pay := connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, Source: connect.TestDeclined, Tenders: []connect.TenderRequest{{BuyerID: "b", Amount: usd(450)}}}
	c, err := m.try(pay)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeFailed, c.Status)
	require.Equal(t, connect.TenderReturned, c.Tenders[0].State)
	require.Equal(t, before, lots())

	pay.Source = connect.TestCard
	c, err = m.try(pay)
	require.NoError(t, err)
	require.Len(t, c.Tenders[0].From, 4, "what expires first, then what was granted, then what was bought")
	for i, want := range []connect.CreditOrigin{connect.CreditGranted, connect.CreditGranted, connect.CreditGranted, connect.CreditSold} {
		require.Equal(t, want, c.Tenders[0].From[i].Origin)
	}
	require.True(t, c.Tenders[0].From[0].Expires.Before(c.Tenders[0].From[1].Expires))
	for _, part := range []int64{600, 399, 1} {
		_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(part), ReverseTransfer: true})
		require.NoError(t, err)
		m.verify()
	}
	require.Equal(t, before, lots())
}

// The news of a charge with tenders may come in any order, and twice: the credit is
// spent once or there again (promise 31, edge-case 26).
func TestNewsOfTendersInAnyOrder(t *testing.T) {
	list := []connect.Answer{
		{Status: connect.Received, Reference: "ref"}, {Status: connect.Approved, Reference: "ref", Amount: usd(700)},
		{Status: connect.Failed, Code: "payment_returned", Reference: "ref"}, {Status: connect.Approved, Reference: "ref", Amount: usd(700)},
	}
	permutations(len(list), func(order []int) {
		m := newMarket(t, connecttest.Config{AcquirerDelivery: ledger.Blind})
		a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
		m.sell("b", usd(300))
		v, err := m.platform.IssueVoucher(m.ctx, connect.VoucherRequest{Key: "v", Amount: usd(100)})
		require.NoError(t, err)
		c, err := m.try(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(100), Source: connect.TestReceived, Tenders: []connect.TenderRequest{{BuyerID: "b", Amount: usd(200)}, {Code: v.Code}}})
		require.NoError(t, err)
		for _, i := range order {
			require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: list[i]}))
			m.verify()
		}
		c = m.now(c)
		require.Equal(t, connect.ChargeFailed, c.Status)
		require.Equal(t, usd(300), m.creditOf("b", ledger.USD), "%v", order)
		v, err = m.platform.GetVoucher(m.ctx, v.ID)
		require.NoError(t, err)
		require.Equal(t, connect.VoucherIssued, v.Status, "%v", order)
		require.Equal(t, usd(0), m.has(a.ID).Pending)
	})
}

// Another platform's buyers, grants and vouchers are not there, and the same id is
// another buyer there (promise 65).
func TestCreditOfAnotherPlatform(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	m.sell("b", usd(1000))
	_, err = m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: "up", Amount: usd(1000)})
	require.NoError(t, err)
	g, err := m.platform.GrantCredit(m.ctx, connect.GrantRequest{Key: "g", BuyerID: "b", Amount: usd(300)})
	require.NoError(t, err)
	v, err := m.platform.IssueVoucher(m.ctx, connect.VoucherRequest{Key: "v", Amount: usd(200), Code: "WELCOME-1"})
	require.NoError(t, err)
	y, err := m.platform.Pay(m.ctx, connect.PayRequest{Key: "y", Charge: connect.ChargeRequest{Amount: usd(1000), Source: connect.TestCard}, Others: []connect.SourcePart{{Source: connect.TestCard, Amount: usd(300)}}})
	require.NoError(t, err)
	w, err := other.CreditOf(m.ctx, "b", ledger.USD)
	require.NoError(t, err)
	require.True(t, w.Balance.IsZero())
	require.Empty(t, w.ID)
	_, err = other.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(100), Tenders: []connect.TenderRequest{{BuyerID: "b"}}})
	requireCode(t, err, ledger.State, "insufficient_credit")
	for what, try := range map[string]struct {
		id  string
		ask func(string) error
	}{
		"revoke": {g.ID, func(id string) error {
			_, err := other.RevokeCredit(m.ctx, connect.RevokeRequest{Key: "k", GrantID: id})
			return err
		}},
		"get grant":   {g.ID, func(id string) error { _, err := other.GetCreditGrant(m.ctx, id); return err }},
		"get voucher": {v.ID, func(id string) error { _, err := other.GetVoucher(m.ctx, id); return err }},
		"cancel voucher": {v.ID, func(id string) error {
			_, err := other.CancelVoucher(m.ctx, connect.CancelVoucherRequest{Key: "k", VoucherID: id})
			return err
		}},
		"code": {v.Code, func(code string) error { _, err := other.VoucherByCode(m.ctx, code); return err }},
		"pay with a code": {v.Code, func(code string) error {
			_, err := other.Charge(m.ctx, connect.ChargeRequest{Key: "k", Amount: usd(100), Tenders: []connect.TenderRequest{{Code: code}}})
			return err
		}},
		"get payment":    {y.ID, func(id string) error { _, err := other.GetPayment(m.ctx, id); return err }},
		"finish payment": {y.ID, func(id string) error { return other.Finish(m.ctx, id) }},
	} {
		before := snapshot(t, m.Store())
		foreign, missing := try.ask(try.id), try.ask(try.id[:len(try.id)-1]+"z")
		require.ErrorIs(t, foreign, ledger.NotFound, what)
		require.Equal(t, missing.Error(), foreign.Error(), what)
		require.Equal(t, before, snapshot(t, m.Store()), what)
	}
}

// A code that is money stands nowhere but in the answer that gives it, once
// (promise 68).
func TestVoucherCodesAreNotKept(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	r := connect.VoucherRequest{Key: "v", Amount: usd(500)}
	v, err := m.platform.IssueVoucher(m.ctx, r)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(v.Code), 26, "128 bits")
	c, err := m.try(connect.ChargeRequest{Amount: usd(1000), Tenders: []connect.TenderRequest{{Code: v.Code, Amount: usd(100)}}})
	require.NoError(t, err)
	require.Equal(t, v.ID, c.Tenders[0].Of)
	require.NotContains(t, snapshot(t, m.Store()), v.Code)
	again, err := m.platform.IssueVoucher(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Empty(t, again.Code)
	require.Equal(t, v.ID, again.ID)
	next, err := m.platform.IssueVoucher(m.ctx, connect.VoucherRequest{Key: "w", Amount: usd(500)})
	require.NoError(t, err)
	require.NotEqual(t, v.Code, next.Code)
}

// Inside the host's transaction the verbs only record, and a preview leaves no trace
// (edge-case 94).
func TestCreditJoinedAndPreviewed(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.sell("b", usd(1000))
	pay := connect.PayRequest{Key: "pay", Charge: connect.ChargeRequest{
		Amount: usd(2000), AccountID: a.ID, Source: connect.TestDeclined, Tenders: []connect.TenderRequest{{BuyerID: "b", Amount: usd(600)}},
	}, Others: []connect.SourcePart{{Source: connect.TestCard, Amount: usd(900)}}}
	before := snapshot(t, m.Store())
	preview := m.platform.Preview()
	y, err := preview.Pay(m.ctx, pay)
	require.NoError(t, err)
	require.Equal(t, connect.PaymentSucceeded, y.Status)
	_, err = preview.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: y.Parts[0].Charge, IntoCredit: true, ReverseTransfer: true})
	require.NoError(t, err)
	require.Equal(t, before, snapshot(t, m.Store()))

	pay.Charge.Source = connect.TestCard
	y, err = m.platform.In(m.Store()).Pay(m.ctx, pay)
	require.NoError(t, err)
	require.Equal(t, connect.PaymentAuthorizing, y.Status)
	require.Equal(t, usd(400), m.creditOf("b", ledger.USD), "it is set aside")
	require.Zero(t, m.Acquirer.Taken(y.Parts[0].Charge))
	require.NoError(t, m.platform.Finish(m.ctx, y.ID))
	y, err = m.platform.GetPayment(m.ctx, y.ID)
	require.NoError(t, err)
	require.Equal(t, connect.PaymentSucceeded, y.Status)
	require.Equal(t, usd(2000), m.has(a.ID).Pending)
	again, err := m.platform.Pay(m.ctx, pay)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, y.ID, again.ID)
	_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: y.Parts[0].Charge})
	requireCode(t, err, ledger.State, "already_captured")
	m.verify()
}
