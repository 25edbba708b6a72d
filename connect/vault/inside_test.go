package vault_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

const engineSecret, railSecret = "engine-engine-engine-engine-engine", "rail-rail-rail-rail-rail-rail-rail"

func shows(secret string) func() string { return func() string { return secret } }

// inside is a vault that other programs ask, and a way to make clients of it.
func inside(t *testing.T) (w *world, client func(secret string) *vault.Client) {
	w = newWorld(t, nil)
	h, err := w.Inside(
		vault.Insider{Name: "engine", Secret: shows(engineSecret), Uses: true},
		vault.Insider{Name: "rail bank", Secret: shows(railSecret), Opens: []vault.Kind{vault.Bank}},
		vault.Insider{Name: "nobody yet", Secret: shows(""), Uses: true},
		vault.Insider{Name: "guessed", Secret: shows("short"), Uses: true},
	)
	require.NoError(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return w, func(secret string) *vault.Client {
		c, err := vault.NewClient(vault.ClientConfig{URL: server.URL + "/", Secret: shows(secret)})
		require.NoError(t, err)
		return c
	}
}

// A vault that runs by itself: the engine's program uses tokens, the rail's opens what they
// stand for, and neither does what the other may.
func TestAVaultOfItsOwnProgram(t *testing.T) {
	w, client := inside(t)
	engine, rail := client(engineSecret), client(railSecret)
	use := vault.UseRequest{Key: "u1", Platform: platform, Token: w.token(german("")), Account: "acct_1"}
	ref, err := engine.Use(w.ctx, use)
	require.NoError(t, err)
	same, err := w.Reference(w.ctx, platform, ref.ID)
	require.NoError(t, err)
	require.Equal(t, same, ref)
	again, err := engine.Use(w.ctx, use)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	use.Key = "u2"
	_, err = engine.Use(w.ctx, use)
	requireCode(t, err, ledger.State, "token_used")

	open := rail.Detokeniser(vault.Bank)
	list, err := open.Detokenise(w.ctx, sealed.Request{Tokens: []string{ref.ID, "vref_none"}, Purpose: "payout po_1"})
	require.NoError(t, err)
	require.Equal(t, iban, list[0].Fields.Reveal()["iban"])
	require.Equal(t, []any{"DE", ledger.EUR, ref.ID}, []any{list[0].Country, list[0].Currency, list[0].Token})
	requireCode(t, list[1].Err, ledger.NotFound, "not_found")
	require.JSONEq(t, `{"by":"rail bank","purpose":"payout po_1"}`, string(events(t, w.store)[2].Data))

	for name, err := range map[string]error{
		"the engine opens": second(engine.Detokeniser(vault.Bank).Detokenise(w.ctx, sealed.Request{Tokens: []string{ref.ID}, Purpose: "p"})),
		"another kind":     second(rail.Detokeniser(vault.Identity).Detokenise(w.ctx, sealed.Request{Tokens: []string{ref.ID}, Purpose: "p"})),
		"the rail uses":    second(rail.Use(w.ctx, use)),
		"the rail erases":  second(rail.Erase(w.ctx, vault.EraseRequest{Platform: platform, ID: ref.ID})),
		"a wrong secret":   second(client(engineSecret+"x").Use(w.ctx, use)),
		"no secret":        second(client("").Use(w.ctx, use)),
		"a short secret":   second(client("short").Use(w.ctx, use)),
	} {
		require.ErrorIs(t, err, ledger.Forbidden, name)
	}
	done, err := engine.Erase(w.ctx, vault.EraseRequest{Platform: platform, Account: "acct_1"})
	require.NoError(t, err)
	require.Equal(t, 1, done.References)
	list, err = open.Detokenise(w.ctx, sealed.Request{Tokens: []string{ref.ID}, Purpose: "p"})
	require.NoError(t, err)
	requireCode(t, list[0].Err, ledger.State, "erased")
	_, err = open.Detokenise(w.ctx, sealed.Request{})
	require.ErrorIs(t, err, ledger.Invalid)
}

func second[T any](_ T, err error) error { return err }

// An answer that is lost is said to be, one that is none as well, and nobody is followed
// elsewhere with a secret.
func TestAClientThatIsNotAnswered(t *testing.T) {
	var answers []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers = append(answers, r.URL.Path)
		switch r.Header.Get("Authorization") {
		case "Bearer elsewhere":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "Bearer nonsense":
			_, _ = w.Write([]byte("<html>" + iban))
		case "Bearer class":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":{"class":"odd","code":"x"}}`))
		default:
			_, _ = w.Write([]byte("[]"))
		}
	}))
	use := vault.UseRequest{Key: "u"}
	for secret, class := range map[string]ledger.Class{"elsewhere": ledger.Unknown, "nonsense": ledger.Unknown, "class": ledger.Unavailable} {
		c, err := vault.NewClient(vault.ClientConfig{URL: server.URL, Secret: shows(secret)})
		require.NoError(t, err)
		_, err = c.Use(context.Background(), use)
		requireCode(t, err, class, "no_answer")
		require.NotContains(t, err.Error(), iban)
	}
	require.NotContains(t, answers, "/elsewhere")
	c, err := vault.NewClient(vault.ClientConfig{URL: server.URL, Secret: shows("few")})
	require.NoError(t, err)
	_, err = c.Detokeniser(vault.Bank).Detokenise(context.Background(), sealed.Request{Tokens: []string{"vref_1"}, Purpose: "p"})
	requireCode(t, err, ledger.Unavailable, "no_answer")
	server.Close()
	_, err = c.Use(context.Background(), use)
	requireCode(t, err, ledger.Unknown, "no_answer")
	_, err = c.Detokeniser(vault.Bank).Detokenise(context.Background(), sealed.Request{Tokens: []string{"vref_1"}, Purpose: "p"})
	requireCode(t, err, ledger.Unavailable, "no_answer")
	for _, url := range []string{"", "http://vault.example", "ftp://localhost", "https://a:b@vault.example", "https://vault.example?x=1", "://", "https://"} {
		_, err := vault.NewClient(vault.ClientConfig{URL: url, Secret: shows("s")})
		require.ErrorIs(t, err, ledger.Invalid, url)
	}
	_, err = vault.NewClient(vault.ClientConfig{URL: "https://vault.example"})
	require.ErrorIs(t, err, ledger.Invalid)
}

