package ledger_test

import (
	"math/big"

	"github.com/soukhq/souk/ledger"
)

func (m *model) post(t ledger.Transaction) string {
	if m.txs[t.ID] {
		return "transaction_exists"
	}
	for _, e := range t.Entries {
		if _, code := m.moved(e.Account); code != "" {
			return code
		}
	}
	for _, e := range t.Entries {
		a, n := m.accounts[e.Account], big.NewInt(e.Amount.Minor())
		if a.posted.Add(a.posted, n); !a.posted.IsInt64() {
			return "amount_too_large"
		}
		if n.Sign() < 0 {
			a.out.Sub(a.out, n)
		}
		if e.Forced || t.Reason == "dispute" {
			a.forced.Add(a.forced, n)
		} else {
			a.guarded.Add(a.guarded, n)
		}
	}
	m.txs[t.ID] = true
	return ""
}

func (m *model) hold(s ledger.HoldStep) string {
	a, code := m.moved(s.Account)
	if code != "" {
		return code
	}
	if a.shared {
		return "shared_account"
	}
	h, ok := m.holds[s.ID]
	n := s.Amount.Minor()
	if s.Op == ledger.PlaceHold {
		if ok {
			return "hold_exists"
		}
		m.holds[s.ID] = &modelHold{account: s.Account, open: n, expires: !s.Expires.IsZero()}
		m.objects[ledger.ID{Kind: ledger.HoldKind, ID: s.ID}]++
		a.held.Add(a.held, big.NewInt(n))
		a.held2.Add(a.held2, big.NewInt(n))
		return ""
	}
	switch {
	case !ok:
		return "hold_not_found"
	case h.account != s.Account:
		return "invalid_hold"
	case s.Op == ledger.ExpireHold && !h.expires:
		return "hold_not_expired"
	case s.Op == ledger.ExpireHold || n == 0:
		n = h.open
	}
	if h.open == 0 || n > h.open {
		return "hold_exceeded"
	}
	h.open -= n
	m.objects[ledger.ID{Kind: ledger.HoldKind, ID: s.ID}]++
	a.held.Sub(a.held, big.NewInt(n))
	a.held2.Sub(a.held2, big.NewInt(n))
	if s.Op == ledger.CaptureHold {
		a.in.Add(a.in, big.NewInt(n))
	}
	return ""
}

// floors judges what the whole change did to each account, as the chart says:
// a change that leaves more to spend than it found is free; guarded entries and
// new holds must be covered; a hard floor holds against forced entries too.
func (m *model) floors() string {
	for _, a := range m.touched {
		if a.in.Cmp(a.out) > 0 {
			return "capture_without_entry"
		}
		if a.floor.Kind == ledger.NoFloor {
			continue
		}
		floor := big.NewInt(a.floor.AtMinor)
		moved := new(big.Int).Add(a.guarded, a.forced)
		spend := new(big.Int).Sub(a.posted, a.held)
		ofGuarded := new(big.Int).Sub(a.guarded, a.held2)
		ofAll := new(big.Int).Sub(moved, a.held2)
		brokeHard := a.floor.Kind == ledger.HardFloor && moved.Sign() < 0 && a.posted.Cmp(floor) < 0
		if brokeHard || ofGuarded.Sign() < 0 && ofAll.Sign() < 0 && spend.Cmp(floor) < 0 {
			return "insufficient_funds"
		}
	}
	return ""
}
