package hosted

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/soukhq/souk/ledger"
)

// mostBody bounds what a form sends, and mostFields how many fields it has.
const (
	mostBody   = 64 << 10
	mostFields = 200
)

func isNotFound(err error) bool { return errors.Is(err, ledger.NotFound) }

// ServeHTTP implements http.Handler: paths begin with that of Config.Base.
func (h *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range map[string]string{
		"Content-Security-Policy": h.policy, "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
		"Cache-Control": "no-store, private", "Cross-Origin-Opener-Policy": "same-origin",
		// To this origin a form says where it comes from; nobody else learns a link.
		"Referrer-Policy": "same-origin",
	} {
		w.Header().Set(name, value)
	}
	path, ok := strings.CutPrefix(r.URL.Path, h.base.Path)
	if !ok || path == "" {
		path = "/-"
	}
	secret, isLink := strings.CutPrefix(path, "/l/")
	post := map[string]action{"/details": (*Pages).details, "/person": (*Pages).person, "/bank": (*Pages).bank, "/terms": (*Pages).terms, "/leave": (*Pages).leave}[path]
	switch {
	case isLink && (len(secret) < 20 || len(secret) > 100 || strings.Trim(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != ""):
		h.message(w, r, http.StatusNotFound, "not_found", "")
	case isLink:
		h.byMethod(w, r, func() { h.showLink(w, r, secret) }, func(form url.Values) { h.claimLink(w, r, secret, form) })
	case path == "/style.css":
		h.byMethod(w, r, func() {
			w.Header().Set("Content-Type", "text/css; charset=utf-8")
			w.Header().Set("Cache-Control", "public, max-age=300")
			_, _ = w.Write(h.style) // who has gone away gets nothing
		}, nil)
	case path == "/bank.js":
		h.byMethod(w, r, func() {
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			w.Header().Set("Cache-Control", "public, max-age=300")
			_, _ = w.Write(h.script)
		}, nil)
	case path == "/":
		h.byMethod(w, r, func() { h.show(w, r) }, nil)
	case post != nil:
		h.byMethod(w, r, nil, func(form url.Values) { h.act(w, r, form, post) })
	default:
		h.message(w, r, http.StatusNotFound, "not_found", "")
	}
}

// byMethod takes a request to what it asks for. Methods in headers are not believed.
func (h *Pages) byMethod(w http.ResponseWriter, r *http.Request, get func(), post func(url.Values)) {
	switch {
	case (r.Method == http.MethodGet || r.Method == http.MethodHead) && get != nil:
		get()
	case r.Method == http.MethodPost && post != nil:
		form, status := readForm(w, r)
		switch {
		case status != 0:
			h.message(w, r, status, "bad_request", "")
		case !h.fromHere(r):
			h.message(w, r, http.StatusForbidden, "forbidden", "")
		default:
			post(form)
		}
	default:
		allow := "POST"
		if get != nil {
			allow = "GET, HEAD"
			if post != nil {
				allow += ", POST"
			}
		}
		w.Header().Set("Allow", allow)
		h.message(w, r, http.StatusMethodNotAllowed, "bad_request", "")
	}
}

// fromHere reports whether a form was sent from a page of this origin, as the browser says
// it; one that says nothing is not believed.
func (h *Pages) fromHere(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return false
	}
	return r.Header.Get("Origin") == h.base.Scheme+"://"+h.base.Host
}

// readForm reads a form strictly: one of that type, not too large, in UTF-8, each field once
// but for roles. It returns the status of what is refused.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, int) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" || r.Header.Get("Content-Encoding") != "" {
		return nil, http.StatusUnsupportedMediaType
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostBody)
	var large *http.MaxBytesError
	if err := r.ParseForm(); errors.As(err, &large) {
		return nil, http.StatusRequestEntityTooLarge
	} else if err != nil || len(r.PostForm) > mostFields || r.URL.RawQuery != "" {
		return nil, http.StatusBadRequest
	}
	for name, values := range r.PostForm {
		if len(values) > 1 && name != "role" || len(values) > 4 || !utf8.ValidString(name) {
			return nil, http.StatusBadRequest
		}
		for _, v := range values {
			if !utf8.ValidString(v) {
				return nil, http.StatusBadRequest
			}
		}
	}
	return r.PostForm, 0
}

// showLink shows the button. It changes nothing, so that whatever looks into mail does not
// use a link up.
func (h *Pages) showLink(w http.ResponseWriter, r *http.Request, secret string) {
	switch l, err := h.find(r.Context(), secret); {
	case errors.Is(err, errGone):
		http.Redirect(w, r, l.Refresh, http.StatusSeeOther)
	case isNotFound(err):
		h.message(w, r, http.StatusNotFound, "not_found", "")
	case err != nil:
		h.failed(w, r)
	default:
		h.render(w, r, http.StatusOK, "link.html", l.Language, map[string]any{"Action": h.base.Path + "/l/" + secret, "Use": l.Use})
	}
}

// claimLink uses a link up. A form is not led to another origin, which browsers refuse:
// whose link is over is shown the way.
func (h *Pages) claimLink(w http.ResponseWriter, r *http.Request, secret string, form url.Values) {
	l, err := h.find(r.Context(), secret)
	language := ""
	if err == nil {
		language = h.language(r, l.Language)
	}
	var cookie string
	if err == nil {
		cookie, l, err = h.claim(r.Context(), secret, language)
	}
	switch {
	case errors.Is(err, errGone):
		h.message(w, r, http.StatusGone, "gone", l.Refresh)
	case isNotFound(err):
		h.message(w, r, http.StatusNotFound, "not_found", "")
	case err != nil || len(form) > 1:
		h.failed(w, r)
	default:
		setCookie(w, cookie, h.c.SessionLife)
		http.Redirect(w, r, h.c.Base+"/", http.StatusSeeOther)
	}
}

// failed says that something is wrong here, and not what.
func (h *Pages) failed(w http.ResponseWriter, r *http.Request) {
	h.message(w, r, http.StatusServiceUnavailable, "failed", "")
}
