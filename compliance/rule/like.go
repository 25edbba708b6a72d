package rule

import (
	"bytes"
	"strings"
)

// likePattern is a text in which % stands for any characters, or none. There is no
// way to ask for a % itself.
type likePattern struct {
	first, last string   // before the first %, and after the last
	between     [][]byte // in order
	whole       bool     // there is no %: it is all of the text
}

func newLike(pattern string) *likePattern {
	parts := strings.Split(pattern, "%")
	l := &likePattern{first: parts[0], last: parts[len(parts)-1], whole: len(parts) == 1}
	for _, part := range parts[min(1, len(parts)-1) : len(parts)-1] {
		if part != "" {
			l.between = append(l.between, []byte(part))
		}
	}
	return l
}

// matches takes each part at the first place where it stands: no later one would
// leave more for the rest. So the text is gone through once.
func (l *likePattern) matches(text []byte) bool {
	if l.whole {
		return string(text) == l.first
	}
	if len(text) < len(l.first)+len(l.last) || string(text[:len(l.first)]) != l.first || string(text[len(text)-len(l.last):]) != l.last {
		return false
	}
	text = text[len(l.first) : len(text)-len(l.last)]
	for _, part := range l.between {
		i := bytes.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}
