package connect

import (
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// unpaid says why nothing is paid to a bank account now; nil if it is.
func (b *BankAccount) unpaid(at time.Time) error {
	switch {
	case b.Status == BankErrored:
		return badState("bank_account_errored", "account", "the bank has refused payouts to this account until its details change: "+b.Code)
	case b.Status == BankVerificationFailed:
		return badState("bank_account_unverified", "account", "the bank account is not shown to be the account's own")
	case at.Before(b.CoolsUntil):
		return badState("bank_cool_down", "account", "the bank details were changed; payouts go on at "+b.CoolsUntil.UTC().Format(time.RFC3339))
	}
	return nil
}

// firstMost is the most of the first payout to a bank account that was changed, in the
// currency of an amount; false if it is not capped.
func (c *BankConfig) firstMost(b *BankAccount, in ledger.Currency) (ledger.Money, bool) {
	i := slices.IndexFunc(c.FirstPayout, func(m ledger.Money) bool { return m.Currency() == in })
	if !b.Capped || i < 0 {
		return ledger.Money{}, false
	}
	return c.FirstPayout[i], true
}

// capFirst keeps the first payout to a bank account that was changed within what is
// configured: all that is there is cut down, a stated amount refused.
func (p *Platform) capFirst(b *BankAccount, asked, taken ledger.Money) (ledger.Money, error) {
	most, ok := p.e.c.Banks.firstMost(b, taken.Currency())
	switch {
	case !ok || taken.Minor() <= most.Minor():
		return taken, nil
	case asked.IsZero():
		return most, nil
	}
	return taken, firstCapped(most)
}

func firstCapped(most ledger.Money) error {
	return badState("first_payout_capped", "amount", "the bank details were changed: the first payout is at most "+most.String())
}

// firstPayout notes that a payout is the first to a bank account that was changed. While it
// is on its way there is no second, which would go around the cap; once it was paid there is
// no cap any more.
func (p *Platform) firstPayout(u *ledger.Unit, o *payout.Payout, b *BankAccount) error {
	if !b.Capped {
		return nil
	}
	if most, ok := p.e.c.Banks.firstMost(b, o.Amount.Currency()); ok && o.Amount.Minor() > most.Minor() {
		return firstCapped(most)
	}
	a, err := p.account(u, o.Owner)
	if err != nil {
		return err
	}
	i, err := a.bank(b.ID)
	if err != nil {
		return err
	}
	a.Banks = slices.Clone(a.Banks)
	a.Banks[i].FirstPayout = o.ID
	return accountKind.Put(u, a.ID, a)
}

// uncapped looks at the first payouts to bank accounts that were changed, as far as there
// were some: nil if one may be made to b, and then whether that is capped still. One on its
// way to another holds it up too, which may be the same account once more.
func (p *Platform) uncapped(u *ledger.Unit, all []BankAccount, b *BankAccount) error {
	if !b.Capped {
		return nil
	}
	for _, x := range all {
		if !x.Capped || x.FirstPayout == "" {
			continue
		}
		first, err := payoutKind.Get(u, x.FirstPayout)
		if err != nil {
			return err
		}
		switch first.Status {
		case payout.Paid:
			b.Capped = b.Capped && x.ID != b.ID
		case payout.Failed, payout.Canceled, payout.Returned:
		default:
			return badState("first_payout_pending", "account", "the first payout to changed bank details is on its way: "+first.ID)
		}
	}
	return nil
}

// ofBank tells codes of failed payouts that speak of the bank account, and not of that one
// payout (the codes are those of hosted marketplaces of 2015).
func ofBank(code string) bool {
	switch code {
	case "account_closed", "account_frozen", "bank_account_restricted", "bank_ownership_changed", "invalid_account_number",
		"incorrect_account_holder_name", "invalid_currency", "no_account":
		return true
	}
	return false
}

// bankErrored marks the bank account to which a payout has failed, until its details change.
func (p *Platform) bankErrored(u *ledger.Unit, o *payout.Payout) error {
	failed := o.Status == payout.Failed || o.Status == payout.Returned
	if !failed || !ofBank(o.Code) || !accountKind.Fits(o.Owner) || o.Source != "available" {
		return nil
	}
	a, err := p.account(u, o.Owner)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(a.Banks, func(b BankAccount) bool { return b.Destination == o.Destination })
	if i < 0 || a.Banks[i].Status == BankErrored || a.Banks[i].Added.After(o.Created) {
		return nil
	}
	a.Banks = slices.Clone(a.Banks)
	a.Banks[i].Status, a.Banks[i].Code = BankErrored, o.Code
	u.Emit(ledger.Event{Type: EventAccountUpdated, Platform: p.id, Object: accountKind.ID(a.ID)})
	return accountKind.Put(u, a.ID, a)
}
