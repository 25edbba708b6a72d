package connect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// preparePayout checks the request, decides on currencies and asks for the rates
// that they need. What it read is read again, and expected, when the payout is
// recorded.
func preparePayout(ctx context.Context, p *Platform, r *PayoutRequest) error {
	if err := checkPayout(r); err != nil || r.Authority != "" {
		return err
	}
	banks, own, err := p.payee(ctx, r.AccountID)
	if err != nil {
		return err
	}
	if r.Amount == (ledger.Money{}) {
		r.Amount = ledger.Zero(own)
	}
	bank, err := r.choose(banks)
	if err != nil {
		return err
	}
	r.bank = bank
	if from := r.Amount.Currency(); from != bank.Currency {
		r.rates, err = p.rates(ctx, from, bank.Currency)
	}
	return err
}

// payee returns the bank accounts and the own currency of whoever is paid, read
// anew.
func (p *Platform) payee(ctx context.Context, accountID string) ([]BankAccount, ledger.Currency, error) {
	if accountID != "" {
		a, err := accountKind.Read(ctx, p.store, accountID)
		if err != nil {
			return nil, 0, notFoundOr(err, "account")
		}
		if a.Platform != p.id {
			return nil, 0, notFound("account")
		}
		return a.Banks, a.Currency, nil
	}
	v, err := readProfile(ctx, p.store, p.id)
	if err != nil {
		return nil, 0, err
	}
	p.profile.Store(v)
	return v.banks(), v.Base, nil
}

// choose finds the bank account that is paid: the one that is named, or a default.
func (r *PayoutRequest) choose(banks []BankAccount) (BankAccount, error) {
	if r.BankID == "" {
		return chooseBank(banks, r.Amount.Currency(), r.Currency)
	}
	for _, b := range banks {
		switch {
		case b.ID != r.BankID:
		case !r.Currency.IsZero() && r.Currency != b.Currency:
			return b, badField("currency_mismatch", "currency", "the bank account is in "+b.Currency.String())
		default:
			return b, nil
		}
	}
	return BankAccount{}, notFound("bank account")
}

// chooseBank finds the bank account that is paid by default.
func chooseBank(banks []BankAccount, from, want ledger.Currency) (BankAccount, error) {
	if len(banks) == 0 {
		return BankAccount{}, badState("no_bank_account", "account", "there is no bank account to pay out to")
	}
	for _, b := range banks {
		if b.Currency == want || want.IsZero() && b.Currency == from {
			return b, nil
		}
	}
	if want.IsZero() {
		return banks[0], nil
	}
	return BankAccount{}, badState("no_bank_account", "currency", "there is no bank account in "+want.String())
}

func recordPayout(u *ledger.Unit, p *Platform, r *PayoutRequest, w ledger.Work) (*payout.Payout, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	info := p.e.c.Rail.Info()
	o := &payout.Payout{
		ID: u.NewID(payoutKind.Prefix), Platform: p.id, Owner: p.id, Source: "available", Rail: info.Name,
		Descriptor: r.Descriptor, Metadata: r.Metadata, Work: w,
		Arrival: p.e.c.Calendar.Add(payout.DayOf(u.At(), time.UTC), info.Days),
	}
	if r.Authority != "" {
		err = p.taxPayout(u, r, o)
	} else {
		err = p.balancePayout(u, prof, r, o)
	}
	if err != nil {
		return nil, err
	}
	if o.Amount, err = whole(o.Amount, r.Amount); err != nil {
		return nil, err
	}
	if info.MaxMinor > 0 && o.Amount.Minor() > info.MaxMinor {
		return nil, badState("rail_limit_exceeded", "amount", "the rail does not carry as much in one payout")
	}
	if r.Authority == "" {
		if err := p.firstPayout(u, o, &r.bank); err != nil {
			return nil, err
		}
	}
	return o, payout.Claim(u, o)
}

// balancePayout decides what an account or the platform is paid out of what is
// available to it, and converts it where its bank wants another currency.
func (p *Platform) balancePayout(u *ledger.Unit, prof *Profile, r *PayoutRequest, o *payout.Payout) error {
	if r.AccountID != "" {
		o.Owner = r.AccountID
	}
	if err := p.mayBePaid(u, prof, r); err != nil {
		return err
	}
	o.Destination = r.bank.Destination
	taken, err := p.payable(u, o.Owner, r.Amount)
	if err == nil {
		taken, err = p.capFirst(&r.bank, r.Amount, taken)
	}
	if err == nil {
		taken, err = p.aboveMinimum(u, prof, o.Owner, r.Amount, taken)
	}
	if err != nil {
		return err
	}
	if o.Amount = taken; r.bank.Currency == taken.Currency() {
		return nil
	}
	return p.convert(u, prof, o, r)
}

