package connect

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// checkText refuses text that is too long, not UTF-8, or hides control
// characters. None at all is fine.
func checkText(field, text string, most int) error {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > most {
		return badField("invalid_text", field, fmt.Sprintf("it is text of at most %d characters", most))
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return badField("invalid_text", field, "it has no control characters")
		}
	}
	return nil
}
