package connect

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// PlatformUpdate changes a platform. Zero fields stay as they are. Its country
// and the base of its books are for good.
type PlatformUpdate struct {
	Key           string             `json:"-"`
	Name          string             `json:"name,omitzero"` // 1–100 characters
	ShortBalance  ShortPolicy        `json:"shortBalance,omitzero"`
	Delay         *payout.Delay      `json:"delay,omitzero"` // for the payments that succeed from now on
	Unverified    UnverifiedPolicy   `json:"unverified,omitzero"`
	Disputes      *DisputePolicy     `json:"disputes,omitzero"` // for the disputes that take money from now on
	Warnings      *WarningPolicy     `json:"warnings,omitzero"` // for the warnings that are heard from now on
	Risk          *RiskPolicy        `json:"risk,omitzero"`     // for the levels that change from now on
	Negative      *NegativePolicy    `json:"negative,omitzero"` // within a day also for what is negative already
	Bank          *BankDetails       `json:"bank,omitzero"`
	Prices        *pricing.List      `json:"prices,omitzero"`        // for the charges that are made from now on; an empty list ends it
	Markets       *market.List       `json:"markets,omitzero"`       // likewise
	Metadata      map[string]string  `json:"metadata,omitzero"`      // a value sets its key, an empty one removes it
	SellersShort  ShortPolicy        `json:"sellersShort,omitzero"`  // for the accounts that are made from now on
	RefundFees    FeePolicy          `json:"refundFees,omitzero"`    // for the refunds from now on
	FailedRefunds FailedRefundPolicy `json:"failedRefunds,omitzero"` // for the refunds that fail from now on

	TaxNumber string `json:"taxNumber,omitzero"` // for the commissions from now on; "none" ends it

	Branding *Branding `json:"branding,omitzero"` // takes the place of all of it
	Client   *Client   `json:"client,omitzero"`   // likewise
}

// UpdatePlatform changes the platform.
func (p *Platform) UpdatePlatform(ctx context.Context, r PlatformUpdate) (*Profile, error) {
	if err := checkPrices(r.Prices); err != nil { // before its numbers are written anywhere
		return nil, fmt.Errorf("connect: update platform: %w", err)
	}
	if err := p.e.checkMarkets(r.Markets); err != nil {
		return nil, fmt.Errorf("connect: update platform: %w", err)
	}
	verb := simpleVerb[Profile]{
		name: "update platform", kind: &platformKind, target: p.id,
		replayed: func(o *Profile) *bool { return &o.Replayed },
	}
	prof, err := simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Profile, error) {
		o, err := platformKind.Get(u, p.id)
		if err != nil {
			return nil, err
		}
		if err := p.e.change(u, o, r); err != nil {
			return nil, err
		}
		u.Emit(ledger.Event{Type: EventPlatformUpdated, Platform: p.id, Object: platformKind.ID(p.id)})
		return o, platformKind.Put(u, p.id, o)
	})
	if err != nil {
		return nil, err
	}
	if v, err := readProfile(ctx, p.store, p.id); err == nil { // else the next verb finds out
		p.profile.Store(v)
	}
	return prof, nil
}

// change checks and makes the changes that a platform may ask for at any time.
func (e *Engine) change(u *ledger.Unit, p *Profile, r PlatformUpdate) error {
	var err error
	if r.Name != "" {
		if err := checkName("name", r.Name, 100); err != nil {
			return err
		}
		p.Name = r.Name
	}
	if p.Metadata, err = mergeMetadata(p.Metadata, r.Metadata); err != nil {
		return err
	}
	if p.ShortBalance, err = r.ShortBalance.or(p.ShortBalance); err != nil {
		return err
	}
	if r.ShortBalance == ShortAdvance {
		return badField("invalid_short_balance", "shortBalance", "nobody advances anything to the platform itself")
	}
	if p.SellersShort, err = r.SellersShort.or(p.SellersShort); err != nil {
		return inField("sellersShort", err)
	}
	if r.Delay != nil {
		if p.Delay = *r.Delay; p.Delay.Days < 0 || p.Delay.Days > 366 {
			return badField("invalid_delay", "delay", "a delay is 0 to 366 days")
		}
	}
	if err := e.changePolicies(p, r); err != nil {
		return err
	}
	switch {
	case r.Prices == nil:
	case r.Prices.Empty():
		p.Prices = nil
	default:
		p.Prices = r.Prices.Clone()
	}
	switch {
	case r.Markets == nil:
	case r.Markets.Empty():
		p.Markets = nil
	default:
		p.Markets = r.Markets.Clone()
	}
	if p.TaxNumber, err = taxNumber(r.TaxNumber, p.TaxNumber); err != nil {
		return err
	}
	if err := e.changeClient(p, r); err != nil {
		return err
	}
	if r.Bank != nil {
		b, err := r.Bank.account(u, e)
		if err != nil {
			return err
		}
		p.Bank = &b
	}
	return nil
}

// changeClient changes how the platform shows itself, and what it is to OAuth.
func (e *Engine) changeClient(p *Profile, r PlatformUpdate) error {
	if r.Branding != nil {
		if err := r.Branding.check(); err != nil {
			return err
		}
		b := *r.Branding
		p.Branding = &b
	}
	if r.Client == nil {
		return nil
	}
	c := r.Client.clone()
	if err := c.check(e.c.Live); err != nil {
		return err
	}
	p.Client = c
	return nil
}

// changePolicies changes how the platform deals with what goes wrong.
func (e *Engine) changePolicies(p *Profile, r PlatformUpdate) (err error) {
	if p.Unverified, err = r.Unverified.or(p.Unverified); err != nil {
		return err
	}
	if p.RefundFees, err = r.RefundFees.orDefault(p.RefundFees); err != nil {
		return err
	}
	if p.FailedRefunds, err = r.FailedRefunds.or(p.FailedRefunds); err != nil {
		return err
	}
	if r.Disputes != nil {
		if p.Disputes, err = r.Disputes.check(); err != nil {
			return err
		}
	}
	if r.Warnings != nil {
		if p.Warnings, err = r.Warnings.check(); err != nil {
			return err
		}
	}
	if r.Risk != nil {
		if err := r.Risk.check(e); err != nil {
			return err
		}
		p.Risk = *r.Risk
	}
	if r.Negative != nil {
		if p.Negative, err = r.Negative.check(); err != nil {
			return err
		}
	}
	return nil
}
