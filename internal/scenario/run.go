package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// Run runs a flow on a store that open makes.
func Run(t *testing.T, f Flow, open func(t *testing.T) ledger.Store) {
	r := &runner{t: t, ctx: context.Background(), flow: f, sellers: map[string]string{}, names: map[string]string{}, ids: map[string]string{}, rolling: map[string]bool{}}
	r.store = &recorder{Store: open(t)}
	r.config = connecttest.Config{Config: connect.Config{Store: r.store, Prices: pricing.Default()}}
	for _, s := range f.Steps {
		r.at = fmt.Sprintf("%s:%d: %s %s", f.File, s.Line, s.Verb, s.Args)
		r.step(s)
	}
	require.NotNil(t, r.m, "%s: a flow has a platform", f.Name)
	report, err := r.m.Verify(r.ctx)
	require.NoError(t, err, f.Name)
	require.NoError(t, report.Err(), f.Name)
	trial, err := r.platform.TrialBalance(r.ctx)
	require.NoError(t, err, f.Name)
	require.True(t, trial.IsZero(), "%s: the trial balance is %v", f.Name, trial.Totals)
	r.requireBalances()
	r.requireExplained()
}

type runner struct {
	t        *testing.T
	ctx      context.Context
	flow     Flow
	at       string // of the step, for messages
	config   connecttest.Config
	store    *recorder
	quotes   *quotes
	m        *connecttest.Marketplace
	platform *connect.Platform
	list     pricing.List // the platform's prices so far

	sellers map[string]string // name to account id
	names   map[string]string // and back
	ids     map[string]string // names of charges, refunds, transfers, payouts and the like to ids
	rolling map[string]bool   // the limits that are, by id
	keys    int
}

// quotes are the rates of the moment, which a flow may change.
type quotes struct{ fx.RateProvider }

// recorder keeps the transactions that were committed.
type recorder struct {
	ledger.Store
	posted []ledger.Transaction
}

// Commit implements ledger.Store.
func (r *recorder) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	receipt, err := r.Store.Commit(ctx, c)
	if err == nil && !receipt.Replayed {
		r.posted = append(r.posted, c.Post...)
	}
	return receipt, err
}

// verbs maps the words of a file to what they do. The error is the verb's.
var verbs = map[string]func(*runner, string) error{
	"prices": (*runner).prices, "rates": (*runner).rates, "platform": (*runner).register, "seller": (*runner).seller,
	"dispute": (*runner).dispute, "recover": (*runner).recover,
	"warning": (*runner).warning, "act": (*runner).act, "dismiss": (*runner).dismiss,
	"charge": (*runner).charge, "refund": (*runner).refund, "transfer": (*runner).transfer, "payout": (*runner).payout,
	"reverse": (*runner).reverse, "agreement": (*runner).agreement, "topup": (*runner).topUp,
	"cash": (*runner).cash, "days": (*runner).days, "minutes": (*runner).minutes, "drain": (*runner).drain, "news": (*runner).news,
	"after": (*runner).after, "status": (*runner).status,
	"capture": (*runner).capture, "cancel": (*runner).cancel, "confirm": (*runner).confirm, "buyer": (*runner).buyer, "hear": (*runner).hear,
	"captures": (*runner).captures,
	"customer": (*runner).customer, "save": (*runner).save, "confirm-source": (*runner).confirmSource, "detach": (*runner).detach,
	"increase": (*runner).increase, "elsewhere": (*runner).elsewhere, "told": (*runner).told,
	"release": (*runner).release, "event": (*runner).event, "complaint": (*runner).complaint, "group": (*runner).group, "verify": (*runner).verify,
	"processing": (*runner).processing, "regions": (*runner).regions, "commission": (*runner).commission, "service": (*runner).service,
	"coin": (*runner).coin, "receiver": (*runner).receiver, "pay": (*runner).pay, "mine": (*runner).mine, "reorganise": (*runner).reorganise,
	"replace": (*runner).replace, "apply": (*runner).apply, "return": (*runner).giveBack, "coin-refund": (*runner).coinRefund,
	"mandate": (*runner).mandate, "mandate-step": (*runner).stepMandate, "represent": (*runner).represent, "flag": (*runner).flag,
	"limits": (*runner).limits, "adjust": (*runner).adjust, "undo": (*runner).undo, "approve": (*runner).approve, "refuse": (*runner).refuse,
	"write-off": (*runner).writeOff, "recovery": (*runner).recoverDebt,
	"negative": (*runner).negative, "seller-debit": (*runner).sellerDebit, "plan": (*runner).plan, "end-plan": (*runner).endPlan, "owed": (*runner).owed,
	"dormant": (*runner).dormant, "notice": (*runner).notice, "reclaim": (*runner).reclaim, "surrender": (*runner).surrender,
	"freeze": (*runner).freeze, "unfreeze": (*runner).unfreeze,
	"reserve": (*runner).reserve, "free": (*runner).free,
	"close": (*runner).closeAccount, "stop": (*runner).stop, "waits": (*runner).waits, "pause": (*runner).pause,
	"first-payout": (*runner).firstPayout, "bank": (*runner).bank, "reject": (*runner).reject, "unreject": (*runner).unreject,
	"fee-refund": (*runner).feeRefund, "refused": (*runner).refused, "cancel-refund": (*runner).cancelRefund, "buyer-owed": (*runner).buyerOwed,
	"rule": (*runner).ruleText, "limit": (*runner).limit, "look": (*runner).decide,
	"fee": (*runner).fee, "fee-back": (*runner).feeBack,
	"bulk":  (*runner).bulk,
	"grant": (*runner).grant, "voucher": (*runner).voucher, "split": (*runner).split,
	"modifier": (*runner).modifier, "unpriced": (*runner).unpriced, "line": (*runner).line, "remit": (*runner).remit, "taxnumber": (*runner).taxNumber,
}

