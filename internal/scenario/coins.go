package scenario

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout/bank"
)

// coin is what one coin is worth from now on: "250.00 USD". Before the platform is
// there, "coin cost house" lets the house bear what the network takes.
func (r *runner) coin(args string) error {
	w := strings.Fields(args)
	if w[0] == "cost" {
		r.config.Bitcoin = &bitcoin.Config{CostBy: bitcoin.Bearer(w[1])}
		return nil
	}
	c, err := ledger.ParseCurrency(w[1])
	require.NoError(r.t, err, r.at)
	r.m.Coins.Price(c, w[0])
	return nil
}

// receiver is "b1: 2000 USD to A fee 123 tax nyc 80". The buyer's address is known.
func (r *runner) receiver(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	request := connect.ReceiverRequest{Key: r.key(), Amount: r.amount(w[0], w[1]), RefundTo: bank.TestBitcoin("buyer")}
	for i := 2; i+1 < len(w); i += 2 {
		switch w[i] {
		case "to":
			request.AccountID = r.sellers[w[i+1]]
		case "fee":
			request.ApplicationFee = r.amount(w[i+1], w[1])
		case "tax":
			request.Tax = append(request.Tax, connect.Tax{Authority: w[i+1], Amount: r.amount(w[i+2], w[1])})
			i++
		default:
			require.Fail(r.t, "no such word", "%s: %s", r.at, w[i])
		}
	}
	x, err := r.platform.CreateReceiver(r.ctx, request)
	if err == nil {
		r.ids[name], r.names[x.ID] = x.ID, name
	}
	return err
}

// pay lets somebody pay satoshi: "t1: 8000000 to b1".
func (r *runner) pay(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	x, err := r.platform.GetReceiver(r.ctx, r.ids[w[2]])
	require.NoError(r.t, err, r.at)
	r.ids[name] = r.m.Coins.Pay(x.Address, r.number(w[0]))
	return r.look()
}

// look lets a minute pass, after which addresses are looked at.
func (r *runner) look() error { return r.m.Pass(r.ctx, time.Minute) }

func (r *runner) mine(args string) error {
	r.m.Coins.Mine(int(r.number(args)))
	return r.look()
}

func (r *runner) reorganise(args string) error {
	r.m.Coins.Reorganise(int(r.number(args)))
	return r.look()
}

// replace is "t1 by 100": by one that pays so much, or by one that pays nothing if
// it is zero.
func (r *runner) replace(args string) error {
	w := strings.Fields(args)
	var by []int64
	if n := r.number(w[2]); n > 0 {
		by = append(by, n)
	}
	require.NotEmpty(r.t, r.m.Coins.Replace(r.ids[w[0]], by...), r.at)
	return r.look()
}

// apply is "c1: all of b1 fee 10", "c1: 1000000 of b1 guaranteed".
func (r *runner) apply(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	request := connect.ApplyRequest{Key: r.key(), ReceiverID: r.ids[w[2]], Satoshi: r.satoshi(w[0])}
	for i := 3; i < len(w); i++ {
		switch w[i] {
		case "guaranteed":
			request.Guaranteed = true
		case "fee":
			i++
			request.ApplicationFee = r.amount(w[i], "USD")
		default:
			require.Fail(r.t, "no such word", "%s: %s", r.at, w[i])
		}
	}
	c, err := r.platform.ApplyCoins(r.ctx, request)
	if err == nil {
		r.ids[name] = c.ID
	}
	return err
}

func (r *runner) satoshi(text string) ledger.Money {
	if text == "all" {
		return ledger.Money{}
	}
	return r.amount(text, "BTC")
}

// giveBack is "x1: all of b1", "x1: 1000000 of b1".
func (r *runner) giveBack(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	x, err := r.platform.ReturnCoins(r.ctx, connect.ReturnRequest{Key: r.key(), ReceiverID: r.ids[w[2]], Satoshi: r.satoshi(w[0])})
	if err == nil {
		r.ids[name] = x.ID
	}
	return err
}

// coinRefund is "x1: all of b1 reverse fee", of the payment that a receiver became.
func (r *runner) coinRefund(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	of, err := r.platform.GetReceiver(r.ctx, r.ids[w[2]])
	require.NoError(r.t, err, r.at)
	request := connect.CoinRefundRequest{Key: r.key(), ChargeID: of.Charge}
	if w[0] != "all" {
		request.Amount = ledger.Minor(r.number(w[0]), of.Amount.Currency())
	}
	for _, word := range w[3:] {
		request.ReverseTransfer = request.ReverseTransfer || word == "reverse"
		request.RefundFee = request.RefundFee || word == "fee"
	}
	x, err := r.platform.RefundCoins(r.ctx, request)
	if err == nil {
		r.ids[name] = x.ID
	}
	return err
}

func (r *runner) coinStatus(id string) (status, code string) {
	if strings.HasPrefix(id, "rcv_") {
		x, err := r.platform.GetReceiver(r.ctx, id)
		require.NoError(r.t, err, r.at)
		return string(x.Status), x.Code
	}
	x, err := r.platform.GetCoinReturn(r.ctx, id)
	require.NoError(r.t, err, r.at)
	return string(x.Status), x.Code
}
