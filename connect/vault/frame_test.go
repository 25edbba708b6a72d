package vault_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"html"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/payout/bank"
)

const frame = "v1/frame?key=" + pk + "&origin=" + origin + "&kind="

// T5: the page of a frame has its own script and style and nothing else: no other source, no
// inline event, nothing of a third party; only the page that asked can have it in it.
func TestTheFramesPolicy(t *testing.T) {
	s := newSite(t, nil)
	for _, path := range []string{"bank&country=DE&currency=EUR", "bank&country=us&currency=USD&lang=fr&account=acct_1", "identity&country=US&way=1", "card"} {
		w := s.get(frame+path, nil)
		require.Equal(t, http.StatusOK, w.Code, "%s %s", path, w.Body)
		page := w.Body.String()
		policy := w.Header().Get("Content-Security-Policy")
		hash := func(element string) string {
			m := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(page, -1)
			require.Len(t, m, 1, "one %s, which is in the page", element)
			sum := sha256.Sum256([]byte(m[0][1]))
			return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		}
		require.Equal(t, "default-src 'none'; script-src "+hash("script")+"; style-src "+hash("style")+
			"; connect-src 'self'; form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'; frame-ancestors "+origin, policy)
		require.NotContains(t, policy, "unsafe")
		require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
		require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"), "no page reads it")
		tags := regexp.MustCompile(`(?s)<script>.*</script>|<style>.*</style>`).ReplaceAllString(page, "")
		require.NotRegexp(t, `(?i)\son[a-z]+\s*=|\ssrc=|\shref=|\sstyle=|javascript:`, tags)
		require.Contains(t, page, `data-host="`+origin+`"`)
		for _, label := range regexp.MustCompile(`<(?:input|select) id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			require.Contains(t, page, `<label for="`+label[1]+`">`, "each field has a label")
			require.Contains(t, page, `<p id="`+label[1]+`-note" role="alert">`, "and a place for what is wrong")
		}
	}
	require.Contains(t, s.get(frame+"bank&country=DE&currency=EUR", nil).Body.String(), `name="iban"`)
	require.Contains(t, s.get(frame+"bank&country=GB&currency=GBP", nil).Body.String(), `name="sort_code"`)
}

// What a frame is asked with cannot become a part of its page.
func TestFramesThatAreRefused(t *testing.T) {
	s := newSite(t, nil)
	for path, want := range map[string]string{
		frame + "bank": "invalid_currency", frame + "bank&country=DE": "invalid_currency", frame + "bank&country=ZZ&currency=EUR": "unsupported_country",
		frame + "bank&country=DEU&currency=EUR": "invalid_country", frame + "bank&country=DE&currency=EUR&way=9": "invalid_way", frame + "bank&country=DE&currency=EUR&way=x": "invalid_way",
		frame + "bank&country=DE&currency=EUR&way=-1": "invalid_way", frame + "identity&country=ZZ": "invalid_country", frame + "identity&country=US&way=2": "invalid_way",
		frame + "wrong": "invalid_kind", frame + "": "invalid_kind", frame + "bank&kind=card": "invalid_request", frame + "bank&more=1": "invalid_request",
		frame + "bank&country=DE&currency=EUR&account=%22%3E%3Cscript%3E":        "invalid_account",
		"v1/frame?kind=bank&key=" + pk + "&origin=https://evil.example":          "forbidden_origin",
		"v1/frame?kind=bank&key=" + pk + "&origin=null":                          "forbidden_origin",
		"v1/frame?kind=bank&key=" + pk:                                           "forbidden_origin",
		"v1/frame?kind=bank&origin=" + origin:                                    "invalid_key",
		"v1/frame?kind=bank&key=pk_live_0123456789abcdef&origin=" + origin:       "invalid_key",
		"v1/frame?kind=bank&key=" + pk + "&origin=" + origin + "&country=%zz":    "invalid_currency", // what is no query is none
		"v1/frame?kind=bank&key=%3Cb%3E" + pk + "&origin=" + origin:              "invalid_key",
		"v1/frame?kind=bank&key=pk_test_of_the_other_one&origin=" + origin + "/": "forbidden_origin",
	} {
		w := s.get(path, nil)
		require.Equal(t, want, code(t, w), path)
		require.Equal(t, "default-src 'none'; frame-ancestors 'none'", w.Header().Get("Content-Security-Policy"))
		require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	}
}

// T5: the script is small and leans on nothing: no eval, no storage, no cookie, no other
// origin; and a page can hold a browser to it.
func TestTheScripts(t *testing.T) {
	js := vault.Script()
	require.LessOrEqual(t, len(js), 10<<10)
	sum := sha512.Sum384([]byte(js))
	require.Equal(t, "sha384-"+base64.StdEncoding.EncodeToString(sum[:]), vault.Integrity())
	inner, err := os.ReadFile("frame.js")
	require.NoError(t, err)
	require.LessOrEqual(t, len(inner), 10<<10)
	for name, text := range map[string]string{"souk.js": js, "frame.js": string(inner)} {
		for _, banned := range []string{
			`\beval\b`, `new Function`, `localStorage`, `sessionStorage`, `indexedDB`, `document\.cookie`, `\.cookie`, `innerHTML`, `outerHTML`, `insertAdjacentHTML`,
			`document\.write`, `importScripts`, `\bimport\b`, `XMLHttpRequest`, `sendBeacon`, `WebSocket`, `https?://`, `console\.`, `set(Timeout|Interval)\(['"]`,
			`postMessage\([^)]*['"]\*['"]`, // T6: never to whoever listens
		} {
			require.NotRegexp(t, banned, text, name)
		}
		// T6: each message is sent to one origin, and one that comes is looked at for its origin
		// and its window before anything else of it.
		sends := regexp.MustCompile(`postMessage\((.*)\);`).FindAllStringSubmatch(text, -1)
		require.Len(t, sends, 1, name)
		require.Regexp(t, `, (vault|host)$`, sends[0][1])
		require.Len(t, regexp.MustCompile(`'message', `).FindAllString(text, -1), map[string]int{"souk.js": 2, "frame.js": 1}[name])
		require.Regexp(t, `if \(event\.origin === (vault && event\.source === self\.frame\.contentWindow|host && event\.source === window\.parent) && event\.data`, text, name)
		require.Equal(t, 1, strings.Count(text, "event.origin"), name)
	}
	s := newSite(t, nil)
	w := s.get("souk.js", header("Origin", origin))
	require.Equal(t, []any{http.StatusOK, js, origin, vault.Integrity()}, []any{w.Code, w.Body.String(), w.Header().Get("Access-Control-Allow-Origin"), w.Header().Get("X-Souk-Integrity")})
	require.Equal(t, []any{http.StatusOK, "cross-origin"}, []any{s.get("souk.js", nil).Code, s.get("souk.js", nil).Header().Get("Cross-Origin-Resource-Policy")})
}

