package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// shapes is a scene with transfers, an agreement and a top-up.
type shapes struct {
	*scene
	tied      *connect.Transfer // of 20.00 USD, of the platform's own charge, to the seller
	converted *connect.Transfer // of 1.00 EUR, as dollars
	agreement *connect.Agreement
	ended     *connect.Agreement
	topUp     *connect.TopUp
}

func newShapes(t *testing.T) *shapes {
	s := &shapes{scene: newScene(t)}
	var err error
	s.tied, err = s.platform.Transfer(s.ctx, connect.TransferRequest{Key: "tied", ChargeID: s.own.ID, To: s.seller, Amount: usd(2000)})
	require.NoError(t, err)
	s.agreement, err = s.platform.RecordAgreement(s.ctx, connect.AgreementRequest{Key: "agr", AccountID: s.seller, Text: "yes", By: "user-1"})
	require.NoError(t, err)
	s.ended, err = s.platform.RecordAgreement(s.ctx, connect.AgreementRequest{Key: "agr2", AccountID: s.seller, Text: "yes", By: "user-1"})
	require.NoError(t, err)
	_, err = s.platform.EndAgreement(s.ctx, connect.EndAgreementRequest{Key: "end", AgreementID: s.ended.ID})
	require.NoError(t, err)
	s.topUp, err = s.platform.RecordTopUp(s.ctx, connect.TopUpRequest{Key: "tu", Amount: ledger.Minor(1000, ledger.EUR)})
	require.NoError(t, err)
	s.converted, err = s.platform.Transfer(s.ctx, connect.TransferRequest{Key: "eur", To: s.seller, Amount: eur, Currency: ledger.USD})
	require.NoError(t, err)
	_, err = s.platform.ReverseTransfer(s.ctx, connect.ReverseTransferRequest{Key: "back", TransferID: s.tied.ID, Amount: usd(500)})
	require.NoError(t, err)
	return s
}

func (s *shapes) direct(change func(*connect.ChargeRequest)) error {
	return s.pay(func(r *connect.ChargeRequest) { r.Direct = true; change(r) })
}

func (s *shapes) gets(change func(*connect.ChargeRequest)) error {
	return s.pay(func(r *connect.ChargeRequest) { r.TransferAmount = usd(877); change(r) })
}

func (s *shapes) of(change func(*connect.TransferRequest)) error {
	return s.transfer(func(r *connect.TransferRequest) {
		r.From, r.To, r.ChargeID = "", s.seller, s.own.ID
		change(r)
	})
}

func (s *shapes) back(change func(*connect.ReverseTransferRequest)) error {
	r := connect.ReverseTransferRequest{Key: "new", TransferID: s.tied.ID}
	change(&r)
	_, err := s.platform.ReverseTransfer(s.ctx, r)
	return err
}

func (s *shapes) agree(change func(*connect.AgreementRequest)) error {
	r := connect.AgreementRequest{Key: "new", AccountID: s.seller, Text: "yes", By: "user-1"}
	change(&r)
	_, err := s.platform.RecordAgreement(s.ctx, r)
	return err
}

func (s *shapes) topup(change func(*connect.TopUpRequest)) error {
	r := connect.TopUpRequest{Key: "new", Amount: usd(100)}
	change(&r)
	_, err := s.platform.RecordTopUp(s.ctx, r)
	return err
}

