package connect_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// debitScene has what refusals about debits need.
type debitScene struct {
	*market
	seller  string
	mandate string          // of the platform, by ACH
	theirs  string          // of the seller
	euros   string          // by SEPA
	settled *connect.Charge // for the seller
	waits   *connect.Charge
	back    *connect.Charge // for want of funds
	card    *connect.Charge
}

func newDebitScene(t *testing.T) *debitScene {
	s := &debitScene{market: newMarket(t, connecttest.Config{})}
	s.seller = s.market.seller().ID
	s.mandate = s.market.mandate(achMandate("m1", payout.TestAccount)).ID
	r := achMandate("m2", payout.TestAccount)
	r.AccountID = s.seller
	s.theirs = s.market.mandate(r).ID
	s.euros = s.market.mandate(sepaMandate("m3", payout.TestAccount)).ID
	s.settled = s.debited(s.mandate, s.seller, 1000, 100)
	s.back = s.debited(s.market.mandate(achMandate("m4", payout.TestDebitReturn+"R01")).ID, s.seller, 1000, 100)
	s.card = s.market.charge(s.seller, 1000, 100, connect.TestCard)
	s.pass(4 * 24 * time.Hour)
	s.settled, s.back = s.now(s.settled), s.now(s.back)
	var err error
	s.waits, err = s.collect(connect.ChargeRequest{MandateID: s.mandate, Amount: usd(1000), CollectOn: s.today() + 40})
	require.NoError(t, err)
	return s
}

func (s *debitScene) today() payout.Day { return payout.DayOf(s.Clock.Now(), time.UTC) }

