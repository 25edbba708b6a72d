package ledger

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// inner, pointed and their like stand for what kinds are made of.
type inner struct {
	Text string `json:"text,omitzero"`
	Deep struct {
		Amount Money     `json:"amount,omitzero"`
		At     time.Time `json:"at,omitzero"`
	} `json:"deep,omitzero"`
}

type pointed struct {
	Is bool `json:"is"`
}

func (p *pointed) IsZero() bool { return !p.Is }

type worded string

func (w worded) MarshalText() ([]byte, error) { return []byte("<" + w + ">"), nil }

type spoken struct {
	Word string `json:"word"`
}

func (s spoken) MarshalJSON() ([]byte, error) { return json.Marshal("says " + s.Word) }

// everything has a field of each sort, quick or not.
type everything struct {
	ID       string            `json:"id"`
	Kind     worded            `json:"kind,omitzero"`
	Amount   Money             `json:"amount"`
	Fee      Money             `json:"fee,omitzero"`
	Currency Currency          `json:"currency,omitzero"`
	Rounding Rounding          `json:"rounding"`
	Quoted   Quoted            `json:"quoted,omitzero"`
	Rate     decimal.Decimal   `json:"rate,omitzero"`
	At       time.Time         `json:"at"`
	Later    time.Time         `json:"later,omitzero"`
	Waits    time.Duration     `json:"waits,omitzero"`
	Small    int8              `json:"small"`
	Large    int64             `json:"large"`
	Plain    uint16            `json:"plain"`
	Yes      bool              `json:"yes,omitzero"`
	Part     inner             `json:"part"`
	Pointed  pointed           `json:"pointed,omitzero"`
	Perhaps  *inner            `json:"perhaps,omitzero"`
	List     []inner           `json:"list,omitzero"`
	Null     []string          `json:"null"`
	Bytes    []byte            `json:"bytes,omitzero"`
	Map      map[string]string `json:"map,omitzero"`
	Work     Work              `json:"work,omitzero"`
	Any      any               `json:"any,omitzero"`
	Skipped  string            `json:"-"`
	private  string
}