func checkPayout(r *PayoutRequest) error {
	if r.Amount.Sign() < 0 {
		return badField("invalid_amount", "amount", "a payout is more than zero")
	}
	if len(r.Descriptor) > 22 || r.Descriptor != "" && !plain(strings.ReplaceAll(r.Descriptor, " ", "_"), 1, 22) {
		return badField("invalid_descriptor", "descriptor", "a payout's descriptor is at most 22 ASCII characters")
	}
	if holdsCard(r.Descriptor) {
		return cardIn("descriptor")
	}
	switch {
	case r.Authority == "" && r.PeriodEnd != 0:
		return badField("invalid_request", "periodEnd", "it is of taxes, which an authority is paid")
	case r.Authority == "":
	case !validName(r.Authority):
		return badField("invalid_request", "authority", "an authority is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	case r.AccountID != "":
		return badField("invalid_request", "account", "a payout goes to an account or to an authority")
	case r.BankID != "":
		return badField("invalid_request", "bankAccount", "an authority brings its bank details")
	case !r.Currency.IsZero():
		return badField("invalid_request", "currency", "an authority is paid in the currency of its tax")
	}
	if (r.Authority != "") != (r.Bank != nil) {
		return badField("invalid_request", "bank", "a payout to an authority, and no other, brings its bank details")
	}
	return checkMetadata(r.Metadata)
}

// mayBePaid expects that the payee is as it was when the bank was chosen, and
// asks compliance about an account.
func (p *Platform) mayBePaid(u *ledger.Unit, prof *Profile, r *PayoutRequest) error {
	banks, entity := prof.banks(), ""
	if r.AccountID != "" {
		a, err := p.account(u, r.AccountID)
		if err != nil {
			return err
		}
		if err := frozenIn(a.Freezes, r.Amount.Currency()); err != nil {
			return err
		}
		if err := paused(a.Pauses, (*AccountPause).ofPayouts); err != nil {
			return err
		}
		banks, entity = a.Banks, a.Entity
	}
	if bank, err := r.choose(banks); err != nil || bank.ID != r.bank.ID || bank.Destination != r.bank.Destination {
		return errors.Join(err, &ledger.Error{Class: ledger.Unavailable, Code: "changed", Field: "bank",
			Msg: "the payee's bank account was changed at this moment; try again"})
	} else {
		r.bank = bank // what is known of it may have changed
	}
	if entity == "" {
		return nil
	}
	ent, err := compliance.Kind.Get(u, entity)
	if err != nil {
		return err
	}
	if err := ent.AllowPayouts(); err != nil {
		return err
	}
	if err := r.bank.unpaid(u.At()); err != nil {
		return err
	}
	return p.uncapped(u, banks, &r.bank)
}

// payable returns what is taken from the balance: the amount asked for, or all
// that is available.
func (p *Platform) payable(u *ledger.Unit, owner string, asked ledger.Money) (ledger.Money, error) {
	ref := p.of(owner, "available", asked.Currency())
	if owner != p.id {
		if err := p.repayAdvance(u, owner, asked.Currency()); err != nil {
			return asked, err
		}
	}
	if !asked.IsZero() {
		// The guard of the claim refuses what is not there; this error is
		// clearer where there is no such account at all.
		u.Open(ledger.Account{Ref: ref})
		return asked, nil
	}
	free, err := u.Spendable(ref)
	if err != nil {
		return free, err
	}
	if free.Sign() <= 0 {
		return free, short(ref, ledger.Minor(1, asked.Currency()), free)
	}
	return free, nil
}

// short is the error of who has less than is asked for.
func short(r ledger.Ref, need, have ledger.Money) error {
	return &ledger.Error{Class: ledger.InsufficientFunds, Code: "insufficient_funds", Field: "amount", Account: r, Need: need, Have: have}
}

// whole cuts a payout down to the multiple that banks pay in its currency. A
// stated amount must be one already; all that is there may be too little.
func whole(m, asked ledger.Money) (ledger.Money, error) {
	step := payout.Multiple(m.Currency())
	cut := ledger.Minor(m.Minor()-m.Minor()%step, m.Currency())
	switch {
	case cut == m:
		return m, nil
	case asked == m:
		return m, badField("invalid_amount", "amount", fmt.Sprintf("banks pay %s in multiples of %d minor units", m.Currency(), step))
	case !cut.IsZero():
		return cut, nil
	case asked.IsZero():
		return m, short(ledger.Ref{}, ledger.Minor(step, m.Currency()), m)
	}
	return m, badField("amount_below_minimum", "amount", "less than banks pay out would be left")
}

// convert books the conversion of what is paid (flow F1, F2). What was bought
// goes out as far as the payee may spend it; what banks do not pay of it stays
// available in the new currency.
func (p *Platform) convert(u *ledger.Unit, prof *Profile, o *payout.Payout, r *PayoutRequest) error {
	into := p.of(o.Owner, "available", r.bank.Currency)
	b := &books{u: u, p: p, object: payoutKind.ID(o.ID)}
	var err error
	o.From = o.Amount
	if o.Bought, o.Conversion, err = b.convert(prof, o.Owner, "available", o.From, r.rates); err != nil {
		return err
	}
	free, err := u.Spendable(into)
	if err != nil {
		return err
	}
	if free.Sign() <= 0 {
		return short(into, ledger.Minor(1, free.Currency()), free)
	}
	o.Amount = ledger.Minor(min(o.Bought.Minor(), free.Minor()), free.Currency())
	return nil
}

// taxPayout decides what an authority is paid of what was collected for it, and
// no more.
func (p *Platform) taxPayout(u *ledger.Unit, r *PayoutRequest, o *payout.Payout) error {
	bank, err := r.Bank.account(u, p.e)
	if err != nil {
		return err
	}
	if r.Amount == (ledger.Money{}) {
		r.Amount = ledger.Zero(bank.Currency)
	}
	if bank.Currency != r.Amount.Currency() {
		return badField("currency_mismatch", "bank.currency", "an authority is paid in the currency of its tax")
	}
	o.Source, o.Destination, o.Amount = "tax/"+r.Authority, bank.Destination, r.Amount
	ref := p.of(p.id, o.Source, o.Amount.Currency())
	free, err := u.Spendable(ref)
	if err != nil {
		return err
	}
	if free, err = p.ofPeriod(u, r, o, ref, free); err != nil {
		return err
	}
	if o.Amount.IsZero() {
		o.Amount = free
	}
	if free.Sign() <= 0 || o.Amount.Minor() > free.Minor() {
		return short(ref, ledger.Minor(max(o.Amount.Minor(), 1), free.Currency()), free)
	}
	return nil
}
