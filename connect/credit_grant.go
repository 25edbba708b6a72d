package connect

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// CreditGrant is store credit that a platform gave to a buyer for nothing.
type CreditGrant struct {
	ID       string            `json:"id"`
	Platform string            `json:"platform"`
	Buyer    string            `json:"buyer"`
	Credit   string            `json:"credit"` // the id of the buyer's Credit
	Amount   ledger.Money      `json:"amount"`
	Back     ledger.Money      `json:"back,omitzero"` // revoked, or expired
	Expires  time.Time         `json:"expires,omitzero"`
	Reason   string            `json:"reason,omitzero"`
	Created  time.Time         `json:"created"`
	Metadata map[string]string `json:"metadata,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (g *CreditGrant) replay() *bool { return &g.Replayed }

func (g *CreditGrant) loaded() {
	if g.Back.IsZero() {
		g.Back = ledger.Zero(g.Amount.Currency())
	}
}

var creditGrantKind = ledger.Kind[CreditGrant]{
	Name:   "connect.credit_grant",
	Prefix: "grant_",
	Loaded: (*CreditGrant).loaded,
	Keys: func(g *CreditGrant) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: g.Platform, At: g.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "buyer", Path: "buyer"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "expires", Path: "expires", Type: ledger.TimeColumn},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// GrantRequest gives store credit to a buyer.
type GrantRequest struct {
	Key      string            `json:"-"`
	BuyerID  string            `json:"buyer,omitzero"`   // the host's id: 1–200 characters
	Amount   ledger.Money      `json:"amount,omitzero"`  // more than zero, of at most twelve digits
	Expires  time.Time         `json:"expires,omitzero"` // when what is not spent of it goes back to the platform; zero: never
	Reason   string            `json:"reason,omitzero"`  // for people, at most 1,000 characters
	Metadata map[string]string `json:"metadata,omitzero"`
}

// GrantCredit gives store credit to a buyer at the platform's cost, out of what it
// has available. The money is the buyer's until it is revoked or has expired.
func (p *Platform) GrantCredit(ctx context.Context, r GrantRequest) (*CreditGrant, error) {
	verb := simpleVerb[CreditGrant]{name: "grant credit", kind: &creditGrantKind, replayed: (*CreditGrant).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*CreditGrant, error) { return p.grant(u, &r) })
}

func (p *Platform) grant(u *ledger.Unit, r *GrantRequest) (*CreditGrant, error) {
	if _, err := p.expectProfile(u); err != nil {
		return nil, err
	}
	if err := checkBuyerID("buyer", r.BuyerID); err != nil {
		return nil, err
	}
	if err := p.e.checkMoney(r.Amount, u.At()); err != nil {
		return nil, err
	}
	if !r.Expires.IsZero() && !u.At().Before(r.Expires) {
		return nil, badField("invalid_time", "expires", "it lies in the future")
	}
	if err := checkText("reason", r.Reason, 1000); err != nil {
		return nil, err
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return nil, err
	}
	cur := r.Amount.Currency()
	w, err := p.creditOf(u, r.BuyerID, cur)
	if err != nil {
		return nil, err
	}
	if err := w.full(); err != nil {
		return nil, err
	}
	g := &CreditGrant{
		ID: u.NewID(creditGrantKind.Prefix), Platform: p.id, Buyer: r.BuyerID, Credit: w.ID, Amount: r.Amount, Back: ledger.Zero(cur),
		Expires: r.Expires.UTC().Truncate(time.Microsecond), Reason: r.Reason, Created: u.At(), Metadata: r.Metadata,
	}
	w.add(CreditLot{ID: g.ID, Origin: CreditGranted, Expires: g.Expires}, g.Amount)
	b := &books{u: u, p: p, object: creditGrantKind.ID(g.ID)}
	b.post("credit granted", out(p.of(p.id, "available", cur), g.Amount), in(p.creditAccount(w.ID, cur), g.Amount))
	if err := p.putCredit(u, w); err != nil {
		return nil, err
	}
	return g, p.putGrant(u, g, EventCreditGranted)
}

func (p *Platform) putGrant(u *ledger.Unit, g *CreditGrant, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: creditGrantKind.ID(g.ID)})
	return creditGrantKind.Put(u, g.ID, g)
}

// GetCreditGrant returns a grant of the platform.
func (p *Platform) GetCreditGrant(ctx context.Context, id string) (*CreditGrant, error) {
	return get(ctx, p, &creditGrantKind, id, "credit grant", func(g *CreditGrant) string { return g.Platform })
}

// RevokeRequest takes back credit that was granted.
type RevokeRequest struct {
	Key     string       `json:"-"`
	GrantID string       `json:"grant,omitzero"`
	Amount  ledger.Money `json:"amount,omitzero"` // at most what is unspent of it; the zero Money is all of that
}

// RevokeCredit takes back what is unspent of credit that was granted.
func (p *Platform) RevokeCredit(ctx context.Context, r RevokeRequest) (*CreditGrant, error) {
	verb := simpleVerb[CreditGrant]{name: "revoke credit", kind: &creditGrantKind, target: r.GrantID, replayed: (*CreditGrant).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*CreditGrant, error) {
		g, w, err := p.granted(u, r.GrantID)
		if err != nil {
			return nil, err
		}
		left, amount := w.leftOf(g.ID), r.Amount
		switch {
		case amount == ledger.Money{}:
			amount = left
		case amount.Currency() != left.Currency():
			return nil, badField("currency_mismatch", "amount", "the credit is in "+left.Currency().String())
		case amount.Sign() < 0 || amount.IsZero():
			return nil, badField("invalid_amount", "amount", "it is more than zero")
		}
		if amount.Minor() > left.Minor() || amount.IsZero() {
			return nil, badState("credit_spent", "amount", left.String()+" of it is unspent")
		}
		return g, p.takeGrant(u, g, w, amount)
	})
}

// granted returns a grant of the platform and the credit that it went into.
func (p *Platform) granted(u *ledger.Unit, id string) (*CreditGrant, *Credit, error) {
	g, err := creditGrantKind.Get(u, id)
	if err != nil {
		return nil, nil, inField("grant", notFoundOr(err, "credit grant"))
	}
	if g.Platform != p.id {
		return nil, nil, inField("grant", notFound("credit grant"))
	}
	w, err := creditKind.Get(u, g.Credit)
	return g, w, err
}

// leftOf is what is unspent of a lot.
func (w *Credit) leftOf(lot string) ledger.Money {
	if l := w.lot(lot); l != nil {
		return l.Left
	}
	return ledger.Zero(w.Balance.Currency())
}

// takeGrant takes an amount of a grant that is unspent back to the platform.
func (p *Platform) takeGrant(u *ledger.Unit, g *CreditGrant, w *Credit, m ledger.Money) error {
	cur, l := m.Currency(), w.lot(g.ID)
	l.Left, g.Back = minus(l.Left, m), sum(g.Back, m)
	b := &books{u: u, p: p, object: creditGrantKind.ID(g.ID)}
	b.post("credit taken back", out(p.creditAccount(w.ID, cur), m), in(p.of(p.id, "available", cur), m))
	if err := p.putCredit(u, w); err != nil {
		return err
	}
	return p.putGrant(u, g, EventCreditTakenBack)
}

// expireCredit takes back what was granted and has expired. What is set aside for a
// charge under way is taken when that fails.
func (p *Platform) expireCredit(u *ledger.Unit, id string) error {
	w, err := creditKind.Get(u, id)
	if err != nil {
		return err
	}
	for _, l := range slices.Clone(w.Lots) {
		if !l.over(u.At()) || l.Left.IsZero() {
			continue
		}
		g, err := creditGrantKind.Get(u, l.ID)
		if errors.Is(err, ledger.NotFound) {
			return &ledger.Error{Class: ledger.Invalid, Code: "corrupt", Op: "connect: credit " + id, Msg: "a grant of it is not there", Err: err}
		}
		if err != nil {
			return err
		}
		if err := p.takeGrant(u, g, w, l.Left); err != nil {
			return err
		}
	}
	return nil
}
