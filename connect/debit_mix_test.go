package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Store credit that is bought by bank debit: it is there once the debit settled, a
// refund takes it and goes out by the rail, and a return takes what is left of it.
func TestCreditIsBoughtByDebit(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x := m.mandate(achMandate("m", payout.TestAccount))
	c, err := m.collect(connect.ChargeRequest{MandateID: x.ID, Amount: usd(1000), SellsCredit: "b"})
	require.NoError(t, err)
	require.Equal(t, usd(0), m.creditOf("b", ledger.USD))
	m.pass(3 * 24 * time.Hour)
	require.Equal(t, connect.ChargeSucceeded, m.now(c).Status)
	require.Equal(t, usd(1000), m.creditOf("b", ledger.USD))
	m.verify()
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(400)})
	require.NoError(t, err)
	m.pass(3 * 24 * time.Hour)
	r, err = m.platform.GetRefund(m.ctx, r.ID)
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, r.Status)
	require.Equal(t, usd(600), m.creditOf("b", ledger.USD))
	m.verify()
	require.NoError(t, m.RailNews(m.ctx, payout.Update{ID: "late", Key: c.ID + "-1", Kind: payout.UpdateReturned, Code: "R10", Amount: usd(1000), At: m.Clock.Now()}))
	require.Equal(t, usd(0), m.creditOf("b", ledger.USD))
	m.verify()
}

// Presented again the debit still buys the credit.
func TestCreditIsBoughtByTheSecondDebit(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x := m.mandate(achMandate("m", payout.TestStalled))
	c, err := m.collect(connect.ChargeRequest{MandateID: x.ID, Amount: usd(1000), SellsCredit: "b"})
	require.NoError(t, err)
	require.NoError(t, m.RailNews(m.ctx, payout.Update{ID: "1", Key: c.ID + "-1", Kind: payout.UpdateReturned, Code: "R01", Amount: usd(1000), At: m.Clock.Now()}))
	again, err := m.platform.Represent(m.ctx, connect.RepresentRequest{Key: "again", ChargeID: c.ID})
	require.NoError(t, err)
	require.NoError(t, m.RailNews(m.ctx, payout.Update{ID: "2", Key: again.ID + "-1", Kind: payout.UpdateSettled, Amount: usd(1000), At: m.Clock.Now()}))
	require.Equal(t, connect.ChargeSucceeded, m.now(again).Status)
	require.Equal(t, usd(1000), m.creditOf("b", ledger.USD))
	m.verify()
}

