package calendar_test

import (
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
	"github.com/soukhq/souk/payout/calendar"
)

// Euros handed over before Easter after the bank's cut-off are worked on Tuesday,
// and there two days later. The host knows of a day on which its bank is closed.
func Example() {
	eur, err := calendar.Builtin().ForCurrency(ledger.EUR)
	if err != nil {
		fmt.Println(err)
		return
	}
	cutOff, err := eur.CutOff("15:00")
	if err != nil {
		fmt.Println(err)
		return
	}
	handed := time.Date(2026, 4, 2, 13, 0, 0, 0, time.UTC) // 15:00 in Frankfurt
	worked := cutOff.Day(handed)
	fmt.Println("worked on", worked, "and there on", cutOff.Calendar.Add(worked, 2))
	for d := payout.DayOf(handed, time.UTC) + 1; d < worked; d++ {
		for _, why := range eur.Why(d) {
			fmt.Println("closed on", d, "for", why.Name)
		}
	}

	strike := worked + 1
	bank := calendar.Change(eur.Days(), calendar.Changes{Close: []payout.Day{strike}})
	fmt.Println("with a strike on", strike, "there on", bank.Add(worked, 2))
	// Output:
	// worked on 2026-04-07 and there on 2026-04-09
	// closed on 2026-04-03 for Good Friday
	// closed on 2026-04-06 for Easter Monday
	// with a strike on 2026-04-08 there on 2026-04-10
}
