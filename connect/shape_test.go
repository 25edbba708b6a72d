package connect_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// Who pays for processing and bears losses is fixed on the account; a charge keeps
// whom it was, and takes the descriptor of whose own it is.
func TestWhoseOwnAChargeIs(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) {
		r.FeesPayer, r.LossesBearer, r.Descriptor = connect.PartyPlatform, connect.PartyHouse, "ANNA SHOP"
	})
	plain := m.seller()
	require.Equal(t, []connect.Party{connect.PartyPlatform, connect.PartyHouse}, []connect.Party{a.FeesPayer, a.LossesBearer})
	require.Equal(t, []connect.Party{connect.PartyAccount, connect.PartyPlatform}, []connect.Party{plain.FeesPayer, plain.LossesBearer})

	direct, err := m.try(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID, Direct: true})
	require.NoError(t, err)
	require.Equal(t, connect.PartyPlatform, direct.FeesPayer)
	require.Equal(t, "ANNA SHOP", direct.Descriptor)
	own, err := m.try(connect.ChargeRequest{Amount: usd(1000), AccountID: a.ID})
	require.NoError(t, err)
	require.Empty(t, own.Descriptor, "it is the platform's")
	behalf, err := m.try(connect.ChargeRequest{Amount: usd(1000), OnBehalfOf: a.ID, Descriptor: "STATED"})
	require.NoError(t, err)
	require.Equal(t, "STATED", behalf.Descriptor)

	_, err = m.platform.UpdateAccount(m.ctx, connect.AccountUpdate{Key: "u", AccountID: a.ID, Descriptor: "ANNA AND SON"})
	require.NoError(t, err)
	behalf, err = m.try(connect.ChargeRequest{Amount: usd(1000), OnBehalfOf: a.ID})
	require.NoError(t, err)
	require.Equal(t, "ANNA AND SON", behalf.Descriptor, "as it is now, though another was remembered")
	m.verify()
}

// Requests that use nothing of the shapes are the requests that they were: their
// keys replay.
func TestPlainRequestsHashAsBefore(t *testing.T) {
	for _, r := range []struct {
		verb, want string
		request    any
	}{
		{"charge", `{"amount":{"amountMinor":1000,"currency":"USD"},"source":"tok","account":"acct_1"}`,
			connect.ChargeRequest{Amount: usd(1000), Source: "tok", AccountID: "acct_1"}},
		{"transfer", `{"from":"acct_1","to":"acct_2","amount":{"amountMinor":1000,"currency":"USD"}}`,
			connect.TransferRequest{From: "acct_1", To: "acct_2", Amount: usd(1000)}},
		{"create account", `{"country":"US"}`, connect.AccountRequest{Country: "US"}},
	} {
		got, err := ledger.HashRequest(r.verb, &r.request)
		require.NoError(t, err)
		want, err := ledger.HashRequest(r.verb, rawJSON(r.want))
		require.NoError(t, err)
		require.Equal(t, want, got, r.verb)
	}
}

type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// However many ask at once under other keys, transfers of a charge stay within it
// and reversals within their transfer (promises 12 and 48, edge-case 57).
func TestRacesForOneCharge(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c, err := m.try(connect.ChargeRequest{Amount: usd(10000)})
	require.NoError(t, err)
	all := func(fn func(key string) error) (done int) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		for range 12 {
			key := m.key()
			wg.Go(func() {
				if err := fn(key); err == nil {
					mu.Lock()
					done++
					mu.Unlock()
				} else {
					require.ErrorIs(t, err, ledger.State)
				}
			})
		}
		wg.Wait()
		return done
	}
	var made atomic.Pointer[connect.Transfer]
	require.Equal(t, 3, all(func(key string) error {
		tr, err := m.platform.Transfer(m.ctx, connect.TransferRequest{Key: key, ChargeID: c.ID, To: a.ID, Amount: usd(3000)})
		if err == nil {
			made.Store(tr)
		}
		return err
	}))
	require.Equal(t, 4, all(func(key string) error {
		_, err := m.platform.ReverseTransfer(m.ctx, connect.ReverseTransferRequest{Key: key, TransferID: made.Load().ID, Amount: usd(700)})
		return err
	}))
	require.Equal(t, usd(9000-2800), m.has(a.ID).Pending)
	m.verify()
}

