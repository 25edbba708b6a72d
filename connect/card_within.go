package connect

import (
	"encoding/json"

	"github.com/soukhq/souk/connect/pricing"
)

// checkPrices refuses prices that cannot be, and names in them that hold what looks
// like a card's number.
func checkPrices(l *pricing.List) error {
	if err := l.Check(); err != nil || l == nil {
		return err
	}
	return noCardWithin("prices", l)
}

// noCardWithin refuses a value of which any text, at any depth, holds what looks like a
// card's number. It is for what is rarely written, since it goes by the value's JSON.
func noCardWithin(field string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var whole any
	if err := json.Unmarshal(text, &whole); err != nil {
		return err
	}
	if cardWithin(whole) {
		return cardIn(field)
	}
	return nil
}

func cardWithin(value any) bool {
	switch v := value.(type) {
	case string:
		return holdsCard(v)
	case []any:
		for _, x := range v {
			if cardWithin(x) {
				return true
			}
		}
	case map[string]any:
		for k, x := range v {
			if holdsCard(k) || cardWithin(x) {
				return true
			}
		}
	}
	return false
}
