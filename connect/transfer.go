package connect

import (
	"cmp"
	"context"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Transfer is money moved between the balances of one platform.
type Transfer struct {
	ID            string            `json:"id"`
	Platform      string            `json:"platform"`
	From          string            `json:"from"` // the platform or an account
	To            string            `json:"to"`   // an account, or the platform that debits one
	Amount        ledger.Money      `json:"amount"`
	Charge        string            `json:"charge,omitzero"` // the charge that it comes from
	TransferGroup string            `json:"transferGroup,omitzero"`
	Agreement     string            `json:"agreement,omitzero"` // the account's consent to be debited
	Hold          *HoldTerms        `json:"hold,omitzero"`      // it waits by these terms: GetHeldShare
	Description   string            `json:"description,omitzero"`
	Created       time.Time         `json:"created"`
	Metadata      map[string]string `json:"metadata,omitzero"`

	// Purposes of the accounts that it went from and to; empty: available.
	FromIn string `json:"fromIn,omitzero"`
	ToIn   string `json:"toIn,omitzero"`

	// Where it was converted: what To got, and how it came about.
	Received   ledger.Money       `json:"received,omitzero"`
	Conversion *payout.Conversion `json:"conversion,omitzero"`

	// What reversals have taken back.
	Reversed  ledger.Money `json:"reversed,omitzero"`  // of Amount
	TakenBack ledger.Money `json:"takenBack,omitzero"` // of Received

	Status   TransferStatus       `json:"status,omitzero"`
	Review   string               `json:"review,omitzero"`   // of a person who looked at it
	Decision *compliance.Decision `json:"decision,omitzero"` // what the host's rules said of it; nil if there were none
	Limits   []LimitUse           `json:"limits,omitzero"`   // what it takes of limits

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (t *Transfer) replay() *bool { return &t.Replayed }

// loaded gives amounts of nothing their currency back, which storage leaves out.
func (t *Transfer) loaded() {
	if t.Reversed.IsZero() {
		t.Reversed = ledger.Zero(t.Amount.Currency())
	}
	if t.TakenBack.IsZero() {
		t.TakenBack = ledger.Zero(t.received().Currency())
	}
}

// received is what the receiver got.
func (t *Transfer) received() ledger.Money {
	if t.Received.IsZero() {
		return t.Amount
	}
	return t.Received
}

var transferKind = ledger.Kind[Transfer]{
	Name:   "connect.transfer",
	Prefix: "tr_",
	Loaded: (*Transfer).loaded,
	Keys: func(t *Transfer) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 5),
			ledger.Key{Name: "platform", Value: t.Platform, At: t.Created},
			ledger.Key{Name: "owner", Value: t.From, At: t.Created}, ledger.Key{Name: "owner", Value: t.To, At: t.Created})
		if t.Charge != "" {
			keys = append(keys, ledger.Key{Name: "charge", Value: t.Charge, At: t.Created})
		}
		return inGroup(keys, t.Platform, t.TransferGroup, t.Created)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "from_owner", Path: "from"}, {Name: "to_owner", Path: "to"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
		{Name: "charge", Path: "charge"}, {Name: "transfer_group", Path: "transferGroup"},
		{Name: "reversed", Path: "reversed", Type: ledger.MoneyColumn},
		{Name: "reversed_minor", Path: "reversed.amountMinor", Type: ledger.IntegerColumn},
	},
}

// TransferRequest moves money from one balance of the platform to another.
type TransferRequest struct {
	Key    string       `json:"-"`
	From   string       `json:"from,omitzero"` // an account of the platform; its own id, or empty, is the platform itself
	To     string       `json:"to,omitzero"`   // an account of the platform, or its own id, which debits From
	Amount ledger.Money `json:"amount,omitzero"`
	// Currency is what To gets. Zero: that of Amount; where it is another the money
	// is converted at the rate of the moment, and To gets what it comes to.
	Currency ledger.Currency `json:"currency,omitzero"`
	// ChargeID ties the transfer to a charge that the platform made for itself: it
	// is available when the charge's money is, and needs not be there before.
	// Transfers of one charge, less what was reversed of them, add up to at most its
	// amount less taxes and what was refunded by then. Amount is in its currency.
	ChargeID string `json:"charge,omitzero"`
	// Hold lets the transfer wait, as the share of a charge may (ChargeRequest.Hold). It
	// needs ChargeID, and nothing is converted.
	Hold *HoldTerms `json:"hold,omitzero"`
	// Lines name lines of that charge which are To's: Amount is at most what is left of
	// them, and may be left out for all of it. If the charge has lines of several
	// accounts, each gets at most what its own say.
	Lines []string `json:"lines,omitzero"`
	// AgreementID is the account's recorded consent, which a debit needs.
	AgreementID   string            `json:"agreement,omitzero"`
	TransferGroup string            `json:"transferGroup,omitzero"` // at most 200 characters; empty: that of the charge
	Description   string            `json:"description,omitzero"`
	Metadata      map[string]string `json:"metadata,omitzero"`

	rates     rates
	ruleRates []compliance.PaymentRate // into the currencies that rules name
	approved  *Transfer                // as it waited for a person
}