// Every new verb replays under its key, says so, and moves nothing twice; another
// request under the key is refused (promises 21 and 22).
func TestShapeVerbsReplay(t *testing.T) {
	s := newShapes(t)
	before := snapshot(t, s.Store())
	replayed := func(o any, flag bool, err error) {
		t.Helper()
		require.NoError(t, err, "%T", o)
		require.True(t, flag, "%T", o)
	}
	tr, err := s.platform.Transfer(s.ctx, connect.TransferRequest{Key: "tied", ChargeID: s.own.ID, To: s.seller, Amount: usd(2000)})
	replayed(tr, tr.Replayed, err)
	require.Equal(t, usd(500), tr.Reversed, "as it is now")
	tr, err = s.platform.Transfer(s.ctx, connect.TransferRequest{Key: "eur", To: s.seller, Amount: eur, Currency: ledger.USD})
	replayed(tr, tr.Replayed, err)
	back, err := s.platform.ReverseTransfer(s.ctx, connect.ReverseTransferRequest{Key: "back", TransferID: s.tied.ID, Amount: usd(500)})
	replayed(back, back.Replayed, err)
	agr, err := s.platform.RecordAgreement(s.ctx, connect.AgreementRequest{Key: "agr", AccountID: s.seller, Text: "yes", By: "user-1"})
	replayed(agr, agr.Replayed, err)
	agr, err = s.platform.EndAgreement(s.ctx, connect.EndAgreementRequest{Key: "end", AgreementID: s.ended.ID})
	replayed(agr, agr.Replayed, err)
	tu, err := s.platform.RecordTopUp(s.ctx, connect.TopUpRequest{Key: "tu", Amount: ledger.Minor(1000, ledger.EUR)})
	replayed(tu, tu.Replayed, err)
	_, err = s.platform.ReverseTransfer(s.ctx, connect.ReverseTransferRequest{Key: "back", TransferID: s.tied.ID, Amount: usd(501)})
	requireCode(t, err, ledger.Exists, "idempotency_mismatch")
	require.Equal(t, before, snapshot(t, s.Store()))
}

// A preview of each leaves no trace, and in a host's transaction that rolls back
// there is none either (edge-case 94).
func TestShapePreviews(t *testing.T) {
	s := newShapes(t)
	before := snapshot(t, s.Store())
	for name, p := range map[string]*connect.Platform{"preview": s.platform.Preview(), "joined": s.platform.In(ledger.Overlay(s.Store()))} {
		_, err := p.Charge(s.ctx, connect.ChargeRequest{Key: "k1", Amount: usd(1000), AccountID: s.seller, Direct: true, ApplicationFee: usd(123), Source: connect.TestCard})
		require.NoError(t, err, name)
		tr, err := p.Transfer(s.ctx, connect.TransferRequest{Key: "k2", ChargeID: s.own.ID, To: s.seller, Amount: usd(100), Currency: ledger.EUR})
		require.NoError(t, err, name)
		back, err := p.ReverseTransfer(s.ctx, connect.ReverseTransferRequest{Key: "k3", TransferID: tr.ID})
		require.NoError(t, err, name)
		require.Equal(t, tr.Received, back.Taken, name)
		_, err = p.Transfer(s.ctx, connect.TransferRequest{Key: "k4", From: s.seller, To: p.ID(), Amount: usd(100), AgreementID: s.agreement.ID})
		require.NoError(t, err, name)
		_, err = p.ReverseTopUp(s.ctx, connect.ReverseTopUpRequest{Key: "k5", TopUpID: s.topUp.ID})
		require.NoError(t, err, name)
		require.Equal(t, before, snapshot(t, s.Store()), name)
	}
}

// Lists find transfers by their charge and reversals by their transfer, agreements
// by their account.
func TestShapeLists(t *testing.T) {
	s := newShapes(t)
	counts := map[string]int{}
	count := func(what string) func(error) {
		return func(err error) {
			require.NoError(t, err)
			counts[what]++
		}
	}
	for _, err := range s.platform.Transfers(s.ctx, connect.ListRequest{ChargeID: s.own.ID}) {
		count("transfers of the charge")(err)
	}
	for _, of := range []connect.ListRequest{{}, {AccountID: s.seller}, {AccountID: s.platform.ID()}, {TransferID: s.tied.ID}} {
		for _, err := range s.platform.TransferReversals(s.ctx, of) {
			count("reversals")(err)
		}
	}
	for _, err := range s.platform.TransferReversals(s.ctx, connect.ListRequest{TransferID: s.converted.ID}) {
		count("reversals of the other")(err)
	}
	for _, err := range s.platform.Agreements(s.ctx, connect.ListRequest{AccountID: s.seller}) {
		count("agreements")(err)
	}
	for _, err := range s.platform.TopUps(s.ctx, connect.ListRequest{}) {
		count("top-ups")(err)
	}
	require.Equal(t, map[string]int{"transfers of the charge": 1, "reversals": 4, "agreements": 2, "top-ups": 1}, counts)
}

