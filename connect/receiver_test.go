package connect_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout/bank"
)

func btc(satoshi int64) ledger.Money { return ledger.Minor(satoshi, ledger.BTC) }

// buyer is an address that coins may be sent back to.
var buyer = bank.TestBitcoin("buyer")

// receiver asks for 20.00 USD: 8,000,000 satoshi.
func (m *market) receiver(seller string) *connect.Receiver {
	m.t.Helper()
	r := connect.ReceiverRequest{Key: m.key(), Amount: usd(2000), AccountID: seller, RefundTo: buyer}
	if seller != "" {
		r.ApplicationFee = usd(200)
	}
	x, err := m.platform.CreateReceiver(m.ctx, r)
	require.NoError(m.t, err)
	require.Equal(m.t, connect.ReceiverOpen, x.Status)
	return x
}

func (m *market) getReceiver(id string) *connect.Receiver {
	m.t.Helper()
	x, err := m.platform.GetReceiver(m.ctx, id)
	require.NoError(m.t, err)
	return x
}

// tell hands over everything that changed on the chain.
func (m *market) tell() {
	m.t.Helper()
	for _, s := range m.Coins.Tell() {
		require.NoError(m.t, m.CoinNews(m.ctx, s))
	}
}

// late is a receiver whose window is over, with coins that came after it.
func (m *market) late(satoshi int64) *connect.Receiver {
	m.t.Helper()
	x := m.receiver("")
	m.pass(11 * time.Minute)
	m.Coins.Pay(x.Address, satoshi)
	m.Coins.Mine(6)
	m.pass(time.Minute)
	return m.getReceiver(x.ID)
}

// balances are what all accounts hold, by name.
func (m *market) balances() map[string]string {
	m.t.Helper()
	list := map[string]string{}
	m.eachAccount(func(a ledger.Account) {
		if !a.Posted.IsZero() || !a.Held.IsZero() {
			list[a.Owner+" "+a.Purpose] = a.Posted.String() + ", held " + a.Held.String()
		}
	})
	return list
}

// Whatever the order in which things are heard, and whatever is heard twice, the
// books end the same (promise 31). Each history is told in all orders.
func TestSightingsInAnyOrder(t *testing.T) {
	for name, history := range map[string]history{
		"paid": func(s *bitcoin.Simulator, to string) []func() {
			return []func(){func() { s.Pay(to, 8_000_000) }}
		},
		"two payments and a third": func(s *bitcoin.Simulator, to string) []func() {
			return []func(){func() { s.Pay(to, 3_000_000, 5_000_000) }, func() { s.Pay(to, 1_000_000) }}
		},
		"replaced": func(s *bitcoin.Simulator, to string) []func() {
			tx := ""
			return []func(){func() { tx = s.Pay(to, 8_000_000) }, func() { s.Replace(tx, 8_000_001) }}
		},
		"double spent": func(s *bitcoin.Simulator, to string) []func() {
			tx := ""
			return []func(){func() { tx = s.Pay(to, 8_000_000) }, func() { s.Replace(tx) }}
		},
		"reorganised": func(s *bitcoin.Simulator, to string) []func() {
			return []func(){func() { s.Pay(to, 8_000_000) }, func() { s.Mine(1) }, func() { s.Mine(2) }, func() { s.Reorganise(3) }}
		},
		"reorganised and spent elsewhere": func(s *bitcoin.Simulator, to string) []func() {
			tx := ""
			return []func(){func() { tx = s.Pay(to, 8_000_000) }, func() { s.Mine(1) }, func() { s.Reorganise(1) }, func() { s.Replace(tx) }}
		},
	} {
		for _, mined := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", mined), func(t *testing.T) { inAnyOrder(t, history, mined) })
		}
	}
}

// history is what happens to an address, step by step.
type history func(s *bitcoin.Simulator, address string) []func()

