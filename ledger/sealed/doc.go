// Package sealed keeps what must not be read by whoever can read the store: account
// numbers, identity numbers, names.
//
// # How a value is kept
//
// Each value is encrypted by itself (AES-256-GCM, NIST SP 800-38D, with a random nonce of
// 96 bits), under a data key that belongs to one subject of one platform. The data key is
// stored beside it, wrapped by a key that is not in the store: a KeyWrapper, which may be a
// key management service, or LocalKeys. Token, platform and field are authenticated with
// each value (Place), so that a value that was moved to another row, or to another field
// of its row, does not open.
//
// A KeyWrapper of several keys unwraps what any of them wrapped, and wraps with the newest.
// Data keys have generations: while values are sealed anew under a new one, the old one
// still opens the others, so that nobody waits for a rotation.
//
// # What is never printed
//
// What was opened is a Clear, and a data key is a Key. fmt, slog, encoding/json and
// encoding/gob get the word [sealed] from them, and what walks values by reflection finds a
// function. The one way to the text is Clear.Reveal.
//
// # Who opens
//
// A rail or an acquirer is given a Detokeniser, which has one method and tells of each call
// in the feed of events. Nobody else is: house_test.go says which packages may import this
// one, and which may call Detokenise and Reveal.
package sealed
