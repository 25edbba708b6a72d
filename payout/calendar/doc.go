// Package calendar says on which days banks work, by rules that hold for any
// year: the closing days of TARGET, of the Federal Reserve Banks, of the payment
// systems of England and Wales, Scotland, Canada, Australia, Switzerland, Denmark,
// Norway, Sweden and Japan, and what a host adds.
//
//	days, err := calendar.Named("target2")
//	due := days.Add(today, 2)
//
// A Set holds calendars by name; Builtin is the one that comes with souk. It
// answers which calendar payments in a currency, or a country's, follow. Load and
// With make another set, with calendars of the host or changes to those that are
// built in. AllOpen is for payments that two systems must settle; CutOff says on
// which banking day counts what was handed over at a moment.
//
// # A file
//
// A calendar is one file of JSON, that of Rules. It is read strictly: a name that
// is no field, in another case or there twice, null, and a rule without a source
// are refused, by file and field. Its fields:
//
//	calendar    the name, of lower-case letters, digits and hyphens
//	title       what it is, for people
//	extends     the calendar that it changes; it may be its own name
//	drop        names of rules of that calendar that no longer hold
//	zone        the rail's time zone, for cut-offs, such as "Europe/London"
//	from        the first year for which the rules are stated
//	weekend     days of the week; if left out, saturday and sunday
//	currencies  that it settles
//	countries   whose own currency it settles
//	days        the rules
//	open        dates on which banks work, whatever else is said
//
// A rule has a name, a source, and one of these:
//
//	"date": "12-25"                                  a day of the year
//	"weekday": "monday", "nth": 3, "month": 1        the third Monday of January;
//	                                                 -1 is the last one
//	"weekday": "friday", "onOrAfter": "06-19"        the first Friday from June 19 on
//	"weekday": "monday", "before": "05-25"           the last Monday before May 25
//	"easter": -2                                     days from Easter Sunday (Gregorian)
//	"equinox": "spring"                              or "autumn", in Japan, 1851 to 2150
//	"once": "2023-05-08"                             one date
//	"between": true                                  a day between two holidays, if none
//	                                                 is or is kept on it
//
// and may have these:
//
//	since, until  its first and last year
//	except        years in which it does not hold
//	observed      what happens when it falls on a weekend: "weekend": it is kept on
//	              the next free day; "sunday": only if it is a Sunday; "nearest": a
//	              Saturday's on the free day before, a Sunday's on the one after;
//	              left out: it is lost. A free day is neither a weekend nor a holiday
//	bankOnly      true: banks are closed, but it is no holiday. Nothing is moved past
//	              it, and nothing lies between it and a holiday
//	confirm       true: what is known of it is a custom or second-hand; who relies on
//	              it confirms it
//
// Days on which banks close early are banking days: a rail's cut-off says when.
package calendar
