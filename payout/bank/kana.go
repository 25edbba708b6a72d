package bank

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// zenginMost is the width of a name in the files of the Zengin system.
const zenginMost = 30

// zenginSigns are the marks that a name may have besides letters and digits.
const zenginSigns = " ()-./,｢｣\\"

// ParseZenginName writes a name with the characters that Japanese banks exchange
// (Japanese Bankers Association, Zengin format): half-width katakana with their
// marks, upper-case letters, digits and a few signs. Hiragana, full-width katakana
// and letters are converted, small kana become large ones and the long vowel a
// hyphen, as the banks do. Kanji and whatever else is not in the set are refused:
// how they are read is not ours to guess. So is what is longer than 30 characters.
// Class Invalid, code invalid_name, field account_holder_name.
func ParseZenginName(text string) (string, error) {
	if len(text) > 16*zenginMost || !utf8.ValidString(text) {
		return "", badHolder("it is too long, or not text")
	}
	var b strings.Builder
	n := 0
	for _, r := range norm.NFD.String(strings.Trim(text, " \u3000")) {
		if r = zengin(r); r == 0 {
			return "", badHolder("it must be in katakana, letters and digits")
		}
		b.WriteRune(r)
		n++
	}
	if n == 0 || n > zenginMost {
		return "", badHolder("it has 1 to 30 characters of half-width katakana")
	}
	return b.String(), nil
}

// zengin converts a character, or returns 0.
func zengin(r rune) rune {
	switch {
	case 'ぁ' <= r && r <= 'ゖ':
		r += 'ァ' - 'ぁ'
	case r == '\u3099':
		return 'ﾞ'
	case r == '\u309a':
		return 'ﾟ'
	case 'a' <= r && r <= 'z', 'ａ' <= r && r <= 'ｚ':
		r -= 'a' - 'A'
	}
	if narrow := width.LookupRune(r).Narrow(); narrow != 0 {
		r = narrow
	}
	if large, ok := zenginLarge[r]; ok {
		r = large
	}
	switch {
	case r == 'ｦ', 'ｱ' <= r && r <= 'ﾟ', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune(zenginSigns, r):
		return r
	}
	return 0
}

var zenginLarge = map[rune]rune{
	'ｧ': 'ｱ', 'ｨ': 'ｲ', 'ｩ': 'ｳ', 'ｪ': 'ｴ', 'ｫ': 'ｵ', 'ｬ': 'ﾔ', 'ｭ': 'ﾕ', 'ｮ': 'ﾖ', 'ｯ': 'ﾂ',
	'ｰ': '-', '−': '-', '‐': '-', '¥': '\\', '￥': '\\',
}
