package vault_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
	"github.com/soukhq/souk/payout"
	"github.com/soukhq/souk/payout/bank"
)

// bankRail is a rail that has to know account numbers: what it is handed are the vault's
// references, which it opens before it hands them to its bank.
type bankRail struct {
	*payout.Simulator
	open sealed.Detokeniser

	mu   sync.Mutex
	paid []string // the account numbers that the bank was given
}

func (r *bankRail) Submit(ctx context.Context, batch []payout.Instruction) ([]payout.Ack, error) {
	tokens := make([]string, len(batch))
	for i, in := range batch {
		tokens[i] = in.Destination.Token
	}
	opened, err := r.open.Detokenise(ctx, sealed.Request{Tokens: tokens, Purpose: "payout " + batch[0].Key})
	if err != nil {
		return nil, err
	}
	acks := make([]payout.Ack, len(batch))
	for i, in := range batch {
		o := opened[i]
		if errors.Is(o.Err, ledger.NotFound) || errors.Is(o.Err, ledger.State) {
			acks[i] = payout.Ack{Key: in.Key, Code: "invalid_account_number"}
			continue
		}
		if o.Err != nil {
			return nil, o.Err
		}
		a, err := bank.Rules{Test: true}.ParseAccount(o.Country, o.Currency, o.Fields.Reveal())
		if err != nil {
			return nil, err
		}
		r.mu.Lock()
		r.paid = append(r.paid, a.Bank+" "+a.Number)
		r.mu.Unlock()
		if in.Destination.Token, _, err = payout.TestToken(a.Bank, a.Number); err != nil {
			return nil, err
		}
		list, err := r.Simulator.Submit(ctx, []payout.Instruction{in})
		if err != nil {
			return nil, err
		}
		acks[i] = list[0]
	}
	return acks, nil
}

// shop is a marketplace with a vault: in the engine's store, or on one of its own.
type shop struct {
	*connecttest.Marketplace
	t        testing.TB
	ctx      context.Context
	vault    *vault.Vault
	rail     *bankRail
	platform *connect.Platform
}

func newShop(t testing.TB, store ledger.Store, attached bool) *shop {
	t.Helper()
	s := &shop{t: t, ctx: t.Context()}
	clock := connecttest.NewClock(connecttest.Start)
	own := store
	if !attached {
		own = ledger.NewMemory()
	}
	var err error
	s.vault, err = vault.New(vault.Config{
		Store: own, Env: ledger.Env{Now: func() time.Time { return s.now(clock) }}, Wrapper: masters(t, "k1", "k1"), Index: index(t, "i1"),
	})
	require.NoError(t, err)
	s.rail = &bankRail{Simulator: payout.NewSimulator(payout.SimulatorConfig{Now: func() time.Time { return s.now(clock) }})}
	s.rail.open, err = s.vault.Detokeniser("rail bank", vault.Bank)
	require.NoError(t, err)
	s.Marketplace, err = connecttest.New(connecttest.Config{Config: connect.Config{Store: store, Rail: s.rail}})
	require.NoError(t, err)
	if attached {
		require.NoError(t, s.Attach(s.vault.Part()))
	}
	s.platform, err = s.Register(s.ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	require.NoError(t, err)
	return s
}

// now is the time of the marketplace, once there is one.
func (s *shop) now(before *connecttest.Clock) time.Time {
	if s.Marketplace == nil {
		return before.Now()
	}
	return s.Clock.Now()
}

// seller creates an account with details that were typed into the vault.
func (s *shop) seller(key, number string) (*connect.Account, *vault.Reference) {
	s.t.Helper()
	tok, err := s.vault.Tokenise(s.ctx, vault.TokeniseRequest{
		Platform: s.platform.ID(), Account: key, Kind: vault.Bank, Country: "US", Currency: ledger.USD,
		Fields: sealed.NewClear(map[string]string{"routing_number": "110000000", "account_number": number, "account_holder_name": holder}),
	})
	require.NoError(s.t, err)
	ref, err := s.vault.Use(s.ctx, vault.UseRequest{Key: key, Platform: s.platform.ID(), Token: tok.Token, Account: key})
	require.NoError(s.t, err)
	request, details := connecttest.Seller("US"), ref.BankDetails()
	request.Key, request.Bank = key, &details
	a, err := s.platform.CreateAccount(s.ctx, request)
	require.NoError(s.t, err)
	require.Equal(s.t, number[len(number)-4:], a.Banks[0].Last4)
	return a, ref
}

func (s *shop) pay(a *connect.Account, key string) *payout.Payout {
	s.t.Helper()
	_, err := s.platform.Charge(s.ctx, connect.ChargeRequest{Key: "charge-" + key, Amount: ledger.Minor(10_000, ledger.USD), AccountID: a.ID, Source: connect.TestCardAtOnce})
	require.NoError(s.t, err)
	p, err := s.platform.Payout(s.ctx, connect.PayoutRequest{Key: key, AccountID: a.ID, Amount: ledger.Minor(5_000, ledger.USD)})
	require.NoError(s.t, err)
	require.NoError(s.t, s.Pass(s.ctx, 4*24*time.Hour))
	p, err = s.platform.GetPayout(s.ctx, p.ID)
	require.NoError(s.t, err)
	return p
}

// From the token to the bank: an account holds the vault's reference, and the rail alone
// learns the number, in the engine's store or with a vault that stands by itself.
func TestFromATokenToTheBank(t *testing.T) {
	for name, attached := range map[string]bool{"attached": true, "by itself": false} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, ledger.NewMemory(), attached)
			good, _ := s.seller("good", "000123456789")
			closed, _ := s.seller("closed", "000111111113")
			require.Equal(t, payout.Paid, s.pay(good, "p1").Status)
			failed := s.pay(closed, "p2")
			require.Equal(t, []any{payout.Failed, "account_closed"}, []any{failed.Status, failed.Code})
			require.Equal(t, []string{"110000000 000123456789", "110000000 000111111113"}, s.rail.paid)
			verify(t, s)
		})
	}
}

