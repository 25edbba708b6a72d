package rule

import (
	"strings"

	"github.com/soukhq/souk/compliance"
)

// Format writes a text of rules in the one form that it has: a rule a line, with its
// comments before it, single spaces, and only the parentheses that it needs. What it
// writes is the same rules, and is written again as it is. It looks at the form only:
// whether attributes and lists exist is for Compile to say.
func Format(text string) (string, error) {
	rules, rest, err := parse(text)
	if err != nil {
		return "", err
	}
	out := printRules(rules, rest)
	if len(out) > MaxText {
		return "", tooLong()
	}
	return out, nil
}

func tooLong() *Error {
	return &Error{Pos: Pos{1, 1}, Code: "rules_too_long", Msg: "a text of rules is at most 65,536 bytes, also as Format writes it"}
}

func printRules(rules []*source, rest []string) string {
	var b strings.Builder
	for _, r := range rules {
		printComments(&b, r.comments)
		if r.named {
			b.WriteString(printName(r.name) + ": ")
		}
		b.WriteString(r.String() + "\n")
	}
	printComments(&b, rest)
	return b.String()
}

func printComments(b *strings.Builder, list []string) {
	for _, c := range list {
		b.WriteString(strings.TrimRight("# "+c, " ") + "\n")
	}
}

// printName writes a name as it is if it is a word, and else in quotes.
func printName(name string) string {
	if t, ok := asWord(name); ok && !isReserved(t) {
		return name
	}
	return printText(name)
}

// asWord returns text as a token, if it is one word.
func asWord(text string) (token, bool) {
	tokens, _, err := lex(text)
	if err != nil || len(tokens) != 2 || tokens[0].kind != tWord || tokens[0].raw != text || strings.Contains(text, "/") {
		return token{}, false
	}
	return tokens[0], true
}

// escapes stand before what would end a text.
var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func printText(text string) string { return `"` + escapes.Replace(text) + `"` }

// String writes a rule without its name.
func (r *source) String() string { return string(r.action) + " if " + r.cond.String() }

// binds says how strongly an expression holds together.
func (e *expr) binds() int {
	switch e.op {
	case opOr:
		return 1
	case opAnd:
		return 2
	case opNot:
		return 3
	}
	return 4
}

// within writes an expression as a part of one that binds as given.
func (e *expr) within(binds int) string {
	if e.binds() < binds {
		return "(" + e.String() + ")"
	}
	return e.String()
}

// String writes an expression.
func (e *expr) String() string {
	switch e.op {
	case opAnd, opOr:
		parts := make([]string, len(e.kids))
		for i, k := range e.kids {
			parts[i] = k.within(e.binds())
		}
		return strings.Join(parts, map[op]string{opAnd: " and ", opOr: " or "}[e.op])
	case opNot:
		switch k := e.kids[0]; k.op {
		case opMissing, opIn, opLike, opIncludes:
			return k.left.String() + k.verb(true) + k.right.String()
		default:
			return "not " + k.within(e.binds())
		}
	}
	return e.left.String() + e.verb(false) + e.right.String()
}

// verb writes what stands between the two sides.
func (e *expr) verb(negated bool) string {
	not := map[bool]string{true: "not "}[negated]
	switch e.op {
	case opMissing:
		return " is " + not + "missing"
	case opCompare:
		return " " + comparisons[e.cmp] + " "
	case opIn:
		return " " + not + "in "
	case opLike:
		return " " + not + "like "
	case opIncludes:
		return " " + not + "includes "
	}
	return ""
}

// String writes an operand; nothing if it is none.
func (o *operand) String() string {
	switch o.kind {
	case anAttribute:
		if o.key == "" {
			return o.name
		}
		if _, ok := asWord(o.name + "." + o.key); ok {
			return o.name + "." + o.key
		}
		return o.name + "[" + printText(o.key) + "]"
	case aText:
		return printText(o.name)
	case aNumber:
		return o.name
	case aMoney:
		return o.name + " " + o.unit
	case aDuration:
		return o.name + o.unit
	case aWrittenList:
		items := make([]string, len(o.items))
		for i := range o.items {
			items[i] = o.items[i].String()
		}
		return "(" + strings.Join(items, ", ") + ")"
	case aNamedList:
		return "@" + o.name
	case aQuestion:
		return o.question.String()
	}
	return ""
}

// String writes a count.
func (q *question) String() string {
	words := []string{q.of, "by", q.by.String()}
	if q.status != "" {
		words = append([]string{q.status}, words...)
	}
	if q.measure != string(compliance.SinceFirst) {
		words = append(words, "in", q.within)
	}
	return q.measure + "(" + strings.Join(words, " ") + ")"
}