// Each refusal has a class, a code and its field, and nothing is written (promises 28,
// 71).
func TestDebitRefusals(t *testing.T) {
	s := newDebitScene(t)
	before := snapshot(t, s.Store())
	type row struct {
		what  string
		err   error
		class ledger.Class
		code  string
		field string
	}
	create := func(change func(*connect.MandateRequest)) error {
		r := achMandate("new", payout.TestAccount)
		change(&r)
		_, err := s.platform.CreateMandate(s.ctx, r)
		return err
	}
	charge := func(change func(*connect.ChargeRequest)) error {
		r := connect.ChargeRequest{Key: "new", MandateID: s.mandate, Amount: usd(1000)}
		change(&r)
		_, err := s.platform.Charge(s.ctx, r)
		return err
	}
	again := func(id string, on payout.Day) error {
		_, err := s.platform.Represent(s.ctx, connect.RepresentRequest{Key: "new", ChargeID: id, CollectOn: on})
		return err
	}
	const invalid, state, none = ledger.Invalid, ledger.State, ledger.NotFound
	type mr = connect.MandateRequest
	type cr = connect.ChargeRequest
	rows := []row{
		{"no scheme", create(func(r *mr) { r.Scheme = "" }), invalid, "invalid_scheme", "scheme"},
		{"no such kind", create(func(r *mr) { r.Kind = "pos" }), invalid, "invalid_kind", "kind"},
		{"a kind where there is none", create(func(r *mr) { *r = sepaMandate("new", payout.TestAccount); r.Kind = "web" }), invalid, "invalid_kind", "kind"},
		{"no creditor", create(func(r *mr) { r.Creditor = "" }), invalid, "invalid_creditor", "creditor"},
		{"a creditor with a space", create(func(r *mr) { r.Creditor = "12 34" }), invalid, "invalid_creditor", "creditor"},
		{"wrong check digits", create(func(r *mr) { *r = sepaMandate("new", payout.TestAccount); r.Creditor = "DE99ZZZ09999999999" }), invalid, "invalid_creditor", "creditor"},
		{"a short creditor", create(func(r *mr) { *r = sepaMandate("new", payout.TestAccount); r.Creditor = "DE98ZZZ" }), invalid, "invalid_creditor", "creditor"},
		{"a long reference", create(func(r *mr) { r.Reference = strings.Repeat("x", 36) }), invalid, "invalid_reference", "reference"},
		{"no name", create(func(r *mr) { r.Name = "" }), invalid, "invalid_name", "name"},
		{"a number for a token", create(func(r *mr) { r.Bank.Token = "DE89370400440532013000" }), invalid, "invalid_account_number", "bank.token"},
		{"digits for a token", create(func(r *mr) { r.Bank.Token = "000123456789" }), invalid, "invalid_account_number", "bank.token"},
		{"another currency", create(func(r *mr) { r.Bank.Currency = ledger.EUR }), invalid, "currency_mismatch", "bank.currency"},
		{"another country", create(func(r *mr) { r.Bank.Country = "DE" }), invalid, "unsupported_country", "bank.country"},
		{"no bank", create(func(r *mr) { r.Bank = connect.BankDetails{} }), invalid, "invalid_country", "bank.country"},
		{"a signature without a text", create(func(r *mr) { r.Signature.Text = "" }), invalid, "invalid_signature", "signature.text"},
		{"a signature of tomorrow", create(func(r *mr) { r.Signature.At = s.Clock.Now().Add(time.Hour) }), invalid, "invalid_signature", "signature.at"},
		{"no address", create(func(r *mr) { r.Signature.IP = "here" }), invalid, "invalid_signature", "signature.ip"},
		{"no language", create(func(r *mr) { r.Signature.Locale = "!" }), invalid, "invalid_language", "signature.locale"},
		{"a limit in euros", create(func(r *mr) { r.Limits.Amount = ledger.Minor(1, ledger.EUR) }), invalid, "currency_mismatch", "limits.amount"},
		{"a limit of nothing", create(func(r *mr) { r.Limits.Amount = usd(0) }), invalid, "invalid_amount", "limits.amount"},
		{"a count without a period", create(func(r *mr) { r.Limits.Debits = 2 }), invalid, "invalid_limit", "limits.period"},
		{"a period without a count", create(func(r *mr) { r.Limits.Period = connect.PerWeek }), invalid, "invalid_limit", "limits.debits"},
		{"two notices", create(func(r *mr) { r.NoticeDays = 3 }), invalid, "invalid_notice", "shortNotice"},
		{"a long notice", create(func(r *mr) { r.NoticeDays, r.ShortNotice = 366, false }), invalid, "invalid_notice", "noticeDays"},
		{"a short notice", create(func(r *mr) {
			*r = sepaMandate("new", payout.TestAccount)
			r.Scheme, r.Bank, r.Creditor = debit.Bacs, connect.BankDetails{Token: "t", Country: "GB", Currency: ledger.GBP}, "123456"
			r.NoticeDays = 1
		}), invalid, "invalid_notice", "noticeDays"},
		{"nobody's account", create(func(r *mr) { r.AccountID = "acct_nobody" }), none, "not_found", "account"},

		{"a card and a mandate", charge(func(r *cr) { r.Source = connect.TestCard }), invalid, "invalid_request", "source"},
		{"a day for a card", charge(func(r *cr) { r.Source, r.MandateID, r.CollectOn = connect.TestCard, "", s.today() }), invalid, "invalid_request", "collectOn"},
		{"as a card", charge(func(r *cr) { r.Method = "card" }), invalid, "invalid_request", "method"},
		{"captured later", charge(func(r *cr) { r.CaptureLater = true }), invalid, "invalid_request", "captureLater"},
		{"exempt", charge(func(r *cr) { r.Exemption = connect.LowValue }), invalid, "invalid_request", "exemption"},
		{"initiated", charge(func(r *cr) { r.Initiation.By = connect.Recurring }), invalid, "invalid_request", "initiation"},
		{"nobody's mandate", charge(func(r *cr) { r.MandateID = "mdt_nobody" }), none, "not_found", "mandate"},
		{"a charge for a mandate", charge(func(r *cr) { r.MandateID = s.card.ID }), none, "not_found", "mandate"},
		{"in euros", charge(func(r *cr) { r.Amount = ledger.Minor(1000, ledger.EUR) }), invalid, "currency_mismatch", "amount"},
		{"direct, by the platform's", charge(func(r *cr) { r.AccountID, r.Direct = s.seller, true }), invalid, "other_creditor", "mandate"},
		{"destination, by the seller's", charge(func(r *cr) { r.AccountID, r.MandateID = s.seller, s.theirs }), invalid, "other_creditor", "mandate"},
		{"today", charge(func(r *cr) { r.CollectOn = s.today() }), invalid, "collect_too_early", "collectOn"},
		{"too early", charge(func(r *cr) {
			r.MandateID, r.Amount, r.CollectOn = s.euros, ledger.Minor(1000, ledger.EUR), s.today()+13
		}), invalid, "collect_too_early", "collectOn"},
		{"yesterday", charge(func(r *cr) { r.CollectOn = s.today() - 1 }), invalid, "collect_too_early", "collectOn"},
		{"in two years", charge(func(r *cr) { r.CollectOn = s.today() + 700 }), invalid, "invalid_date", "collectOn"},
		{"more than the rail carries", charge(func(r *cr) { r.Amount = usd(99_999_999_99 + 1) }), invalid, "amount_too_large", "amount"},

		{"a card presented again", again(s.card.ID, 0), state, "not_a_debit", "charge"},
		{"what succeeded", again(s.settled.ID, 0), state, "invalid_state", "charge"},
		{"what waits", again(s.waits.ID, 0), state, "invalid_state", "charge"},
		{"nobody's", again("ch_nobody", 0), none, "not_found", "charge"},
		{"too late", again(s.back.ID, s.today()+190), state, "retry_window_over", "collectOn"},
		{"a debit confirmed", func() error {
			_, err := s.platform.Confirm(s.ctx, connect.ConfirmRequest{Key: "new", ChargeID: s.waits.ID})
			return err
		}(), state, "invalid_state", "charge"},
		{"a debit captured", func() error {
			_, err := s.platform.Capture(s.ctx, connect.CaptureRequest{Key: "new", ChargeID: s.waits.ID})
			return err
		}(), state, "invalid_state", "charge"},
		{"what settled, canceled", func() error {
			_, err := s.platform.Cancel(s.ctx, connect.CancelRequest{Key: "new", ChargeID: s.settled.ID})
			return err
		}(), state, "invalid_state", "charge"},
		{"what waits, refunded", func() error {
			_, err := s.platform.Refund(s.ctx, connect.RefundRequest{Key: "new", ChargeID: s.waits.ID})
			return err
		}(), state, "invalid_state", "charge"},
		{"signed twice", func() error {
			_, err := s.platform.ActivateMandate(s.ctx, connect.ActivateMandateRequest{Key: "new", MandateID: s.mandate})
			return err
		}(), state, "invalid_state", "mandate"},
		{"amended into euros", func() error {
			_, err := s.platform.AmendMandate(s.ctx, connect.AmendMandateRequest{Key: "new", MandateID: s.mandate,
				Bank: &connect.BankDetails{Token: "t", Country: "US", Currency: ledger.EUR}})
			return err
		}(), invalid, "currency_mismatch", "bank.currency"},
		{"a long reason", func() error {
			_, err := s.platform.CancelMandate(s.ctx, connect.MandateStepRequest{Key: "new", MandateID: s.mandate, Reason: strings.Repeat("x", 201)})
			return err
		}(), invalid, "invalid_text", "reason"},
		{"rates of no scheme", func() error {
			_, err := s.platform.ReturnRates(s.ctx, connect.ReturnRatesRequest{Scheme: "x"})
			return err
		}(), invalid, "invalid_scheme", "scheme"},
	}
	for _, r := range rows {
		requireRefusal(t, r.err, r.class, r.code, r.field, r.what)
	}
	require.Equal(t, before, snapshot(t, s.Store()))
	require.NoError(t, charge(func(*cr) {}), "the key is free")
	s.verify()
}

