package connect_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// digits are the fields, by the end of their path, that are no free text and may be
// digits alone: names that the host gives to groups, lines, parts, categories and
// methods, and numbers of networks, banks, schemes and authorities.
var digits = []string{
	"TransferGroup", "Lines.Name", "Milestones.Name", "Category", "Method", "Initiation.First",
	"RecordTopUp Reference", "ReverseTopUp Code", "Creditor", "Mandate Reference", "TaxNumber", "Authority",
}

// A card's number in any text of any verb is refused, naming the field and never
// repeating it, and nothing of it is kept (promise 68). Verbs and fields that are added
// later are looked at, too.
func TestNoVerbKeepsACard(t *testing.T) {
	m, _ := ruled(t, looks)
	requests := m.requests()
	before := snapshot(t, m.Store())
	spared, refused := map[string]bool{}, map[string]bool{}
	for _, verb := range verbs() {
		for i, request := range requests[verb] {
			for _, path := range textFields(reflect.TypeOf(request), 4) {
				for _, card := range []string{"4242424242424242", "call 4242 4242 4242 4242"} {
					field := verb + " " + strings.Join(path, ".")
					what := fmt.Sprintf("%s = %q, request %d", field, card, i)
					r := keyed(request, "card")
					writeText(r, path, card)
					copied := ledger.Overlay(m.Store())
					_, err := call(m.ctx, m.platform.In(copied), verb, r)
					if err == nil {
						if strings.Contains(snapshot(t, copied), card) {
							n := slices.IndexFunc(digits, func(end string) bool { return strings.HasSuffix(field, end) })
							require.GreaterOrEqual(t, n, 0, "%s is kept", what)
							spared[digits[n]] = true
						}
						continue
					}
					var e *ledger.Error
					require.ErrorAs(t, err, &e, what)
					require.NotContains(t, err.Error(), "4242", what)
					if e.Code == "card_number" {
						require.NotEmpty(t, e.Field, what)
						refused[field] = true
					}
				}
			}
		}
	}
	require.Equal(t, before, snapshot(t, m.Store()))
	require.Len(t, spared, len(digits), "a field that is refused is no exception")
	for _, field := range []string{"GrantCredit Reason", "OpenComplaint Reason", "SuspendMandate Reason", "CreateCustomer Name", "CreateMandate Name", "UpdatePlatform Name", "Charge Save.Agreement.Text"} {
		require.True(t, refused[field], field)
	}
	for _, verb := range verbs() { // what is free text by its name is refused for that
		of := reflect.TypeOf(requests[verb][0])
		for _, name := range []string{"Description", "Metadata", "Text", "Descriptor"} {
			if _, has := of.FieldByName(name); has {
				within := slices.ContainsFunc(slices.Collect(maps.Keys(refused)), func(field string) bool {
					return field == verb+" "+name || strings.HasPrefix(field, verb+" ") && strings.HasSuffix(field, "."+name)
				})
				require.True(t, within, "%s %s", verb, name)
			}
		}
	}
}

// textFields are the paths of all fields of text in a request: names of fields, of which an
// element is taken where there is a list.
func textFields(of reflect.Type, depth int) (list [][]string) {
	for i := range of.NumField() {
		f := of.Field(i)
		if !f.IsExported() || f.Name == "Key" {
			continue
		}
		in := f.Type
		for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice || in.Kind() == reflect.Array {
			in = in.Elem()
		}
		switch {
		case in.Kind() == reflect.String, in == reflect.TypeFor[map[string]string]():
			list = append(list, []string{f.Name})
		case in.Kind() == reflect.Struct && strings.Contains(in.PkgPath(), "souk") && depth > 1:
			for _, rest := range textFields(in, depth-1) {
				list = append(list, append([]string{f.Name}, rest...))
			}
		}
	}
	return list
}

// writeText puts text into a field of a request, with all that is on the way there; what
// the request shares with others is copied.
func writeText(v reflect.Value, path []string, text string) {
	if len(path) > 0 {
		v, path = v.FieldByName(path[0]), path[1:]
	}
	switch v.Kind() {
	case reflect.Pointer:
		fresh := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			fresh.Elem().Set(v.Elem())
		}
		v.Set(fresh)
		insideText(v.Elem(), path, text)
	case reflect.Slice:
		fresh := reflect.MakeSlice(v.Type(), max(1, v.Len()), max(1, v.Len()))
		reflect.Copy(fresh, v)
		v.Set(fresh)
		insideText(v.Index(0), path, text)
	default:
		insideText(v, path, text)
	}
}

func insideText(v reflect.Value, path []string, text string) {
	switch {
	case v.Kind() == reflect.Struct && len(path) > 0:
		writeText(v, path, text)
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"note": text}))
	default:
		writeText(v, nil, text)
	}
}
