package connect

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// maxCounted bounds what one question reads: of more, the newest are counted, as
// counters of that kind do elsewhere (they "slide").
const maxCounted = 1000

// counter answers what was before a payment from what rules saw of charges and
// transfers (decided). So it counts from when there were rules on: charges by card,
// e-mail, address, customer and seller, transfers by the account that they left and by
// the one that got them. Of disputes and of customers who were fraudulent it keeps no
// count. It reads, and expects nothing of what it read.
type counter struct {
	u *ledger.Unit
	p *Platform
}

// Ask implements compliance.Counter.
func (k *counter) Ask(_ context.Context, pay *compliance.Payment, q compliance.Question) (compliance.Value, error) {
	of, distinct := ruleCounts(q.Of)
	known := false
	for _, by := range countedBy {
		known = known || by.name == q.By
	}
	if !known || of == "" || of == compliance.TransferPayment && q.Status != "" || q.Status == "fraudulent" {
		return compliance.Value{}, nil
	}
	find := ledger.Query{
		Kind: decidedKind.Name, Name: q.By, Value: countKey(k.p.id, q.Key), To: pay.At.Add(time.Microsecond), Desc: q.Measure != compliance.SinceFirst,
	}
	if q.Within > 0 {
		find.From = pay.At.Add(-q.Within)
	}
	if find.Limit = maxCounted; q.Measure == compliance.CountOf && q.Status == "" && distinct == nil && q.By != "seller" && q.AtMost > 0 && q.AtMost < maxCounted {
		find.Limit = int(q.AtMost) + 1 // itself may be among them
	}
	var answer compliance.Value
	err := k.u.View(func(v ledger.View) error {
		list, err := v.Find(find)
		if err != nil {
			return err
		}
		past, err := k.those(v, list, pay, q, of)
		if err != nil {
			return err
		}
		answer, err = measure(past, pay, q, distinct)
		return err
	})
	return answer, err
}

// ruleCounts says which payments a question is of, and which different values of theirs it
// counts; nil if it counts the payments.
func ruleCounts(of string) (compliance.PaymentKind, func(*compliance.Payment) string) {
	switch of {
	case "charges":
		return compliance.ChargePayment, nil
	case "transfers":
		return compliance.TransferPayment, nil
	case "cards":
		return compliance.ChargePayment, func(p *compliance.Payment) string { return p.Card.Fingerprint }
	case "emails":
		return compliance.ChargePayment, func(p *compliance.Payment) string { return compliance.Fold(p.Buyer.Email) }
	case "names":
		return compliance.ChargePayment, func(p *compliance.Payment) string { return compliance.Fold(p.Buyer.Name) }
	case "customers":
		return compliance.ChargePayment, func(p *compliance.Payment) string { return p.Buyer.Customer }
	case "ips":
		return compliance.ChargePayment, func(p *compliance.Payment) string { return compliance.Fold(p.Buyer.IP) }
	}
	return "", nil
}

// those are the payments of a list that a question is of, in its order.
func (k *counter) those(v ledger.View, list []ledger.Object, pay *compliance.Payment, q compliance.Question, of compliance.PaymentKind) ([]*compliance.Payment, error) {
	past := make([]*compliance.Payment, 0, len(list))
	var charges []ledger.ID
	for _, o := range list {
		d, err := decidedKind.Decode(o)
		if err != nil {
			return nil, err
		}
		if d.Object == pay.ID || d.Payment.Kind != of || d.Platform != k.p.id {
			continue
		}
		past = append(past, &d.Payment)
		charges = append(charges, chargeKind.ID(d.Object))
	}
	if q.Status == "" || len(past) == 0 {
		return past, nil
	}
	objects, err := v.Objects(charges...)
	if err != nil {
		return nil, err
	}
	n := 0
	for i, o := range objects {
		c, err := chargeKind.Decode(o)
		if err != nil {
			return nil, err
		}
		if c.has(q.Status) {
			past[n] = past[i]
			n++
		}
	}
	return past[:n], nil
}

// has reports whether a status of the language of rules is that of a charge.
func (c *Charge) has(status string) bool {
	succeeded := c.Status == ChargeSucceeded || c.Failure.booked()
	ended := c.Status == ChargeFailed
	switch status {
	case "authorized":
		return succeeded || c.Authorization != nil && c.Authorization.Amount.Sign() > 0
	case "successful":
		return succeeded
	case "declined":
		return ended && c.Failure == nil && c.Code != codeBlocked
	case "failed":
		return ended
	case "blocked":
		return c.ruled(compliance.Block)
	}
	return false
}

// measure answers a question about past payments.
func measure(past []*compliance.Payment, pay *compliance.Payment, q compliance.Question, distinct func(*compliance.Payment) string) (compliance.Value, error) {
	switch {
	case q.Measure == compliance.CountOf && distinct == nil:
		return compliance.OfWhole(int64(len(past))), nil
	case q.Measure == compliance.CountOf:
		seen := make(map[string]bool)
		for _, p := range past {
			if value := distinct(p); value != "" {
				seen[value] = true
			}
		}
		return compliance.OfWhole(int64(len(seen))), nil
	case q.Measure == compliance.SinceFirst && len(past) > 0:
		return compliance.OfDuration(pay.At.Sub(past[0].At)), nil
	case q.Measure == compliance.SinceFirst, q.Measure == compliance.AverageOf && len(past) == 0:
		return compliance.Value{}, nil
	}
	total := decimal.Decimal{}
	for _, p := range past {
		worth, ok := pay.Worth(p.Amount, q.Currency)
		if !ok {
			return compliance.Value{}, nil
		}
		total = total.Add(worth)
	}
	if q.Measure == compliance.AverageOf {
		total = total.DivRound(decimal.New(int64(len(past)), 0), int32(q.Currency.Digits())+averageDigits)
	}
	m, err := ledger.FromDecimal(total, q.Currency, ledger.RoundHalfEven)
	return compliance.OfMoney(m), err
}

// averageDigits are kept beyond the minor unit before an average is rounded to it.
const averageDigits = 12
