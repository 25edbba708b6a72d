package connect

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/soukhq/souk/ledger"
)

// acting is the account on which a platform acts.
type acting struct {
	account    string
	connection string // the id; empty: the platform manages the account
	grant      int    // of the connection
	as         string // the platform whose connection it is
	scope      Scope
	controls   bool
}

// On returns the platform acting on one account.
//
// An account that the platform made and manages: all verbs work, on that account where
// a charge, a payout or a list leaves open which (others name it); another account is not found.
//
// An account that exists by itself, and is connected: the verbs that docs/scopes.md opens
// to the connection's scope, in the account's own book. What the platform has made there
// it sees whole; of the rest, how much, when and what. Charges are the account's own
// (ChargeRequest.Direct) without a commission, since a commission would have to leave the
// account's book. Whatever comes after the connection is revoked is not found, also of
// what was returned before.
//
// ID and Profile are then those of the account's book. Other accounts are not found.
func (p *Platform) On(ctx context.Context, accountID string) (*Platform, error) {
	if err := p.may(ctx, "On"); err != nil {
		return nil, fmt.Errorf("connect: on: %w", err)
	}
	a, err := accountKind.Read(ctx, p.store, accountID)
	if err != nil {
		return nil, fmt.Errorf("connect: on: %w", notFoundOr(err, "account"))
	}
	if p.on != nil && p.on.account != accountID {
		return nil, fmt.Errorf("connect: on: %w", notFound("account"))
	}
	c := *p
	if a.Platform == p.id {
		if c.on == nil {
			c.on = &acting{account: a.ID}
		}
		return &c, nil
	}
	conn, err := connectionKind.Read(ctx, p.store, connectionID(p.id, accountID))
	if err != nil {
		return nil, fmt.Errorf("connect: on: %w", notFoundOr(err, "account"))
	}
	on := &acting{account: a.ID, connection: conn.ID, grant: conn.Grant, as: p.id, scope: conn.Scope, controls: conn.Controls}
	if err := on.within(conn); err != nil || conn.Platform != p.id || conn.Account != a.ID || conn.Book != a.Platform {
		return nil, fmt.Errorf("connect: on: %w", notFound("account"))
	}
	book, err := readProfile(ctx, p.store, conn.Book)
	if err != nil {
		return nil, fmt.Errorf("connect: on: %w", err)
	}
	c.id, c.on, c.profile = conn.Book, on, seen(book)
	return &c, nil
}

// Narrow returns the platform acting with less than its connection opens: by a token that
// was given for ScopeReadOnly. It has no effect elsewhere.
func (p *Platform) Narrow(s Scope) *Platform {
	if p.on == nil || p.on.connection == "" || s != ScopeReadOnly {
		return p
	}
	c, on := *p, *p.on
	on.scope, on.controls = ScopeReadOnly, false
	c.on = &on
	return &c
}

// connected tells whether the platform acts on an account that is not its own.
func (a *acting) connected() bool { return a != nil && a.connection != "" }

// within refuses a connection that was revoked, or does not open any more what it did.
func (a *acting) within(c *Connection) error {
	if !c.Revoked.IsZero() || c.Grant != a.grant || !c.Scope.opens(a.scope) || a.controls && !c.Controls {
		return notFound("account")
	}
	return nil
}

// allows tells whether the connection's scope opens a verb.
func (a *acting) allows(v VerbScope) error {
	switch {
	case !a.connected():
		return nil
	case v.Connected == "" || !a.scope.opens(v.Connected):
		return &ledger.Error{Class: ledger.Forbidden, Code: "scope_missing", Field: "scope", Msg: "the connection does not open " + v.Verb}
	case v.Controls && !a.controls:
		return &ledger.Error{Class: ledger.Forbidden, Code: "not_in_control", Field: "scope", Msg: "another sets payouts and bank details of the account"}
	}
	return nil
}

// scopeOfKeys is the scope in which idempotency keys are the platform's: what two
// platforms choose for one account has nothing to do with each other.
func (p *Platform) scopeOfKeys() string {
	if p.on.connected() {
		return p.id + "/" + p.on.as
	}
	return p.id
}

// via names the platform that acts for an account that is not its own.
func (p *Platform) via() string {
	if p.on.connected() {
		return p.on.as
	}
	return ""
}

