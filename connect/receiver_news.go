package connect

import (
	"context"
	"fmt"

	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout/bank"
)

// CoinNews books what somebody saw on the chain: a node's notification, a person's
// look. It may come twice, late, and in any order, and does the same as Drain,
// which looks for itself. News of an address that no receiver of this wallet has is
// NotFound; news that contradicts what an output holds is State,
// contradicting_news, and changes nothing.
func (e *Engine) CoinNews(ctx context.Context, s bitcoin.Sighting) error {
	if err := e.coinNews(ctx, s); err != nil {
		return fmt.Errorf("connect: coin news: %w", err)
	}
	return nil
}

func (e *Engine) coinNews(ctx context.Context, s bitcoin.Sighting) error {
	if err := e.start(ctx); err != nil {
		return err
	}
	if err := s.Check(); err != nil {
		return err
	}
	a, err := bank.ParseBitcoin(s.Address)
	if err != nil {
		return err
	}
	if err := a.On(e.c.Live); err != nil {
		return err
	}
	mark, err := coinAddressKind.Read(ctx, e.c.Store, coinAddressKind.Prefix+a.Text)
	if err != nil {
		return inField("address", notFoundOr(err, "receiver"))
	}
	r, err := receiverKind.Read(ctx, e.c.Store, mark.Receiver)
	if err != nil {
		return err
	}
	if r.Wallet != walletName(e) {
		return inField("address", notFound("receiver"))
	}
	p, err := e.Platform(ctx, r.Platform)
	if err != nil {
		return err
	}
	_, err = p.unit(ctx, func(u *ledger.Unit) error {
		r, err := receiverKind.Get(u, mark.Receiver)
		if err != nil {
			return err
		}
		coins, changed, err := bitcoin.See(r.Coins, s)
		if err != nil || !changed {
			return err
		}
		return p.bookCoins(u, r, coins, changed)
	})
	return err
}

// WalletNews books what the engine's wallet says unasked of coins that it was told
// to send. Its key is the id of the return. It may come twice and in any order.
// News of a key that is not this wallet's is NotFound; news that contradicts what
// is booked is of class State, code contradicting_news, and changes nothing.
func (e *Engine) WalletNews(ctx context.Context, n bitcoin.News) error {
	err := e.start(ctx)
	if err == nil && !coinReturnKind.Fits(n.Key) {
		err = inField("key", notFound("coin return"))
	}
	if err == nil {
		err = coinReturnTask.news(ctx, e, n.Key, n.Answer)
	}
	if err != nil {
		return fmt.Errorf("connect: wallet news: %w", err)
	}
	return nil
}
