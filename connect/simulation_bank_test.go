package connect_test

import (
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// banks changes where a seller is paid, by the seller or by an operator.
func (w *wild) banks(who own, cur ledger.Currency) {
	if who.id == "" {
		return
	}
	a, err := who.GetAccount(w.ctx, who.id)
	require.NoError(w.t, err)
	var by connect.Actor
	if w.one(3) {
		by = pick(w, clerk, chief, boss, legal)
	}
	bank := ""
	if len(a.Banks) > 0 {
		bank = pick(w, a.Banks...).ID
	}
	switch w.IntN(10) {
	case 0, 1:
		_, err = who.AddBank(w.ctx, connect.AddBankRequest{Key: w.key(), By: by, AccountID: who.id, Default: w.one(2),
			Bank: connect.BankDetails{Token: w.bank(), Country: "DE", Currency: cur, Fingerprint: pick(w, "", "f1", "f2")}})
	case 2:
		_, err = who.UpdateBank(w.ctx, connect.UpdateBankRequest{Key: w.key(), By: by, AccountID: who.id, BankID: bank, Holder: "Ann"})
	case 3:
		_, err = who.DeleteBank(w.ctx, connect.DeleteBankRequest{Key: w.key(), By: by, AccountID: who.id, BankID: bank})
	case 4:
		_, err = who.MakeDefaultBank(w.ctx, connect.DefaultBankRequest{Key: w.key(), By: by, AccountID: who.id, BankID: bank})
	case 5:
		_, err = who.VerifyBank(w.ctx, connect.VerifyBankRequest{Key: w.key(), AccountID: who.id, BankID: bank})
	case 6, 7:
		_, err = who.StartBankCheck(w.ctx, connect.BankCheckRequest{Key: w.key(), AccountID: who.id, BankID: bank})
	case 8:
		list, failed := who.ListBankChecks(w.ctx, connect.ListRequest{AccountID: who.id, Limit: 1})
		if x := anyOf(w, list, failed); x != nil {
			amounts := [2]int64{payout.TestDepositFirst, 1 + w.Int64N(2)*(payout.TestDepositSecond-1)}
			_, err = who.ConfirmBankCheck(w.ctx, connect.ConfirmBankCheckRequest{Key: w.key(), BankCheckID: x.ID, Amounts: amounts})
		}
	case 9:
		w.decide(who, func() connect.Actor { return pick(w, chief, boss, legal) })
	}
	w.note(err)
}

// grows lets a seller's business change: a person is named or leaves, a capability is asked
// for, and the platform rejects it or thinks better of it.
func (w *wild) grows(who own, _ ledger.Currency) {
	if who.id == "" {
		return
	}
	var err error
	switch w.IntN(5) {
	case 0:
		r := connecttest.Seller("DE")
		r.Key, r.Type, r.Details, r.Bank = w.key(), compliance.Company, compliance.Details{Persons: []compliance.PersonDetails{{Roles: []compliance.Role{compliance.Owner}}}}, nil
		if a, err := who.CreateAccount(w.ctx, r); w.note(err) {
			persons, err := who.Persons(w.ctx, a.ID)
			require.NoError(w.t, err)
			_, err = who.RemovePerson(w.ctx, connect.RemovePersonRequest{Key: w.key(), AccountID: a.ID, PersonID: persons[0].ID})
			w.note(err)
		}
	case 1:
		_, err = who.UpdateCapability(w.ctx, connect.CapabilityRequestBy{Key: w.key(), AccountID: who.id, Name: pick(w, connect.CardPayments, connect.Transfers)})
	case 2:
		_, err = who.RejectAccount(w.ctx, connect.RejectAccountRequest{Key: w.key(), By: legal, AccountID: who.id, Reason: connect.RejectOther})
	default:
		_, err = who.UnrejectAccount(w.ctx, connect.UnrejectAccountRequest{Key: w.key(), By: legal, AccountID: who.id})
	}
	w.note(err)
}
