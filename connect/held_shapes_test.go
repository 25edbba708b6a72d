package connect_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// heldStory is what happens to a share of 100,001 minor units of which a tenth is
// commission; kept is how much of the sale the buyer has paid for in the end.
type heldStory struct {
	name string
	hold connect.HoldTerms
	tell func(t *testing.T, s *heldShape)
	kept int64
}

// heldShape is a sale of a shape, waiting.
type heldShape struct {
	*market
	cur      ledger.Currency
	charge   string
	transfer string
	direct   bool
}

func (s *heldShape) release(t *testing.T, minor int64, milestone string) {
	r := connect.ReleaseRequest{Key: s.key(), ChargeID: s.charge, TransferID: s.transfer, Milestone: milestone}
	if s.transfer != "" {
		r.ChargeID = ""
	}
	if minor > 0 {
		r.Amount = ledger.Minor(minor, s.cur)
	}
	_, err := s.platform.Release(s.ctx, r)
	require.NoError(t, err)
}

func (s *heldShape) refund(t *testing.T, minor int64) {
	if s.transfer != "" { // which seller gives it is the host's to say
		_, err := s.platform.ReverseTransfer(s.ctx, connect.ReverseTransferRequest{Key: s.key(), TransferID: s.transfer, Amount: ledger.Minor(minor, s.cur)})
		require.NoError(t, err)
	}
	r, err := s.platform.Refund(s.ctx, connect.RefundRequest{
		Key: s.key(), ChargeID: s.charge, Amount: ledger.Minor(minor, s.cur), ReverseTransfer: !s.direct && s.transfer == "", RefundFee: s.transfer == "",
	})
	require.NoError(t, err)
	require.Equal(t, connect.RefundSucceeded, r.Status)
}

// Every shape of charge waits, is released whole, in parts and by milestones, and is
// refunded before, between and after, by the host and for having waited too long, in
// currencies of all digits: the seller, the platform and the house have in the end
// what they have of the same sale that did not wait.
func TestHeldShapes(t *testing.T) {
	refunds := connect.HoldTerms{LongestDays: 5, AtEnd: connect.HoldRefunds}
	stones := connect.HoldTerms{Milestones: []connect.Milestone{{Name: "start", Parts: 1}, {Name: "end", Parts: 2}}}
	const all = 100_001
	for _, story := range []heldStory{
		{"released", connect.HoldTerms{}, func(t *testing.T, s *heldShape) { s.release(t, 0, "") }, all},
		{"in parts", connect.HoldTerms{}, func(t *testing.T, s *heldShape) {
			s.release(t, 33_333, "")
			s.release(t, 33_333, "")
			s.release(t, 0, "")
		}, all},
		{"by milestones", stones, func(t *testing.T, s *heldShape) { s.release(t, 0, "end"); s.release(t, 0, "start") }, all},
		{"refunded before", connect.HoldTerms{}, func(t *testing.T, s *heldShape) { s.refund(t, 40_001); s.release(t, 0, "") }, 60_000},
		{"refunded between", connect.HoldTerms{}, func(t *testing.T, s *heldShape) { s.release(t, 70_000, ""); s.refund(t, 50_001) }, 50_000},
		{"refunded after", connect.HoldTerms{}, func(t *testing.T, s *heldShape) { s.release(t, 0, ""); s.refund(t, 50_001) }, 50_000},
		{"released by itself", connect.HoldTerms{LongestDays: 5}, func(*testing.T, *heldShape) {}, all},
		{"refunded by itself", refunds, func(*testing.T, *heldShape) {}, 0},
		{"the rest by itself", refunds, func(t *testing.T, s *heldShape) { s.release(t, 30_000, "") }, 30_000},
	} {
		for _, shape := range []string{"commission", "amount", "direct", "direct, platform pays", "on behalf", "separate", "captured"} {
			for _, cur := range []ledger.Currency{ledger.USD, ledger.JPY, ledger.KWD, ledger.HUF} {
				t.Run(fmt.Sprint(story.name, "/", shape, "/", cur), func(t *testing.T) {
					t.Parallel()
					s := newHeldShape(t, shape, cur, story.hold)
					story.tell(t, s)
					s.pass(8 * 24 * time.Hour)
					s.verify()
					seller, err := s.platform.Balance(s.ctx, s.share(s.of()).Account)
					require.NoError(t, err)
					has := seller.In(cur)
					c, err := s.platform.GetCharge(s.ctx, s.charge)
					require.NoError(t, err)
					kept := story.kept
					if shape == "amount" && kept == 30_000 { // of 90,001, which is a third of what the buyer paid
						kept = part(all, 30_000, 90_001)
					}
					require.Equal(t, []int64{0, all - kept}, []int64{has.Waiting.Minor(), c.Refunded.Minor()})
					want := kept - (10_000 - part(10_000, all-kept, all))
					switch shape {
					case "amount":
						want = 90_001 - part(90_001, all-kept, all)
					case "separate":
						want = kept
					case "direct":
						want -= c.ProcessingFee.Minor()
					}
					require.Equal(t, want, has.Available.Minor()+has.Pending.Minor())
				})
			}
		}
	}
}

func (s *heldShape) of() string {
	if s.transfer != "" {
		return s.transfer
	}
	return s.charge
}

func newHeldShape(t *testing.T, shape string, cur ledger.Currency, h connect.HoldTerms) *heldShape {
	s := &heldShape{market: newMarket(t, connecttest.Config{}), cur: cur}
	a := s.seller(func(r *connect.AccountRequest) {
		if r.ShortBalance = connect.ShortNegative; shape == "direct, platform pays" {
			r.FeesPayer = connect.PartyPlatform
		}
	})
	r := connect.ChargeRequest{
		Key: "c", Amount: ledger.Minor(100_001, cur), AccountID: a.ID, ApplicationFee: ledger.Minor(10_000, cur), Source: connect.TestCard, Hold: &h,
	}
	switch shape {
	case "amount":
		r.ApplicationFee, r.TransferAmount = ledger.Money{}, ledger.Minor(90_001, cur)
	case "direct", "direct, platform pays":
		r.Direct, s.direct = true, true
	case "on behalf":
		r.OnBehalfOf = a.ID
	case "separate":
		r.AccountID, r.ApplicationFee, r.Hold = "", ledger.Money{}, nil
	case "captured":
		r.CaptureLater = true
	}
	c, err := s.platform.Charge(s.ctx, r)
	require.NoError(t, err)
	s.charge = c.ID
	switch shape {
	case "separate":
		tr, err := s.platform.Transfer(s.ctx, connect.TransferRequest{Key: "t", ChargeID: c.ID, To: a.ID, Amount: r.Amount, Hold: &h})
		require.NoError(t, err)
		s.transfer = tr.ID
	case "captured":
		k, err := s.platform.Capture(s.ctx, connect.CaptureRequest{Key: "k", ChargeID: c.ID})
		require.NoError(t, err)
		require.Equal(t, connect.StepSucceeded, k.Status)
	}
	return s
}
