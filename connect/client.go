package connect

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Branding is how a platform shows itself to sellers and partners.
type Branding struct {
	DisplayName  string `json:"displayName,omitzero"`  // 1–100 characters; empty: the platform's name
	Color        string `json:"color,omitzero"`        // "#1a2b3c"
	IconURL      string `json:"iconURL,omitzero"`      // https
	LogoURL      string `json:"logoURL,omitzero"`      // https
	SupportURL   string `json:"supportURL,omitzero"`   // https
	SupportEmail string `json:"supportEmail,omitzero"` // a plain address
}

// ClientKind tells whether an OAuth client can keep a secret.
type ClientKind string

// The kinds of clients (RFC 6749, section 2.1).
const (
	ClientConfidential ClientKind = "confidential" // a server, which proves who it is by a secret key
	ClientPublic       ClientKind = "public"       // an app or a page, which has no secret
)

// Client is what a platform is as a client of OAuth, and in browsers.
type Client struct {
	Kind ClientKind `json:"kind,omitzero"` // zero: ClientConfidential
	// Redirects are where users may be sent back to, compared character by character:
	// https, or http to this machine (127.0.0.1, [::1]) of a public client or in test
	// mode. At most 20, of at most 500 characters. The first is the default.
	Redirects []string `json:"redirects,omitzero"`
	// Origins are those of its pages that may use publishable keys from a browser:
	// "https://shop.example". At most 20.
	Origins  []string `json:"origins,omitzero"`
	Disabled bool     `json:"disabled,omitzero"` // no new connection is made through it
}

// ClientID names a platform as a client of OAuth: no id of an account or platform has
// this form.
func (p *Profile) ClientID() string {
	return clientPrefix + strings.TrimPrefix(p.ID, platformKind.Prefix)
}

const clientPrefix = "ca_"

// platformOfClient returns the id of the platform that a client's id names.
func platformOfClient(client string) (string, bool) {
	rest, ok := strings.CutPrefix(client, clientPrefix)
	return platformKind.Prefix + rest, ok && rest != "" && plain(client, 1, 100)
}

// check refuses branding that could not be shown, or that misleads.
func (b *Branding) check() error {
	if b.DisplayName != "" {
		if err := checkShown("branding.displayName", b.DisplayName); err != nil {
			return err
		}
	}
	if b.Color != "" && (len(b.Color) != 7 || b.Color[0] != '#' || strings.Trim(b.Color[1:], "0123456789abcdefABCDEF") != "") {
		return badField("invalid_color", "branding.color", "a colour is # and six hexadecimal digits")
	}
	for _, l := range []struct{ field, link string }{{"branding.iconURL", b.IconURL}, {"branding.logoURL", b.LogoURL}, {"branding.supportURL", b.SupportURL}} {
		if l.link == "" {
			continue
		}
		if holdsCard(l.link) {
			return cardIn(l.field)
		}
		if u := link(l.link); u == nil || u.Scheme != "https" || u.Fragment != "" {
			return badField("invalid_url", l.field, "it is an https address of at most 500 characters")
		}
	}
	if holdsCard(b.SupportEmail) {
		return cardIn("branding.supportEmail")
	}
	return inField("branding.supportEmail", checkEmail(b.SupportEmail))
}

// checkShown refuses a name that people are shown before they trust somebody, if it can
// pass for another: letters of several alphabets, or marks that change what stands
// beside them.
func checkShown(field, name string) error {
	if err := checkName(field, name, 100); err != nil {
		return err
	}
	if confusable(name) {
		return badField("invalid_name", field, "a name that users are shown is in one alphabet")
	}
	return nil
}

