package calendar_test

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/payout"
)

// published is what somebody else says of holidays: their names by date.
type published map[payout.Day][]string

// notOurs are days of which calendar and source say different things, by a date or
// by the names that either has for it, and why.
type notOurs map[string]string

// agree compares a calendar with what is published, weekday by weekday. What is
// listed as different must be so, and always in the same way: a day that the source
// lacks does not excuse one that the calendar lacks.
func agree(t *testing.T, name string, theirs published, from, to int, listed notOurs) {
	c := builtin(t, name)
	used, lacking := make(map[string]bool), make(map[string]bool)
	var unlisted []string
	end := date(t, strconv.Itoa(to+1)+"-01-01")
	for d := date(t, strconv.Itoa(from)+"-01-01"); d < end; d++ {
		names := theirs[d]
		if w := d.Weekday(); w == time.Saturday || w == time.Sunday || c.Open(d) == (len(names) == 0) {
			continue
		}
		what := slices.Clone(names)
		for _, x := range c.Why(d) {
			what = append(what, x.Name)
		}
		if listed[d.String()] != "" {
			what = []string{d.String()}
		}
		for _, w := range what {
			if used[w] = listed[w] != ""; !used[w] {
				unlisted = append(unlisted, d.String()+" "+w)
				delete(used, w)
				continue
			}
			if was, ok := lacking[w]; ok && was != c.Open(d) {
				unlisted = append(unlisted, d.String()+" "+w+", the other way round")
			}
			lacking[w] = c.Open(d)
		}
	}
	require.Empty(t, unlisted, "differences that are not listed")
	require.ElementsMatch(t, slices.Collect(maps.Keys(listed)), slices.Collect(maps.Keys(used)), "listed, but no difference")
}

func vacanza(t *testing.T, file string) published {
	var raw map[string]string
	require.NoError(t, json.Unmarshal(shareddata.Read(t, "holidays/vacanza/"+file+".json"), &raw))
	p := make(published)
	for day, names := range raw {
		p[date(t, day)] = strings.Split(names, "; ")
	}
	require.Greater(t, len(p), 100)
	return p
}

// both keeps the days that stand in two lists.
func both(a, b published) published {
	p := make(published)
	for d, names := range a {
		if len(b[d]) > 0 {
			p[d] = append(slices.Clone(names), b[d]...)
		}
	}
	return p
}

func readCSV(t *testing.T, name string) [][]string {
	f := shareddata.Open(t, name)
	defer f.Close()
	r := csv.NewReader(f)
	rows, err := r.ReadAll()
	require.NoError(t, err)
	return rows[1:]
}

// rickar reads the days on which another program has a country's holidays kept.
func rickar(t *testing.T, code string) published {
	p := make(published)
	for _, row := range readCSV(t, "holidays/rickar-cal-holidays.csv") {
		if row[0] == code && row[4] != "" {
			d := date(t, row[4])
			p[d] = append(p[d], row[1])
		}
	}
	require.Greater(t, len(p), 40)
	return p
}

func govuk(t *testing.T, division string) published {
	var raw map[string]struct {
		Events []struct{ Title, Date string }
	}
	require.NoError(t, json.Unmarshal(shareddata.Read(t, "holidays/govuk-bank-holidays.json"), &raw))
	p := make(published)
	for _, e := range raw[division].Events {
		p[date(t, e.Date)] = []string{e.Title}
	}
	require.Greater(t, len(p), 30)
	return p
}

// cabinetOffice reads Japan's holidays as its government publishes them.
func cabinetOffice(t *testing.T) published {
	p := make(published)
	for _, row := range readCSV(t, "holidays/jp-cabinet-office-syukujitsu.utf8.csv") {
		d, err := time.Parse("2006/1/2", row[0])
		require.NoError(t, err)
		p[payout.DayOf(d, time.UTC)] = []string{row[1]}
	}
	require.Greater(t, len(p), 1000)
	return p
}

func TestPublishedBritish(t *testing.T) {
	t.Run("gov.uk, England and Wales", func(t *testing.T) {
		agree(t, "england-and-wales", govuk(t, "england-and-wales"), 2024, 2027, nil)
	})
	t.Run("gov.uk, Scotland", func(t *testing.T) {
		agree(t, "scotland", govuk(t, "scotland"), 2024, 2027, notOurs{
			"2026-06-15": "proclaimed on 2026-02-04, after the file was published",
		})
	})
	t.Run("GB_ENG", func(t *testing.T) { agree(t, "england-and-wales", vacanza(t, "GB_ENG"), 1978, 2050, nil) })
	t.Run("GB_SCT", func(t *testing.T) {
		agree(t, "scotland", vacanza(t, "GB_SCT"), 1978, 2050, notOurs{
			"2006-11-30": "the act that made St Andrew's Day a bank holiday is of 2007",
		})
	})
	t.Run("rickar", func(t *testing.T) {
		agree(t, "england-and-wales", rickar(t, "gb"), 2015, 2022, notOurs{
			"SummerHolidayScotland": "Scotland alone has it",
			"2022-09-19":            "the source lacks the state funeral, which was proclaimed nine days before",
		})
	})
}

