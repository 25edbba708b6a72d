package connect_test

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/debit"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// A shop collects 50.00 EUR for a seller from a buyer's bank account. The host tells
// the buyer when and how much; nothing is handed over earlier, and the charge succeeds
// when the bank has paid.
func Example_debit() {
	ctx := context.Background()
	m, err := connecttest.New(connecttest.Config{})
	check(err)
	shop, err := m.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Shop", Country: "DE"})
	check(err)
	seller, err := shop.CreateAccount(ctx, connecttest.Seller("DE"))
	check(err)

	mandate, err := shop.CreateMandate(ctx, connect.MandateRequest{
		Key: "mandate-1", Scheme: debit.SEPA, Creditor: "DE98ZZZ09999999999", Name: "Erika Mustermann",
		Bank:       connect.BankDetails{Token: payout.TestAccount, Country: "DE", Currency: ledger.EUR, Last4: "3000"},
		Signature:  connect.MandateSignature{IP: "192.0.2.7", Text: "Ich ermächtige Shop, …", Locale: "de"},
		NoticeDays: 3, // as the buyer agreed; without, the scheme's 14
	})
	check(err)
	order, err := shop.Charge(ctx, connect.ChargeRequest{
		Key: "order-1", MandateID: mandate.ID, Amount: ledger.Minor(50_00, ledger.EUR), AccountID: seller.ID,
		ApplicationFee: ledger.Minor(5_00, ledger.EUR),
	})
	check(err)
	fmt.Println(order.Status, "- announced:", order.Amount, "on", order.Debit.CollectOn, "by", order.Debit.Creditor)

	check(m.Pass(ctx, 3*24*time.Hour))
	order, err = shop.GetCharge(ctx, order.ID)
	check(err)
	balance, err := shop.Balance(ctx, seller.ID)
	check(err)
	fmt.Println(order.Status, "- the seller has", balance.In(ledger.EUR).Pending)
	// Output:
	// scheduled - announced: 50.00 EUR on 2026-03-05 by DE98ZZZ09999999999
	// succeeded - the seller has 45.00 EUR
}
