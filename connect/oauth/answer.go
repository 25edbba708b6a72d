package oauth

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// problem is an error as clients get it.
type problem struct {
	status int
	code   string
	text   string
}

func (e *problem) Error() string { return e.code + ": " + e.text }

func bad(code, text string) error { return &problem{http.StatusBadRequest, code, text} }

func badClient(text string) error { return &problem{http.StatusUnauthorized, "invalid_client", text} }

func (p *Provider) json(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who has gone hears nothing
}

// refuse answers with an error. State is echoed where there is one.
func (p *Provider) refuse(w http.ResponseWriter, r *http.Request, err error, state string) {
	var e *problem
	if !errors.As(err, &e) {
		p.c.Logger.ErrorContext(r.Context(), "souk: oauth", "path", r.URL.Path, "error", err)
		e = &problem{http.StatusServiceUnavailable, "temporarily_unavailable", "try again"}
		if errors.Is(err, ledger.Invalid) || errors.Is(err, ledger.State) || errors.Is(err, ledger.NotFound) {
			e = &problem{http.StatusBadRequest, "invalid_request", "it cannot be done as it stands"}
		}
	}
	if e.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="souk"`)
	}
	body := map[string]string{"error": e.code, "error_description": ascii(e.text)}
	if state != "" {
		body["state"] = state
	}
	p.json(w, e.status, body)
}

// form reads the parameters of a post: each once, in the body alone.
func (p *Provider) form(r *http.Request) (url.Values, error) {
	if r.URL.RawQuery != "" {
		return nil, bad("invalid_request", "parameters are in the body")
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		return nil, bad("invalid_request", "the body is application/x-www-form-urlencoded")
	}
	if err := r.ParseForm(); err != nil {
		if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
			return nil, &problem{http.StatusRequestEntityTooLarge, "invalid_request", "the body is too large"}
		}
		return nil, bad("invalid_request", "the body cannot be read")
	}
	return r.PostForm, once(r.PostForm)
}

// once refuses parameters that come twice (RFC 6749, section 3.1).
func once(v url.Values) error {
	for _, list := range v {
		if len(list) > 1 {
			return bad("invalid_request", "a parameter is there twice")
		}
	}
	return nil
}
