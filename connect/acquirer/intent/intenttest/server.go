// Package intenttest is a server that speaks the API of payment intents, as far as
// package intent uses it: an http.Handler for tests without a network. It moves no
// money. Keys are honoured for a day, with their parameters compared; what happens is
// told by signed events, which a test hands on as it likes; and it behaves badly on
// request.
//
// It was written from the published API documents. Where those are silent, it does
// what is harder for a caller.
package intenttest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Payment methods of the server, after the names of the API's own. All others are
// refused.
const (
	Card            = "pm_card_visa"                            // approved
	CardDE          = "pm_card_de"                              // approved, issued in Germany
	CardMulti       = "pm_card_overcapture"                     // approved; 20 percent more can be captured, if that was asked for
	Challenge       = "pm_card_threeDSecure2Required"           // the buyer has to authenticate
	SoftDecline     = "pm_card_authenticationRequired"          // authentication_required, and with a challenge as the one before
	Declined        = "pm_card_chargeDeclined"                  // generic_decline
	Insufficient    = "pm_card_chargeDeclinedInsufficientFunds" // insufficient_funds
	Debit           = "pm_sepaDebit"                            // processing until Settle
	DebitDeclined   = "pm_sepaDebitFailed"                      // processing until Settle, which declines it
	RefundPending   = "pm_card_pendingRefund"                   // approved; its refunds are pending until Settle
	RefundDeclined  = "pm_card_refundFail"                      // approved; its refunds fail
	unknownFault    = "something went wrong"
	keyLife         = 24 * time.Hour
	bodyLimit       = 1 << 20
	jsonContentType = "application/json"
)

// Fault is how a request goes wrong.
type Fault int

// The faults of the server. Connections are cut by the caller's transport.
const (
	NoFault  Fault = iota
	TooMany        // 429, nothing was done
	Broken         // 500, nothing was done, and the key says so from now on
	BrokenAt       // 500 after it was done, and the key says so from now on
	InFlight       // 409, as if the same request were under way
)

// Config sets a server up.
type Config struct {
	SecretKey string           // that callers show
	Secret    string           // that signs events
	Now       func() time.Time // nil: the real clock
	Lag       time.Duration    // how long after it was made an intent is found by searching
	Spec      *Spec            // that requests are held against; nil: none
}

// Server is an http.Handler. It is safe for use by several goroutines.
type Server struct {
	cfg Config
	env ledger.Env

	mu       sync.Mutex
	n        int
	keys     map[string]*kept
	intents  map[string]*intent
	refunds  map[string]*refund
	disputes map[string]*dispute
	order    []string // of ids, oldest first
	acted    map[string]int
	events   []Event
	fault    func(r *http.Request) Fault
	wrong    []string // what was held against the specification
}

// kept is what a key is remembered by.
type kept struct {
	hash   [sha256.Size]byte
	at     time.Time
	status int
	body   []byte
}

// New returns a server.
func New(c Config) *Server {
	return &Server{
		cfg: c, env: ledger.Env{Now: c.Now},
		keys: make(map[string]*kept), intents: make(map[string]*intent), refunds: make(map[string]*refund), disputes: make(map[string]*dispute),
		acted: make(map[string]int),
	}
}

// Fail lets requests go wrong as fn says; nil: none.
func (s *Server) Fail(fn func(r *http.Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fn
}

// Wrong lists the requests that the specification does not know.
func (s *Server) Wrong() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.wrong...)
}

// Acted tells how often the server decided about a key.
func (s *Server) Acted(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acted[key]
}

// result is a status and a body.
type result struct {
	status int
	body   any
}

// failure is the body of an error.
func failure(status int, kind, code, msg string) result {
	return result{status, map[string]any{"error": map[string]any{"type": kind, "code": code, "message": msg}}}
}

func invalid(code string) result { return failure(400, "invalid_request_error", code, code) }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit))
	if err != nil {
		return
	}
	form := r.URL.Query()
	if r.Method == http.MethodPost {
		if form, err = url.ParseQuery(string(body)); err != nil {
			s.reply(w, invalid("parameter_invalid"))
			return
		}
	}
	switch {
	case r.Header.Get("Authorization") != "Bearer "+s.cfg.SecretKey:
		s.reply(w, failure(401, "invalid_request_error", "", "invalid API key"))
	case r.Header.Get("Stripe-Version") == "":
		s.reply(w, invalid("version_missing"))
	case r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") == "":
		s.reply(w, invalid("key_missing")) // the API would do without; souk may not
	default:
		s.serve(w, r, form, body)
	}
}

