package sealed

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
)

// hidden is what is shown of whatever must not be shown.
const hidden = "[sealed]"

// Clear is what is sealed, or was opened: fields by name, in the clear. Whatever prints
// it (fmt, slog, encoding/json, encoding/gob) gets the word [sealed]. The zero value has no
// fields.
type Clear struct {
	// reveal is a function, since what walks values by reflection, such as the output of a
	// failed test, follows fields and pointers, and not functions.
	reveal func() map[string]string
}

// NewClear keeps a copy of fields.
func NewClear(fields map[string]string) Clear {
	fields = maps.Clone(fields)
	return Clear{func() map[string]string { return maps.Clone(fields) }}
}

// Reveal returns the fields in the clear. Who has them keeps them out of logs, errors and
// stores: from here on nothing guards them.
func (c Clear) Reveal() map[string]string {
	if c.reveal == nil {
		return nil
	}
	return c.reveal()
}

// Names lists the fields that there are, in order.
func (c Clear) Names() []string {
	if c.reveal == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(c.reveal()))
}

// String is the word [sealed].
func (c Clear) String() string { return hidden }

// Format writes the word [sealed] for every verb.
func (c Clear) Format(s fmt.State, _ rune) { hide(s) }

// MarshalText returns the word [sealed], and there is no way back from it.
func (c Clear) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// GobEncode returns the word [sealed], and there is no way back from it.
func (c Clear) GobEncode() ([]byte, error) { return []byte(hidden), nil }

// LogValue implements slog.LogValuer with the word [sealed].
func (c Clear) LogValue() slog.Value { return slog.StringValue(hidden) }

func hide(s fmt.State) {
	_, _ = s.Write([]byte(hidden)) // fmt has no place for an error
}
