package connect_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

var (
	risk    = connect.Actor{ID: "rita", Rights: []connect.Right{connect.RightRisk}}
	support = connect.Actor{ID: "sam", Rights: []connect.Right{connect.RightSupport}}
)

const bigIsReviewed = `big: review if amount > 100 USD`

func (m *market) decides(review string, approve bool, by connect.Actor) (*connect.Review, error) {
	r := connect.DecideReviewRequest{Key: m.key(), ReviewID: review, By: by, Reason: "known"}
	if approve {
		return m.platform.ApproveReview(m.ctx, r)
	}
	return m.platform.RefuseReview(m.ctx, r)
}

// looks is a rule by which a charge may ask to be looked at.
const looks = `review if metadata.look = "yes"`

// looked is a charge that somebody has to look at, where that rule is in use.
func (m *market) looked(seller string) *connect.Charge {
	m.t.Helper()
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: m.key(), Amount: usd(1000), AccountID: seller, Source: connect.TestCard, Metadata: map[string]string{"look": "yes"},
	})
	require.NoError(m.t, err)
	require.True(m.t, c.UnderReview)
	return c
}

// queue are the ids of what waits for somebody.
func (m *market) queue() (ids []string) {
	m.t.Helper()
	for o, err := range m.platform.ReviewQueue(m.ctx) {
		require.NoError(m.t, err)
		ids = append(ids, o.ID)
	}
	return ids
}

// A charge under review is authorized and not captured: somebody with the right lets it
// go on or not, and if nobody does in time it is let go.
func TestReviewOfCharges(t *testing.T) {
	m, _ := ruled(t, bigIsReviewed)
	a := m.seller().ID
	var charges []*connect.Charge
	for range 4 {
		c := m.charge(a, 200_00, 20_00, connect.TestCard)
		require.Equal(t, []any{connect.ChargeAuthorized, true}, []any{c.Status, c.UnderReview})
		charges = append(charges, c)
	}
	require.Len(t, m.queue(), 4)
	_, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: charges[0].ID})
	require.Equal(t, "under_review", codeOf(t, err))
	_, err = m.decides(charges[0].Review, true, support)
	require.ErrorIs(t, err, ledger.Forbidden)
	require.Equal(t, "right_missing", codeOf(t, err))
	o, err := m.decides(charges[0].Review, true, risk)
	require.NoError(t, err)
	require.Equal(t, []any{connect.ReviewApproved, "rita", connect.RightRisk, "known"}, []any{o.Status, o.Signed.Author, o.Signed.AuthorRight, o.Reason})
	require.Equal(t, connect.ChargeSucceeded, m.now(charges[0]).Status)
	require.Equal(t, usd(180_00), m.has(a).Pending)
	_, err = m.decides(charges[0].Review, false, risk)
	require.Equal(t, "invalid_state", codeOf(t, err))
	_, err = m.decides(charges[1].Review, false, risk)
	require.NoError(t, err)
	require.Equal(t, []any{connect.ChargeCanceled, "review_refused"}, []any{m.now(charges[1]).Status, m.now(charges[1]).Code})
	_, err = m.platform.Cancel(m.ctx, connect.CancelRequest{Key: m.key(), ChargeID: charges[2].ID})
	require.NoError(t, err)
	o, err = m.platform.GetReview(m.ctx, charges[2].Review)
	require.NoError(t, err)
	require.Equal(t, connect.ReviewClosed, o.Status)
	m.pass(73 * time.Hour)
	require.Equal(t, []any{connect.ChargeCanceled, "review_expired"}, []any{m.now(charges[3]).Status, m.now(charges[3]).Code})
	require.Empty(t, m.queue())
	require.Equal(t, connect.ChargeSucceeded, m.charge(a, 50_00, 0, connect.TestCard).Status)
	m.verify()
}

