package connect

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// CapabilityName is something that an account may do.
type CapabilityName string

// The capabilities that money depends on: of sales that are the account's own (direct, or on
// its behalf) one of the method, and of whatever is moved to it, as its part of the
// platform's sales, transfers. Names are those of hosted marketplaces.
const (
	CardPayments   CapabilityName = "card_payments"
	Transfers      CapabilityName = "transfers"
	DebitPayments  CapabilityName = "bank_debit_payments" // of every scheme of package connect/debit
	CryptoPayments CapabilityName = "crypto_payments"
	OtherPayments  CapabilityName = "legacy_payments" // by every other method
)

// CapabilityStatus is whether an account may do something.
type CapabilityStatus string

// The states of a capability.
const (
	CapabilityUnrequested CapabilityStatus = "unrequested"
	CapabilityPending     CapabilityStatus = "pending" // the platform looks at it
	CapabilityActive      CapabilityStatus = "active"
	CapabilityInactive    CapabilityStatus = "inactive"
)

// CapabilityReason says why a capability is not active.
type CapabilityReason string

// The reasons, in the words of hosted marketplaces.
const (
	ReasonFieldsNeeded        CapabilityReason = "requirements.fields_needed"
	ReasonPendingReview       CapabilityReason = "pending.review"
	ReasonPlatformDisabled    CapabilityReason = "platform_disabled"
	ReasonUnsupportedBusiness CapabilityReason = "rejected.unsupported_business"
	ReasonPlatformPaused      CapabilityReason = "platform_paused"
	ReasonRejected            CapabilityReason = "rejected.other"
)

// Capability is one that an account has asked for.
type Capability struct {
	Name      CapabilityName   `json:"name"`
	Requested time.Time        `json:"requested"`
	Held      CapabilityReason `json:"held,omitzero"` // pending.review, platform_disabled or rejected.unsupported_business: by the platform
	Signed    *Signed          `json:"signed,omitzero"`
}

// CapabilityView is how a capability stands.
type CapabilityView struct {
	Name   CapabilityName
	Status CapabilityStatus
	Reason CapabilityReason         // why it is not active
	Due    []compliance.Requirement // for requirements.fields_needed; also of one that is not requested
}

// CapabilityAction is what is done to a capability.
type CapabilityAction string

// The actions. The first two are the account's; the others need the right of compliance or risk.
const (
	CapabilityRequest CapabilityAction = "request"
	CapabilityGiveUp  CapabilityAction = "give_up" // but card_payments and transfers, which stay for good
	CapabilityHold    CapabilityAction = "hold"    // for a Reason
	CapabilityFree    CapabilityAction = "free"    // ends that
)

// CapabilityRequestBy changes a capability of an account.
type CapabilityRequestBy struct {
	Key       string           `json:"-"`
	By        Actor            `json:"by,omitzero"` // who holds or frees it
	AccountID string           `json:"account,omitzero"`
	Name      CapabilityName   `json:"name,omitzero"`
	Action    CapabilityAction `json:"action,omitzero"` // empty: CapabilityRequest
	Reason    CapabilityReason `json:"reason,omitzero"` // of a hold
}

func (r CapabilityRequestBy) actor() Actor { return r.By }

// UpdateCapability requests, gives up, holds or frees a capability. An account that has
// requested none may do everything, as its platform lets it; from the first request on it
// does what is active of that alone, and everything else is of class State, code
// capability_inactive. One waits for what the country asks for (Requirements). If both
// card_payments and transfers are requested, and one is inactive, both are. Those that were
// requested for good, and those that somebody holds, are not given up: class State, codes
// capability_permanent and capability_held. An account
// under a recipient agreement has transfers alone (recipient_agreement).
func (p *Platform) UpdateCapability(ctx context.Context, r CapabilityRequestBy) (*Account, error) {
	verb := simpleVerb[Account]{name: "update capability", kind: &accountKind, replayed: (*Account).replay, target: r.AccountID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Account, error) {
		a, err := p.account(u, r.AccountID)
		if err != nil {
			return nil, err
		}
		switch r.Name {
		case CardPayments, Transfers, DebitPayments, CryptoPayments, OtherPayments:
		default:
			return nil, badField("invalid_capability", "name", "there is no such capability")
		}
		by, err := a.changeCapability(u, &r)
		if err != nil {
			return nil, err
		}
		return a, p.putPaused(u, a, by, EventAccountUpdated)
	})
}