// An erased person is not paid, and the books still add up (promise 69).
func TestTheBooksOutliveAnErasure(t *testing.T) {
	s := newShop(t, ledger.NewMemory(), true)
	a, ref := s.seller("gone", "000123456789")
	require.Equal(t, payout.Paid, s.pay(a, "p1").Status)
	_, err := s.vault.Erase(s.ctx, vault.EraseRequest{Platform: s.platform.ID(), Account: "gone"})
	require.NoError(t, err)
	tombstone, err := s.vault.Reference(s.ctx, s.platform.ID(), ref.ID)
	require.NoError(t, err)
	require.Equal(t, []any{vault.Erased, "", ""}, []any{tombstone.Status, tombstone.Last4, tombstone.Bank})
	failed := s.pay(a, "p2")
	require.Equal(t, []any{payout.Failed, "invalid_account_number"}, []any{failed.Status, failed.Code})
	require.Len(t, s.rail.paid, 1)
	verify(t, s)
}

// What nobody used is forgotten by the engine's Drain, and in one transaction with the
// account the token stands or falls with it.
func TestAVaultIsPartOfTheEngine(t *testing.T) {
	s := newShop(t, ledger.NewMemory(), true)
	r := german("")
	r.Platform = s.platform.ID()
	tok, err := s.vault.Tokenise(s.ctx, r)
	require.NoError(t, err)
	preview := ledger.Overlay(s.Store())
	use := vault.UseRequest{Key: "u", Platform: r.Platform, Token: tok.Token, Account: "acct_1"}
	ref, err := s.vault.In(preview).Use(s.ctx, use) // edge case 94
	require.NoError(t, err)
	require.Equal(t, vault.Used, ref.Status)
	left, err := s.vault.References(s.ctx, r.Platform, "acct_1")
	require.NoError(t, err)
	require.Empty(t, left, "a preview leaves no trace")
	require.NoError(t, s.Pass(s.ctx, time.Hour))
	ref, err = s.vault.Reference(s.ctx, r.Platform, ref.ID)
	require.NoError(t, err)
	require.Equal(t, vault.Expired, ref.Status)
	_, err = s.vault.Use(s.ctx, use)
	requireCode(t, err, ledger.State, "token_expired")
	verify(t, s)
}

func verify(t testing.TB, s *shop) {
	t.Helper()
	report, err := s.Verify(s.ctx)
	require.NoError(t, err)
	require.Empty(t, report.Differences)
}
