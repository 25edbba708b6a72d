package connect

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
)

// WarningNews is what an acquirer says when a buyer's bank warns of a payment. It may
// leave out what it does not know of; what was said before stays.
type WarningNews struct {
	ID   string      // the acquirer's name for the warning, at most 200 bytes
	Key  string      // of the payment, as News has it: the id of the charge or of a capture of it
	Kind WarningKind // empty: WarningFraud
	// Amount is what is reported, in the currency in which the buyer paid; the zero Money is
	// all of the payment.
	Amount ledger.Money
	// FraudType is one of the field's words for how the card was misused:
	// unauthorized_use_of_card, made_with_stolen_card and the like. Empty: it is not said.
	FraudType string
	Network   string // the network's code of the reason, at most 40 bytes
	At        time.Time
}

// fraudTypes are the field's words for how a card was misused.
var fraudTypes = []string{
	"card_never_received", "fraudulent_card_application", "made_with_counterfeit_card", "made_with_lost_card", "made_with_stolen_card", "misc",
	"unauthorized_use_of_card",
}

// WarningNews keeps what the engine's acquirer says before a payment is disputed: once
// for each name, however often it comes. Where the platform's WarningPolicy gives the
// payment back, the next Drain does. News of a payment that is not this acquirer's is
// NotFound; of one that was never approved, State; of another payment than before, State,
// code contradicting_news.
func (e *Engine) WarningNews(ctx context.Context, n WarningNews) error {
	err := e.start(ctx)
	if err == nil {
		err = e.warningNews(ctx, n)
	}
	if err != nil {
		return fmt.Errorf("connect: warning news: %w", err)
	}
	return nil
}

func (e *Engine) warningNews(ctx context.Context, n WarningNews) error {
	n.Kind = cmp.Or(n.Kind, WarningFraud)
	if err := n.check(); err != nil {
		return err
	}
	c, err := e.paymentOf(ctx, n.Key)
	if err != nil {
		return err
	}
	p, err := e.Platform(ctx, c.Platform)
	if err != nil {
		return err
	}
	_, err = p.unit(ctx, func(u *ledger.Unit) error { return p.hearWarning(u, c.ID, &n) })
	return err
}

func (n *WarningNews) check() error {
	switch {
	case n.ID == "" || len(n.ID) > 200:
		return badField("invalid_request", "id", "a warning has the acquirer's name, of at most 200 bytes")
	case n.Kind != WarningFraud && n.Kind != WarningAlert:
		return badField("invalid_request", "kind", "a warning is of fraud, or an alert")
	case n.FraudType != "" && !slices.Contains(fraudTypes, n.FraudType):
		return badField("invalid_reason", "fraudType", "it is none of the types of fraud: misc, where no other fits")
	case len(n.Network) > 40:
		return badField("invalid_request", "network", "a network's code has at most 40 bytes")
	case n.Amount != (ledger.Money{}) && (n.Amount.Sign() <= 0 || n.Amount.Minor() > mostDisputed):
		return badField("invalid_amount", "amount", "what is reported is more than zero, of at most thirteen digits")
	}
	return nil
}

// hearWarning keeps one piece of news. What says nothing new writes nothing.
func (p *Platform) hearWarning(u *ledger.Unit, charge string, n *WarningNews) error {
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	c, err := p.charge(u, charge)
	if err != nil {
		return err
	}
	id := warningID(c.Acquirer, n.ID)
	o, err := u.Object(warningKind.ID(id))
	if err != nil {
		return err
	}
	if o.Version > 0 {
		return p.warnedAgain(u, c, id, n)
	}
	switch {
	case c.waiting() || c.Status == ChargeFailed && c.Failure == nil:
		return badState("invalid_state", "key", "a warning is of a payment that was approved; it is "+string(c.Status))
	case n.Amount != (ledger.Money{}) && n.Amount.Currency() != c.presented().Currency():
		return badField("currency_mismatch", "amount", "the buyer paid in "+c.presented().Currency().String())
	}
	w := &EarlyWarning{
		ID: id, Platform: p.id, Charge: c.ID, Account: c.Account, Acquirer: c.Acquirer, Reference: n.ID, Kind: n.Kind, Amount: n.Amount,
		FraudType: n.FraudType, Network: n.Network, Reported: u.At(), Created: u.At(),
	}
	if n.Amount == (ledger.Money{}) {
		w.Amount = c.presented()
	}
	if !n.At.IsZero() {
		w.Reported = n.At.UTC().Truncate(time.Microsecond)
	}
	if err := p.judgeWarning(u, prof, c, w); err != nil {
		return err
	}
	if w.Kind == WarningFraud {
		if err := p.countRisk(u, c, func(m *riskMonth) { m.Warnings++ }); err != nil {
			return err
		}
	}
	return p.putWarning(u, w, nil, EventWarningCreated)
}

// judgeWarning decides by the platform's rule what comes of a new warning.
func (p *Platform) judgeWarning(u *ledger.Unit, prof *Profile, c *Charge, w *EarlyWarning) error {
	if code := c.moot(); code != "" {
		return w.become(WarningMoot, code)
	}
	rule := prof.Warnings.of(w.Kind)
	code, err := rule.refuses(u, p, c)
	switch {
	case err != nil:
		return err
	case code != "":
		return w.become(WarningOpen, code)
	}
	w.ReverseTransfer, w.RefundFee = rule.ReverseTransfer, rule.RefundFee
	w.Work.Later(u.At())
	return w.become(WarningDue, "")
}

// moot says why nothing of a charge can be given back for a warning; empty if something
// can.
func (c *Charge) moot() string {
	switch {
	case c.Status == ChargeFailed:
		return "payment_failed"
	case c.Status == ChargeCanceled:
		return "canceled"
	case len(c.Disputed) > 0:
		return "disputed"
	case c.Status == ChargeAuthorized:
		return ""
	case c.disputable().IsZero():
		return "already_refunded" // or lost to disputes
	}
	return ""
}

// warnedAgain keeps what news adds to a warning.
func (p *Platform) warnedAgain(u *ledger.Unit, c *Charge, id string, n *WarningNews) error {
	w, err := p.warning(u, id)
	if err != nil {
		return err
	}
	if w.Charge != c.ID {
		return contradicting("key", "the warning is of another payment")
	}
	was := *w
	w.FraudType, w.Network = cmp.Or(w.FraudType, n.FraudType), cmp.Or(w.Network, n.Network)
	if w.FraudType == was.FraudType && w.Network == was.Network {
		return nil
	}
	return p.putWarning(u, w, nil, EventWarningUpdated)
}
