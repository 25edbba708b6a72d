package connect_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// badInput is one line of testdata/bad-inputs.json: an input, and the class of
// answer that it must get.
type badInput struct {
	Area, Operation, Field string
	Value                  json.RawMessage
	Expect                 string
}

// judged are the areas whose verbs exist.
var judged = []string{"amount", "currency", "id", "idempotency", "metadata", "text", "cursor"}

// named maps an expectation of the file to what souk calls it, by area,
// operation and field, where that is not the same word.
var named = map[string]string{
	"amount capture_charge amount invalid_state":               "already_captured",
	"amount create_charge amount invalid_request":              "invalid_amount", // a malformed amount is an amount that is not valid
	"amount post_journal entries invalid_request":              "repeated_account",
	"currency create_charge currency invalid_request":          "invalid_amount", // no currency at all: there is no amount either
	"idempotency any_mutation Idempotency-Key invalid_request": "invalid_idempotency_key",
	"cursor list_* limit invalid_request":                      "invalid_limit",
	"metadata create_charge metadata ok_escaped":               "ok", // kept as it is; escaping is the business of what prints it
}

// otherwise lists the lines that souk answers in another way, or cannot be
// asked, each with its reason.
var otherwise = map[string]string{
	`amount create_charge amount "100"`:                                         "a quoted whole number is how amounts above 2^53 travel (ledger.Quoted): accepted",
	`amount create_charge amount 1`:                                             "0.01 USD is under the published minimum, which area currency asks for: tried in KWD",
	`amount create_payout amount 0`:                                             "zero is everything that is available: insufficient_funds where there is nothing",
	`id get_charge id "ch_livemode_from_test_key"`:                              "a store is live or not for good, so no key tells modes apart; the id is not found all the same",
	`id create_transfer destination "acct_restricted"`:                          "pausing and rejecting accounts come with onboarding",
	`id any_request X-Account header "acct_1, acct_2"`:                          "acting on a connected account comes with onboarding",
	`id any_request X-Account header "acct_1\u0000"`:                            "acting on a connected account comes with onboarding",
	`id any_request X-Account header ""`:                                        "acting on a connected account comes with onboarding",
	`idempotency any_mutation Idempotency-Key {"$seq": ["same key after 5xx"]}`: "faults_test.go fails every call in turn and retries with the same key",
	`cursor list_* starting_after "ch_deleted"`:                                 "nothing is ever deleted",
	`cursor list_* starting_after {"$seq": ["starting_after+ending_before"]}`:   "there is one cursor, and it goes one way",
	`cursor list_* limit 0`:                                                     "the zero value is the default",
	`cursor list_* limit "10; drop"`:                                            "a limit is an int",
	`cursor list_* limit "1e1"`:                                                 "a limit is an int",
	`cursor list_* order/filter "metadata['x']) OR (1=1"`:                       "lists take no text as a filter",
	`metadata create_charge metadata {"k": {"n": 1}}`:                           "metadata is map[string]string",
	`metadata create_charge metadata [1]`:                                       "metadata is map[string]string",
	`metadata create_charge metadata "str"`:                                     "metadata is map[string]string",
	`metadata create_charge metadata {"$raw": "{\"k\":\"a\",\"k\":\"b\"}"}`:     "metadata is map[string]string, which has each key once",
	`text create_charge statement_descriptor ""`:                                "the zero value is none",
}

func TestBadInputs(t *testing.T) {
	text, err := os.ReadFile("testdata/bad-inputs.json")
	require.NoError(t, err)
	var lines []badInput
	require.NoError(t, json.Unmarshal(text, &lines))
	unused := make(map[string]bool)
	for line := range otherwise {
		unused[line] = true
	}
	ran := 0
	for _, b := range lines {
		if !strings.Contains(" "+strings.Join(judged, " ")+" ", " "+b.Area+" ") {
			continue
		}
		line := fmt.Sprintf("%s %s %s %s", b.Area, b.Operation, b.Field, compact(b.Value))
		if _, ok := otherwise[line]; ok {
			delete(unused, line)
			continue
		}
		ran++
		t.Run(short(line), func(t *testing.T) { newBench(t).judge(b) })
	}
	require.Empty(t, unused, "lines that are no longer in the file")
	require.Equal(t, 102, ran, "lines that were judged")
}

func compact(v json.RawMessage) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(string(v)), "\n", " "), "\\u0000", "\\u0000")
}