func (a *Account) changeCapability(u *ledger.Unit, r *CapabilityRequestBy) (*Signed, error) {
	i := slices.IndexFunc(a.Capabilities, func(c Capability) bool { return c.Name == r.Name })
	a.Capabilities = slices.Clone(a.Capabilities)
	none := badState("capability_inactive", "name", "the capability is not requested")
	if r.Reason != "" && r.Action != CapabilityHold {
		return nil, badField("invalid_request", "reason", "a reason is that of a hold")
	}
	switch r.Action {
	case "", CapabilityRequest:
		if a.Terms != nil && a.Terms.Agreement == RecipientAgreement && r.Name != Transfers {
			return nil, badState("recipient_agreement", "name", "a recipient has transfers alone")
		}
		if i < 0 {
			a.Capabilities = append(a.Capabilities, Capability{Name: r.Name, Requested: u.At()})
		}
		a.Asks = true
		return nil, nil
	case CapabilityGiveUp:
		switch {
		case i < 0:
			return nil, none
		case r.Name == CardPayments || r.Name == Transfers:
			return nil, badState("capability_permanent", "name", "the capability is for good")
		case a.Capabilities[i].Held != "":
			return nil, badState("capability_held", "name", "who held the capability frees it first: "+string(a.Capabilities[i].Held))
		}
		a.Capabilities = slices.Delete(a.Capabilities, i, i+1)
		return nil, nil
	case CapabilityHold, CapabilityFree:
	default:
		return nil, badField("invalid_action", "action", "a capability is requested, given up, held or freed")
	}
	s, err := r.By.may(ManualCapability)
	switch {
	case err != nil:
		return nil, err
	case i < 0:
		return nil, none
	case r.Action == CapabilityHold && r.Reason != ReasonPendingReview && r.Reason != ReasonPlatformDisabled && r.Reason != ReasonUnsupportedBusiness:
		return nil, badField("invalid_reason", "reason", "it is pending.review, platform_disabled or rejected.unsupported_business")
	}
	a.Capabilities[i].Held, a.Capabilities[i].Signed = r.Reason, &s
	return &s, nil
}

// asks tells an account that has requested a capability, also one that it gave up since.
func (a *Account) asks() bool { return a.Asks || len(a.Capabilities) > 0 }

// capability is how one of an account stands, of which so much is due.
func (a *Account) capability(name CapabilityName, due []compliance.Requirement) CapabilityView {
	v := a.capabilityAlone(name, due)
	other := map[CapabilityName]CapabilityName{CardPayments: Transfers, Transfers: CardPayments}[name]
	if v.Status == CapabilityActive && other != "" {
		if o := a.capabilityAlone(other, due); o.Status == CapabilityInactive {
			v.Status, v.Reason = o.Status, o.Reason
		}
	}
	return v
}

func (a *Account) capabilityAlone(name CapabilityName, due []compliance.Requirement) CapabilityView {
	v := CapabilityView{Name: name, Status: CapabilityActive, Due: due}
	i := slices.IndexFunc(a.Capabilities, func(c Capability) bool { return c.Name == name })
	switch {
	case a.asks() && i < 0:
		v.Status = CapabilityUnrequested
	case a.Rejected() != nil:
		v.Status, v.Reason = CapabilityInactive, ReasonRejected
	case i >= 0 && a.Capabilities[i].Held == ReasonPendingReview:
		v.Status, v.Reason = CapabilityPending, ReasonPendingReview
	case i >= 0 && a.Capabilities[i].Held != "":
		v.Status, v.Reason = CapabilityInactive, a.Capabilities[i].Held
	case i >= 0 && len(due) > 0:
		v.Status, v.Reason = CapabilityInactive, ReasonFieldsNeeded
	case name != Transfers && paused(a.Pauses, (*AccountPause).ofCharges) != nil:
		v.Status, v.Reason = CapabilityInactive, ReasonPlatformPaused
	}
	return v
}

// byMethod is the capability that a sale of an account's own takes.
func byMethod(method string) CapabilityName {
	switch method {
	case "", pricing.Card:
		return CardPayments
	case MethodBankDebit:
		return DebitPayments
	case MethodBitcoin:
		return CryptoPayments
	}
	return OtherPayments
}

// capable expects that an account may do something. One that has requested nothing may do
// everything.
func (p *Platform) capable(u *ledger.Unit, account string, name CapabilityName) error {
	s, err := p.expectSeller(u, account)
	if err != nil || !s.asks {
		return err
	}
	a, err := p.account(u, account)
	if err != nil {
		return err
	}
	ent, err := compliance.Kind.Get(u, a.Entity)
	if err != nil {
		return err
	}
	v := a.capability(name, ent.Missing())
	if v.Status == CapabilityActive || !a.asks() {
		return nil
	}
	if v.Reason == ReasonFieldsNeeded {
		return &compliance.Blocked{What: strings.ReplaceAll(string(name), "_", " "), Due: v.Due}
	}
	return badState("capability_inactive", "account", string(name)+" is "+string(v.Status)+" "+string(v.Reason))
}

// capableOf expects what a new charge takes of whose it is.
func (p *Platform) capableOf(u *ledger.Unit, c *Charge) error {
	if c.OnBehalfOf != "" && c.OnBehalfOf != c.Account {
		if err := p.capable(u, c.OnBehalfOf, byMethod(c.Method)); err != nil {
			return inField("onBehalfOf", err)
		}
	}
	for i := range c.Shares {
		if err := p.capable(u, c.Shares[i].Account, Transfers); err != nil {
			return err
		}
	}
	switch {
	case c.Account == "":
		return nil
	case c.Direct:
		return p.capable(u, c.Account, byMethod(c.Method))
	case c.OnBehalfOf == c.Account:
		if err := p.capable(u, c.Account, byMethod(c.Method)); err != nil {
			return err
		}
	}
	return p.capable(u, c.Account, Transfers)
}

// mayReceive expects that money may be moved to an account.
func (p *Platform) mayReceive(u *ledger.Unit, account string) error {
	s, err := p.expectSeller(u, account)
	if err != nil {
		return err
	}
	for i := range s.pauses {
		if s.pauses[i].Cause == PauseRejected {
			a, err := p.account(u, account) // what is remembered may be of before
			if err != nil {
				return err
			}
			if a.Rejected() != nil {
				return accountRejected()
			}
		}
	}
	return p.capable(u, account, Transfers)
}
