package connect

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// What a charge may have of lines: those of the request, and those and the taxes
// of a calculator together.
const (
	maxLines    = 100
	maxAllLines = 400
)

// layout is what the lines of a request come to.
type layout struct {
	lines    []Line
	seller   string // whom the charge is for
	platform string
	cur      ledger.Currency
	left     []int64 // of each line that is sold: what discounts have left of it
	included []int64 // of that, what is a tax
	category string  // of the charge: of lines that have none
	names    map[string]int
}

// lay reads the lines of a request: it checks them, fills in what they leave out,
// and says what that is on each line. They decide the amount and the taxes.
func (p *Platform) lay(r *ChargeRequest) error {
	if r.laid = nil; len(r.Lines) == 0 {
		return nil
	}
	switch {
	case len(r.Lines) > maxLines:
		return badField("invalid_lines", "lines", fmt.Sprintf("a charge has at most %d lines", maxLines))
	case len(r.Tax) > 0:
		return badField("invalid_request", "tax", "a charge with lines has its taxes among them")
	case r.Net != ledger.Money{}:
		return badField("invalid_request", "net", "a charge with lines has the amount of its lines")
	}
	all := slices.Concat(r.Lines, r.taxed)
	if err := checkPercents(all); err != nil {
		return err
	}
	l := &layout{
		lines: all, seller: r.AccountID, platform: p.id, cur: all[0].Amount.Currency(), left: make([]int64, len(all)),
		included: make([]int64, len(all)), category: r.Category, names: make(map[string]int, len(all)),
	}
	if err := l.read(); err != nil {
		return err
	}
	amount := l.amount()
	if r.Amount != (ledger.Money{}) && r.Amount != amount {
		return badField("lines_do_not_add", "amount", "the lines are "+amount.String()+" together, not "+r.Amount.String())
	}
	if r.TransferAmount != (ledger.Money{}) && (!l.discount().IsZero() || !l.own().IsZero()) {
		return badField("invalid_request", "transferAmount", "what the platform gives to a discount, and what is its own, follow from the lines; the seller gets what they say")
	}
	r.laid, r.Amount, r.Tax = l, amount, l.taxes()
	return nil
}

// read checks all lines and spreads discounts and taxes over those that are sold.
func (l *layout) read() error {
	for i := range l.lines {
		x := &l.lines[i]
		x.On = slices.Clone(x.On)
		if x.Name == "" {
			x.Name = strconv.Itoa(i + 1)
		}
		at := fmt.Sprintf("lines[%d]", i)
		if _, twice := l.names[x.Name]; twice || !validName(x.Name) {
			return badField("invalid_line", at+".name", "a name is 1 to 40 lower-case letters, digits, dots, dashes and underscores, once in its charge")
		}
		l.names[x.Name] = i
		if err := l.check(x, at); err != nil {
			return err
		}
		if x.sold() {
			l.left[i] = x.Amount.Minor()
			x.Parts = &LineParts{Amount: x.Amount}
		}
	}
	for _, kind := range []LineKind{LineDiscount, LineTax} {
		for i := range l.lines {
			if l.lines[i].Kind != kind {
				continue
			}
			err := l.spread(&l.lines[i], fmt.Sprintf("lines[%d]", i))
			if err != nil {
				return err
			}
		}
	}
	l.bases()
	return nil
}

