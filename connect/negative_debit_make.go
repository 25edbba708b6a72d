package connect

import (
	"context"
	"errors"
	"slices"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// NegativeDebitRequest takes what an account owes from its bank.
type NegativeDebitRequest struct {
	Key       string            `json:"-"`
	AccountID string            `json:"account,omitzero"`
	Amount    ledger.Money      `json:"amount"` // at most what it owes; with zero minor units all that it owes in that currency
	MandateID string            `json:"mandate,omitzero"`
	CollectOn payout.Day        `json:"collectOn,omitzero"` // the due date; zero: the first that notice and scheme leave
	Metadata  map[string]string `json:"metadata,omitzero"`
}

// DebitNegative takes what an account owes from its bank account, by a mandate of which
// the platform is the creditor and one of the account's own banks is debited. It is
// announced and handed over on its days, as other debits are; what is owed less by then
// is debited less, and nothing if nothing is. It posts when the bank has paid, and what
// comes back is owed again. Of class State are nothing_owed, debit_under_way (account),
// not_the_accounts_bank, mandate_not_active (mandate), mandate_limit and
// debit_exceeds_debt (amount).
func (p *Platform) DebitNegative(ctx context.Context, r NegativeDebitRequest) (*NegativeDebit, error) {
	if err := p.may(ctx, "DebitNegative"); err != nil {
		return nil, err
	}
	return negativeDebitTask.do(ctx, p, r.Key, r)
}

func recordNegativeDebit(u *ledger.Unit, p *Platform, r *NegativeDebitRequest, w ledger.Work) (*NegativeDebit, error) {
	if r.Amount == (ledger.Money{}) || r.Amount.Sign() < 0 {
		return nil, badField("invalid_amount", "amount", "a debit is zero or more of a currency")
	}
	if err := p.e.checkCurrency("amount", r.Amount.Currency(), u.At()); err != nil {
		return nil, err
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return nil, err
	}
	a, err := p.account(u, r.AccountID)
	if err != nil {
		return nil, err
	}
	m, err := p.mandate(u, r.MandateID)
	if err != nil {
		return nil, err
	}
	owes, err := p.owes(u, a.ID, r.Amount.Currency())
	if err != nil {
		return nil, err
	}
	n, err := p.owing(u, a.ID, owes)
	if err != nil {
		return nil, err
	}
	amount := r.Amount
	if amount.IsZero() {
		amount = owes
	}
	if amount.Minor() > owes.Minor() {
		return nil, badState("debit_exceeds_debt", "amount", "the account owes "+owes.String())
	}
	d := &NegativeDebit{
		ID: u.NewID(negativeDebitKind.Prefix), Platform: p.id, Account: a.ID, Amount: amount, Rail: railName(p.e),
		Status: NegativeDebitScheduled, Created: u.At(), Metadata: r.Metadata, Work: w,
	}
	if err := p.planNegativeDebit(u, d, n, m, a, r.CollectOn); err != nil {
		return nil, err
	}
	switch next := d.Debit.next(); {
	case next > dayOf(u):
		d.Work = ledger.Work{}
		d.Work.Later(next.Time())
	case !p.joined:
		if err := d.become(NegativeDebitProcessing, ""); err != nil {
			return nil, err
		}
	}
	n.Stale = true
	n.Work.Later(u.At())
	if err := p.putNegative(u, n, ""); err != nil {
		return nil, err
	}
	return d, p.putNegativeDebit(u, d, EventNegativeDebitCreated)
}

// owing returns the object of a balance that is below zero now.
func (p *Platform) owing(u *ledger.Unit, account string, owes ledger.Money) (*NegativeBalance, error) {
	nothing := badState("nothing_owed", "account", "the account owes nothing in "+owes.Currency().String())
	if owes.IsZero() {
		return nil, nothing
	}
	n, err := negativeKind.Get(u, negativeID(account, owes.Currency()))
	if errors.Is(err, ledger.NotFound) {
		return nil, nothing
	}
	return n, err
}

// planNegativeDebit gives a debit its mandate and its days, and the balance the debit.
func (p *Platform) planNegativeDebit(u *ledger.Unit, d *NegativeDebit, n *NegativeBalance, m *Mandate, a *Account, collectOn payout.Day) error {
	if n.Debit != "" {
		return badState("debit_under_way", "account", "the account is being debited already")
	}
	if err := a.ownBank(m); err != nil {
		return err
	}
	t, err := p.e.scheme(m.Scheme, dayOf(u))
	if err != nil {
		return err
	}
	c := d.charge()
	if err := m.mayDebit(c); err != nil {
		return err
	}
	if m.Charge != "" {
		return badState("mandate_used", "mandate", "the mandate was for one debit, which has been made")
	}
	if most := p.e.c.Rail.Info().MaxMinor; most > 0 && d.Amount.Minor() > most {
		return badState("rail_limit_exceeded", "amount", "the rail does not carry as much in one debit")
	}
	if err := p.notBlocked(u, c, &t); err != nil {
		return err
	}
	c.debits(m, &t)
	if err := p.plan(u, c, collectOn); err != nil {
		return err
	}
	if err := m.use(c, &t); err != nil {
		return err
	}
	d.Debit = *c.Debit
	if d.Debit.NoticeOn <= dayOf(u) {
		p.announceNegative(u, d)
	}
	n.Debit = d.ID
	return p.putMandate(u, m, EventMandateUpdated)
}

// ownBank refuses a mandate for a bank account that is not the seller's.
func (a *Account) ownBank(m *Mandate) error {
	own := func(b BankAccount) bool {
		return b.Token == m.Debtor.Bank.Token && b.Currency == m.Debtor.Bank.Currency
	}
	if !slices.ContainsFunc(a.Banks, own) {
		return badState("not_the_accounts_bank", "mandate", "the mandate is for a bank account that is none of the account's")
	}
	return nil
}

// announceNegative tells the host to announce a debit. What was announced too late is
// due later.
func (p *Platform) announceNegative(u *ledger.Unit, d *NegativeDebit) {
	x := &d.Debit
	if first := x.earliest(dayOf(u), false, p.e.c.Calendar); x.CollectOn < first {
		x.set(first, p.e.c.Calendar)
	}
	x.Noticed = u.At()
	u.Emit(ledger.Event{Type: EventNegativeDebitNotice, Platform: p.id, Object: negativeDebitKind.ID(d.ID)})
}

// readyNegativeDebit tells whether a debit may be handed over now: on its day, while its
// mandate is active, and as much as is still owed.
func readyNegativeDebit(u *ledger.Unit, p *Platform, d *NegativeDebit) (bool, error) {
	x := &d.Debit
	today := dayOf(u)
	if d.Status != NegativeDebitScheduled || x.next() > today {
		return d.Status != NegativeDebitScheduled, nil
	}
	m, err := p.mandate(u, x.Mandate)
	if err != nil {
		return false, err
	}
	owes, err := p.owes(u, d.Account, d.Amount.Currency())
	if err != nil {
		return false, err
	}
	switch {
	case m.Status != MandateActive:
		return false, p.neverDebited(u, d, m, NegativeDebitFailed, mandateNotActive+string(m.Status))
	case owes.IsZero():
		return false, p.neverDebited(u, d, m, NegativeDebitCanceled, "nothing_owed")
	case owes.Minor() < d.Amount.Minor():
		d.Amount = owes
	}
	was := x.CollectOn
	if x.Noticed.IsZero() {
		p.announceNegative(u, d)
	}
	if first := x.earliest(today, true, p.e.c.Calendar); x.CollectOn < first {
		x.set(first, p.e.c.Calendar) // nobody drained on its day
	}
	if x.CollectOn != was {
		if err := p.postponed(u, m, d.charge(), was); err != nil {
			return false, err
		}
	}
	if x.SubmitOn > today {
		d.Work.Later(x.SubmitOn.Time())
		return false, p.putNegativeDebit(u, d, EventNegativeDebitUpdated)
	}
	u.Emit(ledger.Event{Type: EventNegativeDebitUpdated, Platform: p.id, Object: negativeDebitKind.ID(d.ID)})
	return true, d.become(NegativeDebitProcessing, "")
}
