package connect

import (
	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
)

// coinsBack is what the returns of a receiver add up to, in satoshi.
type coinsBack struct{ returned, returning int64 }

// receiver adds up what a receiver says of coins: what came is what became
// payments, what went back, and what is still there.
func (t *tally) receiver(r *Receiver, back coinsBack) {
	t.add(ledger.House, "wallet/"+r.Wallet, r.Received, -1)
	t.add(ledger.House, "suspense", r.Missing, -1)
	t.add(r.ID, "unapplied", ledger.Minor(r.there(), ledger.BTC), 1)
	t.add(r.ID, "held unapplied", r.Returning, 1)
	booked := int64(0)
	for _, c := range r.Coins {
		if c.Booked {
			booked += c.Satoshi
		}
	}
	paid := int64(0)
	if r.Charge != "" {
		paid = r.Satoshi.Minor()
	}
	for _, x := range []struct {
		what    string
		counted ledger.Money
		sum     int64
	}{
		{"received", r.Received, booked}, {"paid", r.Paid, paid}, {"returned", r.Returned, back.returned}, {"being returned", r.Returning, back.returning},
	} {
		if x.counted.Minor() != x.sum {
			t.report.Add("receiver "+r.ID, "it counts %v as %s; it is %v", x.counted, x.what, ledger.Minor(x.sum, ledger.BTC))
		}
	}
	if r.Free().Sign() < 0 || (r.Charge != "") != (r.Status == ReceiverFilled) {
		t.report.Add("receiver "+r.ID, "it is %s, with %v that are free", r.Status, r.Free())
	}
}

// coinReturn adds up what a return says.
func (t *tally) coinReturn(x *CoinReturn, back *coinsBack) {
	ofReceiver := x.Refund == ""
	switch x.Status {
	case CoinReturnSucceeded:
		t.add(ledger.House, "wallet/"+x.Wallet, x.Sent, 1)
		t.add(ledger.House, "wallet/"+x.Wallet, x.Cost, 1)
		if ofReceiver {
			back.returned += x.Satoshi.Minor()
		}
	case CoinReturnPending, CoinReturnUnknown:
		if ofReceiver {
			back.returning += x.Satoshi.Minor()
		}
	}
	whole := x.Sent
	if x.CostBy == bitcoin.Buyer {
		whole = sum(x.Sent, x.Cost)
	}
	if x.Status == CoinReturnSucceeded && whole != x.Satoshi {
		t.report.Add("coin return "+x.ID, "it sent %v of %v", whole, x.Satoshi)
	}
}

// undone adds up what a payment that the chain took back has left with others: what
// refunds had taken by then, and take when they succeed.
func (t *tally) undone(c *Charge) {
	move := func(from, to, what string, m ledger.Money) {
		t.add(from, "balance", m, -1)
		t.add(to, what, m, 1)
	}
	if c.Code != codeUndone {
		return
	}
	for _, x := range c.Tax {
		move(t.platform, t.platform, "tax/"+x.Authority, x.Refunded)
	}
	if c.Account == "" {
		return
	}
	move(t.platform, c.Account, "balance", c.Reversed)
	move(c.Account, t.platform, "balance", c.FeeBack)
	for _, x := range c.FeeTax {
		move(c.Account, t.platform, "tax/"+x.Authority, x.Refunded)
	}
}

// tallyCoins adds up the receivers of a platform and their returns.
func tallyCoins(v ledger.View, t *tally) error {
	back := make(map[string]*coinsBack)
	err := tallyKind(v, t, &coinReturnKind, func(t *tally, x *CoinReturn) {
		b := back[x.Receiver]
		if b == nil {
			if b = new(coinsBack); t.mine(x.Receiver) {
				back[x.Receiver] = b
				t.also = len(back)
			}
		}
		t.coinReturn(x, b)
	})
	if err != nil {
		return err
	}
	return tallyKind(v, t, &receiverKind, func(t *tally, r *Receiver) {
		var b coinsBack
		if x := back[r.ID]; x != nil {
			b = *x
		}
		t.receiver(r, b)
	})
}
