package complaint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/complaint"
)

func TestOf(t *testing.T) {
	require.Empty(t, complaint.Of(func(c *complaint.T) { require.NoError(c, c.Context().Err()) }))
	require.Equal(t, []string{"a 1", "b"}, complaint.Of(func(c *complaint.T) {
		c.Errorf("a %d", 1)
		c.Errorf("b")
		c.FailNow()
		c.Errorf("not reached")
	}))
	require.Equal(t, []string{"panic: boom"}, complaint.Of(func(*complaint.T) { panic("boom") }))
}
