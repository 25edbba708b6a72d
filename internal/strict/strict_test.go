package strict_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/strict"
	"github.com/soukhq/souk/ledger"
)

var format = strict.Format{Package: "shelf", Code: "invalid_shelf", Max: 1 << 10}

type shelf struct {
	Name  string            `json:"name"`
	Books []book            `json:"books,omitzero"`
	By    map[string]*book  `json:"by,omitzero"`
	Owner *ledger.Currency  `json:"owner,omitzero"`
	Tags  map[string]string `json:"tags,omitzero"`
}

type book struct {
	Pages int `json:"pages,omitzero"`
}

func parse(data []byte) (*shelf, error) {
	s := new(shelf)
	return s, format.Decode(data, s)
}

// What encoding/json lets pass is refused with its path, and what is taken is what
// encoding/json reads (promise 71).
func TestDecode(t *testing.T) {
	const good = `{"name":"a","books":[{"pages":3},{}],"by":{"x":{"pages":4}},"owner":"EUR","tags":{"k":"v"}}`
	s, err := parse([]byte(good))
	require.NoError(t, err)
	loose := new(shelf)
	require.NoError(t, json.Unmarshal([]byte(good), loose))
	require.Equal(t, loose, s)
	for text, field := range map[string]string{
		``: "", `[]`: "", `null`: "", `{`: "", `{"name":"a"}{}`: "",
		`{}`: "name", `{"name":null}`: "name", `{"Name":"a"}`: "Name", `{"name":"a","name":"a"}`: "name", `{"name":7}`: "name",
		`{"name":"a","books":{}}`: "books", `{"name":"a","books":[null]}`: "books[0]", `{"name":"a","books":[{},{"pages":"x"}]}`: "books[1].pages",
		`{"name":"a","by":{"x":{"page":1}}}`: "by.x.page", `{"name":"a","by":{"x":null}}`: "by.x", `{"name":"a","owner":"eur"}`: "owner",
		`{"name":"a","tags":{"a b":1}}`: `tags."a b"`,
	} {
		_, err := parse([]byte(text))
		var e *ledger.Error
		require.ErrorAs(t, err, &e, text)
		require.Equal(t, []any{ledger.Invalid, "invalid_shelf", field}, []any{e.Class, e.Code, e.Field}, "%s: %v", text, err)
	}
	_, err = parse(make([]byte, 1<<10+1))
	require.ErrorContains(t, err, "at most 1 KiB")
}

// Files come in the order of their names, and an error says which it is in.
func TestFiles(t *testing.T) {
	files := fstest.MapFS{"b.json": {Data: []byte(`{"name":"b"}`)}, "a.json": {Data: []byte(`{"name":"a"}`)}, "c.txt": {Data: []byte("x")}}
	list, names, err := strict.Files(&format, files, parse)
	require.NoError(t, err)
	require.Equal(t, []string{"a.json", "b.json"}, names)
	require.Equal(t, "a b", list[0].Name+" "+list[1].Name)
	files["b.json"].Data = make([]byte, 5<<10)
	_, _, err = strict.Files(&format, files, parse)
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "shelf: b.json", e.Op)
	require.EqualError(t, format.In(errors.New("lost"), "x"), "shelf: x: lost")
}
