package connect_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// verbs are the methods of a platform whose request has a key, by name: all that
// change something.
func verbs() []string {
	var list []string
	of := reflect.TypeFor[*connect.Platform]()
	for i := range of.NumMethod() {
		f := of.Method(i)
		if f.Type.NumIn() != 3 || f.Type.In(2).Kind() != reflect.Struct || f.Name == "QuoteTax" || f.Name == "PreviewBulk" { // which ask, in the words of a charge and of a bulk
			continue
		}
		if _, ok := f.Type.In(2).FieldByName("Key"); ok {
			list = append(list, f.Name)
		}
	}
	return list
}

// call calls a verb.
func call(ctx context.Context, p *connect.Platform, verb string, request reflect.Value) (reflect.Value, error) {
	out := reflect.ValueOf(p).MethodByName(verb).Call([]reflect.Value{reflect.ValueOf(ctx), request})
	err, _ := out[1].Interface().(error)
	return out[0], err
}

// requests are a request of each verb that can be carried out now, each about an
// object of its own; some verbs have several, which use more of their fields.
func (m *market) requests() map[string][]any {
	unclaimed := m.unclaimed(100, 100)
	a, banked, company := m.seller().ID, m.seller().ID, m.company().ID
	m.charge(a, 50_000, 100, connect.TestCardAtOnce)
	auth := func() string { return m.authorize(a, 1000, 100, connect.TestCard).ID }
	held := func(change ...func(*connect.ChargeRequest)) string {
		return m.hold(a, connect.HoldTerms{Until: connect.HoldEvent, Days: 5}, change...).ID
	}
	group := func(name string) string {
		held(func(r *connect.ChargeRequest) { r.TransferGroup = name })
		return name
	}
	p, ctx := m.platform, m.ctx
	need := func(err error) { m.t.Helper(); require.NoError(m.t, err) }
	topUp, err := p.RecordTopUp(ctx, connect.TopUpRequest{Key: m.key(), Amount: usd(10)})
	need(err)
	_, err = p.RecordTopUp(ctx, connect.TopUpRequest{Key: m.key(), Amount: usd(50_000)})
	need(err)
	agreement, err := p.RecordAgreement(ctx, connect.AgreementRequest{Key: m.key(), AccountID: a, Text: "You may.", By: "u1", At: connecttest.Start})
	need(err)
	stands, err := p.RecordAgreement(ctx, connect.AgreementRequest{Key: m.key(), AccountID: a, Text: "You may.", By: "u1", At: connecttest.Start})
	need(err)
	complained := held()
	_, err = p.OpenComplaint(ctx, connect.ComplaintRequest{Key: m.key(), ChargeID: complained, Reason: "broken"})
	need(err)
	grant, err := p.GrantCredit(ctx, connect.GrantRequest{Key: m.key(), BuyerID: "b", Amount: usd(100)})
	need(err)
	voucher, err := p.IssueVoucher(ctx, connect.VoucherRequest{Key: m.key(), Amount: usd(100)})
	need(err)
	transfer, err := p.Transfer(ctx, connect.TransferRequest{Key: m.key(), To: a, Amount: usd(50)})
	need(err)
	_, err = m.try(connect.ChargeRequest{AccountID: a, Lines: []connect.Line{goods(1000), taxLine(80, "nyc")}})
	need(err)
	customer, gone := m.customer("").ID, m.customer("").ID
	asks, detached := m.save(customer, connect.TestChallenge), m.save(customer, connect.TestCardGB)
	challenged := m.charge(a, 1000, 100, connect.TestChallenge)
	m.Acquirer.Act(asks.ID, true)
	m.Acquirer.Act(challenged.ID, true)
	mandate := func(change func(*connect.MandateRequest)) string {
		r := achMandate(m.key(), payout.TestStalled)
		change(&r)
		return m.mandate(r).ID
	}
	plain := func(*connect.MandateRequest) {}
	suspended := mandate(plain)
	_, err = p.SuspendMandate(ctx, connect.MandateStepRequest{Key: m.key(), MandateID: suspended})
	need(err)
	back := m.debited(mandate(plain), a, 1000, 100)
	need(m.RailNews(ctx, payout.Update{ID: "1", Key: back.ID + "-1", Kind: payout.UpdateReturned, Code: "R01", Amount: usd(1000), At: m.Clock.Now()}))
	coins := m.receiver("")
	m.Coins.Pay(coins.Address, 8_000_000)
	m.Coins.Mine(6)
	m.tell()
	paid := m.getReceiver(coins.ID).Charge
	require.NotEmpty(m.t, paid)
	bulk := func() string { // as late as can be: nothing is drained after it
		b, err := p.StartBulk(ctx, connect.BulkRequest{Key: m.key(), By: boss, Action: connect.BulkHold, Filter: connect.BulkFilter{TransferGroup: "none"}})
		need(err)
		return b.ID
	}
	late, later := m.late(1_000_000), m.late(1_000_000)
	waiting, err := p.In(m.Store()).Payout(ctx, connect.PayoutRequest{Key: m.key(), AccountID: a, Amount: usd(100)})
	need(err)
	bank := &connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD}
	charge := connect.ChargeRequest{Amount: usd(1000), AccountID: a, Source: connect.TestCard, Description: "d", Metadata: map[string]string{"a": "b"}}
	full, saves, waits := charge, charge, charge
	full.Amount, full.Lines, full.BuyerCountry, full.Category, full.TransferGroup = ledger.Money{}, []connect.Line{goods(1000), taxLine(80, "nyc")}, "US", "books", "g"
	full.Facts = &connect.PaymentFacts{
		Card: compliance.Card{Brand: "visa", Fingerprint: "f1"}, Buyer: compliance.Buyer{Email: "a@b.co", Name: "Bo", IP: "192.0.2.1"}, Billing: compliance.Address{City: "Bonn"},
	}
	saves.CustomerID, saves.Save, saves.Descriptor = customer, &connect.SaveTerms{Agreement: agreed}, "ATELIER"
	waits.Hold = &connect.HoldTerms{Milestones: []connect.Milestone{{Name: "half", Parts: 1}, {Name: "all", Parts: 1}}}
	waits.Initiation = connect.Initiation{By: connect.Recurring, Agreement: agreed}
	seller := connecttest.Seller("US")
	evidence := connect.Evidence{Text: map[string]string{"uncategorized_text": "It was sent."}, Files: map[string]string{"receipt": "file_1"}}
	disputed := func() string { return m.disputed(m.charge(a, 1000, 100, connect.TestDisputed)).ID }
	warned := func() string { return m.warned(m.charge(a, 1000, 100, connect.TestWarned)).ID }
	return map[string][]any{
		"CreateAccount":         {seller},
		"UpdateAccount":         {connect.AccountUpdate{AccountID: a, Email: "a@b.co"}},
		"UpdatePlatform":        {connect.PlatformUpdate{Name: "Other"}},
		"RecordAgreement":       {connect.AgreementRequest{AccountID: a, Text: "You may.", By: "u1", At: connecttest.Start}},
		"EndAgreement":          {connect.EndAgreementRequest{AgreementID: agreement.ID}},
		"Charge":                {charge, full, saves, waits},
		"Confirm":               {connect.ConfirmRequest{ChargeID: challenged.ID}},
		"Capture":               {connect.CaptureRequest{ChargeID: auth()}},
		"Cancel":                {connect.CancelRequest{ChargeID: auth()}},
		"IncreaseAuthorization": {connect.IncreaseRequest{ChargeID: auth(), Amount: usd(5)}},
		"Refund":                {connect.RefundRequest{ChargeID: m.charge(a, 1000, 100, connect.TestCard).ID, Amount: usd(5), ReverseTransfer: true}},
		"CancelRefund":          {connect.CancelRefundRequest{RefundID: m.waitingRefund().ID}},
		"RefundApplicationFee":  {connect.FeeRefundRequest{ChargeID: m.charge(a, 1000, 100, connect.TestCard).ID, Amount: usd(5)}},
		"RecoverDispute":        {connect.RecoverDisputeRequest{DisputeID: disputed(), RefundFee: true}},
		"AddBank":               {connect.AddBankRequest{AccountID: banked, Bank: *bank, Holder: "Ann Lee", Default: true}, connect.AddBankRequest{By: clerk, AccountID: banked, Bank: *bank}},
		"UpdateBank":            {connect.UpdateBankRequest{AccountID: banked, BankID: m.bankOf(banked), Holder: "Ann Lee"}},
		"DeleteBank":            {connect.DeleteBankRequest{AccountID: banked, BankID: m.secondBank(banked)}},
		"MakeDefaultBank":       {connect.DefaultBankRequest{AccountID: banked, BankID: m.secondBank(banked)}},
		"StartBankCheck":        {connect.BankCheckRequest{AccountID: banked, BankID: m.secondBank(banked)}},
		"ConfirmBankCheck":      {connect.ConfirmBankCheckRequest{BankCheckID: m.bankCheck(m.seller().ID).ID, Amounts: [2]int64{1, 2}}},
		"VerifyBank":            {connect.VerifyBankRequest{AccountID: banked, BankID: m.bankOf(banked)}},
		"RemovePerson":          {connect.RemovePersonRequest{AccountID: company, PersonID: m.persons(company)[0].ID}},
		"UpdateCapability":      {connect.CapabilityRequestBy{AccountID: m.seller().ID, Name: connect.CardPayments}},
		"RejectAccount":         {connect.RejectAccountRequest{By: legal, AccountID: m.seller().ID, Reason: connect.RejectFraud, Description: "d"}},
		"UnrejectAccount":       {connect.UnrejectAccountRequest{By: legal, AccountID: m.rejected(), Description: "d"}},
		"PauseAccount":          {connect.PauseAccountRequest{By: legal, AccountID: m.seller().ID, Charges: true, Payouts: true, Reason: "r"}},
		"ResumeAccount":         {connect.ResumeAccountRequest{By: legal, AccountID: m.paused()}},
		"ActOnWarning":          {connect.ActOnWarningRequest{By: clerk, WarningID: warned(), ReverseTransfer: true, RefundFee: true, Reason: "r"}},
		"DismissWarning":        {connect.DismissWarningRequest{By: clerk, WarningID: warned(), Reason: "r"}},
		"StageEvidence":         {connect.StageEvidenceRequest{DisputeID: disputed(), Evidence: evidence}},
		"AnswerDispute":         {connect.AnswerDisputeRequest{DisputeID: disputed(), Evidence: evidence}, connect.AnswerDisputeRequest{DisputeID: disputed(), Accept: true}},
		"RecordCashSale":        {connect.CashSaleRequest{AccountID: a, Commission: usd(10), Tax: taxes(5)}},
		"Transfer":              {connect.TransferRequest{To: a, Amount: usd(10)}, connect.TransferRequest{From: a, To: p.ID(), Amount: usd(10), AgreementID: stands.ID}},
		"ReverseTransfer":       {connect.ReverseTransferRequest{TransferID: transfer.ID, Amount: usd(10)}},
		"RecordTopUp":           {connect.TopUpRequest{Amount: usd(10)}},
		"ReverseTopUp":          {connect.ReverseTopUpRequest{TopUpID: topUp.ID}},
		"Payout":                {connect.PayoutRequest{AccountID: a, Amount: usd(10)}},
		"CancelPayout":          {connect.CancelPayoutRequest{PayoutID: waiting.ID}},
		"RemitTax":              {connect.RemitTaxRequest{Authority: "nyc", Bank: bank}},

		"CreateCustomer": {connect.CustomerRequest{Name: "Bo"}},
		"UpdateCustomer": {connect.CustomerUpdate{CustomerID: customer, Name: "Bo"}},
		"DeleteCustomer": {connect.DeleteCustomerRequest{CustomerID: gone}},
		"SaveSource":     {connect.SaveSourceRequest{CustomerID: customer, Source: connect.TestCard, Agreement: agreed}},
		"ConfirmSource":  {connect.ConfirmSourceRequest{SavedSourceID: asks.ID}},
		"DetachSource":   {connect.DetachSourceRequest{SavedSourceID: detached.ID}},

		"ChargeFee": {connect.FeeRequest{AccountID: a, Kind: connect.FeeListing, Amount: usd(10), Tax: taxes(2)}, connect.FeeRequest{AccountID: a, Kind: connect.FeeOther, Amount: usd(10), Description: "d"}},
		"ReturnFee": {connect.ReturnFeeRequest{FeeID: m.fee(a, 100).ID, Amount: usd(10)}},

		"Adjust": {
			connect.AdjustRequest{By: clerk, AccountID: a, Amount: usd(10), Reason: connect.AdjustOther, Description: "d", Document: "doc"},
			connect.AdjustRequest{By: clerk, AccountID: a, Amount: usd(-10), Bearer: connect.PartyHouse, Reason: connect.AdjustFraud, Metadata: map[string]string{"a": "b"}},
		},
		"UndoAdjustment":  {connect.UndoAdjustmentRequest{By: clerk, AdjustmentID: m.adjusted(a, 10).ID, Reason: connect.AdjustCorrection}},
		"ProposeLimits":   {connect.LimitsRequest{By: boss, Limits: []connect.RightLimit{{Right: connect.RightFinance, Alone: usd(100)}}}},
		"ApproveProposal": {connect.ApproveProposalRequest{ProposalID: m.adjust(a, 10).Signed.Proposal, By: boss}},
		"RefuseProposal":  {connect.RefuseProposalRequest{ProposalID: m.adjust(a, 10).Signed.Proposal, By: boss, Reason: "r"}},

		"Freeze": {connect.FreezeRequest{By: legal, AccountID: m.seller().ID, Cause: connect.FreezeSanctions, Authority: "it", Document: "o1", Description: "d", Metadata: map[string]string{"a": "b"}}},
		"SetReserve": {
			connect.ReserveRequest{By: boss, AccountID: m.seller().ID, Description: "d", Document: "o", Terms: connect.ReserveTerms{
				Percent: decimal.New(10, 0), Days: 30, Fixed: []ledger.Money{usd(5)}, Minimum: []ledger.Money{usd(7)}, Exposure: true, Draw: true}},
			connect.ReserveRequest{By: boss, AccountID: a, Description: "d", Inherit: true},
		},
		"ReleaseReserve": {connect.ReleaseReserveRequest{By: boss, ReserveID: m.reserved(1000, 10, 30).ID, Amount: usd(5), Description: "d", Document: "o"}},
		"CloseAccount":   {connect.CloseAccountRequest{By: boss, AccountID: m.seller().ID, Description: "d", Document: "o"}},
		"StopClosing":    {connect.StopClosingRequest{By: boss, ClosingID: m.closing(m.seller().ID).ID}},
		"Unfreeze":       {connect.UnfreezeRequest{By: legal, FreezeID: m.frozen(m.seller().ID, ledger.Money{}).ID, Document: "o2", Description: "d"}},

		"WriteOff":        {connect.WriteOffRequest{By: clerk, AccountID: m.debtor(123), Amount: usd(0), Description: "d", Document: "x", Metadata: map[string]string{"a": "b"}}},
		"RecoverWriteOff": {connect.RecoverWriteOffRequest{By: clerk, WriteOffID: m.writtenOff(m.debtor(123), 1000).ID, Amount: usd(10), Description: "d"}},

		"DebitNegative":     {connect.NegativeDebitRequest{AccountID: m.short(100), Amount: usd(0), MandateID: mandate(func(r *connect.MandateRequest) { r.Bank.Token = payout.TestAccount }), Metadata: map[string]string{"a": "b"}}},
		"AgreePaymentPlan":  {connect.PaymentPlanRequest{By: clerk, AccountID: m.short(100), Instalments: []connect.PlanInstalment{{Due: payout.DayOf(m.Clock.Now(), time.UTC) + 7, Amount: usd(100)}}, Description: "d", Document: "x", Metadata: map[string]string{"a": "b"}}},
		"CancelPaymentPlan": {connect.CancelPaymentPlanRequest{By: clerk, PaymentPlanID: m.plans(m.short(100), 40, 60).ID, Reason: "r"}},

		"MarkDormant":       {connect.DormantRequest{By: legal, AccountID: m.silent(100), Since: m.Clock.Now().Add(-time.Hour), Notice: connect.OwnerNotice{How: "letter", Document: "d"}, Metadata: map[string]string{"a": "b"}}},
		"RecordOwnerNotice": {connect.OwnerNoticeRequest{By: legal, DormancyID: m.dormant(m.silent(100)).ID, Notice: connect.OwnerNotice{How: "email", Document: "d"}}},
		"ReclaimDormant":    {connect.ReclaimRequest{By: legal, DormancyID: unclaimed[0]}},
		"StartBulk": {
			connect.BulkRequest{By: boss, Action: connect.BulkRefund, Filter: connect.BulkFilter{Metadata: map[string]string{"bulk": "x"}}, Most: usd(100), Reason: "duplicate"},
			connect.BulkRequest{By: boss, Action: connect.BulkHold, Reason: "looked at"},
		},
		"SurrenderFrozen":    {connect.SurrenderFrozenRequest{By: legal, FreezeID: m.frozen(a, usd(10)).ID, Bank: bank, Document: "d"}},
		"StopBulk":           {connect.StopBulkRequest{By: boss, BulkID: bulk()}},
		"SurrenderUnclaimed": {connect.SurrenderRequest{By: legal, DormancyID: unclaimed[1], Bank: bank, Document: "d"}},

		"GrantCredit":   {connect.GrantRequest{BuyerID: "b", Amount: usd(10), Reason: "sorry"}},
		"RevokeCredit":  {connect.RevokeRequest{GrantID: grant.ID, Amount: usd(10)}},
		"IssueVoucher":  {connect.VoucherRequest{Amount: usd(10)}},
		"CancelVoucher": {connect.CancelVoucherRequest{VoucherID: voucher.ID}},
		"Pay":           {connect.PayRequest{Charge: charge, Others: []connect.SourcePart{{Source: connect.TestCardGB, Amount: usd(400)}}}},

		"ReportEvent":    {connect.EventRequest{ChargeID: held()}},
		"OpenComplaint":  {connect.ComplaintRequest{ChargeID: held(), Reason: "broken"}},
		"CloseComplaint": {connect.CloseComplaintRequest{ChargeID: complained, Then: connect.HoldReleases}},
		"ChangeHold":     {connect.HoldChange{ChargeID: held(), ReleaseAt: m.Clock.Now().Add(240 * time.Hour)}},
		"Release":        {connect.ReleaseRequest{ChargeID: held(), Amount: usd(10)}},
		"ReleaseGroup":   {connect.GroupRequest{TransferGroup: group("g1")}},
		"RefundGroup":    {connect.GroupRequest{TransferGroup: group("g2")}},

		"CreateMandate":   {achMandate("", payout.TestAccount)},
		"ActivateMandate": {connect.ActivateMandateRequest{MandateID: mandate(func(r *connect.MandateRequest) { r.Signature = connect.MandateSignature{} }), Signature: signature}},
		"SuspendMandate":  {connect.MandateStepRequest{MandateID: mandate(plain), Reason: "asked"}},
		"ResumeMandate":   {connect.MandateStepRequest{MandateID: suspended, Reason: "asked"}},
		"CancelMandate":   {connect.MandateStepRequest{MandateID: mandate(plain), Reason: "asked"}},
		"AmendMandate":    {connect.AmendMandateRequest{MandateID: mandate(plain), Name: "Other"}},
		"Represent":       {connect.RepresentRequest{ChargeID: back.ID}},

		"SetLimit":      {connect.SetLimitRequest{Name: "l", Each: true, Count: 100, Window: connect.LimitRolling, Days: 7}, connect.SetLimitRequest{Name: "l", AccountID: a, Amount: usd(99_000)}},
		"EndLimit":      {connect.EndLimitRequest{LimitID: m.limit(connect.SetLimitRequest{Name: "gone", Count: 100}).ID}},
		"ApproveReview": {connect.DecideReviewRequest{ReviewID: m.looked(a).Review, By: boss}},
		"RefuseReview":  {connect.DecideReviewRequest{ReviewID: m.looked(a).Review, By: boss, Reason: "r"}},

		"CreateKey":  {connect.KeyRequest{Kind: connect.KeySecret, Name: "n"}, connect.KeyRequest{Kind: connect.KeyRestricted, Permissions: map[connect.Group]connect.Access{connect.GroupCharges: connect.AccessRead}}},
		"RollKey":    {connect.RollKeyRequest{KeyID: m.apiKey(connect.KeySecret, nil).ID, Overlap: time.Hour}},
		"RevokeKey":  {connect.RevokeKeyRequest{KeyID: m.apiKey(connect.KeySecret, nil).ID}},
		"Disconnect": {connect.DisconnectRequest{AccountID: m.connected(connect.ScopeReadOnly)}},

		"CreateReceiver": {connect.ReceiverRequest{Amount: usd(2000), RefundTo: buyer}},
		"ApplyCoins":     {connect.ApplyRequest{ReceiverID: late.ID}},
		"ReturnCoins":    {connect.ReturnRequest{ReceiverID: later.ID, Address: buyer}},
		"RefundCoins":    {connect.CoinRefundRequest{ChargeID: paid, Amount: usd(500), Address: buyer}},
	}
}

