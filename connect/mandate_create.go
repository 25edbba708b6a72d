package connect

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// MandateRequest records a mandate.
type MandateRequest struct {
	Key       string `json:"-"`
	AccountID string `json:"account,omitzero"` // the creditor; empty: the platform
	Scheme    string `json:"scheme,omitzero"`  // debit.SEPA and the like
	Kind      string `json:"kind,omitzero"`    // of those that the scheme tells apart; empty: its first
	// Creditor is the creditor's identifier as the scheme or its bank gave it: 1–35
	// letters, digits and + ? / - : ( ) . , '. One of SEPA has right check digits.
	Creditor string `json:"creditor,omitzero"`
	// Reference names the mandate, likewise, and stands with its creditor once. Empty:
	// it is made, 18 capital letters and digits, which fits all schemes.
	Reference string      `json:"reference,omitzero"`
	Name      string      `json:"name,omitzero"` // the debtor's, 1–70 characters
	Bank      BankDetails `json:"bank,omitzero"` // the debtor's, in the country and currency of the scheme
	// Signature is the evidence. Without its text the mandate is pending until
	// ActivateMandate brings it.
	Signature MandateSignature `json:"signature,omitzero"`
	OneOff    bool             `json:"oneOff,omitzero"` // it serves once
	Limits    MandateLimits    `json:"limits,omitzero"`
	// NoticeDays is how long before each due date a debit is announced, as was agreed
	// with the debtor: at least the scheme's least, at most 365. 0 is what the scheme has without
	// an agreement, ShortNotice its least.
	NoticeDays  int               `json:"noticeDays,omitzero"`
	ShortNotice bool              `json:"shortNotice,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// CreateMandate records a debtor's mandate. It is active at once if it is signed,
// unless its scheme wants the debtor's bank to confirm it.
func (p *Platform) CreateMandate(ctx context.Context, r MandateRequest) (*Mandate, error) {
	verb := simpleVerb[Mandate]{name: "create mandate", kind: &mandateKind, replayed: (*Mandate).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Mandate, error) { return p.newMandate(u, &r) })
}

func (p *Platform) newMandate(u *ledger.Unit, r *MandateRequest) (*Mandate, error) {
	if _, err := p.expectProfile(u); err != nil {
		return nil, err
	}
	if r.AccountID != "" {
		if err := p.expectSelling(u, r.AccountID); err != nil {
			return nil, err
		}
	}
	t, err := p.e.scheme(r.Scheme, dayOf(u))
	if err != nil {
		return nil, err
	}
	m := &Mandate{
		ID: u.NewID(mandateKind.Prefix), Platform: p.id, Account: r.AccountID, Scheme: r.Scheme, Creditor: r.Creditor, Reference: r.Reference,
		OneOff: r.OneOff, Limits: r.Limits, Signature: r.Signature, Status: MandatePending, Created: u.At(), Metadata: r.Metadata,
	}
	if err := p.mandateTerms(u, m, r, &t); err != nil {
		return nil, err
	}
	if m.Reference == "" {
		m.Reference = madeReference(m.ID)
	}
	if err := p.takeReference(u, m); err != nil {
		return nil, err
	}
	if m.signed(); m.Signature.Text != "" && !t.Confirmed {
		m.Status, m.Activated = MandateActive, u.At()
	}
	m.lives(&t)
	return m, p.putMandate(u, m, EventMandateCreated)
}

// dayOf is the day of a unit of work.
func dayOf(u *ledger.Unit) payout.Day { return payout.DayOf(u.At(), time.UTC) }

// scheme returns what holds of a scheme that the engine's rail carries.
func (e *Engine) scheme(name string, on payout.Day) (debit.Terms, error) {
	t, ok := e.c.Debits.Schemes.On(name, on)
	if !ok {
		return t, badField("invalid_scheme", "scheme", "there is no such scheme of bank debits")
	}
	if i := e.c.Rail.Info(); !i.TakesDebits(name) {
		return t, badState("unsupported_scheme", "scheme", "the rail "+i.Name+" does not debit by "+name)
	}
	return t, nil
}

// mandateTerms checks a request and puts what it says on the mandate.
func (p *Platform) mandateTerms(u *ledger.Unit, m *Mandate, r *MandateRequest, t *debit.Terms) error {
	switch {
	case r.Kind == "" && len(t.Kinds) > 0:
		m.Kind = t.Kinds[0]
	case r.Kind != "" && !slices.Contains(t.Kinds, r.Kind):
		return badField("invalid_kind", "kind", "the scheme tells apart: "+strings.Join(t.Kinds, ", "))
	default:
		m.Kind = r.Kind
	}
	if err := checkCreditor(r.Scheme, r.Creditor); err != nil {
		return err
	}
	if r.Reference != "" && !bankText(r.Reference) {
		return badField("invalid_reference", "reference", "a reference is 1 to 35 letters, digits and + ? / - : ( ) . , '")
	}
	if err := p.debtor(u, m, r.Name, r.Bank, t); err != nil {
		return err
	}
	if err := m.Signature.check(u.At()); err != nil {
		return err
	}
	if err := m.Limits.check(t); err != nil {
		return err
	}
	m.Notice = MandateNotice{Days: t.NoticeDays(r.OneOff), Business: t.Notice.Business}
	switch least := t.Notice.Least; {
	case r.ShortNotice && r.NoticeDays != 0:
		return badField("invalid_notice", "shortNotice", "the days of notice are stated")
	case r.ShortNotice:
		m.Notice.Days = min(least, m.Notice.Days)
	case r.NoticeDays < 0 || r.NoticeDays > 365 || r.NoticeDays != 0 && r.NoticeDays < least:
		return badField("invalid_notice", "noticeDays", "debtor and creditor agree on 0 to 365 days, and no fewer than the scheme's least")
	case r.NoticeDays > 0:
		m.Notice.Days = r.NoticeDays
	}
	return checkMetadata(m.Metadata)
}

// debtor puts who is debited on a mandate.
func (p *Platform) debtor(u *ledger.Unit, m *Mandate, name string, bank BankDetails, t *debit.Terms) error {
	if err := checkName("name", name, 70); err != nil {
		return err
	}
	b, err := bank.account(u, p.e)
	if err != nil {
		return err
	}
	if cardNumber(b.Token) {
		return badField("invalid_account_number", "bank.token", "a bank account is named by the rail's token, never by a number")
	}
	switch {
	case !slices.Contains(t.Currencies, b.Currency):
		return badField("currency_mismatch", "bank.currency", "the scheme has no debits in "+b.Currency.String())
	case !slices.Contains(t.Countries, b.Country):
		return badField("unsupported_country", "bank.country", "the scheme has no accounts in "+b.Country)
	}
	m.Debtor = Debtor{Name: name, Bank: b.Destination}
	return nil
}

func (s *MandateSignature) check(now time.Time) error {
	if *s == (MandateSignature{}) {
		return nil
	}
	if err := checkText("signature.text", s.Text, 4000); err != nil {
		return err
	}
	_, ip := netip.ParseAddr(s.IP)
	_, tag := language.Parse(s.Locale)
	switch {
	case s.Text == "":
		return badField("invalid_signature", "signature.text", "the evidence holds what the debtor was shown")
	case !s.At.IsZero() && (s.At.After(now) || s.At.Year() < 1990):
		return badField("invalid_signature", "signature.at", "nobody has signed then")
	case s.IP != "" && ip != nil:
		return badField("invalid_signature", "signature.ip", "this is not an IP address")
	case s.Locale != "" && tag != nil:
		return badField("invalid_language", "signature.locale", "a language is a tag of BCP 47")
	}
	if s.At = s.At.UTC().Round(0); s.At.Year() < 1990 {
		s.At = now
	}
	return nil
}

// signed gives a mandate without evidence no time of it either.
func (m *Mandate) signed() {
	if m.Signature.Text == "" {
		m.Signature = MandateSignature{}
	}
}

func (l *MandateLimits) check(t *debit.Terms) error {
	if l.Amount != (ledger.Money{}) {
		switch {
		case !slices.Contains(t.Currencies, l.Amount.Currency()):
			return badField("currency_mismatch", "limits.amount", "the scheme has no debits in that currency")
		case l.Amount.Sign() <= 0:
			return badField("invalid_amount", "limits.amount", "it is more than zero")
		}
	}
	switch {
	case l.Period == "" && l.Debits == 0:
		return nil
	case l.Debits < 1 || l.Debits > 31:
		return badField("invalid_limit", "limits.debits", "a period has 1 to 31 debits")
	case l.Period.before(payout.Day(20000)) == 0:
		return badField("invalid_limit", "limits.period", "a period is a week, month, quarter or year")
	}
	return nil
}

// before is the day from which debits still count when one is due; zero if there is
// no such period.
func (s MandatePeriod) before(due payout.Day) payout.Day {
	switch s {
	case PerWeek:
		return due - 7
	case PerMonth:
		return debit.AddMonths(due, -1)
	case PerQuarter:
		return debit.AddMonths(due, -3)
	case PerYear:
		return debit.AddMonths(due, -12)
	}
	return 0
}

// bankText reports whether text is 1 to 35 characters that all banks can carry (EPC217-08,
// without the space).
func bankText(text string) bool {
	for i := range len(text) {
		c := text[i]
		if !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("+?/-:().,'", c) >= 0) {
			return false
		}
	}
	return text != "" && len(text) <= 35
}

// checkCreditor refuses what is not a creditor's identifier. Those of SEPA have check
// digits by ISO 7064 MOD 97-10, of which the business code, places 5 to 7, is no part
// (EPC262-08).
func checkCreditor(scheme, id string) error {
	if !bankText(id) {
		return badField("invalid_creditor", "creditor", "a creditor's identifier is 1 to 35 letters, digits and + ? / - : ( ) . , '")
	}
	if scheme != debit.SEPA && scheme != debit.SEPAB2B {
		return nil
	}
	if len(id) < 8 {
		return badField("invalid_creditor", "creditor", "an identifier of SEPA has at least eight characters")
	}
	rest := 0
	for _, c := range strings.ToUpper(id[7:] + id[:4]) {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	if rest != 1 {
		return badField("invalid_creditor", "creditor", "the check digits of the creditor's identifier are wrong")
	}
	return nil
}

// madeReference makes a reference of a mandate's id.
func madeReference(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:12])[:18]
}

// mandateReference is the object that there is one of for each creditor and reference
// of a platform.
type mandateReference struct {
	Mandate string `json:"mandate"`
}

var mandateReferenceKind = ledger.Kind[mandateReference]{
	Name: "connect.mandate_reference", Prefix: "mref_", Columns: []ledger.Column{{Name: "mandate", Path: "mandate"}},
}

// takeReference refuses a reference that another mandate of the creditor has. They
// are told apart as banks do, without regard to case.
func (p *Platform) takeReference(u *ledger.Unit, m *Mandate) error {
	sum := sha256.Sum256([]byte(p.id + "\n" + m.Scheme + "\n" + strings.ToUpper(m.Creditor) + "\n" + strings.ToUpper(m.Reference)))
	id := mandateReferenceKind.Prefix + hex.EncodeToString(sum[:16])
	o, err := u.Object(mandateReferenceKind.ID(id))
	if err != nil {
		return err
	}
	if o.Version == 0 {
		return mandateReferenceKind.Put(u, id, &mandateReference{Mandate: m.ID})
	}
	r, err := mandateReferenceKind.Decode(o)
	if err != nil {
		return err
	}
	if r.Mandate != m.ID { // which may take back what it had
		return badState("reference_taken", "reference", "another mandate of the creditor has this reference")
	}
	return nil
}
