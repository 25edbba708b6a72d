package connect_test

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// A driver who was paid in cash owes the commission. The platform agrees on a plan; what
// is not earned by its day is debited from the driver's bank.
func ExamplePlatform_AgreePaymentPlan() {
	ctx := context.Background()
	need := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	m, err := connecttest.New(connecttest.Config{})
	need(err)
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "rides", Name: "Rides", Country: "US"})
	need(err)
	driver, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	need(err)
	_, err = p.RecordCashSale(ctx, connect.CashSaleRequest{Key: "ride-1", AccountID: driver.ID, Commission: ledger.Minor(12300, ledger.USD)})
	need(err)
	mandate, err := p.CreateMandate(ctx, connect.MandateRequest{
		Key: "mandate", Scheme: "ach", Creditor: "1234567890", Name: "Dan Driver", ShortNotice: true,
		Bank:      connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD},
		Signature: connect.MandateSignature{Text: "You may debit what I owe."},
	})
	need(err)
	today := payout.DayOf(m.Clock.Now(), time.UTC)
	plan, err := p.AgreePaymentPlan(ctx, connect.PaymentPlanRequest{
		Key: "plan", By: connect.Actor{ID: "fay", Rights: []connect.Right{connect.RightFinance}}, AccountID: driver.ID, MandateID: mandate.ID,
		Instalments: []connect.PlanInstalment{
			{Due: today + 7, Amount: ledger.Minor(5000, ledger.USD)}, {Due: today + 14, Amount: ledger.Minor(7300, ledger.USD)},
		},
		GraceDays: 5,
	})
	need(err)
	for range 3 {
		need(m.Pass(ctx, 7*24*time.Hour))
		report, err := p.NegativeReport(ctx, connect.NegativeReportRequest{Limit: 1})
		need(err)
		for _, d := range report.Debts {
			fmt.Println("owes", d.Owed, "for", d.Days, "days, covered", d.Covered)
		}
	}
	plan, err = p.GetPaymentPlan(ctx, plan.ID)
	need(err)
	fmt.Println(plan.Status)
	// Output:
	// owes 123.00 USD for 7 days, covered 123.00 USD
	// owes 73.00 USD for 14 days, covered 73.00 USD
	// kept
}
