package oauth

import (
	"errors"
	"net/http"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// revoke ends a token, and all of its family (RFC 7009). Tokens that are not known, or
// another's, are ended already.
func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) {
	f, err := p.form(r)
	if err == nil && f.Get("token") == "" {
		err = bad("invalid_request", "token is missing")
	}
	var prof connect.Profile
	if err == nil {
		prof, err = p.authenticated(r, f)
	}
	if err == nil && len(f.Get("token")) <= longest {
		var t *token
		t, _, err = p.read(r, f.Get("token"), prof.ID)
		if err == nil {
			err = p.revokeFamily(r.Context(), t.Family, false)
		}
		if errors.Is(err, ledger.NotFound) {
			err = nil
		}
	}
	if err != nil {
		p.refuse(w, r, err, "")
		return
	}
	p.json(w, http.StatusOK, map[string]any{})
}

// read is owned outside of a change.
func (p *Provider) read(r *http.Request, secret, platform string) (t *token, fam *family, err error) {
	_, err = p.env.Update(r.Context(), p.c.Engine.Store(), func(u *ledger.Unit) (err error) {
		t, fam, err = p.owned(u, secret, platform)
		return err
	})
	return t, fam, err
}

// deauthorize ends the connection of an account: the next call is refused.
func (p *Provider) deauthorize(w http.ResponseWriter, r *http.Request) {
	f, err := p.form(r)
	var prof connect.Profile
	if err == nil {
		prof, err = p.authenticated(r, f)
	}
	account := f.Get("account")
	if err == nil && account == "" {
		err = bad("invalid_request", "account is missing")
	}
	if err == nil && prof.Client.Kind != connect.ClientConfidential {
		err = badClient("a client without a secret revokes its tokens")
	}
	if err == nil {
		err = p.disconnect(r, prof.ID, account)
	}
	if err != nil {
		p.refuse(w, r, err, "")
		return
	}
	p.json(w, http.StatusOK, map[string]string{"account": account})
}

func (p *Provider) disconnect(r *http.Request, platform, account string) error {
	pf, err := p.c.Engine.Platform(r.Context(), platform)
	if err != nil {
		return err
	}
	if _, err := pf.On(r.Context(), account); err != nil {
		return badClient("the account is not connected")
	}
	_, err = p.c.Engine.Disconnect(r.Context(), connect.DisconnectRequest{Key: p.env.ID("off_"), AccountID: account, PlatformID: platform})
	if errors.Is(err, ledger.NotFound) || errors.Is(err, ledger.Invalid) {
		return badClient("the account is not connected")
	}
	return err
}

// introspect tells a confidential client about its own tokens (RFC 7662). Of others it
// says that they are not active, and nothing else.
func (p *Provider) introspect(w http.ResponseWriter, r *http.Request) {
	f, err := p.form(r)
	if err == nil && f.Get("token") == "" {
		err = bad("invalid_request", "token is missing")
	}
	var prof connect.Profile
	if err == nil {
		prof, err = p.authenticated(r, f)
	}
	if err == nil && prof.Client.Kind != connect.ClientConfidential {
		err = badClient("a client without a secret is told nothing")
	}
	if err != nil {
		p.refuse(w, r, err, "")
		return
	}
	idle := map[string]any{"active": false}
	if len(f.Get("token")) > longest {
		p.json(w, http.StatusOK, idle)
		return
	}
	t, fam, err := p.read(r, f.Get("token"), prof.ID)
	if err == nil {
		_, err = p.opens(r, t, fam)
	}
	switch {
	case err == nil && t.Used.IsZero():
		p.json(w, http.StatusOK, map[string]any{
			"active": true, "scope": string(t.Scope), "client_id": prof.ClientID(), "sub": fam.Account, "iss": p.c.Issuer, "token_type": "bearer",
			"iat": t.Created.Unix(), "exp": t.Ends.Unix(),
		})
	case err == nil, errors.Is(err, ledger.NotFound), errors.Is(err, errToken):
		p.json(w, http.StatusOK, idle)
	default:
		p.refuse(w, r, err, "")
	}
}

// metadata says what the server can (RFC 8414).
func (p *Provider) metadata(w http.ResponseWriter, _ *http.Request) {
	at := func(path string) string { return p.c.Issuer + path }
	auth := []string{"client_secret_basic", "client_secret_post"}
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Del("Pragma")
	p.json(w, http.StatusOK, map[string]any{
		"issuer": p.c.Issuer, "authorization_endpoint": at(PathAuthorize), "token_endpoint": at(PathToken), "revocation_endpoint": at(PathRevoke),
		"introspection_endpoint": at(PathIntrospect), "response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token"},
		"token_endpoint_auth_methods_supported": append(auth, "none"), "revocation_endpoint_auth_methods_supported": append(auth, "none"),
		"introspection_endpoint_auth_methods_supported": auth, "code_challenge_methods_supported": []string{"S256"},
		"scopes_supported": []connect.Scope{connect.ScopeReadOnly, connect.ScopeReadWrite},
		"authorization_response_iss_parameter_supported": true,
	})
}

// errToken is the one answer for tokens that open nothing.
var errToken = errors.New("oauth: the token opens nothing")

// opens returns the account that a token opens, to its platform.
func (p *Provider) opens(r *http.Request, t *token, fam *family) (*connect.Platform, error) {
	if !fam.Revoked.IsZero() || fam.Grant == 0 || !p.env.Time().Before(minTime(t.Ends, fam.Ends)) {
		return nil, errToken
	}
	on, err := p.acting(r, fam)
	if err != nil {
		return nil, err
	}
	return on.Narrow(t.Scope), nil
}

// granted tells whether a family's connection stands.
func (p *Provider) granted(r *http.Request, fam *family) error {
	_, err := p.acting(r, fam)
	return err
}

// acting is the platform on a family's account, as long as what was granted then stands.
func (p *Provider) acting(r *http.Request, fam *family) (*connect.Platform, error) {
	pf, err := p.c.Engine.Platform(r.Context(), fam.Platform)
	if err != nil {
		return nil, err
	}
	c, err := pf.GetConnection(r.Context(), fam.Connection)
	if err != nil {
		return nil, err
	}
	if c.Grant != fam.Grant {
		return nil, errToken
	}
	on, err := pf.On(r.Context(), fam.Account)
	if errors.Is(err, ledger.NotFound) {
		return nil, errToken
	}
	return on, err
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
