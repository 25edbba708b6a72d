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

// report adds up what the replay did and what the engine answered. At the end
// close asks the books, and compares them to the file's own sums.
type report struct {
	Days           []*day       `json:"days"`
	Weeks          []*week      `json:"weeks"`
	Best           []zone       `json:"bestPaidZones"`
	Owing          []zone       `json:"zonesThatOwe"`
	Exceptions     []exception  `json:"exceptions"`
	Commission     ledger.Money `json:"commission"`     // of all trips, as in the weeks
	CommissionBack ledger.Money `json:"commissionBack"` // of it, given back with refunds
	Processing     ledger.Money `json:"processingFees"`
	Revenue        ledger.Money `json:"platformRevenue"` // commission less both
	Remitted       ledger.Money `json:"taxRemitted"`
	Trial          trial        `json:"trialBalance"`
	Checks         []check      `json:"checks"`

	trips  int
	paidTo map[string]ledger.Money // by zone
}

// day is what happened on one day.
type day struct {
	Date       string       `json:"date"`
	In         ledger.Money `json:"moneyIn"`
	Commission ledger.Money `json:"commission"`
	Payouts    ledger.Money `json:"payouts"`

	at time.Time
}

// week is what happened from one Monday to the next.
type week struct {
	From           string       `json:"from"`
	Card           int          `json:"cardTrips"`
	Cash           int          `json:"cashTrips"`
	In             ledger.Money `json:"moneyIn"`
	Commission     ledger.Money `json:"commission"`
	CommissionBack ledger.Money `json:"commissionBack"`
	Tax            ledger.Money `json:"tax"`
	Refunds        ledger.Money `json:"refunds"`
	Payouts        ledger.Money `json:"payouts"`
}

// zone is a pickup zone with what it was paid or owes. It stands for a driver.
type zone struct {
	Zone   string       `json:"zone"`
	Amount ledger.Money `json:"amount"`
}

// exception is a trip that posts nothing, because the file does not say how it
// was paid.
type exception struct {
	Row    int          `json:"row"`
	Pickup time.Time    `json:"pickup"`
	Total  ledger.Money `json:"total"`
}

type trial struct {
	Lines  []trialLine    `json:"lines"`
	Totals []ledger.Money `json:"totals"` // zero in each currency
}

type trialLine struct {
	Purpose string       `json:"purpose"`
	Balance ledger.Money `json:"balance"`
}

// check compares the books to the file's own sum.
type check struct {
	What  string       `json:"what"`
	Books ledger.Money `json:"books"`
	File  ledger.Money `json:"file"`
}

func newReport() report {
	return report{
		Commission: usd(0), CommissionBack: usd(0), Processing: usd(0), Remitted: usd(0),
		paidTo: make(map[string]ledger.Money),
	}
}

// on returns the day and the week of a moment. Moments come in order.
func (r *report) on(t time.Time) (*day, *week) {
	at := t.Truncate(24 * time.Hour)
	if n := len(r.Days); n == 0 || !r.Days[n-1].at.Equal(at) {
		r.Days = append(r.Days, &day{Date: at.Format(time.DateOnly), In: usd(0), Commission: usd(0), Payouts: usd(0), at: at})
	}
	monday := at.AddDate(0, 0, -(int(at.Weekday())+6)%7).Format(time.DateOnly)
	if n := len(r.Weeks); n == 0 || r.Weeks[n-1].From != monday {
		r.Weeks = append(r.Weeks, newWeek(monday))
	}
	return r.Days[len(r.Days)-1], r.Weeks[len(r.Weeks)-1]
}

func newWeek(from string) *week {
	return &week{From: from, In: usd(0), Commission: usd(0), CommissionBack: usd(0), Tax: usd(0), Refunds: usd(0), Payouts: usd(0)}
}

func (r *report) card(t trip, commission, processing ledger.Money) {
	d, w := r.on(t.pickup)
	w.Card++
	r.Processing = sum(r.Processing, processing)
	d.In, w.In = sum(d.In, t.total), sum(w.In, t.total)
	r.commission(t, commission)
}

func (r *report) cash(t trip, commission ledger.Money) {
	_, w := r.on(t.pickup)
	w.Cash++
	r.commission(t, commission)
}

func (r *report) commission(t trip, commission ledger.Money) {
	d, w := r.on(t.pickup)
	r.trips++
	d.Commission, w.Commission = sum(d.Commission, commission), sum(w.Commission, commission)
	r.Commission = sum(r.Commission, commission)
	w.Tax = sum(w.Tax, t.surcharges())
}

func (r *report) exception(t trip) {
	r.Exceptions = append(r.Exceptions, exception{t.row, t.pickup, t.total})
}

func (r *report) refund(t trip, re *connect.Refund) {
	_, w := r.on(t.pickup)
	w.Refunds, w.CommissionBack = sum(w.Refunds, re.Amount), sum(w.CommissionBack, re.FeeBack)
	r.CommissionBack = sum(r.CommissionBack, re.FeeBack)
}

func (r *report) payout(at time.Time, zone string, amount ledger.Money) {
	d, w := r.on(at)
	d.Payouts, w.Payouts = sum(d.Payouts, amount), sum(w.Payouts, amount)
	r.paidTo[zone] = sum(r.paidTo[zone], amount)
}

