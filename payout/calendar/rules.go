package calendar

import (
	"slices"

	"github.com/soukhq/souk/payout"
)

// Rules is a calendar as data: what a file holds. The package's documentation
// says what each field means.
type Rules struct {
	Calendar   string       `json:"calendar"`
	Title      string       `json:"title,omitempty"`
	Extends    string       `json:"extends,omitempty"`
	Drop       []string     `json:"drop,omitempty"`
	Zone       string       `json:"zone,omitempty"`
	From       int          `json:"from,omitempty"`
	Weekend    []string     `json:"weekend,omitzero"` // empty, but not nil: every day is a working day
	Currencies []string     `json:"currencies,omitempty"`
	Countries  []string     `json:"countries,omitempty"`
	Days       []Rule       `json:"days,omitempty"`
	Open       []payout.Day `json:"open,omitempty"`
}

// clone copies all that could change under a calendar.
func (r *Rules) clone() Rules {
	c := *r
	c.Drop, c.Weekend = slices.Clone(r.Drop), slices.Clone(r.Weekend)
	c.Currencies, c.Countries, c.Open = slices.Clone(r.Currencies), slices.Clone(r.Countries), slices.Clone(r.Open)
	c.Days = slices.Clone(r.Days)
	for i := range c.Days {
		d := &c.Days[i]
		d.Except = slices.Clone(d.Except)
		if d.Easter != nil {
			d.Easter = ptr(*d.Easter)
		}
		if d.Once != nil {
			d.Once = ptr(*d.Once)
		}
	}
	return c
}

func ptr[T any](v T) *T { return &v }

// Rule is one closing day of the year. One of Date, Weekday, Easter, Equinox, Once
// and Between says which.
type Rule struct {
	Name string `json:"name"`

	Date      string      `json:"date,omitempty"`
	Weekday   string      `json:"weekday,omitempty"`
	Nth       int         `json:"nth,omitempty"`   // 1–5, or -1
	Month     int         `json:"month,omitempty"` // 1–12
	OnOrAfter string      `json:"onOrAfter,omitempty"`
	Before    string      `json:"before,omitempty"`
	Easter    *int        `json:"easter,omitempty"` // -80 to 250
	Equinox   string      `json:"equinox,omitempty"`
	Once      *payout.Day `json:"once,omitempty"`
	Between   bool        `json:"between,omitempty"`

	Since    int      `json:"since,omitempty"` // 1–9999
	Until    int      `json:"until,omitempty"`
	Except   []int    `json:"except,omitempty"`
	Observed Observed `json:"observed,omitempty"`
	BankOnly bool     `json:"bankOnly,omitempty"`
	Confirm  bool     `json:"confirm,omitempty"`
	Source   string   `json:"source"`
}

// Observed says what becomes of a holiday on a weekend.
type Observed string

// The ways to keep a holiday that falls on a weekend.
const (
	Lost           Observed = ""        // it stays where it is
	WeekendForward Observed = "weekend" // kept on the next free day
	SundayForward  Observed = "sunday"  // kept on the next free day if it is a Sunday
	Nearest        Observed = "nearest" // a Saturday's on the free day before, a Sunday's on the one after
)

// holds reports whether a rule holds in a year.
func (r *Rule) holds(year int) bool {
	if year < r.Since || r.Until != 0 && year > r.Until {
		return false
	}
	return !slices.Contains(r.Except, year)
}
