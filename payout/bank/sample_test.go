package bank

import "strings"

// sampleFields fills in what a country requires, by its first way.
func sampleFields(country string) map[string]string { return sampleWay(country, 0) }

func sampleWay(country string, n int) map[string]string {
	fields := make(map[string]string)
	for _, f := range Formats(country)[n] {
		if !f.Optional {
			fields[f.Name] = sampleField(country, f)
		}
	}
	return fields
}

func sampleField(country string, f Field) string {
	switch f.Name {
	case "iban":
		return sampleIBAN(country)
	case "bic":
		return "AAAA" + country + "22"
	case "routing_number":
		if country == "CA" {
			return "12345-001"
		}
		return "021000021"
	case "sort_code":
		return "200000"
	case "bsb":
		return "062111"
	case "ifsc":
		return "HDFC0004051"
	case "clabe":
		return "002010077777777771"
	case "cbu":
		return "2850590940090418135201"
	case "account_holder_name":
		return "ﾔﾏﾀﾞ ﾊﾅｺ"
	}
	if country == "NZ" {
		return "0109020068389000"
	}
	return strings.Repeat("1", f.Min)
}

// sampleIBAN has zeros, and letters where there must be some.
func sampleIBAN(country string) string {
	if country == "HR" { // whose methods want more than zeros
		return "HR1210010051863000160"
	}
	shape := ibanShapes[mother(country)]
	fill := func(part byte) string {
		text := ""
		for _, p := range shape.pieces {
			if p.part == part {
				text += strings.Repeat(map[byte]string{'a': "A", 'n': "0", 'c': "0"}[p.class], p.to-p.from)
			}
		}
		return text
	}
	i, err := ComposeIBAN(country, IBANParts{Bank: fill('b'), Branch: fill('s'), Account: fill('c')})
	if err != nil {
		panic(err)
	}
	return i.Text
}
