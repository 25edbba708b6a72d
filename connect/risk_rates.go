package connect

import (
	"cmp"
	"slices"
	"time"

	"github.com/soukhq/souk/connect/monitor"
	"github.com/soukhq/souk/ledger"
)

// riskRates counts the disputes of one card network and its reports of fraud, month by
// month: of a platform, and of each account that it charges for. It is put with what it
// counts. Sales are not counted here, or each charge would put it: they are read where
// there are disputes enough to ask for them.
type riskRates struct {
	Platform string      `json:"platform"`
	Owner    string      `json:"owner"`
	Network  string      `json:"network"`
	Months   []riskMonth `json:"months,omitzero"` // oldest first
	// Standing are the levels that the owner has reached, by programme, as they were told.
	Standing map[string]string `json:"standing,omitzero"`
	Level    RateLevel         `json:"level,omitzero"` // the worst of them
	Judged   time.Time         `json:"judged,omitzero"`
	Work     ledger.Work       `json:"work,omitzero"`
}

// riskMonth is what was heard in one calendar month, in UTC.
type riskMonth struct {
	Month    string `json:"month"` // "2026-03"
	Warnings int64  `json:"warnings,omitzero"`
	Fraud    int64  `json:"fraud,omitzero"`
	Other    int64  `json:"other,omitzero"`
}

// keptMonths is how many months of counts are kept, this one included.
const keptMonths = 14

var riskKind = ledger.Kind[riskRates]{
	Name: "connect.risk_rates", Prefix: "risk_",
	Keys: func(r *riskRates) []ledger.Key { return r.Work.Keys(ledger.Key{Name: "platform", Value: r.Platform}) },
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "owner", Path: "owner"}, {Name: "network", Path: "network"}, {Name: "level", Path: "level"},
		{Name: "judged", Path: "judged", Type: ledger.TimeColumn},
	},
}

// The types of the events of levels. They name the account or the platform that has
// reached one, or no longer has; DisputeRates tells which.
const (
	EventRiskWarning = "dispute_rate.warning"
	EventRiskLimit   = "dispute_rate.limit"
	EventRiskNormal  = "dispute_rate.normal"
)

func riskID(owner, network string) string { return riskKind.Prefix + owner + "_" + network }

// monthOf names the calendar month of a moment, in UTC, and startOf is where it begins.
func monthOf(at time.Time) string { return at.UTC().Format("2006-01") }

func startOf(month string) time.Time {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return time.Time{}
	}
	return t
}

// riskOf returns the counts of an owner, expected unchanged; none yet are empty ones.
func (p *Platform) riskOf(u *ledger.Unit, owner, network string) (*riskRates, error) {
	o, err := u.Object(riskKind.ID(riskID(owner, network)))
	if err != nil {
		return nil, err
	}
	if o.Version == 0 {
		return &riskRates{Platform: p.id, Owner: owner, Network: network}, nil
	}
	return riskKind.Decode(o)
}

// counted finds the counts of a month; nil if nothing was heard in it.
func (r *riskRates) counted(month string) *riskMonth {
	i, found := slices.BinarySearchFunc(r.Months, month, func(m riskMonth, month string) int { return cmp.Compare(m.Month, month) })
	if !found {
		return nil
	}
	return &r.Months[i]
}

// count counts something that was heard of a charge: for the platform, and for the
// account that it is for. Drain looks at it the next day. Of a network that nobody
// told, or that has no programme, nothing is counted.
func (p *Platform) countRisk(u *ledger.Unit, c *Charge, count func(*riskMonth)) error {
	if !slices.Contains(p.e.c.Monitor.Programs.Networks(), c.Network) {
		return nil
	}
	owners := []string{c.Platform}
	if c.Account != "" {
		owners = append(owners, c.Account)
	}
	for _, owner := range owners {
		r, err := p.riskOf(u, owner, c.Network)
		if err != nil {
			return err
		}
		month := monthOf(u.At())
		m := r.counted(month)
		if m == nil {
			// The clock may have been set back: they stay in their order.
			i, _ := slices.BinarySearchFunc(r.Months, month, func(m riskMonth, month string) int { return cmp.Compare(m.Month, month) })
			r.Months = slices.Insert(r.Months, i, riskMonth{Month: month})
			r.Months = r.Months[max(len(r.Months)-keptMonths, 0):]
			if m = r.counted(month); m == nil {
				continue
			}
		}
		if count(m); !r.Work.Open() {
			r.Work.Later(nextDay(u.At()))
		}
		if err := riskKind.Put(u, riskID(owner, c.Network), r); err != nil {
			return err
		}
	}
	return nil
}

// nextDay is when the day of a moment is over, in UTC.
func nextDay(at time.Time) time.Time { return at.UTC().Truncate(day).Add(day) }

// countDispute counts a dispute once, when it is more than an inquiry.
func (p *Platform) countDispute(u *ledger.Unit, c *Charge, d *Dispute) error {
	if d.Counted || d.Status.inquiry() {
		return nil
	}
	d.Counted = true
	return p.countRisk(u, c, func(m *riskMonth) {
		if d.Reason == "fraudulent" {
			m.Fraud++
		} else {
			m.Other++
		}
	})
}

// of adds up what a programme counts of a month.
func (m *riskMonth) of(t *monitor.Terms) (n int64) {
	if m == nil {
		return 0
	}
	for what, counted := range map[string]int64{monitor.FraudWarnings: m.Warnings, monitor.FraudDisputes: m.Fraud, monitor.OtherDisputes: m.Other} {
		if slices.Contains(t.Counts, what) {
			n += counted
		}
	}
	return n
}
