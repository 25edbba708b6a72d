package connect_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// A day is closed, and goes into the host's general ledger as one entry.
func ExamplePlatform_Journal() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	if err != nil {
		panic(err)
	}
	p, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "US"})
	if err != nil {
		panic(err)
	}
	seller, err := p.CreateAccount(ctx, connecttest.Seller("US"))
	if err != nil {
		panic(err)
	}
	_, err = p.Charge(ctx, connect.ChargeRequest{
		Key: "order-1", Amount: ledger.Minor(1000, ledger.USD), AccountID: seller.ID, ApplicationFee: ledger.Minor(123, ledger.USD),
		Direct: true, Source: connect.TestCard,
	})
	if err != nil {
		panic(err)
	}
	if err := m.Pass(ctx, 24*time.Hour); err != nil {
		panic(err)
	}
	today := payout.DayOf(m.Clock.Now(), time.UTC)
	if _, err := p.ClosePeriod(ctx, today); err != nil {
		panic(err)
	}
	j, err := p.Journal(ctx, connect.JournalRequest{From: today - 1, To: today, Numbers: []connect.AccountNumber{
		{Purpose: "acquirer", Number: "511000", Label: "Acquirers"},
		{Purpose: "pending", Number: "467000", Label: "Owed to sellers and platform"},
		{Purpose: "processing_fees", Number: "706000", Label: "Processing"},
	}})
	if err != nil {
		panic(err)
	}
	var text strings.Builder
	if err := j.WriteCSV(&text); err != nil {
		panic(err)
	}
	fmt.Print(strings.ReplaceAll(text.String(), "\r\n", "\n"))
	fmt.Println("next is entry", j.Next)
	// Output:
	// number,date,currency,account,label,purpose,reason,debit,credit
	// 1,2026-03-02,USD,467000,Owed to sellers and platform,pending,application fee,1.23,0.00
	// 1,2026-03-02,USD,511000,Acquirers,acquirer/simulated,charge,10.00,0.00
	// 1,2026-03-02,USD,467000,Owed to sellers and platform,pending,application fee,0.00,1.23
	// 1,2026-03-02,USD,467000,Owed to sellers and platform,pending,charge,0.00,9.41
	// 1,2026-03-02,USD,706000,Processing,processing_fees,charge,0.00,0.59
	// next is entry 2
}
