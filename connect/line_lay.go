package connect

import (
	"fmt"
	"slices"
	"strconv"

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
}

// lay reads the lines of a request: it checks them, fills in what they leave out,
// and says what that is on each line. They decide the amount and the taxes. If a
// calculator was asked that is done already.
func (p *Platform) lay(r *ChargeRequest) error {
	if len(r.Lines) == 0 || r.laid != nil {
		return nil
	}
	l, err := p.layOut(r)
	if err != nil {
		return err
	}
	return l.decide(r)
}

// layOut lays the lines of a request out.
func (p *Platform) layOut(r *ChargeRequest) (*layout, error) {
	switch {
	case len(r.Lines) > maxLines:
		return nil, badField("invalid_lines", "lines", fmt.Sprintf("a charge has at most %d lines", maxLines))
	case len(r.Tax) > 0:
		return nil, badField("invalid_request", "tax", "a charge with lines has its taxes among them")
	case r.Net != ledger.Money{}:
		return nil, badField("invalid_request", "net", "a charge with lines has the amount of its lines")
	}
	l := &layout{
		seller: r.AccountID, platform: p.id, cur: r.Lines[0].Amount.Currency(), category: r.Category,
		lines: make([]Line, 0, 2*len(r.Lines)), left: make([]int64, 0, 2*len(r.Lines)), included: make([]int64, 0, 2*len(r.Lines)),
	}
	return l, l.read(r.Lines)
}

// decide puts on a request what its lines decide.
func (l *layout) decide(r *ChargeRequest) error {
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

// read adds lines to the layout: it checks them, and spreads the discounts and taxes
// among them over all that are sold.
func (l *layout) read(lines []Line) error {
	if err := checkPercents(lines); err != nil {
		return err
	}
	first := len(l.lines)
	for i := range lines {
		x := lines[i]
		at := lineAt(len(l.lines))
		if x.On != nil {
			x.On = slices.Clone(x.On)
		}
		if x.Name == "" {
			x.Name = strconv.Itoa(int(at) + 1)
		}
		if l.find(x.Name) >= 0 || !validName(x.Name) {
			return at.bad(".name", "a name is 1 to 40 lower-case letters, digits, dots, dashes and underscores, once in its charge")
		}
		if err := l.check(&x, at); err != nil {
			return err
		}
		left := int64(0)
		if x.sold() {
			left = x.Amount.Minor()
			x.Parts = &LineParts{Amount: x.Amount}
		}
		l.lines, l.left, l.included = append(l.lines, x), append(l.left, left), append(l.included, 0)
	}
	for _, kind := range [2]LineKind{LineDiscount, LineTax} {
		for i := first; i < len(l.lines); i++ {
			if l.lines[i].Kind != kind {
				continue
			}
			if err := l.spread(&l.lines[i], lineAt(i)); err != nil {
				return err
			}
		}
	}
	l.bases()
	return nil
}

// find returns the place of a line, −1 if there is none of that name.
func (l *layout) find(name string) int {
	return slices.IndexFunc(l.lines, func(x Line) bool { return x.Name == name })
}

// on returns the lines that a discount or a tax is on.
func (l *layout) on(x *Line, at lineAt) ([]int, error) {
	list := make([]int, 0, len(l.lines))
	for _, name := range x.On {
		i := l.find(name)
		if i < 0 || !l.lines[i].sold() || slices.Contains(list, i) {
			return nil, at.bad(".on", "it names lines of the charge that are neither discount nor tax, each once")
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
func (l *layout) spread(x *Line, at lineAt) error {
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
		return badField("discount_exceeds_lines", at.field(".amount"), "it is more than is left of the lines that it is on")
	case x.Kind == LineTax && (x.Included && over || all == 0 && amount > 0):
		return badField("tax_exceeds_lines", at.field(".amount"), "it is more than is left of the lines that it is on")
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
func (l *layout) taxOn(x, on *Line, i int, part ledger.Money, at lineAt) error {
	p := on.Parts
	if x.Included {
		if l.included[i] += part.Minor(); l.included[i] > l.left[i] {
			return badField("tax_exceeds_lines", at.field(".amount"), "the taxes in line "+on.Name+" are more than it")
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
