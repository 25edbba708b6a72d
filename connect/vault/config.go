package vault

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
	"github.com/soukhq/souk/payout/bank"
)

// Config sets a vault up. Wrapper and Index have to be there; Keys and Origin too, for a
// handler.
type Config struct {
	// Store keeps what is sealed: the engine's own, or one of the vault's. Nil: in memory,
	// which is refused where Live.
	Store ledger.Store
	// Env has clock and ids: Engine.Env in the engine's process.
	Env ledger.Env

	Wrapper sealed.KeyWrapper // of data keys
	Index   *sealed.Index     // that finds accounts which are the same
	Live    bool              // for real details; a store is live or not for good

	// TokenLife is how long a token waits to be used: up to 15 minutes, which is what 0 is.
	TokenLife time.Duration
	// Modulus checks British account numbers; nil checks their form alone.
	Modulus *bank.ModulusTable

	// Keys knows the publishable keys of platforms.
	Keys Keys
	// Origin is where browsers find the handler: "https://vault.example", with a port if it is
	// not that of the scheme, and nothing else. http is taken for localhost, where not Live.
	Origin string
	// Cards are the fields of an acquirer for cards. Nil: where not Live, a form that takes
	// the documented test numbers; where Live, none.
	Cards CardFields
	// Limits bound how often details are turned into tokens.
	Limits Limits
	// ClientIP tells who asks. Nil takes the address of the connection, and no header, since
	// anybody can write one: who has a proxy in front reads what that proxy writes.
	ClientIP func(*http.Request) netip.Addr
}

// Vault keeps bank details and identity fields sealed. It is safe for use by several
// goroutines; any number of vaults, in one process or many, may share a store and its keys.
type Vault struct {
	c     Config
	store ledger.Store
	begun *atomic.Bool // the store's mode has been checked
	rates *rates
}

// maxTokenLife is how long a token may wait at most.
const maxTokenLife = 15 * time.Minute

// New makes a vault. It reads and writes nothing yet.
func New(c Config) (*Vault, error) {
	bad := func(field, msg string) (*Vault, error) {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_config", Field: field, Op: op, Msg: msg}
	}
	switch {
	case c.Wrapper == nil:
		return bad("wrapper", "data keys are wrapped by something")
	case c.Index == nil:
		return bad("index", "a vault has an index")
	case c.TokenLife < 0 || c.TokenLife > maxTokenLife:
		return bad("tokenLife", "a token waits for 15 minutes at most")
	case c.Store == nil && c.Live:
		return bad("store", "real details are kept in a database")
	case c.Origin != "" && !isOrigin(c.Origin, !c.Live):
		return bad("origin", "an origin is https:// and a name, in lower case, with nothing after it")
	case !c.Limits.valid():
		return bad("limits", "a limit is zero or more")
	}
	if c.Store == nil {
		c.Store = ledger.NewMemory()
	}
	if t, ok := c.Store.(ledger.TestOnly); ok && c.Live && t.TestOnly() != "" {
		return bad("store", "it is "+t.TestOnly())
	}
	c.TokenLife = cmp.Or(c.TokenLife, maxTokenLife)
	c.Limits = c.Limits.fill()
	return &Vault{c: c, store: c.Store, begun: new(atomic.Bool), rates: newRates()}, nil
}

const op = "connect/vault"

// In returns the vault on another store: a transaction of the host's, or a preview. What is
// done in it happens with the rest of it, or not at all.
func (v *Vault) In(store ledger.Store) *Vault {
	w := *v
	w.store, w.begun = store, new(atomic.Bool)
	return &w
}

// Kinds are the objects that a vault keeps.
func Kinds() []ledger.KindInfo {
	return []ledger.KindInfo{references.Info(), alarms.Info(), modes.Info(), sealed.DataKeys.Info()}
}

// Part is what an engine needs to work for the vault, where it stands on the engine's
// store: Engine.Attach(v.Part()). A vault on a store of its own has Drain.
func (v *Vault) Part() connect.Part {
	return connect.Part{Kinds: Kinds(), Workers: v.workers(), Start: v.start}
}

func (v *Vault) workers() []ledger.Worker {
	return []ledger.Worker{{Kind: references.Name, Do: v.expire}}
}

// Drain does what is due: it forgets details whose token was not used in time.
func (v *Vault) Drain(ctx context.Context) (ledger.Drained, error) {
	return ledger.Drain(ctx, v.store, ledger.DrainOptions{Env: v.c.Env}, v.workers()...)
}

// mode says whether a store holds real details. It is written at first use.
type mode struct {
	Live bool `json:"live"`
}

var modes = ledger.Kind[mode]{Name: "vault.mode", Prefix: "vmode_"}

const modeID = "vmode_1"

// start refuses a store of the other mode.
func (v *Vault) start(u *ledger.Unit) error {
	o, err := u.Object(modes.ID(modeID))
	if err != nil {
		return err
	}
	if o.Version == 0 {
		return modes.Put(u, modeID, &mode{v.c.Live})
	}
	m, err := modes.Decode(o)
	if err == nil && m.Live != v.c.Live {
		err = &ledger.Error{Class: ledger.State, Code: "mode_mismatch", Field: "live", Op: op, Msg: "the store was begun for the other mode and stays so"}
	}
	return err
}

// begin checks the store once.
func (v *Vault) begin(ctx context.Context) error {
	if v.begun.Load() {
		return nil
	}
	_, err := v.c.Env.Update(ctx, v.store, v.start)
	if err == nil {
		v.begun.Store(true)
	}
	return err
}
