package market

import (
	"fmt"
	"strings"
)

// Descriptor says what may stand on a buyer's statement: printable ASCII, since
// card networks carry no more.
type Descriptor struct {
	Min       int    `json:"min"` // characters
	Max       int    `json:"max"`
	Forbidden string `json:"forbidden,omitzero"` // characters that may not stand in it
	Letter    bool   `json:"letter,omitzero"`    // it has at least one letter
}

// Fits reports whether text may stand on a statement. No text at all does.
func (d *Descriptor) Fits(text string) bool {
	if text == "" {
		return true
	}
	letters := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c < 0x20 || c > 0x7e || strings.IndexByte(d.Forbidden, c) >= 0:
			return false
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		}
	}
	return len(text) >= d.Min && len(text) <= d.Max && (!d.Letter || letters > 0)
}

// String says in words what fits.
func (d *Descriptor) String() string {
	text := fmt.Sprintf("a descriptor is %d to %d ASCII characters", d.Min, d.Max)
	if d.Letter {
		text += " with a letter"
	}
	if d.Forbidden != "" {
		text += ", without " + strings.Join(strings.Split(d.Forbidden, ""), " ")
	}
	return text
}
