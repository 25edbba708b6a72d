package ledger

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// isJSON reports whether data is JSON in UTF-8, or nothing. One row of anything
// else would break the SQL view of its whole kind.
func isJSON(data []byte) bool {
	return len(data) == 0 || utf8.Valid(data) && json.Valid(data)
}

func checkMetaPair(key, value string) *Error {
	switch {
	case strings.ContainsRune(key, 0) || strings.ContainsRune(value, 0):
		return invalid("invalid_metadata", "metadata", "metadata has no NUL characters") // no database keeps them as text
	case key == "" || strings.ContainsAny(key, "[]") || !utf8.ValidString(key) || !utf8.ValidString(value):
		return invalid("invalid_metadata", "metadata", "a metadata key is text without square brackets and not empty")
	case utf8.RuneCountInString(key) > maxMetaKey:
		return invalid("metadata_key_too_long", "metadata", "a metadata key has at most 40 characters")
	case utf8.RuneCountInString(value) > maxMetaValue:
		return invalid("metadata_value_too_long", "metadata", "a metadata value has at most 500 characters")
	}
	return nil
}
