package connect_test

import "fmt"

// refund gives a part back to the buyer, "all" or so much: R1 to R7 of the chart. With
// reverse the seller gives their part, and with fee gets that of the commission back.
func (d *deal) refund(name string, paid int64, reverse, fee bool) {
	all := paid == 0
	if d.ask(name, paid, reverse, fee); all {
		paid = d.sale.paid - d.back
	}
	p := d.takes(paid)
	d.begins(&p, reverse, fee)
	d.refunded(p)
}

// ask writes the request of a refund: of nothing is of all that is left.
func (d *deal) ask(name string, paid int64, reverse, fee bool) {
	words := "all of c1"
	if paid > 0 {
		words = fmt.Sprintf("%d of c1", paid)
	}
	if reverse && !d.direct && !d.separate {
		words += " reverse"
	}
	if fee && d.returns() {
		words += " fee"
	}
	d.step("refund %s: %s", name, words)
}

// returns tells shapes that have a commission.
func (d *deal) returns() bool { return !d.separate && !d.byAmount }

// begins says what of a part is the seller's to give.
func (d *deal) begins(p *portion, reverse, fee bool) {
	switch {
	case d.separate || !reverse && !d.direct:
	case d.direct && fee:
		d.commissionOf(p)
	case !d.direct:
		d.from(p, fee && d.returns())
	}
}

// refunded is what a refund posts once the acquirer has made it.
func (d *deal) refunded(p portion) {
	if d.direct {
		d.post("refund", append(d.fromSeller(p.amount, p.fee), d.outside("acquirer", p, -1)...)...)
	} else {
		d.post("refund", append([]leg{{d.p, -p.amount, ""}}, d.outside("acquirer", p, -1)...)...)
		d.post("transfer reversal", append(d.fromSeller(p.taken, p.fee), leg{d.p, p.taken, ""})...)
	}
	d.post("fee refund", leg{d.fees, -p.fee, ""}, leg{d.a, p.fee, ""})
	d.nothingWaits()
}

// nothingWaits: a commission that is kept waits no longer than the share.
func (d *deal) nothingWaits() {
	if p := d.of("P.held"); d.a == "A.held" && d.of("A.held") == 0 && p > 0 {
		d.post("release", leg{"P.held", -p, ""}, leg{"P.pending", p, ""})
	}
}

// reversed pulls back what was transferred of a separate charge: its refund does not.
func (d *deal) reversed() {
	if !d.separate {
		return
	}
	first := d.sale.amount * 7 / 10
	d.step("reverse t1")
	d.post("transfer reversal", leg{d.reversedFrom("A"), -first, ""}, leg{d.reversedFrom("P"), first, ""})
	if d.two {
		d.step("reverse t2 1 %s", d.settled())
		d.post("transfer reversal", leg{d.reversedFrom("A2"), -1, ""}, leg{d.reversedFrom("P"), 1, ""})
	}
}

// reversedFrom is where an owner's money of the charge is.
func (d *deal) reversedFrom(owner string) string {
	if owner == "P" {
		return d.p
	}
	return owner + d.a[1:]
}

// claim is what a dispute of a sale takes.
type claim struct {
	name         string
	paid, excess int64
	portion
	took []leg
}

// dispute is the bank taking so much, at once: D1, D2 and D5 of the chart. With recover
// the seller's part is pulled back with it, and the commission given back.
func (d *deal) dispute(name string, paid int64, recover bool) *claim {
	takes := min(paid, d.sale.paid-d.back)
	x := &claim{name: name, paid: paid, excess: paid - takes, portion: d.takes(takes)}
	d.step("dispute %s: %d of c1 withdrawn %d", name, paid, paid)
	if d.direct && recover {
		d.commissionOf(&x.portion)
	}
	d.bears(x)
	if recover && !d.direct {
		d.recovers(x)
	}
	if d.direct {
		d.post("fee refund", leg{d.fees, -x.fee, ""}, leg{d.a, x.fee, ""})
	}
	d.post("dispute fee", leg{d.payer, -1500, "USD"}, leg{"processing_fees", 1500, "USD"})
	d.post("dispute withdrawn", leg{"disputed", -paid, d.coin.paid}, leg{"acquirer", paid, d.coin.paid})
	return x
}

// bears takes the amount of a dispute from whoever bears it.
func (d *deal) bears(x *claim) {
	x.took = []leg{{d.p, -x.amount, ""}}
	if d.direct {
		x.took = d.fromSeller(x.amount, x.fee)
	}
	bridge := d.outside("disputed", x.portion, -1)
	bridge[0].minor += x.excess
	x.took = append(append(x.took, bridge...), leg{"suspense", -x.excess, d.coin.paid})
	d.post("dispute", x.took...)
}

// recovers pulls the seller's part of a dispute back.
func (d *deal) recovers(x *claim) {
	if d.separate {
		return
	}
	d.from(&x.portion, d.returns())
	d.post("transfer reversal", append(d.fromSeller(x.taken, x.fee), leg{d.p, x.taken, ""})...)
	d.post("fee refund", leg{d.fees, -x.fee, ""}, leg{d.a, x.fee, ""})
}

// won is the buyer's bank giving it back: D3 of the chart.
func (d *deal) won(x *claim) {
	d.step("dispute %s: of c1 is won reinstated %d", x.name, x.paid)
	for i := range x.took {
		x.took[i].minor = -x.took[i].minor
	}
	d.post("dispute won", x.took...)
	d.post("transfer reversal undone", leg{d.a, x.taken, ""}, leg{d.p, -x.taken, ""})
	d.post("fee refund undone", leg{d.fees, x.fee, ""}, leg{d.a, -x.fee, ""})
	d.undo(x.portion)
	d.post("dispute reinstated", leg{"acquirer", -x.paid, d.coin.paid}, leg{"disputed", x.paid, d.coin.paid})
}

// lost is D4 of the chart: what is beyond the charge is whoever's who bears the dispute.
func (d *deal) lost(x *claim, recover bool) {
	d.step("dispute %s: of c1 is lost", x.name)
	bearer := "P.available"
	if d.direct {
		bearer = "A.available"
	}
	d.post("dispute", leg{bearer, -x.excess, d.coin.paid}, leg{"suspense", x.excess, d.coin.paid})
	if recover && !d.direct {
		d.recovers(x)
	}
	d.nothingWaits()
	d.step("status %s lost", x.name)
}
