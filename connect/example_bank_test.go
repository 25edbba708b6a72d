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

// A seller's bank details change. Nothing is paid for three banking days, and
// AccountStatus says why, and until when.
func ExamplePlatform_AddBank() {
	m, err := connecttest.New(connecttest.Config{})
	check(err)
	ctx := context.Background()
	shop, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Atelier", Country: "US"})
	check(err)
	r := connecttest.Seller("US")
	r.Email = "ann@example.com"
	ann, err := shop.CreateAccount(ctx, r)
	check(err)

	change, err := shop.AddBank(ctx, connect.AddBankRequest{
		Key: "new bank", AccountID: ann.ID, Default: true,
		Bank: connect.BankDetails{Token: payout.TestAccount, Country: "US", Currency: ledger.USD, Last4: "6789"},
	})
	check(err)
	fmt.Println("tell", change.Contacts)
	status, err := shop.AccountStatus(ctx, ann.ID)
	check(err)
	for _, why := range status.PayoutsBlocked {
		fmt.Println(why.Machine, why.Code, why.Until.Format(time.DateTime))
	}
	// Output:
	// tell [ann@example.com]
	// payout_method bank_cool_down 2026-03-05 09:00:00
}
