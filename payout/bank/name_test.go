package bank

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseHolder(t *testing.T) {
	for text, want := range map[string]string{
		"Jane Austen": "Jane Austen", "  Jane   Austen ": "Jane Austen", "Zoe\u0308": "Zo\u00eb", "José Ñandú": "José Ñandú", "李小龍": "李小龍",
		"𝓙𝓪𝓷𝓮": "𝓙𝓪𝓷𝓮", "<Nm>x</Nm>": "<Nm>x</Nm>", "=cmd|' /C calc'!A0": "=cmd|' /C calc'!A0", "山田　太郎": "山田　太郎",
		strings.Repeat("é", 140): strings.Repeat("é", 140), "Müller & Söhne GmbH": "Müller & Söhne GmbH", "7": "7",
	} {
		got, err := ParseHolder(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{
		"", "   ", "\u202eevil", "\x00", "a\nb", "a\tb", "\xff\xfe", strings.Repeat("A", 141), strings.Repeat("A", 1_000_000), "--", "a\u200bb", "\ue000x", "a\u2028b",
	} {
		_, err := ParseHolder(text)
		e := requireDiscreet(t, err, text)
		require.Equal(t, []string{"invalid_name", "account_holder_name"}, []string{e.Code, e.Field}, "%q", text)
	}
}

func TestParseZenginName(t *testing.T) {
	for text, want := range map[string]string{
		"ﾔﾏﾀﾞ ﾊﾅｺ": "ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダ　ハナコ": "ﾔﾏﾀﾞ ﾊﾅｺ", "やまだ はなこ": "ﾔﾏﾀﾞ ﾊﾅｺ", "カ）アップルショップ": "ｶ)ｱﾂﾌﾟﾙｼﾖﾂﾌﾟ", "スーパー": "ｽ-ﾊﾟ-",
		"abc ＸＹＺ 12３": "ABC XYZ 123", "ヲ": "ｦ", "(A).-/": "(A).-/", "¥": "\\", "がぎぐ": "ｶﾞｷﾞｸﾞ",
	} {
		got, err := ParseZenginName(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
		again, err := ParseZenginName(got)
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	for _, text := range []string{"", " ", "山田", "José", "a\nb", "\xff", strings.Repeat("ｱ", 31), strings.Repeat("ガ", 16), strings.Repeat("ア", 10_000), "ｱ\x00", "ｱ;ｲ"} {
		_, err := ParseZenginName(text)
		e := requireDiscreet(t, err, text)
		require.Equal(t, []string{"invalid_name", "account_holder_name"}, []string{e.Code, e.Field}, "%q", text)
	}
}
