package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// AccountClosingStatus is where the closing of an account stands.
type AccountClosingStatus string

// The states of a closing.
const (
	AccountClosingOpen    AccountClosingStatus = "closing" // it sells no more, and what may still come is waited for
	AccountClosingDone    AccountClosingStatus = "closed"
	AccountClosingStopped AccountClosingStatus = "stopped" // somebody thought otherwise: it sells again
)

// accountClosingLife: what is closed stays so.
var accountClosingLife = life[AccountClosingStatus]{
	AccountClosingOpen:    {AccountClosingDone, AccountClosingStopped},
	AccountClosingDone:    {},
	AccountClosingStopped: {},
}

// AccountClosing is the end of an account, from the request to the last payout.
type AccountClosing struct {
	ID          string               `json:"id"`
	Platform    string               `json:"platform"`
	Account     string               `json:"account"`
	Status      AccountClosingStatus `json:"status"`
	Waits       []ClosingWait        `json:"waits,omitzero"`   // what it waited for when it was last looked at
	Payouts     []string             `json:"payouts,omitzero"` // that it made, oldest first
	Pays        []ledger.Money       `json:"pays,omitzero"`    // what it is about to pay out
	Round       int                  `json:"round,omitzero"`   // of payouts
	Description string               `json:"description"`
	Document    string               `json:"document,omitzero"`
	Signed      Signed               `json:"signed"`
	Stopped     *Signed              `json:"stopped,omitzero"` // who stopped it
	Created     time.Time            `json:"created"`
	Ended       time.Time            `json:"ended,omitzero"`
	Work        ledger.Work          `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// ClosingWait is something that a closing waits for.
type ClosingWait struct {
	// What is it: a purpose of the chart that is not empty (pending, held, reserved,
	// in_transit, frozen, unclaimed), "refund", "exposure", "dispute", "charge" or "debit"
	// (of its bank) that is under way, "advance" what the platform has not got back, "owes"
	// what somebody has to pay or write off, and of a payout why it was refused
	// ("no_bank_account", "rate_not_found"), "payout_failed", or "paid" for a week, in which
	// banks may send it back.
	What   string       `json:"what"`
	Amount ledger.Money `json:"amount,omitzero"`
}

func (c *AccountClosing) replay() *bool { return &c.Replayed }

var accountClosingKind = ledger.Kind[AccountClosing]{
	Name:   "connect.account_closing",
	Prefix: "aclos_",
	Keys: func(c *AccountClosing) []ledger.Key {
		return c.Work.Keys(ledger.Key{Name: "platform", Value: c.Platform, At: c.Created}, ledger.Key{Name: "account", Value: c.Account, At: c.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "status", Path: "status"},
		{Name: "author", Path: "signed.author"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
		{Name: "ended", Path: "ended", Type: ledger.TimeColumn},
	},
}

func (c *AccountClosing) become(to AccountClosingStatus) error {
	err := accountClosingLife.check("closing", c.Status, to)
	if err == nil {
		c.Status = to
		c.Work.Done()
	}
	return err
}

// closingLook is how often a closing is looked at.
const closingLook = time.Hour

// CloseAccountRequest closes an account.
type CloseAccountRequest struct {
	Key         string `json:"-"`
	By          Actor  `json:"by,omitzero"`
	AccountID   string `json:"account,omitzero"`
	Description string `json:"description,omitzero"` // why, for people: 1–1,000 characters
	Document    string `json:"document,omitzero"`    // at most 200 characters
}

// CloseAccount begins to close an account: from now on its sales, transfers from and to
// it, mandates and coins for it are refused (State, account_closed: account). What is
// under way goes on, and so do refunds and disputes. What may still be disputed is kept
// back as it becomes available. When nothing can come any more, Drain pays what is left
// to the account's bank, in each currency to the one that has it or else to the first,
// and the account is closed for good; its id is never used again. A balance below zero
// is the platform's to pay then, where it is liable, and else waits until it is paid or
// written off. It needs the right of finance, risk or
// compliance. An account that closes or is closed is account_closed.
func (p *Platform) CloseAccount(ctx context.Context, r CloseAccountRequest) (*AccountClosing, error) {
	verb := simpleVerb[AccountClosing]{name: "close account", kind: &accountClosingKind, replayed: (*AccountClosing).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*AccountClosing, error) { return p.newAccountClosing(u, &r) })
}

func (p *Platform) newAccountClosing(u *ledger.Unit, r *CloseAccountRequest) (*AccountClosing, error) {
	s, err := r.By.may(ManualClose)
	if err != nil {
		return nil, err
	}
	if r.Description == "" {
		return nil, badField("invalid_text", "description", "it says why")
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return nil, err
	}
	if err := checkText("document", r.Document, 200); err != nil {
		return nil, err
	}
	a, err := p.account(u, r.AccountID)
	if err != nil {
		return nil, err
	}
	if a.closes() {
		return nil, accountClosed(a.ID)
	}
	c := &AccountClosing{
		ID: u.NewID(accountClosingKind.Prefix), Platform: p.id, Account: a.ID, Status: AccountClosingOpen,
		Description: r.Description, Document: r.Document, Signed: s, Created: u.At(),
	}
	c.Work.Later(u.At().Add(closingLook))
	a.Closing = c.ID
	if err := p.watchReserves(u, a.ID); err != nil {
		return nil, err
	}
	if err := p.reserving(u); err != nil {
		return nil, err
	}
	if err := p.putFreezes(u, a); err != nil {
		return nil, err
	}
	currencies, err := p.availableIn(u, a.ID)
	if err != nil {
		return nil, err
	}
	for _, cur := range currencies {
		if err := p.keepStanding(u, a.ID, &closingRule, cur); err != nil {
			return nil, err
		}
	}
	return c, p.putAccountClosing(u, c, s, EventAccountClosing)
}

// closingRule keeps back what may still be disputed while an account closes, and lets
// what it owes draw on that.
var closingRule = ReserveRule{Terms: ReserveTerms{Exposure: true, Draw: true}}

// closes tells whether an account sells no more.
func (a *Account) closes() bool { return a.Closing != "" || !a.Closed.IsZero() }

// accountClosed is the error of an account that sells no more.
func accountClosed(id string) error {
	return badState("account_closed", "account", "account "+id+" is closed, or closes: it has no new sales and transfers")
}

// expectSelling is expectAccount of one that may sell.
func (p *Platform) expectSelling(u *ledger.Unit, id string) error {
	s, err := p.expectSeller(u, id)
	if err == nil && s.closes {
		err = accountClosed(id)
	}
	return err
}

// reserving says on the platform that reserves are kept, so that what becomes available
// is looked at.
func (p *Platform) reserving(u *ledger.Unit) error {
	prof, err := platformKind.Get(u, p.id)
	if err != nil || prof.Reserving {
		return err
	}
	prof.Reserving = true
	u.Emit(ledger.Event{Type: EventPlatformUpdated, Platform: p.id, Object: platformKind.ID(p.id)})
	return platformKind.Put(u, p.id, prof)
}

func (p *Platform) putAccountClosing(u *ledger.Unit, c *AccountClosing, s Signed, event string) error {
	if err := s.emit(u, p, event, accountClosingKind.ID(c.ID)); err != nil {
		return err
	}
	return accountClosingKind.Put(u, c.ID, c)
}

// StopClosingRequest lets an account go on that was about to close.
type StopClosingRequest struct {
	Key       string `json:"-"`
	By        Actor  `json:"by,omitzero"`
	ClosingID string `json:"closing,omitzero"`
}

// StopClosing lets an account sell again that is not closed yet. What was kept back is
// free as it can be disputed no longer. It needs the right of CloseAccount; one that is
// closed is of class State, code invalid_state (closing).
func (p *Platform) StopClosing(ctx context.Context, r StopClosingRequest) (*AccountClosing, error) {
	verb := simpleVerb[AccountClosing]{name: "stop closing", kind: &accountClosingKind, replayed: (*AccountClosing).replay, target: r.ClosingID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*AccountClosing, error) {
		c, err := accountClosingKind.Get(u, r.ClosingID)
		if err != nil {
			return nil, notFoundOr(err, "closing")
		}
		if c.Platform != p.id {
			return nil, notFound("closing")
		}
		s, err := r.By.may(ManualClose)
		if err != nil {
			return nil, err
		}
		if err := c.become(AccountClosingStopped); err != nil {
			return nil, err
		}
		c.Stopped, c.Ended, c.Waits, c.Pays = &s, u.At(), nil, nil
		a, err := p.account(u, c.Account)
		if err != nil {
			return nil, err
		}
		a.Closing = ""
		if err := p.putFreezes(u, a); err != nil {
			return nil, err
		}
		return c, p.putAccountClosing(u, c, s, EventAccountClosingStopped)
	})
}

// GetAccountClosing returns a closing of an account of the platform.
func (p *Platform) GetAccountClosing(ctx context.Context, id string) (*AccountClosing, error) {
	return get(ctx, p, &accountClosingKind, id, "closing", func(c *AccountClosing) string { return c.Platform })
}

var accountClosingLister = &lister[AccountClosing]{
	what: "account closings", kind: &accountClosingKind, account: "account", platform: func(c *AccountClosing) string { return c.Platform },
}

// ListAccountClosings returns a page of the closings of the platform's accounts.
func (p *Platform) ListAccountClosings(ctx context.Context, r ListRequest) (*List[AccountClosing], error) {
	return accountClosingLister.page(ctx, p, r)
}

// AccountClosings walks the closings of the platform's accounts, newest first.
func (p *Platform) AccountClosings(ctx context.Context, r ListRequest) iter.Seq2[*AccountClosing, error] {
	return accountClosingLister.each(ctx, p, r, func(c *AccountClosing) string { return c.ID })
}
