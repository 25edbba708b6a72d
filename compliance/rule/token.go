package rule

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a text of rules. What is over one is refused when it is compiled.
const (
	MaxText      = 64 << 10 // bytes of a text, as it came and as Format writes it
	MaxRules     = 200      // rules of a set
	MaxNodes     = 200      // conditions and operators of one rule
	MaxAllNodes  = 10_000   // and of a set
	MaxDepth     = 32       // of parentheses and nots in each other
	MaxItems     = 200      // of a list that is written out
	MaxString    = 500      // bytes of a text in quotes
	MaxName      = 60       // characters of a rule's name
	MaxQuestions = 50       // different ones to the Counter, of a set
	MaxListItems = 50_000   // of a list that the host gives (Stripe's bound, too)
)

type tokenKind uint8

const (
	tEnd tokenKind = iota
	tWord
	tNumber
	tDuration
	tString
	tList   // @name
	tSymbol // ( ) [ ] , : = != < <= > >=
)

// token is a piece of the text. Its value is what it means: a string without its
// quotes, a list without its @.
type token struct {
	kind  tokenKind
	raw   string
	value string
	at    Pos
}

// is reports whether t is a word, in small or capital letters, or a symbol.
func (t token) is(what string) bool {
	if t.raw == what {
		return t.kind == tWord || t.kind == tSymbol
	}
	if t.kind != tWord || len(t.raw) != len(what) {
		return false
	}
	for i := range len(what) {
		if t.raw[i] != what[i]-('a'-'A') { // what is asked for is in small letters
			return false
		}
	}
	return true
}

// comment is what stands after #, with the line on which it stands.
type comment struct {
	line int
	text string
}

// lexer cuts a text into tokens.
type lexer struct {
	text     string
	rest     int // where it is, in bytes
	at       Pos
	comments []comment
}

// fail makes an error at a place of the text.
func (l *lexer) fail(at Pos, code, expected, found, msg string) *Error {
	source := ""
	for i, line := range strings.Split(l.text, "\n") {
		if i == at.Line-1 {
			source = line
		}
	}
	return &Error{Pos: at, Code: code, Expected: expected, Found: found, Msg: msg, source: strings.ToValidUTF8(source, "?")}
}

// lex cuts all of the text. Characters that hide what is written (controls, and those
// that turn its direction) are refused wherever they stand.
func lex(text string) ([]token, *lexer, *Error) {
	l := &lexer{text: text, at: Pos{1, 1}}
	if len(text) > MaxText {
		return nil, l, l.fail(l.at, "rules_too_long", "", "", "a text of rules is at most 65,536 bytes")
	}
	at := Pos{1, 1}
	for i, r := range text {
		switch _, size := utf8.DecodeRuneInString(text[i:]); {
		case r == utf8.RuneError && size == 1:
			return nil, l, l.fail(at, "invalid_rule", "text in UTF-8", "", "")
		case unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r', unicode.Is(unicode.Bidi_Control, r):
			return nil, l, l.fail(at, "invalid_rule", "text that can be seen", shown(string(r)), "")
		}
		if at.Column++; r == '\n' {
			at = Pos{at.Line + 1, 1}
		}
	}
	var tokens []token
	for {
		t, err := l.next()
		if err != nil {
			return nil, l, err
		}
		if tokens = append(tokens, t); t.kind == tEnd {
			return tokens, l, nil
		}
	}
}

// peek returns the next character; 0 at the end.
func (l *lexer) peek() rune {
	if l.rest == len(l.text) {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(l.text[l.rest:])
	return r
}

func (l *lexer) step() {
	r, n := utf8.DecodeRuneInString(l.text[l.rest:])
	l.rest += n
	if l.at.Column++; r == '\n' {
		l.at = Pos{l.at.Line + 1, 1}
	}
}

// take goes on while the characters are of a kind, and returns them.
func (l *lexer) take(while func(rune) bool) string {
	start := l.rest
	for l.rest < len(l.text) && while(l.peek()) {
		l.step()
	}
	return l.text[start:l.rest]
}

// skip passes over white space and comments.
func (l *lexer) skip() {
	for {
		l.take(func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' })
		if l.peek() != '#' {
			return
		}
		line := l.at.Line
		text := l.take(func(r rune) bool { return r != '\n' })
		text = strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(text, "#"), " "), " \t\r")
		l.comments = append(l.comments, comment{line, text})
	}
}

func isLetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' && r < utf8.RuneSelf }
func isDigit(r rune) bool  { return r >= '0' && r <= '9' }
func inWord(r rune) bool   { return isLetter(r) || isDigit(r) || r == '_' }

