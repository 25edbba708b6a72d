package intent

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/internal/wire"
	"github.com/soukhq/souk/ledger"
)

// dispute is a payment that its buyer questions.
type dispute struct {
	ID            string `json:"id"`
	Amount        int64  `json:"amount"`
	Currency      string `json:"currency"`
	Status        string `json:"status"`
	Reason        string `json:"reason"`
	PaymentIntent string `json:"payment_intent"`
	Evidence      struct {
		DueBy int64 `json:"due_by"`
	} `json:"evidence_details"`
	Details struct {
		Card struct {
			Code string `json:"network_reason_code"`
		} `json:"card"`
	} `json:"payment_method_details"`
}

// ofDispute reads an event of a dispute. It names the payment by the API's own name, so
// that this is asked for.
func (a *Acquirer) ofDispute(ctx context.Context, e *event, d dispute, n *connect.Notice) error {
	if !payment(d.PaymentIntent) {
		n.Unhandled = "the dispute names no payment of this API's"
		return nil
	}
	i, err := a.payment(ctx, d.PaymentIntent)
	if err != nil || i == nil || i.Metadata[metaKey] == "" {
		return err
	}
	if a.returned(d, i) {
		n.Unhandled = "a bank debit that came back is booked when this is lost"
		if e.Type == "charge.dispute.closed" && d.Status == "lost" {
			n.Unhandled = ""
			n.News = connect.News{Key: i.Metadata[metaKey], Answer: connect.Answer{
				Status: connect.Failed, Code: d.Reason, Reference: i.ID, Amount: money(d.Amount, d.Currency),
			}}
			if d.Reason == "debit_not_authorized" { // a claim under the guarantee of its scheme: the money is the payment's
				n.Dispute = &connect.DisputeNews{
					ID: d.ID, Key: i.Metadata[metaKey], Status: connect.DisputeLost, Amount: money(d.Amount, d.Currency), Reason: d.Reason, At: moment(e.Created),
				}
			}
		}
		return nil
	}
	news := connect.DisputeNews{
		ID: d.ID, Key: i.Metadata[metaKey], Status: connect.DisputeStatus(d.Status), Amount: money(d.Amount, d.Currency), Reason: d.Reason,
		Network: d.Details.Card.Code, DueBy: moment(d.Evidence.DueBy), At: moment(e.Created),
	}
	switch e.Type {
	case "charge.dispute.funds_withdrawn":
		news.Withdrawn = news.Amount
	case "charge.dispute.funds_reinstated":
		news.Withdrawn, news.Reinstated = news.Amount, news.Amount
	}
	n.Dispute = &news
	return nil
}

// returned tells whether a dispute is the way in which the API says that a bank debit
// failed after all: whatever its status is now, so that it is never booked as both.
func (a *Acquirer) returned(d dispute, i *intent) bool {
	switch d.Reason {
	case "insufficient_funds", "incorrect_account_details", "bank_cannot_process", "debit_not_authorized":
	default:
		return false
	}
	if i.LatestCharge == nil {
		return false
	}
	method := i.LatestCharge.Details.Type
	return method != "" && method != "card" && d.Amount == i.AmountReceived && strings.EqualFold(d.Currency, i.Currency)
}

// moment reads a time in seconds; zero is none.
func moment(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// AnswerDispute implements connect.Disputer: evidence is sent with submit, and what is
// accepted is closed.
func (a *Acquirer) AnswerDispute(ctx context.Context, key string, o connect.DisputeOrder) (connect.Answer, error) {
	if !strings.HasPrefix(o.Reference, "dp_") && !strings.HasPrefix(o.Reference, "du_") || !wire.Token(o.Reference) {
		return connect.Answer{Status: connect.Declined, Code: "resource_missing"}, ctx.Err()
	}
	path, form := "disputes/"+o.Reference+"/close", url.Values{}
	if !o.Accept {
		path = "disputes/" + o.Reference
		for _, list := range []map[string]string{o.Evidence.Text, o.Evidence.Files} {
			for name, value := range list {
				form.Set("evidence["+name+"]", value)
			}
		}
		form.Set("submit", "true")
	}
	var d dispute
	refused, err := a.post(ctx, key, path, form, &d)
	if failedThere(err) {
		switch waits, e := a.waits(ctx, o.Reference); {
		case e != nil:
		case waits: // it was not done, and the key would say the same again
			return connect.Answer{Status: connect.Declined, Code: apiFailed}, nil
		default:
			err, d.ID = nil, o.Reference
		}
	}
	switch {
	case err != nil:
		return connect.Answer{}, err
	case refused != nil:
		return connect.Answer{Status: connect.Declined, Code: refused.code}, nil
	}
	return connect.Answer{Status: connect.Approved, Reference: d.ID}, nil
}

// waits tells whether a dispute waits for an answer still.
func (a *Acquirer) waits(ctx context.Context, reference string) (bool, error) {
	var d dispute
	refused, err := a.get(ctx, "disputes/"+reference, nil, &d)
	if err == nil && (refused != nil || d.Status == "") {
		err = a.wire.Error(ledger.Unknown, "no_answer", "the dispute cannot be read")
	}
	return strings.HasSuffix(d.Status, "needs_response"), err
}