func (s *Server) reply(w http.ResponseWriter, res result) {
	data, err := json.Marshal(res.body)
	if err != nil {
		res.status = 500
	}
	write(w, res.status, data)
}

func write(w http.ResponseWriter, status int, data []byte) {
	w.Header().Set("Content-Type", jsonContentType)
	w.WriteHeader(status)
	_, _ = w.Write(data) // whoever asked may have gone
}

// serve answers one request, under its key if it has one.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, form url.Values, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cfg.Spec != nil {
		if why := s.cfg.Spec.Check(r.Method, r.URL.Path, form); why != "" {
			s.wrong = append(s.wrong, r.Method+" "+r.URL.Path+": "+why)
			s.reply(w, invalid("parameter_unknown"))
			return
		}
	}
	fault := NoFault
	if s.fault != nil {
		fault = s.fault(r)
	}
	switch fault {
	case TooMany:
		s.reply(w, failure(429, "invalid_request_error", "rate_limit", "too many requests"))
		return
	case InFlight:
		s.reply(w, failure(409, "idempotency_error", "idempotency_key_in_use", "the same request is under way"))
		return
	}
	if r.Method != http.MethodPost {
		if fault != NoFault {
			s.reply(w, failure(500, "api_error", "", unknownFault))
			return
		}
		s.reply(w, s.route(r, "", form))
		return
	}
	key := r.Header.Get("Idempotency-Key")
	hash := sha256.Sum256(bytes.Join([][]byte{[]byte(r.URL.Path), body}, []byte{0}))
	if k, ok := s.keys[key]; ok && s.env.Time().Before(k.at.Add(keyLife)) {
		if k.hash != hash {
			s.reply(w, failure(400, "idempotency_error", "", "the key was used with other parameters"))
			return
		}
		w.Header().Set("Idempotent-Replayed", "true")
		write(w, k.status, k.body)
		return
	}
	res := failure(500, "api_error", "", unknownFault)
	if fault != Broken {
		done := s.route(r, key, form)
		s.acted[key]++
		if fault != BrokenAt {
			res = done
		}
	}
	data, err := json.Marshal(res.body)
	if err != nil {
		data, res.status = nil, 500
	}
	s.keys[key] = &kept{hash: hash, at: s.env.Time(), status: res.status, body: data}
	write(w, res.status, data)
}

// route finds who answers.
func (s *Server) route(r *http.Request, key string, form url.Values) result {
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	parts := strings.Split(path, "/")
	missing := failure(404, "invalid_request_error", "resource_missing", "there is nothing there")
	switch post := r.Method == http.MethodPost; {
	case !ok || len(parts) > 3:
		return missing
	case parts[0] == "payment_intents" && len(parts) == 1 && post:
		return s.create(form)
	case parts[0] == "payment_intents" && len(parts) == 1:
		return s.list(form, "pi_")
	case parts[0] == "payment_intents" && parts[1] == "search" && !post:
		return s.search(form)
	case parts[0] == "payment_intents":
		i, ok := s.intents[parts[1]]
		if !ok {
			return missing
		}
		switch {
		case len(parts) == 2 && !post:
			return result{200, i.json(form.Get("expand[]") == "latest_charge")}
		case len(parts) == 3 && parts[2] == "capture" && post:
			return s.capture(i, form)
		case len(parts) == 3 && parts[2] == "cancel" && post:
			return s.cancel(i)
		}
	case parts[0] == "refunds" && len(parts) == 1 && post:
		return s.refund(form)
	case parts[0] == "refunds" && len(parts) == 1:
		return s.list(form, "re_")
	case parts[0] == "refunds" && len(parts) == 2 && !post:
		if f, ok := s.refunds[parts[1]]; ok {
			return result{200, f.json()}
		}
	case parts[0] == "disputes" && len(parts) > 1 && s.disputes[parts[1]] != nil:
		return s.disputed(s.disputes[parts[1]], form, len(parts) == 3 && parts[2] == "close", post)
	}
	return missing
}

// id makes a name.
func (s *Server) id(prefix string) string {
	s.n++
	return prefix + "3" + strconv.FormatInt(int64(1_000_000+s.n), 36)
}

// metadata reads the pairs of a form.
func metadata(form url.Values, into map[string]string) map[string]string {
	if into == nil {
		into = make(map[string]string)
	}
	for name := range form {
		if m, ok := strings.CutPrefix(name, "metadata["); ok {
			into[strings.TrimSuffix(m, "]")] = form.Get(name)
		}
	}
	return into
}
