package connect

import (
	"time"

	"github.com/soukhq/souk/connect/monitor"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// mostSales bounds how many charges are read for one rate. Beyond it nothing is known of
// the rate, and no level is reached by it.
const mostSales = 500_000

// rated is what is known of one programme and month.
type rated struct {
	terms   monitor.Terms
	month   string
	counted int64
	sales   int64
	atLeast bool // there are more, which change no level
	unknown bool // there are more than are read
	level   RateLevel
	name    string // of the programme's level, or monitor.Near
}

// rank orders levels.
func (l RateLevel) rank() int {
	switch l {
	case RateLimited:
		return 2
	case RateWarning:
		return 1
	}
	return 0
}

// rate judges the counts of a month by a programme. Sales are read only if there are
// enough disputes for the number of a level, and no more of them than can change one; least
// is how many are read whatever the counts.
func (p *Platform) rate(v ledger.View, r *riskRates, t monitor.Terms, month string, least int64) (rated, error) {
	x := rated{terms: t, month: month, counted: r.counted(month).of(&t)}
	lowest, near := &t.Levels[0], p.e.c.Monitor.WarnAt
	need := least
	if lowest.Reached(x.counted, 0, near) {
		for i := range t.Levels {
			need = max(need, t.Levels[i].Enough(x.counted, 100), t.Levels[i].Enough(x.counted, near))
		}
	}
	if need == 0 {
		return x, nil
	}
	from := startOf(month)
	if t.Previous {
		from = from.AddDate(0, -1, 0)
	}
	var err error
	if x.sales, x.atLeast, x.unknown, err = p.sales(v, r.Owner, r.Network, from, need); err != nil || x.unknown {
		return x, err
	}
	if lowest.Reached(x.counted, x.sales, near) && x.counted > 0 {
		x.level, x.name = RateWarning, monitor.Near
	}
	for i := range t.Levels {
		if l := &t.Levels[i]; l.Reached(x.counted, x.sales, 100) {
			x.name = l.Name
			if x.level = RateLimited; l.Warns {
				x.level = RateWarning
			}
		}
	}
	return x, nil
}

// sales counts the payments of a network that succeeded, by when they were made: those of
// an owner in the month that begins at a moment, up to a number.
func (p *Platform) sales(v ledger.View, owner, network string, from time.Time, need int64) (n int64, atLeast, unknown bool, err error) {
	q := ledger.Query{Kind: chargeKind.Name, Name: "account", Value: owner, From: from, To: from.AddDate(0, 1, 0), Limit: ledger.MaxPage}
	if owner == p.id {
		q.Name = "platform"
	}
	for read := 0; ; {
		list, err := v.Find(q)
		if err != nil {
			return 0, false, false, err
		}
		for _, o := range list {
			c, err := chargeKind.Decode(o)
			if err != nil {
				return 0, false, false, err
			}
			if c.Network == network && (c.Status == ChargeSucceeded || c.Failure.booked()) {
				n++
			}
		}
		read += len(list)
		switch {
		case len(list) < q.Limit:
			return n, false, false, nil
		case n >= need:
			return n, true, false, nil
		case read >= mostSales:
			return n, true, true, nil
		}
		q.After = list[len(list)-1].PlaceIn(q)
	}
}

// judge rates what an owner's counts come to on a day: of each programme of the network
// the month that runs and the one before, whichever is worse. So a level lasts until a
// whole month was below it.
func (p *Platform) judge(v ledger.View, r *riskRates, now time.Time) (worst map[string]rated, err error) {
	worst = make(map[string]rated)
	for _, t := range p.e.c.Monitor.Programs.On(payout.DayOf(now, time.UTC)) {
		if t.Network != r.Network {
			continue
		}
		this := startOf(monthOf(now))
		for _, month := range []string{monthOf(this.AddDate(0, -1, 0)), monthOf(this)} {
			x, err := p.rate(v, r, t, month, 0)
			if err != nil {
				return nil, err
			}
			if was, ok := worst[t.Program]; !ok || x.unknown && !was.unknown || x.level.rank() > was.level.rank() || x.level == was.level && x.above(&was) {
				worst[t.Program] = x
			}
		}
	}
	return worst, nil
}

// above tells whether a rate is at a higher level of its programme than another.
func (x *rated) above(o *rated) bool {
	at := func(name string) int {
		for i := range x.terms.Levels {
			if x.terms.Levels[i].Name == name {
				return i
			}
		}
		return -1
	}
	return at(x.name) > at(o.name)
}

// live tells whether something was heard in the month that runs or in the one before, so
// that the owner is looked at again.
func (r *riskRates) live(now time.Time) bool {
	this := startOf(monthOf(now))
	return r.counted(monthOf(this)) != nil || r.counted(monthOf(this.AddDate(0, -1, 0))) != nil
}
