package vault

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
	"github.com/soukhq/souk/payout/bank"
)

// apiVersion is the one that there is. A request need not name it.
const apiVersion = "1"

// Handler answers browsers:
//
//	GET  souk.js         the script for the host's pages (Script)
//	GET  v1/frame        the fields, for a frame that souk.js makes
//	POST v1/tokens       details for a token
//	POST v1/card-fields  how an acquirer's fields for cards are drawn
//
// It is mounted at the root of the vault's own origin, or with http.StripPrefix below it.
// Config.Keys and Config.Origin must be there, else it is of class Invalid.
func (v *Vault) Handler() (http.Handler, error) {
	if v.c.Keys == nil || v.c.Origin == "" {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: "keys", Op: op, Msg: "a handler needs keys and an origin"}
	}
	page, err := newPage()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/souk.js", v.only(http.MethodGet, v.serveScript))
	mux.Handle("/v1/frame", v.only(http.MethodGet, func(w http.ResponseWriter, r *http.Request) { v.serveFrame(w, r, page) }))
	mux.Handle("/v1/tokens", v.only(http.MethodPost, v.serveToken))
	mux.Handle("/v1/card-fields", v.only(http.MethodPost, v.serveCardFields))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		v.secure(w)
		refuse(w, notFound("page"))
	})
	return mux, nil
}

// secure sets what every answer has.
func (v *Vault) secure(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if strings.HasPrefix(v.c.Origin, "https:") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// only answers one method, and a browser that asks for leave to use it.
func (v *Vault) only(method string, serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.secure(w)
		switch {
		case r.Method == http.MethodOptions && v.rates.take(v.c.Env.Time(), "leave "+v.network(r), v.c.Limits.PerIP):
			v.preflight(w, r, method)
		case r.Method == http.MethodOptions:
			refuse(w, errTooMany)
		case r.Method != method:
			w.Header().Set("Allow", method+", OPTIONS")
			refuse(w, refusal(ledger.Invalid, "method_not_allowed", "this page has one method"))
		case len(r.Header.Values("Api-Version")) > 0 && r.Header.Get("Api-Version") != apiVersion:
			refuse(w, badField("invalid_version", "Api-Version", "there is no such version"))
		case !v.rates.take(v.c.Env.Time(), "ip "+v.network(r), v.c.Limits.PerIP):
			refuse(w, errTooMany)
		default:
			serve(w, r)
		}
	})
}

// network is who asks, as far as requests are counted.
func (v *Vault) network(r *http.Request) string {
	if v.c.ClientIP != nil {
		return network(v.c.ClientIP(r))
	}
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	return network(at.Addr())
}

