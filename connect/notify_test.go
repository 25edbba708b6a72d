package connect_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// posting is a simulator that posts its news as JSON, unless it is told to fail.
type posting struct {
	*connect.Simulator
	read atomic.Int32
}

func (p *posting) Notification(_ context.Context, n connect.Notification) ([]connect.Notice, error) {
	p.read.Add(1)
	if n.Header("signature") != "good" {
		return nil, &ledger.Error{Class: ledger.Forbidden, Code: "bad_signature", Field: "signature"}
	}
	var list []connect.Notice
	if err := json.Unmarshal(n.Body, &list); err != nil {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_body", Field: "body"}
	}
	return list, nil
}

func posted(t *testing.T, list ...connect.Notice) connect.Notification {
	t.Helper()
	body, err := json.Marshal(list)
	require.NoError(t, err)
	return connect.Notification{Body: body, Header: func(string) string { return "good" }}
}

// A notice is booked once, however often it is posted; what cannot be booked is
// acknowledged and kept (promise 31).
func TestNotify(t *testing.T) {
	sim := connect.NewSimulator(connect.SimulatorConfig{NewsOnly: true})
	m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: &posting{Simulator: sim}}})
	a := m.seller()
	c := m.charge(a.ID, 5000, 500, connect.TestReceived)
	require.Equal(t, connect.ChargeProcessing, c.Status)
	_, err := m.Drain(m.ctx)
	require.NoError(t, err)
	c, err = m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	require.False(t, c.Work.Open(), "it is asked, who cannot be asked")

	approved := connect.Notice{ID: "1", Event: "paid", News: connect.News{Key: c.ID, Answer: connect.Answer{
		Status: connect.Approved, Reference: "r", Amount: usd(5000),
	}}}
	stranger := connect.Notice{ID: "2", Event: "paid", News: connect.News{Key: "ch_stranger", Answer: approved.News.Answer}}
	dispute := connect.Notice{ID: "3", Event: "dispute", Unhandled: "souk books no disputes yet"}
	contradicts := connect.Notice{ID: "4", Event: "declined", News: connect.News{Key: c.ID, Answer: connect.Answer{Status: connect.Declined, Code: "late"}}}
	all := posted(t, approved, stranger, dispute, contradicts, approved)
	for _, n := range []connect.Notice{stranger, dispute, contradicts} {
		m.Clock.Advance(time.Second)
		if n.ID == "4" {
			done, err := m.Notify(m.ctx, posted(t, approved, approved))
			require.NoError(t, err)
			require.Equal(t, connect.Notified{Booked: 1, Ignored: 1}, done)
		}
		done, err := m.Notify(m.ctx, posted(t, n))
		require.NoError(t, err)
		require.Equal(t, connect.Notified{Kept: 1}, done)
	}
	before := snapshot(t, m.Store())
	for range 3 { // a storm
		done, err := m.Notify(m.ctx, all)
		require.NoError(t, err)
		require.Equal(t, connect.Notified{Ignored: 5}, done)
	}
	require.Equal(t, before, snapshot(t, m.Store()))
	c, err = m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, connect.ChargeSucceeded, c.Status)
	m.verify()

	page, err := m.UnbookedNotices(m.ctx, connect.ListRequest{Limit: 2})
	require.NoError(t, err)
	require.True(t, page.More)
	require.Equal(t, []string{"4", "3"}, []string{page.Items[0].Notice, page.Items[1].Notice})
	require.Contains(t, page.Items[0].Reason, "another answer has been booked")
	require.Equal(t, "souk books no disputes yet", page.Items[1].Reason)
	page, err = m.UnbookedNotices(m.ctx, connect.ListRequest{Limit: 2, After: page.Items[1].ID})
	require.NoError(t, err)
	require.False(t, page.More)
	require.Equal(t, "ch_stranger", page.Items[0].Key)
	require.Equal(t, usd(5000), page.Items[0].Amount)
	for _, r := range []connect.ListRequest{{Limit: 101}, {Limit: -1}, {After: "ntc_nothing"}, {AccountID: a.ID}} {
		_, err = m.UnbookedNotices(m.ctx, r)
		require.ErrorIs(t, err, ledger.Invalid, "%+v", r)
	}
}

