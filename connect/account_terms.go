package connect

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// ServiceAgreement is which terms an account has accepted.
type ServiceAgreement string

// The agreements. It does not change once it was accepted.
const (
	FullAgreement      ServiceAgreement = "full"
	RecipientAgreement ServiceAgreement = "recipient" // no sales of its own: transfers alone
)

// TermsAcceptance is what an account has accepted, and how.
type TermsAcceptance struct {
	At        time.Time        `json:"at"`                 // after 2009, and not to come
	IP        string           `json:"ip"`                 // from where, IPv4 or IPv6
	UserAgent string           `json:"userAgent,omitzero"` // of the browser, at most 500 characters
	Version   string           `json:"version,omitzero"`   // of the terms, in the host's words, at most 100 characters
	Agreement ServiceAgreement `json:"agreement,omitzero"` // empty: full
}

// accept records what was accepted, in place of an earlier acceptance.
func (a *Account) accept(u *ledger.Unit, ent *compliance.Entity, t *TermsAcceptance) error {
	if t == nil {
		return nil
	}
	bad := func(field, msg string) error { return badField("invalid_terms", "terms."+field, msg) }
	ip, err := netip.ParseAddr(t.IP)
	text := checkText("terms.userAgent", t.UserAgent, 500)
	if text == nil {
		text = checkText("terms.version", t.Version, 100)
	}
	had := FullAgreement
	if a.Terms != nil && a.Terms.Agreement != "" {
		had = a.Terms.Agreement
	}
	switch {
	case t.At.Year() < 2010 || t.At.After(u.At().Add(time.Minute)):
		return bad("at", "terms are accepted after 2009, and not in the future")
	case err != nil || ip.Zone() != "":
		return bad("ip", "this is not an IP address")
	case text != nil:
		return text
	case t.Agreement != "" && t.Agreement != FullAgreement && t.Agreement != RecipientAgreement:
		return bad("agreement", "the agreement is full or recipient")
	case a.Terms != nil && t.Agreement != "" && t.Agreement != had:
		return badState("agreement_accepted", "terms.agreement", "the agreement does not change")
	}
	x := *t
	x.At, x.IP = t.At.UTC(), ip.String()
	if a.Terms != nil {
		x.Agreement = a.Terms.Agreement
	}
	for i := range a.Capabilities {
		if x.Agreement == RecipientAgreement && a.Capabilities[i].Name != Transfers {
			return badState("recipient_agreement", "terms.agreement", "a recipient has transfers alone")
		}
	}
	a.Terms = &x
	fields := make(map[string]string)
	for _, r := range ent.Asks() {
		switch {
		case strings.HasSuffix(r, "tos_acceptance.date"):
			fields[r] = strconv.FormatInt(x.At.Unix(), 10)
		case strings.HasSuffix(r, "tos_acceptance.ip"):
			fields[r] = x.IP
		}
	}
	return ent.Provide(u, compliance.Details{Fields: fields})
}
