package connect

import (
	"context"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// Tokens about saved sources and increases; souk's own, which stand for no number.
const (
	TestAlwaysAsk        = "tok_alwaysAsk"        // the buyer has to authenticate each payment; without them it is authentication_required
	TestRevoked          = "tok_revoked"          // approved; payments without the buyer are declined with revocation_of_authorization
	TestExpiresSoon      = "tok_expiresSoon"      // approved; the card is good until the end of the month in which it is saved
	TestNotSaved         = "tok_notSaved"         // approved, and not saved
	TestIncreaseDeclined = "tok_increaseDeclined" // approved; its increases are declined
	TestIncreaseReceived = "tok_increaseReceived" // approved; its increases are received first, approved later
)

// keptToken reports whether a token is one of these.
func keptToken(token string) bool {
	switch token {
	case TestAlwaysAsk, TestRevoked, TestExpiresSoon, TestNotSaved, TestIncreaseDeclined, TestIncreaseReceived:
		return true
	}
	return false
}

// savedMark begins the tokens with which the simulator keeps sources: the key under
// which one was kept and the token that it was kept of follow, so that a simulator
// that was made anew knows them, too.
const savedMark = "pm_"

// unsaved is the token that a kept one stands for.
func unsaved(token string) string {
	if rest, ok := strings.CutPrefix(token, savedMark); ok {
		if _, token, ok := strings.Cut(rest, "/"); ok {
			return token
		}
	}
	return token
}

// testToken reports whether a token is one of the simulator's.
func testToken(token string) bool {
	token = unsaved(token)
	_, declined := declines[token]
	return declined || (&Simulator{}).known(token)
}

// kept is what the simulator says of a source that it keeps: its cards are good for
// three more years.
func (s *Simulator) kept(key, token string) SourceDetails {
	now := s.env.Time().UTC()
	d := SourceDetails{
		Token: savedMark + key + "/" + token, Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: now.Year() + 3,
		Fingerprint: "fp_" + token, Country: issued[token],
	}
	if token == TestExpiresSoon {
		d.ExpMonth, d.ExpYear = int(now.Month()), now.Year()
	}
	for number, of := range testCards {
		if of == token {
			d.Last4 = number[len(number)-4:]
		}
	}
	return d
}

// SaveSource implements SourceSaver. It asks the buyer as Authorize does.
func (s *Simulator) SaveSource(ctx context.Context, key string, o SaveOrder) (Answer, error) {
	token := unsaved(o.Source)
	return s.call(ctx, key, o, token, func(a *act) {
		as := AuthorizeOrder{Amount: ledger.Minor(1, ledger.USD), Source: token, Challenge: o.Challenge, Save: true}
		final := Answer{Status: Approved, Reference: a.answer.Reference, Country: issued[token], Auth: authenticated(key, as), Saved: s.kept(key, token)}
		if code := s.refusal(as); code != "" {
			final = Answer{Status: Declined, Code: code, Reference: a.answer.Reference}
		}
		switch a.answer = tell(final); {
		case token == TestReceived || token == TestReceivedDeclined:
			s.answerLater(a)
			a.answer.more = nil
		case asksBuyer(as) && final.Status == Approved:
			a.keep(final)
			a.answer = tell(Answer{Status: RequiresAction, Reference: a.answer.Reference, Action: Action{URL: "https://simulated.invalid/challenge/" + key}})
		}
		if token == TestAnsweredTwice {
			s.news = append(s.news, News{Key: key, Answer: a.answer.all()})
		}
	})
}

// Increase implements Increaser. It raises what nothing was captured of.
func (s *Simulator) Increase(ctx context.Context, key string, o IncreaseOrder) (Answer, error) {
	return s.call(ctx, key, o, "", func(a *act) {
		auth, authorized := s.approved(o.Reference)
		switch by := o.Total.Minor() - authorized.Minor(); {
		case auth.canceled || auth.captured > 0 || o.Total.Currency() != authorized.Currency() || by <= 0 || ledger.Minor(by, o.Total.Currency()) != o.By:
			a.decline(o.Total, "invalid_amount")
		case unsaved(auth.token) == TestIncreaseDeclined:
			a.decline(o.Total, "insufficient_funds")
		default:
			auth.raised += by
			if a.answer.Status, a.answer.Amount = Approved, o.Total; unsaved(auth.token) == TestIncreaseReceived {
				s.answerLater(a)
			}
		}
	})
}
