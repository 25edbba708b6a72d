// Package email knows what an e-mail address looks like.
package email

import (
	"net/mail"
	"strings"
)

// Valid reports whether text is one plain ASCII address with a dotted domain, of
// at most 254 characters and with nothing around it.
func Valid(text string) bool {
	if len(text) > 254 || strings.Count(text, "@") != 1 {
		return false
	}
	for i := range len(text) {
		if text[i] <= 0x20 || text[i] > 0x7e {
			return false
		}
	}
	a, err := mail.ParseAddress(text)
	_, domain, _ := strings.Cut(text, "@")
	return err == nil && a.Address == text && strings.Contains(strings.Trim(domain, "."), ".")
}
