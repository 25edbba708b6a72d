package intent

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
)

// The metadata by which requests are found again.
const (
	metaKey      = "souk_key"      // of an intent or refund: the key of its request
	metaCapture  = "souk_capture"  // of an intent: the key of its latest capture,
	metaCaptured = "souk_captured" // and its amount, in the API's units
)

// intent is a payment intent, as far as it matters.
type intent struct {
	ID                 string            `json:"id"`
	Amount             int64             `json:"amount"`
	AmountReceived     int64             `json:"amount_received"`
	Currency           string            `json:"currency"`
	Status             string            `json:"status"`
	CaptureMethod      string            `json:"capture_method"`
	CancellationReason string            `json:"cancellation_reason"`
	ClientSecret       string            `json:"client_secret"`
	Metadata           map[string]string `json:"metadata"`
	LastPaymentError   *apiError         `json:"last_payment_error"`
	LatestCharge       *charge           `json:"latest_charge"`
	NextAction         *struct {
		RedirectToURL *struct {
			URL string `json:"url"`
		} `json:"redirect_to_url"`
	} `json:"next_action"`
}

// charge is an attempt of an intent. Where it was not expanded it is its id alone.
type charge struct {
	ID            string            `json:"id"`
	Status        string            `json:"status"`
	Captured      bool              `json:"captured"`
	PaymentIntent string            `json:"payment_intent"`
	Amount        int64             `json:"amount"`
	Currency      string            `json:"currency"`
	Metadata      map[string]string `json:"metadata"`
	Details       struct {
		Type string `json:"type"`
		Card *card  `json:"card"`
	} `json:"payment_method_details"`
}

type card struct {
	Brand                string  `json:"brand"`
	Network              string  `json:"network"`
	Country              string  `json:"country"`
	CaptureBefore        int64   `json:"capture_before"`
	NetworkTransactionID string  `json:"network_transaction_id"`
	ThreeDSecure         *secure `json:"three_d_secure"`
	Checks               *checks `json:"checks"`
}

// checks are what the issuer said of what the buyer typed; null where it was not typed.
type checks struct {
	CVC        string `json:"cvc_check"`
	Line1      string `json:"address_line1_check"`
	PostalCode string `json:"address_postal_code_check"`
}

// secure is the outcome of 3-D Secure.
type secure struct {
	Version            string `json:"version"`
	ECI                string `json:"electronic_commerce_indicator"`
	ExemptionIndicator string `json:"exemption_indicator"`
	Applied            bool   `json:"exemption_indicator_applied"`
	Result             string `json:"result"`
}

// answer is what an intent says of the request that made it.
func (i *intent) answer() connect.Answer {
	a := connect.Answer{Reference: i.ID, Amount: money(i.Amount, i.Currency)}
	switch i.Status {
	case "succeeded", "requires_capture":
		a.Status = connect.Approved
	case "processing":
		a.Status = connect.Received
	case "requires_action":
		a.Status = connect.RequiresAction
		a.Action = connect.Action{Data: i.ClientSecret}
		if n := i.NextAction; n != nil && n.RedirectToURL != nil {
			a.Action = connect.Action{URL: n.RedirectToURL.URL}
		}
	case "requires_payment_method", "requires_confirmation":
		a.Status = connect.Received // the API is still at it
		if i.LastPaymentError != nil {
			a.Status, a.Code = connect.Declined, i.LastPaymentError.code()
		}
	case "canceled":
		a.Status, a.Code = connect.Declined, "canceled"
		if i.LatestCharge != nil && i.LatestCharge.Status == "succeeded" { // it was authorized
			a.Status, a.Code = connect.Canceled, cmp.Or(i.CancellationReason, "canceled")
			if i.CancellationReason == "automatic" || i.CancellationReason == "expired" {
				a.Code = "authorization_expired"
			}
		}
	}
	if a.Status != connect.Declined { // an error shows no more of its charge than the id
		i.describe(&a)
	}
	return a
}

// describe tells how the buyer paid.
func (i *intent) describe(a *connect.Answer) {
	if i.LatestCharge == nil || i.LatestCharge.Details.Card == nil {
		return
	}
	c := i.LatestCharge.Details.Card
	a.Country, a.Network = c.Country, cmp.Or(c.Network, c.Brand)
	if c.CaptureBefore > 0 {
		a.CaptureBefore = time.Unix(c.CaptureBefore, 0).UTC()
	}
	a.Auth.Transaction = c.NetworkTransactionID
	if k := c.Checks; k != nil {
		a.Checks = compliance.Checks{CVC: k.CVC, Line1: k.Line1, PostalCode: k.PostalCode}
	}
	s := c.ThreeDSecure
	if s == nil {
		return
	}
	a.Auth.Version, a.Auth.ECI = s.Version, s.ECI
	if s.ExemptionIndicator == "low_risk" { // the indicator is the one that the issuer accepted
		a.Auth.Granted = connect.LowRisk
		if s.Applied {
			a.Auth.Asked = connect.LowRisk
		}
	}
	switch s.Result {
	case "authenticated", "attempt_acknowledged":
		a.Auth.Liability = connect.IssuerBears
	case "":
	default:
		a.Auth.Liability = connect.MerchantBears
	}
}

// refund is a refund.
type refund struct {
	ID            string            `json:"id"`
	Amount        int64             `json:"amount"`
	Currency      string            `json:"currency"`
	Status        string            `json:"status"`
	FailureReason string            `json:"failure_reason"`
	PaymentIntent string            `json:"payment_intent"`
	Metadata      map[string]string `json:"metadata"`
}

// answer is what a refund says of the request that made it.
func (r *refund) answer() connect.Answer {
	a := connect.Answer{Reference: r.ID, Amount: money(r.Amount, r.Currency)}
	switch r.Status {
	case "succeeded":
		a.Status = connect.Approved
	case "pending", "requires_action":
		a.Status = connect.Received
	case "failed", "canceled":
		a.Status, a.Code = connect.Declined, cmp.Or(r.FailureReason, r.Status)
	}
	return a
}

// UnmarshalJSON reads a charge, or its id alone.
func (c *charge) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &c.ID)
	}
	type plain charge // without this method
	return json.Unmarshal(data, (*plain)(c))
}
