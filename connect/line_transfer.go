package connect

import (
	"fmt"

	"github.com/soukhq/souk/ledger"
)

// checkByLines refuses a transfer of lines whose amount has to be known before.
func checkByLines(r *TransferRequest) error {
	if !r.Currency.IsZero() {
		return badField("invalid_amount", "amount", "a transfer that is converted states its amount")
	}
	return nil
}

// transferLines finds out what is left of the lines that a transfer names.
func (c *Charge) transferLines(r *TransferRequest, t *Transfer) error {
	if len(r.Lines) == 0 {
		return nil
	}
	if len(r.Lines) > maxLines {
		return badField("invalid_lines", "lines", fmt.Sprintf("a transfer names at most %d lines", maxLines))
	}
	left, seen := int64(0), make(map[string]bool, len(r.Lines))
	for i, name := range r.Lines {
		x := c.line(name)
		if x == nil || !x.sold() || x.Owner != t.To || seen[name] {
			return badField("invalid_line", fmt.Sprintf("lines[%d]", i), "it names lines of the charge that are the receiver's, each once")
		}
		seen[name] = true
		if left += x.due(); x.Back != nil {
			left -= x.Back.net() + x.Back.ByPlatform.Minor()
		}
	}
	cur := c.Amount.Currency()
	if t.Amount == (ledger.Money{}) {
		t.Amount = ledger.Minor(left, cur)
	}
	switch {
	case t.Amount.Currency() != cur:
		return badField("currency_mismatch", "amount", "the charge is in "+cur.String())
	case t.Amount.Minor() > left || t.Amount.IsZero():
		return badState("transfer_exceeds_lines", "amount", ledger.Minor(left, cur).String()+" of the lines is left")
	}
	return nil
}

// transferShare counts a transfer against what the lines say is the receiver's.
func (c *Charge) transferShare(t *Transfer) error {
	if len(c.Shares) == 0 {
		return nil
	}
	s := c.shareOf(t.To)
	if s == nil {
		return badField("not_in_lines", "to", "the lines of the charge name its accounts, and this is none of them")
	}
	if left := minus(minus(s.Amount, s.Refunded), s.Transferred); t.Amount.Minor() > left.Minor() {
		return badState("transfer_exceeds_lines", "amount", left.String()+" of the account's lines can still be transferred")
	}
	s.Transferred = sum(s.Transferred, t.Amount)
	return nil
}
