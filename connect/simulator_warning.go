package connect

import (
	"maps"
	"slices"
)

// Tokens of test cards whose payments are warned of.
const (
	TestWarned  = "tok_createIssuerFraudRecord" // 4000000000005423: approved, and reported as fraud
	TestAlerted = "tok_createAlert"             // souk's own: approved, and its bank alerts before it disputes
)

// warn begins a warning of a payment if its token asks for one.
func (s *Simulator) warn(key string, o AuthorizeOrder) {
	n := WarningNews{ID: "sim_warn_" + key, Key: key, Kind: WarningFraud, Amount: o.Amount, FraudType: "unauthorized_use_of_card", At: s.env.Time()}
	switch o.Source {
	case TestWarned:
	case TestAlerted:
		n.Kind, n.FraudType, n.Network = WarningAlert, "", "10.4"
	default:
		return
	}
	s.warnings[n.ID] = n
}

// WarningNotifications returns the warnings that were not told yet.
func (s *Simulator) WarningNotifications() []WarningNews {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]WarningNews, 0, len(s.warnings))
	for _, id := range slices.Sorted(maps.Keys(s.warnings)) {
		list = append(list, s.warnings[id])
	}
	clear(s.warnings)
	return list
}
