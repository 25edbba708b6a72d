package rule

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// checker finds what names mean, and whether types fit.
type checker struct {
	*lexer
	set   *Set
	lists map[string]*List
	host  map[string]*attribute
	names map[string]bool // of rules that have one
	used  map[string]Type // what the host has declared, as far as rules use it
	facts map[string]bool // all that rules use
	money map[ledger.Currency]bool
	asked map[compliance.Question]int
	late  bool // the rule looks at what is known late
}

func newChecker(source string, o Options, s *Set) (*checker, error) {
	c := &checker{
		lexer: &lexer{text: source}, set: s, lists: o.Lists, host: make(map[string]*attribute), names: make(map[string]bool),
		used: make(map[string]Type), facts: make(map[string]bool), money: make(map[ledger.Currency]bool), asked: make(map[compliance.Question]int),
	}
	for _, a := range o.Host {
		_, word := asWord(a.Name)
		if !word || !strings.HasPrefix(a.Name, "host.") || c.host[a.Name] != nil || a.Type < Bool || a.Type > Currency || a.List || a.Late {
			return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_attribute", Field: "host", Op: "rule: compile",
				Msg: "an attribute of the host has a type and a name of its own, like host.loyalty, and is no list"}
		}
		a.Source = FromHost
		c.host[a.Name] = &attribute{Attribute: a, get: hosted(a.Name)}
	}
	return c, nil
}

func (c *checker) wrong(o *operand, expected, msg string) *Error {
	return c.fail(o.at, "invalid_rule", expected, clip(o.String()), msg)
}

// expr checks an expression and what it is made of.
func (c *checker) expr(e *expr) *Error {
	for _, k := range e.kids {
		if err := c.expr(k); err != nil {
			return err
		}
	}
	if len(e.kids) > 0 {
		e.order = slices.Clone(e.kids)
		slices.SortStableFunc(e.order, func(a, b *expr) int {
			return int(compliance.TruthOf(a.asks()) - compliance.TruthOf(b.asks()))
		})
		return nil
	}
	if e.left.kind == aQuestion {
		return c.count(e)
	}
	if err := c.attribute(&e.left); err != nil {
		return err
	}
	switch e.op {
	case opMissing:
		return nil
	case opTruth:
		return c.truth(e)
	case opCompare:
		return c.compare(e)
	case opIn:
		return c.in(e)
	}
	return c.contains(e)
}

// attribute finds what a name means.
func (c *checker) attribute(o *operand) *Error {
	if o.key != "" {
		return c.metadata(o)
	}
	if slices.Contains(metadata[:], o.name) {
		return c.wrong(o, "a key, like "+o.name+".trusted", "")
	}
	if o.attr = byName[o.name]; o.attr == nil {
		if o.attr = c.host[o.name]; o.attr == nil {
			msg := ""
			if near := c.nearest(o.name); near != "" {
				msg = "did you mean " + near + "?"
			}
			return c.fail(o.at, "unknown_attribute", "an attribute", clip(o.name), msg)
		}
		c.used[o.name] = o.attr.Type
	}
	c.facts[o.name] = true
	c.late = c.late || o.attr.Late
	return nil
}

// metadata makes an attribute of a key.
func (c *checker) metadata(o *operand) *Error {
	if utf8.RuneCountInString(o.key) > 40 || strings.ContainsAny(o.key, "[]") {
		return c.wrong(o, "a key of at most 40 characters without square brackets", "no metadata has another")
	}
	c.facts[o.name] = true
	key := o.key
	get := func(p *payment) string { return p.Metadata[key] }
	switch o.name {
	case "customer.metadata":
		get = func(p *payment) string { return p.BuyerMetadata[key] }
	case "seller.metadata":
		get = func(p *payment) string { return p.SellerMetadata[key] }
	case "platform.metadata":
		get = func(p *payment) string { return p.PlatformMetadata[key] }
	}
	o.attr = &attribute{Attribute: Attribute{Name: o.String(), Type: Exact, Source: FromHost}, get: text(get)}
	// What was said of a customer goes with them, and decisions stay.
	o.attr.Private = o.name == "customer.metadata"
	return nil
}

// nearest returns the attribute whose name takes the fewest changes, if they are few.
func (c *checker) nearest(name string) string {
	if len(name) > 60 {
		return ""
	}
	best, least := "", 4
	try := func(other string) {
		if n := distance(name, other); n < least || n == least && best != "" && other < best {
			best, least = other, n
		}
	}
	for _, a := range catalogue {
		try(a.Name)
		// Who leaves out of what it is, or writes it in another way.
		if _, last, ok := strings.Cut(a.Name, "."); ok && last == name || strings.ReplaceAll(a.Name, ".", "_") == name {
			return a.Name
		}
	}
	for other := range c.host {
		try(other)
	}
	return best
}

// distance counts the letters that have to be changed, left out or put in (V. I.
// Levenshtein, 1966).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			same := before
			if a[i] != b[j] {
				same++
			}
			before = row[j+1]
			row[j+1] = min(same, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func (c *checker) truth(e *expr) *Error {
	switch a := e.left.attr; {
	case a.List:
		return c.wrong(&e.left, `"includes" after a list`, "")
	case a.Type != Bool:
		return c.wrong(&e.left, "an operator after "+a.Name, a.Name+" is "+a.Type.String())
	}
	return nil
}

// scalar refuses lists, and what is true or false, before an operator.
func (c *checker) scalar(o *operand) *Error {
	switch {
	case o.attr.List:
		return c.wrong(o, `"includes" after a list`, "or the list after in")
	case o.attr.Type == Bool:
		return c.wrong(o, "no operator", o.attr.Name+" is true or false and stands alone")
	}
	return nil
}

func (c *checker) compare(e *expr) *Error {
	if e.left.attr.Type == Bool && !e.left.attr.List {
		return c.fail(e.opAt, "invalid_rule", "no operator", shown(comparisons[e.cmp]), e.left.attr.Name+" is true or false and stands alone")
	}
	if err := c.scalar(&e.left); err != nil {
		return err
	}
	a := e.left.attr
	e.as, e.fold = a.Type, a.Type.folds()
	if e.right.kind == anAttribute {
		if err := c.attribute(&e.right); err != nil {
			return err
		}
		if err := c.scalar(&e.right); err != nil {
			return err
		}
		if err := c.pair(e); err != nil {
			return err
		}
	} else if err := c.literal(e, &e.right); err != nil {
		return err
	}
	if e.as.textual() && e.cmp > cmpUnequal {
		return c.fail(e.opAt, "invalid_rule", "= or !=", shown(comparisons[e.cmp]), a.Name+" is "+a.Type.String()+", which has no order")
	}
	return nil
}

// pair checks that two attributes can be compared.
func (c *checker) pair(e *expr) *Error {
	a, b := e.left.attr.Type, e.right.attr.Type
	switch {
	case e.left.key != "" && b == Number: // as a number, if it is one
		e.as = Number
		return nil
	case a == Number && e.right.key != "", a == b:
		return nil
	case a.textual() && b.textual():
		var ok bool
		if e.fold, ok = together(a, b); ok {
			return nil
		}
	}
	return c.wrong(&e.right, e.left.attr.Type.String(), e.right.attr.Name+" is "+b.String())
}

// together says whether texts of two types can be compared, and whether case makes
// a difference: it does where it does to either, but to no code of a country or
// currency.
func together(a, b Type) (fold, ok bool) {
	code := func(t Type) bool { return t == Country || t == Currency }
	switch {
	case code(a) && code(b):
		return true, a == b
	case code(a) || code(b):
		return true, true
	}
	return a == Text && b == Text, true
}
