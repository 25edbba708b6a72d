package compliance

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/internal/email"
	"github.com/soukhq/souk/ledger"
)

// forms says what a field's value looks like, by the last word of its path, as
// far as that is the same everywhere. Whether it is true is another question.
var forms = map[string]struct {
	fits func(value string) bool
	want string
}{
	"day":               {within(1, 31), "a day of the month is 1 to 31"},
	"month":             {within(1, 12), "a month is 1 to 12"},
	"year":              {within(1900, 9999), "a year has four digits"},
	"email":             {email.Valid, "this is not an e-mail address"},
	"url":               {isURL, "a web address begins with http:// or https://"},
	"mcc":               {digits(4), "a merchant category code has four digits"},
	"ssn_last_4":        {digits(4), "the last four are digits"},
	"percent_ownership": {isPercentage, "a part is 0 to 100 percent"},
	"executive":         {isBool, "it is true or false"},
	"ip":                {isIP, "this is not an IP address"},
	"date":              {within(1, 1<<40), "a moment is in seconds since 1970"},
}

// checkForm refuses a value that cannot be one of its field. It never repeats
// the value.
func checkForm(path, value string) error {
	form, ok := forms[path[strings.LastIndexByte(path, '.')+1:]]
	if ok && !form.fits(value) {
		return invalidField(path, form.want)
	}
	return nil
}

func within(least, most int64) func(string) bool {
	return func(value string) bool {
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && n >= least && n <= most && digits(len(value))(value)
	}
}

func digits(n int) func(string) bool {
	return func(value string) bool { return len(value) == n && strings.Trim(value, "0123456789") == "" }
}

func isURL(value string) bool {
	u, err := url.Parse(value)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func isPercentage(value string) bool {
	d, err := ledger.ParseDecimal(value, 20, "invalid_percentage", "percent_ownership")
	return err == nil && d.Sign() >= 0 && d.Cmp(decimal.New(100, 0)) <= 0
}

func isBool(value string) bool { return value == "true" || value == "false" }

func isIP(value string) bool {
	a, err := netip.ParseAddr(value)
	return err == nil && a.Zone() == ""
}
