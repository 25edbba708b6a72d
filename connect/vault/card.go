package vault

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// CardFields are an acquirer's own fields for cards, which it draws in frames of its own:
// souk takes no live card number, so that a page with souk.js gets them from whoever has
// the card's money. In the page, something of the same name draws them (Souk.cards).
type CardFields interface {
	// CardFields tells a page of a platform how to draw them.
	CardFields(ctx context.Context, platform string) (CardMount, error)
}

// CardMount is what a page needs to draw an acquirer's fields. All of it is public.
type CardMount struct {
	Name     string            `json:"name"`               // of what draws them in the page
	Settings map[string]string `json:"settings,omitempty"` // for it: the acquirer's publishable key, and the like
}

// TestCards is the CardMount of a vault that is not live and has no acquirer's fields: a form
// of the vault's own, which takes the documented test numbers and refuses every other.
const TestCards = "test"

// kindCard is what the test form asks a token of. Nothing of it is kept.
const kindCard = "card"

// serveCardFields tells a page how cards are drawn.
func (v *Vault) serveCardFields(w http.ResponseWriter, r *http.Request) {
	k, err := v.key(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	m := CardMount{Name: TestCards}
	switch {
	case v.c.Cards != nil:
		m, err = v.c.Cards.CardFields(r.Context(), k.Platform)
	case v.c.Live:
		err = errNoCards
	}
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, m)
}

var errNoCards = &ledger.Error{Class: ledger.State, Code: "card_not_taken", Field: "kind", Op: op, Msg: "cards are typed into the acquirer's fields, and never here"}

// testCard returns the simulated acquirer's token of a documented test number. It is the
// server's half of the refusal of every other: what a page sends nevertheless is neither
// kept nor repeated. Where the vault is live, or cards have an acquirer, there is none.
func (v *Vault) testCard(texts map[string]string) (*tokenAnswer, error) {
	if v.c.Live || v.c.Cards != nil {
		return nil, errNoCards
	}
	for name := range texts {
		if !slices.Contains([]string{"number", "exp_month", "exp_year", "cvc"}, name) {
			return nil, badRequest("there is a field that nothing has")
		}
	}
	number := strings.ReplaceAll(texts["number"], " ", "")
	token, err := connect.TestToken(number)
	if err != nil {
		return nil, badField("incorrect_number", "number", "only the documented test cards are taken")
	}
	now := v.c.Env.Time()
	month, errM := strconv.Atoi(texts["exp_month"])
	year, errY := strconv.Atoi(texts["exp_year"])
	switch {
	case errM != nil || month < 1 || month > 12 || len(texts["exp_month"]) > 2:
		return nil, badField("invalid_expiry_month", "exp_month", "a month is 1 to 12")
	case errY != nil || len(texts["exp_year"]) != 4 || year > now.Year()+50, time.Date(year, time.Month(month)+1, 1, 0, 0, 0, 0, time.UTC).Before(now):
		return nil, badField("invalid_expiry_year", "exp_year", "a year has four digits, and is not over")
	case len(texts["cvc"]) != 3 && len(texts["cvc"]) != 4 || !digits(texts["cvc"]):
		return nil, badField("invalid_cvc", "cvc", "it has three or four digits")
	}
	return &tokenAnswer{Token: token, Kind: kindCard, Last4: number[len(number)-4:]}, nil
}
