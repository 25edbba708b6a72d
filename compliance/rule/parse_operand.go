package rule

import (
	"slices"
	"strings"
	"unicode"

	"github.com/soukhq/souk/compliance"
)

// metadata lists the attributes that have a key.
var metadata = [...]string{"metadata", "customer.metadata", "seller.metadata", "platform.metadata"}

// subject reads the left side of a condition: an attribute or a count.
func (p *parser) subject() (operand, *Error) {
	const what = `an attribute, a count, "not" or "("`
	t := p.now()
	switch {
	case t.kind == tWord && !isReserved(t) && p.after().is("("):
		return p.question()
	case t.kind == tWord && !isReserved(t):
		return p.attribute(what)
	}
	return operand{}, p.expected(what)
}

// attribute reads the name of an attribute, and the key of metadata in either form:
// metadata.trusted, metadata["order type"].
func (p *parser) attribute(what string) (operand, *Error) {
	t := p.now()
	if t.kind != tWord || isReserved(t) || strings.Contains(t.raw, "/") {
		return operand{}, p.expected(what)
	}
	o := operand{kind: anAttribute, at: t.at, name: t.raw}
	p.i++
	for _, m := range metadata {
		if key, ok := strings.CutPrefix(o.name, m+"."); ok {
			o.name, o.key = m, key
			return o, nil
		}
	}
	if !p.now().is("[") {
		return o, nil
	}
	if !slices.Contains(metadata[:], o.name) {
		return operand{}, p.fail(p.now().at, "invalid_rule", "", shown("["), "only metadata has keys")
	}
	p.i++
	if o.key = p.now().value; p.now().kind != tString || o.key == "" {
		return operand{}, p.expected("a key of metadata in quotes")
	}
	p.i++
	if !p.accept("]") {
		return operand{}, p.expected("]")
	}
	return o, nil
}

// value reads the right side of a comparison: a literal or an attribute.
func (p *parser) value() (operand, *Error) {
	const what = "a text in quotes, a number, an amount like 500 USD, a duration like 24h or an attribute"
	t := p.now()
	switch t.kind {
	case tString:
		p.i++
		return operand{kind: aText, at: t.at, name: t.value}, nil
	case tDuration:
		p.i++
		return operand{kind: aDuration, at: t.at, name: t.raw[:len(t.raw)-1], unit: t.raw[len(t.raw)-1:]}, nil
	case tNumber:
		p.i++
		o := operand{kind: aNumber, at: t.at, name: t.raw}
		if unit := p.now(); unit.kind == tWord && !isReserved(unit) && !p.after().is(":") {
			if strings.ToUpper(unit.raw) != unit.raw || strings.ContainsFunc(unit.raw, func(r rune) bool { return !unicode.IsUpper(r) && !isDigit(r) && r != '/' }) {
				return operand{}, p.expected(`a currency in capitals, "and", "or" or the next rule`)
			}
			p.i++
			o.kind, o.unit = aMoney, unit.raw
		}
		return o, nil
	}
	if t.kind == tWord && p.after().is("(") {
		return operand{}, p.expected("a value: a count stands on the left")
	}
	return p.attribute(what)
}

// quotedText reads a text in quotes and nothing else.
func (p *parser) quotedText() (operand, *Error) {
	if p.now().kind != tString {
		return operand{}, p.expected("a text in quotes")
	}
	return p.value()
}

// listed reads what may stand after in: a named list, one that is written out, or an
// attribute that is one.
func (p *parser) listed() (operand, *Error) {
	const what = `a list: @name, ("a", "b") or an attribute that is one`
	t := p.now()
	switch {
	case t.kind == tList:
		p.i++
		return operand{kind: aNamedList, at: t.at, name: t.value}, nil
	case !t.is("("):
		return p.attribute(what)
	}
	p.i++
	o := operand{kind: aWrittenList, at: t.at}
	for {
		if k := p.now().kind; k != tString && k != tNumber {
			return operand{}, p.expected("a text in quotes, a number or an amount")
		}
		item, err := p.value()
		if err != nil {
			return operand{}, err
		}
		if o.items = append(o.items, item); len(o.items) > MaxItems {
			return operand{}, p.fail(item.at, "rule_too_complex", "", "", "a list that is written out has at most 200 items; give the host's as @name")
		}
		if p.accept(")") {
			return o, nil
		}
		if !p.accept(",") {
			return operand{}, p.expected(`"," or ")"`)
		}
	}
}

// measures, subjects and statuses are the words of which counts are made.
var (
	measures = [...]compliance.Measure{compliance.CountOf, compliance.SumOf, compliance.AverageOf, compliance.SinceFirst}
	subjects = [...]string{"charges", "transfers", "disputes", "cards", "emails", "names", "customers", "ips"}
	statuses = [...]string{"authorized", "successful", "declined", "failed", "blocked", "fraudulent"}
)

// oneOf names words in a message.
func oneOf[T ~string](words []T) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = shown(string(w))
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// question reads measure([status] subject by attribute in window).
func (p *parser) question() (operand, *Error) {
	o := operand{kind: aQuestion, at: p.now().at, question: &question{}}
	q := o.question
	m := slices.IndexFunc(measures[:], func(m compliance.Measure) bool { return p.now().is(string(m)) })
	if m < 0 {
		return o, p.expected(oneOf(measures[:]) + ` before "("`)
	}
	q.measure = string(measures[m])
	p.i += 2
	if i := slices.IndexFunc(statuses[:], p.now().is); i >= 0 {
		q.status = statuses[i]
		p.i++
	}
	i := slices.IndexFunc(subjects[:], p.now().is)
	if i < 0 {
		return o, p.expected(oneOf(subjects[:]))
	}
	q.of = subjects[i]
	p.i++
	if !p.accept("by") {
		return o, p.expected(`"by"`)
	}
	var err *Error
	if q.by, err = p.attribute("an attribute that is the same, like card.fingerprint"); err != nil {
		return o, err
	}
	// How long ago the first was is asked of all time, and names no window.
	if q.measure == string(compliance.SinceFirst) {
		q.within = "all"
	} else {
		if !p.accept("in") {
			return o, p.expected(`"in" and a window, like 24h`)
		}
		switch t := p.now(); {
		case t.kind == tDuration:
			q.within = t.raw
		case t.is("all"):
			q.within = "all"
		default:
			return o, p.expected(`a window: a duration like 24h or 7d, or "all"`)
		}
		p.i++
	}
	if !p.accept(")") {
		return o, p.expected(`")"`)
	}
	return o, nil
}
