package rule

import (
	"context"
	"slices"
	"sort"
	"time"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Event is something that a History counts.
type Event struct {
	// Of is "charges", "transfers" or "disputes".
	Of string
	At time.Time // of the charge, the transfer or the dispute
	// Payment is what was made, or disputed.
	Payment *compliance.Payment
	// Status are all that is true of it: a charge that was approved and then disputed
	// is "authorized" and "successful"; "fraudulent" is its customer.
	Status []string
}

// History is a compliance.Counter in memory, for back-tests and for tests: it answers
// exactly, from the events that it was told, and keeps them all. It is not for many
// goroutines at once.
type History struct {
	by     []string // the attributes that are counted by
	events map[past][]event
}

// past names the events of one platform that have a value in common.
type past struct{ platform, by, key string }

// event is what is kept of one.
type event struct {
	at                              time.Time
	of, id                          string
	status                          []string
	amount                          ledger.Money
	card, email, name, customer, ip string
}

// NewHistory makes a History that can answer the questions of sets.
func NewHistory(sets ...*Set) *History {
	h := &History{events: make(map[past][]event)}
	for _, s := range sets {
		for _, q := range s.questions {
			if !slices.Contains(h.by, q.By) {
				h.by = append(h.by, q.By)
			}
		}
	}
	return h
}

// Add tells what has happened. A back-test's iterator adds a payment after it has
// yielded it. Events may come in any order; one without a payment is nothing.
func (h *History) Add(e Event) {
	p := e.Payment
	if p == nil {
		return
	}
	kept := event{
		at: e.At, of: e.Of, id: p.ID, status: slices.Clone(e.Status), amount: p.Amount, card: p.Card.Fingerprint,
		email: compliance.Fold(p.Buyer.Email), name: compliance.Fold(p.Buyer.Name), customer: p.Buyer.Customer, ip: compliance.Fold(p.Buyer.IP),
	}
	for _, by := range h.by {
		a := byName[by]
		value := a.get(p).Text()
		if value == "" {
			continue
		}
		if a.Type.folds() {
			value = compliance.Fold(value)
		}
		at := past{p.Platform, by, value}
		list := h.events[at]
		i := sort.Search(len(list), func(i int) bool { return list[i].at.After(e.At) })
		h.events[at] = slices.Insert(list, i, kept)
	}
}

// Ask implements compliance.Counter.
func (h *History) Ask(_ context.Context, p *compliance.Payment, q compliance.Question) (compliance.Value, error) {
	list := h.events[past{p.Platform, q.By, q.Key}]
	list = list[:sort.Search(len(list), func(i int) bool { return list[i].at.After(p.At) })]
	if q.Within > 0 {
		from := p.At.Add(-q.Within)
		list = list[sort.Search(len(list), func(i int) bool { return !list[i].at.Before(from) }):]
	}
	of, value := distinct(q.Of)
	var sum decimal.Decimal
	n, known, seen := int64(0), true, make(map[string]bool)
	for i := range list {
		e := &list[i]
		if e.of != of || e.id != "" && e.id == p.ID || q.Status != "" && !slices.Contains(e.status, q.Status) {
			continue
		}
		switch q.Measure {
		case compliance.SinceFirst:
			return compliance.OfDuration(p.At.Sub(e.at)), nil
		case compliance.CountOf:
			if value == nil {
				n++
			} else if v := value(e); v != "" && !seen[v] {
				seen[v] = true
				n++
			}
		default:
			d, ok := p.Worth(e.amount, q.Currency)
			sum, known = sum.Add(d), known && ok
			n++
		}
	}
	switch {
	case q.Measure == compliance.CountOf:
		return compliance.OfWhole(n), nil
	case q.Measure == compliance.SinceFirst, !known, n == 0 && q.Measure == compliance.AverageOf:
		return compliance.Value{}, nil
	case q.Measure == compliance.AverageOf:
		sum = sum.DivRound(decimal.New(n, 0), int32(q.Currency.Digits())+averageDigits)
	}
	m, err := ledger.FromDecimal(sum, q.Currency, ledger.RoundHalfEven)
	return compliance.OfMoney(m), err
}

// averageDigits are kept beyond the minor unit before an average is rounded to it.
const averageDigits = 12

// distinct says of which events a question is, and which different values of theirs
// it counts; none if it counts the events.
func distinct(of string) (string, func(*event) string) {
	switch of {
	case "cards":
		return "charges", func(e *event) string { return e.card }
	case "emails":
		return "charges", func(e *event) string { return e.email }
	case "names":
		return "charges", func(e *event) string { return e.name }
	case "customers":
		return "charges", func(e *event) string { return e.customer }
	case "ips":
		return "charges", func(e *event) string { return e.ip }
	}
	return of, nil
}