// What is not signed, cannot be read or is too large is refused, and writes nothing.
func TestNotifyRefuses(t *testing.T) {
	p := &posting{Simulator: connect.NewSimulator(connect.SimulatorConfig{})}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: p}})
	m.seller()
	before := snapshot(t, m.Store())
	good := func(string) string { return "good" }
	for name, c := range map[string]struct {
		n     connect.Notification
		class ledger.Class
		code  string
		reads int
	}{
		"no signature": {connect.Notification{Body: []byte("[]")}, ledger.Forbidden, "bad_signature", 1},
		"no JSON":      {connect.Notification{Body: []byte("x"), Header: good}, ledger.Invalid, "invalid_body", 1},
		"nothing":      {connect.Notification{Header: good}, ledger.Invalid, "invalid_body", 0},
		"too large":    {connect.Notification{Body: []byte(strings.Repeat(" ", connect.NotificationLimit+1)), Header: good}, ledger.Invalid, "invalid_body", 0},
		"no id":        {posted(t, connect.Notice{}), ledger.Invalid, "invalid_notice", 1},
	} {
		p.read.Store(0)
		_, err := m.Notify(m.ctx, c.n)
		requireCode(t, err, c.class, c.code)
		require.EqualValues(t, c.reads, p.read.Load(), name)
		require.Equal(t, before, snapshot(t, m.Store()), name)
	}
	plain := newMarket(t, connecttest.Config{})
	_, err := plain.Notify(plain.ctx, posted(t))
	requireCode(t, err, ledger.State, "no_notifications")
}

// stalling answers captures with Received if it is told to.
type stalling struct {
	*connect.Simulator
	stalls bool
}

func (s *stalling) Capture(ctx context.Context, key string, o connect.CaptureOrder) (connect.Answer, error) {
	if s.stalls {
		return connect.Answer{Status: connect.Received, Reference: "r"}, nil
	}
	return s.Simulator.Capture(ctx, key, o)
}

// A capture that failed after it had succeeded has failed its payment; one of
// several is for people, and one that was not answered yet is declined.
func TestACaptureThatFails(t *testing.T) {
	failed := func(key string) connect.News {
		return connect.News{Key: key, Answer: connect.Answer{Status: connect.Failed, Code: "capture_failed"}}
	}
	for _, captures := range []int{0, 1, 2} {
		t.Run(strconv.Itoa(captures), func(t *testing.T) {
			rules := []connect.CaptureRule{{Captures: 3, Window: 24 * time.Hour}}
			acq := &stalling{Simulator: connect.NewSimulator(connect.SimulatorConfig{})}
			m := newMarket(t, connecttest.Config{Config: connect.Config{Acquirer: acq, CaptureRules: rules}})
			a := m.seller()
			c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{Key: "c", Amount: usd(9000), AccountID: a.ID, Source: connect.TestCard, CaptureLater: true})
			require.NoError(t, err)
			var k *connect.Capture
			for i := range max(captures, 1) {
				if captures == 0 {
					acq.stalls = true
				}
				k, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "k" + strconv.Itoa(i), ChargeID: c.ID, Amount: usd(2000), KeepRest: true})
				require.NoError(t, err)
			}
			err = m.News(m.ctx, failed(k.ID))
			if captures == 2 {
				requireCode(t, err, ledger.State, "partly_failed")
			} else {
				require.NoError(t, err)
				require.NoError(t, m.News(m.ctx, failed(k.ID)), "again")
			}
			c, err = m.platform.GetCharge(m.ctx, c.ID)
			require.NoError(t, err)
			k, err = m.platform.GetCapture(m.ctx, k.ID)
			require.NoError(t, err)
			require.Equal(t, []connect.ChargeStatus{connect.ChargeAuthorized, connect.ChargeFailed, connect.ChargeSucceeded}[captures], c.Status)
			require.Equal(t, []connect.StepStatus{connect.StepFailed, connect.StepSucceeded, connect.StepSucceeded}[captures], k.Status)
			m.verify()
		})
	}
}
