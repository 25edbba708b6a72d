package connect

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// ShortPolicy says what happens when a refund takes more from somebody than
// they have.
type ShortPolicy string

// The policies. An account's default is ShortRefuse, a platform's ShortNegative.
const (
	ShortRefuse   ShortPolicy = "refuse"   // the refund is refused with insufficient_funds
	ShortNegative ShortPolicy = "negative" // the balance goes below zero, and later income fills it
)

func (s ShortPolicy) or(def ShortPolicy) (ShortPolicy, error) {
	switch s {
	case "":
		return def, nil
	case ShortRefuse, ShortNegative:
		return s, nil
	}
	return "", &ledger.Error{Class: ledger.Invalid, Code: "invalid_short_balance", Field: "short_balance",
		Msg: "a balance that is too short refuses or goes negative"}
}

// Profile is what is stored about a platform.
type Profile struct {
	ID           string            `json:"id"`
	Name         string            `json:"name"`
	Country      string            `json:"country"` // ISO 3166-1 alpha-2
	Base         ledger.Currency   `json:"base"`    // in which its conversions are valued
	ShortBalance ShortPolicy       `json:"shortBalance"`
	Delay        payout.Delay      `json:"delay"` // until its payments are available
	Bank         *BankAccount      `json:"bank,omitzero"`
	Created      time.Time         `json:"created"`
	Metadata     map[string]string `json:"metadata,omitzero"`
}