func anything(t *rapid.T) *everything {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "tok_visa", `"\`, "<script>", "R&D", ">", "\u2028", "\xff", "\x00", "\x7f", "ü"}))
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "none") {
			return time.Time{}
		}
		at := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
		return at.In(time.FixedZone("", rapid.IntRange(-86399, 86399).Draw(t, "zone")))
	})
	usdc, err := Asset("USDC/6")
	require.NoError(t, err)
	amount := rapid.Custom(func(t *rapid.T) Money {
		m := Money{rapid.Int64().Draw(t, "minor"), rapid.SampledFrom([]Currency{EUR, JPY, KWD, BTC, usdc}).Draw(t, "currency")}
		return rapid.SampledFrom([]Money{m, {}, {0, m.cur}, {5, 0}}).Draw(t, "amount")
	})
	part := rapid.Custom(func(t *rapid.T) inner {
		i := inner{Text: text.Draw(t, "text")}
		i.Deep.Amount, i.Deep.At = amount.Draw(t, "amount"), moment.Draw(t, "at")
		return i
	})
	e := &everything{
		ID: text.Draw(t, "id"), Kind: worded(text.Draw(t, "kind")), Amount: amount.Draw(t, "amount"), Fee: amount.Draw(t, "fee"),
		Currency: amount.Draw(t, "currency").cur, Rounding: Rounding(rapid.Uint8().Draw(t, "rounding")), Quoted: Quoted(amount.Draw(t, "quoted")),
		Rate: decimal.New(rapid.Int64().Draw(t, "rate"), -3), At: moment.Draw(t, "at"), Later: moment.Draw(t, "later"),
		Waits: time.Duration(rapid.Int64().Draw(t, "waits")), Small: rapid.Int8().Draw(t, "small"), Large: rapid.Int64().Draw(t, "large"),
		Plain: rapid.Uint16().Draw(t, "plain"), Yes: rapid.Bool().Draw(t, "yes"), Part: part.Draw(t, "part"),
		Pointed: pointed{rapid.Bool().Draw(t, "pointed")}, List: rapid.SliceOfN(part, 0, 3).Draw(t, "list"),
		Null: rapid.SliceOfN(text, 0, 2).Draw(t, "null"), Bytes: rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "bytes"),
		Map: rapid.MapOfN(text, text, 0, 3).Draw(t, "map"), Skipped: "skipped", private: "private",
		Work: Work{Attempt: rapid.Int().Draw(t, "attempt"), Claim: text.Draw(t, "claim"), Due: moment.Draw(t, "due")},
	}
	if rapid.Bool().Draw(t, "perhaps") {
		e.Perhaps, e.Any = &e.Part, text.Draw(t, "any")
	}
	return e
}

// The quick way writes what the library writes, and fails where and as it does.
func TestMarshalAsTheLibrary(t *testing.T) {
	require.NotNil(t, writerOf(reflect.TypeFor[everything]()), "the quick way is the one that is tested")
	good := 0
	rapid.Check(t, func(t *rapid.T) {
		e := anything(t)
		want, wanted := json.Marshal(e)
		got, err := marshal(e)
		require.Equal(t, string(want), string(got))
		if wanted != nil {
			require.EqualError(t, err, wanted.Error())
			return
		}
		require.NoError(t, err)
		good++
	})
	require.NotZero(t, good)
}

// Types without a quick way, and what is no pointer, go the library's way.
func TestMarshalOther(t *testing.T) {
	type embedded struct{ inner }
	type optional struct {
		Text string `json:"text,omitempty"`
	}
	text := reflect.TypeFor[string]()
	twice := reflect.New(reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: text, Tag: `json:"same"`}, {Name: "B", Type: text, Tag: `json:"same"`},
	})).Interface()
	type unnamed struct{ Field int }
	type odd struct {
		A string `json:"ä"`
		B *Money `json:"b,omitzero"`
	}
	type html struct {
		A string `json:"c&d"`
	}
	type lazy struct {
		At *time.Time `json:"at,omitzero"`
	}
	type ring struct {
		Next *ring `json:"next,omitzero"`
	}
	var none *everything
	m := Minor(5, EUR)
	for _, v := range []any{
		nil, 5, "text", none, &m, inner{Text: "x"}, &[]inner{{}}, &embedded{}, &optional{}, twice, &unnamed{3}, &odd{"ö", &m}, &html{"&"}, &spoken{"x"}, &lazy{},
		&ring{&ring{}}, &struct{}{}, &map[string]int{"a": 1},
	} {
		want, err := json.Marshal(v)
		require.NoError(t, err)
		got, err := marshal(v)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%T", v)
	}
	type tree struct {
		Kids []tree `json:"kids"`
	}
	endless, forest := &ring{}, &tree{Kids: make([]tree, 1)}
	endless.Next, forest.Kids[0].Kids = endless, forest.Kids
	for _, v := range []any{endless, forest, &everything{Amount: Money{1, 0}}, &struct {
		At time.Time `json:"at"`
	}{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, &struct {
		F func() `json:"f"`
	}{}, &struct {
		F float64 `json:"f"`
	}{math.NaN()}} {
		_, wanted := json.Marshal(v)
		require.Error(t, wanted)
		_, err := marshal(v)
		require.EqualError(t, err, wanted.Error())
	}
}

// What was written stays as it is when the next is.
func TestMarshalKeepsNothing(t *testing.T) {
	a, err := marshal(&inner{Text: "first"})
	require.NoError(t, err)
	_, err = marshal(&inner{Text: "after"})
	require.NoError(t, err)
	require.Equal(t, `{"text":"first"}`, string(a))
}

func BenchmarkMarshal(b *testing.B) {
	v := &inner{Text: "ch_01m87558rdca00zqxxgvj6ascw"}
	v.Deep.Amount, v.Deep.At = Minor(1000, USD), time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)
	b.Run("quick", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := marshal(v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
