package connect

import (
	"sync"

	"github.com/soukhq/souk/ledger"
)

// known remembers at which version accounts were last seen, and whose they are,
// so that a charge need not read its seller: the commit checks that the version
// still holds. An account's country never changes. It is bounded and may forget anything at any time.
type known struct {
	mu       sync.Mutex
	accounts map[string]sighting
}

type sighting struct {
	platform string
	country  string
	version  int64
	settles  []ledger.Currency // its default, then those of its banks
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
	if s, ok := p.e.known.get(id); ok && u.First() && !p.joined {
		if s.platform != p.id {
			return notFound("account")
		}
		u.Assume(accountKind.ID(id), s.version)
		return nil
	}
	a, err := p.account(u, id)
	if err != nil {
		return err
	}
	o, err := u.Object(accountKind.ID(id))
	if err != nil {
		return err
	}
	if !p.joined { // who may be rolled back
		p.e.known.put(id, sighting{p.id, a.Country, o.Version, a.settles()})
	}
	return nil
}

// sellerCountry returns the country of an account of the platform, without
// reading it where it was seen before.
func (p *Platform) sellerCountry(u *ledger.Unit, id string) (string, error) {
	if s, ok := p.e.known.get(id); ok && s.platform == p.id {
		return s.country, nil
	}
	a, err := p.account(u, id)
	if err != nil {
		return "", err
	}
	return a.Country, nil
}
