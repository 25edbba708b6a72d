package connect_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// simulated is an acquirer with a clock.
func simulated(kind ledger.Delivery) (*connect.Simulator, *connecttest.Clock) {
	clock := connecttest.NewClock(connecttest.Start)
	return connect.NewSimulator(connect.SimulatorConfig{Delivery: kind, Now: clock.Now}), clock
}

func pay(source string) connect.AuthorizeOrder {
	return connect.AuthorizeOrder{Amount: ledger.Minor(1000, ledger.USD), Source: source, Capture: true}
}

// Each documented number, its token, and what becomes of it.
func TestSimulatedTokens(t *testing.T) {
	for _, c := range []struct{ number, token, code string }{
		{"4242424242424242", connect.TestCard, ""},
		{"4000000000000077", connect.TestCardAtOnce, ""},
		{"4000000000000002", connect.TestDeclined, "generic_decline"},
		{"4000000000009995", connect.TestInsufficient, "insufficient_funds"},
		{"4000000000009987", connect.TestLostCard, "lost_card"},
		{"4000000000009979", connect.TestStolenCard, "stolen_card"},
		{"4000000000000069", connect.TestExpiredCard, "expired_card"},
		{"4000000000000127", connect.TestIncorrectCVC, "incorrect_cvc"},
		{"4000000000000119", connect.TestProcessingError, "processing_error"},
		{"4000000000006975", connect.TestVelocity, "card_velocity_exceeded"},
		{"4000000000007726", connect.TestRefundPending, ""},
		{"", connect.TestRefundDeclined, ""},
		{"", connect.TestAnsweredTwice, ""},
		{"", "tok_nobody", "incorrect_number"},
		{"", "", "incorrect_number"},
		{"", "4242424242424242", "incorrect_number"}, // a number is no token
	} {
		t.Run(c.token, func(t *testing.T) {
			s, _ := simulated(ledger.Keyed)
			if c.number != "" {
				token, err := connect.TestToken(c.number)
				require.NoError(t, err)
				require.Equal(t, c.token, token)
			}
			a, err := s.Authorize(t.Context(), "k", pay(c.token))
			require.NoError(t, err)
			require.Equal(t, c.code, a.Code)
			require.Equal(t, c.code == "", a.Status == connect.Approved)
			require.Equal(t, c.token == connect.TestCardAtOnce, a.AtOnce)
			require.Equal(t, ledger.Minor(1000, ledger.USD), a.Amount)
		})
	}
}

// A number that is not documented is refused and not repeated: promise 68.
func TestSimulatedTokenRefuses(t *testing.T) {
	for _, number := range []string{"", "4242424242424241", "4111111111111111", "4242 4242 4242 4242", strings.Repeat("4", 10_000)} {
		_, err := connect.TestToken(number)
		var e *ledger.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, []string{"incorrect_number", "number"}, []string{e.Code, e.Field})
		if number != "" {
			require.NotContains(t, err.Error(), number)
		}
	}
}

// What is received is final a minute later: by asking, or as news where nobody
// can ask.
func TestSimulatedReceived(t *testing.T) {
	for _, kind := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		for token, want := range map[string]string{connect.TestReceived: "approved ", connect.TestReceivedDeclined: "declined generic_decline"} {
			s, clock := simulated(kind)
			a, err := s.Authorize(t.Context(), "k", pay(token))
			require.NoError(t, err)
			require.Equal(t, "received ", string(a.Status)+" "+a.Code)
			clock.Advance(time.Minute - time.Microsecond)
			require.Empty(t, s.Notifications())
			clock.Advance(time.Microsecond)
			news := s.Notifications()
			if kind == ledger.Blind {
				require.Len(t, news, 1)
				require.Equal(t, "k", news[0].Key)
				a = news[0].Answer
			} else {
				require.Empty(t, news)
				a, err = s.Lookup(t.Context(), "k")
				require.NoError(t, err)
			}
			require.Equal(t, want, string(a.Status)+" "+a.Code)
			require.Empty(t, s.Notifications()) // told once
		}
	}
	s, clock := simulated(ledger.Keyed)
	charge, err := s.Authorize(t.Context(), "c", pay(connect.TestReceived))
	require.NoError(t, err)
	refund := connect.RefundOrder{Reference: charge.Reference, Amount: ledger.Minor(1000, ledger.USD)}
	a, err := s.Refund(t.Context(), "early", refund)
	require.NoError(t, err)
	require.Equal(t, connect.Declined, a.Status) // it may still be declined itself
	clock.Advance(time.Minute)
	a, err = s.Refund(t.Context(), "late", refund)
	require.NoError(t, err)
	require.Equal(t, connect.Approved, a.Status)
}

