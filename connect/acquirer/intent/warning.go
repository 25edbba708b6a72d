package intent

import (
	"context"

	"github.com/soukhq/souk/connect"
)

// warning is an issuer's report of fraud.
type warning struct {
	ID            string `json:"id"`
	FraudType     string `json:"fraud_type"`
	PaymentIntent string `json:"payment_intent"`
	Created       int64  `json:"created"`
}

// ofWarning reads an event of a warning. It names the payment by the API's own name, so
// that this is asked for. Whether there is something to be done souk knows itself.
func (a *Acquirer) ofWarning(ctx context.Context, w warning, n *connect.Notice) error {
	if !payment(w.PaymentIntent) {
		n.Unhandled = "the warning names no payment of this API's"
		return nil
	}
	i, err := a.payment(ctx, w.PaymentIntent)
	if err != nil || i == nil || i.Metadata[metaKey] == "" {
		return err
	}
	switch w.FraudType {
	case "card_never_received", "fraudulent_card_application", "made_with_counterfeit_card", "made_with_lost_card", "made_with_stolen_card",
		"misc", "unauthorized_use_of_card", "":
	default:
		w.FraudType = "misc" // one that the API has added since
	}
	n.Warning = &connect.WarningNews{ID: w.ID, Key: i.Metadata[metaKey], FraudType: w.FraudType, At: moment(w.Created)}
	return nil
}
