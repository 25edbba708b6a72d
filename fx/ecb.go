package fx

import (
	"bufio"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// ecbFile is the XML of euro foreign exchange reference rates, of one day or of many.
type ecbFile struct {
	XMLName xml.Name `xml:"http://www.gesmes.org/xml/2002-08-01 Envelope"`
	Days    []struct {
		Time  string `xml:"time,attr"`
		Rates []struct {
			Currency string `xml:"currency,attr"`
			Rate     string `xml:"rate,attr"`
		} `xml:"Cube"`
	} `xml:"Cube>Cube"`
}

func badECB(msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_rate_file", Field: "file", Op: "fx: ecb", Msg: msg}
}

// ParseECB reads the European Central Bank's daily file (eurofxref-daily.xml):
// one day of rates against the euro, published about 16:00 Central European
// Time. Files of several days are ParseECBHistory's, and refused here. A rate of a
// currency that this version does not know is left out: nobody can ask for it.
func ParseECB(r io.Reader) (*Table, error) {
	days, err := parseECBXML(io.LimitReader(r, 1<<20))
	if err != nil {
		return nil, err
	}
	if len(days) != 1 {
		return nil, badECB("it does not hold the rates of one day")
	}
	return days[0], nil
}

// ParseECBHistory reads the European Central Bank's files of many days: the XML of the
// last 90 days or of all since 1999 (eurofxref-hist-90d.xml, eurofxref-hist.xml), or the
// same as CSV (eurofxref-hist.csv), in any order of days. What is "N/A" on a day is left
// out of it, and so is a currency that this version does not know. At most 64 MiB are
// read.
func ParseECBHistory(r io.Reader) (*History, error) {
	in := bufio.NewReader(io.LimitReader(r, 64<<20))
	for {
		next, err := in.Peek(1)
		if err != nil {
			return nil, badECB("it is empty")
		}
		if strings.IndexByte(" \t\r\n\xef\xbb\xbf", next[0]) >= 0 { // the last three mark its encoding
			_, _ = in.Discard(1)
			continue
		}
		read := parseECBCSV
		if next[0] == '<' {
			read = parseECBXML
		}
		days, err := read(in)
		if err != nil {
			return nil, err
		}
		return NewHistory(days...)
	}
}

func parseECBXML(r io.Reader) ([]*Table, error) {
	var f ecbFile
	d := xml.NewDecoder(r)
	if d.Decode(&f) != nil || !ended(d) {
		return nil, badECB("it is not the XML of the reference rates")
	}
	if len(f.Days) == 0 {
		return nil, badECB("it does not hold the rates of a day")
	}
	days := make([]*Table, len(f.Days))
	for i, day := range f.Days {
		row, err := newECBDay(day.Time)
		if err != nil {
			return nil, err
		}
		for _, x := range day.Rates {
			if err := row.add(x.Currency, x.Rate); err != nil {
				return nil, err
			}
		}
		if days[i], err = row.table(); err != nil {
			return nil, err
		}
	}
	return days, nil
}

func parseECBCSV(r io.Reader) ([]*Table, error) {
	in := csv.NewReader(r)
	in.ReuseRecord, in.TrimLeadingSpace = true, true
	first, err := in.Read()
	if err != nil || first[0] != "Date" {
		return nil, badECB("it is neither the XML nor the CSV of the reference rates")
	}
	header := make([]string, len(first))
	for i, name := range first {
		header[i] = strings.TrimSpace(name)
	}
	var days []*Table
	for {
		rates, err := in.Read()
		if err == io.EOF {
			if len(days) == 0 {
				return nil, badECB("it does not hold the rates of a day")
			}
			return days, nil
		}
		if err != nil { // a line of fewer fields too, which may have been cut
			return nil, badECB("a line of it is not like its first")
		}
		day, err := newECBDay(rates[0])
		if err != nil {
			return nil, err
		}
		for i, name := range header[1:] {
			rate := strings.TrimSpace(rates[i+1])
			if rate == "N/A" || name == "" && rate == "" { // each line ends with a comma
				continue
			}
			if err := day.add(name, rate); err != nil {
				return nil, err
			}
		}
		table, err := day.table()
		if err != nil {
			return nil, err
		}
		days = append(days, table)
	}
}

// ecbDay is the list of one day, as it is read.
type ecbDay struct {
	at    time.Time
	rates map[ledger.Currency]decimal.Decimal
}

func newECBDay(text string) (*ecbDay, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return nil, badECB("it does not say of which day it is")
	}
	return &ecbDay{at, make(map[ledger.Currency]decimal.Decimal)}, nil
}

func (d *ecbDay) add(code, text string) error {
	c, err := ledger.ParseCurrency(code)
	if e := (*ledger.Error)(nil); errors.As(err, &e) && e.Code == "unsupported_currency" {
		return nil
	}
	if err != nil {
		return err
	}
	if _, twice := d.rates[c]; twice {
		return badECB("it names " + code + " twice")
	}
	rate, err := ParseRate(ledger.EUR, c, text, d.at, "ECB")
	if err != nil {
		return err
	}
	d.rates[c] = rate.Value
	return nil
}

func (d *ecbDay) table() (*Table, error) {
	if len(d.rates) == 0 {
		return nil, badECB("it does not hold the rates of " + d.at.Format(time.DateOnly))
	}
	return NewTable(ledger.EUR, d.at, "ECB "+d.at.Format(time.DateOnly), d.rates)
}

// ended reports whether nothing but space and comments follows. A second list
// behind the first would otherwise be lost in silence.
func ended(d *xml.Decoder) bool {
	for {
		token, err := d.Token()
		if err != nil {
			return err == io.EOF
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			return false
		}
		if _, ok := token.(xml.StartElement); ok {
			return false
		}
	}
}