var shapeRefusals = []struct {
	what  string
	ask   func(*shapes) error
	class ledger.Class
	code  string
	field string
}{
	{"an account whose fees nobody pays", func(s *shapes) error {
		return s.account(func(r *connect.AccountRequest) { r.FeesPayer = connect.PartyHouse })
	}, ledger.Invalid, "invalid_party", "feesPayer"},
	{"an account that bears its own losses", func(s *shapes) error {
		return s.account(func(r *connect.AccountRequest) { r.LossesBearer = connect.PartyAccount })
	}, ledger.Invalid, "invalid_party", "lossesBearer"},
	{"an account with a short descriptor", func(s *shapes) error {
		return s.account(func(r *connect.AccountRequest) { r.Descriptor = "A" })
	}, ledger.Invalid, "invalid_descriptor", "descriptor"},
	{"a change to a short descriptor", func(s *shapes) error {
		return s.update(func(r *connect.AccountUpdate) { r.Descriptor = "A" })
	}, ledger.Invalid, "invalid_descriptor", "descriptor"},

	{"a direct charge of nobody", func(s *shapes) error { return s.direct(func(r *connect.ChargeRequest) { r.AccountID = "" }) }, ledger.Invalid, "invalid_request", "direct"},
	{"a direct charge of somebody who is not there", func(s *shapes) error { return s.direct(func(r *connect.ChargeRequest) { r.AccountID = "acct_x" }) }, ledger.NotFound, "not_found", "account"},
	{"a direct charge on behalf of somebody", func(s *shapes) error { return s.direct(func(r *connect.ChargeRequest) { r.OnBehalfOf = s.seller }) }, ledger.Invalid, "invalid_request", "onBehalfOf"},
	{"a direct charge by amount", func(s *shapes) error { return s.direct(func(r *connect.ChargeRequest) { r.TransferAmount = usd(877) }) }, ledger.Invalid, "invalid_request", "transferAmount"},
	{"a commission above what processing leaves", func(s *shapes) error { return s.direct(func(r *connect.ChargeRequest) { r.ApplicationFee = usd(942) }) }, ledger.Invalid, "fee_exceeds_amount", "applicationFee"},
	{"a commission above a direct charge", func(s *shapes) error {
		return s.direct(func(r *connect.ChargeRequest) { r.ApplicationFee = usd(1001) })
	}, ledger.Invalid, "fee_exceeds_amount", "applicationFee"},
	{"a charge on behalf of nobody that is there", func(s *shapes) error { return s.pay(func(r *connect.ChargeRequest) { r.OnBehalfOf = "acct_x" }) }, ledger.NotFound, "not_found", "onBehalfOf"},
	{"a charge with a long group", func(s *shapes) error { return s.pay(func(r *connect.ChargeRequest) { r.TransferGroup = long }) }, ledger.Invalid, "invalid_text", "transferGroup"},
	{"a charge that gives nobody an amount", func(s *shapes) error { return s.gets(func(r *connect.ChargeRequest) { r.AccountID = "" }) }, ledger.Invalid, "invalid_request", "transferAmount"},
	{"a charge by amount and commission", func(s *shapes) error { return s.gets(func(r *connect.ChargeRequest) { r.ApplicationFee = usd(1) }) }, ledger.Invalid, "invalid_request", "transferAmount"},
	{"a charge by amount and net", func(s *shapes) error {
		return s.gets(func(r *connect.ChargeRequest) { r.Amount, r.Net = ledger.Money{}, usd(900) })
	}, ledger.Invalid, "invalid_request", "transferAmount"},
	{"a charge that gives nothing", func(s *shapes) error { return s.gets(func(r *connect.ChargeRequest) { r.TransferAmount = usd(0) }) }, ledger.Invalid, "invalid_amount", "transferAmount"},
	{"a charge that gives less than nothing", func(s *shapes) error { return s.gets(func(r *connect.ChargeRequest) { r.TransferAmount = usd(-1) }) }, ledger.Invalid, "invalid_amount", "transferAmount"},
	{"a charge that gives more than it is", func(s *shapes) error { return s.gets(func(r *connect.ChargeRequest) { r.TransferAmount = usd(1001) }) }, ledger.Invalid, "transfer_exceeds_amount", "transferAmount"},
	{"a charge that gives more than taxes leave", func(s *shapes) error { return s.gets(func(r *connect.ChargeRequest) { r.Tax = taxes(124) }) }, ledger.Invalid, "transfer_exceeds_amount", "transferAmount"},
	{"a charge that gives euros", func(s *shapes) error { return s.gets(func(r *connect.ChargeRequest) { r.TransferAmount = eur }) }, ledger.Invalid, "currency_mismatch", "transferAmount"},

	{"a transfer of a charge that is not there", func(s *shapes) error { return s.of(func(r *connect.TransferRequest) { r.ChargeID = "ch_x" }) }, ledger.NotFound, "not_found", "charge"},
	{"a transfer of a seller's charge", func(s *shapes) error { return s.of(func(r *connect.TransferRequest) { r.ChargeID = s.charge.ID }) }, ledger.Invalid, "charge_has_seller", "charge"},
	{"a transfer of a charge from a seller", func(s *shapes) error {
		return s.of(func(r *connect.TransferRequest) { r.From, r.To = s.seller, s.platform.ID() })
	}, ledger.Invalid, "invalid_request", "charge"},
	{"a transfer of more than its charge", func(s *shapes) error { return s.of(func(r *connect.TransferRequest) { r.Amount = usd(3001) }) }, ledger.State, "transfer_exceeds_charge", "amount"},
	{"a transfer of a charge in euros", func(s *shapes) error { return s.of(func(r *connect.TransferRequest) { r.Amount = eur }) }, ledger.Invalid, "currency_mismatch", "amount"},
	{"a transfer with a long group", func(s *shapes) error { return s.of(func(r *connect.TransferRequest) { r.TransferGroup = long }) }, ledger.Invalid, "invalid_text", "transferGroup"},
	{"a transfer into what is no more", func(s *shapes) error { return s.of(func(r *connect.TransferRequest) { r.Currency = ledger.DEM }) }, ledger.Invalid, "unsupported_currency", "currency"},
	{"a transfer of so little that nothing comes of it", func(s *shapes) error {
		return s.of(func(r *connect.TransferRequest) {
			r.ChargeID, r.Amount, r.Currency = "", ledger.Minor(1, ledger.HUF), ledger.EUR
		})
	}, ledger.Invalid, "amount_below_minimum", "amount"},
	{"a debit without consent", func(s *shapes) error { return s.transfer(func(*connect.TransferRequest) {}) }, ledger.Invalid, "agreement_required", "agreement"},
	{"a debit by a consent that is not there", func(s *shapes) error {
		return s.transfer(func(r *connect.TransferRequest) { r.AgreementID = "agr_x" })
	}, ledger.NotFound, "not_found", "agreement"},
	{"a debit by a consent that was withdrawn", func(s *shapes) error {
		return s.transfer(func(r *connect.TransferRequest) { r.AgreementID = s.ended.ID })
	}, ledger.State, "agreement_ended", "agreement"},
	{"a debit of more than there is", func(s *shapes) error {
		return s.transfer(func(r *connect.TransferRequest) { r.AgreementID, r.Amount = s.agreement.ID, usd(1_000_000) })
	}, ledger.InsufficientFunds, "insufficient_funds", ""},
	{"a consent to what is no debit", func(s *shapes) error {
		return s.transfer(func(r *connect.TransferRequest) { r.From, r.To, r.AgreementID = "", s.seller, s.agreement.ID })
	}, ledger.Invalid, "invalid_request", "agreement"},

	{"a reversal of nothing that is there", func(s *shapes) error {
		return s.back(func(r *connect.ReverseTransferRequest) { r.TransferID = "tr_x" })
	}, ledger.NotFound, "not_found", "transfer"},
	{"a reversal of nothing", func(s *shapes) error { return s.back(func(r *connect.ReverseTransferRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"a reversal of less than nothing", func(s *shapes) error { return s.back(func(r *connect.ReverseTransferRequest) { r.Amount = usd(-1) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"a reversal in euros", func(s *shapes) error { return s.back(func(r *connect.ReverseTransferRequest) { r.Amount = eur }) }, ledger.Invalid, "currency_mismatch", "amount"},
	{"a reversal of more than is left", func(s *shapes) error { return s.back(func(r *connect.ReverseTransferRequest) { r.Amount = usd(1501) }) }, ledger.State, "reversal_exceeds_transfer", "amount"},
	{"a reversal with a long description", func(s *shapes) error { return s.back(func(r *connect.ReverseTransferRequest) { r.Description = long }) }, ledger.Invalid, "invalid_text", "description"},
	{"a reversal with too much metadata", func(s *shapes) error { return s.back(func(r *connect.ReverseTransferRequest) { r.Metadata = many }) }, ledger.Invalid, "metadata_too_many_keys", "metadata"},

	{"a consent to nothing", func(s *shapes) error { return s.agree(func(r *connect.AgreementRequest) { r.Text = "" }) }, ledger.Invalid, "invalid_text", "text"},
	{"a consent of nobody", func(s *shapes) error { return s.agree(func(r *connect.AgreementRequest) { r.By = "" }) }, ledger.Invalid, "invalid_text", "by"},
	{"a consent of tomorrow", func(s *shapes) error {
		return s.agree(func(r *connect.AgreementRequest) { r.At = s.Clock.Now().Add(time.Second) })
	}, ledger.Invalid, "invalid_time", "at"},
	{"a consent of an account that is not there", func(s *shapes) error { return s.agree(func(r *connect.AgreementRequest) { r.AccountID = "acct_x" }) }, ledger.NotFound, "not_found", "account"},
	{"an end of a consent that has ended", func(s *shapes) error {
		_, err := s.platform.EndAgreement(s.ctx, connect.EndAgreementRequest{Key: "new", AgreementID: s.ended.ID})
		return err
	}, ledger.State, "invalid_state", "agreement"},

	{"a top-up of nothing", func(s *shapes) error { return s.topup(func(r *connect.TopUpRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"a top-up of too much", func(s *shapes) error {
		return s.topup(func(r *connect.TopUpRequest) { r.Amount = usd(1_000_000_000_000) })
	}, ledger.Invalid, "amount_too_large", "amount"},
	{"a top-up of what is no more", func(s *shapes) error {
		return s.topup(func(r *connect.TopUpRequest) { r.Amount = ledger.Minor(1, ledger.DEM) })
	}, ledger.Invalid, "unsupported_currency", "amount"},
	{"a top-up with a long reference", func(s *shapes) error { return s.topup(func(r *connect.TopUpRequest) { r.Reference = long }) }, ledger.Invalid, "invalid_text", "reference"},
	{"a reversal of a top-up that is not there", func(s *shapes) error {
		_, err := s.platform.ReverseTopUp(s.ctx, connect.ReverseTopUpRequest{Key: "new", TopUpID: "tu_x"})
		return err
	}, ledger.NotFound, "not_found", "topUp"},
	{"a list of a transfer's charges", func(s *shapes) error {
		_, err := s.platform.ListCharges(s.ctx, connect.ListRequest{TransferID: s.tied.ID})
		return err
	}, ledger.Invalid, "invalid_request", "transfer"},
	{"a list of what is not there", func(s *shapes) error {
		_, err := s.platform.ListTransferReversals(s.ctx, connect.ListRequest{TransferID: "tr_x"})
		return err
	}, ledger.NotFound, "not_found", "transfer"},
}

// What the shapes of charges and their transfers refuse has a class, a code and
// the field that it is about, comes before anything is written, and leaves its key
// free (promises 12, 21, 28; edge-cases 29 and 57).
func TestShapeRefusals(t *testing.T) {
	s := newShapes(t)
	before := snapshot(t, s.Store())
	for _, r := range shapeRefusals {
		requireRefusal(t, r.ask(s), r.class, r.code, r.field, r.what)
		require.Equal(t, before, snapshot(t, s.Store()), r.what)
	}
	require.NoError(t, s.back(func(*connect.ReverseTransferRequest) {}), "the key is free")
	s.verify()
}
