package vault

import (
	"encoding/json"

	"github.com/soukhq/souk/ledger"
)

// The types of the events that a vault tells. None has any part of the details.
const (
	EventTokenCreated  = "vault.token.created"
	EventTokenUsed     = "vault.token.used"
	EventTokenExpired  = "vault.token.expired"
	EventErased        = "vault.reference.erased"
	EventResealed      = "vault.reference.resealed"
	EventOpened        = "vault.reference.opened" // its data say by whom and what for
	EventKeyRotated    = "vault.key.rotated"
	EventKeyDestroyed  = "vault.key.destroyed"
	EventSecretKeyUsed = "vault.secret_key.used" // an alarm: a secret key was shown to the vault, as a browser would
)

// Audit is the data of EventOpened.
type Audit struct {
	By      string `json:"by"`      // who holds the Detokeniser
	Purpose string `json:"purpose"` // what it said it is for
}

func emit(u *ledger.Unit, kind, platform string, about ledger.ID, data any) error {
	e := ledger.Event{Type: kind, Platform: platform, Object: about}
	if data != nil {
		text, err := json.Marshal(data)
		if err != nil {
			return err
		}
		e.Data = text
	}
	u.Emit(e)
	return nil
}

func badField(code, field, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Op: op, Msg: msg}
}

func badState(code, field, msg string) error {
	return &ledger.Error{Class: ledger.State, Code: code, Field: field, Op: op, Msg: msg}
}

// notFound is the one answer for what is not there and for what is another's.
func notFound(field string) error {
	return &ledger.Error{Class: ledger.NotFound, Code: "not_found", Field: field, Op: op, Msg: "there is no such " + field}
}