// keyed is a request under a key.
func keyed(request any, key string) reflect.Value {
	r := reflect.New(reflect.TypeOf(request)).Elem()
	r.Set(reflect.ValueOf(request))
	r.FieldByName("Key").SetString(key)
	return r
}

// Every verb works on a store, in a host's transaction and in a preview, which leaves
// no trace (edge case 94); its key returns what it made, marked as a replay, and is none
// for another verb (promises 21 and 22); and what it changed is told (promise 56). A verb
// that is added has to stand here.
func TestEveryVerb(t *testing.T) {
	m, _ := ruled(t, looks)
	requests := m.requests()
	var listed []string
	for verb := range requests {
		listed = append(listed, verb)
	}
	require.ElementsMatch(t, verbs(), listed)
	for _, verb := range verbs() {
		for i, request := range requests[verb] {
			what := fmt.Sprint(verb, " ", i)
			r := keyed(request, what[len(verb)+1:]+"-"+verb)
			before := snapshot(t, m.Store())
			_, err := call(m.ctx, m.platform.Preview(), verb, r)
			require.NoError(t, err, what)
			require.Equal(t, before, snapshot(t, m.Store()), "%s in a preview", what)

			copied := ledger.Overlay(m.Store())
			m.twice(m.platform.In(copied), what, verb, r)
			require.Equal(t, before, snapshot(t, m.Store()), "%s that was rolled back", what)

			seen := len(m.events(m.Store()))
			id := m.twice(m.platform, what, verb, r)
			told := m.events(m.Store())[seen:]
			if verb == "Release" { // is told of its share
				id = "held_" + r.FieldByName("ChargeID").String()
			}
			require.True(t, slices.ContainsFunc(told, func(e ledger.Event) bool { return e.Object.ID == id }), "%s is not told: %v", what, told)
		}
	}
	m.pass(time.Hour)
	m.verify()
}

