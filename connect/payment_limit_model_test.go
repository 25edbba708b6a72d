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
	used    map[int]int64 // by day
	charges []*limitedCharge
}

// limitedCharge is a charge and what it takes of them.
type limitedCharge struct {
	c      *connect.Charge
	day    int
	counts int64
	open   bool // it is authorized
}

func (l *limitModel) take(c *limitedCharge, to int64) {
	l.used[c.day] += to - c.counts
	c.counts = to
}

func (l *limitModel) rolling() (n int64) {
	for day := l.today - 2; day <= l.today; day++ {
		n += l.used[day]
	}
	return n
}

// weekly adds up the week from Monday: the first day is a day of the week of its own.
func (l *limitModel) weekly(first time.Weekday) (n int64) {
	monday := l.today - (int(first)+6+l.today)%7
	for day := monday; day <= l.today; day++ {
		n += l.used[day]
	}
	return n
}

// Whatever becomes of charges, limits have left what the charges do not take of them, by
// the days of each window, and refuse what is beyond.
func TestLimitsOfRandomCharges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMarket(t, connecttest.Config{})
		a := m.seller().ID
		const most = 20_00
		m.limit(connect.SetLimitRequest{Name: "rolling", AccountID: a, Amount: usd(most), Window: connect.LimitRolling, Days: 3})
		m.limit(connect.SetLimitRequest{Name: "weekly", Each: true, Amount: usd(2 * most), Window: connect.LimitWeek})
		l, first := &limitModel{used: map[int]int64{}}, m.Clock.Now().Weekday()
		left := func() int64 { return min(most-l.rolling(), 2*most-l.weekly(first)) }
		pick := func() *limitedCharge {
			for _, x := range l.charges {
				if x.open && rapid.Bool().Draw(rt, "this") {
					return x
				}
			}
			return nil
		}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0, 1:
				minor := rapid.Int64Range(1, 12).Draw(rt, "hundreds") * 100
				r := connect.ChargeRequest{Key: m.key(), Amount: usd(minor), AccountID: a, Source: connect.TestCard}
				r.CaptureLater = rapid.Bool().Draw(rt, "later")
				declined := rapid.IntRange(0, 4).Draw(rt, "declined") == 0
				if declined {
					r.Source = connect.TestDeclined
				}
				c, err := m.platform.Charge(m.ctx, r)
				if minor > left() {
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
			require.Equal(t, 2*most-l.weekly(first), m.allowed(m.platform, a, "weekly"))
		}
		m.verify()
	})
}
