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

// client finds a client that takes connections.
func (p *Provider) client(ctx context.Context, id string) (connect.Profile, error) {
	pf, err := p.c.Engine.PlatformByClient(ctx, id)
	if err != nil {
		return connect.Profile{}, err
	}
	return pf.Profile(), nil
}

// authenticated tells which client makes a request: a confidential one by a secret key of
// its platform, in the header or in the body, a public one by its id alone. What fails
// counts, and too much of it has to wait.
func (p *Provider) authenticated(r *http.Request, f url.Values) (connect.Profile, error) {
	id, secret, err := credentials(r, f)
	if err != nil {
		return connect.Profile{}, err
	}
	now := p.env.Time()
	prof, err := p.identify(r.Context(), id, secret)
	e := (*problem)(nil)
	wrong := errors.As(err, &e)
	if (wrong || secret == "") && p.slow.holds(id, now) { // who proves who they are is not held up by who claims to be them
		return connect.Profile{}, &problem{http.StatusTooManyRequests, "slow_down", "too many attempts have failed; wait a minute"}
	}
	if wrong {
		p.slow.failed(id, now)
	}
	return prof, err
}

func (p *Provider) identify(ctx context.Context, id, secret string) (connect.Profile, error) {
	if secret == "" {
		prof, err := p.client(ctx, id)
		switch {
		case errors.Is(err, ledger.NotFound), err == nil && prof.Client.Kind != connect.ClientPublic:
			return prof, badClient("the client is not known, or has to prove who it is")
		}
		return prof, err
	}
	k, err := p.c.Engine.APIKey(ctx, secret)
	if errors.Is(err, ledger.Forbidden) || err == nil && k.Kind != connect.KeySecret {
		return connect.Profile{}, badClient("the secret opens nothing")
	}
	if err != nil {
		return connect.Profile{}, err
	}
	pf, err := p.c.Engine.Platform(ctx, k.Platform)
	if err != nil {
		return connect.Profile{}, err
	}
	prof := pf.Profile()
	if prof.Client == nil || prof.Client.Disabled || prof.Client.Kind != connect.ClientConfidential || id != "" && id != prof.ClientID() {
		return prof, badClient("the client is not known, or has no secret")
	}
	return prof, nil
}

// credentials reads by which id and secret a client says who it is: in one way.
func credentials(r *http.Request, f url.Values) (id, secret string, err error) {
	id, secret = f.Get("client_id"), f.Get("client_secret")
	head := r.Header.Values("Authorization")
	if len(head) == 0 {
		if id == "" && secret == "" {
			return "", "", badClient("the client does not say who it is")
		}
		return id, secret, nil
	}
	if secret != "" || len(head) > 1 {
		return "", "", bad("invalid_request", "a client says in one way who it is")
	}
	user, pass, ok := r.BasicAuth()
	if !ok {
		return "", "", badClient("a client says who it is by Basic, or in the body")
	}
	if user, err = url.QueryUnescape(user); err == nil { // RFC 6749, section 2.3.1
		pass, err = url.QueryUnescape(pass)
	}
	if err != nil {
		return "", "", badClient("the header cannot be read")
	}
	if strings.HasPrefix(user, "sk_") && pass == "" { // the key alone
		user, pass = id, user
	}
	if id != "" && user != id || pass == "" {
		return "", "", badClient("the header says another client, or no secret")
	}
	return user, pass, nil
}
