package vault

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/soukhq/souk/internal/strict"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

// Insider is a program of the host's own that may ask a vault that runs by itself: the
// engine's, for what tokens stand for, or a rail's, for what it has to name to a bank.
type Insider struct {
	Name string // for the audit: see Detokeniser
	// Secret is what it shows, of 32 characters or more. It is asked for at each request, so
	// that it can be rolled; nil is never shown.
	Secret func() string
	Opens  []Kind // what it may open
	Uses   bool   // whether it may use tokens and erase
}

// minSecret is how long the secret of an insider is.
const minSecret = 32

// Inside answers the host's own programs, by Client. It is mounted where browsers do not
// come: on an address of its own, within the host's network, with TLS. Who is not known is
// told nothing.
func (v *Vault) Inside(list ...Insider) (http.Handler, error) {
	for _, i := range list {
		bad := i.Secret == nil || !printable(i.Name) || slices.ContainsFunc(i.Opens, func(k Kind) bool { return !k.known() })
		if bad {
			return nil, badField("invalid_config", "insiders", "who asks has a name and a secret, and opens kinds that there are")
		}
	}
	mux := http.NewServeMux()
	for path, serve := range map[string]func(context.Context, *Insider, []byte) (any, error){
		"/v1/use": v.insideUse, "/v1/erase": v.insideErase, "/v1/detokenise": v.insideOpen,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			v.secure(w)
			got, err := v.inside(w, r, list, serve)
			if err != nil {
				answer(w, statusOf(asError(err)), insideProblem(err))
				return
			}
			answer(w, http.StatusOK, got)
		})
	}
	return mux, nil
}

func (v *Vault) inside(w http.ResponseWriter, r *http.Request, list []Insider, serve func(context.Context, *Insider, []byte) (any, error)) (any, error) {
	i := insider(list, r.Header.Get("Authorization"))
	switch {
	case i == nil:
		return nil, refusal(ledger.Forbidden, "invalid_key", "who asks is not known")
	case r.Method != http.MethodPost:
		return nil, refusal(ledger.Invalid, "method_not_allowed", "this page has one method")
	case r.Header.Get("Origin") != "":
		return nil, errOrigin // no browser belongs here
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(insideForm.Max)))
	if err != nil {
		return nil, badRequest("it is too long, or was cut off")
	}
	return serve(r.Context(), i, data)
}

// insider finds who shows a secret. All are compared, by their hashes, whichever fits.
func insider(list []Insider, header string) (found *Insider) {
	shown, ok := strings.CutPrefix(header, "Bearer ")
	got := sha256.Sum256([]byte(shown))
	for n := range list {
		secret := list[n].Secret()
		want := sha256.Sum256([]byte(secret))
		if subtle.ConstantTimeCompare(got[:], want[:]) == 1 && ok && len(secret) >= minSecret {
			found = &list[n]
		}
	}
	return found
}

var insideForm = strict.Format{Package: "vault", Code: "invalid_request", Max: 256 << 10}

type useForm struct {
	Key      string `json:"key"`
	Platform string `json:"platform"`
	Token    string `json:"token"`
	Account  string `json:"account"`
}

type eraseForm struct {
	Platform string `json:"platform"`
	ID       string `json:"id,omitzero"`
	Account  string `json:"account,omitzero"`
}

type openForm struct {
	Kind    Kind     `json:"kind"`
	Purpose string   `json:"purpose"`
	Tokens  []string `json:"tokens"`
}

// openedForm is what stands behind a token, in the clear: it goes to a rail's program.
type openedForm struct {
	Country  string            `json:"country,omitzero"`
	Currency ledger.Currency   `json:"currency,omitzero"`
	Fields   map[string]string `json:"fields,omitempty"`
	Error    *insideError      `json:"error,omitzero"`
}

type insideError struct {
	Class   string `json:"class"`
	Code    string `json:"code"`
	Field   string `json:"field,omitzero"`
	Message string `json:"message,omitzero"`
}

type insideRefusal struct {
	Error *insideError `json:"error"`
}

var errMayNot = refusal(ledger.Forbidden, "forbidden", "who asks may not do this")

func (v *Vault) insideUse(ctx context.Context, i *Insider, data []byte) (any, error) {
	if !i.Uses {
		return nil, errMayNot
	}
	var f useForm
	if err := insideForm.Decode(data, &f); err != nil {
		return nil, err
	}
	return v.Use(ctx, UseRequest(f))
}

func (v *Vault) insideErase(ctx context.Context, i *Insider, data []byte) (any, error) {
	if !i.Uses {
		return nil, errMayNot
	}
	var f eraseForm
	if err := insideForm.Decode(data, &f); err != nil {
		return nil, err
	}
	return v.Erase(ctx, EraseRequest(f))
}

func (v *Vault) insideOpen(ctx context.Context, i *Insider, data []byte) (any, error) {
	var f openForm
	if err := insideForm.Decode(data, &f); err != nil {
		return nil, err
	}
	if !slices.Contains(i.Opens, f.Kind) {
		return nil, errMayNot
	}
	d, err := v.Detokeniser(i.Name, f.Kind)
	if err != nil {
		return nil, err
	}
	list, err := d.Detokenise(ctx, sealed.Request{Tokens: f.Tokens, Purpose: f.Purpose})
	if err != nil {
		return nil, err
	}
	opened := make([]openedForm, len(list))
	for n, o := range list {
		if o.Err != nil {
			opened[n].Error = insideProblem(o.Err).Error
			continue
		}
		opened[n] = openedForm{Country: o.Country, Currency: o.Currency, Fields: o.Fields.Reveal()}
	}
	return opened, nil
}

func asError(err error) *ledger.Error {
	var e *ledger.Error
	if !errors.As(err, &e) {
		e = &ledger.Error{Class: ledger.Unavailable, Code: "unavailable", Msg: "try again later"}
	}
	return e
}

func insideProblem(err error) insideRefusal {
	e := asError(err)
	return insideRefusal{&insideError{e.Class.String(), e.Code, e.Field, e.Msg}}
}
