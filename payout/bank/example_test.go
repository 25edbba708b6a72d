package bank_test

import (
	"fmt"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout/bank"
)

// A seller's form has the fields that Formats lists. What comes back is the same
// value however it was typed, and does not print the number.
func ExampleParseAccount() {
	for _, f := range bank.Formats("GB")[0] {
		fmt.Println(f.Name, f.Optional)
	}
	a, err := bank.ParseAccount("GB", ledger.GBP, map[string]string{"sort_code": "60-16-13", "account_number": "31926819"})
	fmt.Println(a, a.Bank, err)
	_, err = bank.ParseAccount("GB", ledger.GBP, map[string]string{"sort_code": "60-16-13", "account_number": "3192"})
	fmt.Println(err)
	// Output:
	// sort_code false
	// account_number false
	// account_holder_name true
	// GB****6819 601613 <nil>
	// invalid: account_number: it has 6 to 10 digits
}

func ExampleParseIBAN() {
	i, err := bank.ParseIBAN("fr14 2004 1010 0505 0001 3m02 606")
	fmt.Println(i, i.Bank, i.Branch, i.Serves("RE"), err)
	_, err = bank.ParseIBAN("FR14 2004 1010 0505 0001 3M02 607")
	fmt.Println(err)
	// Output:
	// FR****2606 20041 01005 true <nil>
	// invalid: iban: its check digits do not fit: a character is wrong
}

// National details become an IBAN, with all check digits.
func ExampleComposeIBAN() {
	i, err := bank.ComposeIBAN("IT", bank.IBANParts{Bank: "05428", Branch: "11101", Account: "123456"})
	fmt.Println(i.Groups(), i.Check, err)
	// Output: IT60 X054 2811 1010 0000 0123 456 X <nil>
}
