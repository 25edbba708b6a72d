package rule

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/soukhq/souk/compliance"
)

// reserved are the words that have a meaning of their own wherever they stand.
var reserved = [...]string{"allow", "block", "review", "if", "and", "or", "not", "in", "like", "includes", "is", "missing", "by"}

var actions = [...]compliance.Action{compliance.Allow, compliance.Block, compliance.Review}

// parser reads tokens. The first thing that is wrong ends it.
type parser struct {
	*lexer
	tokens []token
	i      int
	depth  int
	nodes  int
}

// parse reads a text of rules, and the comments after the last of them.
func parse(text string) ([]*source, []string, *Error) {
	tokens, l, err := lex(text)
	if err != nil {
		return nil, nil, err
	}
	p := &parser{lexer: l, tokens: tokens}
	var rules []*source
	for p.now().kind != tEnd {
		if len(rules) == MaxRules {
			return nil, nil, p.fail(p.now().at, "too_many_rules", "", "", "a set has at most 200 rules")
		}
		r, err := p.rule()
		if err != nil {
			return nil, nil, err
		}
		r.comments = p.commentsTo(p.tokens[p.i-1].at.Line)
		rules = append(rules, r)
	}
	return rules, p.commentsTo(p.at.Line), nil
}

// commentsTo takes the comments up to a line: those before a rule, in it, and after
// it on its last line are the rule's.
func (p *parser) commentsTo(line int) []string {
	var list []string
	for len(p.comments) > 0 && p.comments[0].line <= line {
		list = append(list, p.comments[0].text)
		p.comments = p.comments[1:]
	}
	return list
}

func (p *parser) now() token { return p.tokens[p.i] }

// after is the token after the one that is to be read.
func (p *parser) after() token { return p.tokens[min(p.i+1, len(p.tokens)-1)] }

// accept passes over a word or a symbol, if it is there.
func (p *parser) accept(what string) bool {
	if p.now().is(what) {
		p.i++
		return true
	}
	return false
}

// expected is the error that something else stands where it is.
func (p *parser) expected(what string) *Error {
	found := "the end"
	if t := p.now(); t.kind != tEnd {
		found = shown(t.raw)
	}
	return p.fail(p.now().at, "invalid_rule", what, found, "")
}

func isReserved(t token) bool {
	return t.kind == tWord && slices.ContainsFunc(reserved[:], t.is)
}

// rule reads [name:] action if condition.
func (p *parser) rule() (*source, *Error) {
	r := &source{at: p.now().at}
	if p.after().is(":") {
		t := p.now()
		switch {
		case t.kind == tString:
			r.name = t.value
		case t.kind == tWord && !isReserved(t) && !strings.Contains(t.raw, "/"):
			r.name = t.raw
		default:
			return nil, p.expected("a name of letters, digits and dashes, or one in quotes")
		}
		if n := utf8.RuneCountInString(r.name); n == 0 || n > MaxName || strings.TrimSpace(r.name) != r.name {
			return nil, p.expected("a name of 1 to 60 characters without space around it")
		}
		r.named = true
		p.i += 2
	}
	for _, a := range actions {
		if p.accept(string(a)) {
			r.action = a
			break
		}
	}
	if r.action == "" {
		if r.named {
			return nil, p.expected(`"allow", "block" or "review"`)
		}
		what := `"allow", "block" or "review", or a rule's name and a colon`
		if p.i > 0 {
			what = `"and", "or" or the next rule`
		}
		return nil, p.expected(what)
	}
	if !p.accept("if") {
		return nil, p.expected(`"if"`)
	}
	p.nodes, p.depth = 0, 0
	var err *Error
	r.cond, err = p.or()
	r.nodes = p.nodes
	return r, err
}

// node counts an operator or condition of the rule.
func (p *parser) node(e *expr) (*expr, *Error) {
	if p.nodes++; p.nodes > MaxNodes {
		return nil, p.fail(e.at, "rule_too_complex", "", "", "a rule has at most 200 conditions and operators")
	}
	return e, nil
}

// deeper counts what is within parentheses or a not.
func (p *parser) deeper(at Pos) *Error {
	if p.depth++; p.depth > MaxDepth {
		return p.fail(at, "rule_too_complex", "", "", "parentheses and nots are at most 32 deep")
	}
	return nil
}

// or reads what is joined by or; it binds least.
func (p *parser) or() (*expr, *Error) { return p.joined("or", opOr, p.and) }

func (p *parser) and() (*expr, *Error) { return p.joined("and", opAnd, p.not) }

// joined reads one or more parts. Parts that are joined in the same way, within
// parentheses, become parts of the whole.
func (p *parser) joined(word string, as op, part func() (*expr, *Error)) (*expr, *Error) {
	first, err := part()
	if err != nil || !p.now().is(word) {
		return first, err
	}
	e, err := p.node(&expr{op: as, at: first.at})
	for next := first; err == nil; next, err = part() {
		if next.op == as {
			e.kids = append(e.kids, next.kids...)
		} else {
			e.kids = append(e.kids, next)
		}
		if !p.accept(word) {
			return e, nil
		}
	}
	return nil, err
}

// not reads a condition with any nots before it; it binds more than and.
func (p *parser) not() (*expr, *Error) {
	at := p.now().at
	switch {
	case p.accept("not"):
		if err := p.deeper(at); err != nil {
			return nil, err
		}
		inner, err := p.not()
		if err != nil {
			return nil, err
		}
		p.depth--
		return p.node(&expr{op: opNot, at: at, kids: []*expr{inner}})
	case p.accept("("):
		if err := p.deeper(at); err != nil {
			return nil, err
		}
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		if !p.accept(")") {
			return nil, p.expected(`"and", "or" or ")"`)
		}
		p.depth--
		return inner, nil
	}
	return p.condition()
}

// condition reads a comparison, or an attribute that is true or false by itself.
func (p *parser) condition() (*expr, *Error) {
	e := &expr{at: p.now().at}
	var err *Error
	if e.left, err = p.subject(); err != nil {
		return nil, err
	}
	e.opAt = p.now().at
	if c := slices.IndexFunc(comparisons[:], p.now().is); c >= 0 && p.now().kind == tSymbol {
		p.i++
		e.op, e.cmp = opCompare, comparison(c)
		if e.right, err = p.value(); err != nil {
			return nil, err
		}
		return p.node(e)
	}
	if p.accept("is") {
		negated := p.accept("not")
		if !p.accept("missing") {
			return nil, p.expected(`"missing" or "not missing"`)
		}
		e.op = opMissing
		return p.negated(e, negated)
	}
	negated := p.now().is("not")
	if negated {
		p.i++
	}
	switch {
	case p.accept("in"):
		e.op = opIn
		e.right, err = p.listed()
	case p.accept("like"):
		e.op = opLike
		e.right, err = p.quotedText()
	case p.accept("includes"):
		e.op = opIncludes
		e.right, err = p.value()
	case negated:
		return nil, p.expected(`"in", "like" or "includes" after "not"`)
	default:
		e.op = opTruth
	}
	if err != nil {
		return nil, err
	}
	return p.negated(e, negated)
}

// negated counts a condition, and the not that stands within it.
func (p *parser) negated(e *expr, negated bool) (*expr, *Error) {
	e, err := p.node(e)
	if err != nil || !negated {
		return e, err
	}
	return p.node(&expr{op: opNot, at: e.at, kids: []*expr{e}})
}
