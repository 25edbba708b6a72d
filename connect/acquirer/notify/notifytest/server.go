// Package notifytest is a server that speaks the API of package notify, as far as that
// uses it: an http.Handler for tests without a network. It moves no money. Whatever it is
// asked for it has received; what became of that it tells by signed notifications,
// which a test hands on when it likes, as often and in whatever order.
//
// It was written from the published API documents. Where those are silent, it does
// what is harder for a caller: it does not compare orders under one key, and gives the
// first answer again.
package notifytest

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/soukhq/souk/connect/acquirer/notify"
	"github.com/soukhq/souk/ledger"
)

// Stored payment methods of the server. All others are refused.
const (
	Card           = "stored_visa"         // approved
	CardDE         = "stored_visa_de"      // approved, issued in Germany
	CodeWrong      = "stored_code_wrong"   // approved, though code and street are wrong
	Challenge      = "stored_redirect"     // the buyer has to authenticate
	SoftDecline    = "stored_soft_decline" // authentication required, and with a challenge as the one before
	Refused        = "stored_refused"      // refused
	Insufficient   = "stored_no_balance"   // refused: not enough balance
	RefundRefused  = "stored_no_refunds"   // approved; its refunds are refused
	CaptureRefused = "stored_no_captures"  // approved; its captures are refused
)

// Fault is how a request goes wrong.
type Fault int

// The faults of the server. Connections are cut by the caller's transport.
const (
	NoFault  Fault = iota
	TooMany        // 429, nothing was done
	Broken         // 500, nothing was done
	BrokenAt       // 500 after it was done
	InFlight       // 409, as if the same request were under way
)

// Config sets a server up.
type Config struct {
	APIKey, MerchantAccount string
	HMACKey                 []byte
	AtOnce                  bool             // payments are answered at once, and notified as well
	Now                     func() time.Time // nil: the real clock
	KeyLife                 time.Duration    // 0: 7 days
}

// Server is an http.Handler. It is safe for use by several goroutines.
type Server struct {
	cfg Config
	env ledger.Env

	mu       sync.Mutex
	n        int
	keys     map[string]kept
	payments map[string]*payment
	disputes map[string]*dispute
	acted    map[string]int
	items    []notify.Item
	fault    func(r *http.Request) Fault
}

type kept struct {
	at     time.Time
	status int
	body   []byte
}

// payment is a payment.
type payment struct {
	psp, reference, source, currency string
	amount, captured, refunded       int64
	manual                           bool
	state                            string // waiting, authorised, refused, canceled
	ended                            bool   // nothing more of it can be captured
}

// New returns a server.
func New(c Config) *Server {
	if c.KeyLife == 0 {
		c.KeyLife = 7 * 24 * time.Hour
	}
	return &Server{
		cfg: c, env: ledger.Env{Now: c.Now},
		keys: make(map[string]kept), payments: make(map[string]*payment), disputes: make(map[string]*dispute), acted: make(map[string]int),
	}
}

// Fail lets requests go wrong as fn says; nil: none.
func (s *Server) Fail(fn func(r *http.Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fn
}

// Acted tells how often the server decided about a key.
func (s *Server) Acted(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acted[key]
}

// request is the body of one.
type request struct {
	MerchantAccount    string            `json:"merchantAccount"`
	Reference          string            `json:"reference"`
	Amount             *notify.Amount    `json:"amount"`
	ShopperInteraction string            `json:"shopperInteraction"`
	AdditionalData     map[string]string `json:"additionalData"`
	Details            map[string]string `json:"details"`
	PaymentMethod      struct {
		Type   string `json:"type"`
		Stored string `json:"storedPaymentMethodId"`
	} `json:"paymentMethod"`
	AuthenticationData struct {
		Attempt string `json:"attemptAuthentication"`
	} `json:"authenticationData"`
}

const bodyLimit = 1 << 20

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit))
	var in request
	switch {
	case err != nil:
	case r.Header.Get("X-API-Key") != s.cfg.APIKey:
		reply(w, 401, problem(401, "000", "security"))
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json":
		reply(w, 405, problem(405, "000", "internal"))
	case json.Unmarshal(data, &in) != nil:
		reply(w, 400, problem(400, "702", "validation"))
	case in.MerchantAccount != s.cfg.MerchantAccount:
		reply(w, 403, problem(403, "901", "security"))
	case r.Header.Get("Idempotency-Key") == "" || len(r.Header.Get("Idempotency-Key")) > 64:
		reply(w, 422, problem(422, "705", "validation")) // the API would do without; souk may not
	default:
		s.serve(w, r, in)
	}
}

func problem(status int, code, kind string) map[string]any {
	return map[string]any{"status": status, "errorCode": code, "message": "error " + code, "errorType": kind}
}

func reply(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		status = 500
	}
	write(w, status, data)
}

func write(w http.ResponseWriter, status int, data []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data) // whoever asked may have gone
}

// serve answers one request under its key.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, in request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault := NoFault
	if s.fault != nil {
		fault = s.fault(r)
	}
	switch fault {
	case TooMany:
		reply(w, 429, problem(429, "000", "internal"))
		return
	case InFlight:
		w.Header().Set("Transient-Error", "true")
		reply(w, 409, problem(409, "704", "internal"))
		return
	case Broken:
		reply(w, 500, problem(500, "000", "internal"))
		return
	}
	key := r.Header.Get("Idempotency-Key")
	k, ok := s.keys[key]
	if !ok || !s.env.Time().Before(k.at.Add(s.cfg.KeyLife)) {
		status, body := s.route(r.URL.Path, in)
		s.acted[key]++
		data, err := json.Marshal(body)
		if err != nil {
			status = 500
		}
		k = kept{s.env.Time(), status, data}
		s.keys[key] = k
	}
	if fault == BrokenAt {
		reply(w, 500, problem(500, "000", "internal"))
		return
	}
	w.Header().Set("Idempotency-Key", key)
	write(w, k.status, k.body)
}

// route finds who answers.
func (s *Server) route(path string, in request) (int, any) {
	parts := strings.Split(strings.TrimPrefix(path, "/v71"), "/")
	switch {
	case len(parts) == 2 && parts[1] == "payments":
		return s.pay(in)
	case len(parts) == 3 && parts[1] == "payments" && parts[2] == "details":
		return s.details(in)
	case len(parts) != 4 || parts[1] != "payments":
		return 404, problem(404, "000", "internal")
	}
	p, ok := s.payments[parts[2]]
	switch {
	case !ok:
		return 422, problem(422, "167", "validation")
	case in.Reference == "":
		return 422, problem(422, "130", "validation")
	case parts[3] == "cancels":
		return s.cancel(p, in)
	case in.Amount == nil || in.Amount.Value <= 0:
		return 422, problem(422, "137", "validation")
	case parts[3] == "captures":
		return s.capture(p, in)
	case parts[3] == "refunds":
		return s.refund(p, in)
	}
	return 404, problem(404, "000", "internal")
}

// psp makes a name.
func (s *Server) psp() string {
	s.n++
	return "PSP" + strconv.Itoa(100_000_000_000+s.n)
}
