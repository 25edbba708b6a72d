package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// maxBody leaves room in the object that keeps it, as text in JSON.
const maxBody = 256 << 10

// body makes the body of an event. The error says that none can be made.
func (h *Hooks) body(e ledger.Event, o ledger.Object, account string) (text string, err error) {
	defer func() {
		if p := recover(); p != nil { // of the host's Render
			err = fmt.Errorf("webhook: the body of %s: %v", e.ID, p)
		}
	}()
	b := Event{ID: e.ID, Object: "event", Type: e.Type, Created: e.At.Unix(), APIVersion: APIVersion, Platform: e.Platform, Account: account}
	b.Data.Details = e.Data
	if h.c.Render != nil {
		b.Data.Object, err = h.c.Render(e, o)
	} else {
		b.Data.Object, err = h.object(o)
	}
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(&b)
	switch {
	case err != nil:
		return "", err
	case len(b.Data.Object) == 0 || data[0] != '{' || !strings.HasPrefix(strings.TrimSpace(string(b.Data.Object)), "{"):
		return "", errors.New("webhook: the object of an event is a JSON object")
	case len(data) > maxBody:
		return "", errors.New("webhook: the body of an event has up to 256 KiB")
	}
	return string(data), nil
}

// private are columns that are shown to nobody by default: who buyers are, and what tells
// cards apart.
var private = map[string]bool{"connect.customer name": true, "connect.customer email": true, "connect.saved_source fingerprint": true}

// object shows an object by the columns of its kind.
func (h *Hooks) object(o ledger.Object) ([]byte, error) {
	out := map[string]any{"id": o.ID.ID, "object": o.Kind, "version": o.Version}
	for _, c := range h.columns[o.Kind] {
		if v := at(o.Data, c.Path); v != nil && !private[o.Kind+" "+c.Name] {
			out[c.Name] = v
		}
	}
	return json.Marshal(out) // in the order of the names
}

// at returns what stands at a path of a JSON object, nil for nothing.
func at(data []byte, path string) json.RawMessage {
	for name := range strings.SplitSeq(path, ".") {
		var m map[string]json.RawMessage
		if json.Unmarshal(data, &m) != nil {
			return nil
		}
		data = m[name]
	}
	return data
}

// accountOf returns the account that an object is or belongs to, empty for none.
func accountOf(o ledger.Object) string {
	if strings.HasPrefix(o.ID.ID, "acct_") {
		return o.ID.ID
	}
	var of struct {
		Account any `json:"account"`
		Owner   any `json:"owner"`
	}
	if json.Unmarshal(o.Data, &of) != nil {
		return ""
	}
	for _, v := range []any{of.Account, of.Owner} {
		if s, ok := v.(string); ok && strings.HasPrefix(s, "acct_") {
			return s
		}
	}
	return ""
}
