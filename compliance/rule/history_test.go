package rule_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/compliance/rule"
	"github.com/soukhq/souk/ledger"
)

// tell adds a charge that a payment was, some time before noon.
func tell(h *rule.History, before time.Duration, p compliance.Payment, status ...string) {
	h.Add(rule.Event{Of: "charges", At: noon.Add(-before), Payment: &p, Status: status})
}

// A history answers what was before, of the same platform, within the window, and not
// the payment itself.
func TestHistory(t *testing.T) {
	text := `
		review if count(charges by email in 1h) = 0 or count(declined charges by email in 1h) = 0 or count(cards by email in all) = 0
		review if sum(successful charges by email in 24h) = 0 USD or average(charges by email in all) = 0 USD or since(charges by email) = 1h
		review if count(fraudulent customers by card.fingerprint in all) = 0 or count(disputes by email in 1d) = 0 or count(ips by email in all) = 0
		review if count(names by email in all) = 0 or count(emails by card.fingerprint in all) = 0`
	h := rule.NewHistory(compile(t, text))
	ann := func(minor int64, card, name string) compliance.Payment {
		return compliance.Payment{
			ID: fmt.Sprint("ch_", minor), Platform: "plat_1", Amount: usd(minor), Card: compliance.Card{Fingerprint: card},
			Buyer: compliance.Buyer{Email: "Ann@example.com", Name: name, Customer: "cus_1"},
		}
	}
	tell(h, 0, ann(7, "fp_1", "Ann"), "declined") // at the same moment, and before
	tell(h, time.Hour, ann(100, "fp_1", "ANN"), "successful")
	tell(h, time.Hour+time.Second, ann(1000, "fp_2", "Anna"), "successful", "fraudulent")
	tell(h, 25*time.Hour, ann(10000, "", ""), "successful")
	tell(h, -time.Second, ann(5, "fp_9", "Ann")) // after it
	other := ann(6, "fp_8", "Ann")
	other.Platform = "plat_2"
	tell(h, time.Minute, other, "declined")
	disputed := ann(100, "fp_1", "ANN")
	h.Add(rule.Event{Of: "disputes", At: noon.Add(-time.Minute), Payment: &disputed})

	p := ann(1, "fp_2", "Ann")
	p.At, p.Counter, p.Buyer.Email = noon, h, "ANN@example.com"
	tell(h, 0, p, "declined") // itself
	for cond, want := range map[string]compliance.Truth{
		"count(charges by email in 1h) = 2": yes, "count(charges by email in 3601s) = 3": yes, "count(charges by email in all) = 4": yes, "count(declined charges by email in 1h) = 1": yes,
		"count(cards by email in all) = 2": yes, "count(names by email in all) = 2": yes, "count(ips by email in all) = 0": yes, "count(disputes by email in 1d) = 1": yes,
		"count(fraudulent customers by card.fingerprint in all) = 1": yes, "count(fraudulent customers by card.fingerprint in 1h) = 0": yes,
		"count(emails by card.fingerprint in all) = 1": yes, "sum(successful charges by email in 24h) = 11.00 USD": yes, "sum(successful charges by email in 1s) = 0 USD": yes,
		"average(charges by email in all) = 27.77 USD": yes, "since(charges by email) = 25h": yes, "since(declined charges by email) = 0s": yes,
		"average(failed charges by email in all) < 1 USD": maybe, "since(failed charges by email) is missing": yes, "sum(charges by email in all) > 1 EUR": maybe,
	} {
		require.Equal(t, want, truthOf(t, cond, p), cond)
	}
	p.Rates = []compliance.PaymentRate{{Base: ledger.USD, Quote: ledger.EUR, Value: decimal.New(1, 0), Per: decimal.New(3, 0)}}
	require.Equal(t, yes, truthOf(t, "sum(charges by email in all) = 37.02 EUR", p)) // 111.07 / 3, rounded once
	p.Platform = "plat_3"
	require.Equal(t, yes, truthOf(t, "count(charges by email in all) = 0", p))
}

// A history agrees with counting one by one, in whatever order it was told.
func TestHistoryAgainstReference(t *testing.T) {
	s := compile(t, "block if count(successful charges by seller in 5s) = 0 or count(cards by seller in 5s) = 0 or sum(charges by seller in 5s) = 0 USD or since(charges by seller) > 0s")
	rapid.Check(t, func(t *rapid.T) {
		h := rule.NewHistory(s)
		type told struct {
			at     int
			seller string
			card   string
			minor  int64
			ok     bool
		}
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) told {
			return told{rapid.IntRange(-8, 2).Draw(t, "at"), rapid.SampledFrom([]string{"a", "b", ""}).Draw(t, "seller"), rapid.SampledFrom([]string{"x", "y", ""}).Draw(t, "card"),
				rapid.Int64Range(1, 99).Draw(t, "minor"), rapid.Bool().Draw(t, "ok")}
		}), 0, 12).Draw(t, "events")
		n, cards, sum, first := 0, map[string]bool{}, int64(0), 1
		for _, e := range list {
			p := compliance.Payment{Amount: usd(e.minor), Seller: compliance.Seller{ID: e.seller}, Card: compliance.Card{Fingerprint: e.card}}
			var status []string
			if e.ok {
				status = []string{"successful"}
			}
			tell(h, time.Duration(-e.at)*time.Second, p, status...)
			if e.seller != "a" || e.at > 0 {
				continue
			}
			if first > e.at {
				first = e.at
			}
			if e.at < -5 {
				continue
			}
			if sum += e.minor; e.ok {
				n++
			}
			if e.card != "" {
				cards[e.card] = true
			}
		}
		p := compliance.Payment{Seller: compliance.Seller{ID: "a"}, Counter: h}
		require.Equal(t, yes, truthOf(t, fmt.Sprintf("count(successful charges by seller in 5s) = %d and count(cards by seller in 5s) = %d", n, len(cards)), p))
		require.Equal(t, yes, truthOf(t, "sum(charges by seller in 5s) = "+usd(sum).String(), p))
		if first > 0 {
			require.Equal(t, yes, truthOf(t, "since(charges by seller) is missing", p))
		} else {
			require.Equal(t, yes, truthOf(t, fmt.Sprintf("since(charges by seller) = %ds", -first), p))
		}
	})
}

// Velocity in a back-test: each payment is counted for those after it.
func TestBackTestWithHistory(t *testing.T) {
	s := compile(t, "block if count(declined charges by card.fingerprint in 24h) >= 3")
	h := rule.NewHistory(s)
	var past iter.Seq2[rule.Past, error] = func(yield func(rule.Past, error) bool) {
		for i, hours := range []int{0, 1, 2, 3, 25, 26, 60} {
			p := compliance.Payment{ID: fmt.Sprint(i), At: noon.Add(time.Duration(hours) * time.Hour), Card: compliance.Card{Fingerprint: "fp"}, Counter: h}
			if !yield(rule.Past{Payment: &p}, nil) {
				return
			}
			h.Add(rule.Event{Of: "charges", At: p.At, Payment: &p, Status: []string{"declined"}})
		}
	}
	rep, err := rule.BackTest(context.Background(), s, compile(t, ""), past)
	require.NoError(t, err)
	require.Len(t, rep.Changes, 1)
	// At 3 h three were before; at 25 h those of 1, 2 and 3 h; at 26 h of 2, 3 and 25 h.
	require.True(t, slices.Equal([]string{"3", "4", "5"}, rep.Changes[0].Examples), rep.Changes[0].Examples)
}
