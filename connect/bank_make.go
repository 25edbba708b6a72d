package connect

import (
	"context"
	"slices"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// AddBankRequest adds a bank account to an account.
type AddBankRequest struct {
	Key       string      `json:"-"`
	By        Actor       `json:"by,omitzero"` // the operator who does it; empty: the account's own user
	AccountID string      `json:"account,omitzero"`
	Bank      BankDetails `json:"bank"`
	Default   bool        `json:"default,omitzero"` // it is paid in its currency from now on; the first in a currency always is
	Holder    string      `json:"holder,omitzero"`  // whose it is: the bank is asked (BankConfig.Names). It is not kept
	StepUp    string      `json:"-"`                // for BankConfig.StepUp; it is not kept
}

// UpdateBankRequest asks a bank once more whose account it is.
type UpdateBankRequest struct {
	Key       string `json:"-"`
	By        Actor  `json:"by,omitzero"`
	AccountID string `json:"account,omitzero"`
	BankID    string `json:"bank,omitzero"`
	Holder    string `json:"holder,omitzero"` // 1–140 characters
	StepUp    string `json:"-"`
}

// DeleteBankRequest takes a bank account away.
type DeleteBankRequest struct {
	Key       string `json:"-"`
	By        Actor  `json:"by,omitzero"`
	AccountID string `json:"account,omitzero"`
	BankID    string `json:"bank,omitzero"`
	StepUp    string `json:"-"`
}

// DefaultBankRequest has a bank account paid in its currency.
type DefaultBankRequest struct {
	Key       string `json:"-"`
	By        Actor  `json:"by,omitzero"`
	AccountID string `json:"account,omitzero"`
	BankID    string `json:"bank,omitzero"`
	StepUp    string `json:"-"`
}

// mostBanks is how many bank accounts an account has.
const mostBanks = 50

// AddBank adds a bank account, several in one currency if need be. Unless it is the first
// that the account ever had, it is a change of bank details, as the other verbs here: it
// takes a fresh proof (BankConfig.StepUp; else class Forbidden, code step_up_required), all
// former contacts are to be told (BankChange.Contacts), the bank account cools down
// (payouts to it are of class State, code bank_cool_down, for three banking days), and the
// first payout to it is capped, if so configured. Payouts that were claimed go where they
// were to go. What an operator asks for (By) waits for a second person: ApproveProposal. An
// account has at most 50 (too_many_banks).
func (p *Platform) AddBank(ctx context.Context, r AddBankRequest) (*BankChange, error) {
	ask := &bankAsk{account: r.AccountID, action: BankAdd, details: &r.Bank, makes: r.Default, holder: r.Holder, by: r.By, token: r.StepUp}
	return changeBank(ctx, p, "add bank", r.Key, r, ask)
}

// UpdateBank asks who holds a bank account, under another name. One of which the bank said
// that it is another's is paid again once the name is right.
func (p *Platform) UpdateBank(ctx context.Context, r UpdateBankRequest) (*BankChange, error) {
	ask := &bankAsk{account: r.AccountID, action: BankRename, bank: r.BankID, holder: r.Holder, by: r.By, token: r.StepUp}
	return changeBank(ctx, p, "update bank", r.Key, r, ask)
}

// DeleteBank takes a bank account away. The default of the account's own currency, one that
// is the default while there are others in its currency, and the last one are not: class
// State, code default_bank_account. Another is added, or made the default, before.
func (p *Platform) DeleteBank(ctx context.Context, r DeleteBankRequest) (*BankChange, error) {
	ask := &bankAsk{account: r.AccountID, action: BankDelete, bank: r.BankID, by: r.By, token: r.StepUp}
	return changeBank(ctx, p, "delete bank", r.Key, r, ask)
}

// MakeDefaultBank has a bank account paid in its currency, in place of another.
func (p *Platform) MakeDefaultBank(ctx context.Context, r DefaultBankRequest) (*BankChange, error) {
	ask := &bankAsk{account: r.AccountID, action: BankDefault, bank: r.BankID, makes: true, by: r.By, token: r.StepUp}
	return changeBank(ctx, p, "make default bank", r.Key, r, ask)
}

func (r AddBankRequest) actor() Actor     { return r.By }
func (r UpdateBankRequest) actor() Actor  { return r.By }
func (r DeleteBankRequest) actor() Actor  { return r.By }
func (r DefaultBankRequest) actor() Actor { return r.By }

func changeBank[Req any](ctx context.Context, p *Platform, name, key string, r Req, ask *bankAsk) (*BankChange, error) {
	verb := simpleVerb[BankChange]{name: name, kind: &bankChangeKind, replayed: (*BankChange).replay,
		prepare: func(ctx context.Context) error { return ask.ask(ctx, p) }}
	if p.actor != nil && !ask.operator() { // whoever uses the platform is one of its people
		ask.by = *p.actor
	}
	return simple(ctx, p, verb, key, r, func(u *ledger.Unit) (*BankChange, error) {
		a, err := p.account(u, ask.account)
		if err != nil {
			return nil, err
		}
		x, err := p.newBankChange(u, a, ask)
		if err != nil {
			return nil, err
		}
		if ask.operator() {
			return x, p.proposeBankChange(u, a, x, ask.by)
		}
		return x, p.makeBankChange(u, a, x)
	})
}

// newBankChange checks a change, and what it takes.
func (p *Platform) newBankChange(u *ledger.Unit, a *Account, r *bankAsk) (*BankChange, error) {
	if r.action == BankReplace && p.actor != nil && a.banked() {
		return nil, badState("second_person_required", "bank", "an operator changes bank details by AddBank, which another approves")
	}
	if a.banked() && !r.operator() && !p.preview && p.e.c.Banks.StepUp != nil && r.proof == nil {
		return nil, needsStepUp()
	}
	x := &BankChange{
		ID: u.NewID(bankChangeKind.Prefix), Platform: p.id, Account: a.ID, Action: r.action, Status: BankChangeProposed,
		Default: r.makes, Contacts: a.reaches(), StepUp: r.proof, Created: u.At(),
	}
	var err error
	if r.details != nil {
		if x.Bank, err = r.details.account(u, p.e); err != nil {
			return nil, err
		}
	} else {
		i, err := a.bank(r.bank)
		if err != nil {
			return nil, err
		}
		x.Bank = a.Banks[i]
	}
	if r.action == BankRename && r.holder == "" {
		return nil, badField("invalid_name", "holder", "it is said who holds the account")
	}
	if r.holder != "" {
		x.Bank.Name = r.name
	}
	return x, a.mayChangeBank(x)
}

// mayChangeBank refuses a change that would leave nobody to be paid.
func (a *Account) mayChangeBank(x *BankChange) error {
	have, ok := a.DefaultBank(x.Bank.Currency)
	switch x.Action {
	case BankAdd, BankReplace:
		if len(a.Banks) >= mostBanks {
			return badState("too_many_banks", "account", "an account has at most 50 bank accounts")
		}
		return nil
	}
	if _, err := a.bank(x.Bank.ID); err != nil {
		return err
	}
	isDefault := ok && have.ID == x.Bank.ID
	others := slices.ContainsFunc(a.Banks, func(b BankAccount) bool { return b.Currency == x.Bank.Currency && b.ID != x.Bank.ID })
	switch {
	case x.Action == BankDelete && isDefault && (others || x.Bank.Currency == a.Currency || len(a.Banks) == 1):
		return badState("default_bank_account", "bank", "it is paid by default; another is made the default first")
	case x.Action == BankDefault && isDefault:
		return badState("default_bank_account", "bank", "it is the default already")
	}
	return nil
}

// firstBank puts the bank account that comes with a new account: nothing changes by it.
func (p *Platform) firstBank(u *ledger.Unit, a *Account, ent *compliance.Entity, d *BankDetails) error {
	b, err := d.account(u, p.e)
	if err != nil {
		return err
	}
	b.Added = u.At()
	a.Banks, a.HadBank = []BankAccount{b}, true
	if err := p.usesBank(u, a, &b); err != nil {
		return err
	}
	return ent.Provide(u, compliance.Details{Fields: map[string]string{"external_account": b.ID}})
}

// makeBankChange changes the account, and puts both.
func (p *Platform) makeBankChange(u *ledger.Unit, a *Account, x *BankChange) error {
	ent, err := compliance.Kind.Get(u, a.Entity)
	if err != nil {
		return err
	}
	missing := len(ent.Missing())
	if err := p.applyBankChange(u, a, ent, x); err != nil {
		return err
	}
	if missing > 0 && len(ent.Missing()) == 0 {
		if err := p.verified(u, a.ID); err != nil {
			return err
		}
	}
	return p.putAccount(u, a, ent, EventAccountUpdated)
}

// judgeBank says how a bank account stands after a change. A name that was wrong is right
// again by a right one alone, and whatever else was found out of the same account stands,
// also if it is added once more.
func (a *Account) judgeBank(x *BankChange) {
	name := x.Bank.Name
	for _, b := range a.Banks {
		switch same := b.Token == x.Bank.Token || b.Fingerprint != "" && b.Fingerprint == x.Bank.Fingerprint; {
		case x.Action == BankRename && b.ID == x.Bank.ID:
			x.Bank = b
			switch right := name == NameMatches || name == NameClose; {
			case b.Name == NameDiffers && !right:
				name = NameDiffers
			case b.Name == NameDiffers && b.Status == BankVerificationFailed:
				x.Bank.Status = BankNew
			}
			x.Bank.Name = name
		case (x.Action == BankAdd || x.Action == BankReplace) && same:
			x.Bank.Check = b.Check
			if b.Status != BankErrored && b.Status != BankVerificationFailed {
				continue
			}
			x.Bank.Status, x.Bank.Code = b.Status, b.Code
			if b.Name == NameDiffers && name != NameMatches && name != NameClose {
				x.Bank.Name = NameDiffers
			}
		}
	}
	if x.Bank.Name == NameDiffers && x.Bank.Status != BankErrored {
		x.Bank.Status = BankVerificationFailed
	}
}

// applyBankChange changes the account, which the caller puts, and puts the change.
func (p *Platform) applyBankChange(u *ledger.Unit, a *Account, ent *compliance.Entity, x *BankChange) error {
	if err := a.mayChangeBank(x); err != nil {
		return err
	}
	if err := x.become(BankChangeMade); err != nil {
		return err
	}
	x.First, x.Made, x.Contacts = !a.banked(), u.At(), a.reaches()
	former, had := a.DefaultBank(x.Bank.Currency)
	a.judgeBank(x)
	if x.Action != BankRename && x.Action != BankDelete && !x.First {
		p.cool(u, &x.Bank)
	}
	switch at, _ := a.bank(x.Bank.ID); x.Action {
	case BankAdd, BankReplace:
		x.Bank.Added = u.At()
		x.Default = x.Default || !had
		a.putBank(x, had)
		if err := p.usesBank(u, a, &x.Bank); err != nil {
			return err
		}
	case BankRename:
		a.Banks[at] = x.Bank
	case BankDelete:
		a.Banks = slices.Delete(slices.Clone(a.Banks), at, at+1)
	case BankDefault:
		a.Banks = slices.Delete(slices.Clone(a.Banks), at, at+1)
		a.putBank(x, true)
	}
	if x.Default && had && former.ID != x.Bank.ID {
		x.Former = &former
	}
	if gone := x.Former; x.Action == BankReplace && gone != nil {
		if err := p.leavesBank(u, a, gone); err != nil {
			return err
		}
	} else if x.Action == BankDelete {
		if err := p.leavesBank(u, a, &x.Bank); err != nil {
			return err
		}
	}
	a.HadBank = true
	if err := ent.Provide(u, compliance.Details{Fields: map[string]string{"external_account": a.Banks[0].ID}}); err != nil {
		return err
	}
	return p.putBankChange(u, x, EventBankChangeMade)
}

// putBank puts a bank account into the list: in front of those of its currency if it is the
// default, in place of the one that it replaces, else after all.
func (a *Account) putBank(x *BankChange, had bool) {
	a.Banks = slices.Clone(a.Banks)
	i := slices.IndexFunc(a.Banks, func(b BankAccount) bool { return b.Currency == x.Bank.Currency })
	switch {
	case x.Action == BankReplace && had:
		a.Banks[i] = x.Bank
	case x.Default && i >= 0:
		a.Banks = slices.Insert(a.Banks, i, x.Bank)
	default:
		a.Banks = append(a.Banks, x.Bank)
	}
}

// cool starts the cool-down of a bank account: so many whole banking days.
func (p *Platform) cool(u *ledger.Unit, b *BankAccount) {
	c := p.e.c.Banks
	b.Capped, b.FirstPayout, b.CoolsUntil = len(c.FirstPayout) > 0, "", time.Time{}
	if c.CoolDown > 0 {
		today := payout.DayOf(u.At(), time.UTC)
		b.CoolsUntil = p.e.c.Calendar.Add(today, c.CoolDown).Time().Add(u.At().UTC().Sub(today.Time()))
	}
}

// proposeBankChange puts what an operator asks for.
func (p *Platform) proposeBankChange(u *ledger.Unit, a *Account, x *BankChange, by Actor) error {
	s, err := p.propose(u, by, &Proposal{Action: ManualBankChange, Object: x.ID, Account: a.ID, Description: string(x.Action) + " bank account"})
	if err != nil {
		return err
	}
	x.Signed = &s
	return p.putBankChange(u, x, EventBankChangeProposed)
}

// bankChangeApproved makes what was proposed, of the account as it is now.
func (p *Platform) bankChangeApproved(u *ledger.Unit, o *Proposal) error {
	x, err := bankChangeKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	a, err := p.account(u, x.Account)
	if err != nil {
		return err
	}
	if i, err := a.bank(x.Bank.ID); err == nil {
		name := x.Bank.Name
		x.Bank = a.Banks[i]
		if x.Action == BankRename {
			x.Bank.Name = name
		}
	}
	s := o.signed()
	x.Signed = &s
	return p.makeBankChange(u, a, x)
}

// bankChangeDropped ends what nobody approved.
func (p *Platform) bankChangeDropped(u *ledger.Unit, o *Proposal) error {
	x, err := bankChangeKind.Get(u, o.Object)
	if err != nil {
		return err
	}
	to, event := BankChangeRefused, EventBankChangeRefused
	if o.Status == ProposalExpired {
		to, event = BankChangeExpired, EventBankChangeExpired
	}
	if err := x.become(to); err != nil {
		return err
	}
	return p.putBankChange(u, x, event)
}
