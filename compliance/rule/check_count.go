package rule

import "github.com/soukhq/souk/compliance"

// count checks a condition on what was before.
func (c *checker) count(e *expr) *Error {
	o, q := &e.left, e.left.question
	if err := c.attribute(&q.by); err != nil {
		return err
	}
	if !q.by.attr.counts {
		return c.wrong(&q.by, "an attribute that payments are counted by, like card.fingerprint, email, ip, customer or seller", "")
	}
	amounts := q.of == "charges" || q.of == "transfers" || q.of == "disputes"
	switch {
	case q.measure != string(compliance.CountOf) && !amounts:
		return c.wrong(o, "charges, transfers or disputes", q.of+" are only counted")
	case q.status == "fraudulent" && q.of != "customers", q.status != "" && q.status != "fraudulent" && q.of != "charges" && !(q.of == "transfers" && q.status == "blocked"):
		return c.wrong(o, "charges with a status, blocked transfers or fraudulent customers", q.of+" are not "+q.status)
	}
	q.ask = compliance.Question{Measure: compliance.Measure(q.measure), Status: q.status, Of: q.of, By: q.by.attr.Name}
	if n := len(q.within); q.within != "all" {
		d, ok := parseDuration(q.within[:n-1], q.within[n-1:])
		if !ok || d == 0 {
			return c.wrong(o, `a window of 1s to 1830d, or "all"`, "")
		}
		q.ask.Within = d
	}
	most, err := c.counted(e)
	if err != nil {
		return err
	}
	return c.question(e, most)
}

// MaxCount is the highest number that counts are compared with, so that a Counter
// needs not count further.
const MaxCount = 10_000

// counted checks what a count is compared with, and returns how far it needs to go.
func (c *checker) counted(e *expr) (int64, *Error) {
	o, q := &e.right, e.left.question
	if e.op == opMissing {
		if q.measure == string(compliance.SumOf) || q.measure == string(compliance.AverageOf) {
			return 0, c.wrong(&e.left, "a comparison with an amount", "")
		}
		return 1, nil
	}
	if e.op != opCompare {
		return 0, c.wrong(&e.left, "=, !=, <, <=, > or >= after a count", "")
	}
	switch compliance.Measure(q.measure) {
	case compliance.CountOf:
		e.as = Number
		if o.kind != aNumber {
			return 0, c.wrong(o, "a number", "a count is compared with one")
		}
		if err := c.number(o); err != nil {
			return 0, err
		}
		n := o.value.Decimal()
		if n.Sign() < 0 || n.Cmp(compliance.OfWhole(MaxCount).Decimal()) > 0 {
			return 0, c.wrong(o, "a number of 0 to 10,000", "")
		}
		return n.IntPart() + 1, nil
	case compliance.SinceFirst:
		e.as = Duration
		if o.kind != aDuration {
			return 0, c.wrong(o, "a duration, like 24h", "")
		}
		return 0, c.duration(o)
	}
	e.as = Money
	if o.kind != aMoney {
		return 0, c.wrong(o, "an amount with its currency, like 500 USD", "")
	}
	if err := c.amount(o); err != nil {
		return 0, err
	}
	q.ask.Currency = o.value.Money().Currency()
	return 0, nil
}

// question gives a question its place among those of the set.
func (c *checker) question(e *expr, most int64) *Error {
	q := e.left.question
	i, ok := c.asked[q.ask]
	if !ok {
		if i = len(c.set.questions); i == MaxQuestions {
			return c.fail(e.at, "rule_too_complex", "", "", "a set asks at most 50 different counts")
		}
		c.asked[q.ask] = i
		c.set.questions = append(c.set.questions, q.ask)
	}
	q.index = i
	c.set.questions[i].AtMost = max(c.set.questions[i].AtMost, most)
	return nil
}