func TestPublishedJapanese(t *testing.T) {
	t.Run("Cabinet Office", func(t *testing.T) {
		agree(t, "japan", cabinetOffice(t), 1974, 2027, notOurs{
			"Bank holiday": "the source has holidays, not the days on which banks alone are closed",
		})
	})
	t.Run("JP_COMMON", func(t *testing.T) { agree(t, "japan", vacanza(t, "JP_COMMON"), 1974, 2050, nil) })
	t.Run("financial_XJPX", func(t *testing.T) { agree(t, "japan", vacanza(t, "financial_XJPX"), 1974, 2050, nil) })
	t.Run("rickar", func(t *testing.T) {
		agree(t, "japan", rickar(t, "jp"), 2015, 2022, notOurs{
			"Bank holiday":        "the source has holidays, not the days on which banks alone are closed",
			"TheEmperorsBirthday": "the source has it in 2019, when the day of the old emperor was no longer and that of the new was past",
			"MountainDay":         "the source has it on August 11 in 2020 and 2021, when it was moved for the Tokyo Games",
			"Mountain Day":        "and lacks the days to which it was moved",
		})
	})
}

// A holiday that federal offices keep on the Friday before is no holiday of the
// Federal Reserve Banks.
const saturdays = "a Saturday's holiday is not kept on Friday by the Federal Reserve Banks"

func TestPublishedAmerican(t *testing.T) {
	const shops = "a day on which nothing is closed"
	t.Run("US_COMMON", func(t *testing.T) {
		agree(t, "fed", vacanza(t, "US_COMMON"), 1986, 2050, notOurs{
			"Christmas Day (observed)":                        saturdays,
			"Independence Day (observed)":                     saturdays,
			"Juneteenth National Independence Day (observed)": saturdays,
			"New Year's Day (observed)":                       saturdays,
			"Veterans Day (observed)":                         saturdays,
			"Christmas Eve":                                   "markets close early, banks work",
			"Day After Christmas":                             "federal offices alone, by executive order",
			"Christmas Eve (half-day closing)":                "federal offices alone",
			"Election Day":                                    "some states alone",
			"Good Friday":                                     "stock exchanges alone",
			"Groundhog Day":                                   shops,
			"Halloween":                                       shops,
			"National Day of Mourning for former President George H. W. Bush": "federal offices and stock exchanges alone",
			"National Day of Mourning for former President Gerald R. Ford":    "federal offices and stock exchanges alone",
			"National Day of Mourning for former President Jimmy Carter":      "federal offices and stock exchanges alone",
			"National Day of Mourning for former President Ronald Reagan":     "federal offices and stock exchanges alone",
			"New Year's Eve":      shops,
			"Saint Patrick's Day": shops,
			"Valentine's Day":     shops,
		})
	})
	t.Run("rickar", func(t *testing.T) {
		agree(t, "fed", rickar(t, "us"), 2015, 2022, notOurs{
			"IndependenceDay":         saturdays,
			"VeteransDay":             saturdays,
			"Juneteenth":              saturdays,
			"ChristmasDay":            saturdays,
			"NewYear":                 saturdays,
			"DayAfterThanksgivingDay": "some states and stock exchanges alone",
		})
	})
	t.Run("CA_COMMON", func(t *testing.T) { agree(t, "canada", vacanza(t, "CA_COMMON"), 2000, 2050, nil) })
}

