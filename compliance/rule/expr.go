package rule

import (
	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// op is what an expression does.
type op uint8

const (
	opAnd op = iota
	opOr
	opNot
	opTruth // an attribute that is true or false
	opMissing
	opCompare
	opIn
	opLike
	opIncludes
)

// comparison is an operator between two values.
type comparison uint8

const (
	cmpEqual comparison = iota
	cmpUnequal
	cmpLess
	cmpAtMost
	cmpMore
	cmpAtLeast
)

var comparisons = [...]string{"=", "!=", "<", "<=", ">", ">="}

// holds reports whether the comparison is true of what comparing gave.
func (c comparison) holds(n int) bool {
	switch c {
	case cmpEqual:
		return n == 0
	case cmpUnequal:
		return n != 0
	case cmpLess:
		return n < 0
	case cmpAtMost:
		return n <= 0
	case cmpMore:
		return n > 0
	}
	return n >= 0
}

// expr is a condition. The parser makes it, the checker fills in what is below the
// line, and after that nothing changes it.
type expr struct {
	op    op
	at    Pos
	opAt  Pos     // of the word or sign between the two sides
	kids  []*expr // and, or: at least two, none of the same kind; not: one
	cmp   comparison
	left  operand
	right operand

	// What the checker finds.
	as    Type         // how the two sides are compared
	fold  bool         // of texts: case makes no difference
	order []*expr      // the kids, those that ask a counter last: no truth depends on it
	like  *likePattern // of like
}

// operandKind is what an operand is.
type operandKind uint8

const (
	noOperand operandKind = iota
	anAttribute
	aText
	aNumber
	aMoney
	aDuration
	aWrittenList
	aNamedList
	aQuestion
)

// operand is a side of a comparison.
type operand struct {
	kind operandKind
	at   Pos
	// name is of an attribute or a list, or the text in quotes, or a number as it is
	// written; unit is the currency or unit of time after that.
	name, unit string
	key        string // of an attribute of metadata
	items      []operand
	question   *question

	// What the checker finds.
	attr   *attribute
	value  compliance.Value // of what is written out
	folded string           // of a text whose case makes no difference
	set    map[string]bool  // of a list of texts that is written out, folded where they are
	list   int              // of a list that the host gives: which of the set's
}

// question is a count over a window, as it is written.
type question struct {
	measure, status, of string
	by                  operand
	within              string // "24h", or "all"

	index int // which of the set's
	ask   compliance.Question
}

// source is one rule as it is written.
type source struct {
	at       Pos
	name     string
	named    bool
	action   compliance.Action
	cond     *expr
	nodes    int
	comments []string
}

// asks reports whether an expression asks a counter.
func (e *expr) asks() bool {
	if e.left.kind == aQuestion {
		return true
	}
	for _, k := range e.kids {
		if k.asks() {
			return true
		}
	}
	return false
}

// currency returns the currency of an amount that is written out.
func (o *operand) currency() (ledger.Currency, error) { return ledger.ParseCurrency(o.unit) }