// twice calls a verb twice, and another under its key, and returns the id of what it
// made or changed.
func (m *market) twice(p *connect.Platform, what, verb string, r reflect.Value) string {
	m.t.Helper()
	first, err := call(m.ctx, p, verb, r)
	require.NoError(m.t, err, what)
	again, err := call(m.ctx, p, verb, r)
	require.NoError(m.t, err, what)
	value := func(v reflect.Value, field string) any { return v.Elem().FieldByName(field).Interface() }
	require.Equal(m.t, []any{false, true}, []any{value(first, "Replayed"), value(again, "Replayed")}, what)
	require.Equal(m.t, value(first, "ID"), value(again, "ID"), what)
	key := r.FieldByName("Key").String()
	if verb == "RecordTopUp" {
		_, err = p.CreateCustomer(m.ctx, connect.CustomerRequest{Key: key})
	} else {
		_, err = p.RecordTopUp(m.ctx, connect.TopUpRequest{Key: key, Amount: usd(1)})
	}
	requireCode(m.t, err, ledger.Exists, "idempotency_mismatch")
	return value(first, "ID").(string)
}

// events are all events of a store.
func (m *market) events(s ledger.Store) (list []ledger.Event) {
	m.t.Helper()
	require.NoError(m.t, s.Read(m.ctx, func(v ledger.View) error {
		for after := ledger.Cursor(""); ; {
			page, next, err := v.Events(after, "", ledger.MaxPage)
			if err != nil || len(page) == 0 {
				return err
			}
			list, after = append(list, page...), next
		}
	}))
	return list
}
