package connect

import (
	"slices"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/soukhq/souk/ledger"
)

// known remembers at which version accounts were last seen, and whose they are,
// so that a charge need not read its seller: the commit checks that the version
// still holds. Only the descriptor of what is remembered of an account ever
// changes. It is bounded and may forget anything at any time.
type known struct {
	mu       sync.Mutex
	accounts map[string]sighting
}

type sighting struct {
	platform    string
	country     string
	currency    ledger.Currency
	feesPayer   Party
	descriptor  string
	version     int64
	taxNumber   string
	settles     []ledger.Currency // its default, then those of its banks
	freezes     []AccountFreeze
	pauses      []AccountPause
	reserve     *ReserveRule
	riskReserve decimal.Decimal
	closes      bool // or is closed
	closed      bool
	limits      []PaymentLimit
	asks        bool // it has requested capabilities
}

// knownLimit bounds what is remembered: about 100 bytes each.
const knownLimit = 10000

func (k *known) get(id string) (sighting, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.accounts[id]
	return s, ok
}

func (k *known) put(id string, s sighting) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.accounts == nil || len(k.accounts) >= knownLimit {
		k.accounts = make(map[string]sighting)
	}
	k.accounts[id] = s
}

// expectAccount expects that an account is the platform's and stays as it is,
// without reading it where it was seen before. In a host's transaction it is
// read: one that has changed would fail there for good.
func (p *Platform) expectAccount(u *ledger.Unit, id string) error {
	_, err := p.expectSeller(u, id)
	return err
}

// expectSeller is expectAccount, and tells what is remembered of the account.
func (p *Platform) expectSeller(u *ledger.Unit, id string) (sighting, error) {
	if s, ok := p.e.known.get(id); ok && u.First() && !p.joined {
		if s.platform != p.id {
			return s, notFound("account")
		}
		u.Assume(accountKind.ID(id), s.version)
		return s, nil
	}
	a, err := p.account(u, id)
	if err != nil {
		return sighting{}, err
	}
	o, err := u.Object(accountKind.ID(id))
	if err != nil {
		return sighting{}, err
	}
	s := sighting{
		platform: p.id, country: a.Country, currency: a.Currency, feesPayer: a.FeesPayer, descriptor: a.Descriptor, version: o.Version, taxNumber: a.TaxNumber,
		settles: a.settles(), freezes: slices.Clone(a.Freezes), pauses: slices.Clone(a.Pauses), reserve: a.Reserve, riskReserve: a.RiskReserve, closes: a.closes(), closed: !a.Closed.IsZero(),
		limits: slices.Clone(a.Limits), asks: a.asks(),
	}
	if !p.joined { // who may be rolled back
		p.e.known.put(id, s)
	}
	return s, nil
}

// lasting returns what never changes of an account of the platform, without
// reading it where it was seen before.
func (p *Platform) lasting(u *ledger.Unit, id string) (sighting, error) {
	if s, ok := p.e.known.get(id); ok && s.platform == p.id {
		return s, nil
	}
	a, err := p.account(u, id)
	if err != nil {
		return sighting{}, err
	}
	return sighting{platform: p.id, country: a.Country, currency: a.Currency, feesPayer: a.FeesPayer}, nil
}
