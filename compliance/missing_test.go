package compliance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// kinds are the types that a country has.
func kinds(code string) []compliance.EntityType {
	list := []compliance.EntityType{compliance.Individual, compliance.Company, compliance.NonProfit}
	if code == "US" {
		list = append(list, compliance.GovernmentEntity)
	}
	return list
}

// Field by field, in every country: each takes exactly itself off the list, and
// with the last one payouts are allowed.
func TestMissingIndividual(t *testing.T) {
	for _, code := range compliance.Countries() {
		e := newEntity(t, code, compliance.Individual)
		want := fields(e.Missing())
		require.True(t, slices.IsSorted(want))
		require.NotContains(t, want, "business_type") // it is known from the start
		for len(want) > 0 {
			require.Error(t, e.AllowPayouts())
			path := want[len(want)/2]
			require.NoError(t, provide(t, e, compliance.Details{Fields: map[string]string{path: compliance.TestValue(path)}}))
			want = slices.DeleteFunc(want, func(p string) bool { return p == path })
			require.Equal(t, append([]string(nil), want...), fields(e.Missing()))
			require.Equal(t, noon, e.Provided[path])
		}
		require.NoError(t, e.AllowPayouts())
	}
}

// The made-up details are complete but for the bank account, everywhere.
func TestTestDetails(t *testing.T) {
	for _, code := range compliance.Countries() {
		for _, kind := range kinds(code) {
			d, ok := compliance.TestDetails(code, kind)
			require.True(t, ok)
			e := newEntity(t, code, kind)
			require.NoError(t, provide(t, e, d))
			require.Equal(t, []string{"external_account"}, fields(e.Missing()), "%s %s", code, kind)
			require.NoError(t, provide(t, e, compliance.Details{Fields: map[string]string{"external_account": "ba_1"}}))
			require.Empty(t, e.Missing())
			require.NoError(t, e.AllowPayouts())
			d.Fields["business_type"] = "changed" // the details are the caller's own
		}
	}
	for _, code := range []string{"", "us", "JP", "KP"} {
		_, ok := compliance.TestDetails(code, compliance.Individual)
		require.False(t, ok)
	}
}

// In whatever order things come, the same is missing, in the same order; asking
// changes nothing.
func TestMissingIsDeterministic(t *testing.T) {
	for _, code := range []string{"US", "CA", "GB", "IE", "AU"} {
		all := due(t, code, compliance.Company)
		own := slices.DeleteFunc(slices.Clone(all), func(p string) bool {
			return strings.HasPrefix(p, "owners.") || strings.HasPrefix(p, "directors.") || strings.HasPrefix(p, "executives.") ||
				strings.HasPrefix(p, "representative.")
		})
		rapid.Check(t, func(t *rapid.T) {
			list := rapid.SliceOfDistinct(rapid.SampledFrom(own), func(p string) string { return p }).Draw(t, "provided")
			together, one := newEntity(t, code, compliance.Company), newEntity(t, code, compliance.Company)
			d := compliance.Details{Fields: map[string]string{}}
			for _, p := range list {
				d.Fields[p] = compliance.TestValue(p)
				require.NoError(t, provide(t, one, compliance.Details{Fields: map[string]string{p: compliance.TestValue(p)}}))
			}
			require.NoError(t, provide(t, together, d))
			before := snapshot(t, one)
			got := one.Missing()
			require.Equal(t, together.Missing(), got)
			require.Equal(t, got, one.Missing())
			require.True(t, slices.IsSortedFunc(got, func(a, b compliance.Requirement) int { return strings.Compare(a.Field, b.Field) }))
			require.Equal(t, before, snapshot(t, one))
			for _, p := range list {
				require.NotContains(t, fields(got), p)
			}
		})
	}
}

// What blocks says what is due, five names at most, and is of class State.
func TestBlocked(t *testing.T) {
	err := newEntity(t, "US", compliance.Individual).AllowPayouts()
	var b *compliance.Blocked
	require.ErrorAs(t, err, &b)
	require.Len(t, b.Due, 19)
	require.Equal(t, "payouts wait for business_profile.mcc, business_profile.url, external_account, individual.address.city, individual.address.line1, …", err.Error())
	require.ErrorIs(t, fmt.Errorf("connect: payout: %w", err), ledger.State)
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []string{"capability_inactive", "account"}, []string{e.Code, e.Field})
	five := &compliance.Blocked{What: "payouts", Due: b.Due[:5]}
	require.NotContains(t, five.Error(), "…")
}
