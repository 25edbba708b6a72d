package connect

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Connection is what an account that exists by itself lets a platform do (OpenAccount,
// Platform.On). There is one between an account and a platform, which is granted and
// revoked any number of times.
type Connection struct {
	ID       string `json:"id"`
	Platform string `json:"platform"` // to whom it is open
	Account  string `json:"account"`
	Book     string `json:"book"` // in which the account is: a platform of its own
	Scope    Scope  `json:"scope"`
	// Controls tells that the platform sets the account's payouts and bank details: one
	// platform at a time.
	Controls bool      `json:"controls,omitzero"`
	Grant    int       `json:"grant"`       // counts how often it was granted: what an earlier grant opened stays closed
	By       string    `json:"by,omitzero"` // who granted it, by the host's id of them
	Created  time.Time `json:"created"`
	Granted  time.Time `json:"granted"`
	Revoked  time.Time `json:"revoked,omitzero"` // since when it opens nothing

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

var connectionKind = ledger.Kind[Connection]{
	Name:   "connect.connection",
	Prefix: "conn_",
	Keys: func(c *Connection) []ledger.Key {
		keys := []ledger.Key{{Name: "platform", Value: c.Platform, At: c.Created}, {Name: "account", Value: c.Account, At: c.Created}}
		if c.Controls && c.Revoked.IsZero() {
			keys = append(keys, ledger.Key{Name: "controls", Value: c.Account, At: c.Granted})
		}
		return keys
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "scope", Path: "scope"},
		{Name: "granted", Path: "granted", Type: ledger.TimeColumn}, {Name: "revoked", Path: "revoked", Type: ledger.TimeColumn},
	},
}

var connectionLister = &lister[Connection]{what: "connections", kind: &connectionKind, platform: func(c *Connection) string { return c.Platform }}

func (c *Connection) replay() *bool { return &c.Replayed }

// The events of connections. The platform gets them, and the account's own book.
const (
	EventConnected    = "account.application.authorized"
	EventDisconnected = "account.application.deauthorized"
)

// connectionID names the connection of an account with a platform.
func connectionID(platform, account string) string {
	return connectionKind.Prefix + strings.TrimPrefix(platform, platformKind.Prefix) + "_" + strings.TrimPrefix(account, accountKind.Prefix)
}

// OpenAccountRequest opens an account that exists by itself.
type OpenAccountRequest struct {
	Key     string         `json:"-"`
	Name    string         `json:"name,omitzero"` // of whom it is, for people: 1–100 characters
	Account AccountRequest `json:"account,omitzero"`
}

// OpenAccount opens an account that exists by itself: with one balance in a book of its
// own, to which platforms connect (Connect). The house bears what it cannot pay. The
// account's own login is the host's business: OwnBook is the account as its owner uses it.
func (e *Engine) OpenAccount(ctx context.Context, r OpenAccountRequest) (*Account, error) {
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	hash, err := ledger.HashRequest("open account", &r)
	if err != nil {
		return nil, err
	}
	var a *Account
	receipt, err := e.env.Update(ctx, e.c.Store, func(u *ledger.Unit) error {
		a = nil
		if err := u.Under(ledger.Idem{Scope: "engine", Key: r.Key, Hash: hash}); err != nil {
			return err
		}
		prof, err := e.newProfile(u, PlatformRequest{Name: r.Name, Country: r.Account.Country})
		if err != nil {
			return err
		}
		if r.Account.LossesBearer, err = homeBears(r.Account.LossesBearer); err != nil {
			return err
		}
		if a, err = e.handle(&versioned{*prof, 0}).newAccount(u, r.Account); err != nil {
			return inAccount(err)
		}
		prof.Home = a.ID
		return platformKind.Put(u, prof.ID, prof)
	})
	if err != nil {
		return nil, fmt.Errorf("connect: open account: %w", err)
	}
	if !receipt.ByKey {
		return a, nil
	}
	if a, err = accountKind.Read(ctx, e.c.Store, madeOf(receipt, accountKind.Name)); err == nil {
		a.Replayed = true
	}
	return a, err
}

// homeBears refuses that somebody bears the losses of an account that no platform made.
func homeBears(p Party) (Party, error) {
	if p == "" || p == PartyHouse {
		return PartyHouse, nil
	}
	return "", badField("invalid_party", "account.lossesBearer", "the house bears what an account that exists by itself cannot pay")
}

func inAccount(err error) error {
	if e, ok := err.(*ledger.Error); ok && e.Field != "" {
		return inField("account."+e.Field, err)
	}
	return err
}

// OwnBook returns the book of an account that exists by itself, as its owner uses it:
// with all of it, and without a scope. Other accounts are not found.
func (e *Engine) OwnBook(ctx context.Context, accountID string) (*Platform, error) {
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	a, err := accountKind.Read(ctx, e.c.Store, accountID)
	if err != nil {
		return nil, fmt.Errorf("connect: own book: %w", notFoundOr(err, "account"))
	}
	p, err := e.Platform(ctx, a.Platform)
	if err != nil {
		return nil, err
	}
	if p.Profile().Home != accountID {
		return nil, fmt.Errorf("connect: own book: %w", notFound("account"))
	}
	return p, nil
}

// ConnectRequest opens an account to a platform. The host vouches that By may.
type ConnectRequest struct {
	Key        string `json:"-"`
	AccountID  string `json:"account,omitzero"`
	PlatformID string `json:"platform,omitzero"`
	Scope      Scope  `json:"scope,omitzero"` // zero: ScopeReadOnly
	// Controls lets the platform set payouts and bank details, with ScopeReadWrite. One
	// platform at a time: State, code controlled.
	Controls bool   `json:"controls,omitzero"`
	By       string `json:"by,omitzero"` // who agreed, by the host's id of them: 1–100 characters
}

// DisconnectRequest closes an account to a platform.
type DisconnectRequest struct {
	Key       string `json:"-"`
	AccountID string `json:"account,omitzero"`
	// PlatformID is whom the account is closed to. Platform.Disconnect has no use for it.
	PlatformID string `json:"platform,omitzero"`
	Grant      int    `json:"grant,omitzero"` // only what this grant opened; 0: whatever is open
}

// Connect opens an account that exists by itself to a platform. A connection that is
// open already gets the wider of the two scopes. Errors: not_found (account, platform),
// invalid_scope, invalid_actor; account_managed of an account that a platform made;
// client_disabled; controlled.
func (e *Engine) Connect(ctx context.Context, r ConnectRequest) (*Connection, error) {
	return e.connection(ctx, "connect", r.Key, &r, func(u *ledger.Unit) (*Connection, error) { return e.grant(u, &r) },
		connectionID(r.PlatformID, r.AccountID))
}

// Disconnect closes an account to a platform: the next call of it is refused. Refunds,
// disputes and reserves that are open run on.
func (e *Engine) Disconnect(ctx context.Context, r DisconnectRequest) (*Connection, error) {
	return e.connection(ctx, "disconnect", r.Key, &r, func(u *ledger.Unit) (*Connection, error) { return revokeConnection(u, &r) },
		connectionID(r.PlatformID, r.AccountID))
}

// Disconnect gives a connection up: a platform's own side of Engine.Disconnect.
func (p *Platform) Disconnect(ctx context.Context, r DisconnectRequest) (*Connection, error) {
	r.PlatformID = p.id
	verb := simpleVerb[Connection]{name: "disconnect", kind: &connectionKind, replayed: (*Connection).replay, target: connectionID(p.id, r.AccountID)}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Connection, error) { return revokeConnection(u, &r) })
}

