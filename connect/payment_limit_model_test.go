package connect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
)

// limitModel is what a limit of three rolling days and one of a week should say.
type limitModel struct {
	today   int
	first   time.Weekday
	used    map[int]int64 // by day on which it was taken
	made    map[int]int64 // by day of the charge
	charges []*limitedCharge
}

// limitedCharge is a charge and what it takes of them.
type limitedCharge struct {
	c      *connect.Charge
	day    int
	counts int64
	days   []int // on which each of it was taken, oldest first
	open   bool  // it is authorized
}

// take makes what a charge counts more, today, or less: what was taken last is given back.
func (l *limitModel) take(c *limitedCharge, to int64) {
	l.made[c.day] += to - c.counts
	for ; c.counts < to; c.counts += 100 {
		c.days = append(c.days, l.today)
		l.used[l.today] += 100
	}
	for ; c.counts > to; c.counts -= 100 {
		last := len(c.days) - 1
		l.used[c.days[last]] -= 100
		c.days = c.days[:last]
	}
}

func (l *limitModel) rolling() (n int64) {
	for day := l.today - 2; day <= l.today; day++ {
		n += l.used[day]
	}
	return n
}

// weekly adds up the week of a day from Monday: the first day is a day of the week of its
// own.
func (l *limitModel) weekly(of int) (n int64) {
	monday := of - (int(l.first)+6+of)%7
	for day := monday; day < monday+7; day++ {
		n += l.made[day]
	}
	return n
}

// Whatever becomes of charges, limits have left what the charges do not take of them, by
// the days of each window, and refuse what is beyond.
func TestLimitsOfRandomCharges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMarket(t, connecttest.Config{Config: connect.Config{CaptureRules: []connect.CaptureRule{{Increases: 99}}}})
		a := m.seller().ID
		const most = 20_00
		m.limit(connect.SetLimitRequest{Name: "rolling", AccountID: a, Amount: usd(most), Window: connect.LimitRolling, Days: 3})
		m.limit(connect.SetLimitRequest{Name: "weekly", Each: true, Amount: usd(2 * most), Window: connect.LimitWeek})
		l := &limitModel{used: map[int]int64{}, made: map[int]int64{}, first: m.Clock.Now().Weekday()}
		left := func(of int) int64 { return min(most-l.rolling(), 2*most-l.weekly(of)) }
		pick := func() *limitedCharge {
			for _, x := range l.charges {
				if x.open && rapid.Bool().Draw(rt, "this") {
					return x
				}
			}
			return nil
		}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 6).Draw(rt, "step") {
			case 0, 1:
				minor := rapid.Int64Range(1, 12).Draw(rt, "hundreds") * 100
				r := connect.ChargeRequest{Key: m.key(), Amount: usd(minor), AccountID: a, Source: connect.TestCard}
				r.CaptureLater = rapid.Bool().Draw(rt, "later")
				declined := rapid.IntRange(0, 4).Draw(rt, "declined") == 0
				if declined {
					r.Source = connect.TestDeclined
				}
				c, err := m.platform.Charge(m.ctx, r)
				if minor > left(l.today) {
					require.Equal(t, "limit_exceeded", codeOf(t, err))
					continue
				}
				require.NoError(t, err)
				x := &limitedCharge{c: c, day: l.today, open: r.CaptureLater && !declined}
				if l.charges = append(l.charges, x); !declined {
					l.take(x, minor)
				}
			case 2:
				if x := pick(); x != nil {
					part := min(x.counts, 100*rapid.Int64Range(1, 12).Draw(rt, "part"))
					_, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: x.c.ID, Amount: usd(part)})
					require.NoError(t, err)
					l.take(x, part)
					x.open = false
				}
			case 3:
				if x := pick(); x != nil {
					_, err := m.platform.Cancel(m.ctx, connect.CancelRequest{Key: m.key(), ChargeID: x.c.ID})
					require.NoError(t, err)
					l.take(x, 0)
					x.open = false
				}
			case 4:
				if x := pick(); x != nil {
					minor := 100 * rapid.Int64Range(1, 8).Draw(rt, "more")
					_, err := m.increase(x.c.ID, minor)
					if minor > left(x.day) {
						require.Equal(t, "limit_exceeded", codeOf(t, err))
						continue
					}
					require.NoError(t, err)
					l.take(x, x.counts+minor)
				}
			default:
				m.pass(24 * time.Hour)
				l.today++
				for _, x := range l.charges {
					if x.open && l.today-x.day >= 7 { // its time is over
						l.take(x, 0)
						x.open = false
					}
				}
			}
			require.Equal(t, most-l.rolling(), m.allowed(m.platform, a, "rolling"))
			require.Equal(t, 2*most-l.weekly(l.today), m.allowed(m.platform, a, "weekly"))
		}
		m.verify()
	})
}
