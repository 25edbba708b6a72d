package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// given are the tokens of an answer.
type given struct {
	access, refresh string
	life            time.Duration
	scope           connect.Scope
	account         string
}

// token exchanges a code, or a refresh token.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	g, err := p.exchange(r)
	if err != nil {
		p.refuse(w, r, err, "")
		return
	}
	p.json(w, http.StatusOK, map[string]any{
		"access_token": g.access, "token_type": "bearer", "expires_in": int64(g.life / time.Second),
		"refresh_token": g.refresh, "scope": string(g.scope), "account": g.account, "livemode": p.live(),
	})
}

func (p *Provider) live() bool { return p.c.Engine.Live() }

func (p *Provider) exchange(r *http.Request) (*given, error) {
	f, err := p.form(r)
	if err != nil {
		return nil, err
	}
	kind := f.Get("grant_type")
	if kind == "" {
		return nil, bad("invalid_request", "grant_type is missing")
	}
	prof, err := p.authenticated(r, f)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "authorization_code":
		return p.redeem(r, f, prof)
	case "refresh_token":
		return p.refresh(r, f, prof)
	case "client_credentials":
		return nil, bad("unauthorized_client", "a platform works for itself with its keys")
	}
	return nil, bad("unsupported_grant_type", "the grants are authorization_code and refresh_token")
}

var errGrant = bad("invalid_grant", "it is not known, over, used, or another's")

// redeem exchanges a code. A code counts once, whatever comes of it: presented again, or
// by another client, or for another address, what it gave is revoked.
func (p *Provider) redeem(r *http.Request, f url.Values, prof connect.Profile) (*given, error) {
	secret, verifier := f.Get("code"), f.Get("code_verifier")
	switch {
	case secret == "":
		return nil, bad("invalid_request", "code is missing")
	case len(secret) > longest || !strings.HasPrefix(secret, codePrefix):
		p.slow.failed(prof.ClientID(), p.env.Time())
		return nil, errGrant
	case verifier != "" && !verifies(verifier):
		return nil, bad("invalid_request", "code_verifier is 43 to 128 characters of letters, digits, - . _ and ~")
	}
	var g *given
	var c *code
	var fam *family
	var gone string // a family that is revoked with it
	fresh := false  // so early that somebody may have stolen it, and not found it later in a log
	_, err := p.env.Update(r.Context(), p.c.Engine.Store(), func(u *ledger.Unit) error {
		var err error
		g, fam, gone = nil, nil, ""
		if c, err = codeKind.Get(u, codeKind.Prefix+hash(secret)); err != nil {
			return err
		}
		if !c.Used.IsZero() {
			gone, fresh = c.Family, u.At().Before(c.Created.Add(p.c.CodeLife))
			return nil
		}
		c.Used = u.At()
		if c.Platform != prof.ID || !p.fits(u, c, f, verifier) {
			return codeKind.Put(u, c.ID, c)
		}
		fam = &family{
			ID: u.NewID(familyKind.Prefix), Platform: c.Platform, Account: c.Account, Scope: c.Scope, Created: u.At(), Ends: u.At().Add(p.c.RefreshLife),
		}
		c.Family = fam.ID
		g = &given{access: draw(accessPrefix), refresh: draw(refreshPrefix), scope: c.Scope, account: c.Account}
		if err := p.putTokens(u, fam, g); err != nil {
			return err
		}
		if err := familyKind.Put(u, fam.ID, fam); err != nil {
			return err
		}
		return codeKind.Put(u, c.ID, c)
	})
	switch {
	case errors.Is(err, ledger.NotFound):
		p.slow.failed(prof.ClientID(), p.env.Time())
		return nil, errGrant
	case err != nil:
		return nil, err
	case gone != "":
		return nil, errors.Join(errGrant, p.revokeFamily(r.Context(), gone, fresh))
	case g == nil:
		return nil, errGrant
	}
	return g, p.open(r, c, fam)
}

// fits tells whether a code is redeemed as it was given.
func (p *Provider) fits(u *ledger.Unit, c *code, f url.Values, verifier string) bool {
	if !u.At().Before(c.Created.Add(p.c.CodeLife)) || c.Stated && f.Get("redirect_uri") != c.Redirect || (c.Challenge == "") != (verifier == "") {
		return false
	}
	if c.Challenge == "" {
		return true
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(c.Challenge)) == 1
}

// verifies tells whether a text is a verifier (RFC 7636, section 4.1).
func verifies(v string) bool {
	const others = "-._~"
	if len(v) < 43 || len(v) > 128 {
		return false
	}
	for i := range len(v) {
		c := v[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}

// open grants what the user agreed to, and lets the family's tokens open it.
func (p *Provider) open(r *http.Request, c *code, fam *family) error {
	conn, err := p.c.Engine.Connect(r.Context(), connect.ConnectRequest{
		Key: c.ID, AccountID: c.Account, PlatformID: c.Platform, Scope: c.Scope, By: c.User,
	})
	if err != nil {
		return err
	}
	revoked := false
	_, err = p.env.Update(r.Context(), p.c.Engine.Store(), func(u *ledger.Unit) error {
		now, err := familyKind.Get(u, fam.ID)
		if err != nil {
			return err
		}
		if revoked = !now.Revoked.IsZero(); revoked {
			return nil
		}
		now.Connection, now.Grant = conn.ID, conn.Grant
		return familyKind.Put(u, now.ID, now)
	})
	if err != nil || !revoked {
		return err
	}
	_, err = p.c.Engine.Disconnect(r.Context(), connect.DisconnectRequest{Key: "end-" + fam.ID, AccountID: c.Account, PlatformID: c.Platform, Grant: conn.Grant})
	return errors.Join(errGrant, err)
}

// putTokens keeps the tokens of an answer.
func (p *Provider) putTokens(u *ledger.Unit, fam *family, g *given) error {
	ends := u.At().Add(p.c.AccessLife)
	if ends.After(fam.Ends) {
		ends = fam.Ends
	}
	g.life = ends.Sub(u.At())
	a := &token{ID: tokenKind.Prefix + hash(g.access), Family: fam.ID, Scope: g.scope, Created: u.At(), Ends: ends}
	b := &token{ID: tokenKind.Prefix + hash(g.refresh), Family: fam.ID, Refresh: true, Scope: g.scope, Created: u.At(), Ends: fam.Ends}
	if err := tokenKind.Put(u, a.ID, a); err != nil {
		return err
	}
	return tokenKind.Put(u, b.ID, b)
}
