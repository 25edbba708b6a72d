package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// oldest is the first day after which a currency must have been legal tender
// somewhere to be of use: the books of nobody go back further.
const oldest = "1999-01-01"

// extract is the part of CLDR that the table needs.
type extract struct {
	Version   string              `json:"version"`
	Fractions map[string]fraction `json:"fractions"`
	Tender    map[string][]tender `json:"tender"`
	Names     map[string]string   `json:"names"` // English, of codes that ended
}

// fraction holds CLDR's display digits; "" where CLDR leaves one out.
type fraction struct {
	Digits       string `json:"_digits,omitempty"`
	CashDigits   string `json:"_cashDigits,omitempty"`
	CashRounding string `json:"_cashRounding,omitempty"`
}

// tender is one region's use of a currency; dates are yyyy-mm-dd or "".
type tender struct {
	Region string `json:"region"`
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	Not    bool   `json:"notTender,omitempty"`
}

// reduce makes the extract from CLDR's supplemental/currencyData.json and the
// English names in main/en/currencies.json.
func reduce(currencyData, english []byte) ([]byte, error) {
	x, err := reduceData(currencyData)
	if err != nil {
		return nil, err
	}
	var names struct {
		Main map[string]struct {
			Numbers struct {
				Currencies map[string]struct {
					DisplayName string `json:"displayName"`
				} `json:"currencies"`
			} `json:"numbers"`
		} `json:"main"`
	}
	if err := json.Unmarshal(english, &names); err != nil {
		return nil, err
	}
	x.Names = map[string]string{}
	for code, uses := range x.Tender {
		if _, open := lastDay(uses); !open {
			if x.Names[code] = names.Main["en"].Numbers.Currencies[code].DisplayName; x.Names[code] == "" {
				return nil, fmt.Errorf("no English name for %s", code)
			}
		}
	}
	return x.encode()
}

func reduceData(currencyData []byte) (*extract, error) {
	var in struct {
		Supplemental struct {
			Version      map[string]string `json:"version"`
			CurrencyData struct {
				Fractions map[string]fraction                       `json:"fractions"`
				Region    map[string][]map[string]map[string]string `json:"region"`
			} `json:"currencyData"`
		} `json:"supplemental"`
	}
	if err := json.Unmarshal(currencyData, &in); err != nil {
		return nil, err
	}
	x := &extract{
		Version:   in.Supplemental.Version["_cldrVersion"],
		Fractions: in.Supplemental.CurrencyData.Fractions,
		Tender:    map[string][]tender{},
	}
	for _, region := range slices.Sorted(maps.Keys(in.Supplemental.CurrencyData.Region)) {
		for _, use := range in.Supplemental.CurrencyData.Region[region] {
			for code, a := range use {
				x.Tender[code] = append(x.Tender[code], tender{region, a["_from"], a["_to"], a["_tender"] == "false"})
			}
		}
	}
	maps.DeleteFunc(x.Tender, func(_ string, uses []tender) bool {
		last, open := lastDay(uses)
		return !open && last < oldest
	})
	return x, nil
}

// lastDay returns the latest end of tender, or that there is none known: a
// region where it is tender without an end, or no region where it ever was.
func lastDay(uses []tender) (last string, open bool) {
	open = true
	for _, u := range uses {
		if u.Not {
			continue
		}
		if u.To == "" {
			return "", true
		}
		last, open = max(last, u.To), false
	}
	return last, open
}

// firstDay returns the earliest start of tender, "" if none is known.
func firstDay(uses []tender) (first string) {
	for _, u := range uses {
		if !u.Not && u.From != "" && (first == "" || u.From < first) {
			first = u.From
		}
	}
	return first
}

// encode writes one line a code, so that a renewal can be reviewed.
func (x *extract) encode() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n\"version\": %q", x.Version)
	for _, part := range []struct {
		name string
		rows map[string]any
	}{{"fractions", rows(x.Fractions)}, {"tender", rows(x.Tender)}, {"names", rows(x.Names)}} {
		fmt.Fprintf(&b, ",\n%q: {", part.name)
		for i, code := range slices.Sorted(maps.Keys(part.rows)) {
			if i > 0 {
				b.WriteByte(',')
			}
			line, err := json.Marshal(part.rows[code])
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "\n%q: %s", code, line)
		}
		b.WriteString("\n}")
	}
	b.WriteString("\n}\n")
	return b.Bytes(), nil
}

func rows[T any](m map[string]T) map[string]any {
	all := make(map[string]any, len(m))
	for k, v := range m {
		all[k] = v
	}
	return all
}