// A platform cannot tell another's mandates from none (promise 65).
func TestForeignMandatesAreUnknown(t *testing.T) {
	s := newDebitScene(t)
	other, err := s.Register(s.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	unsigned := achMandate("m5", payout.TestAccount)
	unsigned.Signature = connect.MandateSignature{}
	pending := s.market.mandate(unsigned).ID
	before := snapshot(t, s.Store())
	for name, try := range map[string]struct {
		id  string
		try func(id string) error
	}{
		"get": {s.mandate, func(id string) error { _, err := other.GetMandate(s.ctx, id); return err }},
		"activate": {pending, func(id string) error {
			_, err := other.ActivateMandate(s.ctx, connect.ActivateMandateRequest{Key: "k", MandateID: id, Signature: signature})
			return err
		}},
		"suspend": {s.mandate, func(id string) error {
			_, err := other.SuspendMandate(s.ctx, connect.MandateStepRequest{Key: "k", MandateID: id})
			return err
		}},
		"resume": {s.mandate, func(id string) error {
			_, err := other.ResumeMandate(s.ctx, connect.MandateStepRequest{Key: "k", MandateID: id})
			return err
		}},
		"cancel": {s.mandate, func(id string) error {
			_, err := other.CancelMandate(s.ctx, connect.MandateStepRequest{Key: "k", MandateID: id})
			return err
		}},
		"amend": {s.mandate, func(id string) error {
			_, err := other.AmendMandate(s.ctx, connect.AmendMandateRequest{Key: "k", MandateID: id, Name: "x"})
			return err
		}},
		"charge": {s.mandate, func(id string) error {
			_, err := other.Charge(s.ctx, connect.ChargeRequest{Key: "k", MandateID: id, Amount: usd(1000)})
			return err
		}},
		"represent": {s.back.ID, func(id string) error {
			_, err := other.Represent(s.ctx, connect.RepresentRequest{Key: "k", ChargeID: id})
			return err
		}},
		"cancel charge": {s.waits.ID, func(id string) error {
			_, err := other.Cancel(s.ctx, connect.CancelRequest{Key: "k", ChargeID: id})
			return err
		}},
		"page": {s.mandate, func(id string) error { _, err := other.ListMandates(s.ctx, connect.ListRequest{After: id}); return err }},
		"rates": {s.seller, func(id string) error {
			_, err := other.ReturnRates(s.ctx, connect.ReturnRatesRequest{AccountID: id, Scheme: debit.ACH})
			return err
		}},
	} {
		unknown := try.id[:len(try.id)-1] + "z"
		foreign, missing := try.try(try.id), try.try(unknown)
		require.Error(t, foreign, name)
		require.Equal(t, replaceID(missing.Error(), unknown), replaceID(foreign.Error(), try.id), name)
	}
	require.Equal(t, before, snapshot(t, s.Store()))
}
