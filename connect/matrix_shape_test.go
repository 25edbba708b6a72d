package connect_test

import "fmt"

// shape is whose own a charge is, and what follows from that.
type shape struct {
	name     string
	direct   bool // the seller's own
	platform bool // of a direct charge: the platform pays for the processing
	byAmount bool // it states what the seller gets
	behalf   bool // on behalf of the seller
	separate bool // the platform's, who transfers what is whose
	two      bool // to two sellers
	held     bool // the share waits for the host
}

var saleShapes = []shape{
	{name: "direct", direct: true},
	{name: "direct, the platform pays processing", direct: true, platform: true},
	{name: "destination"},
	{name: "destination by amount", byAmount: true},
	{name: "on behalf of", behalf: true},
	{name: "separate", separate: true},
	{name: "split", separate: true, two: true},
	{name: "held", held: true},
	{name: "direct, held", direct: true, held: true},
	{name: "by amount, held", byAmount: true, held: true},
}

// deal is one cell of the matrix: a sale of a shape in a currency, and its table.
type deal struct {
	*sheet
	*sale
	shape
	coin

	a, p, fees string // where the seller's money, the platform's and the commission are
	payer      string // whose the dispute's fee is
	second     int64  // what a second seller got
}

// policies of the parties of a deal.
type policies struct{ platform, seller, card string }

func newDeal(s shape, c coin, with policies) *deal {
	d := &deal{
		sheet: &sheet{settled: c.settled, has: make(map[string]int64)}, sale: newSale(c, s), shape: s, coin: c,
		a: "A.pending", p: "P.pending", fees: "P.pending", payer: "P.available",
	}
	if s.held {
		d.a, d.fees = "A.held", "P.held"
	}
	if s.direct && !s.platform {
		d.payer = "A.available"
	}
	d.WriteString(c.setup)
	d.step("platform %s", with.platform)
	if !s.separate {
		d.step("commission all: 12.3 %%")
	}
	seller := with.seller + " bank=" + c.settled
	if s.platform {
		seller += " fees=platform"
	}
	d.step("seller A %s", seller)
	if s.two {
		d.step("seller A2 bank=%s", c.settled)
	}
	d.charge(with.card)
	return d
}

// charge writes the sale itself: C1 to C5, C7 and C9 of the chart.
func (d *deal) charge(card string) {
	words := ""
	switch {
	case d.direct:
		words = " direct A"
	case d.byAmount:
		words = fmt.Sprintf(" to A gets %d", d.coin.amount-awayFromZero(d.coin.amount, commission, 1000))
	case d.behalf:
		words = " to A for A"
	case !d.separate:
		words = " to A"
	}
	if d.held {
		words += " hold host"
	}
	if d.coin.paid != d.settled() {
		words += " settle " + d.settled()
	}
	if card != "" {
		words += " card " + card
	}
	d.step("charge c1: %d %s%s", d.coin.amount, d.coin.paid, words)
	whole := portion{paid: d.sale.paid, amount: d.sale.amount, gross: d.sale.gross}
	comesTo, less := d.p, d.processing
	if d.direct {
		if comesTo = d.a; d.platform {
			less = 0
		}
	}
	d.post("charge", append(d.outside("acquirer", whole, 1), leg{comesTo, d.sale.amount - less, ""}, leg{"processing_fees", less, ""})...)
	d.post("processing fee", leg{"P.pending", less - d.processing, ""}, leg{"processing_fees", d.processing - less, ""})
	d.post("transfer", leg{d.p, -d.given, ""}, leg{d.a, d.given, ""})
	d.post("application fee", leg{d.a, -d.fee, ""}, leg{d.fees, d.fee, ""})
	if d.separate {
		d.transfers()
	}
}

func (d *deal) settled() string { return d.coin.settled }

// transfers are those of a separate charge: seven tenths, and two tenths to another.
func (d *deal) transfers() {
	first := d.sale.amount * 7 / 10
	d.step("transfer t1: %d %s of c1 to A", first, d.settled())
	d.post("transfer", leg{d.p, -first, ""}, leg{"A.pending", first, ""})
	if d.two {
		d.second = d.sale.amount * 2 / 10
		d.step("transfer t2: %d %s of c1 to A2", d.second, d.settled())
		d.post("transfer", leg{d.p, -d.second, ""}, leg{"A2.pending", d.second, ""})
	}
}

// outside is what an acquirer owes for a part of the sale, or with a sign of -1 is owed:
// in another currency the house buys what the buyer pays, and keeps its spread.
func (d *deal) outside(account string, p portion, sign int64) []leg {
	if d.coin.paid == d.settled() {
		return []leg{{account, -sign * p.amount, ""}}
	}
	paid := d.coin.paid
	return []leg{
		{account, -sign * p.paid, paid}, {"fx_position", sign * p.paid, paid},
		{"fx_value/" + paid, -sign * p.gross, ""}, {"fx_spread", sign * (p.gross - p.amount), ""},
	}
}

// fromSeller takes from what waits first, with what comes back into it, and then from
// what is available.
func (d *deal) fromSeller(minor, comes int64) []leg {
	if d.a != "A.held" {
		return []leg{{d.a, -minor, ""}}
	}
	first := min(minor, d.of("A.held")+comes)
	return []leg{{"A.held", -first, ""}, {"A.available", first - minor, ""}}
}

// released is the money reaching its day.
func (d *deal) released() {
	d.step("days 10")
	d.step("  in any order")
	for _, owner := range []string{"A", "A2", "P"} {
		has := d.of(owner + ".pending")
		d.post("available", leg{owner + ".pending", -has, ""}, leg{owner + ".available", has, ""})
	}
	d.a, d.p, d.fees = "A.available", "P.available", "P.available"
}

// letGo releases what waits.
func (d *deal) letGo() {
	if !d.held {
		return
	}
	d.step("release all of c1")
	a, p := d.of("A.held"), d.of("P.held")
	d.post("release", leg{"A.held", -a, ""}, leg{"A.pending", a, ""})
	d.post("release", leg{"P.held", -p, ""}, leg{"P.pending", p, ""})
	d.a, d.fees = "A.pending", "P.pending"
}

// paidOut is the seller taking all they have: O1 and O6 of the chart.
func (d *deal) paidOut() {
	d.letGo()
	d.released()
	all := d.of("A.available")
	all -= all % d.coin.whole
	d.step("payout p1: A all %s", d.settled())
	d.post("payout", leg{"A.available", -all, ""}, leg{"A.in_transit", all, ""})
	d.step("days 1")
	d.post("payout paid", leg{"A.in_transit", -all, ""}, leg{"bank_clearing", all, ""})
}

// frozen is an authority blocking all that the seller has: Z1.
func (d *deal) frozen() {
	d.letGo()
	d.released()
	d.step("freeze f1: A everything sanctions by ann/risk")
	d.step("approve f1 by cid/compliance")
	all := d.of("A.available")
	d.post("freeze", leg{"A.available", -all, ""}, leg{"A.frozen", all, ""})
}
