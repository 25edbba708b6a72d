package rule

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/soukhq/souk/ledger"
)

// Pos is a place in the text of rules: both count from 1, columns in characters.
type Pos struct {
	Line, Column int
}

// String returns "3:14".
func (p Pos) String() string { return strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column) }

// Error says where a text of rules is wrong and what should stand there. It unwraps
// to a *ledger.Error of class Invalid, field "rules", whose code is that of Code.
type Error struct {
	Pos
	Code     string // "invalid_rule", "too_many_rules", "rule_too_complex", "rules_too_long", "unknown_attribute", "unknown_list"
	Expected string // what should stand there; empty if nothing could
	Found    string // what does, as it is written
	Msg      string // more, where there is more to say
	source   string // the line
}

// Error returns the message on one line: place, what was expected, what was found.
func (e *Error) Error() string { return "rule: " + e.Unwrap().Error() }

// Unwrap returns the *ledger.Error.
func (e *Error) Unwrap() error {
	return &ledger.Error{Class: ledger.Invalid, Code: e.Code, Field: "rules", Msg: e.message()}
}

func (e *Error) message() string {
	var b strings.Builder
	b.WriteString(e.Pos.String())
	if e.Expected != "" {
		b.WriteString(": expected " + e.Expected)
	}
	if e.Found != "" {
		b.WriteString(map[bool]string{true: ": ", false: ", "}[e.Expected == ""] + "found " + e.Found)
	}
	if e.Msg != "" {
		b.WriteString(": " + e.Msg)
	}
	return b.String()
}

// Pointed returns the message, the line that is wrong, and a caret under the column.
// The line is cut where it is long.
func (e *Error) Pointed() string {
	const before, most = 60, 100
	line := []rune(e.source)
	start := max(0, e.Column-1-before)
	line = line[min(start, len(line)):]
	line = line[:min(most, len(line))]
	return e.message() + "\n  " + strings.ReplaceAll(string(line), "\t", " ") + "\n  " + strings.Repeat(" ", max(0, e.Column-1-start)) + "^"
}

// shown quotes what stands in a text, bounded and printable.
func shown(text string) string {
	if utf8.RuneCountInString(text) > 40 {
		text = string([]rune(text)[:40]) + "…"
	}
	return strconv.Quote(text)
}
