package connect

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// BankStatus is what is known of a bank account.
type BankStatus string

// The states of a bank account. It is paid unless verification failed or it is errored.
const (
	BankNew                BankStatus = "new"                 // nobody has looked yet; also written as nothing
	BankValidated          BankStatus = "validated"           // a bank has said that there is such an account
	BankVerified           BankStatus = "verified"            // its owner has shown that it is theirs
	BankVerificationFailed BankStatus = "verification_failed" // it is somebody else's, or nobody has shown otherwise
	BankErrored            BankStatus = "errored"             // a payout to it failed for what it is, until the details change
)

// BankAccount is where somebody is paid out.
type BankAccount struct {
	ID string `json:"id"`
	payout.Destination
	Fingerprint string     `json:"fingerprint,omitzero"` // equal for equal accounts of one platform, where the vault says it
	Status      BankStatus `json:"status,omitzero"`      // empty: BankNew
	Code        string     `json:"code,omitzero"`        // why a payout to it failed
	Name        NameMatch  `json:"nameMatch,omitzero"`   // what the bank says of its holder's name; empty: nobody asked
	Added       time.Time  `json:"added,omitzero"`
	CoolsUntil  time.Time  `json:"coolsUntil,omitzero"` // nothing is paid to it before
	// Capped: no payout to it was paid since it was changed, and the first may be no more
	// than BankConfig.FirstPayout; FirstPayout is the one that was made last.
	Capped      bool   `json:"capped,omitzero"`
	FirstPayout string `json:"firstPayout,omitzero"`
	Check       string `json:"check,omitzero"` // the BankCheck that was started last
}

// BankConfig says what it takes to change where an account is paid. Its zero value is a
// cool-down of three banking days, and nobody is asked.
type BankConfig struct {
	// StepUp asks the host whether its user has just proven once more who they are. Nil:
	// nobody is asked, and the host does so before it calls.
	StepUp StepUp
	// StepUpAge is how long ago that may have been; 0 is ten minutes.
	StepUpAge time.Duration
	// Names asks a bank whose account it is, where a request says who it should be. Nil:
	// nobody is asked.
	Names NameCheck
	// CoolDown is how many banking days pass before a bank account that was changed is paid;
	// 0 is three, less than 0 none.
	CoolDown int
	// Deposits sends micro-deposits. Nil: the rail, if it does.
	Deposits payout.Depositor
	// DepositDays is for how many days their amounts can be told; 0 is ten. DepositTries is
	// how often they may be told wrong; 0 is three.
	DepositDays, DepositTries int
	// Owners says at once whose a bank account is. Nil: the rail, if it does.
	Owners payout.OwnerVerifier
	// FirstPayout is the most of the first payout to it, at most one amount in a currency;
	// none: as much as there is.
	FirstPayout []ledger.Money
}

// StepUp is the host's way to ask a user to prove once more who they are.
type StepUp interface {
	// Confirm returns how and when the user has proven it. An error of class Forbidden or
	// Invalid says that they have not, any other that it cannot be known now.
	Confirm(ctx context.Context, c StepUpCheck) (StepUpProof, error)
}

// StepUpCheck is what a proof is asked for. A host that binds its proofs to it, and takes
// each once, has a user agree to this change and no other.
type StepUpCheck struct {
	Platform, Account string
	Action            BankAction
	Bank              string      // of a change of one that is there: its id
	To                BankDetails // of a new one
	Token             string      // of the request; it is not kept
}

// StepUpProof is how somebody has proven who they are.
type StepUpProof struct {
	At     time.Time `json:"at"`
	Method string    `json:"method,omitzero"` // in the host's words, at most 100 characters
}

// NameCheck asks a bank whether an account is held under a name, such as by the
// verification of payee in Europe.
type NameCheck interface {
	CheckName(ctx context.Context, q NameQuery) (NameMatch, error)
}

// NameQuery is an account, and who should hold it.
type NameQuery struct {
	Destination payout.Destination
	Holder      string // never kept
}

// NameMatch is what a bank says of its holder's name.
type NameMatch string

