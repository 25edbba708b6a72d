package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/locale"
)

// Sizes of the drawing, in pixels: the plot is between left and right, top and
// bottom.
const (
	svgWidth, svgHeight = 960, 440
	svgLeft, svgRight   = 76, 924
	svgTop, svgBottom   = 92, 392
)

// chart places days and amounts on the drawing.
type chart struct {
	first time.Time
	days  int   // from the first to the last, both counted, with or without trips
	step  int64 // cents between two ticks
	top   int64 // cents at the top: a multiple of step
}

func newChart(days []*day) chart {
	most := int64(1)
	for _, d := range days {
		most = max(most, d.In.Minor(), d.Commission.Minor(), d.Payouts.Minor())
	}
	c := chart{first: days[0].at, step: roundStep(most)}
	c.days = c.day(days[len(days)-1].at) + 1
	c.top = (most + c.step - 1) / c.step * c.step
	return c
}

// roundStep returns 1, 2 or 5 times a power of ten dollars, so that at most
// seven steps reach most.
func roundStep(most int64) int64 {
	for ten := int64(1_00); ; ten *= 10 {
		for _, n := range []int64{1, 2, 5} {
			if 7*n*ten >= most {
				return n * ten
			}
		}
	}
}

func (c chart) day(t time.Time) int { return int(t.Sub(c.first) / (24 * time.Hour)) }

// x returns where a day begins, the i-th after the first.
func (c chart) x(i int) int { return svgLeft + i*(svgRight-svgLeft)/c.days }

func (c chart) height(m ledger.Money) int { return int(m.Minor() * (svgBottom - svgTop) / c.top) }

// svg draws money in, commission and payouts for each day as bars.
func (r *report) svg(w io.Writer) error {
	c := newChart(r.Days)
	last := r.Days[len(r.Days)-1].at
	heading := "Rides in New York: card payments, commission and payouts per day"
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", svgWidth, svgHeight, svgWidth, svgHeight)
	fmt.Fprintf(&b, `<title>%s</title><rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n", heading)
	fmt.Fprintf(&b, `<text x="%d" y="26" font-size="17" font-weight="bold">%s</text>`+"\n", svgLeft, heading)
	fmt.Fprintf(&b, `<text x="%d" y="46" fill="#555555">%s to %s, in US dollars. Pickup zones stand for drivers, and are paid on Mondays.</text>`+"\n",
		svgLeft, c.first.Format("2 January"), last.Format("2 January 2006"))
	c.axes(&b)
	series := []struct {
		name, colour string
		value        func(*day) ledger.Money
	}{
		{"card payments", "#4477aa", func(d *day) ledger.Money { return d.In }},
		{"commission", "#228833", func(d *day) ledger.Money { return d.Commission }},
		{"payouts", "#ee6677", func(d *day) ledger.Money { return d.Payouts }},
	}
	for i, s := range series {
		fmt.Fprintf(&b, `<rect x="%d" y="60" width="12" height="12" fill="%s"/><text x="%d" y="70">%s</text>`+"\n", svgLeft+i*130, s.colour, svgLeft+18+i*130, s.name)
	}
	for _, d := range r.Days {
		from, to := c.x(c.day(d.at)), c.x(c.day(d.at)+1)
		for i, s := range series {
			left, right := from+1+i*(to-from-2)/len(series), from+1+(i+1)*(to-from-2)/len(series)
			h := c.height(s.value(d))
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"><title>%s %s: %s</title></rect>`+"\n",
				left, svgBottom-h, right-left, h, s.colour, d.Date, s.name, s.value(d))
		}
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// axes draws the ticks: round amounts, and Mondays.
func (c chart) axes(b *strings.Builder) {
	for v := int64(0); v <= c.top; v += c.step {
		y := svgBottom - c.height(usd(v))
		label := strings.TrimSuffix(locale.Format(usd(v), language.AmericanEnglish), ".00")
		fmt.Fprintf(b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#dddddd"/><text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", svgLeft, y, svgRight, y, svgLeft-8, y+4, label)
	}
	for i := range c.days {
		at := c.first.AddDate(0, 0, i)
		if at.Weekday() != time.Monday {
			continue
		}
		noon := (c.x(i) + c.x(i+1)) / 2
		fmt.Fprintf(b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#888888"/><text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n",
			noon, svgBottom, noon, svgBottom+6, noon, svgBottom+20, at.Format("Mon 2 Jan"))
	}
	fmt.Fprintf(b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#888888"/>`+"\n", svgLeft, svgBottom, svgRight, svgBottom)
}
