package connect

import (
	"cmp"
	"net/netip"
	"time"
)

// Initiator says who starts a payment.
type Initiator string

// The initiators of a payment, in the networks' terms. The buyer, who is present,
// is the empty one.
const (
	BuyerPresent Initiator = ""

	// Under the buyer's agreement.
	Recurring   Initiator = "recurring"   // at regular intervals
	Instalment  Initiator = "instalment"  // a part of one purchase
	Unscheduled Initiator = "unscheduled" // when something happens, such as a balance that ran low

	// By the merchant alone, after a purchase that the buyer made.
	NoShow      Initiator = "no_show"
	Delayed     Initiator = "delayed"     // for what came up after the stay or the rental
	Incremental Initiator = "incremental" // more than was estimated
)

// BuyerAgreement is what the buyer agreed to. It is kept with the charge, as evidence.
type BuyerAgreement struct {
	Text string    `json:"text,omitzero"` // 1–2,000 characters
	At   time.Time `json:"at,omitzero"`
	IP   string    `json:"ip,omitzero"` // from where, if it was online
}

// Initiation says who starts a payment, and by what right.
type Initiation struct {
	By        Initiator      `json:"by,omitzero"`
	Agreement BuyerAgreement `json:"agreement,omitzero"`
	// First is the network's id of the transaction with which the buyer agreed, or
	// bought. All payments but the buyer's own name it, or carry the agreement.
	First string `json:"first,omitzero"`
}

// absent reports whether the buyer cannot be asked for anything.
func (i *Initiation) absent() bool { return i != nil && i.By != BuyerPresent }

// Exemption is why the buyer need not be authenticated.
type Exemption string

// The exemptions that an acquirer can be asked for (Commission Delegated
// Regulation (EU) 2018/389, articles 13 to 18).
const (
	LowValue    Exemption = "low_value"
	LowRisk     Exemption = "low_risk" // by transaction risk analysis
	Trusted     Exemption = "trusted_beneficiary"
	Corporate   Exemption = "secure_corporate"
	RecurringTo Exemption = "recurring" // the same amount to the same payee
)

// Bearer says who bears a dispute for fraud.
type Bearer string

// Who may bear a dispute for fraud.
const (
	IssuerBears   Bearer = "issuer"   // the liability was shifted
	MerchantBears Bearer = "merchant" // it was not
)

// Authentication is how the buyer was authenticated, as the acquirer tells.
type Authentication struct {
	Version     string    `json:"version,omitzero"` // of 3-D Secure: "2.2.0"
	ECI         string    `json:"eci,omitzero"`     // the network's indicator: "05"
	Asked       Exemption `json:"asked,omitzero"`   // the exemption that was asked for
	Granted     Exemption `json:"granted,omitzero"` // and the one that was granted
	Liability   Bearer    `json:"liability,omitzero"`
	Transaction string    `json:"transaction,omitzero"` // the network's id, which later payments name as Initiation.First
}

// checkInitiation refuses a payment that nobody may start so.
func checkInitiation(r *ChargeRequest, now time.Time) error {
	i := &r.Initiation
	switch i.By {
	case BuyerPresent, Recurring, Instalment, Unscheduled, NoShow, Delayed, Incremental:
	default:
		return badField("invalid_initiator", "initiation", "it is recurring, instalment, unscheduled, no_show, delayed or incremental, or the buyer is present")
	}
	switch r.Exemption {
	case "", LowValue, LowRisk, Trusted, Corporate, RecurringTo:
	default:
		return badField("invalid_exemption", "exemption", "there is no such exemption")
	}
	if err := i.Agreement.check(now); err != nil {
		return err
	}
	switch agreed := i.Agreement != (BuyerAgreement{}); {
	case i.First != "" && !plain(i.First, 1, 100):
		return badField("invalid_transaction", "initiation", "a network's id is 1 to 100 characters of printable ASCII")
	case i.absent() && !agreed && i.First == "":
		return badField("agreement_required", "initiation", "a payment without the buyer carries their agreement, or the transaction with which they agreed")
	}
	return nil
}

func (a *BuyerAgreement) check(now time.Time) error {
	if *a == (BuyerAgreement{}) {
		return nil
	}
	if err := checkText("initiation", a.Text, 2000); err != nil {
		return err
	}
	_, err := netip.ParseAddr(a.IP)
	switch {
	case a.Text == "" || a.At.IsZero():
		return badField("invalid_agreement", "initiation", "an agreement has its text and its time")
	case a.At.After(now) || a.At.Year() < 1990:
		return badField("invalid_agreement", "initiation", "nobody has agreed then")
	case a.IP != "" && err != nil:
		return badField("invalid_agreement", "initiation", "this is not an IP address")
	}
	return nil
}

// initiate keeps on a charge who started it. Times are kept as storage gives them
// back, so that an order is the same whenever it is sent.
func (c *Charge) initiate(r *ChargeRequest) {
	if c.Exemption = r.Exemption; r.Initiation == (Initiation{}) {
		return
	}
	i := r.Initiation
	i.Agreement.At = i.Agreement.At.UTC().Round(0)
	c.Initiation = &i
}

// order is what the acquirer is asked for.
func (c *Charge) order() AuthorizeOrder {
	o := AuthorizeOrder{
		Amount: c.presented(), Source: c.Source, Capture: c.Authorization == nil, Descriptor: c.Descriptor,
		Exemption: c.Exemption, Challenge: c.Retry > 0,
		Save: c.Save != nil, Stored: c.Save == nil && c.SavedSource != "",
	}
	if c.Initiation != nil {
		o.Initiation = *c.Initiation
	}
	return o
}

// heard keeps what an answer says of the buyer's authentication.
func (c *Charge) heard(a Answer) {
	c.Network = cmp.Or(clip(a.Network), c.Network)
	if a.Auth != (Authentication{}) {
		auth := a.Auth
		c.Auth = &auth
	}
}
