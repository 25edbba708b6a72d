package intent

import (
	"context"
	"encoding/json"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// event is what the API posts.
type event struct {
	ID       string `json:"id"`
	Object   string `json:"object"`
	Type     string `json:"type"`
	Account  string `json:"account"`
	Livemode bool   `json:"livemode"`
	Created  int64  `json:"created"`
	Data     struct {
		Object json.RawMessage `json:"object"`
	} `json:"data"`
}

// Notification implements connect.Notifier. An event of an intent that says too
// little is completed by asking for the intent.
func (a *Acquirer) Notification(ctx context.Context, n connect.Notification) ([]connect.Notice, error) {
	if err := a.verify(n); err != nil {
		return nil, err
	}
	bad := func(code, field, msg string) ([]connect.Notice, error) {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Op: op, Msg: msg}
	}
	var e event
	switch err := json.Unmarshal(n.Body, &e); {
	case err != nil || e.Object != "event" || e.ID == "" || e.Type == "" || len(e.Data.Object) == 0:
		return bad("invalid_event", "body", "this is no event of the API")
	case e.Livemode == a.test:
		return bad("wrong_mode", "livemode", "the event is of the other mode, test or live")
	case e.Account != a.cfg.Account:
		return bad("wrong_account", "account", "the event is of another account of the API")
	}
	notice := connect.Notice{ID: e.ID, Event: e.Type}
	if err := a.understand(ctx, &e, &notice); err != nil {
		return nil, err
	}
	if notice.Unhandled == "" && notice.News.Key == "" && notice.Dispute == nil && notice.Warning == nil {
		notice.Unhandled = "it is of nothing that souk asked for"
	}
	return []connect.Notice{notice}, nil
}

// understand reads what an event is about.
func (a *Acquirer) understand(ctx context.Context, e *event, n *connect.Notice) error {
	read := func(into any) error {
		if err := json.Unmarshal(e.Data.Object, into); err != nil {
			return &ledger.Error{Class: ledger.Invalid, Code: "invalid_event", Field: "data", Op: op, Msg: "the event's object cannot be read"}
		}
		return nil
	}
	switch e.Type {
	case "payment_intent.succeeded", "payment_intent.amount_capturable_updated", "payment_intent.canceled", "payment_intent.processing",
		"payment_intent.payment_failed", "payment_intent.requires_action":
		var i intent
		if err := read(&i); err != nil {
			return err
		}
		return a.ofIntent(ctx, i, n)
	case "refund.created", "refund.updated", "refund.failed", "charge.refund.updated":
		var r refund
		if err := read(&r); err != nil {
			return err
		}
		n.News = connect.News{Key: r.Metadata[metaKey], Answer: r.answer()}
		if n.News.Answer.Status == connect.Declined { // which is told days after it had succeeded, too
			n.News.Answer.Status = connect.Failed
		}
	case "charge.expired":
		var c charge
		if err := read(&c); err != nil {
			return err
		}
		n.News = connect.News{Key: c.Metadata[metaKey], Answer: connect.Answer{
			Status: connect.Canceled, Code: "authorization_expired", Reference: c.PaymentIntent, Amount: money(c.Amount, c.Currency),
		}}
	case "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated":
		var d dispute
		if err := read(&d); err != nil {
			return err
		}
		return a.ofDispute(ctx, e, d, n)
	case "radar.early_fraud_warning.created", "radar.early_fraud_warning.updated":
		var w warning
		if err := read(&w); err != nil {
			return err
		}
		return a.ofWarning(ctx, w, n)
	default:
		n.Unhandled = "souk books nothing for events of this type"
	}
	return nil
}

// ofIntent reads an event of an intent. Events hold no more of the charge than its
// id, so that what was approved, or canceled, is asked for.
func (a *Acquirer) ofIntent(ctx context.Context, i intent, n *connect.Notice) error {
	key := i.Metadata[metaKey]
	if key == "" {
		return nil
	}
	if c := i.LatestCharge; c != nil && c.Status == "" && (i.Status == "succeeded" || i.Status == "requires_capture" || i.Status == "canceled") {
		now, err := a.payment(ctx, i.ID)
		if err != nil {
			return err
		}
		if now != nil && now.Metadata[metaKey] == key {
			i = *now
		}
	}
	if n.Event == "payment_intent.succeeded" && i.CaptureMethod == "manual" && i.Metadata[metaCapture] == "" {
		n.Unhandled = "it was captured by somebody else than souk"
	}
	n.News = connect.News{Key: key, Answer: i.answer()}
	return nil
}
