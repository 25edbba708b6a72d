package connect

import (
	"context"
	"errors"

	"github.com/soukhq/souk/ledger"
)

// WriteOffRequest gives up what an account owes.
type WriteOffRequest struct {
	Key         string            `json:"-"`
	By          Actor             `json:"by,omitzero"`
	AccountID   string            `json:"account,omitzero"`
	Amount      ledger.Money      `json:"amount"`               // at most what it owes; with zero minor units all that it owes now in that currency
	Description string            `json:"description,omitzero"` // why, for people: 1–1,000 characters
	Document    string            `json:"document,omitzero"`    // the reference of what proves it, at most 200 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// WriteOff gives up what an account owes, where the house bears what it cannot pay
// (Account.LossesBearer): it always takes two people, and is done by ApproveProposal.
// Of class State are house_not_liable (account), debit_under_way (account: while its bank
// is debited for it) and write_off_exceeds_debt (amount), the last two also at the time
// of the approval.
func (p *Platform) WriteOff(ctx context.Context, r WriteOffRequest) (*WriteOff, error) {
	verb := simpleVerb[WriteOff]{name: "write off", kind: &writeOffKind, replayed: (*WriteOff).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*WriteOff, error) { return p.newWriteOff(u, &r) })
}

func (p *Platform) newWriteOff(u *ledger.Unit, r *WriteOffRequest) (*WriteOff, error) {
	if _, err := p.expectProfile(u); err != nil {
		return nil, err
	}
	if err := p.checkWriteOff(u, r); err != nil {
		return nil, err
	}
	w := &WriteOff{
		ID: u.NewID(writeOffKind.Prefix), Platform: p.id, Account: r.AccountID, Amount: r.Amount, Description: r.Description,
		Document: r.Document, Status: WriteOffProposed, Created: u.At(), Metadata: r.Metadata,
	}
	w.loaded()
	owes, err := p.owes(u, w.Account, r.Amount.Currency())
	if err != nil {
		return nil, err
	}
	if w.Amount.IsZero() {
		w.Amount = owes
	}
	if err := p.notDebited(u, w.Account, owes); err != nil {
		return nil, err
	}
	if err := w.within(owes); err != nil {
		return nil, err
	}
	o := &Proposal{Action: ManualWriteOff, Object: w.ID, Account: w.Account, Amount: w.Amount, Description: w.Description}
	if w.Signed, err = p.propose(u, r.By, o); err != nil {
		return nil, err
	}
	return w, p.putWriteOff(u, w, w.Signed, EventWriteOffProposed)
}

func (p *Platform) checkWriteOff(u *ledger.Unit, r *WriteOffRequest) error {
	switch {
	case r.Amount == ledger.Money{} || r.Amount.Sign() < 0:
		return badField("invalid_amount", "amount", "a write-off is zero or more of a currency")
	case r.Amount.Minor() > maximum:
		return badField("amount_too_large", "amount", "a write-off has at most twelve digits")
	case r.Description == "":
		return badField("invalid_text", "description", "a write-off says why")
	}
	if err := p.e.checkCurrency("amount", r.Amount.Currency(), u.At()); err != nil {
		return err
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return err
	}
	if err := checkText("document", r.Document, 200); err != nil {
		return err
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return err
	}
	a, err := p.account(u, r.AccountID)
	if err != nil {
		return err
	}
	if a.LossesBearer != PartyHouse {
		return badState("house_not_liable", "account", "what the account cannot pay is the platform's to bear")
	}
	return nil
}

// owes is what an account owes in a currency now, zero if nothing. It is expected
// unchanged.
func (p *Platform) owes(u *ledger.Unit, account string, c ledger.Currency) (ledger.Money, error) {
	a, err := u.Account(p.of(account, "available", c))
	if err != nil {
		return ledger.Money{}, err
	}
	return ledger.Minor(max(-a.Posted.Minor(), 0), c), nil
}

// notDebited refuses to write off what the account's bank is being debited for: what it
// pays after that would be the account's.
func (p *Platform) notDebited(u *ledger.Unit, account string, owes ledger.Money) error {
	if owes.IsZero() {
		return nil
	}
	n, err := negativeKind.Get(u, negativeID(account, owes.Currency()))
	if errors.Is(err, ledger.NotFound) {
		return nil
	}
	if err == nil && n.Debit != "" {
		err = badState("debit_under_way", "account", "the account is being debited for it: "+n.Debit)
	}
	return err
}

// within refuses to write off more than is owed.
func (w *WriteOff) within(owes ledger.Money) error {
	if w.Amount.IsZero() || w.Amount.Minor() > owes.Minor() {
		return badState("write_off_exceeds_debt", "amount", "the account owes "+owes.String())
	}
	return nil
}

