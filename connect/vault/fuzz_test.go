package vault_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

// Whatever is sent, the handler answers with JSON that repeats nothing, and never panics or
// redirects (promise 71).
func FuzzTokens(f *testing.F) {
	for _, b := range []string{
		body, "", "{}", "null", "[]", `{"kind":"card","number":"4242424242424242"}`, `{"kind":"identity","country":"US","id_number":"123456789"}`,
		`{"country":"US","currency":"USD","routing_number":"110000000","account_number":"000123456789"}`, strings.Repeat("[", 40), "\xff", `{"a":"\ud83d"}`, `{"a":1}{`,
	} {
		f.Add(b, "application/json", origin, "Bearer "+pk)
	}
	f.Add(body, "text/xml", "null", "Bearer "+sk)
	s := newSite(f, nil)
	f.Fuzz(func(t *testing.T, body, kind, from, key string) {
		s := s.at(t)
		w := s.post(body, func(r *http.Request) {
			r.Header["Content-Type"], r.Header["Origin"], r.Header["Authorization"] = []string{kind}, []string{from}, []string{key}
		})
		got := code(t, w)
		require.Contains(t, []string{"", origin}, w.Header().Get("Access-Control-Allow-Origin"))
		if got != "ok" {
			require.GreaterOrEqual(t, w.Code, 400)
			require.Less(t, w.Code, 500)
		}
	})
}

// A frame is drawn or refused, and what it was asked with stands in its page as text alone.
func FuzzFrame(f *testing.F) {
	for _, q := range []string{"kind=bank&country=DE&currency=EUR", "kind=card", "kind=identity&country=US&way=1", "kind=bank&country=US&currency=USD&account=x", "%zz", "kind=bank&kind=card", "lang=fr;"} {
		f.Add("key=" + pk + "&origin=" + origin + "&" + q)
	}
	s := newSite(f, nil)
	f.Fuzz(func(t *testing.T, query string) {
		s := s.at(t)
		r := httptest.NewRequest(http.MethodGet, "/v1/frame", nil)
		r.URL = &url.URL{Path: "/v1/frame", RawQuery: query}
		w := s.send(r, nil)
		if w.Code != http.StatusOK {
			code(t, w)
			return
		}
		page := w.Body.String()
		require.Equal(t, []int{1, 1, 1}, []int{strings.Count(page, "<script>"), strings.Count(page, "</script>"), strings.Count(page, "<form ")})
		require.True(t, strings.HasSuffix(w.Header().Get("Content-Security-Policy"), " frame-ancestors "+origin))
	})
}

// Details are tokenised and open to what they were, or are refused with a typed error.
func FuzzTokenise(f *testing.F) {
	f.Add("bank", "DE", "iban", iban, "account_holder_name", holder)
	f.Add("bank", "US", "routing_number", "110000000", "account_number", "000123456789")
	f.Add("identity", "US", "id_number", "123-45-6789", "birth_date", "1990-01-01")
	f.Add("identity", "FR", "tax_id", "12/34.56", "last_name", "李小龍")
	s := newSite(f, nil)
	f.Fuzz(func(t *testing.T, kind, country, name1, text1, name2, text2 string) {
		s := s.at(t)
		r := german("")
		r.Kind, r.Country, r.Fields = vault.Kind(kind), country, sealed.NewClear(map[string]string{name1: text1, name2: text2})
		tok, err := s.Tokenise(s.ctx, r)
		if err != nil {
			require.NotEmpty(t, errorCode(t, err))
			for _, text := range []string{text1, text2} {
				require.False(t, len(text) > 12 && strings.Contains(err.Error(), text), "it is repeated")
			}
			return
		}
		ref, err := s.Use(s.ctx, vault.UseRequest{Key: ledger.Secret(), Platform: platform, Token: tok.Token, Account: "a"})
		require.NoError(t, err)
		d, err := s.Detokeniser("fuzz", r.Kind)
		require.NoError(t, err)
		list, err := d.Detokenise(s.ctx, sealed.Request{Tokens: []string{ref.ID}, Purpose: "p"})
		require.NoError(t, err)
		require.NoError(t, list[0].Err)
		again := r
		again.Fields = list[0].Fields
		_, err = s.Tokenise(s.ctx, again)
		require.NoError(t, err, "what was opened is read again")
	})
}

// Any text is used as a token or opened as a reference, and is nobody's.
func FuzzUse(f *testing.F) {
	f.Add("k", platform, "btok_ABCDEFGHIJKLMNOPQRSTUVWXYZ", "acct_1")
	f.Add("", "", "", "")
	f.Add("k", "p|", iban, "a b")
	s := newSite(f, nil)
	d, err := s.Detokeniser("fuzz", vault.Bank)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, key, platform, token, account string) {
		s := s.at(t)
		_, err := s.Use(s.ctx, vault.UseRequest{Key: key, Platform: platform, Token: token, Account: account})
		require.NotEmpty(t, errorCode(t, err))
		list, err := d.Detokenise(s.ctx, sealed.Request{Tokens: []string{token}, Purpose: "p"})
		require.NoError(t, err)
		require.NotEmpty(t, errorCode(t, list[0].Err))
		_, err = s.Erase(s.ctx, vault.EraseRequest{Platform: platform, ID: token})
		require.NotEmpty(t, errorCode(t, err))
	})
}
