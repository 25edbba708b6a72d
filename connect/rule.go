package connect

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/ledger"
)

// PaymentFacts are what only the host knows of who pays a charge, for its rules
// (Config.Rules). They are kept beside the charge, for what is counted later and for
// back-tests, and nobody else reads them. What is empty is missing to rules.
type PaymentFacts struct {
	// Card is what the acquirer told when the host got its token. Of a saved source the
	// engine knows brand, last digits, fingerprint and country itself.
	Card compliance.Card `json:"card,omitzero"`
	// Buyer is who pays. Customer is the charge's, if it has one, and Country is
	// ChargeRequest.BuyerCountry, unless they are stated here. A customer of the platform's
	// who was deleted is refused: State, customer_deleted (facts.buyer.customer).
	Buyer    compliance.Buyer   `json:"buyer,omitzero"`
	Billing  compliance.Address `json:"billing,omitzero"`
	Shipping compliance.Address `json:"shipping,omitzero"`
	Secure   compliance.Truth   `json:"secure,omitzero"` // the buyer goes through 3-D Secure
	// Host are facts of the host's own, by the names that its rules have for them
	// ("risk.score", "host.first_order"): at most 50, of at most 100 characters.
	Host map[string]compliance.Value `json:"host,omitzero"`
}

// codeBlocked is the code of a charge that a rule has blocked, and of the error of a
// transfer.
const codeBlocked = "blocked_by_rule"

// RuleBlocked is the cause of an error with the code blocked_by_rule.
type RuleBlocked struct{ Decision compliance.Decision }

// Error returns the decision in words.
func (b *RuleBlocked) Error() string { return b.Decision.Explain() }

// rules returns the rules that a verb asks, from the first to the last time: a set that
// may be replaced at any moment (rule.Active) is the one that it is now.
func (p *Platform) rules() []compliance.Rule {
	list := p.e.c.Rules
	if own := p.e.c.RulesOf; own != nil {
		list = append(slices.Clip(list), own(p.id)...)
	}
	for i, r := range list {
		if a, ok := r.(*rule.Active); ok {
			list = slices.Clone(list)
			list[i] = nothing{}
			if set := a.Set(); set != nil {
				list[i] = set
			}
		}
	}
	return list
}

// nothing is a rule without a word to say.
type nothing struct{}

func (nothing) Decide(_ context.Context, _ *compliance.Payment) (compliance.Decision, error) {
	return compliance.Decision{}, nil
}

func (nothing) Uses(string) bool { return false }

// check refuses facts before anything is written.
func (f *PaymentFacts) check() error {
	if f == nil {
		return nil
	}
	for _, t := range []struct{ field, text string }{
		{"card.brand", f.Card.Brand}, {"card.funding", f.Card.Funding}, {"card.wallet", f.Card.Wallet}, {"card.secure", f.Card.Secure},
		{"card.fingerprint", f.Card.Fingerprint}, {"buyer.customer", f.Buyer.Customer}, {"buyer.name", f.Buyer.Name}, {"buyer.ip", f.Buyer.IP},
	} {
		if err := checkText("facts."+t.field, t.text, 200); err != nil {
			return err
		}
	}
	for _, t := range []struct{ field, text string }{
		{"card.country", f.Card.Country}, {"buyer.country", f.Buyer.Country}, {"buyer.ipCountry", f.Buyer.IPCountry},
		{"billing.country", f.Billing.Country}, {"shipping.country", f.Shipping.Country},
	} {
		if t.text != "" && !compliance.IsCountry(t.text) {
			return badField("invalid_country", "facts."+t.field, "a country is an ISO 3166-1 code of two letters")
		}
	}
	if err := f.checkDigits(); err != nil {
		return err
	}
	if err := inField("facts.buyer.email", checkEmail(f.Buyer.Email)); err != nil {
		return err
	}
	for _, a := range []struct {
		field string
		of    *compliance.Address
	}{{"facts.billing", &f.Billing}, {"facts.shipping", &f.Shipping}} {
		for _, text := range []string{a.of.Line1, a.of.Line2, a.of.PostalCode, a.of.City, a.of.State} {
			if err := checkText(a.field, text, 200); err != nil {
				return err
			}
		}
	}
	return f.checkHost()
}

// ofCard are the facts of another source of a payment.
func (f *PaymentFacts) ofCard(card compliance.Card) *PaymentFacts {
	if f == nil && card == (compliance.Card{}) {
		return nil
	}
	var c PaymentFacts
	if f != nil {
		c = *f
	}
	c.Card = card
	return &c
}

// checkDigits refuses more of a card's number than rules may see.
func (f *PaymentFacts) checkDigits() error {
	if n := len(f.Card.BIN); n != 0 && (n != 6 && n != 8 || !digits(f.Card.BIN)) {
		return badField("invalid_request", "facts.card.bin", "it is the first six or eight digits")
	}
	if n := len(f.Card.Last4); n != 0 && (n > 4 || !alphanumeric(f.Card.Last4)) {
		return badField("invalid_request", "facts.card.last4", "the last four are digits or letters")
	}
	for _, t := range []compliance.Truth{f.Secure, f.Card.New} {
		if t < compliance.False || t > compliance.True {
			return badField("invalid_request", "facts", "it is true, false or unknown")
		}
	}
	return nil
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

func (f *PaymentFacts) checkHost() error {
	const field = "facts.host"
	if len(f.Host) > 50 {
		return badField("invalid_request", field, "a host tells at most 50 facts of its own")
	}
	for _, name := range slices.Sorted(maps.Keys(f.Host)) {
		if !plain(name, 1, 100) || holdsCard(name) {
			return badField("invalid_request", field, "the name of a fact is 1 to 100 characters of printable ASCII without spaces")
		}
		if err := checkText(field, f.Host[name].Text(), 1000); err != nil {
			return err
		}
	}
	return nil
}

// blocked is the error of what rules do not let happen.
func blocked(d compliance.Decision) error {
	return &ledger.Error{Class: ledger.State, Code: codeBlocked, Field: "rule", Err: &RuleBlocked{d},
		Msg: fmt.Sprintf("%s (version %s) blocks it", cmp.Or(d.Rule, "a rule"), cmp.Or(d.Version, "unknown"))}
}

// ruled tells what rules said of an object, and of which limits it takes what.
func (x *explain) ruled(id ledger.ID, d *compliance.Decision, limits []LimitUse) {
	if d != nil {
		x.term(id, "rules", ledger.Money{}, "", d.Explain())
	}
	for i := range limits {
		if l := &limits[i]; !l.Amount.IsZero() {
			x.term(id, "limit", l.Amount, l.Owner, l.Name+", of "+l.Window)
		}
	}
}

// review explains a review through what it is of.
func (x *explain) review(o *Review) error {
	if o.Charge != "" {
		return x.chargeOf(o.Charge)
	}
	return x.addID(transferKind.ID(o.Transfer))
}
