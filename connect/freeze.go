package connect

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// FreezeCause says by what law money is frozen.
type FreezeCause string

// The causes.
const (
	FreezeSanctions FreezeCause = "sanctions"
	FreezeCourt     FreezeCause = "court_order"
	FreezeAuthority FreezeCause = "authority" // another one that may order it: a tax office, the police
)

// FreezeStatus is where a freeze stands.
type FreezeStatus string

// The states of a freeze.
const (
	FreezeProposed FreezeStatus = "proposed" // a second person has to approve it
	FreezeActive   FreezeStatus = "active"
	FreezeLifted   FreezeStatus = "lifted"
	FreezeRefused  FreezeStatus = "refused"
	FreezeExpired  FreezeStatus = "expired" // nobody approved in time
)

// freezeLife: what was lifted is ordered anew.
var freezeLife = life[FreezeStatus]{
	FreezeProposed: {FreezeActive, FreezeRefused, FreezeExpired},
	FreezeActive:   {FreezeLifted},
	FreezeLifted:   {},
	FreezeRefused:  {},
	FreezeExpired:  {},
}

// Freeze is money of an account that is blocked by law: flow Z1 of the chart.
type Freeze struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Account     string            `json:"account"`
	Everything  bool              `json:"everything,omitzero"` // all that is available, and that becomes so
	Amount      ledger.Money      `json:"amount,omitzero"`     // else so much
	Cause       FreezeCause       `json:"cause"`
	Authority   string            `json:"authority"` // who ordered it
	Document    string            `json:"document"`  // the order's reference
	Description string            `json:"description,omitzero"`
	Status      FreezeStatus      `json:"status"`
	Frozen      []ledger.Money    `json:"frozen,omitzero"` // what is blocked by it now, by currency
	Signed      Signed            `json:"signed"`
	Made        time.Time         `json:"made,omitzero"`
	Lift        *FreezeLift       `json:"lift,omitzero"`       // asked for, or done
	Relift      *FreezeLift       `json:"relift,omitzero"`     // the last, of what an authority sent back after the end
	Surrender   *Surrender        `json:"surrender,omitzero"`  // asked for: a second person has to approve it
	Surrenders  []Surrender       `json:"surrenders,omitzero"` // that were approved, each with its payout
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`
	Work        ledger.Work       `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// FreezeLift ends a freeze.
type FreezeLift struct {
	Document    string         `json:"document"`
	Description string         `json:"description,omitzero"`
	Signed      Signed         `json:"signed"`
	Made        time.Time      `json:"made,omitzero"`  // zero: a second person has to approve it
	Freed       []ledger.Money `json:"freed,omitzero"` // by currency
}

func (f *Freeze) replay() *bool { return &f.Replayed }