func (r *runner) step(s Step) {
	do, ok := verbs[s.Verb]
	require.True(r.t, ok, "%s: there is no such step", r.at)
	r.store.posted = nil
	err := do(r, s.Args)
	if len(s.Want) == 1 && strings.HasPrefix(s.Want[0], "! ") {
		r.expectError(s.Want[0][2:], err)
		return
	}
	require.NoError(r.t, err, r.at)
	if len(s.Want) == 1 && s.Want[0] == "..." {
		return
	}
	got := make([]string, len(r.store.posted))
	for i, tx := range r.store.posted {
		got[i] = r.show(tx)
	}
	if len(s.Want) > 0 && s.Want[0] == "in any order" {
		require.ElementsMatch(r.t, s.Want[1:], got, r.at)
		return
	}
	require.Equal(r.t, s.Want, append([]string(nil), got...), r.at)
}

func (r *runner) expectError(want string, err error) {
	class, code, _ := strings.Cut(want, " ")
	var e *ledger.Error
	require.Error(r.t, err, r.at)
	require.ErrorAs(r.t, err, &e, r.at)
	require.Equal(r.t, class, strings.ReplaceAll(e.Class.String(), " ", "_"), "%s: %v", r.at, err)
	require.Equal(r.t, code, e.Code, "%s: %v", r.at, err)
	require.Empty(r.t, r.store.posted, "%s: an error posts nothing", r.at)
}

// show writes a transaction as the files do.
func (r *runner) show(tx ledger.Transaction) string {
	entries := make([]string, len(tx.Entries))
	for i, e := range tx.Entries {
		entries[i] = fmt.Sprintf("%s %+d", r.account(e.Account), e.Amount.Minor())
		if c := e.Account.Currency; c != ledger.USD {
			entries[i] += " " + c.String()
		}
	}
	return tx.Reason + ": " + strings.Join(entries, ", ")
}

// account writes a ledger account: without its day, acquirer or bank.
func (r *runner) account(a ledger.Ref) string {
	purpose := a.Purpose
	for _, plain := range []string{"pending/", "acquirer/", "bank_clearing/", "wallet/", "disputed/"} {
		if strings.HasPrefix(purpose, plain) {
			purpose = strings.TrimSuffix(plain, "/")
		}
	}
	purpose = r.allowance(purpose)
	switch {
	case a.Owner == ledger.House:
		return purpose
	case r.platform != nil && a.Owner == r.platform.ID():
		return "P." + purpose
	}
	name, ok := r.names[a.Owner]
	require.True(r.t, ok, "%s: an entry of %s, who is nobody here", r.at, a.Owner)
	return name + "." + purpose
}

func (r *runner) key() string {
	r.keys++
	return fmt.Sprintf("key-%d", r.keys)
}

// amount reads "1000 USD".
func (r *runner) amount(minor, currency string) ledger.Money {
	c, err := ledger.ParseCurrency(currency)
	require.NoError(r.t, err, r.at)
	return ledger.Minor(r.number(minor), c)
}

func (r *runner) number(text string) int64 {
	var n int64
	_, err := fmt.Sscanf(text, "%d", &n)
	require.NoError(r.t, err, r.at)
	return n
}