// Whatever cannot be authorized waits before anybody is asked; what is not answered yet
// goes on, or not, once it is.
func TestReviewOfEveryShape(t *testing.T) {
	m, _ := ruled(t, bigIsReviewed)
	a := m.seller().ID
	_, err := m.platform.RecordTopUp(m.ctx, connect.TopUpRequest{Key: m.key(), Amount: usd(9000_00)})
	require.NoError(t, err)
	_, err = m.platform.GrantCredit(m.ctx, connect.GrantRequest{Key: m.key(), BuyerID: "b", Amount: usd(2000_00)})
	require.NoError(t, err)
	mandate := m.mandate(achMandate(m.key(), payout.TestAccount))
	shapes := map[string]func(*connect.ChargeRequest){
		"plain":     func(r *connect.ChargeRequest) {},
		"direct":    func(r *connect.ChargeRequest) { r.Direct = true },
		"by amount": func(r *connect.ChargeRequest) { r.TransferAmount = usd(150_00) },
		"sold":      func(r *connect.ChargeRequest) { r.AccountID, r.SellsCredit = "", "c" },
		"credit": func(r *connect.ChargeRequest) {
			r.Source, r.Tenders = "", []connect.TenderRequest{{BuyerID: "b", Amount: usd(200_00)}}
		},
		"both": func(r *connect.ChargeRequest) {
			r.Tenders = []connect.TenderRequest{{BuyerID: "b", Amount: usd(50_00)}}
		},
		"held":      func(r *connect.ChargeRequest) { r.Hold = &connect.HoldTerms{} },
		"debit":     func(r *connect.ChargeRequest) { r.Source, r.MandateID, r.Method = "", mandate.ID, "" },
		"later":     func(r *connect.ChargeRequest) { r.CaptureLater = true },
		"received":  func(r *connect.ChargeRequest) { r.Source = connect.TestReceived },
		"challenge": func(r *connect.ChargeRequest) { r.Source = connect.TestChallenge },
	}
	for name, change := range shapes {
		for _, approve := range []bool{true, false} {
			r := connect.ChargeRequest{Key: m.key(), Amount: usd(200_00), AccountID: a, Source: connect.TestCard}
			change(&r)
			c, err := m.platform.Charge(m.ctx, r)
			require.NoError(t, err, name)
			require.True(t, c.UnderReview, name)
			require.NotEqual(t, connect.ChargeSucceeded, c.Status, name)
			_, err = m.decides(c.Review, approve, risk)
			require.NoError(t, err, name)
			if name == "challenge" && approve {
				m.Acquirer.Act(c.ID, true)
				m.hear(m.Acquirer)
			}
			m.pass(20 * 24 * time.Hour)
			want := connect.ChargeSucceeded
			if !approve || name == "later" {
				want = connect.ChargeCanceled // what nobody captures expires
			}
			require.Equal(t, want, m.now(c).Status, "%s, approved %v", name, approve)
			require.Empty(t, m.queue())
			m.verify()
		}
	}
	for _, approve := range []bool{true, false} {
		y, err := m.platform.Pay(m.ctx, connect.PayRequest{
			Key:    m.key(),
			Charge: connect.ChargeRequest{Amount: usd(200_00), AccountID: a, Source: connect.TestCard},
			Others: []connect.SourcePart{{Source: connect.TestCard, Amount: usd(100_00)}},
		})
		require.NoError(t, err)
		require.Len(t, m.queue(), 2, "each of its charges")
		for list := m.queue(); len(list) > 0; list = m.queue() { // refusing one ends the other
			_, err = m.decides(list[0], approve, risk)
			require.NoError(t, err)
		}
		m.pass(time.Hour)
		y, err = m.platform.GetPayment(m.ctx, y.ID)
		require.NoError(t, err)
		require.Equal(t, map[bool]connect.PaymentStatus{true: connect.PaymentSucceeded, false: connect.PaymentFailed}[approve], y.Status)
		m.verify()
	}
}

// A transfer under review moves nothing until it is approved; what it needs has to be
// there then.
func TestReviewOfTransfers(t *testing.T) {
	m, _ := ruled(t, `out: review if kind = "transfer"`)
	a, b := m.seller().ID, m.seller().ID
	m.charge(a, 500_00, 0, connect.TestCardAtOnce)
	r := connect.TransferRequest{Key: m.key(), From: a, To: b, Amount: usd(300_00)}
	tr, err := m.platform.Transfer(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, connect.TransferInReview, tr.Status)
	again, err := m.platform.Transfer(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, []any{tr.ID, true}, []any{again.ID, again.Replayed})
	require.Equal(t, usd(500_00), m.has(a).Available)
	_, err = m.platform.ReverseTransfer(m.ctx, connect.ReverseTransferRequest{Key: m.key(), TransferID: tr.ID})
	require.Equal(t, "invalid_state", codeOf(t, err))
	m.verify()
	r.Key = m.key()
	second, err := m.platform.Transfer(m.ctx, r)
	require.NoError(t, err)
	m.pass(time.Hour)
	_, err = m.decides(tr.Review, true, risk)
	require.NoError(t, err)
	_, err = m.decides(second.Review, true, risk)
	require.ErrorIs(t, err, ledger.InsufficientFunds)
	_, err = m.decides(second.Review, false, risk)
	require.NoError(t, err)
	tr, err = m.platform.GetTransfer(m.ctx, tr.ID)
	require.NoError(t, err)
	second, err = m.platform.GetTransfer(m.ctx, second.ID)
	require.NoError(t, err)
	require.Equal(t, []connect.TransferStatus{connect.TransferMade, connect.TransferRefused}, []connect.TransferStatus{tr.Status, second.Status})
	require.Equal(t, []ledger.Money{usd(200_00), usd(300_00)}, []ledger.Money{m.has(a).Available, m.has(b).Available})
	_, err = m.platform.ReverseTransfer(m.ctx, connect.ReverseTransferRequest{Key: m.key(), TransferID: tr.ID})
	require.NoError(t, err)
	for _, id := range []string{tr.ID, second.ID} {
		x, err := m.platform.Explain(m.ctx, id)
		require.NoError(t, err)
		require.Empty(t, x.Differences)
	}
	m.verify()
}

