package ledger

import (
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/currency"
)

// Currency is a currency of ISO 4217 list one, one that was withdrawn from it
// since 1999, bitcoin, or an asset of the host's own. It is a small comparable
// value that carries its code and its minor digits, so no registry has to be
// asked and none can be changed. The generated constants (EUR, JPY, BTC, …),
// ParseCurrency and Asset make it; the zero value is no currency, and numbers of
// any other make are none either (Valid).
//
// Persist its text (String), never the number.
type Currency uint64

// A Currency packs, from the low end: 4 bits of minor digits, 58 bits of code
// in base 37 (letters 1–26, digits 27–36, most significant first), one bit
// that marks an asset of the host's.
const (
	digitBits = 4
	digitMask = 1<<digitBits - 1
	assetBit  = 1 << 62
	codeMask  = 1<<62 - 1 - digitMask
	codeBase  = 37
)

// Bounds of a host's own asset.
const (
	// MaxAssetCode is the longest code of a host's own asset, in characters.
	MaxAssetCode = 11
	// MaxAssetDigits is the largest number of minor digits of a host's asset.
	MaxAssetDigits = 12
)

// currencyInfo is a row of the generated table, which is sorted by code.
type currencyInfo struct {
	cur     Currency
	code    string
	numeric string // ISO 4217 numeric code, "" where there is none
	name    string
	kind    currencyKind
	network uint8 // minor digits on card networks and processors
	cash    int32 // smallest cash step in minor units; 1 where coins reach the minor unit
	from    int32 // first day as legal tender anywhere, days since 1970-01-01; noDay if not known
	to      int32 // last such day; noDay if it still is
}

type currencyKind uint8

const (
	kindMoney   currencyKind = iota // can be owed and paid
	kindPast                        // was money, withdrawn from list one
	kindNoMoney                     // metals, test codes, units of account: no minor unit
)

const noDay = int32(-1 << 31)

// IsZero reports whether c is no currency at all.
func (c Currency) IsZero() bool { return c == 0 }

// Digits returns the number of minor digits: 2 for EUR, 0 for JPY, 3 for KWD,
// 8 for BTC. They are those of ISO 4217; displays and payment networks may use
// others (NetworkDigits, package locale).
func (c Currency) Digits() int { return int(c & digitMask) }

// IsAsset reports whether c is a host's own asset such as USDC/6.
func (c Currency) IsAsset() bool { return c&assetBit != 0 }

// Code returns the code without digits: "EUR", "USDC".
func (c Currency) Code() string {
	if i := c.row(); i != nil {
		return i.code
	}
	var buf [16]byte
	return string(c.appendCode(buf[:0]))
}

// String returns the text that ParseCurrency reads back: "EUR", "USDC/6".
func (c Currency) String() string {
	if !c.IsAsset() {
		return c.Code()
	}
	var buf [16]byte
	return string(c.appendText(buf[:0]))
}

func (c Currency) appendText(b []byte) []byte {
	b = c.appendCode(b)
	if c.IsAsset() {
		b = append(b, '/')
		b = strconv.AppendInt(b, int64(c.Digits()), 10)
	}
	return b
}

func (c Currency) appendCode(b []byte) []byte {
	start := len(b)
	for n := uint64(c&codeMask) >> digitBits; n > 0; n /= codeBase {
		v := byte(n % codeBase)
		if v <= 26 {
			b = append(b, 'A'+v-1)
		} else {
			b = append(b, '0'+v-27)
		}
	}
	slices.Reverse(b[start:])
	return b
}

// packCode returns the packed code, or false if a character is not allowed.
func packCode(code string) (Currency, bool) {
	if code == "" || len(code) > MaxAssetCode {
		return 0, false
	}
	var n uint64
	for i := range len(code) {
		switch ch := code[i]; {
		case ch >= 'A' && ch <= 'Z':
			n = n*codeBase + uint64(ch-'A'+1)
		case ch >= '0' && ch <= '9' && i > 0:
			n = n*codeBase + uint64(ch-'0'+27)
		default:
			return 0, false
		}
	}
	return Currency(n << digitBits), true
}

// row returns the table row of a listed currency, nil for assets and unknowns.
func (c Currency) row() *currencyInfo {
	lo, hi := 0, len(currencies)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if currencies[mid].cur < c {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(currencies) && currencies[lo].cur == c {
		return &currencies[lo]
	}
	return nil
}

// rowOf returns the row of a three-letter code whatever its digits.
func rowOf(packed Currency) *currencyInfo {
	i, _ := slices.BinarySearchFunc(currencies[:], packed, func(r currencyInfo, p Currency) int {
		switch rc := r.cur &^ digitMask; {
		case rc < p:
			return -1
		case rc > p:
			return 1
		}
		return 0
	})
	if i < len(currencies) && currencies[i].cur&^digitMask == packed {
		return &currencies[i]
	}
	return nil
}

// ParseCurrency reads "EUR" or a host's own asset with its digits, "USDC/6".
// It is strict: upper case, no spaces. Withdrawn currencies parse, so that old
// books stay readable (see Current). Codes that are not money (XAU, XTS, XXX)
// and unknown ones are unsupported_currency, malformed ones invalid_currency;
// both are of class Invalid.
func ParseCurrency(text string) (Currency, error) {
	if len(text) == 3 && text[1] != '/' {
		if c, ok := packCode(text); ok && !hasDigit(text) {
			if r := rowOf(c); r != nil && r.kind != kindNoMoney {
				return r.cur, nil
			}
			return 0, invalid("unsupported_currency", "currency", quoted(text)+" is not a currency that can be owed or paid")
		}
		return 0, badCurrency(text)
	}
	return parseAsset(text)
}

// parseAsset reads CODE/digits.
func parseAsset(text string) (Currency, error) {
	if len(text) > MaxAssetCode+3 {
		return 0, badCurrency(text)
	}
	for i := len(text) - 1; i > 0; i-- {
		if text[i] != '/' {
			continue
		}
		c, ok := packCode(text[:i])
		d := text[i+1:]
		n, err := strconv.ParseUint(d, 10, 8)
		if !ok || err != nil || n > MaxAssetDigits || strconv.FormatUint(n, 10) != d {
			return 0, badCurrency(text)
		}
		if rowOf(c) != nil {
			return 0, invalid("invalid_currency", "currency", quoted(text)+" takes the code of a listed currency")
		}
		return c | assetBit | Currency(n), nil
	}
	return 0, badCurrency(text)
}

// Asset returns a host's own asset from its text, "USDC/6": a code of 1–11
// upper-case letters and digits that starts with a letter, a slash and its
// minor digits, 0–12. The code of a listed currency is refused.
func Asset(text string) (Currency, error) {
	c, err := ParseCurrency(text)
	if err == nil && !c.IsAsset() {
		return 0, invalid("invalid_currency", "currency", quoted(text)+" is a listed currency, not an asset")
	}
	return c, err
}

func hasDigit(s string) bool {
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			return true
		}
	}
	return false
}

