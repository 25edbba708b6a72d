package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// Accepted is what the host answers a notification with, once Engine.Notify has
// returned without an error.
const Accepted = "[accepted]"

// notification is what the API posts.
type notification struct {
	Live  string `json:"live"`
	Items []struct {
		Item *Item `json:"NotificationRequestItem"`
	} `json:"notificationItems"`
}

// Item is one item of a notification. It is exported for tests.
type Item struct {
	EventCode           string  `json:"eventCode"`
	Success             string  `json:"success"`
	PSPReference        string  `json:"pspReference"`
	OriginalReference   string  `json:"originalReference,omitempty"`
	MerchantReference   string  `json:"merchantReference"`
	MerchantAccountCode string  `json:"merchantAccountCode"`
	Amount              *Amount `json:"amount,omitempty"`
	Reason              string  `json:"reason,omitempty"`
	EventDate           string  `json:"eventDate,omitempty"`
	AdditionalData      details `json:"additionalData,omitempty"`
}

// signed is the text that a signature covers.
func (i *Item) signed() string {
	value, currency := "", ""
	if i.Amount != nil {
		value, currency = strconv.FormatInt(i.Amount.Value, 10), i.Amount.Currency
	}
	return strings.Join([]string{
		i.PSPReference, i.OriginalReference, i.MerchantAccountCode, i.MerchantReference, value, currency, i.EventCode, i.Success,
	}, ":")
}

// Sign returns the signature of an item.
func (i *Item) Sign(key []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(i.signed()))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Notification implements connect.Notifier. Of a batch with one bad signature nothing
// counts.
func (a *Acquirer) Notification(_ context.Context, n connect.Notification) ([]connect.Notice, error) {
	if a.cfg.User != "" {
		want := "Basic " + base64.StdEncoding.EncodeToString([]byte(a.cfg.User+":"+a.cfg.Password))
		if !hmac.Equal([]byte(want), []byte(n.Header("Authorization"))) {
			return nil, forbidden("bad_password", "the notification does not show the user and password")
		}
	}
	bad := func(code, field, msg string) ([]connect.Notice, error) {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Op: op, Msg: msg}
	}
	var body notification
	if err := json.Unmarshal(n.Body, &body); err != nil || len(body.Items) == 0 {
		return bad("invalid_notification", "body", "this is no notification of the API")
	}
	var list []connect.Notice
	for _, wrapped := range body.Items {
		i := wrapped.Item
		if i == nil || i.EventCode == "" || i.PSPReference == "" {
			return bad("invalid_notification", "notificationItems", "an item has an event and a reference")
		}
		if !a.trusts(i) {
			return nil, forbidden("bad_signature", "an item was not signed with this acquirer's key")
		}
		list = append(list, a.notice(i))
	}
	if (body.Live == "true") != a.cfg.Live { // which no signature covers; but keys are of one mode
		return bad("wrong_mode", "live", "the notification is of the other mode, test or live")
	}
	return list, nil
}

func forbidden(code, msg string) error {
	return &ledger.Error{Class: ledger.Forbidden, Code: code, Field: "signature", Op: op, Msg: msg}
}

// trusts tells whether one of the keys has signed an item. All of them are tried, so
// that the time it takes says nothing.
func (a *Acquirer) trusts(i *Item) bool {
	have := []byte(i.AdditionalData.text("hmacSignature"))
	known := false
	for _, key := range a.keys {
		known = hmac.Equal(have, []byte(i.Sign(key))) || known
	}
	return known
}