// Transfer moves available money from the platform, or from one of its accounts,
// to another of its accounts (flow X1 of the chart), or what a charge brought to
// whom it belongs (flow C5). To the platform it debits an account that has agreed
// to it (flow X2, RecordAgreement). It is refused with insufficient_funds if what
// is available does not cover it.
func (p *Platform) Transfer(ctx context.Context, r TransferRequest) (*Transfer, error) {
	verb := simpleVerb[Transfer]{name: "transfer", kind: &transferKind, replayed: (*Transfer).replay}
	if !r.Currency.IsZero() && r.Currency != r.Amount.Currency() {
		verb.prepare = func(ctx context.Context) (err error) {
			if err := p.e.checkCurrency("currency", r.Currency, p.e.env.Time()); err != nil {
				return err
			}
			if err := p.e.checkCurrency("amount", r.Amount.Currency(), p.e.env.Time()); err != nil {
				return err
			}
			r.rates, err = p.rates(ctx, r.Amount.Currency(), r.Currency)
			return err
		}
	}
	verb.prepare = p.andRates(verb.prepare, r.Amount.Currency(), &r.ruleRates)
	t, err := simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Transfer, error) { return p.newTransfer(u, &r) })
	return p.reviewTransfer(ctx, verb, &r, t, err)
}

func (p *Platform) newTransfer(u *ledger.Unit, r *TransferRequest) (*Transfer, error) {
	prof, err := p.expectProfile(u)
	if err != nil {
		return nil, err
	}
	if err := p.checkTransfer(u, r); err != nil {
		return nil, err
	}
	t := &Transfer{
		ID: u.NewID(transferKind.Prefix), Platform: p.id, From: cmp.Or(r.From, p.id), To: r.To, Amount: r.Amount,
		TransferGroup: r.TransferGroup, Description: r.Description, Created: u.At(), Metadata: r.Metadata,
	}
	if o := r.approved; o != nil {
		t.ID, t.Review, t.Decision = o.ID, o.Review, o.Decision
	}
	for _, side := range []struct{ field, id string }{{"from", t.From}, {"to", t.To}} {
		if side.id != p.id {
			if err := p.expectSelling(u, side.id); err != nil {
				return nil, inField(side.field, err)
			}
			if side.field == "to" {
				if err := p.mayReceive(u, side.id); err != nil {
					return nil, inField(side.field, err)
				}
			} else {
				if err := p.notFrozen(u, side.id, t.Amount.Currency()); err != nil {
					return nil, inField(side.field, err)
				}
			}
		}
	}
	if err := p.holdTransfer(u, prof, r, t); err != nil {
		return nil, err
	}
	if r.ChargeID != "" {
		err = p.takeFromCharge(u, r, t)
	} else if t.To == p.id {
		err = p.agreed(u, r, t)
	}
	if err != nil {
		return nil, err
	}
	if err := p.askTransferRules(u, prof, r, t); err != nil {
		return nil, err
	}
	if t.Limits, err = p.takeLimits(u, transferKind.ID(t.ID), prof, LimitTransfers, t.From, t.Amount, nil); err != nil {
		return nil, err
	}
	if err := p.postTransfer(u, prof, r, t); err != nil {
		return nil, err
	}
	t.loaded()
	if err := p.transferWaits(u, t); err != nil {
		return nil, err
	}
	u.Emit(ledger.Event{Type: EventTransferCreated, Platform: p.id, Object: transferKind.ID(t.ID)})
	return t, transferKind.Put(u, t.ID, t)
}

// postTransfer moves the money, and converts it where the receiver has it.
func (p *Platform) postTransfer(u *ledger.Unit, prof *Profile, r *TransferRequest, t *Transfer) error {
	b := &books{u: u, p: p, object: transferKind.ID(t.ID)}
	cur, reason := t.Amount.Currency(), "transfer"
	if t.To == p.id {
		reason = "account debit"
	}
	from, to := cmp.Or(t.FromIn, "available"), cmp.Or(t.ToIn, "available")
	if t.Hold != nil {
		to = purposeHeld
	}
	b.post(reason, out(p.of(t.From, from, cur), t.Amount), in(p.of(t.To, to, cur), t.Amount))
	if r.Currency.IsZero() || r.Currency == cur {
		return p.keepTransferred(u, t, to, t.Amount)
	}
	var err error
	if t.Received, t.Conversion, err = b.convert(prof, t.To, to, t.Amount, r.rates); err != nil {
		return err
	}
	return p.keepTransferred(u, t, to, t.Received)
}

func (p *Platform) checkTransfer(u *ledger.Unit, r *TransferRequest) error {
	bad := func(field, msg string) error { return badField("invalid_request", field, msg) }
	if len(r.Lines) > 0 && r.Amount == (ledger.Money{}) {
		if err := checkByLines(r); err != nil {
			return err
		}
	} else if r.Amount == (ledger.Money{}) || r.Amount.Sign() <= 0 {
		return badField("invalid_amount", "amount", "a transfer is more than zero")
	}
	if r.Amount != (ledger.Money{}) {
		if err := p.e.checkCurrency("amount", r.Amount.Currency(), u.At()); err != nil {
			return err
		}
	}
	switch from := cmp.Or(r.From, p.id); {
	case r.To == "":
		return bad("to", "a transfer names the account that it goes to")
	case from == r.To:
		return bad("to", "a transfer has two sides")
	case r.ChargeID != "" && from != p.id:
		return bad("charge", "what a charge brought is the platform's to transfer")
	case len(r.Lines) > 0 && r.ChargeID == "":
		return bad("lines", "they are of a charge")
	case r.AgreementID != "" && r.To != p.id:
		return bad("agreement", "an account agrees to a debit by its platform")
	}
	if err := checkPlain("transferGroup", r.TransferGroup, 200); err != nil {
		return err
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return err
	}
	return checkMetadata(r.Metadata)
}

// GetTransfer returns a transfer of the platform.
func (p *Platform) GetTransfer(ctx context.Context, id string) (*Transfer, error) {
	return get(ctx, p, &transferKind, id, "transfer", func(t *Transfer) string { return t.Platform })
}