// What a program of the host's sends is read as strictly as what a browser does.
func TestInsideIsStrict(t *testing.T) {
	w := newWorld(t, nil)
	h, err := w.Inside(vault.Insider{Name: "engine", Secret: shows(engineSecret), Uses: true, Opens: []vault.Kind{vault.Bank}})
	require.NoError(t, err)
	send := func(method, path, body string, change func(*http.Request)) int {
		r := httptest.NewRequest(method, "/v1/"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+engineSecret)
		if change != nil {
			change(r)
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec.Code
	}
	for _, body := range []string{"", "null", "[]", `{}`, `{"key":"a"}`, `{"key":"a","key":"b","platform":"p","token":"t","account":"a"}`, `{"key":1,"platform":"p","token":"t","account":"a"}`, strings.Repeat(" ", 300<<10)} {
		require.Equal(t, http.StatusBadRequest, send(http.MethodPost, "use", body, nil), body[:min(20, len(body))])
		require.Equal(t, http.StatusBadRequest, send(http.MethodPost, "erase", body, nil))
		require.Equal(t, http.StatusBadRequest, send(http.MethodPost, "detokenise", body, nil))
	}
	require.Equal(t, http.StatusMethodNotAllowed, send(http.MethodGet, "use", "", nil))
	require.Equal(t, http.StatusForbidden, send(http.MethodPost, "use", "", header("Origin", origin)), "no browser belongs here")
	require.Equal(t, http.StatusUnauthorized, send(http.MethodPost, "use", "", header("Authorization", engineSecret)))
	require.Equal(t, http.StatusNotFound, send(http.MethodPost, "other", "", nil))
	for _, i := range []vault.Insider{{Name: "x"}, {Secret: shows("x")}, {Name: "x", Secret: shows("x"), Opens: []vault.Kind{"card"}}} {
		_, err := w.Inside(i)
		require.ErrorIs(t, err, ledger.Invalid)
	}
}