func (l *lexer) next() (token, *Error) {
	l.skip()
	t := token{at: l.at}
	start := l.rest
	switch r := l.peek(); {
	case l.rest == len(l.text):
		return t, nil
	case isLetter(r) || r == '_':
		t.kind = tWord
		l.word()
	case isDigit(r) || r == '-':
		kind, err := l.number()
		if err != nil {
			return t, err
		}
		t.kind = kind
	case r == '"' || r == '\'':
		value, err := l.quoted(r)
		if err != nil {
			return t, err
		}
		t.kind, t.value = tString, value
	case r == '@':
		l.step()
		if t.kind, t.value = tList, l.take(func(r rune) bool { return inWord(r) || r == '-' }); t.value == "" {
			return t, l.fail(l.at, "invalid_rule", "the name of a list", "", "")
		}
	default:
		if err := l.symbol(r); err != nil {
			return t, err
		}
		t.kind = tSymbol
	}
	t.raw = l.text[start:l.rest]
	return t, nil
}

// word passes over a word: letters, digits, _, with single points and dashes within,
// and of capital letters a slash and digits (USDC/6).
func (l *lexer) word() {
	start := l.rest
	for {
		l.take(inWord)
		rest := l.text[l.rest:]
		if len(rest) < 2 || !inWord(rune(rest[1])) {
			return
		}
		code := strings.ToUpper(l.text[start:l.rest]) == l.text[start:l.rest]
		if rest[0] != '.' && rest[0] != '-' && !(rest[0] == '/' && code && isDigit(rune(rest[1]))) {
			return
		}
		l.step()
	}
}

// number passes over a decimal number, or a whole one with a unit of time.
func (l *lexer) number() (tokenKind, *Error) {
	at := l.at
	negative := l.peek() == '-'
	if negative {
		l.step()
	}
	if l.take(isDigit) == "" {
		return 0, l.fail(at, "invalid_rule", "a number after the minus", "", "")
	}
	whole := true
	if rest := l.text[l.rest:]; len(rest) > 1 && rest[0] == '.' && isDigit(rune(rest[1])) {
		whole = false
		l.step()
		l.take(isDigit)
	}
	unitAt := l.at
	switch unit := l.take(inWord); {
	case unit == "":
		return tNumber, nil
	case whole && !negative && len(unit) == 1 && strings.Contains("smhdw", unit):
		return tDuration, nil
	default:
		return 0, l.fail(unitAt, "invalid_rule", "a space after the number, or a unit of time (s, m, h, d, w)", shown(unit), "")
	}
}

// quoted reads a text in double or single quotes; a backslash stands before a quote
// or another backslash.
func (l *lexer) quoted(quote rune) (string, *Error) {
	at := l.at
	var b strings.Builder
	for l.step(); ; l.step() {
		switch r := l.peek(); {
		case l.rest == len(l.text) || r == '\n':
			return "", l.fail(l.at, "invalid_rule", "the end of the text that begins at "+at.String()+": "+string(quote), "", "")
		case r == '\t' || r == '\r':
			return "", l.fail(l.at, "invalid_rule", "text that can be seen", shown(string(r)), "")
		case r == quote:
			l.step()
			if b.Len() > MaxString {
				return "", l.fail(at, "invalid_rule", "a text of at most 500 bytes", "", "")
			}
			return b.String(), nil
		case r == '\\':
			l.step()
			if r = l.peek(); r != '\\' && r != '"' && r != '\'' {
				return "", l.fail(l.at, "invalid_rule", `\\, \" or \'`, "", "")
			}
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
}

// symbol passes over an operator or a sign.
func (l *lexer) symbol(r rune) *Error {
	at := l.at
	l.step()
	switch r {
	case '(', ')', '[', ']', ',', ':':
		return nil
	case '=', '<', '>', '!':
		double := l.peek() == '='
		if double {
			l.step()
		}
		if r == '=' && double {
			return l.fail(at, "invalid_rule", "=", shown("=="), "")
		}
		if r == '!' && !double {
			return l.fail(at, "invalid_rule", `!= or "not"`, shown("!"), "")
		}
		return nil
	case '&', '|':
		return l.fail(at, "invalid_rule", map[rune]string{'&': `"and"`, '|': `"or"`}[r], shown(string(r)), "")
	}
	return l.fail(at, "invalid_rule", "a word, a number, a text in quotes or an operator", shown(string(r)), "")
}
