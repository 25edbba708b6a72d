package hosted

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// action does what a form asks for.
type action func(h *Pages, r *http.Request, p *connect.Platform, s *session, form url.Values) error

// errLeft ends a session.
var errLeft = errors.New("left")

// act lets a session do something, once for each form that was shown.
func (h *Pages) act(w http.ResponseWriter, r *http.Request, form url.Values, do action) {
	s, err := h.session(r)
	switch {
	case err != nil:
		h.failed(w, r)
		return
	case s == nil:
		h.message(w, r, http.StatusUnauthorized, "no_session", "")
		return
	case !same(form.Get("csrf"), s.csrf), s.Use == Login && r.URL.Path != h.base.Path+"/leave":
		h.message(w, r, http.StatusForbidden, "forbidden", "")
		return
	}
	p, err := h.c.Engine.Platform(r.Context(), s.Platform)
	if err != nil {
		h.failed(w, r)
		return
	}
	err = do(h, r, p, s, form)
	var e *ledger.Error
	switch {
	case err == nil:
		http.Redirect(w, r, h.c.Base+"/", http.StatusSeeOther)
	case errors.Is(err, errLeft):
		setCookie(w, "", 0)
		h.message(w, r, http.StatusOK, "left", s.Return)
	case errors.As(err, &e) && refused(e.Class):
		at := strings.TrimPrefix(r.URL.Path, h.base.Path+"/")
		person := form.Get("person")
		if len(form["role"]) > 0 || form.Has("new") {
			person = ""
		}
		h.showPage(w, r, s, http.StatusUnprocessableEntity, &tried{action: at, person: person, field: fieldOf(at, e), code: e.Code, values: form.Get})
	default:
		h.failed(w, r)
	}
}

// refused are the classes of errors that whoever typed can do something about.
func refused(c ledger.Class) bool {
	return slices.Contains([]ledger.Class{ledger.Invalid, ledger.State, ledger.Exists, ledger.NotFound, ledger.Forbidden}, c)
}

func fieldOf(form string, e *ledger.Error) string {
	switch form {
	case "bank":
		return "bank_token"
	case "terms":
		return "terms"
	}
	return e.Field
}

// key is the idempotency key of a form.
func key(s *session, form url.Values) (string, error) {
	nonce := form.Get("nonce")
	if len(nonce) < 20 || len(nonce) > 100 {
		return "", &ledger.Error{Class: ledger.Invalid, Code: "form", Field: "nonce"}
	}
	return "hosted-" + hashOf(s.ID + nonce)[:40], nil
}

// filled are the fields of a form that were filled in.
func filled(form url.Values) map[string]string {
	list := make(map[string]string)
	for name := range form {
		v := strings.TrimSpace(form.Get(name))
		if v != "" && !slices.Contains([]string{"csrf", "nonce", "person", "role", "new"}, name) {
			list[name] = v
		}
	}
	return list
}

func nothing() error {
	return &ledger.Error{Class: ledger.Invalid, Code: "nothing", Field: "form"}
}

// due keeps a form to what is still due: these pages change nothing that was provided.
func (h *Pages) due(r *http.Request, p *connect.Platform, s *session, field string) error {
	list, err := p.Requirements(r.Context(), s.Account)
	if err == nil && !slices.ContainsFunc(list, func(q compliance.Requirement) bool { return q.Field == field }) {
		err = &ledger.Error{Class: ledger.State, Code: "not_due", Field: field}
	}
	return err
}

func (h *Pages) details(r *http.Request, p *connect.Platform, s *session, form url.Values) error {
	k, err := key(s, form)
	if err != nil {
		return err
	}
	fields := filled(form)
	if len(fields) == 0 {
		return nothing()
	}
	for name := range fields {
		if strings.HasPrefix(name, "tos_acceptance.") { // which is accepted, and not typed
			return nothing()
		}
	}
	return h.update(r, p, s, connect.AccountUpdate{Key: k, Details: compliance.Details{Fields: fields}}, func(v *view) bool {
		return v.asks("details", "", nil, fields)
	})
}

