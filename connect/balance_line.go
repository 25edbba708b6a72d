package connect

import (
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// mainOf returns the transaction in whose line one is a fee of an owner's, nil if it
// has a line of its own.
func mainOf(step []*ledger.Transaction, t *ledger.Transaction, e effect, owner string, cur ledger.Currency) *ledger.Transaction {
	rule := ruleOf(t.Reason)
	if e.net == 0 || e.net > 0 && !rule.feeMore || e.net < 0 && !rule.feeLess {
		return nil
	}
	for _, other := range step {
		if other == t && !rule.before {
			return nil
		}
		if slices.Contains(rule.feeOf, other.Reason) && effectOn(other, owner, cur).net != 0 {
			return other
		}
	}
	return nil
}

// line reads what a transaction did to an owner in a currency, with its fees. It is
// nil if that is nothing, or a part of another's line.
func (s *steps) line(id, owner string, cur ledger.Currency) *BalanceTransaction {
	t := s.read[id]
	if t == nil {
		return nil
	}
	e := effectOn(t, owner, cur)
	step := s.of(id)
	if !e.touched || mainOf(step, t, e, owner, cur) != nil {
		return nil
	}
	zero := ledger.Zero(cur)
	l := &BalanceTransaction{
		ID: balanceTransactionID(id, owner, cur), Platform: s.book, Owner: owner, Currency: cur, Amount: zero, Fee: zero, Net: zero,
		Source: t.Object, Reason: t.Reason, Created: t.Posted,
	}
	l.take(t, e)
	if hasOwnFee(t.Reason) && e.alone {
		l.ownFees(t)
	}
	for _, part := range step {
		if pe := effectOn(part, owner, cur); part != t && pe.touched && mainOf(step, part, pe, owner, cur) == t {
			l.take(part, pe)
			l.feesOf(part, pe)
		}
	}
	l.Amount = sum(l.Net, l.Fee)
	l.Changes = slices.DeleteFunc(l.Changes, func(c PurposeChange) bool { return c.Amount.IsZero() })
	slices.Sort(l.Transactions)
	slices.SortStableFunc(l.Transactions, func(a, b string) int { return place(step, a) - place(step, b) })
	kind := ruleOf(t.Reason).more
	if e.net < 0 {
		kind = ruleOf(t.Reason).less
	}
	if e.net == 0 {
		kind = move
	}
	l.Type, l.Category = kind.kind, kind.category
	return l
}

func place(step []*ledger.Transaction, id string) int {
	return slices.IndexFunc(step, func(t *ledger.Transaction) bool { return t.ID == id })
}

// take adds what a transaction did.
func (l *BalanceTransaction) take(t *ledger.Transaction, e effect) {
	l.Transactions = append(l.Transactions, t.ID)
	l.Net = ledger.Minor(l.Net.Minor()+e.net, l.Currency)
	for _, c := range e.changes {
		l.Changes = addChange(l.Changes, c.Purpose, c.Amount)
	}
	if e.day > l.Available {
		l.Available = e.day
	}
	if l.Available == 0 && !e.held {
		l.Available = payout.DayOf(t.Posted, t.Posted.Location())
	}
}

func (l *BalanceTransaction) fee(kind FeeType, minor int64, authority, transaction string) {
	if minor != 0 {
		m := ledger.Minor(minor, l.Currency)
		l.Fees = append(l.Fees, FeeDetail{kind, m, authority, transaction})
		l.Fee = sum(l.Fee, m)
	}
}

// hasOwnFee tells reasons that take the house's price out of what they move.
func hasOwnFee(reason string) bool {
	switch reason {
	case "charge", "refund", "payment failed", "conversion":
		return true
	}
	return false
}

// ownFees are what the house took within the transaction itself.
func (l *BalanceTransaction) ownFees(t *ledger.Transaction) {
	for _, e := range t.Entries {
		if e.Account.Owner != ledger.House || e.Account.Currency != l.Currency {
			continue
		}
		switch e.Account.Purpose {
		case "processing_fees":
			l.fee(FeeProcessing, e.Amount.Minor(), "", t.ID)
		case "fx_spread":
			l.fee(FeeExchange, e.Amount.Minor(), "", t.ID)
		}
	}
}

// feesOf are the fees that a transaction of the same step is: what of it an
// authority got is its tax, the rest is what its reason says.
func (l *BalanceTransaction) feesOf(t *ledger.Transaction, e effect) {
	kind, tax := FeeApplication, FeeTax
	switch t.Reason {
	case "processing fee":
		kind = FeeProcessing
	case "dispute fee":
		kind = FeeDispute
	case "tax collected", "tax refunded":
		kind, tax = FeeWithheldTax, FeeWithheldTax
	}
	rest := -e.net
	for _, x := range t.Entries {
		name, authority, _ := strings.Cut(x.Account.Purpose, "/")
		if name == "tax" && x.Account.Currency == l.Currency {
			l.fee(tax, x.Amount.Minor(), authority, t.ID)
			rest -= x.Amount.Minor()
		}
	}
	l.fee(kind, rest, "", t.ID)
}
