package bank

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseBIC(t *testing.T) {
	for text, want := range map[string]BIC{
		"DEUTDEFF":    {"DEUTDEFF", "DE", ""},
		"deutdeffxxx": {"DEUTDEFF", "DE", ""},
		"DEUTDEFF500": {"DEUTDEFF500", "DE", "500"},
		"1EUTDEFF":    {"1EUTDEFF", "DE", ""}, // digits may stand in front since 2014
		"NLPRXKPR":    {"NLPRXKPR", "XK", ""},
		"DEUTDEF0":    {"DEUTDEF0", "DE", ""},
	} {
		b, err := ParseBIC(text)
		require.NoError(t, err, text)
		require.Equal(t, want, b)
		require.Len(t, b.Long(), 11)
		again, err := ParseBIC(b.Long())
		require.NoError(t, err)
		require.Equal(t, b, again)
		require.Equal(t, text == "DEUTDEF0", b.IsTest())
		require.Equal(t, b.Text, b.String())
	}
	for _, text := range []string{"", "DEUTDEFF50", "DEUTDEF", "DEUTZZFF", "DEUTUKFF", "DEUT1EFF", "DEUTDEF ", "DEUTDEF\u00e4", "DEUTDEFFXXX ", "DEUTDEFF-XX", "DEUTDEF\n"} {
		b, err := ParseBIC(text)
		e := requireDiscreet(t, err, text)
		require.Equal(t, []string{"invalid_bic", "bic"}, []string{e.Code, e.Field}, text)
		require.Zero(t, b)
	}
}

func TestBICAndIBANAgree(t *testing.T) {
	for _, c := range []struct {
		country, bic string
		agree        bool
	}{
		{"DE", "DEUTDEFF", true}, {"DE", "DEUTFRPP", false}, {"FR", "BNPARERX", true}, {"FR", "BNPAMCMC", false}, {"GB", "BARCJESH", true},
		{"FI", "AABAAXXX", true}, {"FO", "DABADKKK", true}, {"DK", "FIFBFOTX", false}, {"XK", "NLPRXKPR", true},
	} {
		b, err := ParseBIC(c.bic)
		require.NoError(t, err, c)
		err = IBAN{Country: c.country}.Agree(b)
		require.Equal(t, c.agree, err == nil, c)
		if err != nil {
			e := requireDiscreet(t, err)
			require.Equal(t, []string{"country_mismatch", "bic"}, []string{e.Code, e.Field})
		}
	}
}
