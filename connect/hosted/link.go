package hosted

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// Use is what a link is for.
type Use string

// The uses.
const (
	Onboarding Use = "account_onboarding" // what is still due is provided
	Login      Use = "login"              // the account is shown: how it stands, its balances and payouts
)

// LinkRequest asks for a link.
type LinkRequest struct {
	AccountID string
	Use       Use // empty: Onboarding
	// RefreshURL is where somebody is led whose link is used or over: the host makes
	// another there. ReturnURL is where they go from the page, whatever they have done:
	// ask the engine what is due still. Both are registered (Config.URLs).
	RefreshURL, ReturnURL string
	Language              string // "en" or "fr"; empty: as the browser says
}

// Link leads to the pages, once. Whoever has its URL can claim it.
type Link struct {
	URL     string
	Created time.Time
	Expires time.Time
}

// link is what is kept of one: its secret is not.
type link struct {
	ID       string    `json:"id"`
	Hash     string    `json:"hash"` // of the secret, SHA-256
	Platform string    `json:"platform"`
	Account  string    `json:"account"`
	Use      Use       `json:"use"`
	Refresh  string    `json:"refreshURL"`
	Return   string    `json:"returnURL"`
	Language string    `json:"language,omitzero"`
	Claimed  time.Time `json:"claimed,omitzero"`
	Expires  time.Time `json:"expires"`
	Created  time.Time `json:"created"`
}

var linkKind = ledger.Kind[link]{
	Name:   "hosted.link",
	Prefix: "alink_",
	Keys: func(l *link) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: l.Platform, At: l.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "use", Path: "use"},
		{Name: "claimed", Path: "claimed", Type: ledger.TimeColumn}, {Name: "expires", Path: "expires", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// hashOf is what is kept of a secret of at least 128 random bits: no more is needed to keep
// whoever reads the store from using it.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// same compares what is kept of two secrets in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// CreateLink makes a link for an account of the platform. Its refusals: another's account or
// none is not found (account); an address that is not registered, as it is written, is
// ledger.Invalid, code invalid_redirect_uri (refreshURL, returnURL).
func (h *Pages) CreateLink(ctx context.Context, p *connect.Platform, r LinkRequest) (*Link, error) {
	l, secret, err := h.newLink(ctx, p, r)
	if err != nil {
		return nil, fmt.Errorf("connect/hosted: create link: %w", err)
	}
	return &Link{URL: h.c.Base + "/l/" + secret, Created: l.Created, Expires: l.Expires}, nil
}

func (h *Pages) newLink(ctx context.Context, p *connect.Platform, r LinkRequest) (*link, string, error) {
	invalid := func(code, field, msg string) error {
		return &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Msg: msg}
	}
	a, err := p.GetAccount(ctx, r.AccountID)
	if err != nil {
		return nil, "", err
	}
	if r.Use == "" {
		r.Use = Onboarding
	}
	if r.Use != Onboarding && r.Use != Login {
		return nil, "", invalid("invalid_request", "use", "a link is for account_onboarding or login")
	}
	if h.texts[r.Language] == nil && r.Language != "" {
		return nil, "", invalid("invalid_language", "language", "the pages do not speak this language")
	}
	for _, u := range []struct{ field, address string }{{"refreshURL", r.RefreshURL}, {"returnURL", r.ReturnURL}} {
		ok, err := h.allowed(ctx, p.ID(), u.address)
		if err != nil {
			return nil, "", err
		}
		if !ok {
			return nil, "", invalid("invalid_redirect_uri", u.field, "the platform has not registered this address")
		}
	}
	secret := ledger.Secret()
	hash := hashOf(secret)
	var l *link
	_, err = h.c.Engine.Env().Update(ctx, h.c.Engine.Store(), func(u *ledger.Unit) error {
		l = &link{
			ID: linkKind.Prefix + hash[:32], Hash: hash, Platform: p.ID(), Account: a.ID, Use: r.Use, Refresh: r.RefreshURL, Return: r.ReturnURL,
			Language: r.Language, Expires: u.At().Add(h.c.LinkLife), Created: u.At(),
		}
		return linkKind.Put(u, l.ID, l)
	})
	return l, secret, err
}

// errGone says that a link is used or over.
var errGone = errors.New("the link is used, or over")

// find reads the link of a secret, and whether it can still be claimed.
func (h *Pages) find(ctx context.Context, secret string) (*link, error) {
	hash := hashOf(secret)
	l, err := linkKind.Read(ctx, h.c.Engine.Store(), linkKind.Prefix+hash[:32])
	if err != nil {
		return nil, err
	}
	return l, l.open(hash, h.c.Engine.Env().Time())
}

func (l *link) open(hash string, at time.Time) error {
	switch {
	case !same(l.Hash, hash):
		return &ledger.Error{Class: ledger.NotFound, Code: "not_found", Field: "link"}
	case !l.Claimed.IsZero(), !at.Before(l.Expires):
		return errGone
	}
	return nil
}

// claim uses a link up, and begins a session. Of many who try at once one has it.
func (h *Pages) claim(ctx context.Context, secret, language string) (cookie string, l *link, err error) {
	hash, cookie := hashOf(secret), ledger.Secret()
	_, err = h.c.Engine.Env().Update(ctx, h.c.Engine.Store(), func(u *ledger.Unit) error {
		l, err = linkKind.Get(u, linkKind.Prefix+hash[:32])
		if err != nil {
			return err
		}
		if err := l.open(hash, u.At()); err != nil {
			return err
		}
		l.Claimed = u.At()
		if err := linkKind.Put(u, l.ID, l); err != nil {
			return err
		}
		return h.begin(u, l, cookie, language)
	})
	return cookie, l, err
}
