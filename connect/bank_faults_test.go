package connect_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// bankDay is some days on which bank details change and are paid, each step under its key.
func (w *world) bankDay(t *testing.T) {
	defer survived()
	ctx := context.Background()
	eng := w.engine(t)
	p, err := eng.Register(ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	if err != nil {
		return
	}
	r := connecttest.Seller("US")
	r.Email = "a@example.com"
	a, err := p.CreateAccount(ctx, r)
	if err != nil {
		return
	}
	_, _ = p.Charge(ctx, connect.ChargeRequest{Key: "sale", Amount: usd(5000), AccountID: a.ID, Source: connect.TestCardAtOnce})
	_, _ = p.Payout(ctx, connect.PayoutRequest{Key: "before", AccountID: a.ID, Amount: usd(100)})
	own, err := p.AddBank(ctx, connect.AddBankRequest{Key: "own", AccountID: a.ID, Bank: details(payout.TestAccount), Default: true})
	if err != nil {
		return
	}
	if x, err := p.DeleteBank(ctx, connect.DeleteBankRequest{Key: "old", By: clerk, AccountID: a.ID, BankID: a.Banks[0].ID}); err == nil {
		_, _ = p.ApproveProposal(ctx, connect.ApproveProposalRequest{Key: "old yes", ProposalID: x.Signed.Proposal, By: chief})
	}
	if x, err := p.StartBankCheck(ctx, connect.BankCheckRequest{Key: "check", AccountID: a.ID, BankID: own.Bank.ID}); err == nil {
		_ = p.Finish(ctx, x.ID)
		_, _ = p.ConfirmBankCheck(ctx, connect.ConfirmBankCheckRequest{Key: "amounts", BankCheckID: x.ID, Amounts: [2]int64{32, 45}})
	}
	_, _ = p.RejectAccount(ctx, connect.RejectAccountRequest{Key: "no", By: legal, AccountID: a.ID, Reason: connect.RejectOther})
	_, _ = p.UnrejectAccount(ctx, connect.UnrejectAccountRequest{Key: "yes", By: legal, AccountID: a.ID})
	w.once(eng, 4*24*time.Hour)
	_, _ = p.Payout(ctx, connect.PayoutRequest{Key: "after", AccountID: a.ID, Amount: usd(700)})
	w.once(eng, 4*24*time.Hour)
}

// Whatever fails between any two steps, the same keys bring bank details, what was found out
// about them and what is paid to them to the same end (promises 24, 26 and 35, edge case 95).
func TestFaultsOfBanks(t *testing.T) {
	t.Parallel()
	want := whateverFails(t, func(w *world) { w.bankDay(t) }, func(w *world) map[string]string { return w.balances(t) })
	require.Equal(t, "42.00 USD held 0.00", want["acct available"], "50.00 - 1.00 - 7.00")
}

// Two operators' changes that are approved at once, and the seller's own, leave one default
// and nothing half done; payouts on the way keep to where they go.
func TestBanksChangedAtOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	m.charge(a.ID, 10_000, 0, connect.TestCardAtOnce)
	po, err := m.platform.In(m.Store()).Payout(m.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: usd(100)})
	require.NoError(t, err)
	x := m.addBank(a.ID, func(r *connect.AddBankRequest) { r.By, r.Default = clerk, true })
	y := m.addBank(a.ID, func(r *connect.AddBankRequest) { r.By, r.Default = clerk, true })
	_, second := m.second()
	var wait sync.WaitGroup
	for i, do := range []func(p *connect.Platform, key string) error{
		func(p *connect.Platform, key string) error {
			_, err := p.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: key, ProposalID: x.Signed.Proposal, By: chief})
			return err
		},
		func(p *connect.Platform, key string) error {
			_, err := p.ApproveProposal(m.ctx, connect.ApproveProposalRequest{Key: key, ProposalID: y.Signed.Proposal, By: chief})
			return err
		},
		func(p *connect.Platform, key string) error {
			_, err := p.AddBank(m.ctx, connect.AddBankRequest{Key: key, AccountID: a.ID, Bank: details(payout.TestAccount), Default: true})
			return err
		},
	} {
		for _, p := range []*connect.Platform{m.platform, second} {
			wait.Add(1)
			go func() {
				defer wait.Done()
				if err := do(p, fmt.Sprint("k", i)); err != nil {
					t.Error(err)
				}
			}()
		}
	}
	wait.Wait()
	banks := m.account(a.ID).Banks
	require.Len(t, banks, 4)
	require.Equal(t, a.Banks[0].ID, banks[3].ID)
	require.NoError(t, m.platform.Finish(m.ctx, po.ID))
	po, err = m.platform.GetPayout(m.ctx, po.ID)
	require.NoError(t, err)
	require.Equal(t, a.Banks[0].Destination, po.Destination)
	m.verify()
}

// Numbers and holders of bank accounts stand in no error, event, list or object, in no form
// of writing, whatever verb they are given to (edge case 107); those of overseas departments
// are of French accounts (edge case 109).
func TestBankDetailsAreNotKept(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.Country, r.Details, r.Bank = "FR", compliance.Details{}, nil })
	said := ""
	for i, number := range []string{"DE89370400440532013000", "000987654321", "DE89 3704 0044 0532 0130 00"} {
		for j, change := range []func(*connect.AddBankRequest){
			func(r *connect.AddBankRequest) { r.Bank.Token = number },
			func(r *connect.AddBankRequest) { r.Bank.Last4 = number },
			func(r *connect.AddBankRequest) { r.Bank.Fingerprint = number },
			func(r *connect.AddBankRequest) { r.Bank.Country = number },
		} {
			r := connect.AddBankRequest{Key: fmt.Sprint(i, j), AccountID: a.ID, Bank: details(payout.TestAccount), Holder: "Zoe Kanarienvogel"}
			change(&r)
			_, err := m.platform.AddBank(m.ctx, r)
			require.ErrorIs(t, err, ledger.Invalid)
			said += err.Error()
		}
	}
	for i, code := range []string{"GP", "mq", "RE", "GF", "YT"} {
		bank := connect.BankDetails{Token: payout.TestAccount, Country: code, Currency: ledger.EUR}
		x, err := m.platform.AddBank(m.ctx, connect.AddBankRequest{Key: fmt.Sprint("overseas", i), AccountID: a.ID, Bank: bank, Holder: "Zoe Kanarienvogel"})
		require.NoError(t, err)
		require.Equal(t, "FR", x.Bank.Country)
	}
	said += snapshot(t, m.Store())
	for _, canary := range []string{"89370400440532013000", "000987654321", "3704 0044", "Kanarienvogel"} {
		for _, text := range []string{canary, base64.StdEncoding.EncodeToString([]byte(canary)), fmt.Sprintf("%x", canary), strings.ReplaceAll(canary, " ", "%20")} {
			require.NotContains(t, said, text)
		}
	}
}