// connection runs a verb of the owner's.
func (e *Engine) connection(ctx context.Context, verb, key string, r any, fn func(*ledger.Unit) (*Connection, error), target string) (*Connection, error) {
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	hash, err := ledger.HashRequest(verb, r)
	if err != nil {
		return nil, err
	}
	var c *Connection
	receipt, err := e.env.Update(ctx, e.c.Store, func(u *ledger.Unit) error {
		err := u.Under(ledger.Idem{Scope: "engine", Key: key, Hash: hash})
		if err == nil {
			c, err = fn(u)
		}
		return err
	})
	if err == nil && receipt.ByKey {
		if c, err = connectionKind.Read(ctx, e.c.Store, target); err == nil {
			c.Replayed = true
		}
	}
	if err != nil {
		return nil, fmt.Errorf("connect: %s: %w", verb, err)
	}
	return c, nil
}

func (e *Engine) grant(u *ledger.Unit, r *ConnectRequest) (*Connection, error) {
	r.Scope = cmp.Or(r.Scope, ScopeReadOnly)
	switch {
	case r.Scope != ScopeReadOnly && r.Scope != ScopeReadWrite:
		return nil, badField("invalid_scope", "scope", "a connection is read_only or read_write")
	case r.Controls && r.Scope != ScopeReadWrite:
		return nil, badField("invalid_scope", "controls", "who only reads controls nothing")
	case !plain(r.By, 1, 100):
		return nil, badField("invalid_actor", "by", "who agrees is 1 to 100 characters of printable ASCII without spaces")
	case holdsCard(r.By):
		return nil, cardIn("by")
	}
	a, home, err := e.homeOf(u, r.AccountID)
	if err != nil {
		return nil, err
	}
	p, err := platformKind.Get(u, r.PlatformID)
	if err != nil || p.Home != "" {
		return nil, notFoundOr(cmp.Or(err, notFound("platform")), "platform")
	}
	if p.Client != nil && p.Client.Disabled {
		return nil, badState("client_disabled", "platform", "the platform takes no new connections")
	}
	if a.closes() {
		return nil, accountClosed(a.ID)
	}
	id := connectionID(p.ID, a.ID)
	o, err := u.Object(connectionKind.ID(id))
	if err != nil {
		return nil, err
	}
	c := &Connection{ID: id, Platform: p.ID, Account: a.ID, Book: home.ID, Created: u.At()}
	if o.Version > 0 {
		if c, err = connectionKind.Decode(o); err != nil {
			return nil, err
		}
	}
	if open := c.Revoked.IsZero() && c.Grant > 0; !open {
		c.Scope, c.Controls, c.Revoked = "", false, time.Time{}
		c.Grant++
	}
	if r.Scope.opens(c.Scope) || c.Scope == "" {
		c.Scope = r.Scope
	}
	if r.Controls && !c.Controls {
		if home.Controller != "" && home.Controller != p.ID {
			return nil, badState("controlled", "controls", "another platform sets payouts and bank details of the account")
		}
		c.Controls, home.Controller = true, p.ID
		if err := platformKind.Put(u, home.ID, home); err != nil {
			return nil, err
		}
	}
	c.Granted, c.By = u.At(), r.By
	return c, putConnection(u, c, EventConnected)
}

