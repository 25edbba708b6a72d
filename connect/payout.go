package connect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

var payoutKind = payout.Kind

func payoutKindInfo() ledger.KindInfo { return payoutKind.Info() }

// PayoutRequest pays out what is available to an account, to the platform
// itself, or what was collected for an authority to that authority.
type PayoutRequest struct {
	Key       string `json:"-"`
	AccountID string `json:"account,omitzero"` // empty: the platform, or an authority
	// Amount is taken from the balance in its currency. With zero minor units,
	// everything that is available in that currency; the zero Money is
	// everything in the payee's own currency.
	Amount ledger.Money `json:"amount"`
	// Currency is what the payee's bank gets. Zero: that of Amount if the payee
	// has a bank account in it, else that of their default bank account; where
	// it is another than Amount's, the money is converted first.
	Currency ledger.Currency `json:"currency,omitzero"`
	// Authority, with Bank, pays a tax to an authority instead.
	Authority  string            `json:"authority,omitzero"`
	Bank       *BankDetails      `json:"bank,omitzero"`
	Descriptor string            `json:"descriptor,omitzero"` // on the payee's statement, at most 22 ASCII characters
	Metadata   map[string]string `json:"metadata,omitzero"`

	rate   fx.Rate // found out before the unit of work
	inBase fx.Rate
	bank   BankAccount
}

// Payout takes money out of a balance and hands it to the rail. The payout is
// in transit until the rail's final word, which Drain reads. It is refused, with
// class State and code capability_inactive, until the account has provided what
// its country asks for. What is converted first fills a balance below zero in
// the currency bought, and the rest of it is paid.
func (p *Platform) Payout(ctx context.Context, r PayoutRequest) (*payout.Payout, error) {
	return payoutTask.do(ctx, p, r.Key, r)
}

// GetPayout returns a payout of the platform.
func (p *Platform) GetPayout(ctx context.Context, id string) (*payout.Payout, error) {
	return get(ctx, p, &payoutKind, id, "payout", func(o *payout.Payout) string { return o.Platform })
}

// CancelPayoutRequest withdraws a payout.
type CancelPayoutRequest struct {
	Key      string `json:"-"`
	PayoutID string `json:"payout,omitzero"`
}

// CancelPayout withdraws a payout that was only recorded, in the host's own
// transaction (In), and that nobody has begun to carry out. Its money is
// available again. Any other is of class State, code invalid_state: the rail may
// have it.
func (p *Platform) CancelPayout(ctx context.Context, r CancelPayoutRequest) (*payout.Payout, error) {
	verb := simpleVerb[payout.Payout]{
		name: "cancel payout", kind: &payoutKind, target: r.PayoutID,
		replayed: func(o *payout.Payout) *bool { return &o.Replayed },
	}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*payout.Payout, error) {
		o, err := payoutKind.Get(u, r.PayoutID)
		if err != nil {
			return nil, notFoundOr(err, "payout")
		}
		if o.Platform != p.id {
			return nil, notFound("payout")
		}
		return o, payout.Cancel(u, o)
	})
}

var payoutTask = &task[PayoutRequest, payout.Payout, payout.Ack]{
	verb: "payout",
	kind: &payoutKind,
	head: func(o *payout.Payout) head {
		return head{id: o.ID, platform: o.Platform, partner: o.Rail, work: &o.Work, replayed: &o.Replayed}
	},
	partner:  railName,
	prepare:  preparePayout,
	record:   recordPayout,
	carryOut: submitPayout,
	settle:   settlePayout,
	rest:     func(u *ledger.Unit, _ *Platform, o *payout.Payout, code string) error { return payout.Lost(u, o, code) },
	open:     awaitsAck,
}

// railName names the engine's rail.
func railName(e *Engine) string { return e.c.Rail.Info().Name }

// awaitsAck decides what a late acknowledgement means to a payout. That it was
// accepted is no news once it is known to have failed at the bank.
func awaitsAck(o *payout.Payout, ack payout.Ack) (bool, error) {
	switch o.Status {
	case payout.Pending, payout.Unknown:
		return true, nil
	case payout.InTransit, payout.Paid, payout.Returned:
		if ack.Accepted {
			return false, nil
		}
	case payout.Failed:
		return false, nil
	}
	return false, badState("contradicting_news", "status", "the payout is "+string(o.Status))
}

// preparePayout checks the request, decides on currencies and asks for the rates they need. What it
// read is read again, and expected, when the payout is recorded.
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
	bank, err := chooseBank(banks, r.Amount.Currency(), r.Currency)
	if err != nil {
		return err
	}
	r.bank = bank
	from, to, base := r.Amount.Currency(), bank.Currency, p.Profile().Base
	if from == to {
		return nil
	}
	now := p.e.env.Time()
	if r.rate, err = p.e.c.Rates.Rate(ctx, from, to, now); err != nil {
		return err
	}
	if from != base && to != base {
		r.inBase, err = p.e.c.Rates.Rate(ctx, from, base, now)
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

// chooseBank finds the bank account that is paid.
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
	if err != nil {
		return err
	}
	if o.Amount = taken; r.bank.Currency == taken.Currency() {
		return nil
	}
	return p.convert(u, prof, o, r)
}