// A debit of a direct charge, of lines, of a share that waits, on behalf of a seller,
// for a customer: settled, in part refunded, returned, presented again and settled.
func TestDebitsOfAllShapesComeBackAndAreRepresented(t *testing.T) {
	lines := []connect.Line{{Kind: connect.LineGoods, Amount: usd(700)}, {Kind: connect.LineDelivery, Amount: usd(200)}, {Kind: connect.LineTax, Amount: usd(100), Authority: "nyc"}}
	for what, change := range map[string]func(m *market, r *connect.ChargeRequest){
		"plain":  func(*market, *connect.ChargeRequest) {},
		"direct": func(_ *market, r *connect.ChargeRequest) { r.Direct = true },
		"behalf": func(_ *market, r *connect.ChargeRequest) { r.OnBehalfOf = r.AccountID },
		"held":   func(_ *market, r *connect.ChargeRequest) { r.Hold = &connect.HoldTerms{} },
		"held direct": func(_ *market, r *connect.ChargeRequest) {
			r.Hold, r.Direct = &connect.HoldTerms{Milestones: []connect.Milestone{{Name: "a", Parts: 1}, {Name: "b", Parts: 2}}}, true
		},
		"lines":      func(_ *market, r *connect.ChargeRequest) { r.Lines = lines },
		"held lines": func(_ *market, r *connect.ChargeRequest) { r.Lines, r.Hold = lines, &connect.HoldTerms{} },
		"taxes": func(_ *market, r *connect.ChargeRequest) {
			r.Tax, r.FeeTax = []connect.Tax{{Authority: "nyc", Amount: usd(80)}}, []connect.Tax{{Authority: "vat", Amount: usd(7)}}
		},
		"amount": func(_ *market, r *connect.ChargeRequest) {
			r.ApplicationFee, r.TransferAmount = ledger.Money{}, usd(877)
		},
	} {
		for _, refunded := range []bool{false, true} {
			m := newMarket(t, connecttest.Config{})
			a := m.seller()
			r := connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123)}
			change(m, &r)
			ask := achMandate("m", payout.TestStalled)
			if r.Direct || r.OnBehalfOf != "" {
				ask.AccountID = a.ID
			}
			owner := ""
			if r.Direct {
				owner = a.ID
			}
			r.CustomerID, r.MandateID = m.customer(owner).ID, m.mandate(ask).ID
			c, err := m.platform.Charge(m.ctx, r)
			require.NoError(t, err, what)
			news := func(id string, c *connect.Charge, kind payout.UpdateKind) {
				n := payout.Update{ID: id, Key: c.ID + "-1", Kind: kind, Amount: usd(1000), At: m.Clock.Now()}
				if kind == payout.UpdateReturned {
					n.Code = "R01"
				}
				for range 2 {
					require.NoError(t, m.RailNews(m.ctx, n), what)
				}
				m.verify()
			}
			news("1", c, payout.UpdateSettled)
			if r.Hold != nil {
				share := m.share(c.ID)
				require.NotNil(t, share)
				ask := connect.ReleaseRequest{Key: m.key(), ChargeID: c.ID}
				if len(r.Hold.Milestones) > 0 {
					ask.Milestone = "a"
				}
				_, err := m.platform.Release(m.ctx, ask)
				require.NoError(t, err, what)
				m.verify()
			}
			if refunded {
				_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(333), ReverseTransfer: !r.Direct, RefundFee: r.TransferAmount.IsZero()})
				require.NoError(t, err, what)
				m.verify()
			}
			m.pass(24 * time.Hour)
			news("2", c, payout.UpdateReturned)
			require.Equal(t, connect.ChargeFailed, m.now(c).Status, what)
			again, err := m.platform.Represent(m.ctx, connect.RepresentRequest{Key: "again", ChargeID: c.ID})
			if refunded {
				requireCode(t, err, ledger.State, "already_refunded")
				continue
			}
			require.NoError(t, err, what)
			m.pass(2 * 24 * time.Hour)
			news("3", again, payout.UpdateSettled)
			now := m.now(again)
			require.Equal(t, connect.ChargeSucceeded, now.Status, what)
			first := m.now(c)
			require.Equal(t, first.Lines, now.Lines, what)
			require.Equal(t, first.Customer, now.Customer, what)
			m.pass(10 * 24 * time.Hour)
			m.verify()
		}
	}
}

// A debit that came back is presented again by what its mandate says now, and not while
// that is suspended.
func TestRepresentByWhatHoldsNow(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	x := m.mandate(achMandate("m", payout.TestDebitReturn+"R01"))
	c := m.debited(x.ID, a.ID, 1000, 100)
	m.pass(4 * 24 * time.Hour)
	require.Equal(t, connect.ChargeFailed, m.now(c).Status)
	_, err := m.platform.SuspendMandate(m.ctx, connect.MandateStepRequest{Key: "s", MandateID: x.ID})
	require.NoError(t, err)
	_, err = m.platform.Represent(m.ctx, connect.RepresentRequest{Key: "1", ChargeID: c.ID})
	require.Error(t, err)
	_, err = m.platform.ResumeMandate(m.ctx, connect.MandateStepRequest{Key: "r", MandateID: x.ID})
	require.NoError(t, err)
	bank := achMandate("", payout.TestAccount).Bank
	_, err = m.platform.AmendMandate(m.ctx, connect.AmendMandateRequest{Key: "a", MandateID: x.ID, Bank: &bank})
	require.NoError(t, err)
	again, err := m.platform.Represent(m.ctx, connect.RepresentRequest{Key: "2", ChargeID: c.ID})
	require.NoError(t, err)
	require.Equal(t, payout.TestAccount, again.Debit.Destination.Token)
	m.pass(6 * 24 * time.Hour)
	require.Equal(t, connect.ChargeSucceeded, m.now(again).Status)
	m.verify()
}

// A refund of a debit into store credit goes over no rail, and a return after it takes
// the rest alone.
func TestADebitIsRefundedIntoCredit(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.debited(m.mandate(achMandate("m", payout.TestStalled)).ID, m.seller().ID, 1000, 100)
	news := func(id string, kind payout.UpdateKind, code string) {
		require.NoError(t, m.RailNews(m.ctx, payout.Update{ID: id, Key: c.ID + "-1", Kind: kind, Code: code, Amount: usd(1000), At: m.Clock.Now()}))
		m.verify()
	}
	news("1", payout.UpdateSettled, "")
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(400), IntoCredit: true, BuyerID: "b", ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, r.Status)
	require.Equal(t, 0, m.Rail.Taken(r.ID+"-1"))
	m.verify()
	news("2", payout.UpdateReturned, "R10")
	require.Equal(t, usd(400), m.creditOf("b", ledger.USD))
}
