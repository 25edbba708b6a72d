package connect

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Account is a seller or partner of a platform.
type Account struct {
	ID           string                `json:"id"`
	Platform     string                `json:"platform"`
	Entity       string                `json:"entity"` // in compliance
	Country      string                `json:"country"`
	Type         compliance.EntityType `json:"type"`
	Email        string                `json:"email,omitzero"`
	Currency     ledger.Currency       `json:"currency"` // in which it is paid unless a bank account says otherwise
	ShortBalance ShortPolicy           `json:"shortBalance"`
	FeesPayer    Party                 `json:"feesPayer,omitzero"`    // who pays for processing direct charges, for good; empty: PartyAccount
	LossesBearer Party                 `json:"lossesBearer,omitzero"` // who bears what the account cannot pay, for good; empty: PartyPlatform
	Descriptor   string                `json:"descriptor,omitzero"`   // on buyers' statements where the charge is its own
	Banks        []BankAccount         `json:"banks,omitzero"`        // the first is the default, and of each currency the first in it
	HadBank      bool                  `json:"hadBank,omitzero"`      // it has, or had, a bank account
	FormerEmails []string              `json:"formerEmails,omitzero"` // that are told of changes of bank details too
	TaxNumber    string                `json:"taxNumber,omitzero"`    // for value added tax, as it was told; nobody has looked it up
	Created      time.Time             `json:"created"`
	Metadata     map[string]string     `json:"metadata,omitzero"`

	// MayOwe is what its terms let fees outside sales and adjustments leave it owing, at
	// most one limit in a currency; none: nothing.
	MayOwe []ledger.Money `json:"mayOwe,omitzero"`

	Reserve *ReserveRule `json:"reserve,omitzero"` // what of its money is kept back; nil: as the platform says

	// RiskReserve is the percentage that is kept back beside it, by the platform's RiskPolicy,
	// for as long as cards may be disputed; zero: none.
	RiskReserve decimal.Decimal `json:"riskReserve,omitzero"`

	Capabilities []Capability     `json:"capabilities,omitzero"` // that it has requested; none: it may do everything
	Asks         bool             `json:"asks,omitzero"`         // it has requested one, if only once: it does what is active alone
	Terms        *TermsAcceptance `json:"terms,omitzero"`        // that it has accepted last
	Settings     *AccountSettings `json:"settings,omitzero"`

	Closing string    `json:"closing,omitzero"` // the AccountClosing under way
	Closed  time.Time `json:"closed,omitzero"`  // since when it is closed, for good

	Freezes []AccountFreeze `json:"freezes,omitzero"` // the orders by law that stand against it
	Pauses  []AccountPause  `json:"pauses,omitzero"`  // what keeps it from new charges or payouts

	Limits []PaymentLimit `json:"limits,omitzero"` // of its payments, beside those of the platform: SetLimit

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// BankDetails name a bank account by the rail's token for it.
type BankDetails struct {
	Token    string          `json:"token,omitzero"`
	Country  string          `json:"country,omitzero"` // ISO 3166-1 alpha-2
	Currency ledger.Currency `json:"currency,omitzero"`
	Last4    string          `json:"last4,omitzero"` // at most four digits or letters, for people
	// Fingerprint is equal for equal accounts, such as a blind index of the vault's: 1–100
	// characters of printable ASCII, never the number itself.
	Fingerprint string `json:"fingerprint,omitzero"`
}

var accountKind = ledger.Kind[Account]{
	Name:   "connect.account",
	Prefix: "acct_",
	Keys: func(a *Account) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: a.Platform, At: a.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "country", Path: "country"}, {Name: "type", Path: "type"},
		{Name: "currency", Path: "currency"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

func (a *Account) replay() *bool { return &a.Replayed }

// AccountRequest creates an account. What its country asks for may come now or
// with UpdateAccount; payouts wait for it.
type AccountRequest struct {
	Key          string                `json:"-"`
	Country      string                `json:"country,omitzero"`
	Type         compliance.EntityType `json:"type,omitzero"` // zero: an individual
	Email        string                `json:"email,omitzero"`
	Currency     ledger.Currency       `json:"currency,omitzero"`     // zero: the bank account's, else the country's
	ShortBalance ShortPolicy           `json:"shortBalance,omitzero"` // zero: Profile.SellersShort, or ShortRefuse
	FeesPayer    Party                 `json:"feesPayer,omitzero"`    // account or platform; zero: PartyAccount. It never changes
	LossesBearer Party                 `json:"lossesBearer,omitzero"` // platform or house; zero: PartyPlatform. It never changes
	Descriptor   string                `json:"descriptor,omitzero"`   // of charges that state none and are direct or on behalf of the account
	TaxNumber    string                `json:"taxNumber,omitzero"`    // for value added tax: 2–20 capital letters and digits
	Details      compliance.Details    `json:"details,omitzero"`
	Bank         *BankDetails          `json:"bank,omitzero"`
	Metadata     map[string]string     `json:"metadata,omitzero"`
	MayOwe       []ledger.Money        `json:"mayOwe,omitzero"` // what its terms let fees outside sales and adjustments leave it owing
}

// AccountUpdate changes an account. Zero fields stay as they are.
type AccountUpdate struct {
	Key        string             `json:"-"`
	AccountID  string             `json:"account,omitzero"`
	Email      string             `json:"email,omitzero"`
	TaxNumber  string             `json:"taxNumber,omitzero"`  // 2–20 capital letters and digits; "none" takes it away
	Descriptor string             `json:"descriptor,omitzero"` // for the charges that are made from now on
	Details    compliance.Details `json:"details,omitzero"`
	Bank       *BankDetails       `json:"bank,omitzero"`     // takes the place of the default in its currency: a change, as by AddBank, of the account itself; under Platform.By of class State, code second_person_required
	Terms      *TermsAcceptance   `json:"terms,omitzero"`    // that were accepted; what of them is due is provided by that
	Settings   *AccountSettings   `json:"settings,omitzero"` // take the place of all that was set
	Holder     string             `json:"holder,omitzero"`   // whose bank account it is (BankConfig.Names); it is not kept
	StepUp     string             `json:"-"`                 // for BankConfig.StepUp, where Bank changes; it is not kept
	Metadata   map[string]string  `json:"metadata,omitzero"` // a value sets its key, an empty one removes it
	MayOwe     []ledger.Money     `json:"mayOwe,omitzero"`   // takes the place of the limit in its currency; zero ends it
}

// CreateAccount creates an account for a seller.
func (p *Platform) CreateAccount(ctx context.Context, r AccountRequest) (*Account, error) {
	verb := simpleVerb[Account]{name: "create account", kind: &accountKind, replayed: (*Account).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Account, error) { return p.newAccount(u, r) })
}

func (p *Platform) newAccount(u *ledger.Unit, r AccountRequest) (*Account, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	if prof.Home != "" { // connections open the book, and show what is in it
		return nil, badState("own_book", "account", "an account that exists by itself is alone in its book")
	}
	if r.Type == "" {
		r.Type = compliance.Individual
	}
	ent, err := compliance.New(u, p.id, r.Country, r.Type)
	if err != nil {
		return nil, err
	}
	a := &Account{
		ID: u.NewID(accountKind.Prefix), Platform: p.id, Entity: ent.ID, Country: ent.Country, Type: r.Type,
		Email: r.Email, Currency: r.Currency, Descriptor: r.Descriptor, Created: u.At(), Metadata: r.Metadata,
	}
	if a.ShortBalance, err = r.ShortBalance.or(cmp.Or(prof.SellersShort, ShortRefuse)); err != nil {
		return nil, err
	}
	if err := a.bears(r.FeesPayer, r.LossesBearer); err != nil {
		return nil, err
	}
	if err := p.e.checkDescriptor(r.Descriptor, u.At()); err != nil {
		return nil, err
	}
	if err := checkEmail(r.Email); err != nil {
		return nil, err
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return nil, err
	}
	if a.TaxNumber, err = taxNumber(r.TaxNumber, ""); err != nil {
		return nil, err
	}
	if a.MayOwe, err = owing(nil, r.MayOwe, p.e, u); err != nil {
		return nil, err
	}
	if err := p.addDetails(u, a, ent, r.Details, nil); err != nil {
		return nil, err
	}
	if r.Bank != nil {
		if err := p.firstBank(u, a, ent, r.Bank); err != nil {
			return nil, err
		}
	}
	if a.Currency.IsZero() {
		if a.Currency, _ = compliance.DefaultCurrency(a.Country); len(a.Banks) > 0 {
			a.Currency = a.Banks[0].Currency
		}
	}
	if err := p.e.checkCurrency("currency", a.Currency, u.At()); err != nil {
		return nil, err
	}
	return a, p.putAccount(u, a, ent, EventAccountCreated)
}

// addDetails records what came in about the seller and their bank account.
func (p *Platform) addDetails(u *ledger.Unit, a *Account, ent *compliance.Entity, d compliance.Details, bank *bankAsk) error {
	if _, ok := d.Fields["external_account"]; ok {
		return badField("invalid_fields", "fields", "external_account is provided by a bank account")
	}
	if err := ent.Provide(u, d); err != nil {
		return err
	}
	if bank == nil || bank.same(a) {
		return nil
	}
	x, err := p.newBankChange(u, a, bank)
	if err != nil {
		return err
	}
	return p.applyBankChange(u, a, ent, x)
}

func (p *Platform) putAccount(u *ledger.Unit, a *Account, ent *compliance.Entity, event string) error {
	if err := compliance.Kind.Put(u, ent.ID, ent); err != nil {
		return err
	}
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: accountKind.ID(a.ID)})
	return accountKind.Put(u, a.ID, a)
}