func checkPayout(r *PayoutRequest) error {
	if cur := r.Amount.Currency(); r.Amount != (ledger.Money{}) && !cur.Valid() {
		return badField("invalid_currency", "amount", "this is not a currency")
	}
	if r.Amount.Sign() < 0 {
		return badField("invalid_amount", "amount", "a payout is more than zero")
	}
	if len(r.Descriptor) > 22 || r.Descriptor != "" && !plain(strings.ReplaceAll(r.Descriptor, " ", "_"), 1, 22) {
		return badField("invalid_descriptor", "descriptor", "a payout's descriptor is at most 22 ASCII characters")
	}
	switch {
	case r.Authority == "":
	case !validName(r.Authority):
		return badField("invalid_request", "authority", "an authority is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	case r.AccountID != "":
		return badField("invalid_request", "account", "a payout goes to an account or to an authority")
	case !r.Currency.IsZero():
		return badField("invalid_request", "currency", "an authority is paid in the currency of its tax")
	}
	if (r.Authority != "") != (r.Bank != nil) {
		return badField("invalid_request", "bank", "a payout to an authority, and no other, brings its bank details")
	}
	return ledger.CheckMetadata(r.Metadata)
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
		banks, entity = a.Banks, a.Entity
	}
	if bank, err := chooseBank(banks, r.Amount.Currency(), r.Currency); err != nil || bank != r.bank {
		return errors.Join(err, &ledger.Error{Class: ledger.Unavailable, Code: "changed", Field: "bank",
			Msg: "the payee's bank account was changed at this moment; try again"})
	}
	if entity == "" {
		return nil
	}
	ent, err := compliance.Kind.Get(u, entity)
	if err != nil {
		return err
	}
	return ent.AllowPayouts()
}

// payable returns what is taken from the balance: the amount asked for, or all
// that is available.
func (p *Platform) payable(u *ledger.Unit, owner string, asked ledger.Money) (ledger.Money, error) {
	ref := p.of(owner, "available", asked.Currency())
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
	c, err := fx.Convert(fx.Order{
		Book: p.id, Amount: o.Amount, Base: prof.Base, Rate: r.rate, InBase: r.inBase, Spread: p.e.c.Prices.Spread(),
		From: p.of(o.Owner, "available", o.Amount.Currency()), To: into,
	})
	if err != nil {
		return err
	}
	o.From, o.Bought = o.Amount, c.Credited
	o.Conversion = &payout.Conversion{Rate: r.rate.String(), At: r.rate.At, Source: r.rate.Source, Spread: c.Spread}
	if !r.inBase.Base.IsZero() {
		o.Conversion.InBase = r.inBase.String()
	}
	b := &books{u: u, p: p, object: payoutKind.ID(o.ID)}
	b.postEntries("conversion", c.Entries)
	free, err := u.Spendable(into)
	if err != nil {
		return err
	}
	if free.Sign() <= 0 {
		return short(into, ledger.Minor(1, free.Currency()), free)
	}
	o.Amount = ledger.Minor(min(c.Credited.Minor(), free.Minor()), free.Currency())
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
	if o.Amount.IsZero() {
		o.Amount = free
	}
	if free.Sign() <= 0 || o.Amount.Minor() > free.Minor() {
		return short(ref, ledger.Minor(max(o.Amount.Minor(), 1), free.Currency()), free)
	}
	return nil
}

// submitPayout hands one payout to the rail.
func submitPayout(ctx context.Context, p *Platform, o *payout.Payout, first bool) (payout.Ack, error) {
	rail := p.e.c.Rail
	info := rail.Info()
	send := func(ctx context.Context) (payout.Ack, error) {
		acks, err := rail.Submit(ctx, []payout.Instruction{{
			Key: o.Key(), Amount: o.Amount, Destination: o.Destination, Descriptor: o.Descriptor,
		}})
		if err == nil && (len(acks) != 1 || acks[0].Key != o.Key()) {
			err = &ledger.Error{Class: ledger.Unknown, Code: "no_answer", Op: "connect: rail " + info.Name}
		}
		if err != nil {
			return payout.Ack{}, err
		}
		return acks[0], nil
	}
	ask := func(ctx context.Context) (payout.Ack, error) {
		asker, ok := rail.(payout.Asker)
		if !ok {
			return payout.Ack{}, &ledger.Error{Class: ledger.Unavailable, Code: "not_askable", Op: "connect: rail " + info.Name}
		}
		ack, seen, err := asker.Ask(ctx, o.Key())
		if err == nil && !seen {
			err = &ledger.Error{Class: ledger.NotFound, Code: "not_found", Op: "connect: rail " + info.Name}
		}
		return ack, err
	}
	return deliver(ctx, delivery{info.Delivery, info.KeyLife, info.Settling}, attemptOf(&o.Work, o.Created, first, false), send, ask)
}

// settlePayout books the rail's acknowledgement. A refusal gives the money back.
func settlePayout(u *ledger.Unit, _ *Platform, o *payout.Payout, ack payout.Ack) error {
	o.Sent, o.SentAt = o.Sent+1, u.At()
	if ack.Accepted {
		return payout.Accepted(u, o, ack.Reference)
	}
	return payout.Apply(u, o, payout.Update{ID: o.Key(), Kind: payout.UpdateFailed, Code: ack.Code, Amount: o.Amount})
}
