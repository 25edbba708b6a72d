package notify

import (
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
)

// disputeEvents are the events of disputes, and the state that each tells; those without
// one tell of money alone.
var disputeEvents = map[string]connect.DisputeStatus{
	"REQUEST_FOR_INFORMATION":           connect.InquiryNeedsResponse,
	"NOTIFICATION_OF_CHARGEBACK":        connect.DisputeNeedsResponse,
	"DISPUTE_OPENED_WITH_CHARGEBACK":    connect.DisputeNeedsResponse,
	"CHARGEBACK":                        "",
	"INFORMATION_SUPPLIED":              connect.DisputeUnderReview,
	"DISPUTE_DEFENSE_PERIOD_ENDED":      connect.DisputeLost, // nobody answered, or it was accepted
	"CHARGEBACK_REVERSED":               connect.DisputeUnderReview,
	"ISSUER_RESPONSE_TIMEFRAME_EXPIRED": connect.DisputeWon,
	"SECOND_CHARGEBACK":                 connect.DisputeLost,
	"PREARBITRATION_WON":                connect.DisputeWon,
	"PREARBITRATION_LOST":               connect.DisputeLost,
}

// eventFraud is an issuer's report of fraud.
const eventFraud = "NOTIFICATION_OF_FRAUD"

// ofDispute reads an item of a dispute, all of which have the dispute's reference, and
// tells whether it is one. It names the payment as souk has called it.
func (a *Acquirer) ofDispute(i *Item, key string, mark byte, n *connect.Notice) bool {
	status, ok := disputeEvents[i.EventCode]
	said := i.AdditionalData.text("disputeStatus")
	switch {
	case !ok && i.EventCode != eventFraud:
		return false
	case said != "": // one event tells of several
		n.ID += ":" + said[:min(len(said), 40)]
	}
	switch {
	case mark != markPayment && mark != markAuthorize && mark != markCapture:
		n.Unhandled = "the payment was asked for by somebody else than souk"
		return true
	case i.Success != "true":
		n.Unhandled = "a dispute did not come about"
		return true
	case !ok:
		n.Warning = &connect.WarningNews{
			ID: i.PSPReference, Key: key, Kind: connect.WarningFraud, Network: clip(i.AdditionalData.text("nofReasonCode")), At: moment(i.EventDate),
		}
		return true
	}
	code, asks := i.AdditionalData.text("chargebackReasonCode"), i.AdditionalData.text("rfiReasonCode")
	switch {
	case i.EventCode == "REQUEST_FOR_INFORMATION" && said == "Responded", i.EventCode == "INFORMATION_SUPPLIED" && code == "" && asks != "":
		status = connect.InquiryUnderReview
	case i.EventCode == "REQUEST_FOR_INFORMATION" && said == "Expired":
		status = connect.InquiryClosed
	case i.EventCode == "CHARGEBACK_REVERSED" && said == "Won":
		status = connect.DisputeWon
	}
	amount := a.money(i.Amount)
	d := &connect.DisputeNews{
		ID: i.PSPReference, Key: key, Status: status, Amount: amount, Reason: disputeReason(i.AdditionalData.text("chargebackSchemeCode"), code),
		Network: clip(code), DueBy: moment(i.AdditionalData.text("defensePeriodEndsAt")), At: moment(i.EventDate),
	}
	switch {
	case i.EventCode == "CHARGEBACK":
		d.Withdrawn = amount
	case i.EventCode == "CHARGEBACK_REVERSED" || status == connect.DisputeWon:
		d.Reinstated = amount
	}
	n.Dispute = d
	return true
}

func clip(code string) string { return code[:min(len(code), 40)] }

// moment reads a time; what is none is not said.
func moment(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// disputeReason is the field's word for a network's code: by the families that Visa and
// Mastercard publish; general for all others, and nothing where no code was said.
func disputeReason(scheme, code string) string {
	is := func(codes ...string) bool {
		for _, c := range codes {
			if code == c || strings.HasSuffix(c, ".") && strings.HasPrefix(code, c) {
				return true
			}
		}
		return false
	}
	switch scheme = strings.ToLower(scheme); {
	case code == "":
		return ""
	case scheme == "visa" && is("10."), scheme == "mc" && is("4837", "4849", "4870", "4871"):
		return "fraudulent"
	case scheme == "mc" && is("4863"):
		return "unrecognized"
	case scheme == "visa" && is("12.6", "12.6.1", "12.6.2"), scheme == "mc" && is("4834"):
		return "duplicate"
	case scheme == "visa" && is("13.1", "13.9"):
		return "product_not_received"
	case scheme == "visa" && is("13.2"):
		return "subscription_canceled"
	case scheme == "visa" && is("13.3", "13.4", "13.5"):
		return "product_unacceptable"
	case scheme == "visa" && is("13.6", "13.7"):
		return "credit_not_processed"
	}
	return "general"
}
