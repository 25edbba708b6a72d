package connect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/soukhq/souk/ledger"
)

// Credit is the store credit of one buyer of a platform in one currency: money that
// is owed to them. It is made when they first get some.
type Credit struct {
	ID       string       `json:"id"`
	Platform string       `json:"platform"`
	Buyer    string       `json:"buyer"`   // the host's id of them
	Balance  ledger.Money `json:"balance"` // what is neither spent nor set aside, that which has expired and was not taken back yet included
	// Lots say where the balance comes from. What expires first is spent first, then
	// what was granted or came back, then what was bought.
	Lots    []CreditLot `json:"lots,omitzero"`
	Created time.Time   `json:"created"`
	Updated time.Time   `json:"updated"`

	Work ledger.Work `json:"work,omitzero"` // due when the next of it expires
}

// CreditLot is credit that a buyer got at one time, as far as it is not spent.
type CreditLot struct {
	ID       string       `json:"id"` // of the charge that sold it, the grant, or the refund
	Origin   CreditOrigin `json:"origin"`
	Left     ledger.Money `json:"left"`
	Reserved ledger.Money `json:"reserved,omitzero"` // set aside for charges and refunds under way
	Expires  time.Time    `json:"expires,omitzero"`  // zero: never
}

// CreditOrigin is how a buyer came to credit.
type CreditOrigin string

// The origins of credit.
const (
	CreditSold     CreditOrigin = "sold"     // they bought it
	CreditGranted  CreditOrigin = "granted"  // the platform gave it
	CreditRefunded CreditOrigin = "refunded" // instead of money, or of credit whose time was over
)

// maxLots bounds the lots of one buyer and currency.
const maxLots = 1000

func (w *Credit) loaded() {
	zero := ledger.Zero(w.Balance.Currency())
	for i := range w.Lots {
		asZero(zero, &w.Lots[i].Left, &w.Lots[i].Reserved)
	}
}