// Two people decide at once in two processes: one of them does.
func TestReviewIsDecidedOnce(t *testing.T) {
	m, _ := ruled(t, bigIsReviewed)
	a := m.seller().ID
	for range 4 {
		c := m.charge(a, 200_00, 0, connect.TestCard)
		_, other := m.second()
		var group sync.WaitGroup
		errs := make([]error, 2)
		group.Add(2)
		go func() {
			defer group.Done()
			_, errs[0] = m.platform.ApproveReview(m.ctx, connect.DecideReviewRequest{Key: "yes" + c.ID, ReviewID: c.Review, By: risk})
		}()
		go func() {
			defer group.Done()
			_, errs[1] = other.RefuseReview(m.ctx, connect.DecideReviewRequest{Key: "no" + c.ID, ReviewID: c.Review, By: risk})
		}()
		group.Wait()
		require.NotEqual(t, errs[0] == nil, errs[1] == nil, "%v", errs)
		m.pass(time.Hour)
		want := map[bool]connect.ChargeStatus{true: connect.ChargeSucceeded, false: connect.ChargeCanceled}[errs[0] == nil]
		require.Equal(t, want, m.now(c).Status)
	}
	m.verify()
}

// Reviews and limits of another platform are unknown (promise 65).
func TestForeignReviews(t *testing.T) {
	m, _ := ruled(t, looks)
	a := m.seller().ID
	rev := m.looked(a).Review
	l := m.limit(connect.SetLimitRequest{Name: "l", Count: 9}).ID
	m.requireForeign(map[string]foreign{
		"get": {rev, func(p *connect.Platform, id string) error { _, err := p.GetReview(m.ctx, id); return err }},
		"page": {rev, func(p *connect.Platform, id string) error {
			_, err := p.ListReviews(m.ctx, connect.ListRequest{After: id})
			return err
		}},
		"approve": {rev, func(p *connect.Platform, id string) error {
			_, err := p.ApproveReview(m.ctx, connect.DecideReviewRequest{Key: "k", ReviewID: id, By: boss})
			return err
		}},
		"refuse": {rev, func(p *connect.Platform, id string) error {
			_, err := p.RefuseReview(m.ctx, connect.DecideReviewRequest{Key: "k", ReviewID: id, By: boss})
			return err
		}},
		"limit": {l, func(p *connect.Platform, id string) error { _, err := p.GetLimit(m.ctx, id); return err }},
		"end": {l, func(p *connect.Platform, id string) error {
			_, err := p.EndLimit(m.ctx, connect.EndLimitRequest{Key: "k", LimitID: id})
			return err
		}},
		"page of limits": {l, func(p *connect.Platform, id string) error {
			_, err := p.ListLimits(m.ctx, connect.ListRequest{After: id})
			return err
		}},
		"limit of": {a, func(p *connect.Platform, id string) error {
			_, err := p.SetLimit(m.ctx, connect.SetLimitRequest{Key: "k", AccountID: id, Name: "l", Count: 1})
			return err
		}},
		"allowances of": {a, func(p *connect.Platform, id string) error { _, err := p.Allowances(m.ctx, id); return err }},
	})
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "third", Name: "Third", Country: "US"})
	require.NoError(t, err)
	for range other.ReviewQueue(m.ctx) {
		t.Fatal("another platform's review is in the queue")
	}
}

// A charge is decided on while it is being raised: it goes on, or is let go, once the
// acquirer has answered, and is not raised again until then.
func TestReviewOfWhatIsBeingRaised(t *testing.T) {
	for _, approve := range []bool{true, false} {
		for _, answer := range []connect.AnswerStatus{connect.Approved, connect.Declined} {
			m, _ := ruled(t, bigIsReviewed)
			c := m.charge(m.seller().ID, 200_00, 20_00, connect.TestCard)
			i, err := m.platform.In(m.Store()).IncreaseAuthorization(m.ctx, connect.IncreaseRequest{Key: "i", ChargeID: c.ID, Amount: usd(50_00)})
			require.NoError(t, err)
			_, err = m.decides(c.Review, approve, risk)
			require.NoError(t, err)
			require.Equal(t, connect.ChargeAuthorized, m.now(c).Status)
			_, err = m.increase(c.ID, 1)
			require.Equal(t, map[bool]string{true: "increase_under_way", false: "cancel_under_way"}[approve], codeOf(t, err))
			if answer == connect.Approved {
				require.NoError(t, m.platform.Finish(m.ctx, i.ID))
			} else {
				require.NoError(t, m.News(m.ctx, connect.News{Key: i.ID, Answer: connect.Answer{Status: answer, Code: "x"}}))
			}
			m.drain()
			c = m.now(c)
			want, whole := connect.ChargeSucceeded, usd(250_00)
			if !approve {
				want = connect.ChargeCanceled
			}
			if answer == connect.Declined {
				whole = usd(200_00)
			}
			require.Equal(t, []any{want, whole}, []any{c.Status, c.Authorization.Amount})
			require.Equal(t, approve, c.Amount == whole && c.Authorization.Captured == whole)
			m.verify()
		}
	}
}
