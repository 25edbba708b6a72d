package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// report adds up what the replay saw, from the file and from the engine's
// answers. It never asks the books; check does, and compares.
type report struct {
	Days       []*day       `json:"days"`
	Weeks      []*week      `json:"weeks"`
	Best       []driver     `json:"bestPaidDrivers"`
	Exceptions []string     `json:"exceptions"`
	Commission ledger.Money `json:"commission"`
	Processing ledger.Money `json:"processingFees"`
	Remitted   ledger.Money `json:"taxRemitted"`
	Revenue    ledger.Money `json:"platformRevenue"` // commission kept less processing fees
	Owing      []driver     `json:"driversWhoOwe"`
	Trial      []trialLine  `json:"trialBalance"`
	Checks     []check      `json:"checks"`

	trips, cards, cashTrips    int
	cardTotal, cardTax         int64
	cashTax                    int64
	refunded, refundedTax      int64
	feeBack, paid              int64
	cashCommission, processing int64
	cardCommission             int64
	paidTo                     map[string]int64
}

// day is what happened on one day, in cents.
type day struct {
	Date       string `json:"date"`
	In         int64  `json:"moneyInMinor"`
	Commission int64  `json:"commissionMinor"`
	Payouts    int64  `json:"payoutsMinor"`
}

// week is what happened from one Monday to the next, in cents.
type week struct {
	From       string `json:"from"`
	Card       int    `json:"cardTrips"`
	Cash       int    `json:"cashTrips"`
	In         int64  `json:"moneyInMinor"`
	Commission int64  `json:"commissionMinor"`
	Tax        int64  `json:"taxMinor"`
	Refunds    int64  `json:"refundsMinor"`
	Payouts    int64  `json:"payoutsMinor"`
}

type driver struct {
	Zone   string       `json:"zone"`
	Amount ledger.Money `json:"amount"`
}

type trialLine struct {
	Purpose string       `json:"purpose"`
	Balance ledger.Money `json:"balance"`
}

// check compares a balance of the books to the file's own sum.
type check struct {
	What  string       `json:"what"`
	Books ledger.Money `json:"books"`
	File  ledger.Money `json:"file"`
}

// Trips is how many trips have been booked so far.
func (r *report) Trips() int { return r.trips }

func (r *report) on(t time.Time) (*day, *week) {
	date := t.Format(time.DateOnly)
	if n := len(r.Days); n == 0 || r.Days[n-1].Date != date {
		r.Days = append(r.Days, &day{Date: date})
	}
	monday := t.AddDate(0, 0, -(int(t.Weekday())+6)%7).Format(time.DateOnly)
	if n := len(r.Weeks); n == 0 || r.Weeks[n-1].From != monday {
		r.Weeks = append(r.Weeks, &week{From: monday})
	}
	return r.Days[len(r.Days)-1], r.Weeks[len(r.Weeks)-1]
}

func (r *report) card(t trip, commission, processing ledger.Money) {
	d, w := r.on(t.pickup)
	r.trips, r.cards = r.trips+1, r.cards+1
	r.cardTotal += t.total.Minor()
	r.cardTax += t.surcharges().Minor()
	r.cardCommission += commission.Minor()
	r.processing += processing.Minor()
	d.In, w.In = d.In+t.total.Minor(), w.In+t.total.Minor()
	d.Commission, w.Commission = d.Commission+commission.Minor(), w.Commission+commission.Minor()
	w.Card, w.Tax = w.Card+1, w.Tax+t.surcharges().Minor()
}

func (r *report) cash(t trip, commission ledger.Money) {
	d, w := r.on(t.pickup)
	r.trips, r.cashTrips = r.trips+1, r.cashTrips+1
	r.cashTax += t.surcharges().Minor()
	r.cashCommission += commission.Minor()
	d.Commission, w.Commission = d.Commission+commission.Minor(), w.Commission+commission.Minor()
	w.Cash, w.Tax = w.Cash+1, w.Tax+t.surcharges().Minor()
}

func (r *report) exception(t trip) {
	r.Exceptions = append(r.Exceptions, fmt.Sprintf("row %d: no payment kind, %v on %s", t.row, t.total, t.pickup.Format(time.DateTime)))
}

func (r *report) refund(t trip, re *connect.Refund) {
	_, w := r.on(t.pickup)
	w.Refunds += re.Amount.Minor()
	r.refunded += re.Amount.Minor()
	r.feeBack += re.FeeBack.Minor()
	for _, x := range re.Tax {
		r.refundedTax += x.Amount.Minor()
	}
}

func (r *report) payout(at time.Time, zone string, amount ledger.Money) {
	d, w := r.on(at)
	d.Payouts, w.Payouts = d.Payouts+amount.Minor(), w.Payouts+amount.Minor()
	if r.paidTo == nil {
		r.paidTo = make(map[string]int64)
	}
	r.paidTo[zone] += amount.Minor()
	r.paid += amount.Minor()
}

