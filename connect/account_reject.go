package connect

import (
	"context"
	"slices"

	"github.com/soukhq/souk/ledger"
)

// PauseRejected is the cause of the pause of an account that was rejected.
const PauseRejected PauseCause = "rejected"

// RejectReason says why an account is rejected.
type RejectReason string

// The reasons, as hosted marketplaces name them.
const (
	RejectFraud  RejectReason = "fraud"
	RejectTerms  RejectReason = "terms_of_service"
	RejectListed RejectReason = "listed" // it may be on a list of sanctions
	RejectOther  RejectReason = "other"
)

// RejectAccountRequest rejects an account.
type RejectAccountRequest struct {
	Key         string       `json:"-"`
	By          Actor        `json:"by,omitzero"`
	AccountID   string       `json:"account,omitzero"`
	Reason      RejectReason `json:"reason,omitzero"`
	Description string       `json:"description,omitzero"` // for people, at most 1,000 characters
}

// UnrejectAccountRequest takes a rejection back.
type UnrejectAccountRequest struct {
	Key         string `json:"-"`
	By          Actor  `json:"by,omitzero"`
	AccountID   string `json:"account,omitzero"`
	Description string `json:"description,omitzero"`
}

func (r RejectAccountRequest) actor() Actor   { return r.By }
func (r UnrejectAccountRequest) actor() Actor { return r.By }

// Rejected returns the pause of an account that was rejected; nil if it was not.
func (a *Account) Rejected() *AccountPause {
	i := slices.IndexFunc(a.Pauses, func(x AccountPause) bool { return x.Cause == PauseRejected })
	if i < 0 {
		return nil
	}
	x := a.Pauses[i]
	return &x
}

func accountRejected() error {
	return badState("account_rejected", "account", "the account was rejected: it has no new sales and payouts")
}

// RejectAccount keeps an account from new sales, transfers and payouts for good, whatever
// its balances: they stay until somebody decides about them (a refund, a freeze by law, an
// adjustment, UnrejectAccount), and nothing is paid out by closing it. What was made before
// goes on: captures, refunds, disputes, payouts that were claimed. It is paused with cause
// rejected, which ResumeAccount does not end. It needs the right of risk or compliance.
func (p *Platform) RejectAccount(ctx context.Context, r RejectAccountRequest) (*Account, error) {
	verb := simpleVerb[Account]{name: "reject account", kind: &accountKind, replayed: (*Account).replay, target: r.AccountID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Account, error) {
		a, s, err := p.pausable(u, r.AccountID, r.By, "")
		if err != nil {
			return nil, err
		}
		switch r.Reason {
		case RejectFraud, RejectTerms, RejectListed, RejectOther:
		default:
			return nil, badField("invalid_reason", "reason", "an account is rejected for fraud, terms_of_service, listed or other")
		}
		if err := checkText("description", r.Description, 900); err != nil {
			return nil, err
		}
		if a.Rejected() != nil {
			return nil, accountRejected()
		}
		x := AccountPause{Cause: PauseRejected, Charges: true, Payouts: true, Reason: string(r.Reason), Description: r.Description}
		return a, p.pause(u, a, x, &s)
	})
}

// UnrejectAccount takes a rejection back. Other pauses stay. One that was not rejected is
// of class State, code not_rejected. It needs the right of compliance: whoever rejects for
// risk alone does not take it back.
func (p *Platform) UnrejectAccount(ctx context.Context, r UnrejectAccountRequest) (*Account, error) {
	verb := simpleVerb[Account]{name: "unreject account", kind: &accountKind, replayed: (*Account).replay, target: r.AccountID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Account, error) {
		a, err := p.account(u, r.AccountID)
		if err != nil {
			return nil, err
		}
		s, err := r.By.may(ManualUnreject)
		if err != nil {
			return nil, err
		}
		if err := checkText("description", r.Description, 1000); err != nil {
			return nil, err
		}
		if a.Rejected() == nil {
			return nil, badState("not_rejected", "account", "the account was not rejected")
		}
		return a, p.pause(u, a, AccountPause{Cause: PauseRejected}, &s)
	})
}
