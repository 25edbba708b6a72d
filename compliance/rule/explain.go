package rule

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/soukhq/souk/compliance"
)

// maxReasons bounds what is told of one decision, for it is stored with its payment.
const maxReasons = 30

// because says why an expression is true: all parts of an and, the first true part
// of an or, and of a not why what it turns is false; the first 30. Nothing new is asked.
func (r *run) because(e *expr) []compliance.Reason {
	var list []compliance.Reason
	r.reasons(e, compliance.True, &list)
	return list[:min(len(list), maxReasons)]
}

func (r *run) reasons(e *expr, as compliance.Truth, into *[]compliance.Reason) {
	switch {
	case e.op == opNot:
		r.reasons(e.kids[0], as.Not(), into)
	case e.op == opAnd && as == compliance.True, e.op == opOr && as == compliance.False:
		for _, k := range e.kids {
			r.reasons(k, as, into)
		}
	case len(e.kids) > 0:
		for _, k := range e.order {
			if r.again(k) == as {
				r.reasons(k, as, into)
				return
			}
		}
	default:
		term := e
		if as == compliance.False {
			term = &expr{op: opNot, kids: []*expr{e}}
		}
		reason := compliance.Reason{Term: term.String()}
		for _, o := range []*operand{&e.left, &e.right} {
			if f, ok := r.fact(o); ok {
				reason.Facts = append(reason.Facts, f)
			}
		}
		*into = append(*into, reason)
	}
}

// again evaluates what has been evaluated, and costs nothing.
func (r *run) again(e *expr) compliance.Truth {
	steps := r.steps
	r.steps = 0
	t := r.truth(e)
	r.steps = steps
	return t
}

// fact is what an operand was; false for what is written out.
func (r *run) fact(o *operand) (compliance.Fact, bool) {
	switch {
	case o.kind == aNamedList:
		l := r.set.lists[o.list]
		return compliance.Fact{Name: "@" + o.name, Value: "version " + l.version}, true
	case o.kind == aQuestion:
		return compliance.Fact{Name: o.question.String(), Value: r.answer(o.question).String()}, true
	case o.kind != anAttribute:
		return compliance.Fact{}, false
	case o.attr.List:
		return compliance.Fact{Name: o.attr.Name, Value: r.listed(o.attr)}, true
	}
	v := r.get(o)
	f := compliance.Fact{Name: o.attr.Name, Value: clip(v.String())}
	if o.attr.Private && !v.Missing() {
		f.Value = "not shown"
	}
	return f, true
}

// listed writes a list of the payment, or as much of it as can be read.
func (r *run) listed(a *attribute) string {
	const most = 10
	n := r.size(a)
	if n < 0 {
		return "missing"
	}
	var items []string
	for i := range min(n, most) {
		items = append(items, clip(strconv.Quote(a.item(r.p, i))))
	}
	if n > most {
		items = append(items, strconv.Itoa(n-most)+" more")
	}
	return "(" + strings.Join(items, ", ") + ")"
}

// clip bounds what is repeated of a rule or a payment.
func clip(text string) string {
	if len(text) > 60 && utf8.RuneCountInString(text) > 60 {
		return string([]rune(text)[:60]) + "…"
	}
	return text
}

// missing lists what an expression lacks that is unknown, in order, each once.
func (r *run) missing(e *expr) []string {
	list := make([]string, 0, 2)
	r.lacking(e, &list)
	return list
}

func (r *run) lacking(e *expr, into *[]string) {
	for _, k := range e.kids {
		if r.again(k) == compliance.Unknown {
			r.lacking(k, into)
		}
	}
	if len(e.kids) > 0 {
		return
	}
	add := func(name string) {
		if !slices.Contains(*into, name) {
			*into = append(*into, name)
		}
	}
	lacks := false
	for _, o := range []*operand{&e.left, &e.right} {
		switch {
		case o.kind == aQuestion && r.lacks(&o.question.by):
			add(o.question.by.attr.Name)
			lacks = true
		case (o.kind == aQuestion || o.kind == anAttribute) && r.lacks(o):
			add(o.known())
			lacks = true
		}
	}
	if lacks {
		return
	}
	// Both sides are there, and yet nothing can be said.
	switch {
	case e.as == Money && e.op == opCompare:
		add(r.rate(&e.left, &e.right))
	case e.as == Money:
		for i := range e.right.items {
			if r.compare(e, r.get(&e.left), &e.right.items[i]) == compliance.Unknown {
				add(r.rate(&e.left, &e.right.items[i]))
			}
		}
	case e.op == opIncludes:
		add(e.left.String())
	default: // metadata that is no number, or a list of the payment with a gap
		add(map[bool]string{true: e.right.String(), false: e.left.String()}[e.op == opIn && e.as != Number])
	}
}

// known names an attribute or a count.
func (o *operand) known() string {
	if o.kind == aQuestion {
		return o.question.String()
	}
	return o.attr.Name
}

// rate names the rate that two amounts need.
func (r *run) rate(a, b *operand) string {
	return "rate " + r.get(a).Money().Currency().String() + "/" + r.get(b).Money().Currency().String()
}
