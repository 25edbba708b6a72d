// Package oauth lets sellers and partners connect their accounts to platforms: an
// authorization server (RFC 6749 with RFC 7636, 7009, 7662, 8414, 9207 and the advice of
// RFC 9700) as an http.Handler, and a small resource handler that an access token opens.
//
// It stands on connect's public face. What a token opens is what connect.Platform.On opens
// (docs/scopes.md), and never more than the connection, which can be revoked without it.
// Who is signed in is the host's business: Users.
//
// Codes, tokens and secrets are random, told once, and kept as hashes.
package oauth

import (
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// User is who is signed in with the host.
type User struct {
	ID string // the host's id of them: 1–100 characters of printable ASCII without spaces
	// Session names the login. A host gives it another name when somebody signs in, so
	// that a page that was drawn before is worth nothing afterwards.
	Session  string
	Accounts []UserAccount // those that exist by themselves and are theirs to connect
}

// UserAccount is an account that a user may connect.
type UserAccount struct {
	ID   string
	Name string // as the user knows it
}

// Users tells who is signed in.
type Users interface {
	// SignedIn returns who makes a request; false: nobody.
	SignedIn(r *http.Request) (User, bool)
	// SignIn answers a request of nobody: it lets them sign in, and sends them back to the
	// path and query of r, on this host and no other.
	SignIn(w http.ResponseWriter, r *http.Request)
}

// AccountOpener may be implemented by Users: then a user can open an account in the middle
// of connecting it. Prefill is what the platform said of them: nothing of it is checked.
type AccountOpener interface {
	OpenAccount(r *http.Request, u User, prefill map[string]string) (accountID string, err error)
}

// Config sets a provider up.
type Config struct {
	Engine *connect.Engine
	Users  Users
	// Issuer is the address under which the handler is reached: https, a host, and no path
	// (http of this machine where the engine is not Live).
	Issuer string
	// Page draws the consent page, with a Consent. Nil: the package's own.
	Page *template.Template

	CodeLife    time.Duration // of a code; 0 is 5 minutes, and more is refused
	ConsentLife time.Duration // of a consent page; 0 is 10 minutes
	AccessLife  time.Duration // of an access token; 0 is an hour
	RefreshLife time.Duration // from the consent to when the last refresh token ends; 0 is 180 days
	// Grace is for how long a refresh token that was used gives the same answer again, to a
	// client that lost it; 0 is 10 seconds, less than 0 is none.
	Grace time.Duration
	// PKCEOptional lets confidential clients leave PKCE out. Public ones never may.
	PKCEOptional bool

	MaxBody  int64 // of a request in bytes; 0 is 16 KiB
	Pending  int   // consent pages of one session at a time; 0 is 20
	Failures int   // failed attempts of a client in a minute, before it has to slow down; 0 is 60
	// AllFailures is likewise of all clients together; 0 is 1,000.
	AllFailures int

	Logger *slog.Logger // nil: nothing is logged
}

// Provider is the authorization server and its resource handler.
type Provider struct {
	c    Config
	env  ledger.Env
	mux  *http.ServeMux
	slow *brake
}

// The paths of a provider, under its issuer.
const (
	PathAuthorize   = "/oauth/authorize"
	PathConsent     = "/oauth/consent"
	PathToken       = "/oauth/token"
	PathRevoke      = "/oauth/revoke"
	PathDeauthorize = "/oauth/deauthorize"
	PathIntrospect  = "/oauth/introspect"
	PathMetadata    = "/.well-known/oauth-authorization-server"
	PathResource    = "/v1/"
)

// New makes a provider and attaches its objects to the engine. Errors: invalid_config,
// naming the field.
func New(c Config) (*Provider, error) {
	if c.Engine == nil || c.Users == nil {
		return nil, badConfig("engine", "a provider needs an engine, and users")
	}
	u, err := url.Parse(c.Issuer)
	if err != nil || u.Host == "" || c.Issuer != u.Scheme+"://"+u.Host || u.Scheme != "https" && (u.Scheme != "http" || !local(u.Hostname())) {
		return nil, badConfig("issuer", "an issuer is https:// and a host")
	}
	for _, d := range []struct {
		field string
		span  *time.Duration
		or    time.Duration
	}{
		{"codeLife", &c.CodeLife, 5 * time.Minute}, {"consentLife", &c.ConsentLife, 10 * time.Minute}, {"accessLife", &c.AccessLife, time.Hour},
		{"refreshLife", &c.RefreshLife, 180 * 24 * time.Hour},
	} {
		if *d.span == 0 {
			*d.span = d.or
		}
		if *d.span < 0 {
			return nil, badConfig(d.field, "a life is more than zero")
		}
	}
	if c.CodeLife > 5*time.Minute {
		return nil, badConfig("codeLife", "a code lives for five minutes at most")
	}
	if c.Grace == 0 {
		c.Grace = 10 * time.Second
	}
	if c.MaxBody == 0 {
		c.MaxBody = 16 << 10
	}
	for _, n := range []struct {
		n  *int
		or int
	}{{&c.Pending, 20}, {&c.Failures, 60}, {&c.AllFailures, 1000}} {
		if *n.n == 0 {
			*n.n = n.or
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Page == nil {
		if c.Page, err = template.New("consent").Parse(consentPage); err != nil {
			return nil, err
		}
	}
	p := &Provider{c: c, env: c.Engine.Env(), slow: &brake{most: c.Failures, all: c.AllFailures}}
	if err := c.Engine.Attach(connect.Part{Kinds: Kinds()}); err != nil {
		return nil, err
	}
	p.routes()
	return p, nil
}

func (p *Provider) routes() {
	p.mux = http.NewServeMux()
	p.mux.HandleFunc("GET "+PathAuthorize, p.authorize)
	p.mux.HandleFunc("POST "+PathConsent, p.consent)
	p.mux.HandleFunc("POST "+PathToken, p.token)
	p.mux.HandleFunc("POST "+PathRevoke, p.revoke)
	p.mux.HandleFunc("POST "+PathDeauthorize, p.deauthorize)
	p.mux.HandleFunc("POST "+PathIntrospect, p.introspect)
	p.mux.HandleFunc("GET "+PathMetadata, p.metadata)
	p.mux.HandleFunc("GET "+PathResource, p.resource)
}

// ServeHTTP answers a request. Headers by which proxies say who asks are not read.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store, private")
	h.Set("Pragma", "no-cache")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	if clean := path.Clean("/" + r.URL.Path); clean != r.URL.Path && clean+"/" != r.URL.Path || clean+"/" == PathResource || r.URL.Path == PathResource {
		http.NotFound(w, r) // the mux would send it on
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, p.c.MaxBody)
	p.mux.ServeHTTP(w, r)
}

func local(host string) bool { return host == "127.0.0.1" || host == "::1" || host == "localhost" }

func badConfig(field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: field, Op: "oauth: config", Msg: msg}
}

// ascii keeps of a text what may stand in an error_description (RFC 6749, section 5.2).
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, text)
}
