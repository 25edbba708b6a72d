package vault

import (
	"crypto/sha512"
	_ "embed" // the script and the page are part of the program
	"encoding/base64"
	"net/http"
)

//go:embed souk.js
var soukJS string

// Script is the text of souk.js.
func Script() string { return soukJS }

// Integrity is what a page writes in the attribute integrity of its script element, beside
// crossorigin="anonymous", so that a browser runs souk.js as it is in this version of souk
// and no other (W3C Subresource Integrity).
func Integrity() string {
	sum := sha512.Sum384([]byte(soukJS))
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

// serveScript serves souk.js. A page that checks its integrity asks for it with CORS, which
// is answered for registered origins.
func (v *Vault) serveScript(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		ok, err := v.registered(r.Context(), origin)
		if err == nil && !ok {
			err = errOrigin
		}
		if err != nil {
			refuse(w, err)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
	}
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("X-Souk-Integrity", Integrity())
	_, _ = w.Write([]byte(soukJS)) // who has gone does not hear it
}