var freezeKind = ledger.Kind[Freeze]{
	Name:   "connect.freeze",
	Prefix: "frz_",
	Keys: func(f *Freeze) []ledger.Key {
		return f.Work.Keys(ledger.Key{Name: "platform", Value: f.Platform, At: f.Created}, ledger.Key{Name: "account", Value: f.Account, At: f.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "everything", Path: "everything", Type: ledger.BooleanColumn},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn}, {Name: "currency", Path: "amount.currency"},
		{Name: "cause", Path: "cause"}, {Name: "authority", Path: "authority"}, {Name: "document", Path: "document"}, {Name: "status", Path: "status"},
		{Name: "author", Path: "signed.author"}, {Name: "approver", Path: "signed.approver"},
		{Name: "made", Path: "made", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

func (f *Freeze) become(to FreezeStatus) error {
	err := freezeLife.check("freeze", f.Status, to)
	if err == nil {
		f.Status = to
	}
	return inField("freeze", err)
}

// in is what a freeze has of a currency.
func (f *Freeze) in(c ledger.Currency) ledger.Money {
	for _, m := range f.Frozen {
		if m.Currency() == c {
			return m
		}
	}
	return ledger.Zero(c)
}

// wants is how much of what is free in a currency a freeze takes.
func (f *Freeze) wants(free ledger.Money) int64 {
	switch {
	case f.Status != FreezeActive || free.Sign() <= 0:
		return 0
	case f.Everything:
		return free.Minor()
	case f.Amount.Currency() != free.Currency():
		return 0
	}
	return min(free.Minor(), f.Amount.Minor()-f.in(f.Amount.Currency()).Minor()-f.handed(f.Amount.Currency()))
}

// AccountFreeze is an order that stands against an account.
type AccountFreeze struct {
	ID         string          `json:"id"`
	Everything bool            `json:"everything,omitzero"`
	Waits      ledger.Currency `json:"waits,omitzero"` // in which the amount is not there yet
}

// maxFreezes bounds how many orders stand against one account.
const maxFreezes = 20

// frozenIn refuses to move money of an account out that an order wants.
func frozenIn(list []AccountFreeze, c ledger.Currency) error {
	if slices.ContainsFunc(list, func(f AccountFreeze) bool { return f.Everything || f.Waits == c }) {
		return badState("account_frozen", "account", "what the account has is frozen by law")
	}
	return nil
}

// notFrozen expects that what an account has in a currency may go where its owner and
// the platform want it.
func (p *Platform) notFrozen(u *ledger.Unit, account string, c ledger.Currency) error {
	s, err := p.expectSeller(u, account)
	if err != nil {
		return err
	}
	if frozenIn(s.freezes, c) == nil {
		return nil
	}
	a, err := p.account(u, account) // what is remembered may be of before another process lifted it
	if err != nil {
		return err
	}
	return frozenIn(a.Freezes, c)
}

// reversible refuses to take a transfer back from an account that is frozen. What
// else is wrong with it is not said here.
func (p *Platform) reversible(u *ledger.Unit, transfer string) error {
	t, err := transferKind.Get(u, transfer)
	if err != nil || t.Platform != p.id || t.To == p.id {
		return notFoundOr(err, "transfer")
	}
	return inField("transfer", p.notFrozen(u, t.To, t.received().Currency()))
}

// putFreeze puts a freeze, which is looked at again while it wants more.
func (p *Platform) putFreeze(u *ledger.Unit, f *Freeze, s Signed, event string) error {
	looks := f.Status == FreezeActive && f.stands().more()
	switch next := u.At().Add(freezeLook); {
	case !looks:
		f.Work.Done()
	case !f.Work.Open() || f.Work.Due.After(next): // what is due stays so, whatever else happens to it
		f.Work.Later(next)
	}
	if err := s.emit(u, p, event, freezeKind.ID(f.ID)); err != nil {
		return err
	}
	return freezeKind.Put(u, f.ID, f)
}

// stands is how a freeze stands against its account.
func (f *Freeze) stands() AccountFreeze {
	s := AccountFreeze{ID: f.ID, Everything: f.Everything}
	if c := f.Amount.Currency(); !f.Everything && f.in(c).Minor()+f.handed(c) < f.Amount.Minor() {
		s.Waits = f.Amount.Currency()
	}
	return s
}

// more tells that an order takes what comes in.
func (s AccountFreeze) more() bool { return s.Everything || !s.Waits.IsZero() }

// GetFreeze returns a freeze of the platform.
func (p *Platform) GetFreeze(ctx context.Context, id string) (*Freeze, error) {
	return get(ctx, p, &freezeKind, id, "freeze", func(f *Freeze) string { return f.Platform })
}

var freezeLister = &lister[Freeze]{
	what: "freezes", kind: &freezeKind, account: "account", platform: func(f *Freeze) string { return f.Platform },
}

// ListFreezes returns a page of the platform's freezes.
func (p *Platform) ListFreezes(ctx context.Context, r ListRequest) (*List[Freeze], error) {
	return freezeLister.page(ctx, p, r)
}

// Freezes walks the platform's freezes, newest first.
func (p *Platform) Freezes(ctx context.Context, r ListRequest) iter.Seq2[*Freeze, error] {
	return freezeLister.each(ctx, p, r, func(f *Freeze) string { return f.ID })
}
