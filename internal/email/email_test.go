package email_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/email"
)

func TestValid(t *testing.T) {
	for _, text := range []string{"a@b.co", "first.last+tag@mail.example.com", strings.Repeat("a", 64) + "@example.com"} {
		require.True(t, email.Valid(text), text)
	}
	for _, text := range []string{
		"", "a", "@", "a@", "@b.co", "a@b", "a@b.", "a@.b", "a@b@c.co", "a b@c.co", " a@b.co", "a@b.co ", "<a@b.co>", "A <a@b.co>",
		"a@b.co,c@d.co", "a@b.co\n", "ä@b.co", "a@bücher.de", "a@b.co\x00", strings.Repeat("a", 250) + "@b.co",
	} {
		require.False(t, email.Valid(text), "%q", text)
	}
}