// update provides what a form says, if the page asks for all of it: whoever has a link, or
// a session, changes nothing else. A form that is sent again is answered as before.
func (h *Pages) update(r *http.Request, p *connect.Platform, s *session, u connect.AccountUpdate, asked func(*view) bool) error {
	u.AccountID = s.Account
	before, err := p.Preview().UpdateAccount(r.Context(), u)
	if err != nil || before.Replayed {
		return err
	}
	v, err := h.view(r, p, s, nil)
	if err == nil && !asked(v) {
		err = &ledger.Error{Class: ledger.State, Code: "not_due", Field: "form"}
	}
	if err == nil {
		_, err = p.UpdateAccount(r.Context(), u)
	}
	return err
}

func (h *Pages) person(r *http.Request, p *connect.Platform, s *session, form url.Values) error {
	k, err := key(s, form)
	if err != nil {
		return err
	}
	d := compliance.PersonDetails{ID: form.Get("person"), Fields: filled(form)}
	for _, role := range form["role"] {
		d.Roles = append(d.Roles, compliance.Role(role))
	}
	asked := slices.Clone(d.Roles)
	if len(d.Fields) == 0 && (d.ID == "" || len(d.Roles) == 0) {
		return nothing()
	}
	if d.ID != "" && len(d.Roles) > 0 { // they keep those that they have
		persons, err := p.Persons(r.Context(), s.Account)
		if err != nil {
			return err
		}
		for _, x := range persons {
			if x.ID == d.ID {
				d.Roles = append(x.Roles, d.Roles...)
			}
		}
	}
	return h.update(r, p, s, connect.AccountUpdate{Key: k, Details: compliance.Details{Persons: []compliance.PersonDetails{d}}}, func(v *view) bool {
		return v.asks("person", d.ID, asked, d.Fields)
	})
}

// bank adds the first bank account of an account. A change of one is not due, and the
// platform's own business: it asks for a step-up.
func (h *Pages) bank(r *http.Request, p *connect.Platform, s *session, form url.Values) error {
	k, err := key(s, form)
	if err == nil {
		err = h.due(r, p, s, "external_account")
	}
	if err != nil {
		return err
	}
	a, err := p.GetAccount(r.Context(), s.Account)
	if err != nil {
		return err
	}
	token := strings.TrimSpace(form.Get("bank_token"))
	d := connect.BankDetails{Token: token, Country: a.Country, Currency: a.Currency}
	if h.c.BankOf != nil {
		if d, err = h.c.BankOf(r.Context(), p, a, token); err != nil {
			return err
		}
	}
	_, err = p.AddBank(r.Context(), connect.AddBankRequest{Key: k, AccountID: s.Account, Bank: d, Default: true})
	return err
}

// terms records that the terms were accepted, from where and by which browser.
func (h *Pages) terms(r *http.Request, p *connect.Platform, s *session, form url.Values) error {
	k, err := key(s, form)
	if err != nil {
		return err
	}
	if form.Get("terms") != "true" {
		return &ledger.Error{Class: ledger.Invalid, Code: "terms", Field: "terms"}
	}
	agent := []rune(strings.ToValidUTF8(r.UserAgent(), ""))
	t := &connect.TermsAcceptance{At: h.c.Engine.Env().Time(), IP: h.remoteIP(r), UserAgent: string(agent[:min(len(agent), 500)]), Version: h.c.TermsVersion}
	err = h.update(r, p, s, connect.AccountUpdate{Key: k, Terms: t}, func(v *view) bool { return v.Terms != nil })
	var e *ledger.Error
	if errors.As(err, &e) && e.Code == "idempotency_mismatch" {
		return nil // the same form once more, at another moment
	}
	return err
}

func (h *Pages) leave(r *http.Request, _ *connect.Platform, s *session, _ url.Values) error {
	if err := h.end(r.Context(), s.ID); err != nil {
		return err
	}
	return errLeft
}
