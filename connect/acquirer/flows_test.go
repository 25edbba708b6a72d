package acquirer_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/internal/cut"
	"github.com/soukhq/souk/ledger"
)

func usd(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }

func (m *market) charge(source string, later bool) *connect.Charge {
	m.t.Helper()
	c, err := m.platform.Charge(m.ctx, connect.ChargeRequest{
		Key: m.key(), Amount: usd(10_000), AccountID: m.seller, ApplicationFee: usd(1000), Source: source, CaptureLater: later,
		Descriptor: "SOUK SHOP", BuyerCountry: "US",
	})
	require.NoError(m.t, err)
	return c
}

func (m *market) now(c *connect.Charge) *connect.Charge {
	m.t.Helper()
	c, err := m.platform.GetCharge(m.ctx, c.ID)
	require.NoError(m.t, err)
	return c
}

func (m *market) refund(c *connect.Charge, minor int64) *connect.Refund {
	m.t.Helper()
	r, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(minor), ReverseTransfer: true, RefundFee: true})
	require.NoError(m.t, err)
	return r
}

// asked waits until the buyer is asked for something.
func (m *market) asked(source string) *connect.Charge {
	m.t.Helper()
	c := m.charge(source, false)
	m.wait(2, time.Minute)
	c = m.now(c)
	require.Equal(m.t, connect.ChargeRequiresAction, c.Status)
	require.NotEmpty(m.t, c.Action.URL)
	return c
}

// back is the buyer who comes back.
func (m *market) back(c *connect.Charge, key string, passes bool) *connect.Charge {
	m.t.Helper()
	m.act(key, passes)
	if _, err := m.platform.Confirm(m.ctx, connect.ConfirmRequest{Key: m.key(), ChargeID: c.ID}); err != nil {
		require.ErrorIs(m.t, err, ledger.State) // news was faster
	}
	m.wait(2, time.Minute)
	return m.now(c)
}

// flows is the table of verbs that every acquirer runs. Each says what became of it.
var flows = map[string]func(m *market) []any{
	"charge": func(m *market) []any {
		c := m.charge(m.sources.card, false)
		m.wait(3, time.Minute)
		return []any{m.now(c).Status, m.now(c).Amount, m.acted(c.ID)}
	},
	"declined": func(m *market) []any {
		a, b := m.charge(m.sources.declined, false), m.charge(m.sources.insufficient, true)
		m.wait(3, time.Minute)
		return []any{m.now(a).Status, m.now(a).Code, m.now(b).Status, m.now(b).Code}
	},
	"captured in part, refunded in parts": func(m *market) []any {
		c := m.charge(m.sources.card, true)
		m.wait(2, time.Minute)
		status := m.now(c).Status
		k, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(6000)})
		require.NoError(m.t, err)
		m.wait(3, time.Minute)
		a := m.refund(c, 1500)
		m.wait(3, time.Minute)
		b := m.refund(c, 500)
		m.wait(3, time.Minute)
		c = m.now(c)
		k, err = m.platform.GetCapture(m.ctx, k.ID)
		require.NoError(m.t, err)
		return []any{status, c.Status, c.Amount, c.Refunded, c.ApplicationFee, k.Status, m.acted(c.ID), m.acted(k.ID), m.acted(a.ID), m.acted(b.ID)}
	},
	"canceled": func(m *market) []any {
		c := m.charge(m.sources.card, true)
		m.wait(2, time.Minute)
		x, err := m.platform.Cancel(m.ctx, connect.CancelRequest{Key: m.key(), ChargeID: c.ID})
		require.NoError(m.t, err)
		m.wait(3, time.Minute)
		x, err = m.platform.GetCancellation(m.ctx, x.ID)
		require.NoError(m.t, err)
		return []any{m.now(c).Status, x.Status, m.acted(x.ID)}
	},
	"expired": func(m *market) []any {
		c := m.charge(m.sources.card, true)
		m.wait(2, time.Minute)
		m.wait(4, 80*time.Hour)
		return []any{m.now(c).Status, m.now(c).Authorization.Ended}
	},
	"the buyer passes": func(m *market) []any {
		c := m.asked(m.sources.challenge)
		c = m.back(c, c.ID, true)
		return []any{c.Status, c.Auth.ECI, c.Auth.Version, c.Auth.Liability}
	},
	"the buyer fails": func(m *market) []any {
		c := m.asked(m.sources.challenge)
		c = m.back(c, c.ID, false)
		return []any{c.Status, c.Code}
	},
	"the buyer does not come": func(m *market) []any {
		c := m.asked(m.sources.challenge)
		m.wait(3, time.Hour)
		m.act(c.ID, true)
		m.wait(3, time.Minute)
		return []any{m.now(c).Status}
	},
	"asked again with a challenge": func(m *market) []any {
		c := m.asked(m.sources.soft)
		c = m.back(c, c.ID+"-3ds", true)
		return []any{c.Status, m.acted(c.ID), m.acted(c.ID + "-3ds")}
	},
	"a refund is refused": func(m *market) []any {
		c := m.charge(m.sources.noRefund, false)
		m.wait(2, time.Minute)
		r := m.refund(c, 4000)
		m.wait(2, time.Minute)
		r, err := m.platform.GetRefund(m.ctx, r.ID)
		require.NoError(m.t, err)
		return []any{m.now(c).Status, m.now(c).Refunded, r.Status}
	},
	"fails later": func(m *market) []any {
		c := m.charge(m.sources.fails, false)
		m.wait(2, time.Minute)
		status := m.now(c).Status
		r := m.refund(c, 1000)
		m.wait(3, 30*time.Hour)
		m.late(c.ID)
		m.wait(2, time.Minute)
		r, err := m.platform.GetRefund(m.ctx, r.ID)
		require.NoError(m.t, err)
		return []any{status, m.now(c).Status, r.Status}
	},
}

