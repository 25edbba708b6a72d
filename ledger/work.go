package ledger

import (
	"slices"
	"time"
)

// DueKey is the key of objects that wait for a time: its At is when they are
// due. Finished work drops it.
const DueKey = "due"

// Work is the part of an object that says how its carrying out stands. An
// object with work has it as a field, and its Kind.Keys returns what Work.Keys
// does: that is how Drain finds it.
type Work struct {
	Attempt int       `json:"attempt,omitzero"` // how often it was started
	Claim   string    `json:"claim,omitzero"`   // who carries it out now; empty if nobody
	Due     time.Time `json:"due,omitzero"`     // when somebody may take it: now, or when the lease ends
	Taken   time.Time `json:"taken,omitzero"`   // when it was last started
	First   time.Time `json:"first,omitzero"`   // before which no request went outside; zero: none did
	Sent    time.Time `json:"sent,omitzero"`    // until when the latest that did may be under way; zero: none did
}

// Take claims the work for a while, for whoever holds the token.
func (w *Work) Take(token string, now time.Time, lease time.Duration) {
	w.Claim, w.Due = token, now.Add(lease)
	w.Taken = now
	w.Attempt++
}

// Sending notes, before it happens, that whoever took the claim sends a request
// outside: it may be under way until the lease ends, and must not begin later.
func (w *Work) Sending() {
	if w.Sent = w.Due; w.First.IsZero() {
		w.First = w.Taken
	}
}

// Unsent takes back what Sending noted: nothing went outside.
func (w *Work) Unsent() { w.First, w.Sent = time.Time{}, time.Time{} }

// Later gives the work up until a moment.
func (w *Work) Later(due time.Time) { w.Claim, w.Due = "", due }

// Done ends the work.
func (w *Work) Done() { w.Claim, w.Due = "", time.Time{} }

// Open reports whether the work is unfinished.
func (w *Work) Open() bool { return !w.Due.IsZero() }

// Held reports whether somebody holds it at a moment.
func (w *Work) Held(now time.Time) bool { return w.Claim != "" && now.Before(w.Due) }

// Keys returns the keys of an object: those given, and after them the due key
// while the work is open.
func (w *Work) Keys(keys ...Key) []Key {
	if w.Open() {
		keys = append(slices.Clip(keys), Key{Name: DueKey, At: w.Due})
	}
	return keys
}