// UpdateAccount changes an account, and records what its country still asked
// for.
func (p *Platform) UpdateAccount(ctx context.Context, r AccountUpdate) (*Account, error) {
	if p.on != nil && r.AccountID == "" {
		r.AccountID = p.on.account
	}
	verb := simpleVerb[Account]{name: "update account", kind: &accountKind, replayed: (*Account).replay, target: r.AccountID}
	var ask *bankAsk
	if r.Bank != nil {
		ask = &bankAsk{account: r.AccountID, action: BankReplace, details: r.Bank, makes: true, holder: r.Holder, token: r.StepUp}
		verb.prepare = func(ctx context.Context) error { return ask.ask(ctx, p) }
	}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Account, error) {
		a, err := p.account(u, r.AccountID)
		if err != nil {
			return nil, err
		}
		ent, err := compliance.Kind.Get(u, a.Entity)
		if err != nil {
			return nil, err
		}
		if err := checkEmail(r.Email); err != nil {
			return nil, err
		}
		if err := p.e.checkDescriptor(r.Descriptor, u.At()); err != nil {
			return nil, err
		}
		a.setEmail(r.Email)
		a.Descriptor = cmp.Or(r.Descriptor, a.Descriptor)
		if a.TaxNumber, err = taxNumber(r.TaxNumber, a.TaxNumber); err != nil {
			return nil, err
		}
		if a.Metadata, err = mergeMetadata(a.Metadata, r.Metadata); err != nil {
			return nil, err
		}
		if a.MayOwe, err = owing(a.MayOwe, r.MayOwe, p.e, u); err != nil {
			return nil, err
		}
		missing := len(ent.Missing())
		if err := a.set(r.Settings); err != nil {
			return nil, err
		}
		if err := a.accept(u, ent, r.Terms); err != nil {
			return nil, err
		}
		if err := p.addDetails(u, a, ent, r.Details, ask); err != nil {
			return nil, err
		}
		if missing > 0 && len(ent.Missing()) == 0 {
			if err := p.verified(u, a.ID); err != nil {
				return nil, err
			}
		}
		return a, p.putAccount(u, a, ent, EventAccountUpdated)
	})
}

