package connect

import (
	"slices"
	"strconv"
	"time"

	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// MethodBankDebit is the method of charges by mandate.
const MethodBankDebit = pricing.BankDebit

// Debit is how a charge is collected from a bank account: what its mandate said when
// it was recorded, and what became of it.
type Debit struct {
	Mandate     string             `json:"mandate"`          // id
	Account     string             `json:"account,omitzero"` // whose creditor's identifier it is; empty: the platform's
	Scheme      string             `json:"scheme"`
	Kind        string             `json:"kind,omitzero"`
	Creditor    string             `json:"creditor"`
	Reference   string             `json:"reference"` // the mandate's
	Signed      payout.Day         `json:"signed"`
	Sequence    payout.Sequence    `json:"sequence"`
	Amendment   payout.Amendment   `json:"amendment,omitzero"` // what it tells the debtor's bank
	Destination payout.Destination `json:"destination"`        // the account that is debited
	Notice      MandateNotice      `json:"notice"`
	Lead        int                `json:"lead,omitzero"` // banking days between handing over and due date

	CollectOn payout.Day `json:"collectOn"` // the due date
	NoticeOn  payout.Day `json:"noticeOn"`  // when it is announced
	SubmitOn  payout.Day `json:"submitOn"`  // when it is handed over, and not before
	Noticed   time.Time  `json:"noticed,omitzero"`
	Submitted time.Time  `json:"submitted,omitzero"` // when the rail had taken it

	// What the rail told.
	SettledOn  payout.Day `json:"settledOn,omitzero"`
	ReturnedOn payout.Day `json:"returnedOn,omitzero"`
	Reason     string     `json:"reason,omitzero"` // the scheme's code of why it came back
	Means      string     `json:"means,omitzero"`  // in souk's words
	Until      payout.Day `json:"until,omitzero"`  // the last day on which the scheme lets it come back for that; zero: none, or for ever
	Flag       DebitFlag  `json:"flag,omitzero"`

	// Presenting again makes another charge (Represent).
	Attempt     int        `json:"attempt"`              // 1, and one more each time
	Of          string     `json:"of,omitzero"`          // the charge that it presents again
	Again       string     `json:"again,omitzero"`       // the charge that presents this one again
	FirstOn     payout.Day `json:"firstOn,omitzero"`     // when the first was settled, or else due
	Counted     bool       `json:"counted,omitzero"`     // in the rates of returns
	CountedBack bool       `json:"countedBack,omitzero"` // as a return
}

// DebitFlag is what somebody should look at: the money has moved and was booked.
type DebitFlag string

// The flags.
const (
	ReturnedLate     DebitFlag = "returned_late"     // after the scheme's window for its reason
	ReturnedUnlisted DebitFlag = "returned_unlisted" // for a reason that the scheme does not list
)

// The types of the events of debits.
const (
	// EventDebitNotice asks the host to announce a debit to the debtor: Charge.Debit
	// says of which amount, date, mandate and creditor.
	EventDebitNotice      = "charge.debit_notice"
	EventDebitRepresented = "charge.represented"
)

// Why a debit failed on its day before the rail had it.
const mandateNotActive = "mandate_" // and the mandate's state

// byMandate checks the part of a charge that its mandate says, before it is priced.
func (p *Platform) byMandate(r *ChargeRequest) error {
	bad := func(field, msg string) error { return badField("invalid_request", field, msg) }
	switch {
	case r.MandateID == "" && r.CollectOn != 0:
		return bad("collectOn", "a due date is that of a debit by mandate")
	case r.MandateID == "":
		return nil
	case r.Source != "":
		return bad("source", "a charge names its source or its mandate")
	case r.Method != "" && r.Method != MethodBankDebit:
		return bad("method", "a mandate is for bank debits")
	case r.CaptureLater:
		return bad("captureLater", "a bank debit is not authorized first")
	case r.Exemption != "":
		return bad("exemption", "a bank debit asks for no authentication")
	case r.Initiation != Initiation{}:
		return bad("initiation", "the mandate is the buyer's agreement")
	}
	r.Method = MethodBankDebit
	return nil
}

// collect puts on a new charge, priced by now, how and when it is debited, and on its
// mandate that it is used.
func (p *Platform) collect(u *ledger.Unit, r *ChargeRequest, c *Charge) error {
	if r.MandateID == "" {
		return nil
	}
	m, err := p.mandate(u, r.MandateID)
	if err != nil {
		return err
	}
	t, err := p.e.scheme(m.Scheme, dayOf(u))
	if err != nil {
		return err
	}
	if err := m.mayDebit(c); err != nil {
		return err
	}
	if m.Charge != "" {
		return badState("mandate_used", "mandate", "the mandate was for one debit, which has been made")
	}
	if most := p.e.c.Rail.Info().MaxMinor; most > 0 && c.Amount.Minor() > most {
		return badField("amount_too_large", "amount", "the rail carries at most "+ledger.Minor(most, c.Amount.Currency()).String()+" at once")
	}
	if err := p.notBlocked(u, c, &t); err != nil {
		return err
	}
	c.debits(m, &t)
	if err := p.plan(u, c, r.CollectOn); err != nil {
		return err
	}
	if err := m.use(c, &t); err != nil {
		return err
	}
	if err := p.putMandate(u, m, EventMandateUpdated); err != nil {
		return err
	}
	return p.start(u, c)
}

// mayDebit refuses a debit that a mandate is not for.
func (m *Mandate) mayDebit(c *Charge) error {
	switch {
	case m.Account != c.merchant():
		return badField("other_creditor", "mandate", "the mandate is for another creditor: a direct charge, or one on behalf of an account, takes that account's")
	case m.Status != MandateActive:
		return badState("mandate_not_active", "mandate", "the mandate is "+string(m.Status))
	case c.Amount.Currency() != m.Debtor.Bank.Currency:
		return badField("currency_mismatch", "amount", "the debtor's account is in "+m.Debtor.Bank.Currency.String())
	case m.Limits.Amount != ledger.Money{} && c.Amount.Minor() > m.Limits.Amount.Minor():
		return badState("mandate_limit", "amount", "the debtor agreed to at most "+m.Limits.Amount.String())
	}
	return nil
}

// debits puts on a charge what its mandate says.
func (c *Charge) debits(m *Mandate, t *debit.Terms) {
	sequence := payout.Recurring
	switch {
	case m.OneOff:
		sequence = payout.OneOff
	case m.Uses == 0:
		sequence = payout.First
	}
	c.Debit = &Debit{
		Mandate: m.ID, Account: m.Account, Scheme: m.Scheme, Kind: m.Kind, Creditor: m.Creditor, Reference: m.Reference,
		Signed: payout.DayOf(m.Signature.At, time.UTC), Sequence: sequence, Amendment: m.Untold, Destination: m.Debtor.Bank, Notice: m.Notice,
		Lead: t.LeadDays(sequence != payout.Recurring), Attempt: 1,
	}
}

// use counts a debit on its mandate. Its amendments are told with it.
func (m *Mandate) use(c *Charge, t *debit.Terms) error {
	due := c.Debit.CollectOn
	if n := m.Limits.Debits; n > 0 {
		from := m.Limits.Period.before(due)
		inPeriod := 0
		for _, d := range m.Recent {
			if d > from {
				inPeriod++
			}
		}
		if inPeriod >= n {
			return badState("mandate_limit", "collectOn", "the debtor agreed to "+strconv.Itoa(n)+" debits in a "+string(m.Limits.Period))
		}
		if m.Recent = append(m.Recent, due); len(m.Recent) > n {
			slices.Sort(m.Recent)
			m.Recent = m.Recent[len(m.Recent)-n:]
		}
	}
	m.Uses, m.LastUse, m.Untold = m.Uses+1, max(m.LastUse, due), payout.Amendment{}
	if m.OneOff {
		m.Charge = c.ID
	}
	m.lives(t)
	return nil
}

// unuse takes back that a debit used its mandate: the debtor's bank never had it.
func (m *Mandate) unuse(c *Charge) {
	d := c.Debit
	m.Uses = max(m.Uses-1, 0)
	if i := slices.Index(m.Recent, d.CollectOn); i >= 0 && d.Attempt == 1 {
		m.Recent = slices.Delete(m.Recent, i, i+1)
	}
	m.Untold = oldest(d.Amendment, m.Untold)
	if m.Charge == c.ID {
		m.Charge = d.Of
	}
}

// withdrawn books that the debtor's bank never had a debit: its mandate was not used,
// and what it presented again may be presented once more.
func (p *Platform) withdrawn(u *ledger.Unit, c *Charge, m *Mandate) error {
	m.unuse(c)
	if err := p.putMandate(u, m, EventMandateUpdated); err != nil || c.Debit.Of == "" {
		return err
	}
	old, err := p.charge(u, c.Debit.Of)
	if err != nil || old.Debit.Again != c.ID {
		return err
	}
	old.Debit.Again = ""
	return p.putCharge(u, old, EventChargeUpdated)
}

// railKey names a charge or a refund at the rail. Each has one attempt: presenting a
// debit again is another charge.
func railKey(id string) string { return id + "-1" }

// instruction is what the rail is told. It is the same whenever it is sent.
func (c *Charge) instruction() payout.Instruction {
	d := c.Debit
	return payout.Instruction{
		Key: railKey(c.ID), Amount: c.Amount, Destination: d.Destination, Descriptor: c.Descriptor,
		Debit: payout.Debit{
			Scheme: d.Scheme, Kind: d.Kind, Creditor: d.Creditor, Mandate: d.Reference, Signed: d.Signed, Sequence: d.Sequence,
			DueDate: d.CollectOn, Attempt: d.Attempt, Amendment: d.Amendment,
		},
	}
}

// clearing is the purpose of the house's account that a charge comes in by.
func (c *Charge) clearing() string {
	if c.Rail != "" {
		return "bank_clearing/" + c.Rail
	}
	return "acquirer/" + c.Acquirer
}
