package connect

import (
	"context"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// PauseCause says why an account is paused.
type PauseCause string

// The causes. There is at most one pause of each.
const (
	PauseByHand PauseCause = "by_hand"
	PauseRates  PauseCause = "dispute_rates" // by the platform's RiskPolicy; it ends with the level
)

// AccountPause keeps an account from new charges or payouts. What was made before goes on:
// captures, refunds and disputes, what is pending, payouts that were claimed.
type AccountPause struct {
	Cause   PauseCause `json:"cause"`
	Charges bool       `json:"charges,omitzero"`
	Payouts bool       `json:"payouts,omitzero"`
	Since   time.Time  `json:"since"`
	Reason  string     `json:"reason,omitzero"` // of a rejected account, a RejectReason
	// Description is for people, of a rejected account.
	Description string  `json:"description,omitzero"`
	Signed      *Signed `json:"signed,omitzero"` // who did it; nil: a policy
}

// paused refuses what a pause forbids.
func paused(list []AccountPause, forbids func(*AccountPause) bool) error {
	for i := range list {
		if forbids(&list[i]) && list[i].Cause == PauseRejected {
			return accountRejected()
		}
	}
	for i := range list {
		if forbids(&list[i]) {
			return badState("account_paused", "account", "the account is paused: "+string(list[i].Cause))
		}
	}
	return nil
}

func (x *AccountPause) ofCharges() bool { return x.Charges }
func (x *AccountPause) ofPayouts() bool { return x.Payouts }

// mayCharge expects that an account may have new charges. What is remembered may be of
// before another process ended the pause, or the closing, so that a refusal reads it again.
func (p *Platform) mayCharge(u *ledger.Unit, account string) error {
	s, err := p.expectSeller(u, account)
	if err != nil || !s.closes && paused(s.pauses, (*AccountPause).ofCharges) == nil {
		return err
	}
	a, err := p.account(u, account)
	switch {
	case err != nil:
		return err
	case a.closes():
		return accountClosed(account)
	}
	return paused(a.Pauses, (*AccountPause).ofCharges)
}

// pause puts a pause in place of the one of its cause; one of nothing ends that.
func (p *Platform) pause(u *ledger.Unit, a *Account, x AccountPause, by *Signed) error {
	i := slices.IndexFunc(a.Pauses, func(o AccountPause) bool { return o.Cause == x.Cause })
	event := EventAccountPaused
	switch x.Since, x.Signed = u.At(), by; {
	case !x.Charges && !x.Payouts && i < 0:
		return nil
	case !x.Charges && !x.Payouts:
		a.Pauses = slices.Delete(slices.Clone(a.Pauses), i, i+1)
		event = EventAccountResumed
	case i >= 0:
		a.Pauses = slices.Clone(a.Pauses)
		a.Pauses[i] = x
	default:
		a.Pauses = append(slices.Clip(a.Pauses), x)
	}
	if len(a.Pauses) == 0 {
		a.Pauses = nil
	}
	return p.putPaused(u, a, by, event)
}

func (p *Platform) putPaused(u *ledger.Unit, a *Account, by *Signed, event string) error {
	if by == nil {
		u.Emit(ledger.Event{Type: event, Platform: p.id, Object: accountKind.ID(a.ID)})
	} else if err := by.emit(u, p, event, accountKind.ID(a.ID)); err != nil {
		return err
	}
	return accountKind.Put(u, a.ID, a)
}

// PauseAccountRequest keeps an account from new charges, payouts, or both.
type PauseAccountRequest struct {
	Key       string `json:"-"`
	By        Actor  `json:"by,omitzero"`
	AccountID string `json:"account,omitzero"`
	Charges   bool   `json:"charges,omitzero"`
	Payouts   bool   `json:"payouts,omitzero"`
	Reason    string `json:"reason,omitzero"` // for people, at most 1,000 characters
}

// PauseAccount keeps an account from new charges or payouts, in place of what was paused
// by hand before: they are refused with class State, code account_paused. It needs the right
// of risk or compliance.
func (p *Platform) PauseAccount(ctx context.Context, r PauseAccountRequest) (*Account, error) {
	verb := simpleVerb[Account]{name: "pause account", kind: &accountKind, replayed: (*Account).replay, target: r.AccountID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Account, error) {
		a, s, err := p.pausable(u, r.AccountID, r.By, r.Reason)
		switch {
		case err != nil:
			return nil, err
		case !r.Charges && !r.Payouts:
			return nil, badField("invalid_request", "charges", "charges are paused, payouts, or both")
		}
		return a, p.pause(u, a, AccountPause{Cause: PauseByHand, Charges: r.Charges, Payouts: r.Payouts, Reason: r.Reason}, &s)
	})
}

// ResumeAccountRequest ends all pauses of an account.
type ResumeAccountRequest struct {
	Key       string `json:"-"`
	By        Actor  `json:"by,omitzero"`
	AccountID string `json:"account,omitzero"`
}

// ResumeAccount ends whatever pauses an account, by hand or by policy, which then pauses it
// only once its level has changed. One that is not paused is of class State, code
// not_paused. It needs the right of risk or compliance.
func (p *Platform) ResumeAccount(ctx context.Context, r ResumeAccountRequest) (*Account, error) {
	verb := simpleVerb[Account]{name: "resume account", kind: &accountKind, replayed: (*Account).replay, target: r.AccountID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Account, error) {
		a, s, err := p.pausable(u, r.AccountID, r.By, "")
		switch {
		case err != nil:
			return nil, err
		case len(a.Pauses) == 0:
			return nil, badState("not_paused", "account", "the account is not paused")
		}
		rejected := a.Rejected()
		if a.Pauses = nil; rejected != nil {
			a.Pauses = []AccountPause{*rejected}
		}
		return a, p.putPaused(u, a, &s, EventAccountResumed)
	})
}

// pausable is the account that somebody decides about, and who does.
func (p *Platform) pausable(u *ledger.Unit, id string, by Actor, reason string) (*Account, Signed, error) {
	a, err := p.account(u, id)
	if err != nil {
		return nil, Signed{}, err
	}
	s, err := by.may(ManualPause)
	if err == nil {
		err = checkText("reason", reason, 1000)
	}
	return a, s, err
}
