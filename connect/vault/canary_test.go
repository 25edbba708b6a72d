package vault_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
	"github.com/soukhq/souk/ledger/sqlite"
)

// canaries are what stands nowhere but in what is sealed.
var canaries = []string{iban, "000987654321", sk, holder, "Kanarienvogel", "123-45-6789", "4000000000000077"}

// forms are the ways in which a text can hide.
func forms(text string) (list [][]byte) {
	reversed := []byte(text)
	slices.Reverse(reversed)
	var spaced []string
	for i := 0; i < len(text); i += 4 {
		spaced = append(spaced, text[i:min(i+4, len(text))])
	}
	list = [][]byte{
		[]byte(text), reversed, []byte(strings.ToLower(text)), []byte(strings.Join(spaced, " ")), []byte(strings.Join(spaced, "-")),
		[]byte(hex.EncodeToString([]byte(text))), []byte(strings.ToUpper(hex.EncodeToString([]byte(text)))), []byte(url.QueryEscape(text)), []byte(url.PathEscape(text)),
	}
	for shift := range 3 { // in base64, a text has three forms, by where it begins
		b := base64.StdEncoding.EncodeToString(append(make([]byte, shift), text...))
		b = b[(shift*8+5)/6:]
		list = append(list, []byte(strings.TrimRight(b, "=")[:len(text)*4/3-2]))
	}
	var little, big []byte
	for _, u := range utf16.Encode([]rune(text)) {
		little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
	}
	return append(list, little, big)
}

// caught names the canaries that are in some bytes.
func caught(data []byte) (list []string) {
	for _, c := range canaries {
		for _, f := range forms(c) {
			if bytes.Contains(data, f) {
				list = append(list, c)
				break
			}
		}
	}
	return list
}

// net catches all that is written to a store.
type net struct {
	ledger.Store
	mu      sync.Mutex
	written bytes.Buffer
}

func (n *net) Commit(ctx context.Context, c *ledger.Change) (*ledger.Receipt, error) {
	n.mu.Lock()
	_, _ = fmt.Fprintf(&n.written, "%+v %+v %+v\n", c.Idem, c.Expect, c.Post)
	for _, o := range c.Put {
		_, _ = fmt.Fprintf(&n.written, "%v %s %+v\n", o.ID, o.Data, o.Keys)
	}
	for _, e := range c.Emit {
		_, _ = fmt.Fprintf(&n.written, "%s %v %s\n", e.Type, e.Object, e.Data)
	}
	n.mu.Unlock()
	return n.Store.Commit(ctx, c)
}

// live is what a day leaves behind: all answers, errors and log lines.
type live struct {
	bytes.Buffer
	log *slog.Logger
}

func (l *live) note(v ...any) {
	for _, x := range v {
		if x == nil {
			continue
		}
		_, _ = fmt.Fprintf(l, "%v %+v %#v\n", x, x, x)
		l.log.Info("noted", "x", x)
	}
}

