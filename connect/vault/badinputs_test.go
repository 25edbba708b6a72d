package vault_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
)

// badInput is one line of connect's testdata/bad-inputs.json.
type badInput struct {
	Area, Operation, Field string
	Value                  json.RawMessage
	Expect                 string
}

// expands writes out what a value of the file stands for, as the bytes of a request.
func expands(t *testing.T, v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	var s struct {
		Raw    string `json:"$raw"`
		Base64 string `json:"$base64"`
		Repeat []any  `json:"$repeat"`
		Nest   []any  `json:"$nest"`
	}
	require.NoError(t, json.Unmarshal(v, &s))
	n := func(v any) int { return int(v.(float64)) }
	switch {
	case s.Base64 != "":
		b, err := base64.StdEncoding.DecodeString(s.Base64)
		require.NoError(t, err)
		return string(b)
	case s.Repeat != nil:
		return strings.Repeat(s.Repeat[0].(string), n(s.Repeat[1]))
	case s.Nest != nil:
		return strings.Repeat(s.Nest[0].(string), n(s.Nest[2])) + strings.Repeat(s.Nest[1].(string), n(s.Nest[2]))
	}
	return s.Raw
}

// typed is a request with one field as the file has it, in a country that has the field.
func typed(field string, value json.RawMessage) string {
	fields := map[string]json.RawMessage{"country": []byte(`"US"`), "currency": []byte(`"USD"`), "routing_number": []byte(`"110000000"`), "account_number": []byte(`"000123456789"`)}
	if field == "bic" {
		fields = map[string]json.RawMessage{"country": []byte(`"DE"`), "currency": []byte(`"EUR"`), "iban": []byte(`"` + iban + `"`)}
	}
	if field == "iban" {
		country := "DE"
		var text string
		if json.Unmarshal(value, &text) == nil && (strings.HasPrefix(text, "MT") || strings.HasPrefix(text, "NO")) {
			country = text[:2]
		}
		fields = map[string]json.RawMessage{"country": []byte(`"` + country + `"`), "currency": []byte(`"EUR"`)}
		var repeat struct {
			Repeat []any `json:"$repeat"`
		}
		if json.Unmarshal(value, &repeat) == nil && repeat.Repeat != nil {
			value = []byte(`"` + strings.Repeat(repeat.Repeat[0].(string), int(repeat.Repeat[1].(float64))) + `"`)
		}
	}
	fields[field] = value
	text, _ := json.Marshal(fields) // of JSON that was read
	return string(text)
}

// The inputs of areas tokenizer, bank, json and http get the class of answer that they must,
// and what is refused writes nothing (promises 70, 71).
func TestBadInputs(t *testing.T) {
	text, err := os.ReadFile("../testdata/bad-inputs.json")
	require.NoError(t, err)
	var lines []badInput
	require.NoError(t, json.Unmarshal(text, &lines))
	ran := make(map[string]int)
	for _, b := range lines {
		s := newSite(t, nil)
		var w *httptest.ResponseRecorder
		switch b.Area + " " + b.Operation + " " + b.Field {
		case "bank use_token token":
			ran[b.Area]++
			require.Equal(t, b.Expect, s.useBadly(expands(t, b.Value)), string(b.Value))
			continue
		case "bank tokenize_bank_account " + b.Field:
			w = s.post(typed(b.Field, b.Value), nil)
		case "tokenizer POST /v1/tokens Origin header":
			w = s.post(body, header("Origin", expands(t, b.Value)))
		case "tokenizer POST /v1/tokens Authorization":
			w = s.post(body, header("Authorization", "Bearer "+expands(t, b.Value)))
		case "tokenizer POST /v1/tokens body", "json any_post body":
			sent := expands(t, b.Value)
			w = s.post(sent, func(r *http.Request) {
				if sent == "a=1&a=2" {
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				}
			})
		case "http any_request headers":
			name, value, ok := strings.Cut(expands(t, b.Value), ": ")
			require.True(t, ok)
			if name == "Content-Length" {
				continue // net/http answers 400 before any handler
			}
			w = s.post(body, func(r *http.Request) {
				if name == "Host" {
					r.Host = value
				}
				r.Header.Set(name, value)
			})
		default:
			continue
		}
		ran[b.Area]++
		line := fmt.Sprintf("%s %s %.80s", b.Area, b.Field, b.Value)
		want := b.Expect
		if want == "ok_escaped" || want == "ignored" {
			want = "ok" // kept as it is; whoever prints it escapes it
		}
		require.Equal(t, want, code(t, w), line)
		if want != "ok" && want != "publishable_key_required" {
			require.Empty(t, s.events(), line)
		}
	}
	require.Equal(t, map[string]int{"bank": 48, "tokenizer": 13, "json": 13, "http": 4}, ran)
}

// useBadly uses a token as the file says, and returns the code of the answer.
func (s *site) useBadly(how string) string {
	token, by := s.token(german("")), platform
	use := func() error {
		_, err := s.Use(s.ctx, vault.UseRequest{Key: s.key(), Platform: by, Token: token, Account: "acct_1"})
		return err
	}
	switch how {
	case "already_used":
		require.NoError(s.t, use())
	case "expired_15m":
		s.clock.Advance(15 * time.Minute)
	case "of_other_platform":
		by = "plat_2"
	}
	var e *ledger.Error
	require.ErrorAs(s.t, use(), &e)
	return e.Code
}