// inAnyOrder tells a history of at most five pieces of news in all orders.
func inAnyOrder(t *testing.T, history history, mined bool) {
	news := func(m *market, x *connect.Receiver) (list []bitcoin.Sighting) {
		for _, step := range history(m.Coins, x.Address) {
			step()
			list = append(list, m.Coins.Tell()...)
		}
		if mined {
			m.Coins.Mine(1)
			list = append(list, m.Coins.Tell()...)
		}
		return list
	}
	var want map[string]string
	var end *connect.Receiver
	first := newMarket(t, connecttest.Config{})
	n := len(news(first, first.receiver(first.seller().ID)))
	require.True(t, n > 0 && n <= 6, "%d pieces", n)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for _, order := range orders(order) {
		m := newMarket(t, connecttest.Config{})
		x := m.receiver(m.seller().ID)
		list := news(m, x)
		for _, i := range order {
			require.NoError(t, m.CoinNews(m.ctx, list[i]))
			require.NoError(t, m.CoinNews(m.ctx, list[i]), "twice")
		}
		m.verify()
		got := m.getReceiver(x.ID)
		if want == nil {
			want, end = m.balances(), got
		}
		require.Equal(t, want, m.balances(), "%v", order)
		require.Equal(t, end.Coins, got.Coins, "%v", order)
		require.Equal(t, end.Status, got.Status, "%v", order)
		require.Equal(t, end.Received, got.Received, "%v", order)
		require.Equal(t, end.Charge == "", got.Charge == "")
		m.pass(time.Minute) // what Drain sees itself is the same again
		after := m.getReceiver(x.ID)
		require.Equal(t, got.Received, after.Received, "%v", order)
		require.Equal(t, got.Charge, after.Charge, "%v", order)
	}
}

func orders(list []int) (all [][]int) {
	permutations(len(list), func(places []int) {
		one := make([]int, len(list))
		for i, at := range places {
			one[i] = list[at]
		}
		all = append(all, one)
	})
	return all
}

// Receivers of which there can be none, each with the field that is at fault
// (promise 71).
func TestReceiverRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	live := "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
	for want, r := range map[string]connect.ReceiverRequest{
		"invalid_amount amount":             {},
		"amount_below_minimum amount":       {Amount: usd(49)},
		"unsupported_currency amount":       {Amount: btc(8_000_000)},
		"invalid_email email":               {Amount: usd(2000), Email: "nobody"},
		"invalid_address refundTo":          {Amount: usd(2000), RefundTo: buyer + "q"},
		"wrong_network refundTo":            {Amount: usd(2000), RefundTo: live},
		"fee_exceeds_amount applicationFee": {Amount: usd(2000), AccountID: a.ID, ApplicationFee: usd(2001)},
		"invalid_request applicationFee":    {Amount: usd(2000), ApplicationFee: usd(1)},
		"not_found account":                 {Amount: usd(2000), AccountID: "acct_nobody"},
		"invalid_text description":          {Amount: usd(2000), Description: "\x00"},
		"price_changed total":               {Amount: usd(2000), Total: usd(2001)},
	} {
		r.Key = m.key()
		_, err := m.platform.CreateReceiver(m.ctx, r)
		requireRefused(t, want, err)
	}
	for name, r := range map[string]connect.ReceiverRequest{
		"rate_not_found": {Amount: ledger.Minor(2000, ledger.JPY)},
	} {
		r.Key = m.key()
		x, err := m.platform.CreateReceiver(m.ctx, r)
		require.NoError(t, err)
		require.Equal(t, connect.ReceiverFailed, x.Status)
		require.Equal(t, name, x.Code)
		require.Empty(t, x.URI())
		_, err = m.platform.ReturnCoins(m.ctx, connect.ReturnRequest{Key: m.key(), ReceiverID: x.ID})
		require.ErrorIs(t, err, ledger.InsufficientFunds)
	}
	m.Coins.Price(ledger.USD, "900000000.00")
	x, err := m.platform.CreateReceiver(m.ctx, connect.ReceiverRequest{Key: m.key(), Amount: usd(50)})
	require.NoError(t, err)
	require.Equal(t, "failed amount_below_minimum", string(x.Status)+" "+x.Code)
	m.verify()
}

