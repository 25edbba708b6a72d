package calendar

import (
	"maps"
	"slices"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Named returns a calendar that is built in. A name that is none is
// unknown_calendar of class Invalid.
func Named(name string) (payout.Calendar, error) { return Builtin().Named(name) }

func unknown(field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "unknown_calendar", Field: field, Msg: msg}
}

// Names lists the calendars in order.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.or().byName)) }

// Calendar returns a calendar with its reasons. A name that is none is
// unknown_calendar of class Invalid.
func (s *Set) Calendar(name string) (*Calendar, error) {
	if c, ok := s.or().byName[name]; ok {
		return c, nil
	}
	return nil, unknown("calendar", "there is no such calendar")
}

// Named returns a calendar as payouts and delays use it.
func (s *Set) Named(name string) (payout.Calendar, error) { return days(s.Calendar(name)) }

// ForCurrency returns the calendar that payments in a currency follow: that of
// the system which settles them. None is unknown_calendar of class Invalid: a host
// adds a file that names the currency.
func (s *Set) ForCurrency(c ledger.Currency) (*Calendar, error) {
	if found, ok := s.or().byCurrency[c.Code()]; ok {
		return found, nil
	}
	return nil, unknown("currency", "no calendar settles this currency")
}

// ForCountry returns the calendar that payments in the own currency of a country
// (ISO 3166-1 alpha-2) follow. None is unknown_calendar of class Invalid.
func (s *Set) ForCountry(country string) (*Calendar, error) {
	if found, ok := s.or().byCountry[country]; ok {
		return found, nil
	}
	return nil, unknown("country", "no calendar is that of this country")
}

func days(c *Calendar, err error) (payout.Calendar, error) {
	if err != nil {
		return payout.Calendar{}, err
	}
	return c.Days(), nil
}