var platformKind = ledger.Kind[Profile]{
	Name:   "connect.platform",
	Prefix: "plat_",
	Keys: func(p *Profile) []ledger.Key {
		return []ledger.Key{{Name: "platforms", At: p.Created}}
	},
	Columns: []ledger.Column{
		{Name: "name", Path: "name"}, {Name: "country", Path: "country"}, {Name: "base", Path: "base"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// PlatformRequest registers a platform.
type PlatformRequest struct {
	Key          string            `json:"-"`
	Name         string            `json:"name,omitzero"`         // 1–100 characters
	Country      string            `json:"country,omitzero"`      // one of compliance.Countries
	Base         ledger.Currency   `json:"base,omitzero"`         // zero: the country's currency
	ShortBalance ShortPolicy       `json:"shortBalance,omitzero"` // zero: ShortNegative
	Delay        *payout.Delay     `json:"delay,omitzero"`        // nil: the country's default
	Bank         *BankDetails      `json:"bank,omitzero"`         // where the platform itself is paid out
	Metadata     map[string]string `json:"metadata,omitzero"`
}

// Platform is a registered platform at work. Its verbs act only on what is its
// own. Copies made by In and Preview are cheap and independent.
type Platform struct {
	e       *Engine
	id      string
	store   ledger.Store
	joined  bool // only records: the store is somebody else's transaction
	profile *atomic.Pointer[versioned]
}

// versioned is a profile as it was last read. Commits check that it still is so.
type versioned struct {
	Profile
	version int64
}

// Register registers a platform.
func (e *Engine) Register(ctx context.Context, r PlatformRequest) (*Platform, error) {
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	hash, err := ledger.HashRequest("register", &r)
	if err != nil {
		return nil, err
	}
	var p *Profile
	receipt, err := e.env.Update(ctx, e.c.Store, func(u *ledger.Unit) error {
		err := u.Under(ledger.Idem{Scope: "engine", Key: r.Key, Hash: hash})
		if err == nil {
			p, err = e.newProfile(u, r)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("connect: register: %w", err)
	}
	if receipt.ByKey {
		return e.Platform(ctx, madeOf(receipt, platformKind.Name))
	}
	return e.handle(*p, 1), nil
}

func (e *Engine) newProfile(u *ledger.Unit, r PlatformRequest) (*Profile, error) {
	p := &Profile{ID: u.NewID(platformKind.Prefix), Name: r.Name, Base: r.Base, Created: u.At(), Metadata: r.Metadata}
	if err := checkName("name", r.Name, 100); err != nil {
		return nil, err
	}
	if err := ledger.CheckMetadata(r.Metadata); err != nil {
		return nil, err
	}
	var err error
	if p.Country, err = compliance.ParseCountry(r.Country); err != nil {
		return nil, err
	}
	if p.ShortBalance, err = r.ShortBalance.or(ShortNegative); err != nil {
		return nil, err
	}
	if p.Base.IsZero() {
		p.Base, _ = compliance.DefaultCurrency(p.Country)
	}
	if err := e.checkCurrency(p.Base, u.At()); err != nil {
		return nil, err
	}
	p.Delay = payout.DelayOf(p.Country)
	if r.Delay != nil {
		p.Delay = *r.Delay
	}
	if p.Delay.Days < 0 || p.Delay.Days > 366 {
		return nil, badField("invalid_delay", "delay", "a delay is 0 to 366 days")
	}
	if r.Bank != nil {
		b, err := r.Bank.account(u, e)
		if err != nil {
			return nil, err
		}
		p.Bank = &b
	}
	if err := platformKind.Put(u, p.ID, p); err != nil {
		return nil, err
	}
	if err := e.startRelease(u, p.ID); err != nil {
		return nil, err
	}
	u.Emit(ledger.Event{Type: "platform.created", Platform: p.ID, Object: platformKind.ID(p.ID)})
	return p, e.startRail(u)
}

// Platform returns a registered platform by its id.
func (e *Engine) Platform(ctx context.Context, id string) (*Platform, error) {
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	v, err := e.readProfile(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("connect: platform: %w", err)
	}
	return e.handle(v.Profile, v.version), nil
}

func (e *Engine) readProfile(ctx context.Context, id string) (*versioned, error) {
	if !platformKind.Fits(id) {
		return nil, notFound("platform")
	}
	var o ledger.Object
	err := e.c.Store.Read(ctx, func(v ledger.View) error {
		list, err := v.Objects(platformKind.ID(id))
		if err == nil {
			o = list[0]
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if o.Version == 0 {
		return nil, notFound("platform")
	}
	p, err := platformKind.Decode(o)
	if err != nil {
		return nil, err
	}
	return &versioned{*p, o.Version}, nil
}

func (e *Engine) handle(p Profile, version int64) *Platform {
	h := &Platform{e: e, id: p.ID, store: e.c.Store, profile: new(atomic.Pointer[versioned])}
	h.profile.Store(&versioned{p, version})
	return h
}

// ID returns the platform's id.
func (p *Platform) ID() string { return p.id }

// Profile returns what is stored about the platform, as it was last read.
func (p *Platform) Profile() Profile { return p.profile.Load().Profile }

// In returns the platform working inside a store that is the host's own
// transaction: its verbs only record, and nothing outside is spoken to. After
// the host has committed, Finish carries one object out and Engine.Drain all.
func (p *Platform) In(s ledger.Store) *Platform {
	c := *p
	c.store, c.joined = s, true
	return &c
}

// Preview returns the platform working on a copy of everything: its verbs run
// the same code, acquirer and rail are taken to approve, and no trace is left.
// Use one preview for one question.
func (p *Platform) Preview() *Platform {
	c, e := *p, &Engine{c: p.e.c, env: p.e.env, known: new(known), started: true}
	e.c.Store = ledger.Overlay(p.store)
	e.c.Acquirer, e.c.Rail = approving{p.e.c.Acquirer}, accepting{p.e.c.Rail}
	c.e, c.store, c.joined = e, e.c.Store, false
	return &c
}

// unit runs fn in a unit of work on the platform's store.
func (p *Platform) unit(ctx context.Context, fn func(*ledger.Unit) error) (*ledger.Receipt, error) {
	return p.e.env.Update(ctx, p.store, fn)
}

// expectProfile returns the profile, and expects it unchanged at commit. The
// first try takes what was read last.
func (p *Platform) expectProfile(u *ledger.Unit) (*Profile, error) {
	if v := p.profile.Load(); u.First() {
		u.Assume(platformKind.ID(p.id), v.version)
		return &v.Profile, nil
	}
	fresh, err := platformKind.Get(u, p.id)
	if err != nil {
		return nil, err
	}
	o, err := u.Object(platformKind.ID(p.id))
	if err != nil {
		return nil, err
	}
	p.profile.Store(&versioned{*fresh, o.Version})
	return fresh, nil
}

// madeOf returns the first object of a kind that a receipt says was made.
func madeOf(r *ledger.Receipt, kind string) string {
	for _, id := range r.Made {
		if id.Kind == kind {
			return id.ID
		}
	}
	return ""
}

// notFound is the one answer for what does not exist and for what is not the
// caller's to see.
func notFound(what string) error {
	return &ledger.Error{Class: ledger.NotFound, Code: "not_found", Op: "connect", Msg: "there is no such " + what}
}

func badField(code, field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Msg: msg}
}

func badState(code, field, msg string) error {
	return &ledger.Error{Class: ledger.State, Code: code, Field: field, Msg: msg}
}

// checkName refuses names that are empty, too long, or not plain text.
func checkName(field, name string, most int) error {
	if name == "" || utf8.RuneCountInString(name) > most || !utf8.ValidString(name) {
		return badField("invalid_name", field, fmt.Sprintf("a name is 1 to %d characters", most))
	}
	for _, r := range name {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return badField("invalid_name", field, "a name has no control or direction characters")
		}
	}
	return nil
}