// notice is what an item says.
func (a *Acquirer) notice(i *Item) connect.Notice {
	n := connect.Notice{ID: strings.Join([]string{i.PSPReference, i.EventCode, i.Success}, ":"), Event: i.EventCode}
	key, mark := readReference(i.MerchantReference)
	switch {
	case i.MerchantAccountCode != a.cfg.MerchantAccount:
		n.Unhandled = "it is of another merchant account"
	// A colon could have moved from one field of the signed text to the next.
	case strings.Contains(i.PSPReference+i.OriginalReference+i.MerchantReference+i.MerchantAccountCode, ":"):
		n.Unhandled = "a reference with a colon is none of souk's"
	case i.Success != "true" && i.Success != "false":
		n.Unhandled = "it says neither that it succeeded nor that it did not"
	case a.ofDispute(i, key, mark, &n):
	default:
		status, reason := meaning(i.EventCode, mark, i.Success == "true")
		if n.Unhandled = reason; status == "" {
			break
		}
		n.News = connect.News{Key: key, Answer: connect.Answer{Status: status, Reference: i.PSPReference, Amount: a.money(i.Amount)}}
		answer := &n.News.Answer
		if (mark == markPayment || mark == markAuthorize) && i.OriginalReference != "" {
			answer.Reference = i.OriginalReference // of the payment, not of what was done to it
		}
		switch status {
		case connect.Approved:
			if i.EventCode == "AUTHORISATION" {
				i.AdditionalData.describe(answer)
			}
		case connect.Declined, connect.Failed:
			answer.Code = declineCode(i.Reason)
		case connect.Canceled:
			if answer.Code = "canceled"; i.EventCode == "EXPIRE" {
				answer.Code = "authorization_expired"
			}
		}
	}
	return n
}

// meaning is what an event says of a request of a kind; else why nothing is booked.
func meaning(event string, mark byte, success bool) (status connect.AnswerStatus, unhandled string) {
	const elsewhere = "it was asked for by somebody else than souk"
	status = connect.Declined
	if success {
		status = connect.Approved
	}
	payment := mark == markPayment || mark == markAuthorize
	switch {
	case event == "AUTHORISATION" && payment, event == "CAPTURE" && mark == markCapture, event == "CANCELLATION" && mark == markCancel,
		event == "REFUND" && mark == markRefund:
		return status, ""
	case event == "CAPTURE" && mark == markPayment && success:
		return "", "" // as the authorization has said, or will: it says more
	case event == "CAPTURE" && mark == markPayment:
		return connect.Failed, "" // all of what was authorized is not to be had
	case event == "CAPTURE_FAILED" && (mark == markCapture || mark == markPayment):
		return connect.Failed, ""
	case (event == "REFUND_FAILED" || event == "REFUNDED_REVERSED") && mark == markRefund:
		return connect.Failed, ""
	case (event == "CANCELLATION" && success || event == "EXPIRE") && payment:
		return connect.Canceled, ""
	case event == "OFFER_CLOSED" && payment:
		return connect.Declined, ""
	case event == "PENDING" && payment:
		return connect.Received, ""
	case event == "CAPTURE" || event == "REFUND" || event == "CANCELLATION" || event == "AUTHORISATION":
		return "", elsewhere
	}
	return "", "souk books nothing for events of this type"
}

// details are the additional data of the API, of which texts count.
type details map[string]json.RawMessage

func (d details) text(name string) string {
	var s string
	if json.Unmarshal(d[name], &s) != nil {
		return ""
	}
	return s
}

// describe tells how the buyer paid.
func (d details) describe(a *connect.Answer) {
	a.Country, a.Network = d.text("cardIssuingCountry"), d.text("paymentMethod")
	if a.Network == "mc" {
		a.Network = "mastercard"
	}
	a.Checks = d.checks()
	a.Auth.Transaction, a.Auth.ECI, a.Auth.Version = d.text("networkTxReference"), d.text("eci"), d.text("threeDSVersion")
	for exemption, name := range exemptions {
		if d.text("scaExemptionRequested") == name {
			a.Auth.Asked = exemption
		}
	}
	switch d.text("liabilityShift") {
	case "true":
		a.Auth.Liability = connect.IssuerBears
	case "false":
		a.Auth.Liability = connect.MerchantBears
	}
}

// declineCode is the field's code for the API's reason.
func declineCode(reason string) string {
	switch strings.ToLower(strings.TrimSpace(reason)) {
	case "", "refused":
		return "generic_decline"
	case "not enough balance":
		return "insufficient_funds"
	case "expired card":
		return "expired_card"
	case "invalid card number":
		return "incorrect_number"
	case "cvc declined":
		return "incorrect_cvc"
	case "authentication required":
		return "authentication_required"
	case "3d not authenticated":
		return "authentication_failed"
	case "fraud", "acquirer fraud":
		return "fraudulent"
	case "acquirer error", "issuer unavailable":
		return "processing_error"
	}
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}, reason)
	return code[:min(len(code), 60)]
}
