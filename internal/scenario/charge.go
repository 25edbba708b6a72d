package scenario

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
)

// charge is "c1: 1000 USD to A fee 123 tax nyc 80 card tok_visa", or "c1: net
// 877 USD to A". For prices: "category books method bank_debit of 700 total 1100
// fee none fee-tax vat 20". Other shapes: "1000 USD direct A fee 123" is A's own,
// "to A gets 877" states what A gets, "for A" is on behalf of A, "settle EUR" converts
// it and "fee-in USD" the commission; "refunds day" gives it back at the rate of the
// day. To capture it later: "capture later". By the
// merchant: "by recurring". Of a saved source: "saved s1 agreed recurring", or
// "customer b1" for their default; to save it: "customer b1 card tok_visa save
// recurring". From a bank account: "mandate m1 on 2026-04-01".
func (r *runner) charge(args string) error {
	name, rest := named(args)
	c, err := r.platform.Charge(r.ctx, r.chargeRequest(rest))
	if err == nil {
		r.ids[name] = c.ID
		if c.CreditSale != nil {
			r.names[c.CreditSale.Credit] = strings.TrimPrefix(c.CreditSale.Buyer, "buyer-")
		}
	}
	return err
}

// chargeRequest reads what a charge is.
func (r *runner) chargeRequest(rest string) connect.ChargeRequest {
	w := strings.Fields(rest)
	c := connect.ChargeRequest{Key: r.key(), Source: connect.TestCard}
	switch w[0] {
	case "net":
		w = w[1:]
		c.Net = r.amount(w[0], w[1])
	case "lines":
		w = r.lines(w, &c)
	default:
		c.Amount = r.amount(w[0], w[1])
	}
	for i := 2; i+1 < len(w); i += 2 {
		word, value, currency := w[i], w[i+1], w[1]
		switch {
		case word == "tax":
			c.Tax = append(c.Tax, connect.Tax{Authority: value, Amount: r.amount(w[i+2], currency)})
			i++
		case word == "fee-tax":
			c.FeeTax = append(c.FeeTax, connect.Tax{Authority: value, Amount: r.amount(w[i+2], currency)})
			i++
		default:
			known := r.chargeWho(&c, word, value) || r.chargeAmount(&c, word, value, currency) || r.chargeSource(&c, word, value, currency) ||
				r.hold(&c.Hold, word, value, currency)
			require.True(r.t, known, "%s: there is no such word as %s", r.at, word)
		}
	}
	return c
}

// chargeWho reads whose a charge is, and reports whether the word was about that.
func (r *runner) chargeWho(c *connect.ChargeRequest, word, value string) bool {
	switch word {
	case "to":
		c.AccountID = r.sellers[value]
	case "direct":
		c.AccountID, c.Direct = r.sellers[value], true
	case "for":
		c.OnBehalfOf = r.sellers[value]
	case "group":
		c.TransferGroup = value
	case "sells":
		c.SellsCredit = "buyer-" + value
	default:
		return false
	}
	return true
}

// chargeAmount reads what of it is whose, and by which price.
func (r *runner) chargeAmount(c *connect.ChargeRequest, word, value, currency string) bool {
	switch word {
	case "fee":
		if c.NoFee = value == "none"; !c.NoFee {
			c.ApplicationFee = r.amount(value, currency)
		}
	case "category":
		c.Category = value
	case "method":
		c.Method = value
	case "of":
		c.PriceOf = r.amount(value, currency)
	case "total":
		c.Total = r.amount(value, currency)
	case "gets":
		c.TransferAmount = r.amount(value, currency)
	case "settle":
		c.SettleIn = r.amount("0", value).Currency()
	case "refunds":
		c.RefundRate = connect.RefundRate(value)
	case "fee-in":
		c.FeeIn = r.amount("0", value).Currency()
	default:
		return false
	}
	return true
}

// chargeSource reads what pays for it, who starts it, and when.
func (r *runner) chargeSource(c *connect.ChargeRequest, word, value, currency string) bool {
	switch word {
	case "card":
		if c.Source = value; value == "none" {
			c.Source = ""
		}
	case "mandate":
		c.Source, c.MandateID = "", r.ids[value]
	case "on":
		c.CollectOn = r.mandateDay(value)
	case "capture":
		c.CaptureLater = value == "later"
	case "by":
		c.Initiation = connect.Initiation{By: connect.Initiator(value), First: "net_first"}
	case "customer":
		c.CustomerID, c.Source = r.ids[value], ""
	case "saved":
		c.SavedSourceID, c.Source = r.ids[value], ""
	case "agreed":
		c.Initiation = connect.Initiation{By: connect.Initiator(value)}
	case "save":
		c.Save = &connect.SaveTerms{Agreement: r.buyersAgreement(), For: []connect.Initiator{connect.Initiator(value)}}
	case "credit", "voucher":
		c.Tenders = append(c.Tenders, r.tender(word, value, currency))
	default:
		return false
	}
	return true
}