// The answers.
const (
	NameMatches     NameMatch = "match"
	NameClose       NameMatch = "close"       // nearly: what differs is for people to see
	NameDiffers     NameMatch = "none"        // nothing is paid there until the details or the name change
	NameUnavailable NameMatch = "unavailable" // the bank does not say
)

// fillBanks puts the defaults in.
func (c Config) fillBanks() (Config, error) {
	var b BankConfig
	if c.Banks != nil {
		b = *c.Banks
	}
	bad := func(field, msg string) (Config, error) {
		return c, &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: field, Op: "connect: config", Msg: msg}
	}
	if b.StepUpAge < 0 || b.CoolDown > 365 || b.DepositDays < 0 || b.DepositDays > 365 || b.DepositTries < 0 || b.DepositTries > 100 {
		return bad("banks", "a length of time is zero or more, and at most a year")
	}
	for i, m := range b.FirstPayout {
		twice := slices.ContainsFunc(b.FirstPayout[:i], func(o ledger.Money) bool { return o.Currency() == m.Currency() })
		if twice || m.Sign() <= 0 {
			return bad("banks.firstPayout", "the most of a first payout is more than zero, once in a currency")
		}
	}
	b.FirstPayout = slices.Clone(b.FirstPayout)
	if b.StepUpAge == 0 {
		b.StepUpAge = 10 * time.Minute
	}
	if b.CoolDown == 0 {
		b.CoolDown = 3
	}
	if b.DepositDays == 0 {
		b.DepositDays = 10
	}
	if b.DepositTries == 0 {
		b.DepositTries = 3
	}
	if d, ok := c.Rail.(payout.Depositor); ok && b.Deposits == nil {
		b.Deposits = d
	}
	if o, ok := c.Rail.(payout.OwnerVerifier); ok && b.Owners == nil {
		b.Owners = o
	}
	c.Banks = &b
	return c, nil
}

// DefaultBank returns the bank account that is paid in a currency; false if there is none.
// It is the first in that currency of the list.
func (a *Account) DefaultBank(c ledger.Currency) (BankAccount, bool) {
	i := slices.IndexFunc(a.Banks, func(b BankAccount) bool { return b.Currency == c })
	if i < 0 {
		return BankAccount{}, false
	}
	return a.Banks[i], true
}

// bank is the place in the list of one of the account's bank accounts.
func (a *Account) bank(id string) (int, error) {
	i := slices.IndexFunc(a.Banks, func(b BankAccount) bool { return b.ID == id })
	if i < 0 {
		return i, notFound("bank")
	}
	return i, nil
}

// banked reports whether the account has, or had, a bank account: another is then a change
// of where its money goes.
func (a *Account) banked() bool { return a.HadBank || len(a.Banks) > 0 }

// reaches lists whom a change is told: the account's address, and those that it had before.
func (a *Account) reaches() (list []string) {
	for _, address := range append([]string{a.Email}, a.FormerEmails...) {
		if address != "" && !slices.Contains(list, address) {
			list = append(list, address)
		}
	}
	return list
}

// mostFormer is how many former addresses are kept: the first, and the latest.
const mostFormer = 20

// setEmail changes the address, and keeps the former one: whoever takes an account over
// changes that first, and its owner is still told of the rest.
func (a *Account) setEmail(address string) {
	if address == "" || address == a.Email {
		return
	}
	if a.Email != "" && !slices.Contains(a.FormerEmails, a.Email) {
		if a.FormerEmails = append(a.FormerEmails, a.Email); len(a.FormerEmails) > mostFormer {
			a.FormerEmails = slices.Delete(a.FormerEmails, 1, 2)
		}
	}
	a.Email = address
}

// bankCountry is the country whose bank accounts those of an overseas part of it are: their
// IBANs begin with its letters (ISO 13616 registry, entry of France).
func bankCountry(code string) string {
	switch strings.ToUpper(code) {
	case "GF", "GP", "MQ", "RE", "PF", "TF", "YT", "NC", "BL", "MF", "PM", "WF":
		return "FR"
	}
	return code
}
