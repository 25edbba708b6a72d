package notify_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/notify"
	"github.com/soukhq/souk/connect/acquirer/notify/notifytest"
)

// What the issuer said of code and address reaches the rules, with the answer at once
// and by notification; what is not understood says nothing.
func TestChecksOfTheIssuer(t *testing.T) {
	wrong := compliance.Checks{CVC: "fail", Line1: "fail", PostalCode: "pass"}
	at := newSandbox(t, func(_ *notify.Config, s *notifytest.Config) { s.AtOnce = true })
	a, err := at.acquirer.Authorize(t.Context(), "ch_1", connect.AuthorizeOrder{Amount: usd(1000), Source: notifytest.CodeWrong, Capture: true})
	require.NoError(t, err)
	require.Equal(t, wrong, a.Checks)
	b := newSandbox(t, nil)
	_, err = b.acquirer.Authorize(t.Context(), "ch_1", connect.AuthorizeOrder{Amount: usd(1000), Source: notifytest.CodeWrong, Capture: true})
	require.NoError(t, err)
	item := b.Items()[0]
	say := func(cvc, avs string) compliance.Checks {
		for name, text := range map[string]string{"cvcResult": cvc, "avsResult": avs} {
			item.AdditionalData[name], _ = json.Marshal(text) // text has JSON
		}
		list, err := b.acquirer.Notification(t.Context(), b.Post(item))
		require.NoError(t, err)
		return list[0].News.Answer.Checks
	}
	list, err := b.acquirer.Notification(t.Context(), b.Post(item))
	require.NoError(t, err)
	require.Equal(t, wrong, list[0].News.Answer.Checks)
	require.Equal(t, compliance.Checks{CVC: "pass", Line1: "pass", PostalCode: "pass"}, say("1 Matches", "7 Both postal code and address match"))
	require.Equal(t, compliance.Checks{CVC: "not_provided", Line1: "unavailable", PostalCode: "unavailable"}, say("6", "4 AVS not supported for this card type"))
	require.Equal(t, compliance.Checks{CVC: "unchecked", Line1: "pass", PostalCode: "fail"}, say(" 3 Not checked", "1"))
	require.Equal(t, compliance.Checks{}, say("", ""))
	require.Equal(t, compliance.Checks{}, say("Matches", "77 something new"))
}