// close asks the books, and compares.
func (r *report) close(ctx context.Context, rep *replay) error {
	r.Commission, r.Processing = usd(r.cardCommission+r.cashCommission-r.feeBack), usd(r.processing)
	r.Revenue = usd(r.Commission.Minor() - r.processing)
	for zone, paid := range r.paidTo {
		r.Best = append(r.Best, driver{zone, usd(paid)})
	}
	byAmount := func(a, b driver) int {
		return cmp.Or(cmp.Compare(b.Amount.Minor(), a.Amount.Minor()), strings.Compare(a.Zone, b.Zone))
	}
	slices.SortFunc(r.Best, byAmount)
	r.Best = r.Best[:min(10, len(r.Best))]
	if err := r.owing(ctx, rep); err != nil {
		return err
	}
	slices.SortFunc(r.Owing, byAmount)
	books, err := rep.platform.TrialBalance(ctx)
	if err != nil {
		return err
	}
	sums := make(map[string]int64)
	for _, line := range books.Lines {
		sums[line.Purpose] += line.Balance.Minor()
		r.Trial = append(r.Trial, trialLine{line.Purpose, line.Balance})
	}
	for _, total := range books.Totals {
		r.Trial = append(r.Trial, trialLine{"adds up to", total})
	}
	// What is neither kept by the platform, nor paid to drivers, nor remitted,
	// is what drivers owe or have not been paid yet.
	platform, err := rep.platform.Balance(ctx, "")
	if err != nil {
		return err
	}
	kept := platform.In(ledger.USD)
	r.Checks = []check{
		{"card trips less refunds, owed by the acquirer", usd(-sums["acquirer/simulated"]), usd(r.cardTotal - r.refunded)},
		{"processing fees", usd(sums["processing_fees"]), usd(r.processing)},
		{"surcharges and taxes remitted", r.Remitted, usd(r.cardTax + r.cashTax - r.refundedTax)},
		{"surcharges and taxes left", usd(sums["tax/"+authority]), usd(0)},
		{"commission kept less processing fees", sumOf(kept.Pending, kept.Available), r.Revenue},
		{"paid by the bank to drivers and the authority", usd(sums["bank_clearing/simulated"]), usd(r.paid + r.Remitted.Minor())},
	}
	return nil
}

func sumOf(a, b ledger.Money) ledger.Money { return usd(a.Minor() + b.Minor()) }

// owing lists the drivers whose cash trips brought more commission than their
// card trips could pay.
func (r *report) owing(ctx context.Context, rep *replay) error {
	for zone, id := range rep.drivers {
		b, err := rep.platform.Balance(ctx, id)
		if err != nil {
			return err
		}
		if have := b.In(ledger.USD).Available; have.Sign() < 0 {
			r.Owing = append(r.Owing, driver{zone, have})
		}
	}
	return nil
}

// failed returns the checks that do not hold.
func (r *report) failed() []check {
	return slices.DeleteFunc(slices.Clone(r.Checks), func(c check) bool { return c.Books == c.File })
}

func (r *report) json(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

func (r *report) text(w io.Writer) {
	money := func(minor int64) string { return usd(minor).Amount() }
	fmt.Fprintf(w, "\n%-10s %6s %6s %12s %12s %10s %10s %12s\n", "week of", "card", "cash", "money in", "commission", "taxes", "refunds", "payouts")
	for _, x := range r.Weeks {
		fmt.Fprintf(w, "%-10s %6d %6d %12s %12s %10s %10s %12s\n", x.From, x.Card, x.Cash, money(x.In), money(x.Commission), money(x.Tax), money(x.Refunds), money(x.Payouts))
	}
	fmt.Fprintf(w, "\nthe ten best-paid drivers\n")
	for i, x := range r.Best {
		fmt.Fprintf(w, "%3d. %-34s %12s\n", i+1, x.Zone, x.Amount.Amount())
	}
	fmt.Fprintf(w, "\nplatform: commission %v less processing fees %v leaves %v\n", r.Commission, r.Processing, r.Revenue)
	fmt.Fprintf(w, "%d drivers still owe commission on cash trips; %d trips without a payment kind post nothing\n", len(r.Owing), len(r.Exceptions))
	fmt.Fprintf(w, "\ntrial balance\n")
	for _, x := range r.Trial {
		fmt.Fprintf(w, "  %-26s %16v\n", x.Purpose, x.Balance)
	}
	fmt.Fprintf(w, "\nthe books against the file's own sums\n")
	for _, c := range r.Checks {
		verdict := "equal"
		if c.Books != c.File {
			verdict = "DIFFERENT"
		}
		fmt.Fprintf(w, "  %-46s %14s %14s  %s\n", c.What, c.Books.Amount(), c.File.Amount(), verdict)
	}
}
