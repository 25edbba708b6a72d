package connect

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/connect/pricing"
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
	// ShortAdvance: the platform pays what a seller lacks for a refund, out of what is
	// available to it, and has it back out of the seller's next income, before payouts
	// (Advance). Of sellers alone; what else is taken back from them is as with ShortRefuse.
	ShortAdvance ShortPolicy = "advance"
	// ShortWait: the refund waits until there is enough, in the order of asking, and nobody
	// is asked for anything before (RefundWaiting). One that waits is refused by nobody: it
	// waits for all who have too little. Other verbs, and refunds in coins, are as with
	// ShortRefuse.
	ShortWait ShortPolicy = "wait"
)

func (s ShortPolicy) or(def ShortPolicy) (ShortPolicy, error) {
	switch s {
	case "":
		return def, nil
	case ShortRefuse, ShortNegative, ShortAdvance, ShortWait:
		return s, nil
	}
	return "", &ledger.Error{Class: ledger.Invalid, Code: "invalid_short_balance", Field: "shortBalance",
		Msg: "a balance that is too short refuses, goes negative, is advanced or waits"}
}

// Profile is what is stored about a platform.
type Profile struct {
	ID           string            `json:"id"`
	Name         string            `json:"name"`
	Country      string            `json:"country"` // ISO 3166-1 alpha-2
	Base         ledger.Currency   `json:"base"`    // in which its conversions are valued
	ShortBalance ShortPolicy       `json:"shortBalance"`
	Delay        payout.Delay      `json:"delay"` // until its payments are available
	Unverified   UnverifiedPolicy  `json:"unverified,omitzero"`
	Disputes     DisputePolicy     `json:"disputes,omitzero"`
	Warnings     WarningPolicy     `json:"warnings,omitzero"` // not to be changed in place
	Risk         RiskPolicy        `json:"risk,omitzero"`
	Negative     NegativePolicy    `json:"negative,omitzero"`
	Bank         *BankAccount      `json:"bank,omitzero"`
	Prices       *pricing.List     `json:"prices,omitzero"`  // what it takes of sellers and adds for buyers; not to be changed in place
	Markets      *market.List      `json:"markets,omitzero"` // what it has otherwise than the engine's markets; likewise
	Created      time.Time         `json:"created"`
	Metadata     map[string]string `json:"metadata,omitzero"`
	SellersShort ShortPolicy       `json:"sellersShort,omitzero"` // of accounts that do not say; empty: ShortRefuse
	RefundFees   FeePolicy         `json:"refundFees,omitzero"`   // of refunds that do not say; empty: FeeKeep
	// FailedRefunds is what is undone of refunds that fail later; empty: FailedRestores.
	FailedRefunds FailedRefundPolicy `json:"failedRefunds,omitzero"`

	// TaxNumber is its number for value added tax, with which commissions are taxed by
	// where it and the seller are; empty: charges state what tax is on them.
	TaxNumber string `json:"taxNumber,omitzero"`

	Reserve   *ReserveRule   `json:"reserve,omitzero"`   // what of its accounts' money is kept back, unless they have terms of their own
	Reserving bool           `json:"reserving,omitzero"` // somebody has set reserve terms, here or for an account
	Limits    []PaymentLimit `json:"limits,omitzero"`    // of all its payments, and of each of its accounts: SetLimit

	Branding *Branding `json:"branding,omitzero"` // how it shows itself; not to be changed in place
	Client   *Client   `json:"client,omitzero"`   // what it is as a client of OAuth; likewise

	// Home is the account whose own book this is (Engine.OpenAccount); empty: it is a
	// marketplace.
	Home string `json:"home,omitzero"`
	// Controller is the platform that sets payouts and bank details of Home's account.
	Controller string `json:"controller,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// banks lists where the platform itself can be paid.
func (p *Profile) banks() []BankAccount {
	if p.Bank == nil {
		return nil
	}
	return []BankAccount{*p.Bank}
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
	Key           string             `json:"-"`
	Name          string             `json:"name,omitzero"`         // 1–100 characters
	Country       string             `json:"country,omitzero"`      // one of compliance.Countries
	Base          ledger.Currency    `json:"base,omitzero"`         // zero: the country's currency
	ShortBalance  ShortPolicy        `json:"shortBalance,omitzero"` // zero: ShortNegative
	Delay         *payout.Delay      `json:"delay,omitzero"`        // nil: the country's default
	Unverified    UnverifiedPolicy   `json:"unverified,omitzero"`   // zero: UnverifiedPaid
	Disputes      *DisputePolicy     `json:"disputes,omitzero"`     // nil: as the zero DisputePolicy
	Warnings      *WarningPolicy     `json:"warnings,omitzero"`     // nil: as the zero WarningPolicy
	Risk          *RiskPolicy        `json:"risk,omitzero"`         // nil: as the zero RiskPolicy
	Negative      *NegativePolicy    `json:"negative,omitzero"`     // nil: as the zero NegativePolicy
	Bank          *BankDetails       `json:"bank,omitzero"`         // where the platform itself is paid out
	Prices        *pricing.List      `json:"prices,omitzero"`       // nil: each charge states its commission
	Markets       *market.List       `json:"markets,omitzero"`      // on top of the engine's markets; nil: as they are
	Metadata      map[string]string  `json:"metadata,omitzero"`
	SellersShort  ShortPolicy        `json:"sellersShort,omitzero"`  // of accounts that do not say; zero: ShortRefuse
	RefundFees    FeePolicy          `json:"refundFees,omitzero"`    // of refunds that do not say: FeeKeep or FeeProportional; zero: FeeKeep
	FailedRefunds FailedRefundPolicy `json:"failedRefunds,omitzero"` // zero: FailedRestores

	TaxNumber string `json:"taxNumber,omitzero"` // 2–20 capital letters and digits; with it commissions are taxed

	Branding *Branding `json:"branding,omitzero"` // nil: its name alone
	Client   *Client   `json:"client,omitzero"`   // nil: nobody connects to it through OAuth
}

// Platform is a registered platform at work. Its verbs act only on what is its
// own. Copies made by In and Preview are cheap and independent.
type Platform struct {
	e       *Engine
	id      string
	store   ledger.Store
	joined  bool    // only records: the store is somebody else's transaction
	preview bool    // the store is a copy that nobody keeps
	actor   *Actor  // who uses it, if that was said
	key     *keyUse // the key by which it is used; nil: the host's own code uses it
	on      *acting // the account on which it acts (On); nil: all that is its own
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
	if err := checkPrices(r.Prices); err != nil { // before its numbers are written anywhere
		return nil, fmt.Errorf("connect: register: %w", err)
	}
	if err := e.checkMarkets(r.Markets); err != nil {
		return nil, fmt.Errorf("connect: register: %w", err)
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
	if !receipt.ByKey {
		return e.handle(&versioned{*p, 1}), nil
	}
	made, err := e.Platform(ctx, madeOf(receipt, platformKind.Name))
	if err == nil {
		now := *made.profile.Load()
		now.Replayed = true
		made.profile.Store(&now)
	}
	return made, err
}

func (e *Engine) newProfile(u *ledger.Unit, r PlatformRequest) (*Profile, error) {
	p := &Profile{ID: u.NewID(platformKind.Prefix), Base: r.Base, Created: u.At()}
	var err error
	if p.Country, err = compliance.ParseCountry(r.Country); err != nil {
		return nil, err
	}
	if p.Base.IsZero() {
		p.Base, _ = compliance.DefaultCurrency(p.Country)
	}
	if err := e.checkCurrency("base", p.Base, u.At()); err != nil {
		return nil, err
	}
	p.ShortBalance, p.Delay = ShortNegative, payout.DelayOf(p.Country)
	if err := checkName("name", r.Name, 100); err != nil {
		return nil, err
	}
	change := PlatformUpdate{
		Name: r.Name, ShortBalance: r.ShortBalance, SellersShort: r.SellersShort, Delay: r.Delay, Unverified: r.Unverified, Disputes: r.Disputes,
		Warnings: r.Warnings, Risk: r.Risk, Negative: r.Negative, Bank: r.Bank, Prices: r.Prices, Markets: r.Markets,
		Metadata: r.Metadata, TaxNumber: r.TaxNumber, RefundFees: r.RefundFees, FailedRefunds: r.FailedRefunds,
		Branding: r.Branding, Client: r.Client,
	}
	if err := e.change(u, p, change); err != nil {
		return nil, err
	}
	if err := e.startRelease(u, p.ID); err != nil {
		return nil, err
	}
	u.Emit(ledger.Event{Type: EventPlatformCreated, Platform: p.ID, Object: platformKind.ID(p.ID)})
	return p, platformKind.Put(u, p.ID, p)
}

// Platform returns a registered platform by its id.
func (e *Engine) Platform(ctx context.Context, id string) (*Platform, error) {
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	v, err := readProfile(ctx, e.c.Store, id)
	if err != nil {
		return nil, fmt.Errorf("connect: platform: %w", err)
	}
	return e.handle(v), nil
}

// Platforms walks all registered platforms, oldest first.
func (e *Engine) Platforms(ctx context.Context) iter.Seq2[*Platform, error] {
	return func(yield func(*Platform, error) bool) {
		q := ledger.Query{Kind: platformKind.Name, Name: "platforms"}
		for {
			var list []ledger.Object
			err := e.start(ctx)
			if err == nil {
				err = e.c.Store.Read(ctx, func(v ledger.View) (err error) {
					list, err = v.Find(q)
					return err
				})
			}
			if err != nil {
				yield(nil, fmt.Errorf("connect: platforms: %w", err))
				return
			}
			for _, o := range list {
				p, err := platformKind.Decode(o)
				if err != nil {
					yield(nil, fmt.Errorf("connect: platforms: %w", err))
					return
				}
				if !yield(e.handle(&versioned{*p, o.Version}), nil) {
					return
				}
			}
			if len(list) == 0 {
				return
			}
			q.After = list[len(list)-1].PlaceIn(q)
		}
	}
}

func readProfile(ctx context.Context, s ledger.Store, id string) (*versioned, error) {
	if !platformKind.Fits(id) {
		return nil, notFound("platform")
	}
	var o ledger.Object
	err := s.Read(ctx, func(v ledger.View) error {
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

func (e *Engine) handle(v *versioned) *Platform {
	return &Platform{e: e, id: v.ID, store: e.c.Store, profile: seen(v)}
}

// seen starts what a handle remembers of its profile.
func seen(v *versioned) *atomic.Pointer[versioned] {
	p := new(atomic.Pointer[versioned])
	p.Store(v)
	return p
}

// ID returns the platform's id.
func (p *Platform) ID() string { return p.id }

// Profile returns what is stored about the platform, as it was last read.
// On a connected account it is that of the account's book, without what a connection does
// not open.
func (p *Platform) Profile() Profile {
	prof := p.profile.Load().Profile
	if p.on.connected() {
		prof.Bank, prof.TaxNumber, prof.Metadata, prof.Controller, prof.Limits = nil, "", nil, "", nil
	}
	return prof
}

// In returns the platform working inside a store that is the host's own
// transaction: its verbs only record, and no acquirer or rail is spoken to. A
// payout that is converted asks for its rate, though, and so may a charge that names
// its buyer's country: where that goes over the network, it is better made after the commit. After the host has committed,
// Finish carries one object out and Engine.Drain all.
// In of a preview is a preview of that store.
func (p *Platform) In(s ledger.Store) *Platform {
	c := *p
	c.store, c.joined, c.profile = s, true, seen(p.profile.Load())
	if p.preview {
		return c.Preview()
	}
	return &c
}

// Preview returns the platform working on a copy of everything: its verbs run
// the same code, acquirer and rail are taken to approve, and no trace is left.
// Use one preview for one question.
func (p *Platform) Preview() *Platform {
	c, e := *p, &Engine{c: p.e.c, env: p.e.env, known: new(known), started: true}
	e.c.Store = ledger.Overlay(p.store)
	e.c.Logger = slog.New(slog.DiscardHandler)
	e.c.Acquirer, e.c.Rail, e.c.Bitcoin = approving{p.e.c.Acquirer}, accepting{p.e.c.Rail}, previewBitcoin(p.e.c.Bitcoin)
	c.e, c.store, c.joined, c.preview, c.profile = e, e.c.Store, false, true, seen(p.profile.Load())
	return &c
}

// unit runs fn in a unit of work on the platform's store.
func (p *Platform) unit(ctx context.Context, fn func(*ledger.Unit) error) (*ledger.Receipt, error) {
	r, err := p.e.env.Update(ctx, p.store, func(u *ledger.Unit) error {
		if err := fn(u); err != nil {
			return err
		}
		if err := p.watchNegative(u); err != nil || p.actor == nil {
			return err
		}
		return p.recordActs(u)
	})
	if err != nil {
		err = p.namesLimit(err)
	}
	return r, err
}

// expectProfile returns the profile, and expects it unchanged at commit. The
// first try takes what was read last, but in a host's transaction, where there
// is no second.
func (p *Platform) expectProfile(u *ledger.Unit) (*Profile, error) {
	if v := p.profile.Load(); u.First() && !p.joined {
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