// prices sets what processing costs: "USD 2.9 + 30", "JPY 3.6", "conversion 1".
func (r *runner) prices(args string) error {
	w := strings.Fields(strings.ReplaceAll(args, "+", " "))
	percent, err := decimal.NewFromString(w[1])
	require.NoError(r.t, err, r.at)
	if w[0] == "conversion" {
		r.config.Prices.Conversion = percent
		return nil
	}
	c, err := ledger.ParseCurrency(w[0])
	require.NoError(r.t, err, r.at)
	p := pricing.Price{Percent: percent}
	if len(w) > 2 {
		p.Fixed = ledger.Minor(r.number(w[2]), c)
	}
	r.config.Prices.Charges[c] = p
	return nil
}

// rates sets what one euro is worth: "USD=1.1000 GBP=0.8500". A flow that changes it
// later has set it before its platform.
func (r *runner) rates(args string) error {
	_, opts := options(args)
	list := make(map[ledger.Currency]decimal.Decimal)
	for code, text := range opts {
		c, err := ledger.ParseCurrency(code)
		require.NoError(r.t, err, r.at)
		list[c], err = decimal.NewFromString(text)
		require.NoError(r.t, err, r.at)
	}
	table, err := fx.NewTable(ledger.EUR, connecttest.Start, "scenario", list)
	if r.quotes == nil {
		r.quotes = &quotes{}
		r.config.Rates = r.quotes
	}
	r.quotes.RateProvider = table
	return err
}

func (r *runner) register(args string) error {
	_, opts := options(args)
	m, err := connecttest.New(r.config)
	require.NoError(r.t, err, r.at)
	r.m = m
	request := connect.PlatformRequest{Key: "platform", Name: "Platform", Country: "US", ShortBalance: connect.ShortPolicy(opts["short"])}
	request.Unverified = connect.UnverifiedPolicy(opts["unverified"])
	request.Disputes, request.Warnings = disputes(opts), r.warnings(opts)
	request.RefundFees = connect.FeePolicy(opts["fees"])
	request.FailedRefunds = connect.FailedRefundPolicy(opts["failed"])
	if c := opts["country"]; c != "" {
		request.Country = c
	}
	if base := opts["base"]; base != "" {
		request.Base, err = ledger.ParseCurrency(base)
		require.NoError(r.t, err, r.at)
	}
	if bank := opts["bank"]; bank != "" {
		c, err := ledger.ParseCurrency(bank)
		require.NoError(r.t, err, r.at)
		request.Bank = &connect.BankDetails{Token: "btok_ok", Country: request.Country, Currency: c}
	}
	r.platform, err = m.Register(r.ctx, request)
	return err
}

func (r *runner) seller(args string) error {
	words, opts := options(args)
	country := "US"
	if c := opts["country"]; c != "" {
		country = c
	}
	request := connecttest.Seller(country)
	request.Key, request.ShortBalance = "seller-"+words[0], connect.ShortPolicy(opts["short"])
	if bank := opts["bank"]; bank != "" {
		c, err := ledger.ParseCurrency(bank)
		require.NoError(r.t, err, r.at)
		request.Bank.Currency = c
	}
	if token := opts["token"]; token != "" {
		request.Bank.Token = token
	}
	request.FeesPayer, request.MayOwe = connect.Party(opts["fees"]), r.mayOwe(opts["owe"])
	request.LossesBearer = connect.Party(opts["losses"])
	if opts["details"] == "none" {
		request.Details.Fields = nil
	}
	a, err := r.platform.CreateAccount(r.ctx, request)
	if err == nil {
		r.sellers[words[0]], r.names[a.ID] = a.ID, words[0]
	}
	return err
}

// named splits "c1: rest".
func named(args string) (name, rest string) {
	name, rest, ok := strings.Cut(args, ": ")
	if !ok {
		return "", args
	}
	return name, rest
}

func (r *runner) days(args string) error {
	return r.m.Pass(r.ctx, time.Duration(r.number(args))*24*time.Hour)
}

func (r *runner) minutes(args string) error {
	return r.m.Pass(r.ctx, time.Duration(r.number(args))*time.Minute)
}

func (r *runner) drain(string) error {
	done, err := r.m.Drain(r.ctx)
	return errors.Join(err, done.Err)
}

// news hands over what the simulated acquirer would have told by now.
func (r *runner) news(string) error {
	for _, n := range r.m.Acquirer.Notifications() {
		if err := r.m.News(r.ctx, n); err != nil {
			return err
		}
	}
	for _, n := range r.m.Acquirer.DisputeNotifications() {
		if err := r.m.DisputeNews(r.ctx, n); err != nil {
			return err
		}
	}
	return nil
}