func badCurrency(text string) *Error {
	return invalid("invalid_currency", "currency", quoted(text)+" is not the code of a currency")
}

// quoted shows text of a caller in a message: bounded, on one line, printable.
func quoted(text string) string {
	if len(text) > 40 {
		return strconv.QuoteToASCII(text[:40]) + "…"
	}
	return strconv.QuoteToASCII(text)
}

// Valid reports whether c is a currency in which money can be expressed: a
// listed one, withdrawn or not, or a well-formed asset.
func (c Currency) Valid() bool {
	if c.IsAsset() {
		var buf [16]byte
		code, ok := packCode(string(c.appendCode(buf[:0]))) // refuses numbers that no code packs to
		return ok && code == c&codeMask && c>>63 == 0 && c.Digits() <= MaxAssetDigits && rowOf(code) == nil
	}
	r := c.row()
	return r != nil && r.kind != kindNoMoney
}

// Current reports whether c may be used for new money at a moment: it is an
// asset, or a listed currency that is not withdrawn by then. The dates are
// those of CLDR (last day of legal tender in any region).
func (c Currency) Current(at time.Time) bool {
	if c.IsAsset() {
		return c.Valid()
	}
	r := c.row()
	if r == nil || r.kind == kindNoMoney {
		return false
	}
	day := int32(floorDay(at))
	return (r.to == noDay || day <= r.to) && (r.kind != kindPast || r.to != noDay)
}

func floorDay(t time.Time) int64 {
	s := t.Unix()
	d := s / 86400
	if s%86400 < 0 {
		d--
	}
	return d
}

// Tender returns the first and last day on which c was legal tender anywhere,
// as midnights in UTC. A zero time means: not known, or still.
func (c Currency) Tender() (from, to time.Time) {
	r := c.row()
	if r == nil {
		return from, to
	}
	if r.from != noDay {
		from = time.Unix(int64(r.from)*86400, 0).UTC()
	}
	if r.to != noDay {
		to = time.Unix(int64(r.to)*86400, 0).UTC()
	}
	return from, to
}

// Numeric returns the ISO 4217 numeric code, "978" for EUR, or "".
func (c Currency) Numeric() string {
	if r := c.row(); r != nil {
		return r.numeric
	}
	return ""
}

// Name returns the English name of ISO 4217 (of CLDR for withdrawn currencies),
// or the code where there is none.
func (c Currency) Name() string {
	if r := c.row(); r != nil {
		return r.name
	}
	return c.Code()
}

// NetworkDigits returns the minor digits that card networks and processors use
// for c. They differ from Digits for a few: ISK and UGX are sent with two,
// MGA with none. Convert with Money.Units and FromUnits, only at the edge.
func (c Currency) NetworkDigits() int {
	if r := c.row(); r != nil {
		return int(r.network)
	}
	return c.Digits()
}

// Unit bridges to golang.org/x/text/currency, whose data is of 2017: it may
// name a currency and must never validate or scale one. False if that table
// does not know c.
func (c Currency) Unit() (currency.Unit, bool) {
	if c.IsAsset() || !c.Valid() {
		return currency.Unit{}, false
	}
	u, err := currency.ParseISO(c.Code())
	if err != nil {
		return currency.Unit{}, false
	}
	return u, true
}

// Currencies lists the currencies that can be owed and paid at a moment (see
// Current), in the order of their codes: those of ISO 4217 list one with a minor
// unit, those withdrawn later, and bitcoin.
func Currencies(at time.Time) []Currency {
	var list []Currency
	for i := range currencies {
		if c := currencies[i].cur; c.Current(at) {
			list = append(list, c)
		}
	}
	return list
}

// MarshalText implements encoding.TextMarshaler with String's text.
func (c Currency) MarshalText() ([]byte, error) {
	if c != 0 && !c.Valid() {
		return nil, badCurrency("#" + strconv.FormatUint(uint64(c), 16))
	}
	return c.appendText(nil), nil
}

// UnmarshalText implements encoding.TextUnmarshaler; empty text is no currency.
func (c *Currency) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = 0
		return nil
	}
	v, err := ParseCurrency(string(text))
	if err != nil {
		return err
	}
	*c = v
	return nil
}
