package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// The kinds of requests, as references show them.
const (
	markPayment   = 'p' // captured at once
	markAuthorize = 'a'
	markCapture   = 'c'
	markCancel    = 'x'
	markRefund    = 'r'
)

const (
	maxKey  = 64 // the API's limit, which leaves room for the rest in a reference of 80
	hashHex = 8
)

// referenceOf names a request for the API: "<key>.<mark><hash of the order>".
func referenceOf(key string, mark byte, order ...string) string {
	sum := sha256.Sum256([]byte(key + "\n" + string(mark) + "\n" + strings.Join(order, "\n")))
	return key + "." + string(mark) + hex.EncodeToString(sum[:hashHex/2])
}

// detailsKey is the key under which details are handed over. It is all that tells one
// buyer's from another's, so that the hash is as long as the API allows.
func detailsKey(brought []byte) string {
	const name = "details."
	sum := sha256.Sum256(brought)
	return name + hex.EncodeToString(sum[:])[:maxKey-len(name)]
}

// readReference is the way back; mark is 0 for what souk did not ask for.
func readReference(reference string) (key string, mark byte) {
	i := strings.LastIndexByte(reference, '.')
	if i <= 0 || len(reference)-i != 2+hashHex {
		return "", 0
	}
	if _, err := hex.DecodeString(reference[i+2:]); err != nil {
		return "", 0
	}
	switch mark = reference[i+1]; mark {
	case markPayment, markAuthorize, markCapture, markCancel, markRefund:
		return reference[:i], mark
	}
	return "", 0
}
