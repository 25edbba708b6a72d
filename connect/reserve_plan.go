package connect

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// ReserveTerms say what of an account's money is kept back. They work together; the zero
// ReserveTerms keep nothing back.
type ReserveTerms struct {
	// Percent of each net that becomes available to the account is kept back for Days: of
	// what a day of pending money, a payment that is available at once, a transfer or a
	// released share brings. More than 0 and up to 100, of at most six decimals.
	Percent decimal.Decimal `json:"percent,omitzero"`
	Days    int             `json:"days,omitzero"` // 1–540: free at the beginning of that day, in UTC, after the one on which it was taken
	// Fixed are amounts that stand, at most one in a currency: what becomes available
	// fills them first. Somebody has to free them (ReleaseReserve).
	Fixed []ledger.Money `json:"fixed,omitzero"`
	// Exposure keeps back all that becomes available until it is what may still be
	// disputed (Platform.Exposure), and frees what is more, once a day at least.
	Exposure bool `json:"exposure,omitzero"`
	// Minimum are what payouts leave available, at most one in a currency. Refunds,
	// disputes and transfers may take it.
	Minimum []ledger.Money `json:"minimum,omitzero"`
	// Draw lets what the account owes take of its reserves, the oldest first, within the
	// hour.
	Draw bool `json:"draw,omitzero"`
}

