package connect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// moves lists the changes of state of objects, from → to.
var moves = map[string]map[string]string{
	"charge": {
		"processing":      "processing unknown requires_action authorized succeeded failed canceled",
		"unknown":         "processing requires_action authorized succeeded failed canceled",
		"requires_action": "requires_action processing authorized succeeded failed canceled",
		"authorized":      "succeeded failed canceled",
		"succeeded":       "succeeded failed",
		"scheduled":       "processing failed canceled",
	},
	"step":   {"pending": "pending unknown succeeded failed", "unknown": "pending succeeded failed"},
	"refund": {"waiting": "pending failed canceled", "pending": "pending unknown succeeded failed", "unknown": "unknown pending succeeded failed", "succeeded": "failed"},
	"dispute": {
		"warning_needs_response": "warning_needs_response warning_under_review warning_closed needs_response under_review won lost",
		"warning_under_review":   "warning_under_review warning_closed needs_response under_review won lost",
		"warning_closed":         "warning_closed needs_response under_review won lost",
		"needs_response":         "needs_response under_review won lost", "under_review": "under_review won lost",
		"won": "won lost", "lost": "lost won under_review",
	},
	"coin return": {"pending": "pending unknown succeeded failed", "unknown": "unknown pending succeeded failed"},
	"receiver":    {"pending": "open failed", "open": "open filled expired", "filled": "filled open expired", "expired": "expired open filled"},
	"top-up":      {"succeeded": "reversed"},
	"saved source": {
		"pending": "pending unknown requires_action active failed detached", "unknown": "pending requires_action active failed detached",
		"requires_action": "requires_action pending active failed detached", "active": "expired detached", "expired": "detached",
	},
	"mandate": {
		"pending": "active canceled expired", "active": "suspended canceled expired", "suspended": "active canceled expired",
	},
	"held share": {
		"waiting": "waiting complained released given_back", "complained": "complained waiting released given_back",
		"released": "released waiting", "given_back": "given_back waiting",
	},
	"voucher": {
		"issued": "issued partly_used used expired canceled", "partly_used": "issued partly_used used expired canceled",
		"used": "issued partly_used used", "expired": "expired canceled", "canceled": "canceled",
	},
	"adjustment":  {"proposed": "made refused expired", "made": "undone"},
	"reserve":     {"open": "released"},
	"closing":     {"closing": "closed stopped"},
	"freeze":      {"proposed": "active refused expired", "active": "lifted"},
	"write-off":   {"proposed": "made refused expired"},
	"bank check":  {"pending": "sent failed", "sent": "verified failed"},
	"bank change": {"proposed": "made refused expired"},
	"dormancy": {
		"noticed": "unclaimed reclaimed", "unclaimed": "surrendered reclaimed", "surrendered": "surrendered reclaimed",
	},
	"warning": {
		"open": "acted dismissed moot", "due": "acted moot open", "acted": "acted", "dismissed": "acted", "moot": "acted dismissed",
	},
	"proposal":         {"proposed": "carried_out refused expired"},
	"payment":          {"authorizing": "capturing undoing", "capturing": "succeeded undoing", "undoing": "failed"},
	"negative balance": {"open": "ended", "ended": "open"},
	"negative debit": {
		"scheduled": "processing failed canceled", "processing": "processing unknown succeeded failed returned",
		"unknown": "processing succeeded failed returned", "succeeded": "returned",
	},
	"payment plan": {"active": "kept broken canceled"},
	"review":       {"open": "approved refused expired closed"},
	"bulk":         {"proposed": "running refused expired", "running": "done stopped"},
}

// Only the listed changes of state happen (promise 64).
func TestMoves(t *testing.T) {
	all := map[string]bool{"": true, "nothing": true}
	for _, table := range moves {
		for from, to := range table {
			all[from] = true
			for _, state := range strings.Fields(to) {
				all[state] = true
			}
		}
	}
	for what, table := range moves {
		for from := range all {
			for to := range all {
				require.Equal(t, has(table[from], to), connect.Moves(what, from, to), "a %s from %q to %q", what, from, to)
			}
		}
	}
}

// authorize authorizes dollars for a seller with a commission.
func (m *market) authorize(seller string, minor, fee int64, source string) *connect.Charge {
	m.t.Helper()
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: m.key(), Amount: usd(minor), AccountID: seller, ApplicationFee: usd(fee), Source: source, CaptureLater: true,
	})
	require.NoError(m.t, err)
	return c
}

