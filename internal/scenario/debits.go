package scenario

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/payout"
)

// debtors says where the debtors of a scheme are, and what its creditors are called.
var debtors = map[string]struct{ country, currency, creditor string }{
	debit.SEPA: {"DE", "EUR", "DE98ZZZ09999999999"}, debit.SEPAB2B: {"DE", "EUR", "DE98ZZZ09999999999"}, debit.Bacs: {"GB", "GBP", "123456"},
	debit.ACH: {"US", "USD", "1234567890"}, debit.BECS: {"AU", "AUD", "301500"}, debit.PAD: {"CA", "CAD", "1234567890"},
}

// mandate is "m1: ach", "m1: ach of A" where A is the creditor, "m1: sepa token
// btok_debit_late notice 2 once". The notice is the least that there may be unless
// it is said.
func (r *runner) mandate(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	d := debtors[w[0]]
	request := connect.MandateRequest{
		Key: r.key(), Scheme: w[0], Creditor: d.creditor, Name: "Debtor", ShortNotice: true,
		Bank:      connect.BankDetails{Token: payout.TestAccount, Country: d.country, Currency: r.amount("0", d.currency).Currency()},
		Signature: connect.MandateSignature{Text: "You may debit my account."},
	}
	for i := 1; i < len(w); i++ {
		switch w[i] {
		case "of":
			i++
			request.AccountID = r.sellers[w[i]]
		case "token":
			i++
			request.Bank.Token = w[i]
		case "notice":
			i++
			request.ShortNotice = false
			if w[i] != "default" {
				request.NoticeDays = int(r.number(w[i]))
			}
		case "in":
			i++
			request.Bank.Currency = r.amount("0", w[i]).Currency()
		case "once":
			request.OneOff = true
		default:
			require.Fail(r.t, "no such word", "%s: %s", r.at, w[i])
		}
	}
	m, err := r.platform.CreateMandate(r.ctx, request)
	if err == nil {
		r.ids[name] = m.ID
	}
	return err
}

// stepMandate is "cancel m1", "suspend m1", "resume m1" or "activate m1".
func (r *runner) stepMandate(args string) error {
	w := strings.Fields(args)
	id := r.ids[w[1]]
	request := connect.MandateStepRequest{Key: r.key(), MandateID: id}
	var err error
	switch w[0] {
	case "cancel":
		_, err = r.platform.CancelMandate(r.ctx, request)
	case "suspend":
		_, err = r.platform.SuspendMandate(r.ctx, request)
	case "resume":
		_, err = r.platform.ResumeMandate(r.ctx, request)
	case "activate":
		_, err = r.platform.ActivateMandate(r.ctx, connect.ActivateMandateRequest{Key: request.Key, MandateID: id})
	default:
		require.Fail(r.t, "no such word", "%s: %s", r.at, w[0])
	}
	return err
}

// represent is "c2: c1".
func (r *runner) represent(args string) error {
	name, of := named(args)
	c, err := r.platform.Represent(r.ctx, connect.RepresentRequest{Key: r.key(), ChargeID: r.ids[of]})
	if err == nil {
		r.ids[name] = c.ID
	}
	return err
}

// flag is "c1 returned_late", or "c1 none".
func (r *runner) flag(args string) error {
	w := strings.Fields(args)
	c, err := r.platform.GetCharge(r.ctx, r.ids[w[0]])
	require.NoError(r.t, err, r.at)
	require.Equal(r.t, strings.TrimPrefix(w[1], "none"), string(c.Debit.Flag), r.at)
	return nil
}

// mandateDay reads a due date: "2026-04-01".
func (r *runner) mandateDay(text string) payout.Day {
	d, err := payout.ParseDay(text)
	require.NoError(r.t, err, r.at)
	return d
}

func (r *runner) mandateStatus(id string) (status, code string) {
	m, err := r.platform.GetMandate(r.ctx, id)
	require.NoError(r.t, err, r.at)
	return string(m.Status), m.Code
}
