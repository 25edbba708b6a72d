package connect_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// refusal is one thing that a verb does not do: how it is asked for, and the
// error that it gets.
type refusal struct {
	what  string
	ask   func(*scene) error
	class ledger.Class
	code  string
	field string
}

// scene is a market in which everything that a refusal needs is there.
type scene struct {
	*market
	seller string
	charge *connect.Charge // of 100.00 USD for the seller, 10.00 commission, available at once
	own    *connect.Charge // of the platform itself
	auth   *connect.Charge // of 100.00 USD for the seller, authorized
	asked  *connect.Charge // that waits for the buyer
	paid   *payout.Payout
	ids    map[string]string // of what a list of refusals needs besides
}

func newScene(t *testing.T) *scene {
	s := &scene{market: newMarket(t, connecttest.Config{})}
	s.seller = s.market.seller().ID
	s.charge = s.market.charge(s.seller, 10000, 1000, connect.TestCardAtOnce)
	var err error
	s.own, err = s.platform.Charge(s.ctx, connect.ChargeRequest{Key: "own", Amount: usd(5000), Source: connect.TestCardAtOnce, Tax: []connect.Tax{{Authority: "nyc", Amount: usd(500)}}})
	require.NoError(t, err)
	s.auth = s.authorize(s.seller, 10000, 1000, connect.TestCard)
	s.asked = s.market.charge(s.seller, 10000, 1000, connect.TestChallenge)
	s.paid, err = s.platform.Payout(s.ctx, connect.PayoutRequest{Key: "paid", AccountID: s.seller, Amount: usd(100)})
	require.NoError(t, err)
	return s
}

func (s *scene) register(change func(*connect.PlatformRequest)) error {
	r := connect.PlatformRequest{Key: "new", Name: "New", Country: "US"}
	change(&r)
	_, err := s.Register(s.ctx, r)
	return err
}

func (s *scene) account(change func(*connect.AccountRequest)) error {
	r := connecttest.Seller("US")
	r.Key = "new"
	change(&r)
	_, err := s.platform.CreateAccount(s.ctx, r)
	return err
}

func (s *scene) update(change func(*connect.AccountUpdate)) error {
	r := connect.AccountUpdate{Key: "new", AccountID: s.seller}
	change(&r)
	_, err := s.platform.UpdateAccount(s.ctx, r)
	return err
}

func (s *scene) pay(change func(*connect.ChargeRequest)) error {
	r := connect.ChargeRequest{Key: "new", Amount: usd(1000), AccountID: s.seller, Source: connect.TestCard}
	change(&r)
	_, err := s.platform.Charge(s.ctx, r)
	return err
}

func (s *scene) refund(change func(*connect.RefundRequest)) error {
	r := connect.RefundRequest{Key: "new", ChargeID: s.charge.ID}
	change(&r)
	_, err := s.platform.Refund(s.ctx, r)
	return err
}

func (s *scene) capture(change func(*connect.CaptureRequest)) error {
	r := connect.CaptureRequest{Key: "new", ChargeID: s.auth.ID}
	change(&r)
	_, err := s.platform.Capture(s.ctx, r)
	return err
}

func (s *scene) void(change func(*connect.CancelRequest)) error {
	r := connect.CancelRequest{Key: "new", ChargeID: s.auth.ID}
	change(&r)
	_, err := s.platform.Cancel(s.ctx, r)
	return err
}

func (s *scene) confirm(charge string) error {
	_, err := s.platform.Confirm(s.ctx, connect.ConfirmRequest{Key: "new", ChargeID: charge})
	return err
}

func (s *scene) start(i connect.Initiation) error {
	return s.pay(func(r *connect.ChargeRequest) { r.Initiation = i })
}

func (s *scene) transfer(change func(*connect.TransferRequest)) error {
	r := connect.TransferRequest{Key: "new", From: s.seller, To: s.market.platform.ID(), Amount: usd(100)}
	change(&r)
	_, err := s.platform.Transfer(s.ctx, r)
	return err
}

func (s *scene) cash(change func(*connect.CashSaleRequest)) error {
	r := connect.CashSaleRequest{Key: "new", AccountID: s.seller, Commission: usd(100)}
	change(&r)
	_, err := s.platform.RecordCashSale(s.ctx, r)
	return err
}

