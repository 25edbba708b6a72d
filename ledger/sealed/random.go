package sealed

import "crypto/rand"

// newDataKey makes a data key. It is the one place of the package that reads randomness:
// nonces are made within crypto/cipher. rand.Read never fails: it ends the program where
// the system has no randomness.
func newDataKey() []byte {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // documented to return no error
	return key
}
