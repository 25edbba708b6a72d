package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// refresh exchanges a refresh token, which counts once. Presented again it gives the same
// answer for Grace, to a client that lost it; after that somebody else has it, and the
// family ends.
func (p *Provider) refresh(r *http.Request, f url.Values, prof connect.Profile) (*given, error) {
	secret := f.Get("refresh_token")
	switch {
	case secret == "":
		return nil, bad("invalid_request", "refresh_token is missing")
	case len(secret) > longest || !strings.HasPrefix(secret, refreshPrefix):
		p.slow.failed(prof.ClientID(), p.env.Time())
		return nil, errGrant
	}
	if err := p.connected(r, secret, prof.ID); err != nil {
		return nil, err
	}
	var g *given
	var gone string
	_, err := p.env.Update(r.Context(), p.c.Engine.Store(), func(u *ledger.Unit) error {
		g, gone = nil, ""
		t, fam, err := p.owned(u, secret, prof.ID)
		if err != nil {
			return err
		}
		if !t.Refresh || !fam.Revoked.IsZero() || fam.Grant == 0 || !u.At().Before(t.Ends) {
			return errGrant
		}
		wanted := t.Scope
		if text := f.Get("scope"); text != "" {
			if wanted, err = scope(text); err != nil {
				return err
			}
			if wanted == connect.ScopeReadWrite && t.Scope != wanted {
				return bad("invalid_scope", "a refresh opens no more than before")
			}
		}
		again := !t.Used.IsZero()
		if again && (!u.At().Before(t.Used.Add(p.c.Grace)) || wanted != t.NextScope) {
			gone = fam.ID
			return nil
		}
		if !again {
			t.Used, t.Salt, t.NextScope = u.At(), ledger.Secret(), wanted
		}
		g = &given{
			access: successor(accessPrefix, secret, t.Salt), refresh: successor(refreshPrefix, secret, t.Salt),
			scope: wanted, account: fam.Account, life: p.c.AccessLife,
		}
		if again {
			return nil
		}
		if err := p.putTokens(u, fam, g); err != nil {
			return err
		}
		return tokenKind.Put(u, t.ID, t)
	})
	switch {
	case errors.Is(err, ledger.NotFound):
		p.slow.failed(prof.ClientID(), p.env.Time())
		return nil, errGrant
	case err != nil:
		return nil, err
	case gone != "":
		return nil, errors.Join(errGrant, p.revokeFamily(r.Context(), gone, false))
	}
	return g, nil
}

// connected refuses a refresh of what was disconnected.
func (p *Provider) connected(r *http.Request, secret, platform string) error {
	_, fam, err := p.read(r, secret, platform)
	if errors.Is(err, ledger.NotFound) || err == nil && fam.Grant == 0 {
		return nil // said where the token is exchanged
	}
	if err != nil {
		return err
	}
	if err := p.granted(r, fam); !errors.Is(err, errToken) {
		return err
	}
	return errGrant
}

// owned returns a token and its family, if they are a client's. Others are not found.
func (p *Provider) owned(u *ledger.Unit, secret, platform string) (*token, *family, error) {
	t, err := tokenKind.Get(u, tokenKind.Prefix+hash(secret))
	if err != nil {
		return nil, nil, err
	}
	fam, err := familyKind.Get(u, t.Family)
	if err == nil && fam.Platform != platform {
		err = ledger.NotFound
	}
	return t, fam, err
}

// revokeFamily ends all tokens of a family, and, if it is asked to, what they were given
// for.
func (p *Provider) revokeFamily(ctx context.Context, id string, disconnect bool) error {
	var fam *family
	_, err := p.env.Update(ctx, p.c.Engine.Store(), func(u *ledger.Unit) (err error) {
		if fam, err = familyKind.Get(u, id); err != nil || !fam.Revoked.IsZero() {
			return err
		}
		fam.Revoked = u.At()
		return familyKind.Put(u, id, fam)
	})
	if err != nil || !disconnect || fam.Grant == 0 {
		return err
	}
	_, err = p.c.Engine.Disconnect(ctx, connect.DisconnectRequest{Key: "end-" + fam.ID, AccountID: fam.Account, PlatformID: fam.Platform, Grant: fam.Grant})
	return err
}