var creditKind = ledger.Kind[Credit]{
	Name:   "connect.credit",
	Prefix: "credit_",
	Loaded: (*Credit).loaded,
	Keys: func(w *Credit) []ledger.Key {
		return w.Work.Keys(ledger.Key{Name: "platform", Value: w.Platform, At: w.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "buyer", Path: "buyer"},
		{Name: "balance", Path: "balance", Type: ledger.MoneyColumn},
		{Name: "balance_minor", Path: "balance.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "balance.currency"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// creditID names the credit of a buyer in a currency. Hosts' ids have any form, so
// it is made of a hash of them.
func (p *Platform) creditID(buyer string, c ledger.Currency) string {
	sum := sha256.Sum256([]byte(p.id + "\x00" + c.String() + "\x00" + buyer))
	return creditKind.Prefix + hex.EncodeToString(sum[:20])
}

// checkBuyerID refuses what is not a host's id of a buyer.
func checkBuyerID(field, id string) error {
	if id == "" || utf8.RuneCountInString(id) > 200 {
		return badField("invalid_buyer", field, "a buyer's id is 1 to 200 characters")
	}
	if cardNumber(id) {
		return badField("invalid_buyer", field, "a buyer's id is no card number")
	}
	if err := checkName(field, id, 200); err != nil {
		return badField("invalid_buyer", field, "a buyer's id is plain text")
	}
	return nil
}

// credit returns the credit of a buyer in a currency, expected unchanged; nil if
// they never had any.
func (p *Platform) credit(u *ledger.Unit, id string) (*Credit, error) {
	o, err := u.Object(creditKind.ID(id))
	if err != nil || o.Version == 0 {
		return nil, err
	}
	return creditKind.Get(u, id)
}

// creditOf is credit, and makes it if there is none.
func (p *Platform) creditOf(u *ledger.Unit, buyer string, c ledger.Currency) (*Credit, error) {
	id := p.creditID(buyer, c)
	w, err := p.credit(u, id)
	if w == nil && err == nil {
		w = &Credit{ID: id, Platform: p.id, Buyer: buyer, Balance: ledger.Zero(c), Created: u.At()}
	}
	return w, err
}

// putCredit puts what was changed: lots that are spent leave it, and its work is due
// when the next one expires.
func (p *Platform) putCredit(u *ledger.Unit, w *Credit) error {
	w.Updated = u.At()
	w.Lots = slices.DeleteFunc(w.Lots, func(l CreditLot) bool { return l.Left.IsZero() && l.Reserved.IsZero() })
	var next time.Time
	w.Balance = ledger.Zero(w.Balance.Currency())
	for _, l := range w.Lots {
		w.Balance = sum(w.Balance, l.Left)
		if !l.Expires.IsZero() && l.Left.Sign() > 0 && (next.IsZero() || l.Expires.Before(next)) {
			next = l.Expires
		}
	}
	if w.Work.Later(next); next.IsZero() {
		w.Work.Done()
	}
	u.Emit(ledger.Event{Type: EventCreditUpdated, Platform: p.id, Object: creditKind.ID(w.ID)})
	return creditKind.Put(u, w.ID, w)
}

// creditAccount names the ledger account of what is owed to the holder of a credit or
// a prepaid voucher.
func (p *Platform) creditAccount(owner string, c ledger.Currency) ledger.Ref {
	return p.of(owner, "credit", c)
}

// Spendable is what of it can be spent at a moment.
func (w *Credit) Spendable(at time.Time) ledger.Money {
	free := ledger.Zero(w.Balance.Currency())
	for i := range w.Lots {
		if !w.Lots[i].over(at) {
			free = sum(free, w.Lots[i].Left)
		}
	}
	return free
}

// over reports whether a lot's time is over.
func (l *CreditLot) over(at time.Time) bool { return !l.Expires.IsZero() && !at.Before(l.Expires) }

func (w *Credit) lot(id string) *CreditLot {
	for i := range w.Lots {
		if w.Lots[i].ID == id {
			return &w.Lots[i]
		}
	}
	return nil
}

// add adds to a lot, or makes it. Its place says how old it is.
func (w *Credit) add(lot CreditLot, m ledger.Money) {
	if l := w.lot(lot.ID); l != nil {
		l.Left = sum(l.Left, m)
		return
	}
	lot.Left, lot.Reserved = m, minus(m, m)
	w.Lots = append(w.Lots, lot)
}

// full refuses more lots than there may be, before anybody is asked for money.
func (w *Credit) full() error {
	if len(w.Lots) < maxLots {
		return nil
	}
	return badState("too_many_credits", "buyer", "the buyer has a thousand unspent pieces of credit")
}

// CreditPart is what was taken from one lot.
type CreditPart struct {
	Lot     string       `json:"lot"`
	Origin  CreditOrigin `json:"origin"`
	Expires time.Time    `json:"expires,omitzero"`
	Amount  ledger.Money `json:"amount"`
	Open    ledger.Money `json:"open,omitzero"` // of Amount, still set aside
	Back    ledger.Money `json:"back,omitzero"` // given back by refunds
}

// reserve sets an amount aside that was found to be there, from the lots in the
// order in which they are spent.
func (w *Credit) reserve(m ledger.Money, at time.Time) []CreditPart {
	order := make([]*CreditLot, 0, len(w.Lots))
	for i := range w.Lots {
		if l := &w.Lots[i]; !l.over(at) && l.Left.Sign() > 0 {
			order = append(order, l)
		}
	}
	slices.SortStableFunc(order, func(a, b *CreditLot) int {
		switch {
		case a.Expires.IsZero() != b.Expires.IsZero():
			return cmp.Compare(b.Expires.Unix(), a.Expires.Unix()) // the zero time is the earliest
		case !a.Expires.Equal(b.Expires):
			return a.Expires.Compare(b.Expires)
		}
		return cmp.Compare(boolInt(a.Origin == CreditSold), boolInt(b.Origin == CreditSold))
	})
	var parts []CreditPart
	for _, l := range order {
		part := ledger.Minor(min(l.Left.Minor(), m.Minor()), m.Currency())
		if part.IsZero() {
			break
		}
		l.Left, l.Reserved, m = minus(l.Left, part), sum(l.Reserved, part), minus(m, part)
		parts = append(parts, CreditPart{Lot: l.ID, Origin: l.Origin, Expires: l.Expires, Amount: part, Open: part, Back: minus(part, part)})
	}
	return parts
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// end ends an amount of what was reserved: spent, or free again.
func (w *Credit) end(parts []CreditPart, m ledger.Money, spent bool) {
	for i := range parts {
		x := &parts[i]
		step := ledger.Minor(min(x.Open.Minor(), m.Minor()), m.Currency())
		l := w.lot(x.Lot)
		if l == nil || step.IsZero() {
			continue
		}
		m, x.Open, l.Reserved = minus(m, step), minus(x.Open, step), minus(l.Reserved, step)
		if !spent {
			l.Left, x.Amount = sum(l.Left, step), minus(x.Amount, step)
		}
	}
}

// giveBack returns what was spent to the lots that it came from, the last first.
// What would expire at once does not expire any more.
func (w *Credit) giveBack(parts []CreditPart, m ledger.Money, at time.Time) {
	for i := len(parts) - 1; i >= 0; i-- {
		x := &parts[i]
		step := ledger.Minor(min(x.Amount.Minor()-x.Open.Minor()-x.Back.Minor(), m.Minor()), m.Currency())
		if step.IsZero() {
			continue
		}
		lot := CreditLot{ID: x.Lot, Origin: x.Origin, Expires: x.Expires}
		if lot.over(at) {
			lot = CreditLot{ID: x.Lot + "-back", Origin: CreditRefunded}
		}
		w.add(lot, step)
		x.Back, m = sum(x.Back, step), minus(m, step)
	}
}

// CreditOf returns the credit of a buyer in a currency as it is now: one without an
// ID if they never had any.
func (p *Platform) CreditOf(ctx context.Context, buyer string, c ledger.Currency) (*Credit, error) {
	if err := p.may(ctx, "CreditOf"); err != nil {
		return nil, err
	}
	if err := checkBuyerID("buyer", buyer); err != nil {
		return nil, err
	}
	if !c.Valid() {
		return nil, badField("invalid_currency", "currency", "this is not a currency")
	}
	w, err := creditKind.Read(ctx, p.store, p.creditID(buyer, c))
	if errors.Is(err, ledger.NotFound) {
		return &Credit{Platform: p.id, Buyer: buyer, Balance: ledger.Zero(c)}, nil
	}
	return w, err
}

// CreditEntries returns a page of what was booked of a buyer's credit in a currency,
// the latest first.
func (p *Platform) CreditEntries(ctx context.Context, buyer string, c ledger.Currency, page ledger.Page) ([]ledger.Posted, error) {
	if err := p.may(ctx, "CreditEntries"); err != nil {
		return nil, err
	}
	if _, err := p.CreditOf(ctx, buyer, c); err != nil {
		return nil, err
	}
	var list []ledger.Posted
	err := p.store.Read(ctx, func(v ledger.View) (err error) {
		list, err = v.Entries(p.creditAccount(p.creditID(buyer, c), c), page)
		return err
	})
	return list, err
}