func (s *scene) payout(change func(*connect.PayoutRequest)) error {
	r := connect.PayoutRequest{Key: "new", AccountID: s.seller, Amount: usd(100)}
	change(&r)
	_, err := s.platform.Payout(s.ctx, r)
	return err
}

func (s *scene) tax(change func(*connect.PayoutRequest)) error {
	return s.payout(func(r *connect.PayoutRequest) {
		r.AccountID, r.Authority = "", "nyc"
		r.Bank = &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD}
		change(r)
	})
}

var (
	eur  = ledger.Minor(100, ledger.EUR)
	long = strings.Repeat("x", 1001)
	many = func() map[string]string {
		m := map[string]string{}
		for _, a := range "abcdefgh" {
			for _, b := range "abcdefgh" {
				m[string(a)+string(b)] = "x"
			}
		}
		return m
	}()
)

func taxes(minor ...int64) (list []connect.Tax) {
	for i, n := range minor {
		list = append(list, connect.Tax{Authority: string(rune('a' + i)), Amount: usd(n)})
	}
	return list
}

var refusals = []refusal{
	{"a platform without a name", func(s *scene) error { return s.register(func(r *connect.PlatformRequest) { r.Name = "" }) }, ledger.Invalid, "invalid_name", "name"},
	{"a platform with a name to be read backwards", func(s *scene) error { return s.register(func(r *connect.PlatformRequest) { r.Name = "a\u202eb" }) }, ledger.Invalid, "invalid_name", "name"},
	{"a platform of nowhere", func(s *scene) error { return s.register(func(r *connect.PlatformRequest) { r.Country = "XX" }) }, ledger.Invalid, "invalid_country", "country"},
	{"a platform with books in what is no more", func(s *scene) error {
		return s.register(func(r *connect.PlatformRequest) { r.Base = ledger.DEM })
	}, ledger.Invalid, "unsupported_currency", "base"},
	{"a platform of no policy", func(s *scene) error { return s.register(func(r *connect.PlatformRequest) { r.ShortBalance = "maybe" }) }, ledger.Invalid, "invalid_short_balance", "shortBalance"},
	{"a platform that waits backwards", func(s *scene) error {
		return s.register(func(r *connect.PlatformRequest) { r.Delay = &payout.Delay{Days: -1} })
	}, ledger.Invalid, "invalid_delay", "delay"},
	{"a platform that waits for ever", func(s *scene) error {
		return s.register(func(r *connect.PlatformRequest) { r.Delay = &payout.Delay{Days: 367} })
	}, ledger.Invalid, "invalid_delay", "delay"},
	{"a platform with too much metadata", func(s *scene) error { return s.register(func(r *connect.PlatformRequest) { r.Metadata = many }) }, ledger.Invalid, "metadata_too_many_keys", "metadata"},

	{"an account without a country", func(s *scene) error { return s.account(func(r *connect.AccountRequest) { r.Country = "" }) }, ledger.Invalid, "invalid_country", "country"},
	{"an account of a type that is none", func(s *scene) error { return s.account(func(r *connect.AccountRequest) { r.Type = "robot" }) }, ledger.Invalid, "invalid_business_type", "type"},
	{"an account with half an address", func(s *scene) error { return s.account(func(r *connect.AccountRequest) { r.Email = "nobody@" }) }, ledger.Invalid, "invalid_email", "email"},
	{"an account of no policy", func(s *scene) error { return s.account(func(r *connect.AccountRequest) { r.ShortBalance = "maybe" }) }, ledger.Invalid, "invalid_short_balance", "shortBalance"},
	{"an account paid in what is no more", func(s *scene) error {
		return s.account(func(r *connect.AccountRequest) { r.Currency = ledger.DEM })
	}, ledger.Invalid, "unsupported_currency", "currency"},
	{"a bank of nowhere", func(s *scene) error { return s.account(func(r *connect.AccountRequest) { r.Bank.Country = "XX" }) }, ledger.Invalid, "invalid_country", "bank.country"},
	{"a bank of no currency", func(s *scene) error {
		return s.account(func(r *connect.AccountRequest) { r.Bank.Currency = ledger.Currency(0) })
	}, ledger.Invalid, "invalid_currency", "bank.currency"},
	{"a bank without a token", func(s *scene) error { return s.account(func(r *connect.AccountRequest) { r.Bank.Token = "" }) }, ledger.Invalid, "invalid_account_number", "bank.token"},
	{"a bank with five last digits", func(s *scene) error { return s.account(func(r *connect.AccountRequest) { r.Bank.Last4 = "12345" }) }, ledger.Invalid, "invalid_account_number", "bank.last4"},
	{"a bank with odd last digits", func(s *scene) error { return s.account(func(r *connect.AccountRequest) { r.Bank.Last4 = "12 4" }) }, ledger.Invalid, "invalid_account_number", "bank.last4"},
	{"a bank account as a detail", func(s *scene) error {
		return s.account(func(r *connect.AccountRequest) { r.Details.Fields["external_account"] = "x" })
	}, ledger.Invalid, "invalid_fields", "fields"},
	{"a change of an account that is not there", func(s *scene) error { return s.update(func(r *connect.AccountUpdate) { r.AccountID = "acct_x" }) }, ledger.NotFound, "not_found", "account"},
	{"a change to half an address", func(s *scene) error { return s.update(func(r *connect.AccountUpdate) { r.Email = "@example.com" }) }, ledger.Invalid, "invalid_email", "email"},
	{"a change to too much metadata", func(s *scene) error { return s.update(func(r *connect.AccountUpdate) { r.Metadata = many }) }, ledger.Invalid, "metadata_too_many_keys", "metadata"},
	{"a change of a field that is none", func(s *scene) error {
		return s.update(func(r *connect.AccountUpdate) {
			r.Details = compliance.Details{Fields: map[string]string{"shoe.size": "44"}}
		})
	}, ledger.Invalid, "invalid_fields", "fields"},

	{"a charge of nothing", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"a charge without an amount", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.Amount = ledger.Money{} }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"a charge under the minimum", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.Amount = usd(49) }) }, ledger.Invalid, "amount_below_minimum", "amount"},
	{"a charge over the maximum", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.Amount = usd(1_000_000_000_000) })
	}, ledger.Invalid, "amount_too_large", "amount"},
	{"a charge without a card", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.Source = "" }) }, ledger.Invalid, "invalid_source", "source"},
	{"a charge with a short descriptor", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.Descriptor = "ABCD" }) }, ledger.Invalid, "invalid_descriptor", "descriptor"},
	{"a charge with a long description", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.Description = long }) }, ledger.Invalid, "invalid_text", "description"},
	{"a charge with a hidden character", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.Description = "a\x00b" }) }, ledger.Invalid, "invalid_text", "description"},
	{"a charge with too much metadata", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.Metadata = many }) }, ledger.Invalid, "metadata_too_many_keys", "metadata"},
	{"a charge that is all tax", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.Tax = taxes(600, 400) }) }, ledger.Invalid, "tax_exceeds_amount", "tax"},
	{"a charge with eleven taxes", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.Tax = taxes(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) })
	}, ledger.Invalid, "invalid_tax", "tax"},
	{"a charge with a tax of nothing", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.Tax = taxes(0) }) }, ledger.Invalid, "invalid_tax", "tax"},
	{"a charge with a tax twice", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.Tax = append(taxes(1), taxes(1)...) })
	}, ledger.Invalid, "invalid_tax", "tax"},
	{"a charge with a tax of nobody", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.Tax = []connect.Tax{{Amount: usd(1)}} })
	}, ledger.Invalid, "invalid_tax", "tax"},
	{"a charge with a tax given back", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) {
			r.Tax = []connect.Tax{{Authority: "a", Amount: usd(2), Refunded: usd(1)}}
		})
	}, ledger.Invalid, "invalid_tax", "tax"},
	{"a charge with a tax in another currency", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.Tax = []connect.Tax{{Authority: "a", Amount: eur}} })
	}, ledger.Invalid, "currency_mismatch", "tax"},
	{"a commission in another currency", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.ApplicationFee = eur }) }, ledger.Invalid, "currency_mismatch", "applicationFee"},
	{"a commission below zero", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.ApplicationFee = usd(-1) }) }, ledger.Invalid, "invalid_amount", "applicationFee"},
	{"a commission over the share", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.Tax, r.ApplicationFee = taxes(100), usd(901) })
	}, ledger.Invalid, "fee_exceeds_amount", "applicationFee"},
	{"a commission from nobody", func(s *scene) error {
		return s.pay(func(r *connect.ChargeRequest) { r.AccountID, r.ApplicationFee = "", usd(1) })
	}, ledger.Invalid, "invalid_request", "applicationFee"},
	{"a charge for nobody that is there", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.AccountID = "acct_x" }) }, ledger.NotFound, "not_found", "account"},

	{"a refund of nothing", func(s *scene) error { return s.refund(func(r *connect.RefundRequest) { r.ChargeID = "" }) }, ledger.Invalid, "invalid_request", "charge"},
	{"a refund of a charge that is not there", func(s *scene) error { return s.refund(func(r *connect.RefundRequest) { r.ChargeID = "ch_x" }) }, ledger.NotFound, "not_found", "charge"},
	{"a refund of zero", func(s *scene) error { return s.refund(func(r *connect.RefundRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"a refund in another currency", func(s *scene) error { return s.refund(func(r *connect.RefundRequest) { r.Amount = eur }) }, ledger.Invalid, "currency_mismatch", "amount"},
	{"a refund of more", func(s *scene) error { return s.refund(func(r *connect.RefundRequest) { r.Amount = usd(10001) }) }, ledger.State, "refund_exceeds_charge", "amount"},
	{"a refund for no reason that there is", func(s *scene) error { return s.refund(func(r *connect.RefundRequest) { r.Reason = "regret" }) }, ledger.Invalid, "invalid_reason", "reason"},
	{"a refund of the commission alone", func(s *scene) error { return s.refund(func(r *connect.RefundRequest) { r.RefundFee = true }) }, ledger.Invalid, "reverse_transfer_required", "refundFee"},
	{"a refund from a seller who is none", func(s *scene) error {
		return s.refund(func(r *connect.RefundRequest) { r.ChargeID, r.ReverseTransfer = s.own.ID, true })
	}, ledger.Invalid, "no_transfer", "reverseTransfer"},
	{"a refund that the seller cannot bear", func(s *scene) error { return s.refund(func(r *connect.RefundRequest) { r.ReverseTransfer = true }) }, ledger.InsufficientFunds, "insufficient_funds", ""},

	{"a charge that a robot starts", func(s *scene) error { return s.start(connect.Initiation{By: "robot", First: "x"}) }, ledger.Invalid, "invalid_initiator", "initiation"},
	{"a charge that nobody agreed to", func(s *scene) error { return s.start(connect.Initiation{By: connect.Recurring}) }, ledger.Invalid, "agreement_required", "initiation"},
	{"a charge by an agreement without a time", func(s *scene) error {
		return s.start(connect.Initiation{By: connect.Recurring, Agreement: connect.BuyerAgreement{Text: "monthly"}})
	}, ledger.Invalid, "invalid_agreement", "initiation"},
	{"a charge by an agreement of tomorrow", func(s *scene) error {
		return s.start(connect.Initiation{By: connect.Recurring, Agreement: connect.BuyerAgreement{Text: "monthly", At: connecttest.Start.Add(time.Hour)}})
	}, ledger.Invalid, "invalid_agreement", "initiation"},
	{"a charge by an agreement from nowhere", func(s *scene) error {
		return s.start(connect.Initiation{By: connect.Recurring, Agreement: connect.BuyerAgreement{Text: "monthly", At: connecttest.Start, IP: "here"}})
	}, ledger.Invalid, "invalid_agreement", "initiation"},
	{"a charge after a transaction with a space", func(s *scene) error { return s.start(connect.Initiation{By: connect.NoShow, First: "a b"}) }, ledger.Invalid, "invalid_transaction", "initiation"},
	{"a charge with an exemption that is none", func(s *scene) error { return s.pay(func(r *connect.ChargeRequest) { r.Exemption = "please" }) }, ledger.Invalid, "invalid_exemption", "exemption"},

	{"a capture of nothing that is there", func(s *scene) error { return s.capture(func(r *connect.CaptureRequest) { r.ChargeID = "" }) }, ledger.Invalid, "invalid_request", "charge"},
	{"a capture of a charge that is not there", func(s *scene) error { return s.capture(func(r *connect.CaptureRequest) { r.ChargeID = "ch_x" }) }, ledger.NotFound, "not_found", "charge"},
	{"a capture of zero", func(s *scene) error { return s.capture(func(r *connect.CaptureRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"a capture of less than cards take", func(s *scene) error { return s.capture(func(r *connect.CaptureRequest) { r.Amount = usd(49) }) }, ledger.Invalid, "amount_below_minimum", "amount"},
	{"a capture of more", func(s *scene) error { return s.capture(func(r *connect.CaptureRequest) { r.Amount = usd(10001) }) }, ledger.State, "capture_exceeds_authorization", "amount"},
	{"a capture in another currency", func(s *scene) error { return s.capture(func(r *connect.CaptureRequest) { r.Amount = eur }) }, ledger.Invalid, "currency_mismatch", "amount"},
	{"a capture with a commission in another currency", func(s *scene) error {
		return s.capture(func(r *connect.CaptureRequest) { r.ApplicationFee = eur })
	}, ledger.Invalid, "currency_mismatch", "applicationFee"},
	{"a capture with a commission below zero", func(s *scene) error {
		return s.capture(func(r *connect.CaptureRequest) { r.ApplicationFee = usd(-1) })
	}, ledger.Invalid, "invalid_amount", "applicationFee"},
	{"a capture with a commission and none", func(s *scene) error {
		return s.capture(func(r *connect.CaptureRequest) { r.ApplicationFee, r.NoFee = usd(1), true })
	}, ledger.Invalid, "invalid_request", "noFee"},
	{"a capture with too much commission", func(s *scene) error {
		return s.capture(func(r *connect.CaptureRequest) { r.Amount, r.ApplicationFee = usd(100), usd(101) })
	}, ledger.Invalid, "fee_exceeds_amount", "amount"},
	{"a capture that keeps the rest of the only one", func(s *scene) error {
		return s.capture(func(r *connect.CaptureRequest) { r.Amount, r.KeepRest = usd(100), true })
	}, ledger.State, "capture_limit", "keepRest"},
	{"a capture with too much metadata", func(s *scene) error { return s.capture(func(r *connect.CaptureRequest) { r.Metadata = many }) }, ledger.Invalid, "metadata_too_many_keys", "metadata"},
	{"a capture of what was captured", func(s *scene) error { return s.capture(func(r *connect.CaptureRequest) { r.ChargeID = s.charge.ID }) }, ledger.State, "already_captured", "charge"},
	{"a refund of what was not captured", func(s *scene) error { return s.refund(func(r *connect.RefundRequest) { r.ChargeID = s.auth.ID }) }, ledger.State, "invalid_state", "charge"},
	{"to let go of nothing that is there", func(s *scene) error { return s.void(func(r *connect.CancelRequest) { r.ChargeID = "" }) }, ledger.Invalid, "invalid_request", "charge"},
	{"to let go for no reason that there is", func(s *scene) error { return s.void(func(r *connect.CancelRequest) { r.Reason = "boredom" }) }, ledger.Invalid, "invalid_reason", "reason"},
	{"to let go for a reason that is Drain's", func(s *scene) error { return s.void(func(r *connect.CancelRequest) { r.Reason = "expired" }) }, ledger.Invalid, "invalid_reason", "reason"},
	{"to let go with too much metadata", func(s *scene) error { return s.void(func(r *connect.CancelRequest) { r.Metadata = many }) }, ledger.Invalid, "metadata_too_many_keys", "metadata"},
	{"to let go of what was captured", func(s *scene) error { return s.void(func(r *connect.CancelRequest) { r.ChargeID = s.charge.ID }) }, ledger.State, "already_captured", "charge"},
	{"to confirm nothing that is there", func(s *scene) error { return s.confirm("") }, ledger.Invalid, "invalid_request", "charge"},
	{"to confirm what waits for nobody", func(s *scene) error { return s.confirm(s.auth.ID) }, ledger.State, "invalid_state", "charge"},
	{"a capture of what waits for the buyer", func(s *scene) error { return s.capture(func(r *connect.CaptureRequest) { r.ChargeID = s.asked.ID }) }, ledger.State, "invalid_state", "charge"},

	{"a transfer of nothing", func(s *scene) error { return s.transfer(func(r *connect.TransferRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"a transfer to nobody", func(s *scene) error { return s.transfer(func(r *connect.TransferRequest) { r.To = "" }) }, ledger.Invalid, "invalid_request", "to"},
	{"a transfer to itself", func(s *scene) error { return s.transfer(func(r *connect.TransferRequest) { r.To = s.seller }) }, ledger.Invalid, "invalid_request", "to"},
	{"a transfer from nobody that is there", func(s *scene) error {
		return s.transfer(func(r *connect.TransferRequest) { r.From, r.To = "acct_x", s.seller })
	}, ledger.NotFound, "not_found", "from"},
	{"a transfer to nobody that is there", func(s *scene) error { return s.transfer(func(r *connect.TransferRequest) { r.To = "acct_x" }) }, ledger.NotFound, "not_found", "to"},
	{"a transfer with a long description", func(s *scene) error { return s.transfer(func(r *connect.TransferRequest) { r.Description = long }) }, ledger.Invalid, "invalid_text", "description"},
	{"a transfer of more than there is", func(s *scene) error {
		return s.transfer(func(r *connect.TransferRequest) { r.From, r.To, r.Amount = "", s.seller, usd(1_000_000) })
	}, ledger.InsufficientFunds, "insufficient_funds", ""},

	{"a cash sale without a commission", func(s *scene) error {
		return s.cash(func(r *connect.CashSaleRequest) { r.Commission = ledger.Money{} })
	}, ledger.Invalid, "invalid_amount", "commission"},
	{"a cash sale that nothing is owed for", func(s *scene) error { return s.cash(func(r *connect.CashSaleRequest) { r.Commission = usd(0) }) }, ledger.Invalid, "invalid_amount", "commission"},
	{"a cash sale below zero", func(s *scene) error { return s.cash(func(r *connect.CashSaleRequest) { r.Commission = usd(-1) }) }, ledger.Invalid, "invalid_amount", "commission"},
	{"a cash sale of too much", func(s *scene) error {
		return s.cash(func(r *connect.CashSaleRequest) { r.Commission = usd(1_000_000_000_000) })
	}, ledger.Invalid, "invalid_amount", "commission"},
	{"a cash sale with a tax in another currency", func(s *scene) error {
		return s.cash(func(r *connect.CashSaleRequest) { r.Tax = []connect.Tax{{Authority: "a", Amount: eur}} })
	}, ledger.Invalid, "currency_mismatch", "tax"},
	{"a cash sale of nobody", func(s *scene) error { return s.cash(func(r *connect.CashSaleRequest) { r.AccountID = "" }) }, ledger.NotFound, "not_found", "account"},
	{"a cash sale with a long description", func(s *scene) error { return s.cash(func(r *connect.CashSaleRequest) { r.Description = long }) }, ledger.Invalid, "invalid_text", "description"},

	{"a payout below zero", func(s *scene) error { return s.payout(func(r *connect.PayoutRequest) { r.Amount = usd(-1) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"a payout of no currency", func(s *scene) error {
		return s.payout(func(r *connect.PayoutRequest) { r.Amount = ledger.Minor(5, 0) })
	}, ledger.Invalid, "invalid_currency", "currency"},
	{"a payout to nobody that is there", func(s *scene) error { return s.payout(func(r *connect.PayoutRequest) { r.AccountID = "acct_x" }) }, ledger.NotFound, "not_found", "account"},
	{"a payout to a bank that is not there", func(s *scene) error { return s.payout(func(r *connect.PayoutRequest) { r.Currency = ledger.EUR }) }, ledger.State, "no_bank_account", "currency"},
	{"a payout to a platform without a bank", func(s *scene) error { return s.payout(func(r *connect.PayoutRequest) { r.AccountID = "" }) }, ledger.State, "no_bank_account", "account"},
	{"a payout of all of nothing", func(s *scene) error {
		return s.payout(func(r *connect.PayoutRequest) { r.Amount = ledger.Zero(ledger.EUR) })
	}, ledger.InsufficientFunds, "insufficient_funds", "amount"},
	{"a payout of more than there is", func(s *scene) error { return s.payout(func(r *connect.PayoutRequest) { r.Amount = usd(1_000_000) }) }, ledger.InsufficientFunds, "insufficient_funds", ""},
	{"a payout with a long descriptor", func(s *scene) error { return s.payout(func(r *connect.PayoutRequest) { r.Descriptor = long[:23] }) }, ledger.Invalid, "invalid_descriptor", "descriptor"},
	{"a payout with a descriptor in Greek", func(s *scene) error { return s.payout(func(r *connect.PayoutRequest) { r.Descriptor = "λ" }) }, ledger.Invalid, "invalid_descriptor", "descriptor"},
	{"a payout with a bank of its own", func(s *scene) error {
		return s.payout(func(r *connect.PayoutRequest) { r.Bank = &connect.BankDetails{} })
	}, ledger.Invalid, "invalid_request", "bank"},
	{"a payout with too much metadata", func(s *scene) error { return s.payout(func(r *connect.PayoutRequest) { r.Metadata = many }) }, ledger.Invalid, "metadata_too_many_keys", "metadata"},
	{"a payout to an authority without a bank", func(s *scene) error { return s.tax(func(r *connect.PayoutRequest) { r.Bank = nil }) }, ledger.Invalid, "invalid_request", "bank"},
	{"a payout to an authority of no name", func(s *scene) error { return s.tax(func(r *connect.PayoutRequest) { r.Authority = "New York" }) }, ledger.Invalid, "invalid_request", "authority"},
	{"a payout to an authority and a seller", func(s *scene) error { return s.tax(func(r *connect.PayoutRequest) { r.AccountID = s.seller }) }, ledger.Invalid, "invalid_request", "account"},
	{"a payout to an authority in a currency", func(s *scene) error { return s.tax(func(r *connect.PayoutRequest) { r.Currency = ledger.USD }) }, ledger.Invalid, "invalid_request", "currency"},
	{"a payout to an authority in another currency", func(s *scene) error { return s.tax(func(r *connect.PayoutRequest) { r.Amount = eur }) }, ledger.Invalid, "currency_mismatch", "bank.currency"},
	{"a payout to an authority of more than was collected", func(s *scene) error { return s.tax(func(r *connect.PayoutRequest) { r.Amount = usd(501) }) }, ledger.InsufficientFunds, "insufficient_funds", "amount"},
	{"a payout to an authority that nothing is due to", func(s *scene) error {
		return s.tax(func(r *connect.PayoutRequest) { r.Authority, r.Amount = "nobody", ledger.Money{} })
	}, ledger.InsufficientFunds, "insufficient_funds", "amount"},

	{"a cancellation of a payout that is not there", func(s *scene) error { return s.cancel("po_x") }, ledger.NotFound, "not_found", "payout"},
	{"a cancellation of a payout that the rail has", func(s *scene) error { return s.cancel(s.paid.ID) }, ledger.State, "invalid_state", ""},
	{"news of nothing", func(s *scene) error { return s.News(s.ctx, connect.News{Key: "x"}) }, ledger.NotFound, "not_found", "key"},
	{"news of a charge that is not there", func(s *scene) error { return s.News(s.ctx, connect.News{Key: "ch_x"}) }, ledger.NotFound, "not_found", "charge"},
	{"news that a charge failed after all", func(s *scene) error {
		return s.News(s.ctx, connect.News{Key: s.charge.ID, Answer: connect.Answer{Status: connect.Declined}})
	}, ledger.State, "contradicting_news", "status"},
	{"a statement of another's account", func(s *scene) error {
		_, err := s.platform.Statement(s.ctx, ledger.StatementRequest{Account: ledger.Ref{Book: "plat_other", Owner: "x", Purpose: "available", Currency: ledger.USD}})
		return err
	}, ledger.NotFound, "not_found", "account"},
}

func (s *scene) cancel(id string) error {
	_, err := s.platform.CancelPayout(s.ctx, connect.CancelPayoutRequest{Key: "new", PayoutID: id})
	return err
}

// requireRefusal requires what a refusal says: its class, its code, the field that it
// is about, and the package once.
func requireRefusal(t *testing.T, err error, class ledger.Class, code, field, what string) {
	t.Helper()
	var e *ledger.Error
	require.ErrorAs(t, err, &e, what)
	require.Equal(t, []any{class, code, field}, []any{e.Class, e.Code, e.Field}, "%s: %v", what, err)
	require.Equal(t, 1, strings.Count(err.Error(), "connect: "), "%s: %v", what, err)
}

// Each refusal has a class, a code and the field that it is about, comes before
// anything is written, and leaves its key free for the corrected request
// (promises 21 and 28).
func TestRefusals(t *testing.T) {
	s := newScene(t)
	before := snapshot(t, s.Store())
	for _, r := range refusals {
		requireRefusal(t, r.ask(s), r.class, r.code, r.field, r.what)
		require.Equal(t, before, snapshot(t, s.Store()), r.what)
	}
	require.NoError(t, s.pay(func(*connect.ChargeRequest) {}), "the key is free")
	s.verify()
}
