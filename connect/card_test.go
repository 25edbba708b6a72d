package connect_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
)

// What looks like a card's number is found in any text, and little else is.
func TestHoldsCard(t *testing.T) {
	for text, want := range map[string]bool{
		"4242424242424242": true, "4242 4242 4242 4242": true, "4242-4242-4242-4242": true, "card 5555555555554444.": true,
		"378282246310005": true, "6011111111111117": true, "3530111333300000": true, "2223003122003222": true, "30569309025904": true,
		"a4242424242424242b": true, "1 4242424242424243": false,
		"4242424242424243": false, "4242  4242  4242  4242": false, "4242/4242/4242/4242": false, "order 100000000000007": false,
		"+49 30 1234567": false, "2026-03-02 12:00": false, "": false, "0000000000000000": false, "42424242424242424242424242": false,
	} {
		require.Equal(t, want, connect.HoldsCard(text), text)
	}
}

// No stored struct has a field for a card's number or its security code
// (promise 68): whatever is added later is looked at, too.
func TestNothingStoredIsACard(t *testing.T) {
	bad := regexp.MustCompile(`(?i)^(card|pan|cvc|cvv|cvv2|cid|csc|securitycode|number|cardnumber|track[12]?|pin)$`)
	seen := map[reflect.Type]bool{}
	var look func(path string, of reflect.Type)
	look = func(path string, of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || seen[of] || !strings.Contains(of.PkgPath(), "souk") {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			f := of.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			require.False(t, bad.MatchString(f.Name) || bad.MatchString(name), "%s.%s looks like a part of a card", path, f.Name)
			look(path+"."+f.Name, f.Type)
		}
	}
	kinds := map[string]bool{}
	for name, of := range connect.Stored() {
		kinds[name] = true
		look(name, of)
	}
	for _, k := range connect.Kinds() {
		require.True(t, kinds[k.Name], "nobody looks into %s", k.Name)
	}
	require.Greater(t, len(seen), 20)
}