// connectedFields are what a request may say where it is for a connected account; of
// verbs that are not here, all.
var connectedFields = map[string][]string{
	"charge": {
		"Key", "Amount", "Total", "Source", "AccountID", "Direct", "ApplicationFee", "NoFee", "Tax", "Category", "Method", "BuyerCountry", "CaptureLater",
		"Initiation", "Exemption", "Facts", "DeliverOn", "Description", "Descriptor", "Metadata", "TransferGroup",
	},
	"refund":         {"Key", "ChargeID", "Amount", "Reason", "Metadata", "WaitDays"},
	"capture":        {"Key", "ChargeID", "Amount", "KeepRest", "NoFee", "Metadata"},
	"update account": {"Key", "AccountID", "Bank"},
	"payout":         {"Key", "AccountID", "Amount", "Currency", "Descriptor", "Metadata"},
}

// bind lets a request be about the account on which the platform acts, and refuses what
// is about another, or beyond the connection. Where fill is false the verb has a copy of
// the request already, which has to name the account.
func bind[Req any](ctx context.Context, p *Platform, verb string, r *Req, fill bool) error {
	if p.on == nil {
		return nil
	}
	v := reflect.ValueOf(r).Elem()
	if f := v.FieldByName("AccountID"); f.IsValid() && f.Kind() == reflect.String {
		switch {
		case f.String() == "" && fill:
			f.SetString(p.on.account)
		case f.String() == "":
			return badField("invalid_request", "account", "the platform acts on an account, which the request has to name")
		case f.String() != p.on.account:
			return notFound("account")
		}
	}
	if !p.on.connected() {
		return nil
	}
	if fields, ok := connectedFields[verb]; ok {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && !v.Field(i).IsZero() && !slices.Contains(fields, f.Name) {
				return badField("not_on_connected", lowerFirst(f.Name), "that cannot be asked for an account that exists by itself")
			}
		}
	}
	if c, ok := any(r).(*ChargeRequest); ok {
		if c.ApplicationFee.Sign() > 0 {
			return badField("connected_commission", "applicationFee", "a commission would leave the account's book")
		}
		c.Direct = true
	}
	return p.madeHere(ctx, v)
}

func lowerFirst(name string) string { return string(name[0]|0x20) + name[1:] }

// madeHere refuses what was made by somebody else in the account's book.
func (p *Platform) madeHere(ctx context.Context, r reflect.Value) error {
	id := func(field string) string {
		if f := r.FieldByName(field); f.IsValid() && f.Kind() == reflect.String {
			return f.String()
		}
		return ""
	}
	charge := id("ChargeID")
	if refund := id("RefundID"); refund != "" {
		x, err := refundKind.Read(ctx, p.store, refund)
		if err != nil || x.Platform != p.id {
			return notFoundOr(orNotFound(err, "refund"), "refund")
		}
		if x.Via != p.on.as {
			return notMade("refund")
		}
		return nil
	}
	what := "charge"
	if dispute := id("DisputeID"); dispute != "" {
		x, err := disputeKind.Read(ctx, p.store, dispute)
		if err != nil || x.Platform != p.id {
			return notFoundOr(orNotFound(err, "dispute"), "dispute")
		}
		charge, what = x.Charge, "dispute"
	}
	if charge == "" {
		return nil
	}
	x, err := chargeKind.Read(ctx, p.store, charge)
	if err != nil || x.Platform != p.id {
		return notFoundOr(orNotFound(err, what), what)
	}
	if x.Via != p.on.as {
		return notMade(what)
	}
	return nil
}

func orNotFound(err error, what string) error {
	if err == nil {
		return notFound(what)
	}
	return err
}

func notMade(what string) error {
	return &ledger.Error{Class: ledger.Forbidden, Code: "made_by_another", Field: what, Msg: "the " + what + " was not made by the platform"}
}

// bind lets a list be of the account on which the platform acts.
func (l *lister[T]) bind(p *Platform, r *ListRequest) error {
	switch {
	case p.on == nil:
	case r.AccountID != "" && r.AccountID != p.on.account, p.on.connected() && r.CustomerID != "":
		return notFound("account")
	case r.AccountID == "" && l.account != "" && r.ChargeID == "" && r.CustomerID == "" && r.TransferID == "" && r.TransferGroup == "":
		r.AccountID = p.on.account
	}
	return nil
}

// bindOwner is whose balance a platform asks for, where it acts on an account.
func (p *Platform) bindOwner(account *string) error {
	if p.on == nil {
		return nil
	}
	if *account == "" {
		*account = p.on.account
	}
	if *account != p.on.account {
		return notFound("account")
	}
	return nil
}
