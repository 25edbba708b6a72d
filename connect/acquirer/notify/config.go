package notify

import (
	"cmp"
	"encoding/hex"
	"maps"
	"net/http"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/acquirer/internal/wire"
	"github.com/soukhq/souk/ledger"
)

// Config sets an acquirer up.
type Config struct {
	Name            string // in the books; empty: "notify"
	BaseURL         string // of the API, with its version: "https://…/v71". https, or this machine
	APIKey          string
	MerchantAccount string
	Live            bool // the address and the key are for real money

	// HMACKeys are those that sign notifications, in hexadecimal: several while one is
	// being replaced. Without one, all notifications are refused.
	HMACKeys []string
	// User and Password are what notifications show as well, if they are set.
	User, Password string

	ReturnURL string // where buyers come back to from a page of their bank's
	// Digits are the minor digits of currencies that the API has otherwise than
	// ISO 4217. Nil: as it publishes, two for CLP and ISK, none for CVE and IDR.
	Digits map[ledger.Currency]int
	// KeyLife is for how long the API honours a key; 0 is 7 days.
	KeyLife time.Duration

	HTTP *http.Client // nil: one of the standard library's
}

// Acquirer is a connect.Acquirer and connect.Notifier. It is safe for use by several
// goroutines.
type Acquirer struct {
	cfg  Config
	keys [][]byte
	wire wire.Client
}

var (
	_ connect.Acquirer = (*Acquirer)(nil)
	_ connect.Notifier = (*Acquirer)(nil)
)

const op = "connect: notify"

// New makes an acquirer. It reads and sends nothing yet.
func New(c Config) (*Acquirer, error) {
	bad := func(field, msg string) (*Acquirer, error) {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: field, Op: op, Msg: msg}
	}
	base, ok := wire.CheckBase(c.BaseURL)
	switch {
	case !ok:
		return bad("baseURL", "the address of the API is one of https, or of this machine")
	case !wire.Key(c.APIKey, 1000):
		return bad("apiKey", "the API is shown a key")
	case c.MerchantAccount == "":
		return bad("merchantAccount", "payments are for a merchant account")
	case c.KeyLife < 0:
		return bad("keyLife", "a duration is zero or more")
	case (c.User == "") != (c.Password == ""):
		return bad("password", "a user has a password")
	}
	c.BaseURL, c.Name, c.KeyLife = base, cmp.Or(c.Name, "notify"), cmp.Or(c.KeyLife, 7*24*time.Hour)
	if c.Digits == nil {
		c.Digits = map[ledger.Currency]int{ledger.CLP: 2, ledger.ISK: 2, ledger.CVE: 0, ledger.IDR: 0}
	}
	c.Digits = maps.Clone(c.Digits)
	for cur, digits := range c.Digits {
		if !cur.Valid() || digits < 0 || digits > 8 {
			return bad("digits", "a currency has 0 to 8 digits")
		}
	}
	a := &Acquirer{cfg: c, wire: wire.Client{Op: op, HTTP: c.HTTP}}
	for _, k := range c.HMACKeys {
		key, err := hex.DecodeString(k)
		if err != nil || len(key) < 16 {
			return bad("hmacKeys", "a key has 16 bytes or more, in hexadecimal")
		}
		a.keys = append(a.keys, key)
	}
	return a, nil
}

// Info implements connect.Acquirer.
func (a *Acquirer) Info() connect.AcquirerInfo {
	return connect.AcquirerInfo{Name: a.cfg.Name, Delivery: ledger.Keyed, KeyLife: a.cfg.KeyLife, NewsOnly: true}
}

// TestOnly implements ledger.TestOnly.
func (a *Acquirer) TestOnly() string {
	if !a.cfg.Live {
		return "an acquirer that is not set up as live"
	}
	return ""
}

// digits are those of a currency at the API.
func (a *Acquirer) digits(c ledger.Currency) int {
	if n, ok := a.cfg.Digits[c]; ok {
		return n
	}
	return c.Digits()
}