// A lost answer and a lost request look the same; the kind of acquirer decides
// what can be done about it. Promise 26.
func TestSimulatedLosses(t *testing.T) {
	for _, kind := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		for _, token := range []string{connect.TestAnswerLost, connect.TestRequestLost} {
			t.Run(kind.String()+" "+token, func(t *testing.T) {
				s, _ := simulated(kind)
				_, err := s.Authorize(t.Context(), "k", pay(token))
				require.ErrorIs(t, err, ledger.Unknown)
				arrived := token == connect.TestAnswerLost
				switch a, err := s.Lookup(t.Context(), "k"); {
				case kind == ledger.Blind:
					require.ErrorIs(t, err, ledger.Unavailable)
				case arrived:
					require.NoError(t, err)
					require.Equal(t, connect.Approved, a.Status)
				default:
					require.ErrorIs(t, err, ledger.NotFound)
				}
				news := s.Notifications()
				require.Equal(t, arrived, len(news) == 1 && news[0].Answer.Status == connect.Approved)
				require.Empty(t, s.Notifications())

				a, err := s.Authorize(t.Context(), "k", pay(token)) // the second time is answered
				require.NoError(t, err)
				require.Equal(t, connect.Approved, a.Status)
				want := 1
				if arrived && kind != ledger.Keyed {
					want = 2 // charged twice: what an engine must not let happen
				}
				require.Equal(t, want, s.Taken("k"))
			})
		}
	}
}

// Refunds go wrong, or take their time, with the card.
func TestSimulatedRefunds(t *testing.T) {
	s, clock := simulated(ledger.Keyed)
	refund := func(key, token string, minor int64) connect.Answer {
		charge, err := s.Authorize(t.Context(), "charge"+key, pay(token))
		require.NoError(t, err)
		a, err := s.Refund(t.Context(), key, connect.RefundOrder{Reference: charge.Reference, Amount: ledger.Minor(minor, ledger.USD)})
		require.NoError(t, err)
		return a
	}
	require.Equal(t, "expired_or_canceled_card", refund("a", connect.TestRefundDeclined, 1000).Code)
	require.Equal(t, "invalid_amount", refund("b", connect.TestRefundDeclined, 1001).Code)
	require.Equal(t, connect.Received, refund("c", connect.TestRefundPending, 400).Status)
	clock.Advance(time.Minute)
	a, err := s.Lookup(t.Context(), "c")
	require.NoError(t, err)
	require.Equal(t, []any{connect.Approved, ledger.Minor(400, ledger.USD)}, []any{a.Status, a.Amount})
}

// To let go answers with what was let go.
func TestSimulatedCancel(t *testing.T) {
	s, _ := simulated(ledger.Keyed)
	o := pay(connect.TestCard)
	o.Capture = false
	auth, err := s.Authorize(t.Context(), "auth", o)
	require.NoError(t, err)
	_, err = s.Capture(t.Context(), "capture", connect.CaptureOrder{Reference: auth.Reference, Amount: ledger.Minor(750, ledger.USD)})
	require.NoError(t, err)
	a, err := s.Cancel(t.Context(), "cancel", connect.CancelOrder{Reference: auth.Reference})
	require.NoError(t, err)
	require.Equal(t, []any{connect.Approved, ledger.Minor(250, ledger.USD)}, []any{a.Status, a.Amount})
	a, err = s.Cancel(t.Context(), "again", connect.CancelOrder{Reference: auth.Reference})
	require.NoError(t, err)
	require.Equal(t, connect.Declined, a.Status)
}

func TestSimulatedInfo(t *testing.T) {
	s := connect.NewSimulator(connect.SimulatorConfig{})
	require.Equal(t, connect.AcquirerInfo{Name: "simulated", Settling: time.Minute}, s.Info())
	require.NotEmpty(t, s.TestOnly()) // promise 67
	require.Zero(t, s.Taken("nothing"))
	require.Empty(t, s.Notifications())
	a, err := s.Authorize(t.Context(), "k", pay(connect.TestAnsweredTwice)) // by the real clock
	require.NoError(t, err)
	require.Equal(t, []connect.News{{Key: "k", Answer: a}}, s.Notifications())
}

// A card's number in place of a token is refused, and not stored (promise 68, edge-case 107).
func TestCardNumbersAreNotTokens(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	for _, number := range []string{"4111111111111111", "4111-1111-1111-1111", "378282246310005", "6304000000000000"} {
		_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), Source: number})
		requireCode(t, err, ledger.Invalid, "invalid_source")
		require.NotContains(t, err.Error(), number)
		require.NotContains(t, snapshot(t, m.Store()), number)
	}
	for _, token := range []string{"4111111111111112", "tok_4111111111111111", "123456789"} {
		_, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: m.key(), Amount: usd(1000), Source: token})
		require.NoError(t, err, "%s is no card's number", token)
	}
}

// A charge that is available at once and leaves less than the processing fee is
// booked like any other.
func TestAChargeAtOnceThatTaxesAlmostEat(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: "c", Amount: usd(1000), Source: connect.TestCardAtOnce, Tax: []connect.Tax{{Authority: "x", Amount: usd(990)}},
	})
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	m.pass(48 * time.Hour)
	require.Equal(t, usd(10-59), m.has("").Available)
	m.verify()
}