// moneyless are the flows that leave no money anywhere.
var moneyless = map[string]bool{
	"declined": true, "canceled": true, "expired": true, "the buyer fails": true, "the buyer does not come": true,
}

// Whatever acquirer a marketplace is given, the same verbs have the same end, and the
// same books: no verb knows which one it talks to. News comes in reverse, and twice.
func TestTheBooksAreTheSame(t *testing.T) {
	for flow, run := range flows {
		t.Run(flow, func(t *testing.T) {
			want := open(t, worlds["simulator, keyed"])
			end := run(want)
			books := want.books()
			require.Equal(t, moneyless[flow], len(books) == 0, "books: %v", books)
			for world, make := range worlds {
				t.Run(world, func(t *testing.T) {
					m := open(t, make)
					require.Equal(t, end, run(m))
					require.Equal(t, books, m.books())
					page, err := m.UnbookedNotices(m.ctx, connect.ListRequest{})
					require.NoError(t, err)
					require.Empty(t, page.Items)
				})
			}
		})
	}
}

// paths are where each API takes a verb.
var paths = map[string]map[string]string{
	"intent":                  {"charge": "/payment_intents", "capture": "/capture", "cancel": "/cancel", "refund": "/refunds"},
	"notify":                  {"charge": "/payments", "capture": "/captures", "cancel": "/cancels", "refund": "/refunds"},
	"notify, answers at once": {"charge": "/payments", "capture": "/captures", "cancel": "/cancels", "refund": "/refunds"},
}

// faulted are the flows that use each verb.
var faulted = map[string]string{
	"charge": "charge", "capture": "captured in part, refunded in parts", "cancel": "canceled", "refund": "captured in part, refunded in parts",
}

// Whatever happens to a request on its way, it is made once, and nothing of it is lost
// (promises 15 and 26, edge case 26).
func TestNothingTwiceNothingLost(t *testing.T) {
	for verb, flow := range faulted {
		want := open(t, worlds["simulator, keyed"])
		end := flows[flow](want)
		books := want.books()
		for world := range paths {
			for fault, apply := range map[string]func(m *market, on string){
				"cut before":   func(m *market, on string) { m.transport.When(once(m.world, on, cut.Before)) },
				"request lost": func(m *market, on string) { m.transport.When(once(m.world, on, cut.Lost)) },
				"answer lost":  func(m *market, on string) { m.transport.When(once(m.world, on, cut.After)) },
				"429":          func(m *market, on string) { m.fault(on, "429") },
				"409":          func(m *market, on string) { m.fault(on, "409") },
				"500 after":    func(m *market, on string) { m.fault(on, "500 after") },
			} {
				t.Run(verb+", "+world+", "+fault, func(t *testing.T) {
					m := open(t, worlds[world])
					apply(m, paths[world][verb])
					require.Equal(t, end, flows[flow](m))
					require.Equal(t, 1, m.struck, "the fault was not met")
					require.Equal(t, books, m.books())
				})
			}
		}
	}
}
