package connect

import (
	"regexp"
	"strings"
)

// AccountSettings are how an account looks and when it is to be paid. Nothing here moves
// money by itself.
type AccountSettings struct {
	Branding AccountBranding `json:"branding,omitzero"`
	Payouts  PayoutSettings  `json:"payouts,omitzero"`
}

// AccountBranding is what pages of an account look like.
type AccountBranding struct {
	Icon           string `json:"icon,omitzero"` // the host's reference of a picture, at most 200 characters
	Logo           string `json:"logo,omitzero"`
	PrimaryColor   string `json:"primaryColor,omitzero"` // "#0a2540"
	SecondaryColor string `json:"secondaryColor,omitzero"`
}

// PayoutInterval is how often an account is to be paid.
type PayoutInterval string

// The intervals.
const (
	PayoutsManual  PayoutInterval = "manual" // also none at all
	PayoutsDaily   PayoutInterval = "daily"
	PayoutsWeekly  PayoutInterval = "weekly"
	PayoutsMonthly PayoutInterval = "monthly"
)

// PayoutSettings are when an account is to be paid, as data.
type PayoutSettings struct {
	Interval      PayoutInterval `json:"interval,omitzero"`
	WeeklyAnchor  string         `json:"weeklyAnchor,omitzero"`  // of weekly payouts, "monday" to "sunday"
	MonthlyAnchor int            `json:"monthlyAnchor,omitzero"` // of monthly payouts, 1–31; 29 and more are the last day of shorter months
	DelayDays     int            `json:"delayDays,omitzero"`     // after a sale, at most 365; 0: as soon as it is available
	Descriptor    string         `json:"descriptor,omitzero"`    // on the bank's statement, at most 22 ASCII characters
}

var color = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// check refuses settings that nobody could follow.
func (s *AccountSettings) check() error {
	if s == nil {
		return nil
	}
	b, w := &s.Branding, &s.Payouts
	for _, f := range []struct{ name, value string }{{"icon", b.Icon}, {"logo", b.Logo}} {
		if f.value != "" && (!plain(f.value, 1, 200) || holdsCard(f.value)) {
			return badField("invalid_branding", "settings.branding."+f.name, "a picture is named by 1 to 200 characters of printable ASCII")
		}
	}
	for _, f := range []struct{ name, value string }{{"primaryColor", b.PrimaryColor}, {"secondaryColor", b.SecondaryColor}} {
		if f.value != "" && !color.MatchString(f.value) {
			return badField("invalid_branding", "settings.branding."+f.name, "a colour is # and six hexadecimal digits")
		}
	}
	return w.check()
}

func (w *PayoutSettings) check() error {
	bad := func(field, msg string) error {
		return badField("invalid_payout_settings", "settings.payouts."+field, msg)
	}
	days := " monday tuesday wednesday thursday friday saturday sunday "
	switch w.Interval {
	case "", PayoutsManual, PayoutsDaily, PayoutsWeekly, PayoutsMonthly:
	default:
		return bad("interval", "payouts are manual, daily, weekly or monthly")
	}
	switch {
	case (w.WeeklyAnchor != "") != (w.Interval == PayoutsWeekly),
		w.WeeklyAnchor != "" && (strings.Contains(w.WeeklyAnchor, " ") || !strings.Contains(days, " "+w.WeeklyAnchor+" ")):
		return bad("weeklyAnchor", "weekly payouts, and no other, have a day from monday to sunday")
	case (w.MonthlyAnchor != 0) != (w.Interval == PayoutsMonthly), w.MonthlyAnchor < 0, w.MonthlyAnchor > 31:
		return bad("monthlyAnchor", "monthly payouts, and no other, have a day from 1 to 31")
	case w.DelayDays < 0 || w.DelayDays > 365:
		return bad("delayDays", "a delay is 0 to 365 days")
	case holdsCard(w.Descriptor):
		return cardIn("settings.payouts.descriptor")
	case w.Descriptor != "" && !plain(strings.ReplaceAll(w.Descriptor, " ", "_"), 1, 22):
		return badField("invalid_descriptor", "settings.payouts.descriptor", "a payout's descriptor is at most 22 ASCII characters")
	}
	return nil
}

// set puts settings in the place of what was set before.
func (a *Account) set(s *AccountSettings) error {
	if err := s.check(); err != nil || s == nil {
		return err
	}
	x := *s
	a.Settings = &x
	return nil
}
