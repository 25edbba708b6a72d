package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Machine is which of the four that run side by side keeps an account from something.
type Machine string

// The machines.
const (
	MachineIdentity     Machine = "identity"
	MachineCapability   Machine = "capability"
	MachinePayoutMethod Machine = "payout_method"
	MachineRisk         Machine = "risk"
)

// StatusReason says what keeps an account from charges or payouts.
type StatusReason struct {
	Machine Machine
	Code    string                   // as the verb that is refused has it: "account_paused", "bank_cool_down"
	Detail  string                   // for people
	Until   time.Time                // when it ends by itself; zero: not by itself
	Due     []compliance.Requirement // what is to be provided
}

// AccountStatus is what an account may do now, and why not.
type AccountStatus struct {
	ChargesEnabled, PayoutsEnabled bool
	ChargesBlocked, PayoutsBlocked []StatusReason
	DetailsSubmitted               bool // nothing was due any more, or is
	Capabilities                   []CapabilityView
	Due                            []compliance.Requirement
}

// AccountStatus tells whether an account may have new charges of its own (by card) and be
// paid out to its default bank account, and all that keeps it from that. Payouts to other
// bank accounts than the default, amounts and balances are not looked at.
func (p *Platform) AccountStatus(ctx context.Context, accountID string) (*AccountStatus, error) {
	if err := p.may(ctx, "AccountStatus"); err != nil {
		return nil, fmt.Errorf("connect: status of %s: %w", accountID, err)
	}
	a, err := p.GetAccount(ctx, accountID)
	if err != nil {
		return nil, err
	}
	ent, err := compliance.Kind.Read(ctx, p.store, a.Entity)
	if err != nil {
		return nil, fmt.Errorf("connect: status of %s: %w", accountID, err)
	}
	s := &AccountStatus{Due: ent.Missing()}
	s.DetailsSubmitted = len(s.Due) == 0
	for _, name := range []CapabilityName{CardPayments, Transfers, DebitPayments, CryptoPayments, OtherPayments} {
		s.Capabilities = append(s.Capabilities, a.capability(name, s.Due))
	}
	at := p.e.env.Time()
	s.ChargesBlocked = a.chargesBlocked(s.Due)
	s.PayoutsBlocked = a.payoutsBlocked(at, s.Due)
	s.ChargesEnabled, s.PayoutsEnabled = len(s.ChargesBlocked) == 0, len(s.PayoutsBlocked) == 0
	return s, nil
}

// because makes a reason of a refusal.
func because(m Machine, err error) (list []StatusReason) {
	var e *ledger.Error
	if errors.As(err, &e) {
		list = append(list, StatusReason{Machine: m, Code: e.Code, Detail: e.Msg})
	}
	return list
}

func (a *Account) chargesBlocked(due []compliance.Requirement) []StatusReason {
	var list []StatusReason
	if a.closes() {
		list = append(list, because(MachineRisk, accountClosed(a.ID))...)
	}
	list = append(list, because(MachineRisk, paused(a.Pauses, (*AccountPause).ofCharges))...)
	v := a.capability(CardPayments, due)
	if v.Status == CapabilityActive || !a.asks() {
		return list
	}
	r := StatusReason{Machine: MachineCapability, Code: "capability_inactive", Detail: string(v.Status) + " " + string(v.Reason)}
	if v.Reason == ReasonFieldsNeeded {
		r.Machine, r.Due = MachineIdentity, due
	}
	return append(list, r)
}

func (a *Account) payoutsBlocked(at time.Time, due []compliance.Requirement) []StatusReason {
	var list []StatusReason
	if len(due) > 0 {
		list = append(list, StatusReason{Machine: MachineIdentity, Code: "capability_inactive", Detail: "something is still due", Due: due})
	}
	list = append(list, because(MachineRisk, paused(a.Pauses, (*AccountPause).ofPayouts))...)
	list = append(list, because(MachineRisk, frozenIn(a.Freezes, a.Currency))...)
	b, err := chooseBank(a.Banks, a.Currency, 0)
	if err == nil {
		err = b.unpaid(at)
	}
	for _, r := range because(MachinePayoutMethod, err) {
		if r.Code == "bank_cool_down" {
			r.Until = b.CoolsUntil
		}
		list = append(list, r)
	}
	return list
}
