package oauth

import (
	"cmp"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// authorize draws the consent page. A client or an address to go back to that is not
// known gets an error page, from which nothing leads anywhere; other errors are JSON and
// lead nowhere either: only the user's own answer is sent to the platform.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		p.errorPage(w, "The link is broken.")
		return
	}
	x, platform, err := p.asked(r, q)
	switch {
	case errors.Is(err, errPage):
		p.errorPage(w, "The application that sent you here is not known, or asked to send you back to a place that is not its own.")
		return
	case err != nil:
		p.refuse(w, r, err, short(q.Get("state")))
		return
	}
	user, in := p.c.Users.SignedIn(r)
	if !in {
		p.c.Users.SignIn(w, r)
		return
	}
	check := draw("")
	x.Session, x.User, x.Check = hash(user.Session), user.ID, hash(check)
	if crowd, err := p.crowded(r, x.Session); err != nil || crowd {
		p.refuse(w, r, cmp.Or(err, error(&problem{http.StatusTooManyRequests, "slow_down", "too many pages are open"})), x.State)
		return
	}
	_, err = p.env.Update(r.Context(), p.c.Engine.Store(), func(u *ledger.Unit) error {
		x.ID, x.Created = u.NewID(pendingKind.Prefix), u.At()
		return pendingKind.Put(u, x.ID, x)
	})
	if err != nil {
		p.refuse(w, r, err, x.State)
		return
	}
	_, opens := p.c.Users.(AccountOpener)
	p.draw(w, x, &Consent{
		Platform: platform, Host: host(x.Redirect), Accounts: user.Accounts, CanOpen: opens, Write: x.Scope == connect.ScopeReadWrite,
		Prefill: x.Prefill, Action: PathConsent, Request: x.ID, Check: check, Nonce: ledger.Secret(),
	})
}

// errPage is an error of which nothing is told to the client.
var errPage = errors.New("error page")

// asked reads what a client asks for.
func (p *Provider) asked(r *http.Request, q url.Values) (*pending, connect.Profile, error) {
	client, redirects := q["client_id"], q["redirect_uri"]
	if len(client) != 1 || len(redirects) > 1 {
		return nil, connect.Profile{}, errPage
	}
	prof, err := p.client(r.Context(), client[0])
	if err != nil {
		return nil, prof, errors.Join(errPage, err)
	}
	x := &pending{Client: client[0], Platform: prof.ID, Stated: len(redirects) == 1}
	if !x.Stated || redirects[0] == "" {
		return nil, prof, errPage
	}
	var ok bool
	if x.Redirect, ok = prof.Client.RedirectOf(redirects[0]); !ok {
		return nil, prof, errPage
	}
	if err := once(q); err != nil {
		return nil, prof, err
	}
	switch kind := q.Get("response_type"); {
	case kind == "":
		return nil, prof, bad("invalid_request", "response_type is missing")
	case kind != "code":
		return nil, prof, bad("unsupported_response_type", "the response type is code")
	}
	if x.State = q.Get("state"); x.State == "" || len(x.State) > 1000 {
		return nil, prof, bad("invalid_request", "state is 1 to 1,000 characters")
	}
	if x.Scope, err = scope(q.Get("scope")); err != nil {
		return nil, prof, err
	}
	x.Challenge, x.Prefill = q.Get("code_challenge"), prefill(q)
	return x, prof, p.challenge(q, prof.Client.Kind == connect.ClientPublic)
}

// challenge refuses what is no challenge of S256 (RFC 7636).
func (p *Provider) challenge(q url.Values, public bool) error {
	c, method := q.Get("code_challenge"), q.Get("code_challenge_method")
	if c == "" && method == "" && p.c.PKCEOptional && !public {
		return nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(c)
	if err != nil || len(raw) != 32 || len(c) != 43 || method != "S256" {
		return bad("invalid_request", "code_challenge is 43 characters of S256")
	}
	return nil
}

// scope reads what is asked for: read_only where nothing is.
func scope(text string) (connect.Scope, error) {
	if len(text) > 100 {
		return "", bad("invalid_scope", "the scopes are read_only and read_write")
	}
	widest := connect.ScopeReadOnly
	for s := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' }) {
		switch connect.Scope(s) {
		case connect.ScopeReadOnly:
		case connect.ScopeReadWrite:
			widest = connect.ScopeReadWrite
		default:
			return "", bad("invalid_scope", "the scopes are read_only and read_write")
		}
	}
	return widest, nil
}

// prefilled are the parameters by which a platform says what it knows of a user:
// "prefill[email]". What is not among them, or is no plain text, is left out.
func prefill(q url.Values) map[string]string {
	known := []string{
		"email", "url", "country", "phone_number", "business_name", "business_type", "first_name", "last_name", "street_address", "city", "state", "zip",
		"product_description", "currency",
	}
	out := make(map[string]string)
	for _, k := range known {
		v := q.Get("prefill[" + k + "]")
		if v != "" && len(v) <= 200 && !strings.ContainsFunc(v, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar
		}) {
			out[k] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func short(text string) string { return text[:min(len(text), 1000)] }

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// draw writes the consent page. It may send its form to this server, which sends the
// browser on to the client: browsers ask for both.
func (p *Provider) draw(w http.ResponseWriter, x *pending, c *Consent) {
	back, err := url.Parse(x.Redirect)
	if err != nil {
		p.errorPage(w, "The link is broken.")
		return
	}
	w.Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'nonce-"+c.Nonce+"'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' "+back.Scheme+"://"+back.Host)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := p.c.Page.Execute(w, c); err != nil {
		p.c.Logger.Error("souk: oauth: the consent page", "error", err)
	}
}

func (p *Provider) errorPage(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte("<!doctype html><html lang=\"en\"><title>Error</title><h1>This does not work</h1><p>" + template.HTMLEscapeString(text) + "</p>"))
}

// crowded tells whether a session has too many pages open: rows are written for those
// who are signed in alone, and not without a bound.
func (p *Provider) crowded(r *http.Request, session string) (full bool, err error) {
	err = p.c.Engine.Store().Read(r.Context(), func(v ledger.View) error {
		list, err := v.Find(ledger.Query{Kind: pendingKind.Name, Name: "session", Value: session, Desc: true, Limit: p.c.Pending})
		if err != nil || len(list) < p.c.Pending {
			return err
		}
		oldest, err := pendingKind.Decode(list[len(list)-1])
		full = err == nil && p.env.Time().Before(oldest.Created.Add(p.c.ConsentLife))
		return err
	})
	return full, err
}

// owns tells whether an account is one of a user's.
func (u User) owns(account string) bool {
	return slices.ContainsFunc(u.Accounts, func(a UserAccount) bool { return a.ID == account })
}