// close asks the books, and compares.
func (r *report) close(ctx context.Context, rep *replay, file *fileSums) error {
	r.Revenue = usd(r.Commission.Minor() - r.CommissionBack.Minor() - r.Processing.Minor())
	left, err := rep.left(ctx)
	if err != nil {
		return err
	}
	for name, paid := range r.paidTo {
		r.Best = append(r.Best, zone{name, paid})
	}
	for name, have := range left {
		if have.Sign() < 0 {
			r.Owing = append(r.Owing, zone{name, have})
		}
	}
	for _, list := range [][]zone{r.Best, r.Owing} {
		slices.SortFunc(list, func(a, b zone) int {
			return cmp.Or(cmp.Compare(b.Amount.Minor(), a.Amount.Minor()), strings.Compare(a.Zone, b.Zone))
		})
	}
	r.Best = r.Best[:min(10, len(r.Best))]
	books, err := rep.platform.TrialBalance(ctx)
	if err != nil {
		return err
	}
	r.Trial.Totals = books.Totals
	sums := make(map[string]int64)
	for _, line := range books.Lines {
		sums[line.Purpose] += line.Balance.Minor()
		r.Trial.Lines = append(r.Trial.Lines, trialLine{line.Purpose, line.Balance})
	}
	platform, err := rep.platform.Balance(ctx, "")
	if err != nil {
		return err
	}
	kept := platform.In(ledger.USD)
	has := sum(sum(kept.Pending, kept.Available), kept.Cover) // which stands behind drivers who owe
	r.compare(file, sums, has, left)
	return nil
}

// compare sets the books beside the file: balances by purpose, what the
// platform has, and what each zone has left.
func (r *report) compare(file *fileSums, sums map[string]int64, kept ledger.Money, left map[string]ledger.Money) {
	var earned, paid, still int64
	var zones []check
	for name, want := range file.earned {
		have := sum(r.paidTo[name], left[name])
		if have.Minor() != want {
			zones = append(zones, check{"earned in " + name, have, usd(want)})
		}
		earned, paid, still = earned+want, paid+r.paidTo[name].Minor(), still+left[name].Minor()
	}
	slices.SortFunc(zones, func(a, b check) int { return strings.Compare(a.What, b.What) })
	r.Checks = append([]check{
		{"card trips less refunds, owed by the acquirer", usd(-sums["acquirer/simulated"]), usd(file.cardTotal - file.refunds)},
		{"commission", r.Commission, usd(file.commission)},
		{"commission given back with refunds", r.CommissionBack, usd(file.commissionBack)},
		{"processing fees", usd(sums["processing_fees"]), usd(file.processing)},
		{"commission kept less processing fees", kept, usd(file.commission - file.commissionBack - file.processing)},
		{"surcharges and taxes remitted", r.Remitted, usd(file.tax)},
		{"surcharges and taxes left", usd(sums["tax/"+authority]), usd(0)},
		{"earned by drivers: paid, less what they owe", usd(paid + still), usd(earned)},
		{"paid by the bank, less what drivers owe", usd(sums["bank_clearing/simulated"] + still), usd(earned + file.tax)},
	}, zones...)
}

// sum adds amounts in dollars.
func sum(a, b ledger.Money) ledger.Money { return usd(a.Minor() + b.Minor()) }

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
	fmt.Fprintf(w, "\n%-10s %6s %6s %12s %12s %11s %10s %10s %12s\n", "week of", "card", "cash", "money in", "commission", "given back", "taxes", "refunds", "payouts")
	total := newWeek("in all")
	for _, x := range r.Weeks {
		x.line(w)
		total.Card, total.Cash = total.Card+x.Card, total.Cash+x.Cash
		total.In, total.Tax, total.Refunds, total.Payouts = sum(total.In, x.In), sum(total.Tax, x.Tax), sum(total.Refunds, x.Refunds), sum(total.Payouts, x.Payouts)
		total.Commission, total.CommissionBack = sum(total.Commission, x.Commission), sum(total.CommissionBack, x.CommissionBack)
	}
	total.line(w)
	fmt.Fprintf(w, "\nthe ten best-paid zones (the file names no drivers: a pickup zone stands for one)\n")
	for i, x := range r.Best {
		fmt.Fprintf(w, "%3d. %-34s %12s\n", i+1, x.Zone, x.Amount.Amount())
	}
	fmt.Fprintf(w, "\nplatform: commission %v, less %v given back and %v processing fees, leaves %v\n", r.Commission, r.CommissionBack, r.Processing, r.Revenue)
	fmt.Fprintf(w, "%d zones still owe commission and taxes on cash trips; %d trips without a payment kind post nothing\n", len(r.Owing), len(r.Exceptions))
	fmt.Fprintf(w, "\ntrial balance\n")
	for _, x := range r.Trial.Lines {
		fmt.Fprintf(w, "  %-26s %16v\n", x.Purpose, x.Balance)
	}
	for _, x := range r.Trial.Totals {
		fmt.Fprintf(w, "  %-26s %16v\n", "adds up to", x)
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

func (x *week) line(w io.Writer) {
	fmt.Fprintf(w, "%-10s %6d %6d %12s %12s %11s %10s %10s %12s\n", x.From, x.Card, x.Cash, x.In.Amount(),
		x.Commission.Amount(), x.CommissionBack.Amount(), x.Tax.Amount(), x.Refunds.Amount(), x.Payouts.Amount())
}
