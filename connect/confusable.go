package connect

import "unicode"

// confusable reports whether a name mixes alphabets whose letters look alike, or has
// marks that cannot be seen: so that Cyrillic "а" does not pass for Latin "a" among
// others. Chinese, Japanese and Korean are written together, and with Latin.
func confusable(name string) bool {
	seen := 0
	for _, alphabet := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee} {
		for _, r := range name {
			if unicode.Is(alphabet, r) {
				seen++
				break
			}
		}
	}
	if seen > 1 {
		return true
	}
	for _, r := range name {
		if unicode.Is(unicode.Cf, r) || !unicode.IsGraphic(r) {
			return true
		}
	}
	return false
}
