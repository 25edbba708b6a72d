package hosted

import (
	"bytes"
	"encoding/json"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

// languages are those of the pages; the first is that of browsers who speak none of them.
func languages() []string { return []string{"en", "fr"} }

// pageNames are the templates that there have to be.
func pageNames() []string { return []string{"page.html", "link.html", "account.html", "message.html"} }

// read reads templates and words, the host's before the built in.
func (h *Pages) read() error {
	h.texts, h.pages = make(map[string]map[string]string), make(map[string]*template.Template)
	for _, l := range languages() {
		words := make(map[string]string)
		for _, from := range []struct {
			in   fs.FS
			name string
		}{{builtin, "text/" + l + ".json"}, {h.c.Texts, l + ".json"}} {
			text, err := open(from.in, from.name)
			if err != nil || text == nil {
				if err != nil {
					return bad("texts", err.Error())
				}
				continue
			}
			if err := json.Unmarshal(text, &words); err != nil {
				return bad("texts", l+".json: "+err.Error())
			}
		}
		h.texts[l] = words
	}
	for _, name := range append(pageNames(), "style.css", "bank.js") {
		text, err := open(h.c.Templates, name)
		if err == nil && text == nil {
			text, err = open(builtin, "templates/"+name)
		}
		if err != nil {
			return bad("templates", err.Error())
		}
		switch name {
		case "style.css":
			h.style = text
			continue
		case "bank.js":
			h.script = text
			continue
		}
		frame, err := open(builtin, "templates/frame.html")
		if err != nil {
			return err
		}
		t, err := template.New("frame").Funcs(template.FuncMap{"t": func(string) string { return "" }}).Parse(string(frame))
		if err == nil {
			t, err = t.New(name).Parse(string(text))
		}
		if err != nil {
			return bad("templates", err.Error())
		}
		h.pages[name] = t
	}
	return nil
}

// open reads a file; nil if there is none.
func open(in fs.FS, name string) ([]byte, error) {
	if in == nil {
		return nil, nil
	}
	text, err := fs.ReadFile(in, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// language is that of a link, or what a browser asks for.
func (h *Pages) language(r *http.Request, of string) string {
	if h.texts[of] != nil {
		return of
	}
	asked := r.Header.Get("Accept-Language")
	if len(asked) > 500 {
		asked = ""
	}
	tags, _, err := language.ParseAcceptLanguage(asked)
	if err != nil {
		return languages()[0]
	}
	_, i, _ := language.NewMatcher([]language.Tag{language.English, language.French}).Match(tags...)
	return languages()[i]
}

// words looks a text up; of a field by its whole path, or by what is left of it without its
// first words.
func (h *Pages) words(lang string) func(string) string {
	list := h.texts[lang]
	return func(key string) string {
		if text, ok := list[key]; ok {
			return text
		}
		if rest, ok := strings.CutPrefix(key, "field."); ok {
			if _, rest, ok = strings.Cut(rest, "."); ok {
				return h.words(lang)("field." + rest)
			}
		}
		switch {
		case strings.HasPrefix(key, "error.invalid_"):
			return list["error.invalid"]
		case strings.HasPrefix(key, "error."), strings.HasPrefix(key, "reason."):
			what, _, _ := strings.Cut(key, ".")
			return list[what+".other"]
		}
		return key
	}
}

// render writes a page: whole, or not at all.
func (h *Pages) render(w http.ResponseWriter, r *http.Request, status int, page, of string, data map[string]any) {
	lang := h.language(r, of)
	data["Lang"], data["Style"], data["Root"] = lang, h.base.Path+"/style.css", h.base.Path
	t, err := h.pages[page].Clone()
	var b bytes.Buffer
	if err == nil {
		err = t.Funcs(template.FuncMap{"t": h.words(lang)}).ExecuteTemplate(&b, page, data)
	}
	if err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // who has gone away gets nothing
	}
}

// message shows a page that only says something.
func (h *Pages) message(w http.ResponseWriter, r *http.Request, status int, key, next string) {
	h.render(w, r, status, "message.html", "", map[string]any{"Key": key, "Next": next})
}
