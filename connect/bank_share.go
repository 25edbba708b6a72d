package connect

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// bankUse says that an account has a bank account, by its fingerprint: so those that share
// one are found.
type bankUse struct {
	Platform    string    `json:"platform"`
	Account     string    `json:"account"`
	Fingerprint string    `json:"fingerprint"`
	Ended       bool      `json:"ended,omitzero"`
	Created     time.Time `json:"created"`
}

var bankUseKind = ledger.Kind[bankUse]{
	Name:   "connect.bank_use",
	Prefix: "buse_",
	Keys: func(b *bankUse) []ledger.Key {
		if b.Ended {
			return nil
		}
		return []ledger.Key{{Name: "bank", Value: b.Platform + "/" + b.Fingerprint, At: b.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "fingerprint", Path: "fingerprint"},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// bankUseID names the one object of an account and a fingerprint.
func bankUseID(account, fingerprint string) string {
	sum := sha256.Sum256([]byte(account + " " + fingerprint))
	return bankUseKind.Prefix + hex.EncodeToString(sum[:16])
}

// usesBank remembers whose bank account it is.
func (p *Platform) usesBank(u *ledger.Unit, a *Account, b *BankAccount) error {
	if b.Fingerprint == "" {
		return nil
	}
	id := bankUseID(a.ID, b.Fingerprint)
	return bankUseKind.Put(u, id, &bankUse{Platform: p.id, Account: a.ID, Fingerprint: b.Fingerprint, Created: u.At()})
}

// leavesBank ends that, unless another of the account's is the same.
func (p *Platform) leavesBank(u *ledger.Unit, a *Account, b *BankAccount) error {
	same := func(o BankAccount) bool { return o.Fingerprint == b.Fingerprint }
	if b.Fingerprint == "" || slices.ContainsFunc(a.Banks, same) {
		return nil
	}
	id := bankUseID(a.ID, b.Fingerprint)
	use, err := bankUseKind.Get(u, id)
	if errors.Is(err, ledger.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	use.Ended = true
	return bankUseKind.Put(u, id, use)
}

// mostSharing is up to how many accounts that share a bank account are counted.
const mostSharing = 100

// bankSharers is how many accounts of the platform have a bank account that this one has,
// itself among them: of several, the one that most have. Zero: no fingerprint is known.
func bankSharers(v ledger.View, a *Account) (most int64, err error) {
	for i, b := range a.Banks {
		same := func(o BankAccount) bool { return o.Fingerprint == b.Fingerprint }
		if b.Fingerprint == "" || slices.ContainsFunc(a.Banks[:i], same) {
			continue
		}
		list, err := v.Find(ledger.Query{Kind: bankUseKind.Name, Name: "bank", Value: a.Platform + "/" + b.Fingerprint, Limit: mostSharing})
		if err != nil {
			return 0, err
		}
		most = max(most, int64(len(list)))
	}
	return most, nil
}
