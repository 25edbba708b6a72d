package vault

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page is part of the program
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout/bank"
)

//go:embed frame.html
var frameHTML string

//go:embed frame.js
var frameJS string

//go:embed frame.css
var frameCSS string

// page is the document of the frames. Its script and style stand in it, and the policy lets
// it have nothing but these.
type page struct {
	t      *template.Template
	policy string // the part that is the same for all
}

func newPage() (*page, error) {
	t, err := template.New("frame").Parse(frameHTML)
	if err != nil {
		return nil, err
	}
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return &page{t, "default-src 'none'; script-src " + hash(frameJS) + "; style-src " + hash(frameCSS) +
		"; connect-src 'self'; form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'; frame-ancestors "}, nil
}

// drawing is what a frame shows.
type drawing struct {
	Lang, Title, Optional      string
	Host, Key, Kind            string // Host is the origin of the page around the frame
	Country, Currency, Account string
	Words                      string // JSON
	Test                       bool
	Sample, Cards              string
	Fields                     []drawn
	Script                     template.JS
	Style                      template.CSS
}

// drawn is one field of a frame.
type drawn struct {
	Name, Label, Hint string
	Optional          bool
	Numeric, Digits   bool
	Min, Max          int
	Options           []option
}

type option struct{ Value, Label string }

// serveFrame draws the fields of a kind for a page of a registered origin. Only such a page
// can have the frame in it (frame-ancestors), and with it alone the frame speaks.
func (v *Vault) serveFrame(w http.ResponseWriter, r *http.Request, p *page) {
	d, err := v.draw(r)
	if err != nil {
		refuse(w, err)
		return
	}
	var b bytes.Buffer
	if err := p.t.Execute(&b, d); err != nil {
		refuse(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", p.policy+d.Host)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	_, _ = w.Write(b.Bytes()) // who has gone does not hear it
}

// frameParameters are what a frame may be asked with, each once.
var frameParameters = []string{"key", "kind", "origin", "country", "currency", "account", "lang", "way"}

func (v *Vault) draw(r *http.Request) (*drawing, error) {
	q := r.URL.Query()
	for name, list := range q {
		if len(list) != 1 || !slices.Contains(frameParameters, name) {
			return nil, badRequest("a frame is asked for with parameters that it has, each once")
		}
	}
	k, err := v.publishable(r.Context(), q.Get("key"))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(k.Origins, q.Get("origin")) {
		return nil, errOrigin
	}
	if err := v.count(k); err != nil {
		return nil, err
	}
	account, lang := q.Get("account"), q.Get("lang")
	if account != "" && !plain(account, 1, 100) {
		return nil, badField("invalid_account", "account", "an account's name is 1 to 100 letters, digits, points, hyphens and underscores")
	}
	if lang != "fr" {
		lang = "en"
	}
	words := texts[lang]
	said, err := json.Marshal(map[string]string{"missing": words["missing"], "wrong": words["wrong"], "later": words["later"], "wait": words["wait"]})
	if err != nil {
		return nil, err
	}
	d := &drawing{
		Lang: lang, Optional: words["optional"], Host: q.Get("origin"), Key: q.Get("key"), Kind: q.Get("kind"), Account: account,
		Words: string(said), Test: !v.c.Live, Sample: "89370400440532013000", Script: template.JS(frameJS), Style: template.CSS(frameCSS),
	}
	if d.Kind != kindCard && !Kind(d.Kind).known() {
		return nil, badField("invalid_kind", "kind", "a frame is for bank, identity or card")
	}
	d.Title = words[d.Kind]
	return d, v.fields(d, q.Get("country"), q.Get("currency"), q.Get("way"), words)
}

// fields fills in the fields of a frame. way counts the ways of bank.Formats; of an identity,
// 0 asks for the number alone.
func (v *Vault) fields(d *drawing, country, currency, way string, words map[string]string) error {
	if d.Kind == kindCard {
		if v.c.Live || v.c.Cards != nil {
			return errNoCards
		}
		d.Cards = strings.Join(testNumbers, " ")
		for _, name := range []string{"number", "exp_month", "exp_year", "cvc"} {
			d.Fields = append(d.Fields, drawn{Name: name, Label: words[name], Numeric: true})
		}
		return nil
	}
	n, err := 0, error(nil)
	if way != "" {
		if n, err = strconv.Atoi(way); err != nil || n < 0 {
			return badWay
		}
	}
	d.Country = strings.ToUpper(country)
	if d.Kind == string(Identity) {
		return d.identity(n, words)
	}
	c, err := ledger.ParseCurrency(currency)
	if err != nil {
		return badField("invalid_currency", "currency", "an account is kept in a currency")
	}
	d.Currency = c.Code()
	formats := bank.Formats(d.Country)
	switch {
	case !plain(country, 2, 2):
		return badCountry
	case len(formats) == 0:
		return badField("unsupported_country", "country", "how accounts are named in this country is not known")
	case n >= len(formats):
		return badWay
	}
	for _, f := range formats[n] {
		d.Fields = append(d.Fields, drawBank(f, words))
	}
	return nil
}

var (
	badCountry = badField("invalid_country", "country", "a country is two letters of ISO 3166-1")
	badWay     = badField("invalid_way", "way", "there is no such way to ask")
)

// identity asks for the number alone, or for name and date of birth as well.
func (d *drawing) identity(way int, words map[string]string) error {
	if _, err := compliance.ParseCountry(d.Country); err != nil {
		return badCountry
	}
	switch way {
	case 0:
		d.Fields = []drawn{{Name: "id_number"}}
	case 1:
		d.Fields = []drawn{{Name: "first_name"}, {Name: "last_name"}, {Name: "birth_date", Hint: "1990-12-31"}, {Name: "id_number"}}
	default:
		return badWay
	}
	for i := range d.Fields {
		d.Fields[i].Label = words[d.Fields[i].Name]
	}
	return nil
}

func drawBank(f bank.Field, words map[string]string) drawn {
	x := drawn{Name: f.Name, Label: words[f.Name], Optional: f.Optional, Digits: f.Digits, Numeric: f.Digits, Min: f.Min, Max: f.Max}
	switch f.Name {
	case "routing_number", "sort_code", "bsb":
		x.Numeric = true
	}
	for _, o := range f.Options {
		x.Options = append(x.Options, option{o, words["type_"+o]})
	}
	return x
}
