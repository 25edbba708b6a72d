package hosted

import (
	"context"
	"embed"
	"encoding/base64"
	"html/template"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

//go:embed templates text
var builtin embed.FS

// Config sets the pages up.
type Config struct {
	Engine *connect.Engine

	// Base is where the pages are mounted, without a slash at the end:
	// "https://pay.example.com/onboarding". Links and redirects begin with it, whatever a
	// request says of its host. It is https, but for localhost.
	Base string

	// URLs are the addresses to which a platform's links may lead back. They are compared
	// exactly. Nil: those that the platform has registered for OAuth
	// (connect.Client.Redirects).
	URLs func(ctx context.Context, platform string) ([]string, error)

	LinkLife    time.Duration // 0: five minutes, which is the most
	SessionLife time.Duration // 0: an hour

	// Vault draws the fields for bank details. Nil: BankSlot, or a field for a token.
	Vault *Vault
	// BankSlot is the host's own piece of the page in its place. It has to fill the field
	// bank_token of the form around it.
	BankSlot template.HTML
	// BankOf tells which bank account a token stands for. Nil: in the account's country and
	// currency, and nothing else is known of it.
	BankOf func(ctx context.Context, p *connect.Platform, a *connect.Account, token string) (connect.BankDetails, error)

	TermsURL     string // where the terms are to be read; empty: they are only named
	TermsVersion string // of them, at most 100 characters

	// RemoteIP tells from where a request comes, for terms that are accepted. Nil: who
	// connected; headers of proxies are not believed.
	RemoteIP func(*http.Request) string

	// Templates takes the place of single pages: page.html, link.html, account.html,
	// message.html, style.css. Texts takes the place of the words of a language: fr.json.
	Templates, Texts fs.FS
}

// Vault is a script from another origin that draws fields whose content this page cannot
// read: souk's own vault (connect/vault), and then Config.BankOf is that vault's BankOf. It
// draws into the element of the id souk-bank, and bank.js, which these pages serve, puts the
// token into the field bank_token.
type Vault struct {
	Script         string // its address: https
	Integrity      string // its hash: "sha384-…"
	Frame          string // the origin of its frames; empty: that of Script
	PublishableKey string // of the platform
}

// Pages serves the pages. It is safe for use by several goroutines.
type Pages struct {
	c      Config
	base   *url.URL
	policy string // the Content-Security-Policy
	style  []byte
	script []byte
	pages  map[string]*template.Template
	texts  map[string]map[string]string
}

func bad(field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: field, Op: "connect/hosted: config", Msg: msg}
}

// New sets the pages up, and attaches their objects to the engine.
func New(c Config) (*Pages, error) {
	h := &Pages{c: c}
	if c.Engine == nil {
		return nil, bad("engine", "there is no engine")
	}
	u, err := url.Parse(c.Base)
	if err != nil || !secure(u) || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(u.Path, "/") {
		return nil, bad("base", "it is an address like https://pay.example.com/onboarding")
	}
	h.base = u
	if h.c.LinkLife == 0 {
		h.c.LinkLife = 5 * time.Minute
	}
	if h.c.SessionLife == 0 {
		h.c.SessionLife = time.Hour
	}
	if h.c.LinkLife < 0 || h.c.LinkLife > 5*time.Minute || h.c.SessionLife < 0 || h.c.SessionLife > 24*time.Hour {
		return nil, bad("linkLife", "a link lives for at most five minutes, and a session for a day")
	}
	if c.Vault != nil && c.BankOf == nil {
		return nil, bad("bankOf", "what the vault's tokens stand for is found by it")
	}
	if h.policy, err = policy(c.Vault); err != nil {
		return nil, err
	}
	if err := h.read(); err != nil {
		return nil, err
	}
	return h, c.Engine.Attach(connect.Part{Kinds: Kinds()})
}

// Kinds lists what the pages store, for the SQL views of a durable store.
func Kinds() []ledger.KindInfo { return []ledger.KindInfo{linkKind.Info(), sessionKind.Info()} }

// secure reports whether an address is one of https, or of this machine.
func secure(u *url.URL) bool {
	local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1"
	return u.User == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && local)
}

// policy is what browsers let the pages do: show themselves, and send forms home. Scripts
// and frames are those of the vault alone.
func policy(v *Vault) (string, error) {
	list := []string{"default-src 'none'", "style-src 'self'", "img-src 'self' data:", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"}
	if v == nil {
		return strings.Join(list, "; "), nil
	}
	script, err := url.Parse(v.Script)
	if err != nil || !secure(script) || strings.ContainsAny(v.Script, " ;,'\"") {
		return "", bad("vault.script", "it is an address of https")
	}
	kind, hash, _ := strings.Cut(v.Integrity, "-")
	sum, err := base64.StdEncoding.DecodeString(hash)
	if size := map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}[kind]; err != nil || size == 0 || len(sum) != size {
		return "", bad("vault.integrity", "it is a hash like sha384-…")
	}
	frame := v.Frame
	if frame == "" {
		frame = script.Scheme + "://" + script.Host
	}
	at, err := url.Parse(frame)
	if err != nil || !secure(at) || at.Path != "" || at.RawQuery != "" || strings.ContainsAny(frame, " ;,'\"") {
		return "", bad("vault.frame", "it is an origin like https://vault.example.com")
	}
	return strings.Join(append(list, "script-src 'self' "+v.Script, "frame-src "+frame), "; "), nil
}

// allowed reports whether a platform has registered an address.
func (h *Pages) allowed(ctx context.Context, platform, address string) (bool, error) {
	u, err := url.Parse(address)
	if err != nil || !secure(u) {
		return false, nil
	}
	if h.c.URLs == nil {
		p, err := h.c.Engine.Platform(ctx, platform)
		if err != nil {
			return false, err
		}
		client := p.Profile().Client
		return client != nil && slices.Contains(client.Redirects, address), nil
	}
	list, err := h.c.URLs(ctx, platform)
	return slices.Contains(list, address), err
}

// remoteIP is from where a request comes.
func (h *Pages) remoteIP(r *http.Request) string {
	if h.c.RemoteIP != nil {
		return h.c.RemoteIP(r)
	}
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return at.Addr().WithZone("").Unmap().String()
}
