package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// row is one currency before it is written.
type row struct {
	code, numeric, name   string
	digits, network, cash int
	kind                  string // the name of a currencyKind
	from, to              string // yyyy-mm-dd; "" is noDay
}

// patch is what was learnt since the list was published, kept by hand; each
// entry names its source.
type patch struct {
	AsOf    string       `json:"asOf"`
	Codes   int          `json:"codes"`   // how many the list has by then
	Add     []patchEntry `json:"add"`     // new in the list
	Remove  []patchEntry `json:"remove"`  // no longer in the list
	Beside  []patchEntry `json:"beside"`  // money that the list does not know
	Network []patchEntry `json:"network"` // digits of card networks and processors
	Past    []patchEntry `json:"past"`    // numeric codes, and digits where CLDR's are not ISO's
}

type patchEntry struct {
	Code, Numeric, Name, From, Source string
	Digits                            *int
}

// isoEntry is a country's line of ISO 4217 list one.
type isoEntry struct {
	Code    string `xml:"Ccy"`
	Numeric string `xml:"CcyNbr"`
	Name    string `xml:"CcyNm"`
	Units   string `xml:"CcyMnrUnts"`
}

// load reads the sources and returns all rows by code.
func load(sources fs.FS) (map[string]*row, *patch, error) {
	var p patch
	var x extract
	if err := readJSON(sources, "patch.json", &p); err != nil {
		return nil, nil, err
	}
	if err := readJSON(sources, "cldr-currency.json", &x); err != nil {
		return nil, nil, err
	}
	listed, err := readISO(sources)
	if err != nil {
		return nil, nil, err
	}
	all := maps.Clone(listed)
	if err := p.amend(all); err != nil {
		return nil, nil, err
	}
	if len(all) != p.Codes {
		return nil, nil, fmt.Errorf("the list has %d codes, the patch says %d", len(all), p.Codes)
	}
	if err := addPast(all, listed, &x, &p); err != nil {
		return nil, nil, err
	}
	for _, e := range p.Beside {
		all[e.Code] = &row{code: e.Code, name: e.Name, digits: *e.Digits, kind: "kindMoney"}
	}
	for _, r := range all {
		if err := r.complete(&x); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", r.code, err)
		}
	}
	for _, e := range p.Network {
		all[e.Code].network = *e.Digits
	}
	return all, &p, nil
}

func readJSON(sources fs.FS, name string, to any) error {
	data, err := fs.ReadFile(sources, name)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, to)
}

func readISO(sources fs.FS) (map[string]*row, error) {
	data, err := fs.ReadFile(sources, "iso-4217-list-one.xml")
	if err != nil {
		return nil, err
	}
	var list struct {
		Entries []isoEntry `xml:"CcyTbl>CcyNtry"`
	}
	if err := xml.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	all := map[string]*row{}
	for _, e := range list.Entries {
		if e.Code == "" { // a country without a currency of its own
			continue
		}
		r := &row{code: e.Code, numeric: e.Numeric, name: strings.TrimSpace(e.Name), kind: "kindMoney"}
		if e.Units == "N.A." {
			r.kind = "kindNoMoney"
		} else if r.digits, err = strconv.Atoi(e.Units); err != nil {
			return nil, err
		}
		if old := all[e.Code]; old != nil && *old != *r {
			return nil, fmt.Errorf("%s: the list contradicts itself", e.Code)
		}
		all[e.Code] = r
	}
	return all, nil
}

// amend brings the list up to the patch's date.
func (p *patch) amend(all map[string]*row) error {
	for _, e := range p.Remove {
		if all[e.Code] == nil {
			return fmt.Errorf("%s is not in the list", e.Code)
		}
		delete(all, e.Code)
	}
	for _, e := range p.Add {
		if all[e.Code] != nil {
			return fmt.Errorf("%s is in the list already", e.Code)
		}
		all[e.Code] = &row{code: e.Code, numeric: e.Numeric, name: e.Name, digits: *e.Digits, kind: "kindMoney", from: e.From}
	}
	return nil
}

// addPast adds what was legal tender since 1999 and is no longer listed. Its
// digits are those of the published list if it is there still, else those of
// the patch, else CLDR's.
func addPast(all, listed map[string]*row, x *extract, p *patch) error {
	for _, code := range slices.Sorted(maps.Keys(x.Tender)) {
		last, open := lastDay(x.Tender[code])
		if all[code] != nil || open || last < oldest {
			continue
		}
		r := &row{code: code, name: x.Names[code], kind: "kindPast"}
		if l := listed[code]; l != nil {
			r.name, r.numeric, r.digits = l.name, l.numeric, l.digits
		} else if d, err := strconv.Atoi(x.fraction(code).Digits); err == nil {
			r.digits = d
		} else {
			return err
		}
		all[code] = r
	}
	for _, e := range p.Past {
		r := all[e.Code]
		if r == nil || r.kind != "kindPast" {
			return fmt.Errorf("%s is not a past currency", e.Code)
		}
		if r.numeric = e.Numeric; e.Digits != nil {
			r.digits = *e.Digits
		}
	}
	return nil
}

// complete sets what follows from CLDR and the digits.
func (r *row) complete(x *extract) error {
	r.network, r.cash = r.digits, 1
	if first := firstDay(x.Tender[r.code]); first != "" {
		r.from = first
	}
	r.to, _ = lastDay(x.Tender[r.code])
	if x.Tender[r.code] == nil {
		return nil // not of CLDR's world: nothing to pay in cash
	}
	f := x.fraction(r.code)
	step, err := strconv.Atoi(f.CashRounding)
	if err != nil {
		return err
	}
	exp, err := strconv.Atoi(f.CashDigits)
	if err != nil {
		return err
	}
	// CLDR counts its step in units of its cash digits; a step of 0 is one unit.
	r.cash = max(step, 1)
	for ; exp < r.digits; exp++ {
		r.cash *= 10
	}
	return nil
}

// fraction returns CLDR's digits with the defaults of UTS #35 filled in.
func (x *extract) fraction(code string) fraction {
	f, ok := x.Fractions[code]
	if !ok {
		f = x.Fractions["DEFAULT"]
	}
	if f.CashDigits == "" {
		f.CashDigits = f.Digits
	}
	if f.CashRounding == "" {
		f.CashRounding = "0"
	}
	return f
}
