package connect

import (
	"slices"

	"github.com/soukhq/souk/ledger"
)

// WarningRefund says when a warning gives its payment back by itself.
type WarningRefund string

// When a warning gives its payment back.
const (
	RefundNever  WarningRefund = "never"
	RefundAlways WarningRefund = "always"
	RefundBelow  WarningRefund = "below" // the buyer paid less than an amount
	// RefundUndelivered: nothing of the payment was captured yet, or all of the seller's
	// share waits still (HoldTerms) for what was not heard to have happened, so that what
	// was bought is not delivered.
	RefundUndelivered WarningRefund = "undelivered"
)

// WarningRule is what comes of one kind of warning.
type WarningRule struct {
	Refund WarningRefund  `json:"refund,omitzero"` // empty: RefundNever
	Below  []ledger.Money `json:"below,omitzero"`  // with RefundBelow: at most one in a currency; in another nothing is refunded
	// ReverseTransfer and RefundFee are those of the refund (RefundRequest), where its
	// charge has a transfer to reverse or a commission to give back.
	ReverseTransfer bool `json:"reverseTransfer,omitzero"`
	RefundFee       bool `json:"refundFee,omitzero"` // with ReverseTransfer, or of a direct charge
}

// WarningPolicy is what a platform does about early warnings: what holds when a warning
// is first heard is that warning's.
type WarningPolicy struct {
	Fraud WarningRule `json:"fraud,omitzero"`
	Alert WarningRule `json:"alert,omitzero"`
}

func (w WarningPolicy) of(kind WarningKind) WarningRule {
	if kind == WarningAlert {
		return w.Alert
	}
	return w.Fraud
}

// check returns the policy with its defaults, and its own amounts.
func (w WarningPolicy) check() (WarningPolicy, error) {
	for _, x := range []struct {
		field string
		rule  *WarningRule
	}{{"warnings.fraud", &w.Fraud}, {"warnings.alert", &w.Alert}} {
		r := x.rule
		switch r.Refund {
		case "":
			r.Refund = RefundNever
		case RefundNever, RefundAlways, RefundBelow, RefundUndelivered:
		default:
			return w, badField("invalid_request", x.field+".refund", "it is never, always, below or undelivered")
		}
		if (r.Refund == RefundBelow) != (len(r.Below) > 0) || len(r.Below) > 100 {
			return w, badField("invalid_request", x.field+".below", "amounts are stated, at most a hundred, where what is below them is refunded")
		}
		for i, m := range r.Below {
			if m.Sign() <= 0 || !m.Currency().Valid() {
				return w, badField("invalid_amount", x.field+".below", "an amount is more than zero")
			}
			if slices.ContainsFunc(r.Below[:i], func(o ledger.Money) bool { return o.Currency() == m.Currency() }) {
				return w, badField("invalid_amount", x.field+".below", "there is one amount in a currency")
			}
		}
		r.Below = slices.Clone(r.Below)
	}
	return w, nil
}

// refuses says why a rule does not give a payment back, empty if it does.
func (r WarningRule) refuses(u *ledger.Unit, p *Platform, c *Charge) (code string, err error) {
	switch r.Refund {
	case RefundAlways:
		return "", nil
	case RefundBelow:
		paid := c.presented()
		for _, m := range r.Below {
			if m.Currency() == paid.Currency() && paid.Minor() < m.Minor() {
				return "", nil
			}
		}
		return "not_below", nil
	case RefundUndelivered:
		if c.Status != ChargeAuthorized {
			s, err := p.shareOf(u, c)
			if err != nil || s == nil || !s.waits() || !s.Out.none() || !s.Happened.IsZero() {
				return "delivered", err
			}
		}
		return "", nil
	}
	return "never", nil
}