// now is a charge as it is now.
func (m *market) now(c *connect.Charge) *connect.Charge {
	m.t.Helper()
	c, err := m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(m.t, err)
	return c
}

// inState returns a charge in a state.
func (m *market) inState(state string) *connect.Charge {
	a := m.seller().ID
	switch state {
	case "processing":
		return m.charge(a, 1000, 100, connect.TestReceived)
	case "requires_action":
		return m.charge(a, 1000, 100, connect.TestChallenge)
	case "authorized":
		return m.authorize(a, 1000, 100, connect.TestCard)
	case "succeeded":
		return m.charge(a, 1000, 100, connect.TestCard)
	case "captured":
		c := m.authorize(a, 1000, 100, connect.TestCard)
		_, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(600)})
		require.NoError(m.t, err)
		return m.now(c)
	case "canceled":
		c := m.authorize(a, 1000, 100, connect.TestCard)
		_, err := m.platform.Cancel(m.ctx, connect.CancelRequest{Key: m.key(), ChargeID: c.ID})
		require.NoError(m.t, err)
		return m.now(c)
	case "failed":
		return m.charge(a, 1000, 100, connect.TestDeclined)
	}
	c := m.charge(a, 1000, 100, connect.TestCard)
	require.NoError(m.t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "returned"}}))
	return m.now(c)
}

// Whatever is asked of a charge in whatever state: it is done, or refused with a
// code and nothing changes (promises 10, 11, 64).
func TestEveryVerbInEveryState(t *testing.T) {
	verbs := map[string]func(m *market, id string) error{
		"capture": func(m *market, id string) error {
			_, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "v", ChargeID: id, Amount: usd(500)})
			return err
		},
		"cancel": func(m *market, id string) error {
			_, err := m.platform.Cancel(m.ctx, connect.CancelRequest{Key: "v", ChargeID: id})
			return err
		},
		"confirm": func(m *market, id string) error {
			_, err := m.platform.Confirm(m.ctx, connect.ConfirmRequest{Key: "v", ChargeID: id})
			return err
		},
		"refund": func(m *market, id string) error {
			_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "v", ChargeID: id, Amount: usd(500)})
			return err
		},
	}
	for _, s := range []connect.AnswerStatus{connect.Approved, connect.Declined, connect.Received, connect.RequiresAction, connect.Canceled, connect.Failed} {
		verbs["news "+string(s)] = func(m *market, id string) error {
			return m.News(m.ctx, connect.News{Key: id, Answer: connect.Answer{Status: s, Amount: usd(1000)}})
		}
	}
	// What happens, in the order of: capture, cancel, confirm, refund, and news that
	// it is approved, declined, received, requires_action, canceled, failed. A
	// state is what becomes of it, "-" that nothing changes.
	const no, against = "! invalid_state", "! contradicting_news"
	want := map[string][]string{
		"processing":      {no, no, no, no, "succeeded", "failed", "processing", "requires_action", "canceled", "failed"},
		"requires_action": {no, "canceled", "requires_action", no, "succeeded", "failed", "processing", "-", "canceled", "failed"},
		"authorized":      {"succeeded", "canceled", no, no, "-", against, "-", "-", "canceled", "failed"},
		"succeeded":       {"! already_captured", "! already_captured", no, "succeeded", "-", against, "-", "-", against, "failed"},
		"captured":        {"! already_captured", "! already_captured", no, "succeeded", "-", against, "-", "-", "-", "failed"},
		"canceled":        {no, no, no, no, "-", "-", "-", "-", "-", "-"},
		"failed":          {no, no, no, no, against, "-", "-", "-", "-", "-"},
		"failed late":     {no, no, no, no, "-", against, "-", "-", "-", "-"},
	}
	order := []string{"capture", "cancel", "confirm", "refund", "news approved", "news declined", "news received", "news requires_action", "news canceled", "news failed"}
	require.Len(t, verbs, len(order))
	for state, row := range want {
		for i, name := range order {
			m := newMarket(t, connecttest.Config{})
			c := m.inState(state)
			before := snapshot(t, m.Store())
			err, what := verbs[name](m, c.ID), state+": "+name
			code, refused := strings.CutPrefix(row[i], "! ")
			switch {
			case refused:
				requireCode(t, err, ledger.State, code)
				fallthrough
			case row[i] == "-":
				require.Equal(t, before, snapshot(t, m.Store()), what)
			default:
				require.NoError(t, err, what)
				require.Equal(t, row[i], string(m.now(c).Status), what)
			}
			if !refused {
				require.NoError(t, err, what)
			}
			m.verify()
		}
	}
}