// ReservePlan are reserve terms that somebody has set, for good: the last one counts.
type ReservePlan struct {
	ID          string       `json:"id"`
	Platform    string       `json:"platform"`
	Account     string       `json:"account,omitzero"` // empty: of all accounts of the platform that have no plan of their own
	Terms       ReserveTerms `json:"terms"`
	Inherit     bool         `json:"inherit,omitzero"` // it ended the account's own: the platform's counts again
	Description string       `json:"description"`
	Document    string       `json:"document,omitzero"`
	Signed      Signed       `json:"signed"`
	Created     time.Time    `json:"created"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (o *ReservePlan) replay() *bool { return &o.Replayed }

var reservePlanKind = ledger.Kind[ReservePlan]{
	Name:   "connect.reserve_plan",
	Prefix: "rplan_",
	Keys: func(o *ReservePlan) []ledger.Key {
		keys := []ledger.Key{{Name: "platform", Value: o.Platform, At: o.Created}}
		if o.Account != "" {
			keys = append(keys, ledger.Key{Name: "account", Value: o.Account, At: o.Created})
		}
		return keys
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "author", Path: "signed.author"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// ReserveRule is how a plan counts for an account, or for a platform's others.
type ReserveRule struct {
	Plan  string       `json:"plan"`
	Terms ReserveTerms `json:"terms"`
}

// ReserveRequest sets what is kept back of an account's money, or by default.
type ReserveRequest struct {
	Key         string       `json:"-"`
	By          Actor        `json:"by,omitzero"`
	AccountID   string       `json:"account,omitzero"` // empty: the platform's default
	Terms       ReserveTerms `json:"terms,omitzero"`   // zero: nothing is kept back from now on
	Inherit     bool         `json:"inherit,omitzero"` // in place of Terms: the account has the platform's default again
	Description string       `json:"description,omitzero"`
	Document    string       `json:"document,omitzero"` // at most 200 characters
}

// SetReserve sets what is kept back of what becomes available from now on. What was kept
// back by earlier terms is released by them. Fixed amounts and exposure of one account
// are taken at once of what is available to it. It needs the right of risk or finance,
// and a description of 1 to 1,000 characters.
func (p *Platform) SetReserve(ctx context.Context, r ReserveRequest) (*ReservePlan, error) {
	verb := simpleVerb[ReservePlan]{name: "set reserve", kind: &reservePlanKind, replayed: (*ReservePlan).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*ReservePlan, error) { return p.newReservePlan(u, &r) })
}

func (p *Platform) newReservePlan(u *ledger.Unit, r *ReserveRequest) (*ReservePlan, error) {
	s, err := r.By.may(ManualReserve)
	if err != nil {
		return nil, err
	}
	if err := p.checkReserve(u, r); err != nil {
		return nil, err
	}
	o := &ReservePlan{
		ID: u.NewID(reservePlanKind.Prefix), Platform: p.id, Account: r.AccountID, Terms: r.Terms, Inherit: r.Inherit,
		Description: r.Description, Document: r.Document, Signed: s, Created: u.At(),
	}
	prof, err := platformKind.Get(u, p.id)
	if err != nil {
		return nil, err
	}
	rule := &ReserveRule{Plan: o.ID, Terms: o.Terms}
	if r.AccountID == "" {
		prof.Reserve = rule
	}
	if !prof.Reserving || r.AccountID == "" {
		prof.Reserving = true
		u.Emit(ledger.Event{Type: EventPlatformUpdated, Platform: p.id, Object: platformKind.ID(p.id)})
		if err := platformKind.Put(u, p.id, prof); err != nil {
			return nil, err
		}
	}
	if r.AccountID != "" {
		if err := p.setReserve(u, prof, o, rule); err != nil {
			return nil, err
		}
	}
	if err := s.emit(u, p, EventReservePlan, reservePlanKind.ID(o.ID)); err != nil {
		return nil, err
	}
	return o, reservePlanKind.Put(u, o.ID, o)
}

// setReserve puts a plan on its account, and takes at once what stands.
func (p *Platform) setReserve(u *ledger.Unit, prof *Profile, o *ReservePlan, rule *ReserveRule) error {
	a, err := p.account(u, o.Account)
	if err != nil {
		return err
	}
	if a.Reserve = rule; o.Inherit {
		a.Reserve = nil
		rule = prof.Reserve
	}
	u.Emit(ledger.Event{Type: EventAccountUpdated, Platform: p.id, Object: accountKind.ID(a.ID)})
	if err := accountKind.Put(u, a.ID, a); err != nil || rule == nil {
		return err
	}
	currencies, err := p.availableIn(u, a.ID)
	if err != nil {
		return err
	}
	for _, c := range currencies {
		if err := p.keepStanding(u, a.ID, rule, c); err != nil {
			return err
		}
	}
	return nil
}

func (p *Platform) checkReserve(u *ledger.Unit, r *ReserveRequest) error {
	bad := func(field, msg string) error { return badField("invalid_reserve", field, msg) }
	t := &r.Terms
	switch {
	case r.Inherit && (r.AccountID == "" || !t.none()):
		return bad("inherit", "an account has the platform's terms, and none of its own then")
	case t.Percent.Sign() < 0 || t.Percent.GreaterThan(decimal.New(100, 0)) || t.Percent.Exponent() < -6:
		return bad("terms.percent", "it is from 0 to 100, of at most six decimals")
	case t.Days < 0 || t.Days > disputeReach || t.Percent.IsZero() != (t.Days == 0):
		return bad("terms.days", fmt.Sprintf("a percentage is kept back for 1 to %d days", disputeReach))
	case r.Description == "":
		return badField("invalid_text", "description", "a reserve says why")
	}
	for _, x := range []struct {
		field string
		list  []ledger.Money
	}{{"terms.fixed", t.Fixed}, {"terms.minimum", t.Minimum}} {
		if err := p.e.checkAmounts(u, x.field, x.list); err != nil {
			return err
		}
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return err
	}
	return checkText("document", r.Document, 200)
}

// checkAmounts refuses a list that is not of amounts above zero, each of another currency.
func (e *Engine) checkAmounts(u *ledger.Unit, field string, list []ledger.Money) error {
	if len(list) > maxOwing {
		return badField("invalid_amount", field, "there are at most twenty amounts")
	}
	for i, m := range list {
		switch {
		case m == ledger.Money{} || m.Sign() <= 0:
			return badField("invalid_amount", field, "an amount is more than zero")
		case m.Minor() > maximum:
			return badField("amount_too_large", field, "an amount has at most twelve digits")
		case slices.ContainsFunc(list[:i], func(x ledger.Money) bool { return x.Currency() == m.Currency() }):
			return badField("invalid_amount", field, "each currency stands in it once")
		}
		if err := e.checkCurrency(field, m.Currency(), u.At()); err != nil {
			return err
		}
	}
	return nil
}

func (t *ReserveTerms) none() bool {
	return t.Percent.IsZero() && t.Days == 0 && len(t.Fixed) == 0 && !t.Exposure && len(t.Minimum) == 0 && !t.Draw
}

// amountIn is an amount of a list in a currency, zero if there is none.
func amountIn(list []ledger.Money, c ledger.Currency) ledger.Money {
	for _, m := range list {
		if m.Currency() == c {
			return m
		}
	}
	return ledger.Zero(c)
}

// GetReservePlan returns a plan of the platform's.
func (p *Platform) GetReservePlan(ctx context.Context, id string) (*ReservePlan, error) {
	return get(ctx, p, &reservePlanKind, id, "reserve plan", func(o *ReservePlan) string { return o.Platform })
}

var reservePlanLister = &lister[ReservePlan]{
	what: "reserve plans", kind: &reservePlanKind, account: "account", platform: func(o *ReservePlan) string { return o.Platform },
}

// ListReservePlans returns a page of the plans that were ever set.
func (p *Platform) ListReservePlans(ctx context.Context, r ListRequest) (*List[ReservePlan], error) {
	return reservePlanLister.page(ctx, p, r)
}

// ReservePlans walks the plans that were ever set, newest first.
func (p *Platform) ReservePlans(ctx context.Context, r ListRequest) iter.Seq2[*ReservePlan, error] {
	return reservePlanLister.each(ctx, p, r, func(o *ReservePlan) string { return o.ID })
}
