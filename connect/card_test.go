package connect_test

import (
	"context"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// What looks like a card's number is found in any text, and little else is.
func TestHoldsCard(t *testing.T) {
	for text, want := range map[string]bool{
		"4242424242424242": true, "4242 4242 4242 4242": true, "4242-4242-4242-4242": true, "card 5555555555554444.": true,
		"378282246310005": true, "6011111111111117": true, "3530111333300000": true, "2223003122003222": true, "30569309025904": true,
		"a4242424242424242b": true, "1 4242424242424243": false,
		"4242424242424243": false, "4242  4242  4242  4242": false, "4242/4242/4242/4242": false, "order 100000000000007": false,
		"+49 30 1234567": false, "2026-03-02 12:00": false, "": false, "0000000000000000": false, "42424242424242424242424242": false,
	} {
		require.Equal(t, want, connect.HoldsCard(text), text)
	}
}

// No stored struct has a field for a card's number or its security code
// (promise 68): whatever is added later is looked at, too.
func TestNothingStoredIsACard(t *testing.T) {
	bad := regexp.MustCompile(`(?i)^(card|pan|cvc|cvv|cvv2|cid|csc|securitycode|number|cardnumber|track[12]?|pin)$`)
	// What is known of a card, each of its fields looked at, and what its issuer said of
	// the code: "pass". Nothing else is kept there.
	spared := map[string]bool{"Payment.Card": true, "Checks.CVC": true}
	seen := map[reflect.Type]bool{}
	var look func(path string, of reflect.Type)
	look = func(path string, of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || seen[of] || !strings.Contains(of.PkgPath(), "souk") {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			f := of.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if spared[of.Name()+"."+f.Name] {
				look(path+"."+f.Name, f.Type)
				continue
			}
			require.False(t, bad.MatchString(f.Name) || bad.MatchString(name), "%s.%s looks like a part of a card", path, f.Name)
			look(path+"."+f.Name, f.Type)
		}
	}
	kinds := map[string]bool{}
	for name, of := range connect.Stored() {
		kinds[name] = true
		look(name, of)
	}
	for _, k := range connect.Kinds() {
		require.True(t, kinds[k.Name], "nobody looks into %s", k.Name)
	}
	require.Greater(t, len(seen), 20)
}

// Test cards work in test mode only: where money is real their tokens are refused
// before anything is written, and a simulator is no part of it (promise 67).
func TestTestCardsAreNotReal(t *testing.T) {
	ctx := context.Background()
	rates, err := fx.ExampleRates()
	require.NoError(t, err)
	engine, err := connect.New(connect.Config{
		Live: true, Store: struct{ ledger.Store }{ledger.NewMemory()}, Acquirer: real{}, Rail: struct{ payout.Rail }{payout.NewSimulator(payout.SimulatorConfig{})},
		Rates: struct{ fx.RateProvider }{rates},
	})
	require.NoError(t, err)
	p, err := engine.Register(ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	k, err := p.CreateCustomer(ctx, connect.CustomerRequest{Key: "k"})
	require.NoError(t, err)
	before := snapshot(t, engine.Store())
	for _, token := range []string{connect.TestCard, connect.TestDeclined, connect.TestAlwaysAsk, "pm_src_1/" + connect.TestCard} {
		_, err := p.Charge(ctx, connect.ChargeRequest{Key: "c", Amount: usd(1000), Source: token})
		requireCode(t, err, ledger.Invalid, "test_source")
		_, err = p.SaveSource(ctx, connect.SaveSourceRequest{Key: "s", CustomerID: k.ID, Source: token, Agreement: agreed})
		requireCode(t, err, ledger.Invalid, "test_source")
	}
	require.Equal(t, before, snapshot(t, engine.Store()))
}

// Free text of any verb that holds a card's number is refused, naming the field and
// never repeating it, and nothing is written (promise 68).
func TestNoCardInFreeText(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c, auth := m.charge(a.ID, 1000, 100, connect.TestCard), m.authorize(a.ID, 1000, 100, connect.TestCard)
	const card = "call 4242 4242 4242 4242"
	meta := map[string]string{"note": card}
	charge := func(change func(r *connect.ChargeRequest)) func() error {
		return func() error {
			r := connect.ChargeRequest{Key: "c", Amount: usd(1000), AccountID: a.ID, Source: connect.TestCard}
			change(&r)
			_, err := m.platform.Charge(m.ctx, r)
			return err
		}
	}
	for name, try := range map[string]struct {
		field string
		do    func() error
	}{
		"description": {"description", charge(func(r *connect.ChargeRequest) { r.Description = card })},
		"metadata":    {"metadata", charge(func(r *connect.ChargeRequest) { r.Metadata = meta })},
		"descriptor":  {"descriptor", charge(func(r *connect.ChargeRequest) { r.Descriptor = "A 4242424242424242" })},
		"in a market": {"descriptor", charge(func(r *connect.ChargeRequest) { r.Descriptor, r.BuyerCountry = "A 4242424242424242", "US" })},
		"the agreement": {"initiation", charge(func(r *connect.ChargeRequest) {
			r.Initiation = connect.Initiation{By: connect.Recurring, Agreement: connect.BuyerAgreement{Text: card, At: agreed.At}}
		})},
		"account": {"metadata", func() error {
			r := connecttest.Seller("DE")
			r.Metadata = meta
			_, err := m.platform.CreateAccount(m.ctx, r)
			return err
		}},
		"refund": {"metadata", func() error {
			_, err := m.platform.Refund(m.ctx, connect.RefundRequest{Key: "r", ChargeID: c.ID, Metadata: meta})
			return err
		}},
		"capture": {"metadata", func() error {
			_, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: "k", ChargeID: auth.ID, Metadata: meta})
			return err
		}},
		"cancel": {"metadata", func() error {
			_, err := m.platform.Cancel(m.ctx, connect.CancelRequest{Key: "x", ChargeID: auth.ID, Metadata: meta})
			return err
		}},
		"payout": {"metadata", func() error {
			_, err := m.platform.Payout(m.ctx, connect.PayoutRequest{Key: "p", AccountID: a.ID, Metadata: meta})
			return err
		}},
		"transfer": {"description", func() error {
			_, err := m.platform.Transfer(m.ctx, connect.TransferRequest{Key: "t", To: a.ID, Amount: usd(1), Description: card})
			return err
		}},
		"grant": {"metadata", func() error {
			_, err := m.platform.GrantCredit(m.ctx, connect.GrantRequest{Key: "g", BuyerID: "b", Amount: usd(1), Metadata: meta})
			return err
		}},
		"voucher": {"metadata", func() error {
			_, err := m.platform.IssueVoucher(m.ctx, connect.VoucherRequest{Key: "v", Amount: usd(1), Metadata: meta})
			return err
		}},
		"update": {"metadata", func() error {
			_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: "u", Metadata: meta})
			return err
		}},
	} {
		before := snapshot(t, m.Store())
		err := try.do()
		var e *ledger.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, "card_number "+try.field, e.Code+" "+e.Field, name)
		require.NotContains(t, err.Error(), "4242", name)
		require.Equal(t, before, snapshot(t, m.Store()), name)
	}
}