// permutations calls fn with every order of n things.
func permutations(n int, fn func([]int)) {
	var step func(done []int)
	step = func(done []int) {
		if len(done) == n {
			fn(done)
			return
		}
		for i := range n {
			if !slices.Contains(done, i) {
				step(append(slices.Clone(done), i))
			}
		}
	}
	step(nil)
}

// The approval, a capture, the news that the rest was let go and the late failure
// come in any order, each twice: the end is always the same (promises 11, 31;
// edge-case 71).
func TestAnswersInEveryOrder(t *testing.T) {
	for _, captured := range []connect.AnswerStatus{connect.Approved, connect.Declined} {
		for _, fails := range []bool{true, false} {
			ends := make(map[string][]int)
			permutations(4, func(order []int) {
				m := newMarket(t, connecttest.Config{AcquirerDelivery: ledger.Blind})
				c := m.authorize(m.seller().ID, 1000, 100, connect.TestReceived)
				approved := connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Approved, Reference: c.Reference, Amount: usd(1000)}}
				require.NoError(t, m.News(m.ctx, approved))
				k, err := m.platform.In(m.Store()).Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: c.ID, Amount: usd(600)})
				require.NoError(t, err)
				news := []connect.News{
					approved,
					{Key: k.ID, Answer: connect.Answer{Status: captured, Code: map[bool]string{true: "x"}[captured == connect.Declined], Amount: usd(600)}},
					{Key: c.ID, Answer: connect.Answer{Status: connect.Canceled}},
					{Key: c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "returned"}},
				}
				if !fails {
					news[3] = approved
				}
				for _, i := range order {
					require.NoError(t, m.News(m.ctx, news[i]), "%v", order)
				}
				for _, i := range order {
					require.NoError(t, m.News(m.ctx, news[i]), "%v", order)
				}
				m.verify()
				c = m.now(c)
				b, err := m.platform.Balance(m.ctx, "")
				require.NoError(t, err)
				status := string(c.Status)
				if captured == connect.Declined && fails {
					status = "ended" // canceled or failed, whichever was heard first
					require.Contains(t, []connect.ChargeStatus{connect.ChargeCanceled, connect.ChargeFailed}, c.Status)
				}
				end := fmt.Sprintf("%s, captured %v, platform %v, seller %v", status, c.Authorization.Captured, b.In(ledger.USD).Pending, m.has(c.Account).Pending)
				ends[end] = order
			})
			require.Len(t, ends, 1, "%v", ends)
		}
	}
}

// A charge at once: approval and late failure in either order leave the same.
func TestALateFailureMayComeFirst(t *testing.T) {
	var ends []string
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		m := newMarket(t, connecttest.Config{})
		c := m.charge(m.seller().ID, 1000, 123, connect.TestReceived)
		news := []connect.News{
			{Key: c.ID, Answer: connect.Answer{Status: connect.Approved, Reference: c.Reference, Amount: usd(1000)}},
			{Key: c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "returned"}},
		}
		for range 2 {
			for _, i := range order {
				require.NoError(t, m.News(m.ctx, news[i]))
			}
		}
		m.pass(2 * time.Minute)
		m.verify()
		c = m.now(c)
		b, err := m.platform.Balance(m.ctx, "")
		require.NoError(t, err)
		ends = append(ends, fmt.Sprint(c.Status, c.Code, c.Failure.Amount, b.In(ledger.USD).Pending, m.has(c.Account).Pending))
	}
	require.Equal(t, ends[0], ends[1])
	require.Contains(t, ends[0], "-0.59 USD")
}

// A refund that was under way when the payment failed, and fails itself: what it
// had left to the seller is taken back, too.
func TestARefundFailsAfterThePaymentDid(t *testing.T) {
	for _, card := range []string{connect.TestRefundDeclined, connect.TestCard} {
		m := newMarket(t, connecttest.Config{})
		a := m.seller()
		c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
			Key: "c", Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: card,
			Tax: taxes(80), FeeTax: taxes(20),
		})
		require.NoError(t, err)
		r, err := m.platform.In(m.Store()).Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Amount: usd(333), ReverseTransfer: true, RefundFee: true})
		require.NoError(t, err)
		require.NoError(t, m.News(m.ctx, connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Failed, Code: "returned"}}))
		m.verify()
		require.NoError(t, m.platform.Finish(m.ctx, r.ID))
		m.verify()
		require.Equal(t, usd(0), m.has(a.ID).Pending)
		m.pass(3 * 24 * time.Hour)
		m.verify()
	}
}
