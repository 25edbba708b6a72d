package connect

import (
	"context"
	"reflect"

	"github.com/soukhq/souk/ledger"
)

// riskWorker lets Drain look once a day at whoever was disputed of late.
func (e *Engine) riskWorker() ledger.Worker {
	return ledger.Worker{Kind: riskKind.Name, Do: func(ctx context.Context, _ ledger.Store, o ledger.Object) error {
		r, err := riskKind.Decode(o)
		if err != nil {
			return err
		}
		p, err := e.Platform(ctx, r.Platform)
		if err != nil {
			return err
		}
		return p.lookAtRisk(ctx, o.ID.ID)
	}}
}

// lookAtRisk judges the counts of an owner, tells of a level that changed, and does what
// the platform's policy has for it. Sales are read before the change: should something be
// heard in between, the next Drain looks again.
func (p *Platform) lookAtRisk(ctx context.Context, id string) error {
	r, err := riskKind.Read(ctx, p.store, id)
	if err != nil {
		return err
	}
	now := p.e.env.Time()
	if !r.Work.Open() || now.Before(r.Work.Due) {
		return nil
	}
	var worst map[string]rated
	err = p.store.Read(ctx, func(v ledger.View) (err error) {
		worst, err = p.judge(v, r, now)
		return err
	})
	if err != nil {
		return err
	}
	_, err = p.unit(ctx, func(u *ledger.Unit) error {
		fresh, err := riskKind.Get(u, id)
		if err != nil || !fresh.Work.Open() || u.At().Before(fresh.Work.Due) || !reflect.DeepEqual(fresh.Months, r.Months) {
			return err
		}
		return p.settleRisk(u, fresh, worst)
	})
	return err
}

// settleRisk books what an owner's counts come to. Of a programme whose sales are too many
// to be read what was told stays.
func (p *Platform) settleRisk(u *ledger.Unit, r *riskRates, worst map[string]rated) error {
	was, standing, level := r.Level, make(map[string]string), RateNormal
	for name, x := range worst {
		if x.unknown {
			if x.name = r.Standing[name]; x.name != "" {
				x.level = was
			}
		}
		if x.name != "" {
			standing[name] = x.name
		}
		if x.level.rank() > level.rank() {
			level = x.level
		}
	}
	changed := level != was || !reflect.DeepEqual(standing, r.Standing) && len(standing)+len(r.Standing) > 0
	if r.Standing, r.Level, r.Judged = standing, level, u.At(); len(standing) == 0 {
		r.Standing = nil
	}
	if r.Work.Done(); r.Level != RateNormal || r.live(u.At()) {
		r.Work.Later(nextDay(u.At()))
	}
	if err := riskKind.Put(u, riskID(r.Owner, r.Network), r); err != nil || !changed {
		return err
	}
	event := map[RateLevel]string{RateNormal: EventRiskNormal, RateWarning: EventRiskWarning, RateLimited: EventRiskLimit}[level]
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: p.owner(r.Owner)})
	if level == was || r.Owner == p.id {
		return nil
	}
	return p.actOnRisk(u, r)
}

// actOnRisk does what the platform's policy has for the worst level of an account, over
// all networks, and ends what it has for another.
func (p *Platform) actOnRisk(u *ledger.Unit, r *riskRates) error {
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	worst := r.Level
	for _, network := range p.e.c.Monitor.Programs.Networks() {
		other, err := p.riskOf(u, r.Owner, network)
		if err != nil {
			return err
		}
		if network != r.Network && other.Level.rank() > worst.rank() {
			worst = other.Level
		}
	}
	action := prof.Risk.of(worst)
	if err := p.e.c.Monitor.Reserves.ReserveAtRisk(u, p, r.Owner, action.Reserve); err != nil {
		return err
	}
	a, err := p.account(u, r.Owner)
	if err != nil {
		return err
	}
	return p.pause(u, a, AccountPause{Cause: PauseRates, Charges: action.PauseCharges, Payouts: action.PausePayouts, Reason: string(worst)}, nil)
}
