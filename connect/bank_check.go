package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// BankCheckStatus is where a micro-deposit stands.
type BankCheckStatus string

// The states of a micro-deposit.
const (
	BankCheckPending  BankCheckStatus = "pending" // recorded, and not yet known to be sent
	BankCheckSent     BankCheckStatus = "sent"    // the amounts can be told
	BankCheckVerified BankCheckStatus = "verified"
	BankCheckFailed   BankCheckStatus = "failed" // refused by the bank, or the amounts were told wrong too often
)

// bankCheckLife: what was found out stays so. One that nobody confirms in time stays sent.
var bankCheckLife = life[BankCheckStatus]{
	BankCheckPending:  {BankCheckSent, BankCheckFailed},
	BankCheckSent:     {BankCheckVerified, BankCheckFailed},
	BankCheckVerified: {},
	BankCheckFailed:   {},
}

// BankCheck is a micro-deposit: two small amounts that go to a bank account and are taken
// back, so that nothing is booked. Whoever tells them has access to it.
type BankCheck struct {
	ID       string          `json:"id"`
	Platform string          `json:"platform"`
	Account  string          `json:"account"`
	Bank     string          `json:"bank"`
	To       string          `json:"to"` // the rail's token of it
	Status   BankCheckStatus `json:"status"`
	Code     string          `json:"code,omitzero"`  // why it failed: the rail's, or wrong_amounts
	Tries    int             `json:"tries,omitzero"` // how often amounts were told wrong, of checks before it too
	Rail     string          `json:"rail"`
	Expires  time.Time       `json:"expires,omitzero"` // until when they can be told
	Created  time.Time       `json:"created"`
	Work     ledger.Work     `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (x *BankCheck) replay() *bool { return &x.Replayed }

var bankCheckKind = ledger.Kind[BankCheck]{
	Name:   "connect.bank_check",
	Prefix: "bchk_",
	Keys: func(x *BankCheck) []ledger.Key {
		return x.Work.Keys(ledger.Key{Name: "platform", Value: x.Platform, At: x.Created}, ledger.Key{Name: "account", Value: x.Account, At: x.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "bank", Path: "bank"}, {Name: "status", Path: "status"},
		{Name: "code", Path: "code"}, {Name: "expires", Path: "expires", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// The types of the events of micro-deposits.
const (
	EventBankCheckCreated = "bank_check.created"
	EventBankCheckUpdated = "bank_check.updated" // sent, verified, failed, or told wrong
)

func (p *Platform) putBankCheck(u *ledger.Unit, x *BankCheck, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: bankCheckKind.ID(x.ID)})
	return bankCheckKind.Put(u, x.ID, x)
}

func (x *BankCheck) become(to BankCheckStatus) error {
	err := bankCheckLife.check("bank check", x.Status, to)
	if err == nil {
		x.Status = to
	}
	return inField("bankCheck", err)
}

// GetBankCheck returns a micro-deposit to one of the platform's accounts.
func (p *Platform) GetBankCheck(ctx context.Context, id string) (*BankCheck, error) {
	return get(ctx, p, &bankCheckKind, id, "bank check", func(x *BankCheck) string { return x.Platform })
}

var bankCheckLister = &lister[BankCheck]{
	what: "bank checks", kind: &bankCheckKind, account: "account", platform: func(x *BankCheck) string { return x.Platform },
}

// ListBankChecks returns a page of the micro-deposits.
func (p *Platform) ListBankChecks(ctx context.Context, r ListRequest) (*List[BankCheck], error) {
	return bankCheckLister.page(ctx, p, r)
}

// BankChecks walks the micro-deposits, newest first.
func (p *Platform) BankChecks(ctx context.Context, r ListRequest) iter.Seq2[*BankCheck, error] {
	return bankCheckLister.each(ctx, p, r, func(x *BankCheck) string { return x.ID })
}

// BankCheckRequest sends a micro-deposit to a bank account.
type BankCheckRequest struct {
	Key       string `json:"-"`
	AccountID string `json:"account,omitzero"`
	BankID    string `json:"bank,omitzero"`
}

// StartBankCheck sends two small amounts to a bank account of an account, which its owner
// then tells (ConfirmBankCheck). It is refused where the rail sends none
// (micro_deposits_unsupported), while another can still be confirmed (bank_check_open), and
// for a bank account that is verified, failed verification or is errored (invalid_state):
// all of class State.
func (p *Platform) StartBankCheck(ctx context.Context, r BankCheckRequest) (*BankCheck, error) {
	return bankCheckTask.do(ctx, p, r.Key, r)
}

var bankCheckTask = &task[BankCheckRequest, BankCheck, payout.Ack]{
	verb: "start bank check",
	kind: &bankCheckKind,
	head: func(x *BankCheck) head {
		return head{id: x.ID, platform: x.Platform, partner: x.Rail, work: &x.Work, replayed: &x.Replayed}
	},
	partner:  railName,
	record:   recordBankCheck,
	carryOut: sendBankCheck,
	settle:   settleBankCheck,
	rest: func(u *ledger.Unit, p *Platform, x *BankCheck, _ string) error {
		return p.putBankCheck(u, x, EventBankCheckUpdated) // a deposit is keyed: it never rests
	},
	open: func(x *BankCheck, _ payout.Ack) (bool, error) { return x.Status == BankCheckPending, nil },
	late: func(*ledger.Unit, *Platform, *BankCheck, payout.Ack) error { return nil },
}

func recordBankCheck(u *ledger.Unit, p *Platform, r *BankCheckRequest, w ledger.Work) (*BankCheck, error) {
	a, err := p.account(u, r.AccountID)
	if err != nil {
		return nil, err
	}
	i, err := a.bank(r.BankID)
	if err != nil {
		return nil, err
	}
	b := a.Banks[i]
	switch {
	case p.e.c.Banks.Deposits == nil:
		return nil, badState("micro_deposits_unsupported", "bank", "the rail sends no micro-deposits")
	case b.Status == BankVerified || b.Status == BankVerificationFailed || b.Status == BankErrored:
		return nil, badState("invalid_state", "bank", "the bank account is "+string(b.Status))
	}
	tries := 0 // those of the bank account, whatever check they were made of
	if b.Check != "" {
		old, err := bankCheckKind.Get(u, b.Check)
		if err != nil {
			return nil, err
		}
		if old.Status == BankCheckPending || old.Status == BankCheckSent && u.At().Before(old.Expires) {
			return nil, badState("bank_check_open", "bank", "another can still be confirmed: "+old.ID)
		}
		tries = old.Tries
	}
	x := &BankCheck{
		ID: u.NewID(bankCheckKind.Prefix), Platform: p.id, Account: a.ID, Bank: b.ID, To: b.Token, Status: BankCheckPending,
		Rail: railName(p.e), Created: u.At(), Work: w, Tries: tries,
	}
	if err := p.putBank(u, a, b.ID, func(b *BankAccount) { b.Check = x.ID }); err != nil {
		return nil, err
	}
	return x, p.putBankCheck(u, x, EventBankCheckCreated)
}

// putBank changes one bank account of an account, and puts the account.
func (p *Platform) putBank(u *ledger.Unit, a *Account, id string, change func(*BankAccount)) error {
	i, err := a.bank(id)
	if err != nil {
		return err
	}
	a.Banks = append(make([]BankAccount, 0, len(a.Banks)), a.Banks...)
	change(&a.Banks[i])
	u.Emit(ledger.Event{Type: EventAccountUpdated, Platform: p.id, Object: accountKind.ID(a.ID)})
	return accountKind.Put(u, a.ID, a)
}

// sendBankCheck has the rail send the amounts. It is asked again under the same key until
// it answers.
func sendBankCheck(ctx context.Context, p *Platform, x *BankCheck, _ bool) (payout.Ack, error) {
	if p.preview {
		return payout.Ack{Key: x.ID, Accepted: true}, nil
	}
	d := p.e.c.Banks.Deposits
	if d == nil {
		return payout.Ack{}, errLater
	}
	a, err := p.owned(ctx, x.Account)
	if err != nil {
		return payout.Ack{}, err
	}
	i, err := a.bank(x.Bank)
	if err != nil { // it was taken away meanwhile
		return payout.Ack{Key: x.ID, Code: "bank_account_deleted"}, nil
	}
	ack, err := d.Deposit(ctx, x.ID, a.Banks[i].Destination)
	if err == nil && ack.Key != x.ID {
		err = errLater
	}
	return ack, err
}

func settleBankCheck(u *ledger.Unit, p *Platform, x *BankCheck, ack payout.Ack) error {
	x.Work.Done()
	if !ack.Accepted {
		x.Code = clip(ack.Code)
		if err := x.become(BankCheckFailed); err != nil {
			return err
		}
		return p.putBankCheck(u, x, EventBankCheckUpdated)
	}
	if err := x.become(BankCheckSent); err != nil {
		return err
	}
	x.Expires = u.At().Add(time.Duration(p.e.c.Banks.DepositDays) * day)
	return p.putBankCheck(u, x, EventBankCheckUpdated)
}
