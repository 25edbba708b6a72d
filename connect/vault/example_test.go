package vault_test

import (
	"context"
	"fmt"
	"log"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

// A vault in the engine's process: what a seller types becomes a token, the account keeps a
// reference, and only what holds a Detokeniser opens it.
func Example() {
	ctx := context.Background()
	wrapper, err := sealed.NewLocalKeys("2026", map[string][]byte{"2026": []byte("32 random bytes, from your secrets")[:32]})
	if err != nil {
		log.Fatal(err)
	}
	index, err := sealed.NewIndex("1", []byte("32 other random bytes, likewise.")[:32])
	if err != nil {
		log.Fatal(err)
	}
	engine, err := connecttest.New(connecttest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	v, err := vault.New(vault.Config{Store: engine.Store(), Env: engine.Env(), Wrapper: wrapper, Index: index})
	if err != nil {
		log.Fatal(err)
	}
	if err := engine.Attach(v.Part()); err != nil {
		log.Fatal(err)
	}
	shop, err := engine.Register(ctx, connect.PlatformRequest{Key: "shop", Name: "Atelier", Country: "US"})
	if err != nil {
		log.Fatal(err)
	}

	// In the browser souk.js does this; the host's program never has the number.
	token, err := v.Tokenise(ctx, vault.TokeniseRequest{
		Platform: shop.ID(), Kind: vault.Bank, Country: "DE", Currency: ledger.EUR,
		Fields: sealed.NewClear(map[string]string{"iban": "DE89 3704 0044 0532 0130 00"}),
	})
	if err != nil {
		log.Fatal(err)
	}

	// The token comes back with the seller's form.
	ref, err := v.Use(ctx, vault.UseRequest{Key: "ann-bank", Platform: shop.ID(), Token: token.Token, Account: "ann"})
	if err != nil {
		log.Fatal(err)
	}
	request, bank := connecttest.Seller("DE"), ref.BankDetails()
	request.Key, request.Bank = "ann", &bank
	ann, err := shop.CreateAccount(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the account has", ann.Banks[0].Last4)

	// A rail is given this when it is set up.
	open, err := v.Detokeniser("rail sepa", vault.Bank)
	if err != nil {
		log.Fatal(err)
	}
	opened, err := open.Detokenise(ctx, sealed.Request{Tokens: []string{ann.Banks[0].Token}, Purpose: "payouts of 2 March"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a log has", opened[0].Fields)
	fmt.Println("the rail has", opened[0].Fields.Reveal()["iban"])
	// Output:
	// the account has 3000
	// a log has [sealed]
	// the rail has DE89370400440532013000
}