// writeOffApproved gives up what was proposed, as far as it is still owed.
func (p *Platform) writeOffApproved(u *ledger.Unit, o *Proposal) error {
	w, err := writeOffKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	owes, err := p.owes(u, w.Account, w.Amount.Currency())
	if err != nil {
		return err
	}
	if err := p.notDebited(u, w.Account, owes); err != nil {
		return err
	}
	if err := w.within(owes); err != nil {
		return err
	}
	if err := w.become(WriteOffMade); err != nil {
		return err
	}
	own, losses := p.writeOffSides(w)
	b := &books{u: u, p: p, object: writeOffKind.ID(w.ID)}
	w.Signed, w.Made = o.signed(), u.At()
	w.Transaction = b.signed(w.Signed, "write-off", "written off", w.Document, "", out(losses, w.Amount), in(own, w.Amount))
	return p.putWriteOff(u, w, w.Signed, EventWriteOffMade)
}

func (p *Platform) writeOffSides(w *WriteOff) (own, losses ledger.Ref) {
	c := w.Amount.Currency()
	return p.of(w.Account, "available", c), p.house("losses", c)
}

// writeOffDropped ends what nobody approved.
func (p *Platform) writeOffDropped(u *ledger.Unit, o *Proposal) error {
	w, err := writeOffKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	to, event := WriteOffRefused, EventWriteOffRefused
	if o.Status == ProposalExpired {
		to, event = WriteOffExpired, EventWriteOffExpired
	}
	if err := w.become(to); err != nil {
		return err
	}
	return p.putWriteOff(u, w, w.Signed, event)
}

// RecoverWriteOffRequest takes what was written off after all.
type RecoverWriteOffRequest struct {
	Key         string       `json:"-"`
	By          Actor        `json:"by,omitzero"`
	WriteOffID  string       `json:"writeOff,omitzero"`
	Amount      ledger.Money `json:"amount,omitzero"`      // at most what was not recovered yet; the zero Money is all of that
	Description string       `json:"description,omitzero"` // for people, at most 1,000 characters
	Document    string       `json:"document,omitzero"`    // at most 200 characters
}

// RecoverWriteOff takes what was written off out of what is available to the account after
// all, in parts or whole: the negative of the write-off. It needs the right of finance,
// and no second person, since nothing is given away. What the account does not have is
// insufficient_funds; of class State is recovery_exceeds_write_off (amount).
func (p *Platform) RecoverWriteOff(ctx context.Context, r RecoverWriteOffRequest) (*Recovery, error) {
	verb := simpleVerb[Recovery]{name: "recover write-off", kind: &recoveryKind, replayed: (*Recovery).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Recovery, error) { return p.newRecovery(u, &r) })
}

func (p *Platform) newRecovery(u *ledger.Unit, r *RecoverWriteOffRequest) (*Recovery, error) {
	w, err := writeOffKind.Get(u, r.WriteOffID)
	if err != nil {
		return nil, notFoundOr(err, "write off")
	}
	if w.Platform != p.id {
		return nil, notFound("write off")
	}
	if err := r.By.check(); err != nil {
		return nil, err
	}
	asks := []Right{RightFinance}
	rights := r.By.of(asks)
	if len(rights) == 0 {
		return nil, noRight("recovery", asks)
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return nil, err
	}
	if err := checkText("document", r.Document, 200); err != nil {
		return nil, err
	}
	o := &Recovery{
		ID: u.NewID(recoveryKind.Prefix), Platform: p.id, Account: w.Account, WriteOff: w.ID,
		Signed: Signed{Author: r.By.ID, AuthorRight: rights[0]}, Description: r.Description, Document: r.Document, Created: u.At(),
	}
	if o.Amount, err = w.recoverable(r.Amount); err != nil {
		return nil, err
	}
	if err := p.notFrozen(u, w.Account, o.Amount.Currency()); err != nil {
		return nil, err
	}
	w.Recovered = sum(w.Recovered, o.Amount)
	own, losses := p.writeOffSides(w)
	b := &books{u: u, p: p, object: recoveryKind.ID(o.ID)}
	b.signed(o.Signed, "write-off", "recovered", o.Document, w.Transaction, out(own, o.Amount), in(losses, o.Amount))
	if err := p.putWriteOff(u, w, o.Signed, EventWriteOffRecovered); err != nil {
		return nil, err
	}
	if err := o.Signed.emit(u, p, EventRecoveryCreated, recoveryKind.ID(o.ID)); err != nil {
		return nil, err
	}
	return o, recoveryKind.Put(u, o.ID, o)
}

// recoverable is how much of a write-off is recovered.
func (w *WriteOff) recoverable(asked ledger.Money) (ledger.Money, error) {
	left := minus(w.Amount, w.Recovered)
	switch {
	case w.Status != WriteOffMade:
		return asked, badState("invalid_state", "writeOff", "nothing was written off; it is "+string(w.Status))
	case asked == ledger.Money{}:
		asked = left
	case asked.Currency() != left.Currency():
		return asked, badField("currency_mismatch", "amount", "the write-off is in "+left.Currency().String())
	case asked.Sign() <= 0:
		return asked, badField("invalid_amount", "amount", "more than zero is recovered")
	}
	if asked.Minor() > left.Minor() || asked.IsZero() {
		return asked, badState("recovery_exceeds_write_off", "amount", left.String()+" of it was not recovered yet")
	}
	return asked, nil
}