// Every field of every country has a name in both languages.
func TestFramesHaveWords(t *testing.T) {
	s := newSite(t, nil)
	label := regexp.MustCompile(`<label[^>]*>([^<]*)|<option[^>]*>([^<]*)`)
	for _, lang := range []string{"en", "fr"} {
		for _, country := range bank.FormatCountries() {
			for way := range bank.Formats(country) {
				w := s.get(frame+"bank&currency=EUR&lang="+lang+"&country="+country+"&way="+string(rune('0'+way)), nil)
				require.Equal(t, http.StatusOK, w.Code, country)
				for _, m := range label.FindAllStringSubmatch(w.Body.String(), -1) {
					require.NotEmpty(t, strings.TrimSpace(html.UnescapeString(m[1]+m[2])), "%s %s", lang, country)
				}
			}
		}
	}
}

// The browser's list of test cards is the server's.
func TestTheFramesCardsAreTheSimulators(t *testing.T) {
	s := newSite(t, nil)
	m := regexp.MustCompile(`data-cards="([^"]+)"`).FindStringSubmatch(s.get(frame+"card", nil).Body.String())
	require.NotNil(t, m)
	numbers := strings.Fields(m[1])
	require.Len(t, numbers, 22)
	for _, n := range numbers {
		_, err := connect.TestToken(n)
		require.NoError(t, err, n)
	}
}