func TestPublishedAustralian(t *testing.T) {
	t.Run("New South Wales and Victoria", func(t *testing.T) {
		agree(t, "australia", both(vacanza(t, "AU_NSW"), vacanza(t, "AU_VIC")), 2012, 2050, nil)
	})
	const states = "holidays of states; the source has the Commonwealth's"
	t.Run("AU_COMMON", func(t *testing.T) {
		agree(t, "australia", vacanza(t, "AU_COMMON"), 2012, 2050, notOurs{
			"King's Birthday": states,
			"New Year's Day":  "states keep it on Monday; the source leaves it on the weekend",
			"Australia Day":   "states keep it on Monday; the source leaves it on the weekend",
			"Christmas Day":   "states keep it on the next free day; the source leaves it on the weekend",
			"Boxing Day":      "states keep it on the next free day; the source leaves it on the weekend",
		})
	})
	t.Run("rickar", func(t *testing.T) {
		const one = "not in both New South Wales and Victoria"
		agree(t, "australia", rickar(t, "au"), 2015, 2022, notOurs{
			"AnzacDayActWa": one, "AnzacDayNtQldSa": one, "CanberraDay": one, "FridayBeforeAflFinal": one, "LabourDayActNswSa": one,
			"LabourDayNtQld": one, "LabourDayTas": one, "LabourDayVic": one, "LabourDayWa": one, "MarchPublicHoliday": one, "MelbourneCup": one,
			"PicnicDay": one, "QueensBirthdayQld": one, "QueensBirthdayWa": one, "ReconciliationDay": one, "WesternAustraliaDay": one,
		})
	})
}

func TestPublishedEuropean(t *testing.T) {
	t.Run("rickar, ECB", func(t *testing.T) { agree(t, "target2", rickar(t, "ecb"), 2015, 2022, nil) })
	t.Run("financial_XETR", func(t *testing.T) {
		const exchange = "a stock exchange's day, on which TARGET works"
		agree(t, "target2", vacanza(t, "financial_XETR"), 2016, 2050, notOurs{
			"Christmas Eve": exchange, "New Year's Eve": exchange, "Pentecost Monday": exchange, "German Unity Day": exchange, "Reformation Day": exchange,
		})
	})
	t.Run("DK_COMMON", func(t *testing.T) {
		agree(t, "denmark", vacanza(t, "DK_COMMON"), 2010, 2050, notOurs{
			"Workers' Day":            "some agree on an afternoon; banks work",
			"Day after Ascension Day": "banks alone are closed; the source lacks it",
		})
	})
}

// Files of the folder with which nothing is compared: BR_COMMON, IN_COMMON,
// GB_NIR, financial_BVMF, financial_XHKG, and the rows ar and br, for places that
// have no calendar here; DE_COMMON, ES_COMMON, FR_COMMON, IE_COMMON, NL_COMMON and
// the rows be, de, es and nl, since euros settle by TARGET on national holidays;
// financial_IFEU and financial_XNYS, which are exchanges. Equinoxes and Easter are
// compared here, from 1851 to 2150.
func TestPublishedReckonings(t *testing.T) {
	equinoxes := 0
	for _, row := range readCSV(t, "holidays/rickar-cal-holidays.csv") {
		if row[0] != "jp" || row[1] != "VernalEquinoxDay" && row[1] != "AutumnalEquinoxDay" || row[3] == "" {
			continue
		}
		d := date(t, row[3])
		names := ""
		for _, x := range builtin(t, "japan").Why(d) {
			names += x.Name
		}
		require.Contains(t, strings.ReplaceAll(names, " ", ""), row[1], row)
		equinoxes++
	}
	require.Greater(t, equinoxes, 20)

	easters := 0
	for _, file := range []string{"DK_COMMON", "US_COMMON"} {
		for d, names := range vacanza(t, file) {
			if slices.Contains(names, "Easter Sunday") {
				require.Equal(t, easter(d.Time().Year()), d)
				easters++
			}
		}
	}
	require.Equal(t, 2*101, easters)
}

// The banking days that other software counts for the Federal Reserve Banks. Its
// business days are others: they leave out Saturday's holidays on Friday.
func TestPublishedFedCases(t *testing.T) {
	days, seen := builtin(t, "fed").Days(), 0
	for _, row := range readCSV(t, "holidays/us-fed-banking-day-cases.csv") {
		day := date(t, strings.SplitN(row[1], "T", 2)[0])
		switch row[0] {
		case "TestTime__IsBankingDay":
			require.Equal(t, row[4] == "true", days.Open(day), row)
		case "TestTime__FridayHoliday", "TestTime__YearlyHolidays":
			require.Equal(t, row[4] == "true", !days.Open(day), row)
		case "TestTime_AddBankingDay":
			n, err := strconv.Atoi(row[2])
			require.NoError(t, err)
			if n < 0 || n > 500 {
				continue // a limit of that software
			}
			require.Equal(t, strings.SplitN(row[3], "T", 2)[0], days.Add(day, n).String(), row)
		default:
			continue
		}
		seen++
	}
	require.Greater(t, seen, 25)
}
