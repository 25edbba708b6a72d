package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// BankAction is what is done to the bank accounts of an account.
type BankAction string

// The actions.
const (
	BankAdd     BankAction = "add"
	BankReplace BankAction = "replace" // the default of its currency, by UpdateAccount
	BankRename  BankAction = "rename"  // the holder's name is asked about again
	BankDelete  BankAction = "delete"
	BankDefault BankAction = "default" // of its currency
)

// BankChangeStatus is where a change of bank details stands.
type BankChangeStatus string

// The states of a change of bank details.
const (
	BankChangeProposed BankChangeStatus = "proposed" // an operator asks for it, and a second person has to approve
	BankChangeMade     BankChangeStatus = "made"
	BankChangeRefused  BankChangeStatus = "refused"
	BankChangeExpired  BankChangeStatus = "expired" // nobody approved in time
)

// bankChangeLife: what was made stands; another change undoes it.
var bankChangeLife = life[BankChangeStatus]{
	BankChangeProposed: {BankChangeMade, BankChangeRefused, BankChangeExpired},
	BankChangeMade:     {},
	BankChangeRefused:  {},
	BankChangeExpired:  {},
}

// BankChange is a change of where an account is paid. Its event bank_change.made asks the
// host to tell all of Contacts, unless it is the First.
type BankChange struct {
	ID       string           `json:"id"`
	Platform string           `json:"platform"`
	Account  string           `json:"account"`
	Action   BankAction       `json:"action"`
	Status   BankChangeStatus `json:"status"`
	Bank     BankAccount      `json:"bank"`             // what it is about, as it was put; of what is deleted, as it was
	Former   *BankAccount     `json:"former,omitzero"`  // in whose place it is paid now
	Default  bool             `json:"default,omitzero"` // it is the default of its currency, or is to be
	First    bool             `json:"first,omitzero"`   // the account had none before: nothing cools down

	// Contacts are the e-mail addresses of the account, also those that it had before.
	Contacts []string `json:"contacts,omitzero"`

	StepUp  *StepUpProof `json:"stepUp,omitzero"` // how the user has proven who they are; nil: nobody asked
	Signed  *Signed      `json:"signed,omitzero"` // the operator who did it, and who approved; nil: the account itself
	Made    time.Time    `json:"made,omitzero"`
	Created time.Time    `json:"created"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (x *BankChange) replay() *bool { return &x.Replayed }

var bankChangeKind = ledger.Kind[BankChange]{
	Name:   "connect.bank_change",
	Prefix: "bchg_",
	Keys: func(x *BankChange) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: x.Platform, At: x.Created}, {Name: "account", Value: x.Account, At: x.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "action", Path: "action"},
		{Name: "status", Path: "status"}, {Name: "bank", Path: "bank.id"}, {Name: "author", Path: "signed.author"}, {Name: "approver", Path: "signed.approver"},
		{Name: "made", Path: "made", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// The types of the events of changes of bank details.
const (
	EventBankChangeProposed = "bank_change.proposed"
	EventBankChangeMade     = "bank_change.made" // tell its contacts
	EventBankChangeRefused  = "bank_change.refused"
	EventBankChangeExpired  = "bank_change.expired"
)

func (x *BankChange) become(to BankChangeStatus) error {
	err := bankChangeLife.check("bank change", x.Status, to)
	if err == nil {
		x.Status = to
	}
	return inField("bankChange", err)
}

func (p *Platform) putBankChange(u *ledger.Unit, x *BankChange, event string) error {
	id := bankChangeKind.ID(x.ID)
	if x.Signed == nil {
		u.Emit(ledger.Event{Type: event, Platform: p.id, Object: id})
	} else if err := x.Signed.emit(u, p, event, id); err != nil {
		return err
	}
	return bankChangeKind.Put(u, x.ID, x)
}

// GetBankChange returns a change of bank details of the platform's accounts.
func (p *Platform) GetBankChange(ctx context.Context, id string) (*BankChange, error) {
	return get(ctx, p, &bankChangeKind, id, "bank change", func(x *BankChange) string { return x.Platform })
}

var bankChangeLister = &lister[BankChange]{
	what: "bank changes", kind: &bankChangeKind, account: "account", platform: func(x *BankChange) string { return x.Platform },
}

// ListBankChanges returns a page of the changes of bank details.
func (p *Platform) ListBankChanges(ctx context.Context, r ListRequest) (*List[BankChange], error) {
	return bankChangeLister.page(ctx, p, r)
}

// BankChanges walks the changes of bank details, newest first.
func (p *Platform) BankChanges(ctx context.Context, r ListRequest) iter.Seq2[*BankChange, error] {
	return bankChangeLister.each(ctx, p, r, func(x *BankChange) string { return x.ID })
}
