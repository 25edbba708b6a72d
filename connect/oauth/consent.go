package oauth

import (
	"crypto/subtle"
	"net/http"
	"net/url"

	"github.com/soukhq/souk/ledger"
)

// consent takes the user's answer, which is bound to the page, the session and the user,
// and counts once. What the platform gets is sent with 303, so that nothing of the post
// goes along.
func (p *Provider) consent(w http.ResponseWriter, r *http.Request) {
	f, err := p.form(r)
	if err != nil {
		p.refuse(w, r, err, "")
		return
	}
	user, in := p.c.Users.SignedIn(r)
	if !in {
		p.errorPage(w, "You are not signed in any more. Go back to the application and begin again.")
		return
	}
	x, err := pendingKind.Read(r.Context(), p.c.Engine.Store(), f.Get("request"))
	if err != nil || !p.same(x, user, f.Get("check")) {
		p.errorPage(w, "This page is too old. Go back to the application and begin again.")
		return
	}
	allow := f.Get("decision") == "allow"
	account := f.Get("account")
	if allow {
		switch opener, can := p.c.Users.(AccountOpener); {
		case user.owns(account):
		case account == "new" && can:
			if account, err = opener.OpenAccount(r, user, x.Prefill); err != nil {
				p.refuse(w, r, err, "")
				return
			}
		default:
			p.errorPage(w, "This account is not yours to connect.")
			return
		}
	}
	secret, err := p.decide(r, x, account, allow)
	if err != nil {
		p.refuse(w, r, err, "")
		return
	}
	q := url.Values{"state": {x.State}, "iss": {p.c.Issuer}}
	switch {
	case secret == "":
		p.errorPage(w, "This page has been answered already.")
		return
	case !allow:
		q.Set("error", "access_denied")
		q.Set("error_description", "the user denied the request")
	default:
		q.Set("code", secret)
		q.Set("scope", string(x.Scope))
	}
	back, err := url.Parse(x.Redirect)
	if err != nil {
		p.errorPage(w, "The link is broken.")
		return
	}
	has := back.Query()
	for k, v := range q {
		has[k] = v
	}
	back.RawQuery = has.Encode()
	w.Header().Set("Location", back.String())
	w.WriteHeader(http.StatusSeeOther)
}

// same tells whether an answer comes from where the page was drawn.
func (p *Provider) same(x *pending, u User, check string) bool {
	equal := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	return equal(x.Check, hash(check)) && equal(x.Session, hash(u.Session)) && x.User == u.ID && x.Decided.IsZero() &&
		p.env.Time().Before(x.Created.Add(p.c.ConsentLife))
}

// decide keeps the answer, and gives a code where it is yes. Empty: it was answered.
func (p *Provider) decide(r *http.Request, x *pending, account string, allow bool) (secret string, err error) {
	_, err = p.env.Update(r.Context(), p.c.Engine.Store(), func(u *ledger.Unit) error {
		secret = ""
		now, err := pendingKind.Get(u, x.ID)
		if err != nil || !now.Decided.IsZero() {
			return err
		}
		now.Decided, secret = u.At(), draw(codePrefix)
		if !allow {
			return pendingKind.Put(u, now.ID, now)
		}
		c := &code{
			ID: codeKind.Prefix + hash(secret), User: x.User, Platform: x.Platform, Account: account, Redirect: x.Redirect, Stated: x.Stated,
			Scope: x.Scope, Challenge: x.Challenge, Created: u.At(),
		}
		if err := codeKind.Put(u, c.ID, c); err != nil {
			return err
		}
		return pendingKind.Put(u, now.ID, now)
	})
	return secret, err
}
