package hosted

import (
	"context"
	"net/http"
	"time"

	"github.com/soukhq/souk/ledger"
)

// cookieName binds the cookie to one host and to https (RFC 6265bis, __Host- prefix).
const cookieName = "__Host-souk-hosted"

// session is one account in one browser. The cookie's value is not kept.
type session struct {
	ID       string    `json:"id"`
	Hash     string    `json:"hash"`
	Platform string    `json:"platform"`
	Account  string    `json:"account"`
	Use      Use       `json:"use"`
	Return   string    `json:"returnURL"`
	Language string    `json:"language"`
	Expires  time.Time `json:"expires"`
	Ended    bool      `json:"ended,omitzero"`
	Created  time.Time `json:"created"`

	csrf string // what its forms carry
}

var sessionKind = ledger.Kind[session]{
	Name:   "hosted.session",
	Prefix: "hsess_",
	Keys: func(s *session) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: s.Platform, At: s.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "use", Path: "use"},
		{Name: "expires", Path: "expires", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// begin puts a new session: never one that a browser brought along.
func (h *Pages) begin(u *ledger.Unit, l *link, cookie, language string) error {
	hash := hashOf(cookie)
	s := &session{
		ID: sessionKind.Prefix + hash[:32], Hash: hash, Platform: l.Platform, Account: l.Account, Use: l.Use, Return: l.Return,
		Language: language, Expires: u.At().Add(h.c.SessionLife), Created: u.At(),
	}
	return sessionKind.Put(u, s.ID, s)
}

// session is that of a request; nil if there is none.
func (h *Pages) session(r *http.Request) (*session, error) {
	list := r.CookiesNamed(cookieName)
	if len(list) != 1 || len(list[0].Value) > 100 {
		return nil, nil
	}
	hash := hashOf(list[0].Value)
	s, err := sessionKind.Read(r.Context(), h.c.Engine.Store(), sessionKind.Prefix+hash[:32])
	switch {
	case isNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	case !same(s.Hash, hash), s.Ended, !h.c.Engine.Env().Time().Before(s.Expires):
		return nil, nil
	}
	// Only who has the cookie can make it, and it tells nothing of the cookie.
	s.csrf = hashOf("form " + list[0].Value)
	return s, nil
}

// end ends a session.
func (h *Pages) end(ctx context.Context, id string) error {
	_, err := h.c.Engine.Env().Update(ctx, h.c.Engine.Store(), func(u *ledger.Unit) error {
		s, err := sessionKind.Get(u, id)
		if err != nil {
			return err
		}
		s.Ended = true
		return sessionKind.Put(u, id, s)
	})
	return err
}

func setCookie(w http.ResponseWriter, value string, life time.Duration) {
	c := &http.Cookie{Name: cookieName, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(life / time.Second)}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
