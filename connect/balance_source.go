package connect

import (
	"cmp"
	"time"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// lineSources are the objects behind lines, as far as they say something of them.
type lineSources struct {
	charges   map[string]*Charge
	captures  map[string]*Capture
	refunds   map[string]*Refund
	transfers map[string]*Transfer
	reversals map[string]*TransferReversal
	payouts   map[string]*payout.Payout
}

// tellSources completes lines by what their objects say: whether a card paid, at
// which rate something was converted, whether a payout failed or was withdrawn. It
// reads the objects at once, and then at once the charges of those that have one.
func (p *Platform) tellSources(v ledger.View, lines []*BalanceTransaction) error {
	s := &lineSources{
		charges: make(map[string]*Charge), captures: make(map[string]*Capture), refunds: make(map[string]*Refund),
		transfers: make(map[string]*Transfer), reversals: make(map[string]*TransferReversal), payouts: make(map[string]*payout.Payout),
	}
	var ids, charges []ledger.ID
	for _, l := range lines {
		if s.asks(l) {
			ids = append(ids, l.Source)
		}
	}
	if err := s.read(v, ids); err != nil {
		return err
	}
	for _, id := range ids {
		if c := cmp.Or(s.refundOf(id), s.captureOf(id)); c != "" {
			charges = append(charges, chargeKind.ID(c))
		}
	}
	if err := s.read(v, charges); err != nil {
		return err
	}
	today := payout.DayOf(p.e.env.Time(), time.UTC)
	for _, l := range lines {
		s.tell(l)
		l.Pending = l.Available > today
	}
	return nil
}

// asks tells lines that their source has something to say of.
func (s *lineSources) asks(l *BalanceTransaction) bool {
	switch l.Type {
	case TypePayment, TypePaymentRefund, TypePayout, TypePayoutFailure:
		return true
	}
	return l.Reason == "conversion" || l.Reason == "refund" || l.Reason == "payment failed"
}

func (s *lineSources) read(v ledger.View, ids []ledger.ID) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := v.Objects(ids...)
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.Version == 0 {
			continue
		}
		switch o.Kind {
		case chargeKind.Name:
			err = decodeInto(s.charges, &chargeKind, o)
		case captureKind.Name:
			err = decodeInto(s.captures, &captureKind, o)
		case refundKind.Name:
			err = decodeInto(s.refunds, &refundKind, o)
		case transferKind.Name:
			err = decodeInto(s.transfers, &transferKind, o)
		case transferReversalKind.Name:
			err = decodeInto(s.reversals, &transferReversalKind, o)
		case payoutKind.Name:
			err = decodeInto(s.payouts, &payoutKind, o)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func decodeInto[T any](into map[string]*T, kind *ledger.Kind[T], o ledger.Object) error {
	item, err := kind.Decode(o)
	into[o.ID.ID] = item
	return err
}

func (s *lineSources) refundOf(id ledger.ID) string {
	if r := s.refunds[id.ID]; r != nil {
		return r.Charge
	}
	return ""
}

func (s *lineSources) captureOf(id ledger.ID) string {
	if k := s.captures[id.ID]; k != nil {
		return k.Charge
	}
	return ""
}

// byCard tells a charge that a card paid.
func (c *Charge) byCard() bool {
	return c != nil && c.Acquirer != "" && cmp.Or(c.Method, pricing.Card) == pricing.Card
}

// tell completes one line.
func (s *lineSources) tell(l *BalanceTransaction) {
	id := l.Source.ID
	c := s.charges[cmp.Or(s.refundOf(l.Source), s.captureOf(l.Source), id)]
	switch {
	case l.Reason == "charge" && l.Type == TypePayment && c.byCard():
		l.Type = TypeCharge
	case l.Reason == "refund" && l.Type == TypePaymentRefund && c.byCard():
		if r := s.refunds[id]; r != nil && r.Acquirer != "" {
			l.Type = TypeRefund
		}
	case l.Type == TypePayoutFailure:
		if o := s.payouts[id]; o != nil && o.Status == payout.Canceled {
			l.Type = TypePayoutCancel
		}
	}
	l.Rate = s.rate(l, c)
}

// rate is how the amount of a line was converted.
func (s *lineSources) rate(l *BalanceTransaction, c *Charge) string {
	id := l.Source.ID
	switch l.Reason {
	case "conversion":
		var by *payout.Conversion
		if t := s.transfers[id]; t != nil {
			by = t.Conversion
		} else if x := s.reversals[id]; x != nil {
			by = x.Conversion
		} else if o := s.payouts[id]; o != nil {
			by = o.Conversion
		}
		if by != nil {
			return by.Rate
		}
		if c != nil && c.FeeSettlement != nil {
			return c.FeeSettlement.Rate.String()
		}
	case "refund":
		if r := s.refunds[id]; r != nil && r.Day != nil {
			return r.Day.Rate.String()
		}
		fallthrough
	case "charge", "payment failed":
		if c != nil && c.Settlement != nil {
			return c.Settlement.Rate.String()
		}
	}
	return ""
}