// preflight answers whether a page may ask. No key is shown yet, so that this is about
// whether some platform has registered the origin; the request is then held to its key's.
func (v *Vault) preflight(w http.ResponseWriter, r *http.Request, method string) {
	origin := r.Header.Get("Origin")
	ok, err := v.registered(r.Context(), origin)
	if err != nil {
		refuse(w, err)
		return
	}
	h := w.Header()
	h.Add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
	if !ok {
		refuse(w, errOrigin)
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", method)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Api-Version")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

func (v *Vault) registered(ctx context.Context, origin string) (bool, error) {
	if origin == v.c.Origin {
		return true, nil
	}
	if !isOrigin(origin, !v.c.Live) {
		return false, nil
	}
	return v.c.Keys.Registered(ctx, origin)
}

// key finds the key that a request shows, and holds the page that sent it to the key's
// origins. The vault's own frames may use every key: a frame is drawn for a key, and its
// page can only stand in the key's origins.
func (v *Vault) key(w http.ResponseWriter, r *http.Request) (Key, error) {
	shown := r.Header.Values("Authorization")
	scheme, key, _ := strings.Cut(strings.Join(shown, ","), " ")
	if len(shown) != 1 || !strings.EqualFold(scheme, "Bearer") {
		key = ""
	}
	k, err := v.publishable(r.Context(), key)
	if err != nil {
		return Key{}, err
	}
	origins := r.Header.Values("Origin")
	if len(origins) != 1 || origins[0] != v.c.Origin && !slices.Contains(k.Origins, origins[0]) {
		return Key{}, errOrigin
	}
	w.Header().Add("Vary", "Origin")
	if origins[0] != v.c.Origin {
		w.Header().Set("Access-Control-Allow-Origin", origins[0])
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	return k, v.count(k)
}

// publishable finds a key that a browser may have. One that it may not raises the alarm.
func (v *Vault) publishable(ctx context.Context, key string) (Key, error) {
	unknown := refusal(ledger.Forbidden, "invalid_key", "there is no such publishable key")
	required := refusal(ledger.Forbidden, "publishable_key_required", "a secret key does not belong in a browser: roll it")
	looksSecret := strings.HasPrefix(key, "sk_") || strings.HasPrefix(key, "rk_")
	if !plain(key, 10, maxKey) {
		if looksSecret {
			return Key{}, required
		}
		return Key{}, unknown
	}
	k, err := v.c.Keys.Key(ctx, key)
	switch {
	case errors.Is(err, ledger.NotFound) && looksSecret:
		return Key{}, required
	case errors.Is(err, ledger.NotFound):
		return Key{}, unknown
	case err != nil:
		return Key{}, err
	case k.Secret:
		if err := v.alarm(ctx, k); err != nil {
			return Key{}, err
		}
		return Key{}, required
	case k.Live != v.c.Live:
		return Key{}, unknown
	}
	return k, nil
}

func (v *Vault) count(k Key) error {
	if !v.rates.take(v.c.Env.Time(), "key "+k.ID, v.c.Limits.PerKey) {
		return errTooMany
	}
	return nil
}

// serveToken turns details into a token.
func (v *Vault) serveToken(w http.ResponseWriter, r *http.Request) {
	k, err := v.key(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	texts, err := readBody(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	take := func(name string) string {
		text := texts[name]
		delete(texts, name)
		return text
	}
	kind := take("kind")
	if kind == kindCard {
		t, err := v.testCard(texts)
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, http.StatusOK, t)
		return
	}
	t, err := v.tokenFor(r.Context(), k, kind, take, texts)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, tokenAnswer{
		Token: t.Token, Kind: string(t.Kind), Country: t.Country, Currency: t.Currency, Last4: t.Last4, Bank: t.Bank, Expires: t.Expires,
	})
}

func (v *Vault) tokenFor(ctx context.Context, k Key, kind string, take func(string) string, rest map[string]string) (*Token, error) {
	q := TokeniseRequest{Platform: k.Platform, Account: take("account"), Kind: Kind(kind), Country: take("country")}
	if kind == "" {
		q.Kind = Bank
	}
	currency := take("currency")
	if q.Kind == Bank && currency != "" { // none at all is refused with the rest
		var err error
		if q.Currency, err = ledger.ParseCurrency(currency); err != nil {
			return nil, badField("invalid_currency", "currency", "it is no currency")
		}
	}
	for name := range rest {
		if !knownField(q.Kind, name) {
			return nil, badRequest("there is a field that nothing has")
		}
	}
	q.Fields = sealed.NewClear(rest)
	return v.Tokenise(ctx, q)
}

// knownField reports whether some details of a kind have a field.
func knownField(k Kind, name string) bool {
	if k == Bank {
		return bankFields[name]
	}
	_, ok := identityFields[name]
	return ok
}

// bankFields are the fields of all countries.
var bankFields = readBankFields()

func readBankFields() map[string]bool {
	names := make(map[string]bool)
	for _, country := range bank.FormatCountries() {
		for _, format := range bank.Formats(country) {
			for _, f := range format {
				names[f.Name] = true
			}
		}
	}
	return names
}
