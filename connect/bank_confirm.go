package connect

import (
	"context"
	"errors"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// ConfirmBankCheckRequest tells the amounts of a micro-deposit.
type ConfirmBankCheckRequest struct {
	Key         string   `json:"-"`
	BankCheckID string   `json:"bankCheck,omitzero"`
	Amounts     [2]int64 `json:"amounts"` // in minor units of the bank account's currency, in either order
}

// ConfirmBankCheck tells the amounts. If they are right the bank account is verified. If
// they are wrong that counts: the answer is the check, still sent, with one more of Tries;
// after the last (BankConfig.DepositTries) it failed, and so did the verification of the
// bank account, to which nothing is paid until the details change. After its time the check
// is refused: class State, code bank_check_expired.
func (p *Platform) ConfirmBankCheck(ctx context.Context, r ConfirmBankCheckRequest) (*BankCheck, error) {
	right := false
	verb := simpleVerb[BankCheck]{name: "confirm bank check", kind: &bankCheckKind, replayed: (*BankCheck).replay, target: r.BankCheckID,
		prepare: func(ctx context.Context) (err error) {
			right, err = p.deposited(ctx, &r)
			return err
		}}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*BankCheck, error) {
		x, err := bankCheckKind.Get(u, r.BankCheckID)
		if err != nil {
			return nil, notFoundOr(err, "bank check")
		}
		if err := p.confirmable(x); err != nil {
			return nil, err
		}
		if !u.At().Before(x.Expires) {
			return nil, badState("bank_check_expired", "bankCheck", "the time to tell the amounts is over")
		}
		return x, p.confirmBank(u, x, right)
	})
}

func (p *Platform) confirmable(x *BankCheck) error {
	switch {
	case x.Platform != p.id:
		return notFound("bank check")
	case x.Status != BankCheckSent:
		return badState("invalid_state", "bankCheck", "the check is "+string(x.Status))
	}
	return nil
}

// deposited asks the rail whether the amounts are right. That many ask at once tells nobody
// more: each answer is told only with the try that it took.
func (p *Platform) deposited(ctx context.Context, r *ConfirmBankCheckRequest) (bool, error) {
	x, err := bankCheckKind.Read(ctx, p.store, r.BankCheckID)
	if err != nil {
		return false, notFoundOr(err, "bank check")
	}
	if err := p.confirmable(x); err != nil {
		return false, err
	}
	for _, minor := range r.Amounts {
		if minor <= 0 || minor > 10_000_000 {
			return false, badField("invalid_amount", "amounts", "the amounts are more than zero, and less than a unit each")
		}
	}
	if p.preview || p.e.c.Banks.Deposits == nil {
		return false, nil
	}
	outside, cancel := context.WithTimeout(ctx, p.e.c.Lease)
	defer cancel()
	ok, err := p.e.c.Banks.Deposits.Deposited(outside, x.ID, r.Amounts)
	if err != nil {
		return false, &ledger.Error{Class: ledger.Unavailable, Code: "rail_unavailable", Field: "bankCheck", Msg: "the rail cannot say now"}
	}
	return ok, nil
}

// confirmBank books what was found out.
func (p *Platform) confirmBank(u *ledger.Unit, x *BankCheck, right bool) error {
	a, err := p.account(u, x.Account)
	if err != nil {
		return err
	}
	if _, err := a.bank(x.Bank); err != nil {
		return err
	}
	to, status := BankCheckVerified, BankVerified
	if !right {
		if x.Tries++; x.Tries < p.e.c.Banks.DepositTries {
			return p.putBankCheck(u, x, EventBankCheckUpdated)
		}
		x.Code, to, status = "wrong_amounts", BankCheckFailed, BankVerificationFailed
	}
	if err := x.become(to); err != nil {
		return err
	}
	if err := p.putBank(u, a, x.Bank, func(b *BankAccount) { b.proven(status) }); err != nil {
		return err
	}
	return p.putBankCheck(u, x, EventBankCheckUpdated)
}

// proven puts what was found out about whose it is. What a bank said of its holder's name
// stands: who reads the account's statement need not be its holder.
func (b *BankAccount) proven(s BankStatus) {
	if b.Status != BankErrored && !(b.Status == BankVerificationFailed && b.Name == NameDiffers) {
		b.Status = s
	}
}

// VerifyBankRequest asks at once whose a bank account is.
type VerifyBankRequest struct {
	Key       string `json:"-"`
	AccountID string `json:"account,omitzero"`
	BankID    string `json:"bank,omitzero"`
}

// VerifyBank asks who can say it at once (BankConfig.Owners) whose a bank account is. It is
// verified then, or verification failed, or nothing is known: the account is returned, with
// its bank account's Status, and Code document_requested where a document has to show it.
// Where nobody can be asked it is of class State, code instant_verification_unsupported.
func (p *Platform) VerifyBank(ctx context.Context, r VerifyBankRequest) (*Account, error) {
	said := payout.OwnerUnavailable
	verb := simpleVerb[Account]{name: "verify bank", kind: &accountKind, replayed: (*Account).replay, target: r.AccountID,
		prepare: func(ctx context.Context) error { return p.askOwner(ctx, &r, &said) }}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Account, error) {
		a, err := p.account(u, r.AccountID)
		if err != nil {
			return nil, err
		}
		return a, p.putBank(u, a, r.BankID, func(b *BankAccount) {
			switch said {
			case payout.OwnerVerified:
				b.proven(BankVerified)
			case payout.OwnerOther:
				b.proven(BankVerificationFailed)
			case payout.OwnerDocument:
				if b.Status != BankErrored {
					b.Code = "document_requested"
				}
			}
		})
	})
}

func (p *Platform) askOwner(ctx context.Context, r *VerifyBankRequest, said *payout.Ownership) error {
	a, err := p.owned(ctx, r.AccountID)
	if err != nil {
		return err
	}
	i, err := a.bank(r.BankID)
	if err != nil {
		return err
	}
	if p.e.c.Banks.Owners == nil {
		return badState("instant_verification_unsupported", "bank", "nobody can say at once whose it is")
	}
	if p.preview {
		return nil
	}
	outside, cancel := context.WithTimeout(ctx, p.e.c.Lease)
	defer cancel()
	*said, err = p.e.c.Banks.Owners.VerifyOwner(outside, a.Banks[i].Destination)
	if err != nil {
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		*said = payout.OwnerUnavailable
	}
	return nil
}