// mergeMetadata sets and removes keys, and checks what comes out.
func mergeMetadata(have, set map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(have)+len(set))
	for k, v := range have {
		out[k] = v
	}
	for k, v := range set {
		if v == "" {
			delete(out, k)
		} else {
			out[k] = v
		}
	}
	if len(out) == 0 {
		out = nil
	}
	return out, checkMetadata(out)
}

// account returns an account of the platform, expected unchanged. Others are
// not found.
func (p *Platform) account(u *ledger.Unit, id string) (*Account, error) {
	a, err := accountKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "account")
	}
	if a.Platform != p.id {
		return nil, notFound("account")
	}
	return a, nil
}

// owned is account outside a unit of work.
func (p *Platform) owned(ctx context.Context, id string) (*Account, error) {
	a, err := accountKind.Read(ctx, p.store, id)
	if err != nil {
		return nil, notFoundOr(err, "account")
	}
	if a.Platform != p.id {
		return nil, notFound("account")
	}
	return a, nil
}

// GetAccount returns an account of the platform.
func (p *Platform) GetAccount(ctx context.Context, id string) (*Account, error) {
	return get(ctx, p, &accountKind, id, "account", func(a *Account) string { return a.Platform })
}

// Requirements lists what an account must still provide before it is paid out.
func (p *Platform) Requirements(ctx context.Context, accountID string) ([]compliance.Requirement, error) {
	if err := p.may(ctx, "Requirements"); err != nil {
		return nil, err
	}
	a, err := p.GetAccount(ctx, accountID)
	if err != nil {
		return nil, err
	}
	ent, err := compliance.Kind.Read(ctx, p.store, a.Entity)
	if err != nil {
		return nil, fmt.Errorf("connect: requirements of %s: %w", accountID, err)
	}
	return ent.Missing(), nil
}

// account checks bank details and gives them an id.
func (d *BankDetails) account(u *ledger.Unit, e *Engine) (BankAccount, error) {
	country, err := compliance.ParseCountry(bankCountry(d.Country))
	if err != nil {
		return BankAccount{}, inField("bank.country", err)
	}
	if err := e.checkCurrency("bank.currency", d.Currency, u.At()); err != nil {
		return BankAccount{}, err
	}
	if !plain(d.Token, 1, 200) || accountNumber(d.Token) {
		return BankAccount{}, badField("invalid_account_number", "bank.token", "a bank account is named by the rail's token, never by its number")
	}
	if d.Last4 != "" && (len(d.Last4) > 4 || !alphanumeric(d.Last4)) {
		return BankAccount{}, badField("invalid_account_number", "bank.last4", "the last four are digits or letters")
	}
	if d.Fingerprint != "" && (!plain(d.Fingerprint, 1, 100) || accountNumber(d.Fingerprint) || holdsCard(d.Fingerprint)) {
		return BankAccount{}, badField("invalid_fingerprint", "bank.fingerprint", "a fingerprint is 1 to 100 characters of printable ASCII, and not the number")
	}
	to := d.destination()
	to.Country = country
	return BankAccount{ID: u.NewID("ba_"), Destination: to, Fingerprint: d.Fingerprint}, nil
}

func (d *BankDetails) destination() payout.Destination {
	return payout.Destination{Token: d.Token, Country: d.Country, Currency: d.Currency, Last4: d.Last4}
}
