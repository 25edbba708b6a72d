package connect

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// hidden is what is shown in place of a secret.
const hidden = "[secret]"

// Secret is a text that never prints itself: in whatever way it is formatted, logged or
// encoded, it is shown as "[secret]". Plain alone tells it. The zero Secret is none.
//
// It is behind a pointer, so that fmt, which cannot call methods of fields that are not
// exported, shows an address there.
type Secret struct{ text *string }

// NewSecret keeps a text.
func NewSecret(text string) Secret { return Secret{&text} }

// Plain returns the text.
func (s Secret) Plain() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is none.
func (s Secret) IsZero() bool { return s.text == nil }

// String hides it.
func (s Secret) String() string {
	if s.text == nil {
		return ""
	}
	return hidden
}

// GoString hides it.
func (s Secret) GoString() string { return "connect.Secret(" + s.String() + ")" }

// Format hides it, whatever the verb.
func (s Secret) Format(f fmt.State, verb rune) {
	text := s.String()
	if verb == 'v' && f.Flag('#') {
		text = s.GoString()
	}
	_, _ = io.WriteString(f, text)
}

// MarshalJSON hides it.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText hides it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// GobEncode hides it.
func (s Secret) GobEncode() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides it from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