// check refuses a line that is none.
func (l *layout) check(x *Line, at string) error {
	bad := func(field, msg string) error { return badField("invalid_line", at+field, msg) }
	switch {
	case x.Amount == ledger.Money{}:
		return bad(".amount", "an amount is missing")
	case x.Amount.Currency() != l.cur:
		return badField("currency_mismatch", at+".amount", "all lines are in one currency, "+l.cur.String())
	case x.Amount.Minor() > maximum || x.Amount.Minor() < -maximum:
		return badField("amount_too_large", at+".amount", "a line has at most twelve digits")
	case x.Parts != nil || x.Back != nil:
		return bad(".parts", "they are computed, not given")
	case x.Category != "" && !pricing.Word(x.Category):
		return badField("invalid_category", at+".category", "a category is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	case x.Quantity < 0 || x.Quantity > maximum:
		return bad(".quantity", "it is zero or more")
	}
	if err := checkLineTexts(x, at); err != nil {
		return err
	}
	switch x.Kind {
	case LineGoods, LineDelivery, LineTip, LinePassThrough:
		if x.Amount.Sign() <= 0 {
			return bad(".amount", "it is more than zero; what is taken off is a line of its own, a discount")
		}
	case LineTax:
		if x.Amount.Sign() < 0 {
			return bad(".amount", "a tax is zero or more")
		}
	case LineDiscount:
		if x.Amount.Sign() >= 0 {
			return bad(".amount", "a discount is below zero")
		}
	default:
		return bad(".kind", "a line is goods, delivery, tip, pass_through, tax or discount")
	}
	return l.checkFields(x, bad)
}

func checkLineTexts(x *Line, at string) error {
	for _, text := range []struct {
		field, text string
		most        int
	}{{".description", x.Description, 200}, {".jurisdiction", x.Jurisdiction, 200}, {".note", x.Note, 500}} {
		if err := checkText(at+text.field, text.text, text.most); err != nil {
			return err
		}
	}
	return nil
}

// checkFields refuses what a line of another kind would have, and says whose it is.
func (l *layout) checkFields(x *Line, bad func(field, msg string) error) error {
	tax := x.Authority != "" || x.Included || x.SellerRemits || !x.Rate.IsZero() || x.Jurisdiction != "" || x.Note != ""
	paid := x.PlatformPays != (ledger.Money{}) || !x.PlatformPercent.IsZero()
	switch {
	case tax && x.Kind != LineTax:
		return bad(".kind", "authority, included, sellerRemits, rate, jurisdiction and note are of taxes")
	case paid && x.Kind != LineDiscount:
		return bad(".platformPays", "who pays is said of discounts")
	case len(x.On) > 0 && x.sold():
		return bad(".on", "discounts and taxes are on lines")
	case !x.sold() && (x.Owner != "" || x.Category != "" || x.Quantity != 0):
		return bad(".owner", "discounts and taxes have neither owner nor category nor quantity; they are on lines that have")
	case x.Kind == LineTax && !validName(x.Authority):
		return badField("invalid_tax", "lines.authority", "an authority is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	case x.PlatformPays != (ledger.Money{}) && !x.PlatformPercent.IsZero():
		return bad(".platformPercent", "the platform pays an amount or a percentage, not both")
	case x.PlatformPays != (ledger.Money{}) && (x.PlatformPays.Currency() != l.cur || x.PlatformPays.Sign() < 0 || x.PlatformPays.Minor() > -x.Amount.Minor()):
		return bad(".platformPays", "it is from zero to the whole discount, in its currency")
	}
	return l.whose(x, bad)
}

// whose says whose a line is.
func (l *layout) whose(x *Line, bad func(field, msg string) error) error {
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
		return bad(".owner", "a charge for a seller has lines of theirs and of the platform")
	case !accountKind.Fits(x.Owner):
		return notFound("account")
	}
	return nil
}

// checkPercents refuses numbers that are no percentages, before anybody spells them
// out.
func checkPercents(lines []Line) error {
	for i := range lines {
		for _, x := range []struct {
			field string
			d     decimal.Decimal
			most  int64
		}{{"rate", lines[i].Rate, 1000}, {"platformPercent", lines[i].PlatformPercent, 100}} {
			if !percentOf(x.d, x.most) {
				return badField("invalid_line", fmt.Sprintf("lines[%d].%s", i, x.field), "a percentage is from 0 on, with at most six decimals")
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

// on returns the lines that a discount or a tax is on.
func (l *layout) on(x *Line, at string) ([]int, error) {
	var list []int
	for _, name := range x.On {
		i, ok := l.names[name]
		if !ok || !l.lines[i].sold() || slices.Contains(list, i) {
			return nil, badField("invalid_line", at+".on", "it names lines of the charge that are neither discount nor tax, each once")
		}
		list = append(list, i)
	}
	if len(x.On) > 0 {
		return list, nil
	}
	for i := range l.lines {
		if kind := l.lines[i].Kind; kind == LineGoods || kind == LineDelivery && x.Kind == LineTax {
			list = append(list, i)
		}
	}
	if len(list) > 0 || x.Kind != LineTax {
		return list, nil
	}
	for i := range l.lines { // nothing that is usually taxed: all there is
		if l.lines[i].sold() {
			list = append(list, i)
		}
	}
	return list, nil
}

// spread says what a discount or a tax is on each of its lines: in proportion to
// what they are by then, and every unit of it.
func (l *layout) spread(x *Line, at string) error {
	list, err := l.on(x, at)
	if err != nil {
		return err
	}
	weights, all := make([]int64, len(list)), int64(0)
	for n, i := range list {
		weights[n] = l.left[i]
		all += l.left[i]
	}
	amount := x.Amount.Minor()
	if x.Kind == LineDiscount {
		amount = -amount
	}
	switch over := amount > all; {
	case x.Kind == LineDiscount && over:
		return badField("discount_exceeds_lines", at+".amount", "it is more than is left of the lines that it is on")
	case x.Kind == LineTax && (x.Included && over || all == 0 && amount > 0):
		return badField("tax_exceeds_lines", at+".amount", "it is more than is left of the lines that it is on")
	case amount == 0:
		return nil
	}
	parts, err := ledger.Minor(amount, l.cur).Allocate(weights...)
	if err != nil {
		return err
	}
	if x.Kind == LineDiscount {
		return l.discounted(x, list, parts)
	}
	for n, i := range list {
		if err := l.taxOn(x, &l.lines[i], i, parts[n], at); err != nil {
			return err
		}
	}
	return nil
}

// discounted takes a discount off its lines, and says what the platform pays of it.
func (l *layout) discounted(x *Line, list []int, parts []ledger.Money) error {
	pays := ledger.Zero(l.cur)
	switch {
	case x.PlatformPays != ledger.Money{}:
		pays = x.PlatformPays
	case !x.PlatformPercent.IsZero():
		var err error
		if pays, err = ledger.Minor(-x.Amount.Minor(), l.cur).Times(x.PlatformPercent.Shift(-2), ledger.RoundHalfUp); err != nil {
			return err
		}
	}
	x.PlatformPays = some(pays)
	shares := make([]int64, len(parts))
	for n := range parts {
		shares[n] = parts[n].Minor()
	}
	by, err := pays.Allocate(shares...)
	if err != nil {
		return err
	}
	for n, i := range list {
		p := l.lines[i].Parts
		l.left[i] -= parts[n].Minor()
		p.Discount = some(ledger.Minor(p.Discount.Minor()+parts[n].Minor(), l.cur))
		if l.lines[i].Owner != l.platform {
			p.ByPlatform = some(ledger.Minor(p.ByPlatform.Minor()+by[n].Minor(), l.cur))
		}
	}
	return nil
}

// taxOn puts a part of a tax on a line.
func (l *layout) taxOn(x, on *Line, i int, part ledger.Money, at string) error {
	p := on.Parts
	if x.Included {
		if l.included[i] += part.Minor(); l.included[i] > l.left[i] {
			return badField("tax_exceeds_lines", at+".amount", "the taxes in line "+on.Name+" are more than it")
		}
	} else {
		p.OnTop = some(ledger.Minor(p.OnTop.Minor()+part.Minor(), l.cur))
	}
	if !x.SellerRemits {
		p.addTax(x.Authority, part)
	}
	return nil
}

// bases says what of each line a commission is computed of: of goods that are not
// the platform's, less what the seller gives to discounts, and less the taxes in it.
// What the platform gives to a discount is income of the seller.
func (l *layout) bases() {
	for i := range l.lines {
		x := &l.lines[i]
		if x.Kind != LineGoods || x.Owner == l.platform {
			continue
		}
		x.Parts.Base = some(ledger.Minor(l.left[i]+x.Parts.ByPlatform.Minor()-l.included[i], l.cur))
	}
}
