package connect

import (
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/connect/tax"
	"github.com/soukhq/souk/ledger"
)

// lineAt is the place of a line in its request.
type lineAt int

// field names a field of the line: ".amount" is "lines[3].amount".
func (a lineAt) field(name string) string { return "lines[" + strconv.Itoa(int(a)) + "]" + name }

func (a lineAt) bad(field, msg string) error { return badField("invalid_line", a.field(field), msg) }

// check refuses a line that is none.
func (l *layout) check(x *Line, at lineAt) error {
	switch {
	case x.Amount == ledger.Money{}:
		return at.bad(".amount", "an amount is missing")
	case x.Amount.Currency() != l.cur:
		return badField("currency_mismatch", at.field(".amount"), "all lines are in one currency, "+l.cur.String())
	case x.Amount.Minor() > maximum || x.Amount.Minor() < -maximum:
		return badField("amount_too_large", at.field(".amount"), "a line has at most twelve digits")
	case x.Parts != nil || x.Back != nil:
		return at.bad(".parts", "they are computed, not given")
	case x.Category != "" && !pricing.Word(x.Category):
		return badField("invalid_category", at.field(".category"), "a category is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	case x.Quantity < 0 || x.Quantity > maximum:
		return at.bad(".quantity", "it is zero or more")
	}
	if err := checkLineTexts(x, at); err != nil {
		return err
	}
	switch x.Kind {
	case LineGoods, LineDelivery, LineTip, LinePassThrough:
		if x.Amount.Sign() <= 0 {
			return at.bad(".amount", "it is more than zero; what is taken off is a line of its own, a discount")
		}
	case LineTax:
		if x.Amount.Sign() < 0 {
			return at.bad(".amount", "a tax is zero or more")
		}
	case LineDiscount:
		if x.Amount.Sign() >= 0 {
			return at.bad(".amount", "a discount is below zero")
		}
	default:
		return at.bad(".kind", "a line is goods, delivery, tip, pass_through, tax or discount")
	}
	return l.checkFields(x, at)
}

func checkLineTexts(x *Line, at lineAt) error {
	for _, text := range [3]struct {
		field, text string
		most        int
	}{{".description", x.Description, 200}, {".jurisdiction", x.Jurisdiction, 200}, {".note", x.Note, 500}} {
		if text.text == "" {
			continue
		}
		if err := checkText(at.field(text.field), text.text, text.most); err != nil {
			return err
		}
	}
	return nil
}

// checkFields refuses what a line of another kind would have, and says whose it is.
func (l *layout) checkFields(x *Line, at lineAt) error {
	taxed := x.Authority != "" || x.Included || x.SellerRemits || !x.Rate.IsZero() || x.Jurisdiction != "" || x.Note != "" || x.Rounding != ""
	paid := x.PlatformPays != (ledger.Money{}) || !x.PlatformPercent.IsZero()
	switch {
	case x.Rounding != "" && x.Rounding != tax.RoundLine && x.Rounding != tax.RoundTotal:
		return at.bad(".rounding", "it is line or total")
	case taxed && x.Kind != LineTax:
		return at.bad(".kind", "authority, included, sellerRemits, rate, jurisdiction, note and rounding are of taxes")
	case paid && x.Kind != LineDiscount:
		return at.bad(".platformPays", "who pays is said of discounts")
	case len(x.On) > 0 && x.sold():
		return at.bad(".on", "discounts and taxes are on lines")
	case !x.sold() && (x.Owner != "" || x.Category != "" || x.Quantity != 0):
		return at.bad(".owner", "discounts and taxes have neither owner nor category nor quantity; they are on lines that have")
	case x.Kind == LineTax && !validName(x.Authority):
		return badField("invalid_tax", at.field(".authority"), "an authority is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	case x.PlatformPays != (ledger.Money{}) && !x.PlatformPercent.IsZero():
		return at.bad(".platformPercent", "the platform pays an amount or a percentage, not both")
	case x.PlatformPays != (ledger.Money{}) && (x.PlatformPays.Currency() != l.cur || x.PlatformPays.Sign() < 0 || x.PlatformPays.Minor() > -x.Amount.Minor()):
		return at.bad(".platformPays", "it is from zero to the whole discount, in its currency")
	}
	return l.whose(x, at)
}

// whose says whose a line is.
func (l *layout) whose(x *Line, at lineAt) error {
	if !x.sold() {
		return nil
	}
	def := l.seller
	if def == "" {
		def = l.platform
	}
	switch {
	case x.Owner == "":
		x.Owner = def
	case x.Owner == l.platform || x.Owner == l.seller:
	case l.seller != "":
		return at.bad(".owner", "a charge for a seller has lines of theirs and of the platform")
	case !accountKind.Fits(x.Owner):
		return notFound("account")
	}
	return nil
}

// checkPercents refuses numbers that are no percentages, before anybody spells them
// out.
func checkPercents(lines []Line) error {
	for i := range lines {
		for _, x := range [2]struct {
			field string
			d     decimal.Decimal
			most  int64
		}{{".rate", lines[i].Rate, 1000}, {".platformPercent", lines[i].PlatformPercent, 100}} {
			if !percentOf(x.d, x.most) {
				return lineAt(i).bad(x.field, "a percentage is from 0 on, with at most six decimals")
			}
		}
	}
	return nil
}

// percentOf looks at the size of the number first: one like 1e2000000000 must not
// even be compared.
func percentOf(d decimal.Decimal, most int64) bool {
	return d.NumDigits() <= 18 && d.Exponent() >= -6 && d.Exponent() <= 3 && d.Sign() >= 0 && d.Cmp(decimal.New(most, 0)) <= 0
}
