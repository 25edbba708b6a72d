package connect_test

// lateFates are what becomes of a sale when a bank refuses a refund that had succeeded,
// and when its seller is paused, closes or has closed.
var lateFates = []fate{
	{"refund refused later by the bank", policies{seller: owes}, func(d *deal) { d.refusedLater(d.held) }},
	{"refund refused later by the bank, what the seller gave stands", policies{platform: "failed=platform", seller: owes}, func(d *deal) {
		d.refusedLater(true)
	}},
	{"refund refused later, after the payout", policies{seller: owes}, func(d *deal) {
		d.paidOut()
		d.refusedLater(false)
	}},
	{"refunded and disputed while the seller is paused", policies{platform: claws, seller: owes}, func(d *deal) {
		d.step("pause A by ann/risk")
		d.noSales("account_paused")
		d.refund("r1", d.sale.paid/4, true, true)
		d.won(d.dispute("d1", d.sale.paid/3, true))
		d.lost(d.dispute("d2", d.sale.paid/3, true), false)
		d.refund("r2", 0, true, true)
	}},
	{"refunded while the seller is closing", policies{seller: owes}, func(d *deal) {
		d.closing()
		d.refund("r1", d.sale.paid/3, true, true)
		d.draws()
		d.refund("r2", 0, true, true)
	}},
	{"dispute lost while the seller is closing", policies{platform: claws, seller: owes}, func(d *deal) {
		d.closing()
		d.lost(d.dispute("d1", d.sale.paid/3, true), false)
		d.draws()
	}},
	{"dispute won while the seller is closing", policies{platform: claws, seller: owes}, func(d *deal) {
		d.closing()
		d.won(d.dispute("d1", d.sale.paid, true))
	}},
	{"refunded once the seller is closed", policies{seller: owes}, func(d *deal) {
		d.closed()
		d.refund("r1", 0, true, true)
	}},
	{"dispute lost once the seller is closed", policies{platform: claws, seller: owes}, func(d *deal) {
		d.closed()
		d.lost(d.dispute("d1", d.sale.paid, true), false)
	}},
	{"dispute won once the seller is closed", policies{platform: claws, seller: owes}, func(d *deal) {
		d.closed()
		d.wonLate(d.dispute("d1", d.sale.paid, true))
	}},
}

// refusedLater is a part that is refunded and refused after that by the bank: R8 of the
// chart. It is made good, and the rest refunded.
func (d *deal) refusedLater(stands bool) {
	paid := d.sale.paid / 2
	d.ask("r1", paid, true, true)
	p := d.takes(paid)
	d.begins(&p, true, true)
	d.refunded(p)
	d.step("refused r1 account_closed")
	giver := d.p
	if d.direct {
		if giver = d.a; giver == "A.held" { // what waited is not put together again
			giver = "A.available"
		}
	}
	d.post("refund failed", append([]leg{{giver, p.amount, ""}}, d.outside("acquirer", p, 1)...)...)
	if stands {
		d.back, d.amountBack, d.grossBack = d.back-p.paid, d.amountBack-p.amount, d.grossBack-p.gross
	} else {
		d.post("transfer reversal undone", leg{d.a, p.taken, ""}, leg{d.p, -p.taken, ""})
		d.post("fee refund undone", leg{d.fees, p.fee, ""}, leg{d.a, -p.fee, ""})
		d.undo(p)
	}
	d.step("buyer-owed c1 %d %s", paid, d.coin.paid)
	d.step("refund r2: repays r1 c1")
	if p = d.takes(paid); stands {
		from := []leg{{d.p, -p.amount, ""}}
		if d.direct {
			from = d.fromSeller(p.amount, 0)
		}
		d.post("refund", append(from, d.outside("acquirer", p, -1)...)...)
	} else {
		d.begins(&p, true, true)
		d.refunded(p)
	}
	d.step("buyer-owed c1 0 %s", d.coin.paid)
	d.refund("r3", 0, true, true)
}

// noSales: the seller sells nothing new.
func (d *deal) noSales(code string) {
	for i, words := range []string{"to A", "direct A", "to A for A"} {
		d.step("charge n%d: 100000 %s %s", i, d.settled(), words)
		d.refused("state", code)
	}
}

// closing is the seller's account that closes: what they have is kept back.
func (d *deal) closing() {
	d.letGo()
	d.released()
	d.closes()
	d.noSales("account_closed")
}

// closes keeps back what may still be disputed, which is nothing of the platform's own
// charges.
func (d *deal) closes() {
	d.step("close x1: A by ann/finance")
	if all := d.of("A.available"); !d.separate {
		d.post("reserve", leg{"A.available", -all, ""}, leg{"A.reserved", all, ""})
	}
}

// draws is what a closing account owes being filled from what is kept back: V1, early. Of
// what it owes in another currency nothing is, and the platform covers it: V2.
func (d *deal) draws() {
	if d.separate { // which owes nothing, and is paid out
		return
	}
	d.step("minutes 60")
	m := min(-d.of("A.available"), d.of("A.reserved"))
	d.post("reserve released", leg{"A.reserved", -m, ""}, leg{"A.available", m, ""})
	if owes := d.has["A.available USD"]; owes < 0 && d.settled() != "USD" {
		d.post("cover", leg{"P.available", owes, "USD"}, leg{"P.cover", -owes, "USD"})
	}
}

// closed is the seller's account that has closed, after all was paid out.
func (d *deal) closed() {
	d.paidOut()
	if rest := d.of("A.available"); rest > 0 { // less than banks pay, which no account ends with
		d.step("fee f1: %d %s of A listing", rest, d.settled())
		d.post("platform fee", leg{"A.available", -rest, ""}, leg{"P.available", rest, ""})
	}
	d.step("close x1: A by ann/finance")
	d.step("days 140")
	d.step("status x1 closed")
	d.noSales("account_closed")
}

// wonLate is D3 of the chart for who is not entitled any more: it waits for a person.
func (d *deal) wonLate(x *claim) {
	before := d.of("A.available")
	d.won(x)
	late := min(d.of("A.available")-before, d.of("A.available"))
	if late > 0 {
		d.post("dispute won", leg{"A.available", -late, ""}, leg{"A.held", late, ""})
	}
}