// No call can name another platform's transfer, reversal, agreement or top-up, nor
// charge on behalf of its seller (promise 65).
func TestForeignShapesAreUnknown(t *testing.T) {
	s := newShapes(t)
	other, err := s.Register(s.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	own, err := other.CreateAccount(s.ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	back, err := s.platform.ListTransferReversals(s.ctx, connect.ListRequest{})
	require.NoError(t, err)
	stranger := s.market.seller()
	before := snapshot(t, s.Store())
	try := func(_ any, err error) {
		t.Helper()
		requireCode(t, err, ledger.NotFound, "not_found")
	}
	try(other.ReverseTransfer(s.ctx, connect.ReverseTransferRequest{Key: "k", TransferID: s.tied.ID}))
	try(other.ReverseTransfer(s.ctx, connect.ReverseTransferRequest{Key: "k", TransferID: s.converted.ID}))
	try(other.Transfer(s.ctx, connect.TransferRequest{Key: "k", ChargeID: s.own.ID, To: own.ID, Amount: usd(1)}))
	try(other.Transfer(s.ctx, connect.TransferRequest{Key: "k", From: own.ID, To: other.ID(), AgreementID: s.agreement.ID, Amount: usd(1)}))
	try(other.RecordAgreement(s.ctx, connect.AgreementRequest{Key: "k", AccountID: s.seller, Text: "yes", By: "x"}))
	try(other.EndAgreement(s.ctx, connect.EndAgreementRequest{Key: "k", AgreementID: s.agreement.ID}))
	try(other.ReverseTopUp(s.ctx, connect.ReverseTopUpRequest{Key: "k", TopUpID: s.topUp.ID}))
	try(other.Charge(s.ctx, connect.ChargeRequest{Key: "k", Amount: usd(1000), OnBehalfOf: s.seller, Source: connect.TestCard}))
	try(other.Charge(s.ctx, connect.ChargeRequest{Key: "k", Amount: usd(1000), AccountID: s.seller, Direct: true, Source: connect.TestCard}))
	try(other.GetTransferReversal(s.ctx, back.Items[0].ID))
	try(other.GetAgreement(s.ctx, s.agreement.ID))
	try(other.GetTopUp(s.ctx, s.topUp.ID))
	try(other.ListTransferReversals(s.ctx, connect.ListRequest{TransferID: s.tied.ID}))
	try(other.ListTransfers(s.ctx, connect.ListRequest{ChargeID: s.own.ID}))
	try(other.ListAgreements(s.ctx, connect.ListRequest{AccountID: s.seller}))
	_, err = s.platform.Transfer(s.ctx, connect.TransferRequest{
		Key: "k", From: stranger.ID, To: s.platform.ID(), AgreementID: s.agreement.ID, Amount: usd(1),
	})
	requireField(t, "not_found", "agreement", err) // another seller's consent
	require.Equal(t, before, snapshot(t, s.Store()))
}

// abroad is an acquirer whose cards are all from abroad, which only their answers
// tell.
type abroad struct {
	connect.Acquirer
	atOnce bool
}

func (a abroad) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	answer, err := a.Acquirer.Authorize(ctx, key, o)
	answer.Country, answer.AtOnce = "FR", a.atOnce
	return answer, err
}

// A card from abroad may cost more than was to be expected: the direct charge
// stands, and leaves the seller less than nothing rather than failing.
func TestDirectChargeThatCostMore(t *testing.T) {
	for _, atOnce := range []bool{false, true} {
		prices := pricing.Default()
		prices.Rules = []pricing.Rule{{Name: "cards", Price: pricing.Price{Percent: decimal.New(29, -1), CrossBorder: decimal.New(15, -1)}}}
		clock := connecttest.NewClock(connecttest.Start)
		cards := abroad{connect.NewSimulator(connect.SimulatorConfig{Now: clock.Now}), atOnce}
		engine, p := platformOn(t, connect.Config{Acquirer: cards, Prices: prices, Now: clock.Now})
		a, err := p.CreateAccount(t.Context(), connecttest.Seller("US"))
		require.NoError(t, err)
		r := connect.ChargeRequest{Key: "k", Amount: usd(1000), AccountID: a.ID, Direct: true, ApplicationFee: usd(972), Source: connect.TestCard}
		_, err = p.Charge(t.Context(), r)
		requireField(t, "fee_exceeds_amount", "applicationFee", err)
		r.ApplicationFee = usd(971) // 29 for processing, as far as one knows
		c, err := p.Charge(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, connect.ChargeSucceeded, c.Status)
		b, err := p.Balance(t.Context(), a.ID)
		require.NoError(t, err)
		require.Equal(t, usd(-15), b.In(ledger.USD).Pending)
		clock.Advance(10 * 24 * time.Hour)
		_, err = engine.Drain(t.Context())
		require.NoError(t, err)
		b, err = p.Balance(t.Context(), a.ID)
		require.NoError(t, err)
		require.Equal(t, usd(-15), b.In(ledger.USD).Available)
		report, err := engine.Verify(t.Context())
		require.NoError(t, err)
		require.NoError(t, report.Err())
	}
}

// Verify finds transfers that exceed their charge, reversals that exceed their
// transfer, and whatever was forgotten of them (edge-case 101, identity 4).
func TestVerifyFindsChangedTransfers(t *testing.T) {
	s := newShapes(t)
	store := &forger{Store: s.Store(), forge: func(*ledger.Object) {}}
	engine, err := connect.New(connect.Config{Store: store, Now: s.Clock.Now})
	require.NoError(t, err)
	amount := func(minor int64) map[string]any { return map[string]any{"amountMinor": minor, "currency": "USD"} }
	for name, f := range map[string]struct {
		id    string
		forge func(map[string]any)
		says  string
	}{
		"a charge that forgot its transfers":    {s.own.ID, func(o map[string]any) { delete(o, "transferred") }, "as transferred"},
		"a charge smaller than its transfers":   {s.own.ID, func(o map[string]any) { o["amount"] = amount(1999) }, "as transferred"},
		"a charge of a seller":                  {s.own.ID, func(o map[string]any) { o["account"] = s.seller }, "as transferred"},
		"a direct charge":                       {s.charge.ID, func(o map[string]any) { o["direct"] = true }, "balance"},
		"a charge of which the seller got less": {s.charge.ID, func(o map[string]any) { o["transferAmount"] = amount(9000) }, "balance"},
		"a transfer of another charge":          {s.tied.ID, func(o map[string]any) { o["charge"] = "ch_other" }, "has transfers and is not there"},
		"a transfer that forgot its reversal":   {s.tied.ID, func(o map[string]any) { delete(o, "reversed") }, "as reversed"},
		"a transfer smaller than its reversal":  {s.tied.ID, func(o map[string]any) { o["amount"] = amount(499) }, "as reversed"},
		"a transfer that brought more":          {s.converted.ID, func(o map[string]any) { o["received"] = amount(1) }, "balance"},
		"a reversal of another transfer":        {"trr_", func(o map[string]any) { o["transfer"] = "tr_other" }, "has reversals and is not there"},
		"a reversal of more":                    {"trr_", func(o map[string]any) { o["amount"] = amount(501) }, "balance"},
		"a top-up that was reversed":            {s.topUp.ID, func(o map[string]any) { o["status"] = "reversed" }, "bank_clearing"},
	} {
		store.forge = func(o *ledger.Object) {
			if strings.HasPrefix(o.ID.ID, f.id) {
				var data map[string]any
				require.NoError(t, json.Unmarshal(o.Data, &data))
				f.forge(data)
				o.Data, _ = json.Marshal(data)
			}
		}
		r, err := engine.Verify(s.ctx)
		require.NoError(t, err, name)
		text := ""
		for _, d := range r.Differences {
			text += d.String() + "\n"
		}
		require.Contains(t, text, f.says, name)
	}
	store.forge = func(*ledger.Object) {}
	s.verify()
}