func short(line string) string { return line[:min(len(line), 80)] }

// bench is a small marketplace on which one input is tried.
type bench struct {
	t        *testing.T
	ctx      context.Context
	m        *connecttest.Marketplace
	platform *connect.Platform
	seller   *connect.Account
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, ctx: context.Background()}
	var err error
	b.m, err = connecttest.New(connecttest.Config{})
	require.NoError(t, err)
	b.platform, err = b.m.Register(b.ctx, connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
	require.NoError(t, err)
	b.seller, err = b.platform.CreateAccount(b.ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	return b
}

func (b *bench) charge(minor int64, source string) *connect.Charge {
	b.t.Helper()
	c, err := b.platform.Charge(b.ctx, connect.ChargeRequest{
		Key: fmt.Sprintf("bench-%d-%s", minor, source), Amount: usd(minor), AccountID: b.seller.ID, Source: source,
	})
	require.NoError(b.t, err)
	return c
}

func usd(minor int64) ledger.Money { return ledger.Minor(minor, ledger.USD) }

// judge tries an input, and checks the answer and that a refusal wrote nothing.
func (b *bench) judge(in badInput) {
	try, ok := map[string]func(badInput) error{
		"amount create_charge amount": b.amount, "amount create_charge application_fee_amount": b.fee,
		"amount capture_charge amount": b.capture,
		"amount create_refund amount":  b.refund, "amount create_transfer amount": b.transfer, "amount create_payout amount": b.payout,
		"amount post_journal entries": b.journal, "currency create_charge currency": b.currency,
		"currency create_charge amount+currency": b.both, "id get_charge id": b.get, "id create_refund charge": b.refundOf,
		"idempotency any_mutation Idempotency-Key": b.key, "cursor list_* starting_after": b.after, "cursor list_* limit": b.limit,
		"metadata create_charge metadata": b.metadata, "text create_charge statement_descriptor": b.descriptor, "text create_account email": b.email,
	}[in.Area+" "+in.Operation+" "+in.Field]
	require.True(b.t, ok, "nobody tries %s %s %s", in.Area, in.Operation, in.Field)
	want := in.Expect
	if w, ok := named[in.Area+" "+in.Operation+" "+in.Field+" "+want]; ok {
		want = w
	}
	err := try(in)
	if want == "ok" {
		require.NoError(b.t, err)
		return
	}
	var e *ledger.Error
	require.ErrorAs(b.t, err, &e)
	require.Equal(b.t, want, e.Code, "%v", err)
	require.NotZero(b.t, e.Class)
	if e.Class == ledger.Invalid {
		require.NotEmpty(b.t, e.Field, "an invalid request names its field: %v", err)
	}
}

// unchanged runs fn and requires that the store is as it was.
func (b *bench) unchanged(fn func() error) error {
	before := snapshot(b.t, b.m.Store())
	err := fn()
	if err != nil {
		require.Equal(b.t, before, snapshot(b.t, b.m.Store()), "a refusal writes nothing")
	}
	return err
}

func (b *bench) try(r connect.ChargeRequest) error {
	if r.Key == "" {
		r.Key = "k"
	}
	if r.Amount == (ledger.Money{}) {
		r.Amount = usd(100)
	}
	if r.AccountID == "" {
		r.AccountID = b.seller.ID
	}
	r.Source = connect.TestCard
	return b.unchanged(func() error { _, err := b.platform.Charge(b.ctx, r); return err })
}

// raw returns the JSON text that a value of the file stands for.
func raw(v json.RawMessage) string {
	var special struct {
		Raw    *string `json:"$raw"`
		Absent bool    `json:"$absent"`
	}
	if json.Unmarshal(v, &special) == nil {
		if special.Raw != nil {
			return *special.Raw
		}
		if special.Absent {
			return ""
		}
	}
	return string(v)
}

// str returns the text that a value stands for.
func (b *bench) str(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	var special struct {
		Repeat []any  `json:"$repeat"`
		Base64 string `json:"$base64"`
	}
	require.NoError(b.t, json.Unmarshal(v, &special), string(v))
	if special.Repeat != nil {
		return strings.Repeat(special.Repeat[0].(string), int(special.Repeat[1].(float64)))
	}
	data, err := base64.StdEncoding.DecodeString(special.Base64)
	require.NoError(b.t, err)
	return string(data)
}

func (b *bench) amount(in badInput) error {
	member := `"amountMinor":` + raw(in.Value) + `,`
	if raw(in.Value) == "" {
		member = ""
	}
	var m ledger.Money
	if err := m.UnmarshalJSON([]byte(`{` + member + `"currency":"USD"}`)); err != nil {
		return err
	}
	r := connect.ChargeRequest{Key: "k", Amount: m, AccountID: b.seller.ID, Source: connect.TestCard}
	return b.unchanged(func() error { _, err := b.platform.Charge(b.ctx, r); return err })
}

func (b *bench) int(v json.RawMessage) int64 {
	var n int64
	require.NoError(b.t, json.Unmarshal(v, &n), string(v))
	return n
}

func (b *bench) fee(in badInput) error {
	return b.try(connect.ChargeRequest{ApplicationFee: usd(b.int(in.Value))})
}

// capture captures twice what was authorized as 100 and is captured once.
func (b *bench) capture(in badInput) error {
	c, err := b.platform.Charge(b.ctx, connect.ChargeRequest{Key: "auth", Amount: usd(100), AccountID: b.seller.ID, Source: connect.TestCard, CaptureLater: true})
	require.NoError(b.t, err)
	var seq struct {
		Seq []int64 `json:"$seq"`
	}
	require.NoError(b.t, json.Unmarshal(in.Value, &seq))
	for i, n := range seq.Seq {
		if err = b.unchanged(func() error {
			_, err := b.platform.Capture(b.ctx, connect.CaptureRequest{Key: fmt.Sprint("k", i), ChargeID: c.ID, Amount: usd(n)})
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) refund(in badInput) error {
	c := b.charge(100, connect.TestCard)
	var seq struct {
		Seq []int64 `json:"$seq"`
	}
	if json.Unmarshal(in.Value, &seq) != nil || seq.Seq == nil {
		seq.Seq = []int64{b.int(in.Value)}
	}
	for i, n := range seq.Seq {
		err := b.unchanged(func() error {
			// The zero Money would be all that is left; a stated zero is refused.
			_, err := b.platform.Refund(b.ctx, connect.RefundRequest{Key: fmt.Sprint("r", i), ChargeID: c.ID, Amount: usd(n)})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) transfer(in badInput) error {
	return b.unchanged(func() error {
		_, err := b.platform.Transfer(b.ctx, connect.TransferRequest{Key: "t", To: b.seller.ID, Amount: usd(b.int(in.Value))})
		return err
	})
}

func (b *bench) payout(in badInput) error {
	return b.unchanged(func() error {
		_, err := b.platform.Payout(b.ctx, connect.PayoutRequest{Key: "p", AccountID: b.seller.ID, Amount: usd(b.int(in.Value))})
		return err
	})
}

func (b *bench) journal(in badInput) error {
	var list []struct {
		Account  string
		Amount   int64
		Currency string
	}
	require.NoError(b.t, json.Unmarshal(in.Value, &list))
	return b.unchanged(func() error {
		_, err := ledger.Update(b.ctx, b.m.Store(), func(u *ledger.Unit) error {
			tx := ledger.Transaction{Book: "book", Reason: "charge"}
			for _, e := range list {
				c := ledger.EUR
				if e.Currency != "" {
					var err error
					if c, err = ledger.ParseCurrency(e.Currency); err != nil {
						return err
					}
				}
				r := ledger.Ref{Book: "book", Owner: "o", Purpose: e.Account, Currency: c}
				u.Open(ledger.Account{Ref: r})
				tx.Entries = append(tx.Entries, ledger.Entry{Account: r, Amount: ledger.Minor(e.Amount, c)})
			}
			u.Post(tx)
			return nil
		})
		return err
	})
}

func (b *bench) currency(in badInput) error {
	if string(in.Value) == "null" {
		r := connect.ChargeRequest{Key: "k", AccountID: b.seller.ID, Source: connect.TestCard}
		return b.unchanged(func() error { _, err := b.platform.Charge(b.ctx, r); return err })
	}
	c, err := ledger.ParseCurrency(b.str(in.Value))
	if err != nil {
		return err
	}
	return b.try(connect.ChargeRequest{Amount: ledger.Minor(1000, c)})
}

func (b *bench) both(in badInput) error {
	var v struct {
		Amount   int64
		Currency ledger.Currency
	}
	require.NoError(b.t, json.Unmarshal(in.Value, &v))
	return b.try(connect.ChargeRequest{Amount: ledger.Minor(v.Amount, v.Currency)})
}

func (b *bench) get(in badInput) error {
	_, err := b.platform.GetCharge(b.ctx, b.str(in.Value))
	return err
}

func (b *bench) refundOf(in badInput) error {
	id := ""
	switch string(in.Value) {
	case `"ch_failed"`:
		id = b.charge(100, connect.TestDeclined).ID
	case `"ch_fully_refunded"`:
		id = b.charge(100, connect.TestCard).ID
		_, err := b.platform.Refund(b.ctx, connect.RefundRequest{Key: "all", ChargeID: id})
		require.NoError(b.t, err)
	}
	return b.unchanged(func() error {
		_, err := b.platform.Refund(b.ctx, connect.RefundRequest{Key: "r", ChargeID: id})
		return err
	})
}

func (b *bench) key(in badInput) error {
	switch {
	case bytes.Contains(in.Value, []byte("other body")):
		require.NoError(b.t, b.try(connect.ChargeRequest{Key: "same"}))
		return b.try(connect.ChargeRequest{Key: "same", Amount: usd(200)})
	case bytes.Contains(in.Value, []byte("other endpoint")):
		require.NoError(b.t, b.try(connect.ChargeRequest{Key: "same"}))
		_, err := b.platform.Transfer(b.ctx, connect.TransferRequest{Key: "same", To: b.seller.ID, Amount: usd(100)})
		return err
	case bytes.Contains(in.Value, []byte("reordered")):
		// Maps have no order, and their JSON is sorted.
		require.NoError(b.t, b.try(connect.ChargeRequest{Key: "same", Metadata: map[string]string{"a": "1", "b": "2"}}))
		return b.try(connect.ChargeRequest{Key: "same", Metadata: map[string]string{"b": "2", "a": "1"}})
	}
	r := connect.ChargeRequest{Key: b.str(in.Value), Amount: usd(100), AccountID: b.seller.ID, Source: connect.TestCard}
	return b.unchanged(func() error { _, err := b.platform.Charge(b.ctx, r); return err })
}

func (b *bench) after(in badInput) error {
	after := b.str(in.Value)
	if after == "ch_of_other_account" {
		other, err := b.m.Register(b.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
		require.NoError(b.t, err)
		c, err := other.Charge(b.ctx, connect.ChargeRequest{Key: "k", Amount: usd(100), Source: connect.TestCard})
		require.NoError(b.t, err)
		after = c.ID
	}
	_, err := b.platform.ListCharges(b.ctx, connect.ListRequest{After: after})
	return err
}

func (b *bench) limit(in badInput) error {
	_, err := b.platform.ListCharges(b.ctx, connect.ListRequest{Limit: int(b.int(in.Value))})
	return err
}

func (b *bench) metadata(in badInput) error {
	var meta map[string]string
	require.NoError(b.t, json.Unmarshal(in.Value, &meta))
	return b.try(connect.ChargeRequest{Metadata: meta})
}

func (b *bench) descriptor(in badInput) error {
	return b.try(connect.ChargeRequest{Descriptor: b.str(in.Value)})
}

func (b *bench) email(in badInput) error {
	r := connecttest.Seller("US")
	r.Key, r.Email = "other", b.str(in.Value)
	return b.unchanged(func() error { _, err := b.platform.CreateAccount(b.ctx, r); return err })
}

// The lines that were left out for their answer get that answer.
func TestBadInputsOtherwise(t *testing.T) {
	b := newBench(t)
	var quoted ledger.Money
	require.NoError(t, quoted.UnmarshalJSON([]byte(`{"amountMinor":"100","currency":"USD"}`)))
	require.Equal(t, usd(100), quoted)
	require.NoError(t, b.try(connect.ChargeRequest{Amount: ledger.Minor(1, ledger.KWD)}))
	_, err := b.platform.Payout(b.ctx, connect.PayoutRequest{Key: "p", AccountID: b.seller.ID, Amount: usd(0)})
	require.True(t, errors.Is(err, ledger.InsufficientFunds), "%v", err)
	_, err = b.platform.GetCharge(b.ctx, "ch_livemode_from_test_key")
	require.ErrorIs(t, err, ledger.NotFound)
	_, err = b.platform.ListCharges(b.ctx, connect.ListRequest{})
	require.NoError(t, err)
}
