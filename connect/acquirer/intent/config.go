package intent

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/internal/wire"
	"github.com/soukhq/souk/ledger"
)

// Version is the version of the API that this adapter is written for.
const Version = "2026-08-26.dahlia"

// Config sets an acquirer up.
type Config struct {
	Name      string // in the books; empty: "intent"
	BaseURL   string // of the API, without /v1: required. https, or this machine
	SecretKey string // "sk_live_…", "rk_live_…"; with "_test_" the acquirer is for tests only
	Version   string // of the API; empty: Version
	Account   string // acts for a connected account of the API: its id. Empty: for the key's own

	// WebhookSecrets are those that sign events: several while one is being replaced.
	// Without one, all events are refused.
	WebhookSecrets []string
	// Tolerance is how old a signature may be, and how far ahead; 0 is 5 minutes.
	Tolerance time.Duration

	// ReturnURL is where buyers come back to from a page of their bank's. Empty: a
	// method that needs it is refused by the API.
	ReturnURL string
	// Methods are those of the API that a source may be of; empty: "card".
	Methods []string
	// SeveralCaptures asks the network to take several captures of one authorization.
	// Without it the first capture lets the rest go. The engine's CaptureRule.Captures
	// says the same to the engine.
	SeveralCaptures bool
	// OverCapture asks the network to take more than was authorized (CaptureRule.Over).
	OverCapture bool

	// KeyLife is for how long the API honours a key; 0 is 24 hours, as it publishes.
	KeyLife time.Duration

	HTTP *http.Client     // nil: one of the standard library's
	Now  func() time.Time // nil: the real clock
}

// Acquirer is a connect.Acquirer, connect.Finder and connect.Notifier. It is safe for
// use by several goroutines.
type Acquirer struct {
	cfg  Config
	env  ledger.Env
	wire wire.Client
	test bool
}

var (
	_ connect.Acquirer = (*Acquirer)(nil)
	_ connect.Finder   = (*Acquirer)(nil)
	_ connect.Notifier = (*Acquirer)(nil)
)

const op = "connect: intent"

// New makes an acquirer. It reads and sends nothing yet.
func New(c Config) (*Acquirer, error) {
	bad := func(field, msg string) (*Acquirer, error) {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: field, Op: op, Msg: msg}
	}
	kind, rest, _ := strings.Cut(c.SecretKey, "_")
	mode, secret, _ := strings.Cut(rest, "_")
	base, ok := wire.CheckBase(c.BaseURL)
	switch {
	case !ok:
		return bad("baseURL", "the address of the API is one of https, or of this machine")
	case kind != "sk" && kind != "rk" || mode != "live" && mode != "test" || !wire.Token(secret):
		return bad("secretKey", `a secret key begins with "sk_live_", "rk_live_", "sk_test_" or "rk_test_"`)
	case c.Tolerance < 0:
		return bad("tolerance", "a duration is zero or more")
	case c.KeyLife < 0:
		return bad("keyLife", "a duration is zero or more")
	case c.Account != "" && !wire.Token(c.Account):
		return bad("account", "this is no account of the API")
	}
	for _, s := range c.WebhookSecrets {
		if s == "" {
			return bad("webhookSecrets", "with an empty secret everybody could sign")
		}
	}
	c.BaseURL = base
	c.Name, c.Version = cmp.Or(c.Name, "intent"), cmp.Or(c.Version, Version)
	c.Tolerance, c.KeyLife = cmp.Or(c.Tolerance, 5*time.Minute), cmp.Or(c.KeyLife, 24*time.Hour)
	if len(c.Methods) == 0 {
		c.Methods = []string{"card"}
	}
	return &Acquirer{cfg: c, env: ledger.Env{Now: c.Now}, wire: wire.Client{Op: op, HTTP: c.HTTP}, test: mode == "test"}, nil
}

// Info implements connect.Acquirer.
func (a *Acquirer) Info() connect.AcquirerInfo {
	return connect.AcquirerInfo{Name: a.cfg.Name, Delivery: ledger.Keyed, KeyLife: a.cfg.KeyLife}
}

// TestOnly implements ledger.TestOnly: with a test key no money moves.
func (a *Acquirer) TestOnly() string {
	if a.test {
		return "an acquirer with a test key"
	}
	return ""
}