func requireRefused(t *testing.T, want string, err error) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e, want)
	require.Equal(t, want, e.Code+" "+e.Field, "%v", err)
}

// What cannot be applied or sent back.
func TestCoinRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	open, late := m.receiver(""), m.late(8_000_000)
	m.Coins.Pay(open.Address, 1000)
	for want, r := range map[string]connect.ReturnRequest{
		"not_found receiver":           {ReceiverID: "rcv_nothing"},
		"currency_mismatch satoshi":    {ReceiverID: late.ID, Satoshi: usd(1)},
		"invalid_amount satoshi":       {ReceiverID: late.ID, Satoshi: btc(-1)},
		"insufficient_funds amount":    {ReceiverID: late.ID, Satoshi: btc(8_000_001)},
		"amount_below_minimum satoshi": {ReceiverID: late.ID, Satoshi: btc(545)},
		"invalid_address address":      {ReceiverID: late.ID, Address: "nowhere at all"},
		"wrong_network address":        {ReceiverID: late.ID, Address: "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
	} {
		r.Key = m.key()
		_, err := m.platform.ReturnCoins(m.ctx, r)
		requireRefused(t, want, err)
		if r.Address == "" && !strings.HasPrefix(want, "amount_below") {
			_, err = m.platform.ApplyCoins(m.ctx, connect.ApplyRequest{Key: m.key(), ReceiverID: r.ReceiverID, Satoshi: r.Satoshi})
			requireRefused(t, want, err)
		}
	}
	_, err := m.platform.ReturnCoins(m.ctx, connect.ReturnRequest{Key: m.key(), ReceiverID: late.ID, Address: late.Address})
	requireRefused(t, "invalid_address address", err)
	_, err = m.platform.ApplyCoins(m.ctx, connect.ApplyRequest{Key: m.key(), ReceiverID: late.ID, Satoshi: btc(1000)})
	requireRefused(t, "invalid_amount amount", err) // worth nothing
	card := m.charge(m.seller().ID, 1000, 0, connect.TestCard)
	_, err = m.platform.RefundCoins(m.ctx, connect.CoinRefundRequest{Key: m.key(), ChargeID: card.ID})
	requireRefused(t, "not_bitcoin charge", err)
	c, err := m.platform.ApplyCoins(m.ctx, connect.ApplyRequest{Key: m.key(), ReceiverID: late.ID})
	require.NoError(t, err)
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID})
	requireRefused(t, "paid_in_coins charge", err)
	_, err = m.platform.RefundCoins(m.ctx, connect.CoinRefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(2001)})
	requireRefused(t, "refund_exceeds_charge amount", err)
	_, err = m.platform.RefundCoins(m.ctx, connect.CoinRefundRequest{Key: m.key(), ChargeID: c.ID, ReverseTransfer: true})
	requireRefused(t, "no_transfer reverseTransfer", err)
	m.verify()
}

