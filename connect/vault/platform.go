package vault

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// originsKept is for how long the origins that platforms have registered are remembered.
const originsKept = time.Minute

// PlatformKeys are the keys of an engine's platforms (connect.Platform.CreateKey), for the
// pages of the origins that those have registered (connect.Client.Origins). A new origin is
// known within a minute.
func PlatformKeys(e *connect.Engine) Keys { return &platformKeys{engine: e} }

type platformKeys struct {
	engine *connect.Engine

	mu      sync.Mutex
	origins map[string]bool
	read    time.Time
}

// Key implements Keys.
func (p *platformKeys) Key(ctx context.Context, key string) (Key, error) {
	k, err := p.engine.APIKey(ctx, key)
	if errors.Is(err, ledger.Forbidden) {
		return Key{}, notFound("key")
	}
	if err != nil {
		return Key{}, err
	}
	of, err := p.engine.Platform(ctx, k.Platform)
	if err != nil {
		return Key{}, err
	}
	found := Key{ID: k.ID, Platform: k.Platform, Secret: k.Kind != connect.KeyPublishable, Live: k.Live}
	if c := of.Profile().Client; c != nil {
		found.Origins = c.Origins
	}
	return found, nil
}

// Registered implements Keys. All origins are read at once, and not for each request: a
// browser of anybody's may ask.
func (p *platformKeys) Registered(ctx context.Context, origin string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.engine.Env().Time()
	if age := now.Sub(p.read); p.origins == nil || age < 0 || age >= originsKept {
		list := make(map[string]bool)
		for of, err := range p.engine.Platforms(ctx) {
			if err != nil {
				return false, err
			}
			if c := of.Profile().Client; c != nil {
				for _, o := range c.Origins {
					list[o] = true
				}
			}
		}
		p.origins, p.read = list, now
	}
	return p.origins[origin], nil
}

// BankOf takes what a token of the hosted pages stands for: hosted.Config.BankOf. The token
// was made for the account by souk.js, which those pages see to.
func (v *Vault) BankOf(ctx context.Context, p *connect.Platform, a *connect.Account, token string) (connect.BankDetails, error) {
	r, err := v.Use(ctx, UseRequest{Key: "bank_" + referenceID(token), Platform: p.ID(), Token: token, Account: a.ID})
	if err != nil {
		return connect.BankDetails{}, err
	}
	return r.BankDetails(), nil
}
