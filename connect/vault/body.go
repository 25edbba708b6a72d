package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/soukhq/souk/ledger"
)

const (
	maxBody  = 16 << 10 // bytes of a request that is read
	maxSent  = 1 << 20  // bytes that are looked at to say what is wrong with one
	maxDepth = 32       // of lists and objects within each other
)

// readBody reads a request: one JSON object of texts, each name once. Nothing of it is
// repeated in an error, names included: what was typed may stand anywhere.
func readBody(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || len(r.Header.Values("Content-Type")) != 1 || r.Header.Get("Content-Encoding") != "" {
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "unsupported_media_type", Op: op, Msg: "a request is JSON, and not compressed"}
	}
	tooLarge := &ledger.Error{Class: ledger.Invalid, Code: "payload_too_large", Op: op, Msg: "a request has at most 16 KiB"}
	if r.ContentLength > maxSent {
		return nil, tooLarge
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSent))
	var most *http.MaxBytesError
	switch {
	case errors.As(err, &most):
		return nil, tooLarge
	case err != nil:
		return nil, badRequest("the request was cut off")
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}): // gzip, whatever the headers say
		return nil, &ledger.Error{Class: ledger.Invalid, Code: "unsupported_media_type", Op: op, Msg: "a request is JSON, and not compressed"}
	case tooDeep(data):
		return nil, badRequest("it is nested too deeply")
	case len(data) > maxBody:
		return nil, tooLarge
	case !utf8.Valid(data):
		return nil, badRequest("it is not UTF-8")
	}
	return readTexts(data)
}

// tooDeep reports whether brackets stand within each other too often, without reading them
// as JSON. Those in texts count, too: no text has as many.
func tooDeep(data []byte) bool {
	depth := 0
	for _, c := range data {
		switch c {
		case '[', '{':
			if depth++; depth > maxDepth {
				return true
			}
		case ']', '}':
			depth--
		}
	}
	return false
}

// readTexts reads an object whose values are texts. encoding/json takes a name twice, in
// any case, and numbers for texts where it is let: this does not.
func readTexts(data []byte) (map[string]string, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, badRequest("it is not a JSON object")
	}
	texts := make(map[string]string)
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, badRequest("it is not JSON")
		}
		value, err := d.Token()
		if err != nil {
			return nil, badRequest("it is not JSON")
		}
		text, ok := value.(string)
		key := name.(string) // Token takes nothing else for a name
		if _, twice := texts[key]; !ok || twice {
			return nil, badRequest("each field is a text, and stands there once")
		}
		if strings.ContainsRune(text, utf8.RuneError) { // which half a surrogate pair is read as
			return nil, badRequest("a text has half a character")
		}
		texts[key] = text
	}
	if _, err := d.Token(); err != nil {
		return nil, badRequest("it is not JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, badRequest("something follows it")
	}
	return texts, nil
}

func badRequest(msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: "invalid_request", Op: op, Msg: msg}
}
