package intent

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/internal/wire"
	"github.com/soukhq/souk/ledger"
)

// Authorize implements connect.Acquirer.
func (a *Acquirer) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	if err := ctx.Err(); err != nil {
		return connect.Answer{}, err
	}
	if o.Amount.Sign() <= 0 {
		return turnedDown(o.Amount, "invalid_amount"), nil
	}
	amount, currency, ok := units(o.Amount)
	if !ok {
		return turnedDown(o.Amount, "currency_not_supported"), nil
	}
	form := a.order(key, o)
	form.Set("amount", amount)
	form.Set("currency", currency)
	var made intent
	no, err := a.post(ctx, key, "payment_intents", form, &made)
	switch {
	case failedThere(err):
		found, e := a.byKey(ctx, key)
		if e != nil || found == nil {
			return connect.Answer{}, err
		}
		made = *found
	case err != nil:
		return connect.Answer{}, err
	case no != nil && no.intent != nil:
		answer := no.intent.answer()
		answer.Status, answer.Code = connect.Declined, no.code
		return answer, nil
	case no != nil:
		return turnedDown(o.Amount, no.code), nil
	}
	answer := made.answer()
	if answer.Auth != (connect.Authentication{}) && answer.Auth.Asked == "" {
		answer.Auth.Asked = o.Exemption
	}
	return answer, nil
}

// order is the form of an intent, without its amount.
func (a *Acquirer) order(key string, o connect.AuthorizeOrder) url.Values {
	form := url.Values{
		"confirm": {"true"}, "expand[]": {"latest_charge"}, "metadata[" + metaKey + "]": {key},
		"payment_method": {o.Source}, "capture_method": {"automatic"},
	}
	if customer, method, ok := strings.Cut(o.Source, "/"); ok {
		form.Set("customer", customer)
		form.Set("payment_method", method)
	}
	for i, m := range a.cfg.Methods {
		form.Set("payment_method_types["+strconv.Itoa(i)+"]", m)
	}
	if a.cfg.ReturnURL != "" {
		form.Set("return_url", a.cfg.ReturnURL)
	}
	if o.Descriptor != "" {
		form.Set("statement_descriptor_suffix", o.Descriptor)
	}
	const options = "payment_method_options[card]"
	if !o.Capture {
		form.Set("capture_method", "manual")
		if a.cfg.SeveralCaptures {
			form.Set(options+"[request_multicapture]", "if_available")
		}
		if a.cfg.OverCapture {
			form.Set(options+"[request_overcapture]", "if_available")
		}
	}
	switch {
	case o.Initiation.By != connect.BuyerPresent:
		form.Set("off_session", "true")
	case o.Initiation.Agreement != (connect.BuyerAgreement{}):
		form.Set("setup_future_usage", "off_session")
	}
	if o.Challenge {
		form.Set(options+"[request_three_d_secure]", "challenge")
	}
	return form
}

// payment returns an intent with its latest charge, nil if there is none.
func (a *Acquirer) payment(ctx context.Context, reference string) (*intent, error) {
	if !payment(reference) {
		return nil, ctx.Err()
	}
	var i intent
	no, err := a.get(ctx, "payment_intents/"+reference, url.Values{"expand[]": {"latest_charge"}}, &i)
	if err != nil || no != nil {
		return nil, err
	}
	return &i, nil
}

// Capture implements connect.Acquirer.
func (a *Acquirer) Capture(ctx context.Context, key string, o connect.CaptureOrder) (connect.Answer, error) {
	amount, i, no, err := a.target(ctx, o.Reference, o.Amount)
	if err != nil || no != "" {
		return turnedDown(o.Amount, no), err
	}
	form := url.Values{"amount_to_capture": {amount}, "metadata[" + metaCapture + "]": {key}, "metadata[" + metaCaptured + "]": {amount}}
	if a.cfg.SeveralCaptures {
		form.Set("final_capture", strconv.FormatBool(o.Final))
	}
	refused, err := a.post(ctx, key, "payment_intents/"+i.ID+"/capture", form, i)
	if failedThere(err) {
		earlier := i.Metadata[metaCapture] == key && i.AmountReceived > 0 // by an attempt before this one
		if now, e := a.payment(ctx, o.Reference); e == nil && now != nil && now.Metadata[metaCapture] == key && (earlier || now.AmountReceived > i.AmountReceived) {
			err = nil // it was done
		}
	}
	switch {
	case err != nil:
		return connect.Answer{}, err
	case refused != nil:
		return turnedDown(o.Amount, refused.code), nil
	}
	return connect.Answer{Status: connect.Approved, Reference: i.ID, Amount: o.Amount}, nil
}

// target finds the payment that a request is about, since the API takes amounts to
// capture or refund without a currency. It says why there is none.
func (a *Acquirer) target(ctx context.Context, reference string, m ledger.Money) (amount string, i *intent, no string, err error) {
	i, err = a.payment(ctx, reference)
	switch {
	case err != nil:
		return "", nil, "", err
	case i == nil:
		return "", nil, "resource_missing", nil
	case m.Sign() <= 0:
		return "", nil, "invalid_amount", nil
	}
	amount, currency, ok := units(m)
	if !ok || currency != i.Currency {
		return "", nil, "currency_mismatch", nil
	}
	return amount, i, "", nil
}

// Cancel implements connect.Acquirer.
func (a *Acquirer) Cancel(ctx context.Context, key string, o connect.CancelOrder) (connect.Answer, error) {
	if !payment(o.Reference) {
		return connect.Answer{Status: connect.Declined, Code: "resource_missing"}, ctx.Err()
	}
	var i intent
	no, err := a.post(ctx, key, "payment_intents/"+o.Reference+"/cancel", nil, &i)
	if failedThere(err) {
		if now, e := a.payment(ctx, o.Reference); e == nil && now != nil && now.Status == "canceled" {
			i, err = *now, nil // it was done
		}
	}
	switch {
	case err != nil:
		return connect.Answer{}, err
	case no != nil:
		return connect.Answer{Status: connect.Declined, Code: no.code}, nil
	}
	return connect.Answer{Status: connect.Approved, Reference: i.ID, Amount: money(i.Amount-i.AmountReceived, i.Currency)}, nil
}

// Refund implements connect.Acquirer.
func (a *Acquirer) Refund(ctx context.Context, key string, o connect.RefundOrder) (connect.Answer, error) {
	amount, i, no, err := a.target(ctx, o.Reference, o.Amount)
	if err != nil || no != "" {
		return turnedDown(o.Amount, no), err
	}
	var made refund
	form := url.Values{"payment_intent": {i.ID}, "amount": {amount}, "metadata[" + metaKey + "]": {key}}
	refused, err := a.post(ctx, key, "refunds", form, &made)
	if failedThere(err) {
		found, e := a.refundOf(ctx, key, url.Values{"payment_intent": {i.ID}})
		if e == nil && found != nil {
			made, err = *found, nil // it was done
		}
	}
	switch {
	case err != nil:
		return connect.Answer{}, err
	case refused != nil:
		return turnedDown(o.Amount, refused.code), nil
	}
	return made.answer(), nil
}

// refundName tells whether something is the API's name of a refund.
func refundName(reference string) bool {
	return (strings.HasPrefix(reference, "re_") || strings.HasPrefix(reference, "pyr_")) && wire.Token(reference)
}
