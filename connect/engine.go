package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Engine is a marketplace engine on one store. It is safe for use by several
// goroutines; several engines, in one process or many, may share a store.
type Engine struct {
	c     Config
	env   ledger.Env
	known *known

	mu      sync.Mutex
	started bool // the store's mode has been checked, and the rail's news are being read
	parts   []Part
}

// New makes an engine. It reads and writes nothing yet.
func New(c Config) (*Engine, error) {
	c, err := c.fill()
	if err != nil {
		return nil, err
	}
	return &Engine{c: c, env: ledger.Env{Now: c.Now, NewID: c.NewID}, known: new(known)}, nil
}

// Store returns the store that the engine stands on.
func (e *Engine) Store() ledger.Store { return e.c.Store }

// modeObject says whether a store holds real money. It is written at first use.
var modeObject = ledger.ID{Kind: "connect.mode", ID: "mode"}

type mode struct {
	Live bool `json:"live"`
}

// start checks once that the store is of the engine's mode, and begins to read
// the news of its rail.
func (e *Engine) start(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.started {
		return nil
	}
	_, err := e.env.Update(ctx, e.c.Store, func(u *ledger.Unit) error {
		if err := e.checkMode(u); err != nil {
			return err
		}
		if err := ledger.StartSealing(u); err != nil {
			return err
		}
		if err := e.startParts(u); err != nil {
			return err
		}
		return e.startRail(u)
	})
	e.started = err == nil
	return err
}

// checkMode refuses a store that is live or not as the engine is not.
func (e *Engine) checkMode(u *ledger.Unit) error {
	o, err := u.Object(modeObject)
	if err != nil {
		return err
	}
	if o.Version == 0 {
		if o.Data, err = json.Marshal(mode{e.c.Live}); err != nil {
			return err
		}
		u.Put(o)
		return nil
	}
	var m mode
	if err := json.Unmarshal(o.Data, &m); err != nil {
		return err
	}
	if m.Live != e.c.Live {
		return &ledger.Error{Class: ledger.State, Code: "mode_mismatch", Field: "live", Op: "connect: store",
			Msg: fmt.Sprintf("the store was begun with live = %t and stays so", m.Live)}
	}
	return nil
}

// workers returns everything that Drain does.
func (e *Engine) workers() []ledger.Worker {
	return append([]ledger.Worker{
		e.chargeWorker(), worker(e, captureTask), worker(e, cancelTask), worker(e, refundTask), worker(e, payoutTask),
		worker(e, receiverTask), worker(e, coinReturnTask),
		e.sourceWorker(), worker(e, increaseTask), worker(e, answerTask), worker(e, bankCheckTask), e.warningWorker(), e.riskWorker(),
		e.groupWorker(), e.shareWorker(),
		ending(e, &mandateKind, func(m *Mandate) string { return m.Platform }, (*Platform).expireMandate),
		ending(e, &creditKind, func(w *Credit) string { return w.Platform }, (*Platform).expireCredit),
		ending(e, &voucherKind, func(v *Voucher) string { return v.Platform }, (*Platform).expireVoucher),
		ending(e, &advanceKind, func(a *Advance) string { return a.Platform }, (*Platform).lookAtAdvance),
		ending(e, &disputeKind, func(d *Dispute) string { return d.Platform }, (*Platform).disputeUnanswered),
		ending(e, &proposalKind, func(o *Proposal) string { return o.Platform }, (*Platform).expireProposal),
		ending(e, &reviewKind, func(o *Review) string { return o.Platform }, (*Platform).expireReview),
		ending(e, &freezeKind, func(f *Freeze) string { return f.Platform }, (*Platform).lookAtFreeze),
		ending(e, &reserveKind, func(r *Reserve) string { return r.Platform }, (*Platform).reserveDue),
		ending(e, &reserveWatchKind, func(w *reserveWatch) string { return w.Platform }, (*Platform).drawReserves),
		ending(e, &dormancyKind, func(d *Dormancy) string { return d.Platform }, (*Platform).becomeUnclaimed),
		{Kind: accountClosingKind.Name, Do: e.closeAccounts},
		e.bulkWorker(), e.customerWorker(),
		{Kind: paymentKind.Name, Do: e.payments},
		e.negativeWorker(), worker(e, negativeDebitTask),
		{Kind: releaseKind.Name, Do: e.release}, {Kind: railKind.Name, Do: e.pollRail},
		e.env.HoldExpiry(), e.env.Sealing(e.c.Seal),
	}, e.attached()...)
}