// News that cannot be is refused, and changes nothing.
func TestOddCoinNews(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x := m.receiver("")
	m.Coins.Pay(x.Address, 8_000_000)
	good := m.Coins.Tell()[0]
	require.NoError(t, m.CoinNews(m.ctx, good))
	before := snapshot(t, m.Store())
	for want, change := range map[string]func(*bitcoin.Sighting){
		"invalid_sighting tx":            func(s *bitcoin.Sighting) { s.Tx = "ABC" },
		"invalid_sighting satoshi":       func(s *bitcoin.Sighting) { s.Satoshi = 0 },
		"invalid_sighting confirmations": func(s *bitcoin.Sighting) { s.Confirmations = -1 },
		"invalid_sighting block":         func(s *bitcoin.Sighting) { s.Confirmations = 1 },
		"invalid_sighting first":         func(s *bitcoin.Sighting) { s.First = time.Time{} },
		"contradicting_news satoshi":     func(s *bitcoin.Sighting) { s.Satoshi, s.Order = 1, 99 },
		"invalid_address address":        func(s *bitcoin.Sighting) { s.Address = "x" },
		"wrong_network address":          func(s *bitcoin.Sighting) { s.Address = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa" },
		"not_found address":              func(s *bitcoin.Sighting) { s.Address = bank.TestBitcoin("stranger") },
	} {
		s := good
		change(&s)
		requireRefused(t, want, m.CoinNews(m.ctx, s))
	}
	require.Equal(t, before, snapshot(t, m.Store()))
	for _, n := range []bitcoin.News{{}, {Key: "cret_nothing"}, {Key: x.ID}} {
		require.ErrorIs(t, m.WalletNews(m.ctx, n), ledger.NotFound)
	}
}

// Coins are sent once, whatever the wallet promises and whatever is lost, and what
// is not known is never taken for a failure (promises 15 and 26).
func TestReturnsWithLostAnswers(t *testing.T) {
	for _, delivery := range []ledger.Delivery{ledger.Keyed, ledger.Askable, ledger.Blind} {
		for _, b := range []bitcoin.Behaviour{"", bitcoin.LoseAnswer, bitcoin.LoseRequest, bitcoin.Refuse, bitcoin.Queue} {
			t.Run(fmt.Sprint(delivery, " ", b), func(t *testing.T) {
				m := newMarket(t, connecttest.Config{WalletDelivery: delivery})
				late := m.late(8_000_000)
				m.Coins.Next(b)
				r := connect.ReturnRequest{Key: "back", ReceiverID: late.ID}
				x, err := m.platform.ReturnCoins(m.ctx, r)
				require.NoError(t, err)
				m.verify()
				m.pass(time.Hour)
				if n, ok := m.Coins.Told(x.ID); ok {
					require.NoError(t, m.WalletNews(m.ctx, n))
					require.NoError(t, m.WalletNews(m.ctx, n), "twice")
				}
				m.verify()
				again, err := m.platform.ReturnCoins(m.ctx, r)
				require.NoError(t, err)
				require.True(t, again.Replayed)
				x, late = again, m.getReceiver(late.ID)
				switch {
				case b == bitcoin.Refuse:
					require.Equal(t, "failed insufficient_funds", string(x.Status)+" "+x.Code)
					require.Equal(t, 0, m.Coins.Taken(x.ID))
					require.Equal(t, btc(8_000_000), late.Free())
					return
				case b == bitcoin.LoseRequest && delivery == ledger.Blind:
					require.Equal(t, connect.CoinReturnUnknown, x.Status)
					require.Equal(t, btc(8_000_000), late.Returning)
					return
				}
				require.Equal(t, connect.CoinReturnSucceeded, x.Status)
				require.Equal(t, 1, m.Coins.Taken(x.ID))
				require.Equal(t, []ledger.Money{btc(7_998_000), btc(2000), btc(0)}, []ledger.Money{x.Sent, x.Cost, late.Free()})
				require.NotEmpty(t, x.Tx)
				err = m.WalletNews(m.ctx, bitcoin.News{Key: x.ID, Answer: bitcoin.Answer{Status: bitcoin.Refused}})
				require.Equal(t, "contradicting_news", codeIn(err))
			})
		}
	}
}

func codeIn(err error) string {
	var e *ledger.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// In only records: no address is asked for and nothing is sent before the commit.
func TestJoinedReceivers(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	inside := m.platform.In(m.Store())
	x, err := inside.CreateReceiver(m.ctx, connect.ReceiverRequest{Key: "k", Amount: usd(2000), RefundTo: buyer})
	require.NoError(t, err)
	require.Equal(t, connect.ReceiverPending, x.Status)
	require.Empty(t, x.Address)
	require.NoError(t, m.platform.Finish(m.ctx, x.ID))
	x = m.getReceiver(x.ID)
	require.Equal(t, connect.ReceiverOpen, x.Status)
	require.Equal(t, m.Clock.Now().Add(10*time.Minute), x.Until)
	m.Coins.Pay(x.Address, 5_000_000)
	m.Coins.Mine(1)
	require.NoError(t, m.platform.Finish(m.ctx, x.ID), "looks")
	require.Equal(t, btc(5_000_000), m.getReceiver(x.ID).Received)
	again, err := m.platform.CreateReceiver(m.ctx, connect.ReceiverRequest{Key: "k", Amount: usd(2000), RefundTo: buyer})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, x.Address, again.Address)
	_, err = m.platform.CreateReceiver(m.ctx, connect.ReceiverRequest{Key: "k", Amount: usd(2001), RefundTo: buyer})
	require.ErrorIs(t, err, ledger.Exists)

	m.pass(time.Hour)
	back, err := inside.ReturnCoins(m.ctx, connect.ReturnRequest{Key: "b", ReceiverID: x.ID})
	require.NoError(t, err)
	require.Equal(t, 0, m.Coins.Taken(back.ID))
	m.verify()
	require.NoError(t, m.platform.Finish(m.ctx, back.ID))
	require.Equal(t, 1, m.Coins.Taken(back.ID))
	m.verify()
}

// A preview asks for no address, sends nothing and leaves no trace (edge-case 94).
func TestReceiverPreview(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	late := m.late(8_000_000)
	before := snapshot(t, m.Store())
	x, err := m.platform.Preview().CreateReceiver(m.ctx, connect.ReceiverRequest{Key: "p", Amount: usd(2000)})
	require.NoError(t, err)
	require.Equal(t, btc(8_000_000), x.Satoshi)
	back, err := m.platform.Preview().ReturnCoins(m.ctx, connect.ReturnRequest{Key: "b", ReceiverID: late.ID})
	require.NoError(t, err)
	require.Equal(t, connect.CoinReturnSucceeded, back.Status)
	require.Equal(t, 0, m.Coins.Taken(back.ID))
	c, err := m.platform.Preview().ApplyCoins(m.ctx, connect.ApplyRequest{Key: "a", ReceiverID: late.ID})
	require.NoError(t, err)
	require.Equal(t, usd(2000), c.Amount)
	require.Equal(t, before, snapshot(t, m.Store()))
}

// A platform sees and moves nothing of another's (promise 65), and lists hold its own.
func TestReceiversOfOthers(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	late := m.late(8_000_000)
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	_, err = other.GetReceiver(m.ctx, late.ID)
	require.ErrorIs(t, err, ledger.NotFound)
	_, err = other.ReturnCoins(m.ctx, connect.ReturnRequest{Key: "k", ReceiverID: late.ID})
	require.ErrorIs(t, err, ledger.NotFound)
	_, err = other.ApplyCoins(m.ctx, connect.ApplyRequest{Key: "k", ReceiverID: late.ID})
	require.ErrorIs(t, err, ledger.NotFound)
	require.ErrorIs(t, other.Finish(m.ctx, late.ID), ledger.NotFound)
	list, err := m.platform.ListReceivers(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	list, err = other.ListReceivers(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Empty(t, list.Items)
	_, err = m.platform.ReturnCoins(m.ctx, connect.ReturnRequest{Key: "k", ReceiverID: late.ID})
	require.NoError(t, err)
	n := 0
	for x, err := range m.platform.CoinReturns(m.ctx, connect.ListRequest{}) {
		require.NoError(t, err)
		require.Equal(t, late.ID, x.Receiver)
		n++
	}
	require.Equal(t, 1, n)
}

// badSource gives what it should not.
type badSource struct {
	*bitcoin.Simulator
	address string
}

func (b badSource) Address(context.Context, string) (string, error) { return b.address, nil }

// An address that is used already, of the wrong network, of no form that anybody
// can own, or none at all makes no receiver that a buyer could pay to.
func TestBadAddressSources(t *testing.T) {
	for text, code := range map[string]string{
		"nonsense, really":                   "invalid_address",
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa": "wrong_network",
		"tb1pfees9rn5nz":                     "invalid_address",
	} {
		s := bitcoin.NewSimulator(bitcoin.SimulatorConfig{})
		m := newMarket(t, connecttest.Config{Config: connect.Config{Bitcoin: &bitcoin.Config{Addresses: badSource{s, text}, Chain: s, Wallet: s}}})
		x, err := m.platform.CreateReceiver(m.ctx, connect.ReceiverRequest{Key: "k", Amount: usd(2000)})
		require.NoError(t, err)
		require.Equal(t, []string{"failed", code, ""}, []string{string(x.Status), x.Code, x.Address}, text)
	}
	s := bitcoin.NewSimulator(bitcoin.SimulatorConfig{})
	m := newMarket(t, connecttest.Config{Config: connect.Config{Bitcoin: &bitcoin.Config{Addresses: badSource{s, buyer}, Chain: s, Wallet: s}}})
	one, err := m.platform.CreateReceiver(m.ctx, connect.ReceiverRequest{Key: "1", Amount: usd(2000)})
	require.NoError(t, err)
	require.Equal(t, connect.ReceiverOpen, one.Status)
	two, err := m.platform.CreateReceiver(m.ctx, connect.ReceiverRequest{Key: "2", Amount: usd(2000)})
	require.NoError(t, err)
	require.Equal(t, connect.ReceiverFailed, two.Status, "one address, one payment")
}

// Real money needs real parts, and without a wallet takes no coins.
func TestBitcoinIsNotSimulatedWhereMoneyIsReal(t *testing.T) {
	_, err := connect.New(connect.Config{Live: true, Bitcoin: &bitcoin.Config{}})
	require.ErrorContains(t, err, "Bitcoin.Wallet is a simulated chain and wallet")
	s := bitcoin.NewSimulator(bitcoin.SimulatorConfig{})
	_, err = connect.New(connect.Config{Bitcoin: &bitcoin.Config{Wallet: s}})
	requireRefused(t, "invalid_config bitcoin", err)
	_, err = connect.New(connect.Config{Bitcoin: &bitcoin.Config{Window: -1}})
	requireRefused(t, "invalid_config bitcoin.window", err)
	named := bitcoin.NewSimulator(bitcoin.SimulatorConfig{Name: "My Wallet"})
	_, err = connect.New(connect.Config{Bitcoin: &bitcoin.Config{Wallet: named, Chain: named, Addresses: named}})
	requireRefused(t, "invalid_config bitcoin.wallet", err)
}

// What is looked at rests in the end: no address is asked about for ever.
func TestReceiversRest(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x, unpaid := m.receiver(m.seller().ID), m.receiver("")
	m.Coins.Pay(x.Address, 8_000_000)
	m.Coins.Mine(1)
	m.pass(20 * 24 * time.Hour)
	require.True(t, m.getReceiver(x.ID).Work.Open())
	m.Coins.Mine(bitcoin.Deep)
	m.pass(11 * 24 * time.Hour)
	require.False(t, m.getReceiver(x.ID).Work.Open())
	require.False(t, m.getReceiver(unpaid.ID).Work.Open())
	m.Coins.Pay(unpaid.Address, 8_000_000) // months later, and somebody tells
	m.Coins.Mine(1)
	m.tell()
	got := m.getReceiver(unpaid.ID)
	require.Equal(t, connect.ReceiverExpired, got.Status)
	require.Equal(t, btc(8_000_000), got.Free())
	require.True(t, got.Work.Open(), "it is looked at again")
	m.verify()
}

// Each change of state has one event (promise 56).
func TestReceiverEvents(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	x := m.receiver("")
	tx := m.Coins.Pay(x.Address, 8_000_000)
	m.pass(time.Minute)
	m.Coins.Mine(1)
	m.pass(time.Minute)
	m.pass(time.Minute) // nothing new
	m.Coins.Reorganise(1)
	m.Coins.Replace(tx)
	m.pass(11 * time.Minute)
	events, _, err := m.platform.Events(m.ctx, "", 1000)
	require.NoError(t, err)
	var got []string
	for _, e := range events {
		if strings.HasPrefix(e.Type, "receiver.") || strings.HasPrefix(e.Type, "charge.") {
			got = append(got, e.Type)
		}
	}
	require.Equal(t, []string{
		"receiver.pending", "receiver.opened", "receiver.updated", "charge.succeeded", "receiver.filled", "charge.failed", "receiver.expired",
	}, got)
}