// check refuses what a client may not have, and puts the defaults in.
func (c *Client) check(live bool) error {
	switch c.Kind {
	case "":
		c.Kind = ClientConfidential
	case ClientConfidential, ClientPublic:
	default:
		return badField("invalid_client_kind", "client.kind", "a client is confidential or public")
	}
	if len(c.Redirects) > 20 || len(c.Origins) > 20 {
		return badField("invalid_redirect", "client.redirects", "there are at most 20 addresses, and 20 origins")
	}
	local := c.Kind == ClientPublic || !live
	for i, r := range c.Redirects {
		if holdsCard(r) {
			return cardIn("client.redirects")
		}
		if !redirectable(r, local) {
			return badField("invalid_redirect", "client.redirects", "users are sent back to an https address without fragment, user and dot segments, or to http on this machine, of a public client or in test mode")
		}
		if slices.Contains(c.Redirects[:i], r) {
			return badField("invalid_redirect", "client.redirects", "one address stands there twice")
		}
	}
	for _, o := range c.Origins {
		if holdsCard(o) {
			return cardIn("client.origins")
		}
		if !origin(o, !live) {
			return badField("invalid_origin", "client.origins", "an origin is https:// and a host, and a port if it is not 443")
		}
	}
	return nil
}

func (c *Client) clone() *Client {
	if c == nil {
		return nil
	}
	o := *c
	o.Redirects, o.Origins = slices.Clone(c.Redirects), slices.Clone(c.Origins)
	return &o
}

// link parses an address that names its host in plain ASCII; nil if it is none.
func link(text string) *url.URL {
	if !plain(text, 1, 500) || strings.ContainsAny(text, `\"<>^{|}`+"`") {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.User != nil || u.Hostname() == "" || strings.Contains(u.Host, "%") || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	return u
}

// loopback reports whether a host is this machine, by its number: a name could be
// anything.
func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Zone() == "" && a.Unmap() == a && a.IsLoopback()
}

// redirectable tells whether users may be sent back to an address.
func redirectable(text string, local bool) bool {
	u := link(text)
	if u == nil || strings.Contains(text, "#") || strings.Contains(text, "*") || u.RawPath != "" || u.Host != strings.ToLower(u.Host) {
		return false
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return u.Scheme == "https" || local && loopback(u.Hostname())
}

// origin tells whether text is the origin of a page, as browsers write it.
func origin(text string, local bool) bool {
	u := link(text)
	if u == nil || u.Host != strings.ToLower(u.Host) || text != u.Scheme+"://"+u.Host || strings.Contains(text, "*") {
		return false
	}
	if port := u.Port(); strings.HasSuffix(u.Host, ":") || port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		return false // a browser leaves it out
	}
	return u.Scheme == "https" || local && (loopback(u.Hostname()) || u.Hostname() == "localhost")
}

// RedirectOf returns where users of a client are sent back to: an address that is one of
// its own, character by character; of a public client, one on this machine may have
// any port (RFC 8252, section 7.3). Empty is the default. What it does not have is false.
func (c *Client) RedirectOf(asked string) (string, bool) {
	switch {
	case c == nil || len(c.Redirects) == 0:
		return "", false
	case asked == "":
		return c.Redirects[0], true
	case slices.Contains(c.Redirects, asked):
		return asked, true
	case c.Kind != ClientPublic || !redirectable(asked, true):
		return "", false
	}
	u := link(asked)
	if u.Scheme != "http" {
		return "", false
	}
	without := func(u *url.URL) string {
		v := *u
		v.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
		return v.String()
	}
	return asked, slices.ContainsFunc(c.Redirects, func(r string) bool {
		has := link(r)
		return has.Scheme == "http" && without(has) == without(u)
	})
}

// PlatformByClient returns the platform that is a client of OAuth. Unknown ids, platforms
// without a Client and those whose client is disabled are not found.
func (e *Engine) PlatformByClient(ctx context.Context, clientID string) (*Platform, error) {
	id, ok := platformOfClient(clientID)
	if !ok {
		return nil, fmt.Errorf("connect: client: %w", notFound("client"))
	}
	p, err := e.Platform(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("connect: client: %w", notFoundOr(err, "client"))
	}
	if c := p.Profile().Client; c == nil || c.Disabled || p.Profile().Home != "" {
		return nil, fmt.Errorf("connect: client: %w", notFound("client"))
	}
	return p, nil
}