// ending lets Drain end what is over of objects that are due, in a unit of work of
// their platform that looks at them again.
func ending[T any](e *Engine, k *ledger.Kind[T], platform func(*T) string, end func(*Platform, *ledger.Unit, string) error) ledger.Worker {
	return ledger.Worker{Kind: k.Name, Do: func(ctx context.Context, _ ledger.Store, o ledger.Object) error {
		x, err := k.Decode(o)
		if err != nil {
			return err
		}
		p, err := e.Platform(ctx, platform(x))
		if err != nil {
			return err
		}
		_, err = p.unit(ctx, func(u *ledger.Unit) error { return end(p, u, o.ID.ID) })
		return err
	}}
}

// Drain does all work that is due: carries out what was interrupted or recorded
// only, makes money available whose day has come, reads the rail's news. Any
// number of processes may drain one store at once. The error tells that Drain
// itself could not go on; the failures of single objects, which are tried again
// by the next Drain, are in Drained.Err.
func (e *Engine) Drain(ctx context.Context) (ledger.Drained, error) {
	if err := e.start(ctx); err != nil {
		return ledger.Drained{}, err
	}
	failed := func(o ledger.Object, err error) {
		if ctx.Err() == nil { // else it was only interrupted
			e.c.Logger.Error("souk: work failed and will be tried again",
				slog.String("kind", o.Kind), slog.String("id", o.ID.ID), slog.Any("error", err))
		}
	}
	return ledger.Drain(ctx, e.c.Store, ledger.DrainOptions{Env: e.env, Failed: failed}, e.workers()...)
}

// Run drains until ctx ends, every second. It returns ctx's error.
func (e *Engine) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, err := e.Drain(ctx); err != nil && ctx.Err() == nil {
			e.c.Logger.Error("souk: drain failed", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Kinds lists the kinds of objects that the engine stores, for the SQL views of
// a durable store: postgres.Store.Migrate, and sqlite.Migrate and Options.
func Kinds() []ledger.KindInfo {
	return []ledger.KindInfo{
		platformKind.Info(), accountKind.Info(), compliance.Kind.Info(), chargeKind.Info(), captureKind.Info(), cancellationKind.Info(),
		refundKind.Info(), transferKind.Info(), transferReversalKind.Info(), agreementKind.Info(), topUpKind.Info(), cashSaleKind.Info(),
		payoutKindInfo(), releaseKind.Info(), railKind.Info(), receiverKind.Info(), coinAddressKind.Info(), coinReturnKind.Info(),
		customerKind.Info(), savedSourceKind.Info(), increaseKind.Info(), onceKind.Info(),
		noticeKind.Info(), actKind.Info(), ledger.SealKind.Info(),
		heldKind.Info(), shareReleaseKind.Info(), groupKind.Info(),
		mandateKind.Info(), mandateReferenceKind.Info(), ratesKind.Info(),
		disputeKind.Info(), disputeAnswerKind.Info(), warningKind.Info(), riskKind.Info(),
		creditKind.Info(), creditGrantKind.Info(), voucherKind.Info(), paymentKind.Info(),
		platformFeeKind.Info(), platformFeeReturnKind.Info(), feeRefundKind.Info(), advanceKind.Info(),
		decidedKind.Info(), limitKind.Info(), reviewKind.Info(),
		adjustmentKind.Info(), proposalKind.Info(), rightLimitsKind.Info(), rightUseKind.Info(), freezeKind.Info(), writeOffKind.Info(), recoveryKind.Info(), dormancyKind.Info(),
		negativeKind.Info(), negativeDebitKind.Info(), paymentPlanKind.Info(),
		reserveKind.Info(), reservePlanKind.Info(), reserveWatchKind.Info(), accountClosingKind.Info(),
		bulkKind.Info(), bulkItemKind.Info(),
		bankChangeKind.Info(), bankUseKind.Info(), bankCheckKind.Info(),
		apiKeyKind.Info(), connectionKind.Info(),
	}
}