// homeOf returns an account that exists by itself, and the book that it is in.
func (e *Engine) homeOf(u *ledger.Unit, account string) (*Account, *Profile, error) {
	a, err := accountKind.Get(u, account)
	if err != nil {
		return nil, nil, notFoundOr(err, "account")
	}
	home, err := platformKind.Get(u, a.Platform)
	if err != nil {
		return nil, nil, err
	}
	if home.Home != a.ID {
		return nil, nil, badState("account_managed", "account", "a platform made the account and manages it")
	}
	return a, home, nil
}

func revokeConnection(u *ledger.Unit, r *DisconnectRequest) (*Connection, error) {
	c, err := connectionKind.Get(u, connectionID(r.PlatformID, r.AccountID))
	if err != nil || c.Platform != r.PlatformID || c.Account != r.AccountID {
		return nil, notFoundOr(cmp.Or(err, notFound("account")), "account")
	}
	if !c.Revoked.IsZero() || r.Grant != 0 && r.Grant != c.Grant {
		return c, nil
	}
	if c.Controls {
		home, err := platformKind.Get(u, c.Book)
		if err != nil {
			return nil, err
		}
		home.Controller = ""
		if err := platformKind.Put(u, home.ID, home); err != nil {
			return nil, err
		}
	}
	c.Revoked, c.Controls = u.At(), false
	return c, putConnection(u, c, EventDisconnected)
}

func putConnection(u *ledger.Unit, c *Connection, event string) error {
	u.Emit(ledger.Event{Type: event, Platform: c.Platform, Object: connectionKind.ID(c.ID)})
	u.Emit(ledger.Event{Type: event, Platform: c.Book, Object: connectionKind.ID(c.ID)})
	return connectionKind.Put(u, c.ID, c)
}

// GetConnection returns a connection of the platform by its id.
func (p *Platform) GetConnection(ctx context.Context, id string) (*Connection, error) {
	return get(ctx, p, &connectionKind, id, "connection", func(c *Connection) string { return c.Platform })
}

// ListConnections returns a page of the platform's connections, those that were revoked
// too.
func (p *Platform) ListConnections(ctx context.Context, r ListRequest) (*List[Connection], error) {
	return connectionLister.page(ctx, p, r)
}

// Connections walks them, newest first.
func (p *Platform) Connections(ctx context.Context, r ListRequest) iter.Seq2[*Connection, error] {
	return connectionLister.each(ctx, p, r, func(c *Connection) string { return c.ID })
}

// ConnectionsOf lists to whom an account is or was open: for its owner.
func (e *Engine) ConnectionsOf(ctx context.Context, accountID string) (list []*Connection, err error) {
	q := ledger.Query{Kind: connectionKind.Name, Name: "account", Value: accountID}
	for {
		var page []ledger.Object
		err := e.c.Store.Read(ctx, func(v ledger.View) (err error) {
			page, err = v.Find(q)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("connect: connections: %w", err)
		}
		for _, o := range page {
			c, err := connectionKind.Decode(o)
			if err != nil {
				return nil, fmt.Errorf("connect: connections: %w", err)
			}
			list = append(list, c)
		}
		if len(page) == 0 {
			return list, nil
		}
		q.After = page[len(page)-1].PlaceIn(q)
	}
}
