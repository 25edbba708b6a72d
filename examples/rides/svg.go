package main

import (
	"fmt"
	"io"
	"strings"
)

// Sizes of the drawing, in pixels.
const (
	svgWidth, svgHeight = 960, 420
	svgLeft, svgBottom  = 70, 360
	svgTop              = 50
)

// svg draws money in, commission and payouts for each day as bars.
func (r *report) svg(w io.Writer) error {
	most := int64(1)
	for _, d := range r.Days {
		most = max(most, d.In, d.Commission, d.Payouts)
	}
	height := func(v int64) int64 { return v * (svgBottom - svgTop) / most }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", svgWidth, svgHeight, svgWidth, svgHeight)
	fmt.Fprintf(&b, `<title>Rides of March 2019: money in, commission and payouts per day</title><rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n")
	series := []struct {
		name, colour string
		value        func(*day) int64
	}{
		{"money in", "#4477aa", func(d *day) int64 { return d.In }},
		{"commission", "#228833", func(d *day) int64 { return d.Commission }},
		{"payouts", "#ee6677", func(d *day) int64 { return d.Payouts }},
	}
	for i, s := range series {
		fmt.Fprintf(&b, `<rect x="%d" y="16" width="12" height="12" fill="%s"/><text x="%d" y="26">%s</text>`+"\n", svgLeft+i*120, s.colour, svgLeft+18+i*120, s.name)
	}
	for i := range int64(5) {
		v := most * i / 4
		y := svgBottom - height(v)
		fmt.Fprintf(&b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#dddddd"/><text x="%d" y="%d" text-anchor="end">$%d</text>`+"\n", svgLeft, y, svgWidth-10, y, svgLeft-6, y+4, v/100)
	}
	step := (svgWidth - svgLeft - 10) / max(1, len(r.Days))
	for i, d := range r.Days {
		x := svgLeft + i*step
		for j, s := range series {
			h := height(s.value(d))
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"><title>%s %s: %s</title></rect>`+"\n",
				x+j*step/4, svgBottom-h, max(1, step/4), h, s.colour, d.Date, s.name, usd(s.value(d)))
		}
		if i%3 == 0 {
			fmt.Fprintf(&b, `<text x="%d" y="%d" transform="rotate(45 %d %d)">%s</text>`+"\n", x, svgBottom+14, x, svgBottom+14, d.Date[5:])
		}
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}