// canaryDay goes through everything that a vault does, good and bad, with the canaries in
// all places where somebody may type.
func canaryDay(t *testing.T, s *shop, keys *vault.MemoryKeys, h http.Handler, l *live) {
	secrets := []string{iban, "000987654321", holder, "123-45-6789", "4000000000000077", sk}
	p := s.platform.ID()
	require.NoError(t, keys.Register(pk, vault.Key{ID: "key_1", Platform: p, Origins: []string{origin}}))
	require.NoError(t, keys.Register(sk, vault.Key{ID: "key_3", Platform: p, Secret: true, Origins: []string{origin}}))
	bodies := []string{body, `{"kind":"identity","country":"US","id_number":"123-45-6789","last_name":"` + holder + `"}`, `{"country":"US","currency":"USD","routing_number":"110000000","account_number":"000987654321"}`}
	for _, x := range secrets {
		bodies = append(bodies,
			`{"`+x+`":"`+x+`"}`, `{"iban":"`+x+`","iban":"`+x+`"}`, `{"kind":"`+x+`"}`, `{"country":"`+x+`"}`, `{"country":"DE","currency":"`+x+`"}`,
			`{"country":"DE","currency":"EUR","iban":"`+x+`9"}`, `{"account":"`+x+`|","country":"DE","currency":"EUR"}`, `{"kind":"card","number":"`+x+`"}`, x, `"`+x+`"`,
			`{"kind":"identity","country":"US","birth_date":"`+x+`"}`, `{"country":"US","currency":"USD","routing_number":"`+x+`","account_number":"`+x+`"}`)
	}
	send := func(r *http.Request) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		l.note(w.Body.String(), w.Header())
	}
	for _, b := range bodies {
		for _, key := range []string{pk, sk} {
			r := httptest.NewRequest(http.MethodPost, "/v1/tokens", strings.NewReader(b))
			r.Header.Set("Authorization", "Bearer "+key)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Origin", origin)
			send(r)
		}
	}
	for _, x := range secrets {
		for _, parameter := range []string{"kind", "country", "currency", "account", "way", "lang", "origin", "other"} {
			send(httptest.NewRequest(http.MethodGet, "/v1/frame?key="+pk+"&origin="+origin+"&"+parameter+"="+url.QueryEscape(x), nil))
		}
		_, err := s.vault.Use(s.ctx, vault.UseRequest{Key: "k", Platform: p, Token: x, Account: "acct_1"})
		l.note(err)
		_, err = s.vault.Reference(s.ctx, p, x)
		l.note(err)
		opened, err := s.rail.open.Detokenise(s.ctx, sealed.Request{Tokens: []string{x}, Purpose: "p"})
		l.note(err, opened[0].Err)
	}
	a, ref := s.seller("one", "000123456789")
	l.note(a, ref, s.pay(a, "p1"), s.vault, s.Engine)
	tok, err := s.vault.Tokenise(s.ctx, vault.TokeniseRequest{Platform: p, Account: "two", Kind: vault.Bank, Country: "DE", Currency: ledger.EUR, Fields: german("").Fields})
	require.NoError(t, err)
	used, err := s.vault.Use(s.ctx, vault.UseRequest{Key: "two", Platform: p, Token: tok.Token, Account: "two"})
	require.NoError(t, err)
	opened, err := s.rail.open.Detokenise(s.ctx, sealed.Request{Tokens: []string{used.ID, used.ID}, Purpose: "p"})
	require.NoError(t, err)
	require.Equal(t, iban, opened[0].Fields.Reveal()["iban"])
	shared, err := s.vault.Shared(s.ctx, p, used.ID)
	l.note(tok, used, opened, shared, err)
	s.Clock.Advance(time.Second)
	rotation, err := s.vault.Rotate(s.ctx, vault.RotateRequest{From: "k1", Reseal: true})
	require.NoError(t, err)
	require.Positive(t, rotation.Values)
	erasure, err := s.vault.Erase(s.ctx, vault.EraseRequest{Platform: p, Account: "two"})
	l.note(rotation, erasure, err)
	require.NoError(t, s.Pass(s.ctx, time.Hour)) // what nobody used is forgotten
}

// The canary of promise 68: account numbers, names and secrets that went through a vault are
// in no log, error, answer, event, object or file, in no form; what is planted is found.
func TestTheCanary(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "market.db")
	db, err := sqlite.Open(t.Context(), file, nil)
	require.NoError(t, err)
	store := &net{Store: db}
	l := new(live)
	l.log = slog.New(slog.NewJSONHandler(l, nil))
	was := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(l, nil)))
	defer slog.SetDefault(was)

	keys := new(vault.MemoryKeys)
	s := newShop(t, store, true)
	web, err := vault.New(vault.Config{
		Store: store, Env: s.Env(), Wrapper: masters(t, "k1", "k1"), Index: index(t, "i1"), Keys: keys, Origin: "https://vault.example",
		Limits: vault.Limits{PerKey: 100_000, PerIP: 100_000},
	})
	require.NoError(t, err)
	h, err := web.Handler()
	require.NoError(t, err)
	canaryDay(t, s, keys, h, l)
	for _, e := range events(t, store) {
		l.note(e, string(e.Data))
	}
	verify(t, s)

	left := map[string][]byte{"answers, errors and logs": l.Bytes(), "what was committed": store.written.Bytes()}
	files := func() {
		list, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.NotEmpty(t, list)
		for _, f := range list { // the file, its log and its index
			left[f.Name()], err = os.ReadFile(filepath.Join(folder, f.Name()))
			require.NoError(t, err)
		}
	}
	files()
	require.NoError(t, db.Close())
	files()
	for name, data := range left {
		require.Greater(t, len(data), 100, name)
		require.Empty(t, knownPages(name, data), name)
	}

	for _, c := range canaries { // the control: each in each form
		for _, f := range forms(c) {
			require.Contains(t, caught(slices.Concat([]byte("x"), f, []byte("y"))), c, "%q", f)
		}
	}
	control, err := connecttest.New(connecttest.Config{Config: connect.Config{Store: &net{Store: ledger.NewMemory()}}})
	require.NoError(t, err)
	_, err = control.Register(s.ctx, connect.PlatformRequest{Key: "p", Name: holder, Country: "US"})
	require.NoError(t, err)
	require.Contains(t, caught(control.Store().(*net).written.Bytes()), holder, "what is planted in a store is found")
}

// knownPages are the canaries in some bytes, but for the sample IBAN and the test cards that
// the documents of frames have in them, which are no secret.
func knownPages(name string, data []byte) []string {
	if name != "answers, errors and logs" {
		return caught(data)
	}
	data = bytes.ReplaceAll(data, []byte("4242424242424242 4000000000000077 "), nil)
	return caught(data)
}
